/* The register changes under dwellings that are watched: what is not about a dwelling leaves it as it is, and many at once come in turns. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "alarm_world.h"

#include "care/care.h"
#include "care/tenants.h"

#define HOMES 150

struct street {
	struct alarm_world w;
	struct care *care;
	struct care_turn turn;
	struct resident residents[HOMES];
	char ids[HOMES][16], places[HOMES][16];
};

static struct care_turn *turn(struct street *s)
{
	s->turn.evaluator = s->w.evaluator;
	s->turn.out = &s->w.effects;
	s->turn.now = s->w.now;
	s->turn.clock_known = true;
	return &s->turn;
}

static void live_there(struct street *s, size_t from, size_t count)
{
	care_set_residents(s->care, (struct resident_list){ s->residents + from, count }, turn(s));
}

static struct care *care_of(struct street *s)
{
	return care_new(&(struct care_setup){ .devices = { s->w.devices, s->w.device_count },
					      .points = s->w.table,
					      .rules = s->w.rules,
					      .rule_count = s->w.rule_count });
}

static void tick_all(struct street *s)
{
	while (care_due(s->care) <= s->w.now.mono_us)
		care_tick(s->care, turn(s));
}

static struct street *street_new(void)
{
	struct street *s = calloc(1, sizeof(*s));
	char line[64];

	assert_non_null(s);
	alarm_world_init(&s->w, "class pump\npoint fault bool\ndevice pump-1\nclass motion\npoint motion bool");
	for (size_t i = 0; i < HOMES; i++) {
		snprintf(line, sizeof(line), "device m-%03zu", i);
		assert_true(alarm_world_line(&s->w, line));
		snprintf(s->ids[i], sizeof(s->ids[i]), "r-%03zu", i);
		snprintf(s->places[i], sizeof(s->places[i]), "b3/u1/%03zu", i);
		snprintf(line, sizeof(line), "at m-%03zu %s", i, s->places[i]);
		assert_true(alarm_world_line(&s->w, line));
		s->residents[i] = (struct resident){ .id = s->ids[i],
						     .place = s->places[i],
						     .categories = 1U << RESIDENT_LIVES_ALONE };
	}
	for (size_t i = 0; i < s->w.device_count; i++)
		s->w.devices[i].room = "";
	for (int i = 0; i < CONCERN_RULES; i++)
		alarm_world_rule(&s->w, &(struct rule){ .id = concern_rule_id((enum concern_rule)i),
							.condition = RULE_CONDITION_CARE,
							.text = { "{place}：{value}", "{place}: {value}" } });
	alarm_world_rule(&s->w, &(struct rule){ .id = "supervision" });
	alarm_world_start(&s->w);
	s->care = care_of(s);
	live_there(s, 0, HOMES);
	tick_all(s);
	return s;
}

static void street_free(struct street *s)
{
	care_free(s->care);
	care_turn_fini(&s->turn);
	alarm_world_fini(&s->w);
	free(s);
}

static size_t changed(struct street *s)
{
	size_t count = 0, index;

	while (care_next_changed(s->care, &index))
		count++;
	return count;
}

static void change_of_one_resident_leaves_the_other_dwellings_alone(void **state)
{
	struct street *s = street_new();
	uint64_t versions[HOMES];
	struct resident away = s->residents[7];
	size_t index;

	(void)state;
	assert_int_equal(changed(s), HOMES);
	assert_int_equal(changed(s), 0);
	for (size_t i = 0; i < HOMES; i++)
		versions[i] = care_home(s->care, i)->version;
	s->residents[7].phone = (char *)"13800001234"; /* nothing that a rule asks for */
	live_there(s, 0, HOMES);
	s->residents[7].categories |= 1U << RESIDENT_DEMENTIA;
	live_there(s, 0, HOMES);
	assert_true(home_watches(care_home(s->care, 7), CONCERN_NIGHT_EXIT));
	assert_string_equal(care_home(s->care, 7)->residents[0].phone, "13800001234");
	for (size_t i = 0; i < HOMES; i++)
		assert_true(i == 7 || care_home(s->care, i)->version == versions[i]);
	while (care_next_changed(s->care, &index))
		assert_int_equal(index, 7);
	s->residents[7] = away;
	live_there(s, 0, HOMES);
	assert_false(home_watches(care_home(s->care, 7), CONCERN_NIGHT_EXIT));
	street_free(s);
}

