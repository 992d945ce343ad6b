/* Events and the inventory as they leave the estate: what stays in the box, and how much leaves. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "unit.h"
#include "upstream/happened.h"
#include "upstream/inventory.h"

static const struct class caller = { .id = "caller" }, door = { .id = "door" }, sos = { .id = "sos" };
static const struct profile_point rung = { .name = "rung", .type = VALUE_EVENT, .event = true },
				  level = { .name = "level" };
static const struct profile bells = { .id = "bells" }, of_class = { .id = "class:sos" };

static struct device device_at(const char *id, const char *place, const struct class *class)
{
	return (struct device){ .id = id, .name = id, .place = place, .room = "", .class = class, .profile = &bells };
}

static struct point point_of_device(const char *name, const struct device *d)
{
	return (struct point){ .name = name,
			       .device = d,
			       .spec = &rung,
			       .value = value_event("card 4711"),
			       .quality = QUALITY_GOOD,
			       .at_us = 1795000000 * S };
}

/* ---- events ---- */

static void an_event_says_where_and_what_it_was(void **state)
{
	struct device d = device_at("bell", "b1/lobby", &caller);
	struct point p = point_of_device("bell.rung", &d);
	_cleanup_(freep) char *text = NULL, *again = NULL;

	(void)state;
	clock_set_zone("Asia/Shanghai");
	assert_true(happened_may_leave(&p));
	text = happened_payload(&p, 0);
	assert_string_equal(text,
			    "{\"point\":\"bell.rung\",\"device\":\"bell\",\"place\":\"b1/lobby\",\"class\":\"caller\","
			    "\"value\":\"card 4711\",\"at\":\"2026-11-18T19:06:40.000+08:00\"}");
	p.value = value_event("");
	p.test = true;
	again = happened_payload(&p, 3);
	assert_non_null(strstr(again, "\"value\":true,"));
	assert_non_null(strstr(again, "\"test\":true,\"skipped\":3}"));
}

static void who_opened_a_door_stays_in_the_box(void **state)
{
	struct device d = device_at("gate", "b1/lobby", &door);
	struct point p = point_of_device("gate.card", &d);
	_cleanup_(freep) char *text = happened_payload(&p, 0);

	(void)state;
	assert_null(strstr(text, "4711"));
	assert_non_null(strstr(text, "\"value\":true"));
}

static void whose_card_called_a_lift_stays_in_the_box(void **state)
{
	static const struct class lift = { .id = "lift" };
	static const struct profile_point card = { .name = "card", .type = VALUE_EVENT, .event = true };
	struct device d = device_at("lift-1", "b1/u1", &lift);
	struct point p = point_of_device("lift-1.card", &d);
	_cleanup_(freep) char *text = NULL;

	(void)state;
	p.spec = &card;
	text = happened_payload(&p, 0);
	assert_null(strstr(text, "4711"));
	assert_non_null(strstr(text, "\"value\":true"));
}

static void what_happens_in_a_home_stays_in_the_box(void **state)
{
	struct device in_flat = device_at("sos-1", "b1/u1/1204", &sos), in_room = device_at("sos-2", "b1", &sos),
		      own_door = device_at("d", "b1/u1", &door);
	struct point flat = point_of_device("sos-1.pressed", &in_flat),
		     room = point_of_device("sos-2.pressed", &in_room),
		     entrance = point_of_device("d.granted", &own_door);
	struct device tank = device_at("tank-1", "b1/pump-room", &caller);
	struct point lasting = point_of_device("tank-1.level", &tank);

	(void)state;
	in_room.room = "bedroom";
	own_door.entrance = true;
	lasting.spec = &level;
	assert_false(happened_may_leave(&flat));
	assert_false(happened_may_leave(&room));
	assert_false(happened_may_leave(&entrance));
	assert_false(happened_may_leave(&lasting));
}

static void one_that_never_stops_is_brought_down_and_says_how_much_was_left_out(void **state)
{
	struct happened h = { 0 };
	uint64_t skipped = 7, left = 0, all_skipped = 0;
	int64_t now_us = HOUR;

	(void)state;
	for (int i = 0; i < HAPPENED_AT_ONCE; i++) {
		assert_true(happened_leaves(&h, now_us, &skipped));
		assert_int_equal(skipped, 0);
	}
	assert_false(happened_leaves(&h, now_us, &skipped));
	for (int i = 0; i < 36000; i++) { /* an hour of ten a second */
		now_us += 100 * MS;
		if (happened_leaves(&h, now_us, &skipped)) {
			left++;
			all_skipped += skipped;
		}
	}
	assert_in_range(left, 60 * HAPPENED_PER_MINUTE - 1, 60 * HAPPENED_PER_MINUTE + 1);
	assert_int_equal(left + all_skipped + h.skipped, 36001);
	/* It has been quiet since. */
	now_us += HOUR;
	assert_true(happened_leaves(&h, now_us, &skipped));
	assert_true(happened_leaves(&h, now_us, &skipped));
	assert_int_equal(skipped, 0);
}