static void who_comes_and_goes_is_watched_and_not_any_more(void **state)
{
	struct street *s = street_new();

	(void)state;
	live_there(s, 1, HOMES - 1);
	assert_null(care_find(s->care, s->places[0]));
	assert_int_equal(care_count(s->care), HOMES - 1);
	assert_int_equal(changed(s), HOMES - 1); /* all have another number */
	live_there(s, 0, HOMES);
	assert_non_null(care_find(s->care, s->places[0]));
	assert_ptr_equal(care_home(s->care, 0), care_find(s->care, s->places[0]));
	tick_all(s);
	alarm_world_read(&s->w, "m-000.motion", value_bool(true));
	s->turn.said = true;
	care_point(s->care, s->w.devices[1].first_point, turn(s));
	assert_true(care_home(s->care, 0)->state.inside.at.mono_us);
	s->residents[0].categories = 0; /* watched by nobody's wish */
	live_there(s, 0, HOMES);
	assert_null(care_find(s->care, s->places[0]));
	street_free(s);
}

static void many_that_are_due_at_once_come_in_turns(void **state)
{
	struct street *s = street_new();
	int turns = 0;

	(void)state;
	s->w.now.mono_us += DAY;
	s->w.now.wall_us += DAY;
	for (changed(s); care_due(s->care) <= s->w.now.mono_us; turns++) {
		care_tick(s->care, turn(s));
		assert_in_range(changed(s), 0, 64);
		assert_true(turns < HOMES);
	}
	assert_true(turns >= 3);
	for (size_t i = 0; i < HOMES; i++)
		assert_true(care_home(s->care, i)->due_us > s->w.now.mono_us);
	street_free(s);
}

/* Water that is not there says nothing of anybody. */
static void a_pump_that_stands_does_so_after_a_change_and_a_reload(void **state)
{
	struct street *s = street_new();
	struct care *before;

	(void)state;
	alarm_world_read(&s->w, "pump-1.fault", value_bool(true));
	care_point(s->care, 0, turn(s));
	assert_true(care_home(s->care, 0)->no_water);
	live_there(s, 1, HOMES - 1);
	s->w.now.mono_us += HOUR;
	tick_all(s);
	s->w.now.mono_us += DAY;
	tick_all(s);
	assert_true(care_home(s->care, 0)->no_water);
	before = s->care;
	s->care = care_of(s);
	care_carry(s->care, before);
	care_free(before);
	tick_all(s);
	assert_true(care_home(s->care, 0)->no_water);
	street_free(s);
}

static void the_order_of_the_list_does_not_matter(void **state)
{
	struct resident a = { .id = (char *)"a", .place = (char *)"b1/1" },
			b = { .id = (char *)"b", .place = (char *)"b1/1" },
			c = { .id = (char *)"c", .place = (char *)"b1" }, none = { .id = (char *)"d" };
	struct resident rows[] = { b, none, a, c }, again[] = { c, a, b };
	struct tenants t = { .count = 0 };
	struct tenants_dwelling d;

	(void)state;
	tenants_set(&t, rows, ARRAY_SIZE(rows));
	assert_int_equal(t.count, 3);
	assert_string_equal(t.all[0].id, "c");
	d = tenants_dwelling(&t, 1);
	assert_int_equal(d.count, 2);
	assert_true(d.fresh);
	tenants_set(&t, again, ARRAY_SIZE(again));
	d = tenants_dwelling(&t, 1);
	assert_int_equal(d.count, 2);
	assert_false(d.fresh);
	assert_string_equal(d.residents[0].id, "a");
	again[1].absence_count = 1;
	tenants_set(&t, again, ARRAY_SIZE(again));
	assert_true(tenants_dwelling(&t, 1).fresh && !tenants_dwelling(&t, 0).fresh);
	tenants_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_of_one_resident_leaves_the_other_dwellings_alone),
		cmocka_unit_test(who_comes_and_goes_is_watched_and_not_any_more),
		cmocka_unit_test(many_that_are_due_at_once_come_in_turns),
		cmocka_unit_test(a_pump_that_stands_does_so_after_a_change_and_a_reload),
		cmocka_unit_test(the_order_of_the_list_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