/* ---- the inventory ---- */

static void devices_are_listed_and_those_of_homes_only_counted(void **state)
{
	struct device all[] = { device_at("bell", "b1/lobby", &caller), device_at("sos-1", "b1/u1/1204", &sos),
				device_at("gate", "b1", &door), device_at("sos-2", "b1/u1/1205", &sos) };
	struct device_list list = { all, ARRAY_SIZE(all) };
	_cleanup_(freep) char *text = NULL;

	(void)state;
	all[0].name = "门铃";
	all[2].profile = &of_class;
	assert_int_equal(inventory_parts(&list), 1);
	text = inventory_part(&list, 0, 0x1234abc);
	assert_string_equal(text, "{\"sum\":\"01234abc\",\"part\":1,\"parts\":1,\"devices\":["
				  "{\"device\":\"bell\",\"class\":\"caller\",\"place\":\"b1/"
				  "lobby\",\"profile\":\"bells\",\"name\":\"门铃\"},"
				  "{\"device\":\"gate\",\"class\":\"door\",\"place\":\"b1\",\"profile\":null}],"
				  "\"homes\":[{\"class\":\"sos\",\"devices\":2}]}");
}

static void the_sum_is_another_when_anything_in_it_is(void **state)
{
	struct device all[] = { device_at("bell", "b1/lobby", &caller), device_at("sos-1", "b1/u1/1204", &sos) };
	struct device_list list = { all, ARRAY_SIZE(all) };
	uint32_t sum = inventory_sum(&list);

	(void)state;
	all[1].place = "b1/u1/1205"; /* which home it is in does not leave */
	assert_int_equal(inventory_sum(&list), sum);
	all[0].place = "b2/lobby";
	assert_int_not_equal(inventory_sum(&list), sum);
	all[0].place = "b1/lobby";
	all[0].profile = &of_class;
	assert_int_not_equal(inventory_sum(&list), sum);
	all[0].profile = &bells;
	list.count = 1;
	assert_int_not_equal(inventory_sum(&list), sum);
}

static size_t count_of(const char *text, const char *word)
{
	size_t count = 0;

	for (; (text = strstr(text, word)); text++)
		count++;
	return count;
}

static void a_long_one_leaves_in_parts_in_which_each_device_is_once(void **state)
{
	char ids[2 * INVENTORY_PART + 50][32];
	struct device all[ARRAY_SIZE(ids)];
	struct device_list list = { all, ARRAY_SIZE(all) }, none = { all, 0 };
	size_t seen = 0;

	(void)state;
	for (size_t i = 0; i < list.count; i++) {
		snprintf(ids[i], sizeof(ids[i]), "d-%zu", i);
		all[i] = device_at(ids[i], i % 50 ? "b1" : "b1/u1/301", &caller);
	}
	assert_int_equal(inventory_parts(&list), 3);
	for (size_t part = 0; part < 3; part++) {
		_cleanup_(freep) char *text = inventory_part(&list, part, 1);

		assert_in_range(count_of(text, "\"device\":"), 1, INVENTORY_PART);
		assert_int_equal(count_of(text, "\"homes\":"), part == 0);
		assert_true(strlen(text) < 8 * 1024);
		seen += count_of(text, "\"device\":");
	}
	assert_int_equal(seen, list.count - list.count / 50);
	assert_int_equal(inventory_parts(&none), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_says_where_and_what_it_was),
		cmocka_unit_test(who_opened_a_door_stays_in_the_box),
		cmocka_unit_test(whose_card_called_a_lift_stays_in_the_box),
		cmocka_unit_test(what_happens_in_a_home_stays_in_the_box),
		cmocka_unit_test(one_that_never_stops_is_brought_down_and_says_how_much_was_left_out),
		cmocka_unit_test(devices_are_listed_and_those_of_homes_only_counted),
		cmocka_unit_test(the_sum_is_another_when_anything_in_it_is),
		cmocka_unit_test(a_long_one_leaves_in_parts_in_which_each_device_is_once),
	};

	return UNIT_RUN(tests);
}
