/* The live table of points: readings, quality, age, events; its size for a large estate. */
#include "unit.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/point.h"

enum { LEVEL, LOW, STATE, PRESSED };

static const struct profile_point points[] = {
	[LEVEL] = { .name = "level", .type = VALUE_NUMBER, .unit = "%", .deadband = 0.5, .max_age_us = 30 * S },
	[LOW] = { .name = "low", .type = VALUE_BOOL, .unit = "" },
	[STATE] = { .name = "state", .type = VALUE_TEXT, .unit = "" },
	[PRESSED] = { .name = "pressed", .type = VALUE_EVENT, .unit = "", .event = true, .max_age_us = 60 * S },
};
static const struct profile profile = { .points = points, .point_count = ARRAY_SIZE(points) };
static const struct bus bus = { .id = "gw" };
static const struct device devices[] = {
	{ .id = "t1", .profile = &profile, .first_point = 0 },
	{ .id = "t2", .profile = &profile, .first_point = 4, .max_age_us = 10 * S, .bus = &bus },
	{ .id = "t3", .profile = &profile, .first_point = 8, .bus = &bus },
};
enum { BUS_LEVEL = 8, BUS_LOW = 9, BUS_PRESSED = 11 };

static struct point_table *table;

static int make_table(void **state)
{
	(void)state;
	table = point_table_new((struct device_list){ devices, ARRAY_SIZE(devices) });
	return 0;
}

static int drop_table(void **state)
{
	(void)state;
	point_table_free(table);
	return 0;
}

static unsigned good(uint32_t point, struct value v, int64_t at_us)
{
	struct reading r = { .point = point, .value = v, .at = { .mono_us = at_us, .wall_us = at_us + 1000 * S } };

	return point_apply(table, &r);
}

static unsigned turn(uint32_t point, enum quality q, int64_t at_us)
{
	struct reading r = { .point = point, .quality = q, .at = { .mono_us = at_us, .wall_us = at_us + 1000 * S } };

	return point_apply(table, &r);
}

static const struct value nothing = { .type = VALUE_NONE };

static void before_its_first_reading_a_point_is_lost_and_null(void **state)
{
	(void)state;
	assert_int_equal(table->count, 12);
	for (size_t i = 0; i < table->count; i++) {
		assert_int_equal(table->points[i].quality, QUALITY_LOST);
		assert_int_equal(table->points[i].value.type, VALUE_NONE);
		assert_int_equal(table->points[i].at_us, 0);
	}
	assert_int_equal(good(LEVEL, nothing, 1), POINT_SAME);
	assert_int_equal(table->points[LEVEL].quality, QUALITY_LOST);
}

static void points_are_found_by_name_and_by_device(void **state)
{
	struct point *p = point_find(table, "t2.low");

	(void)state;
	assert_non_null(p);
	assert_int_equal(point_index(table, p), 5);
	assert_string_equal(p->name, "t2.low");
	assert_ptr_equal(point_of(table, &devices[1], "low"), p);
	assert_null(point_find(table, "t2.high"));
	assert_null(point_of(table, &devices[1], "high"));
}

static void a_reading_says_what_it_changed(void **state)
{
	struct point *p = &table->points[LOW];

	(void)state;
	assert_int_equal(good(LOW, value_bool(true), 1 * S), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(good(LOW, value_bool(true), 2 * S), POINT_SAME);
	assert_int_equal(good(LOW, value_bool(false), 3 * S), POINT_VALUE);
	assert_int_equal(p->changed_us, 3 * S);
	assert_int_equal(p->mono_us, 3 * S);
	assert_int_equal(p->at_us, 1003 * S);
	assert_int_equal(table->readings, 3);
}

static void a_reading_that_is_not_good_keeps_the_old_value_and_its_time(void **state)
{
	struct point *p = &table->points[LEVEL];

	(void)state;
	good(LEVEL, value_number(80), 1 * S);
	assert_int_equal(turn(LEVEL, QUALITY_BAD, 2 * S), POINT_QUALITY);
	assert_int_equal(turn(LEVEL, QUALITY_BAD, 3 * S), POINT_SAME);
	assert_int_equal(turn(LEVEL, QUALITY_LOST, 4 * S), POINT_QUALITY);
	assert_true(p->value.number == 80);
	assert_int_equal(p->at_us, 1001 * S);
	assert_int_equal(p->changed_us, 4 * S);
	assert_int_equal(good(LEVEL, value_number(80), 5 * S), POINT_QUALITY);
	assert_int_equal(p->quality, QUALITY_GOOD);
}

static void a_value_of_another_type_is_bad_and_not_taken(void **state)
{
	struct point *p = &table->points[LEVEL];

	(void)state;
	good(LEVEL, value_number(80), 1 * S);
	assert_int_equal(good(LEVEL, value_text("full"), 2 * S), POINT_QUALITY);
	assert_int_equal(p->quality, QUALITY_BAD);
	assert_int_equal(p->value.type, VALUE_NUMBER);
	assert_int_equal(good(STATE, value_bool(true), 2 * S), POINT_QUALITY);
	assert_int_equal(table->points[STATE].value.type, VALUE_NONE);
}

static void within_the_deadband_only_the_age_is_renewed(void **state)
{
	struct point *p = &table->points[LEVEL];

	(void)state;
	good(LEVEL, value_number(80), 1 * S);
	assert_int_equal(good(LEVEL, value_number(80.4), 2 * S), POINT_SAME);
	assert_true(p->value.number == 80);
	assert_int_equal(p->mono_us, 2 * S);
	assert_int_equal(p->changed_us, 1 * S);
	assert_int_equal(good(LEVEL, value_number(79.6), 3 * S), POINT_SAME);
	assert_int_equal(good(LEVEL, value_number(80.5), 4 * S), POINT_VALUE);
}

static void a_slow_drift_passes_the_deadband_in_the_end(void **state)
{
	unsigned news = 0;

	(void)state;
	good(LEVEL, value_number(50), 0);
	for (int i = 1; i <= 20; i++)
		news += good(LEVEL, value_number(50 + 0.1 * i), i * S) == POINT_VALUE;
	assert_in_range(news, 3, 4);
	assert_true(table->points[LEVEL].value.number > 51.4);
}

static void after_a_loss_even_a_small_change_is_taken(void **state)
{
	(void)state;
	good(LEVEL, value_number(80), 1 * S);
	turn(LEVEL, QUALITY_LOST, 2 * S);
	assert_int_equal(good(LEVEL, value_number(80.1), 3 * S), POINT_QUALITY | POINT_VALUE);
	assert_true(table->points[LEVEL].value.number == 80.1);
}

static void every_event_is_news_and_fires_once(void **state)
{
	struct point *p = &table->points[PRESSED];

	(void)state;
	assert_int_equal(good(PRESSED, value_event("left"), 1 * S), POINT_VALUE | POINT_QUALITY);
	assert_true(p->fired);
	assert_int_equal(good(PRESSED, value_event("left"), 2 * S), POINT_VALUE);
	assert_true(p->fired);
	turn(PRESSED, QUALITY_LOST, 3 * S);
	assert_false(p->fired);
	/* its plugin is back: the old press counts again, but nothing was pressed */
	assert_int_equal(good(PRESSED, nothing, 4 * S), POINT_QUALITY);
	assert_false(p->fired);
	assert_int_equal(p->at_us, 1002 * S);
	assert_string_equal(p->value.text, "left");
}

static void an_event_shown_as_a_level_fires_when_it_rises(void **state)
{
	struct point *p = &table->points[PRESSED];

	(void)state;
	assert_int_equal(good(PRESSED, value_bool(false), 1 * S), POINT_QUALITY);
	assert_false(p->fired);
	assert_int_equal(p->quality, QUALITY_GOOD);
	assert_int_equal(good(PRESSED, value_bool(true), 2 * S), POINT_VALUE);
	assert_true(p->fired);
	assert_int_equal(p->value.type, VALUE_EVENT);
	assert_int_equal(good(PRESSED, value_bool(true), 3 * S), POINT_SAME);
	assert_false(p->fired);
	assert_int_equal(p->at_us, 1002 * S);
	assert_int_equal(good(PRESSED, value_number(0), 4 * S), POINT_SAME);
	assert_int_equal(good(PRESSED, value_number(1), 5 * S), POINT_VALUE);
	assert_true(p->fired);
}

static void a_level_that_was_on_through_a_loss_is_no_new_event(void **state)
{
	(void)state;
	good(PRESSED, value_bool(true), 1 * S);
	turn(PRESSED, QUALITY_LOST, 2 * S);
	assert_int_equal(good(PRESSED, value_bool(true), 3 * S), POINT_QUALITY);
	assert_false(table->points[PRESSED].fired);
}

static void a_value_in_test_mode_is_told_apart(void **state)
{
	struct reading r = { .point = LOW, .value = value_bool(true), .test = true };

	(void)state;
	good(LOW, value_bool(true), 1 * S);
	assert_int_equal(point_apply(table, &r), POINT_QUALITY);
	assert_true(table->points[LOW].test);
	good(LOW, value_bool(true), 2 * S);
	assert_false(table->points[LOW].test);
}

static size_t expire(int64_t now_us, struct point **ret_last)
{
	size_t position = 0, count = 0;
	struct point *p;

	while ((p = point_expire(table, &position, now_us))) {
		*ret_last = p;
		count++;
	}
	return count;
}

static void a_silent_point_becomes_stale_once(void **state)
{
	struct point *p = NULL;

	(void)state;
	good(BUS_LEVEL, value_number(80), 1 * S);
	good(BUS_LOW, value_bool(true), 1 * S); /* has no max_age */
	assert_int_equal(expire(31 * S - 1, &p), 0);
	good(BUS_LEVEL, value_number(80), 20 * S);
	assert_int_equal(expire(50 * S - 1, &p), 0);
	assert_int_equal(expire(50 * S, &p), 1);
	assert_ptr_equal(p, &table->points[BUS_LEVEL]);
	assert_int_equal(p->quality, QUALITY_STALE);
	assert_true(p->value.number == 80);
	assert_int_equal(expire(1000 * S, &p), 0);
	assert_int_equal(good(BUS_LEVEL, value_number(80), 1001 * S), POINT_QUALITY);
	assert_int_equal(expire(1031 * S, &p), 1);
}

static void what_is_lost_already_does_not_become_stale(void **state)
{
	struct point *p = NULL;

	(void)state;
	good(BUS_LEVEL, value_number(80), 1 * S);
	turn(BUS_LEVEL, QUALITY_LOST, 2 * S);
	assert_int_equal(expire(100 * S, &p), 0);
	/* its source is back, but the value is older than it may be */
	assert_int_equal(good(BUS_LEVEL, nothing, 101 * S), POINT_QUALITY);
	assert_int_equal(expire(101 * S, &p), 1);
}

static void a_device_may_say_its_own_max_age(void **state)
{
	struct point *p = NULL;

	(void)state;
	good(4 + LOW, value_bool(true), 1 * S);
	good(4 + LEVEL, value_number(3), 1 * S);
	assert_int_equal(expire(11 * S, &p), 2);
}

static void an_event_point_is_as_fresh_as_its_device(void **state)
{
	struct point *p = NULL;

	(void)state;
	good(PRESSED, value_event(""), 1 * S);
	good(LOW, value_bool(true), 50 * S); /* nobody pressed, but the device reports */
	assert_int_equal(expire(61 * S, &p), 0);
	assert_int_equal(expire(110 * S - 1, &p), 0);
	assert_int_equal(expire(110 * S, &p), 1);
	assert_ptr_equal(p, &table->points[PRESSED]);
}

static void a_message_says_of_its_events_that_they_did_not_happen(void **state)
{
	struct point *p = NULL, *pressed = &table->points[PRESSED];

	(void)state;
	assert_int_equal(good(LOW, value_bool(true), 1 * S), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(pressed->quality, QUALITY_GOOD);
	assert_int_equal(pressed->value.type, VALUE_NONE);
	assert_int_equal(pressed->at_us, 0);
	assert_int_equal(table->points[4 + PRESSED].quality, QUALITY_LOST); /* of another device */
	assert_int_equal(expire(2 * S, &p), 1);                             /* people are told, once */
	assert_ptr_equal(p, pressed);
	assert_int_equal(p->quality, QUALITY_GOOD);
	assert_false(p->fired);
	assert_int_equal(expire(3 * S, &p), 0);
	assert_int_equal(expire(61 * S, &p), 1); /* silence */
	assert_int_equal(p->quality, QUALITY_STALE);
	good(LOW, value_bool(true), 70 * S);
	assert_int_equal(pressed->quality, QUALITY_GOOD);
	assert_int_equal(expire(70 * S, &p), 1);
	turn(PRESSED, QUALITY_LOST, 71 * S);
	assert_int_equal(expire(72 * S, &p), 0);
	assert_int_equal(pressed->quality, QUALITY_LOST);
	assert_int_equal(good(LOW, nothing, 73 * S), POINT_SAME); /* nobody spoke */
	assert_int_equal(pressed->quality, QUALITY_LOST);
}

static void a_press_after_its_device_spoke_is_a_press(void **state)
{
	struct point *p = NULL;

	(void)state;
	good(LOW, value_bool(true), 1 * S);
	assert_int_equal(good(PRESSED, value_event(""), 1 * S), POINT_VALUE);
	assert_true(table->points[PRESSED].fired);
	assert_int_equal(expire(2 * S, &p), 0);
}

static void an_event_on_a_bus_is_good_when_its_own_register_was_read(void **state)
{
	struct point *p = NULL, *pressed = &table->points[BUS_PRESSED];

	(void)state;
	good(BUS_LEVEL, value_number(3), 1 * S); /* another request */
	assert_int_equal(pressed->quality, QUALITY_LOST);
	assert_int_equal(good(BUS_PRESSED, nothing, 2 * S), POINT_QUALITY);
	assert_int_equal(pressed->quality, QUALITY_GOOD);
	assert_int_equal(pressed->value.type, VALUE_NONE);
	assert_false(pressed->fired);
	assert_int_equal(good(BUS_PRESSED, nothing, 50 * S), POINT_SAME);
	assert_int_equal(expire(109 * S, &p), 1); /* the level alone: the reads of the event kept that fresh */
	assert_ptr_equal(p, &table->points[BUS_LEVEL]);
	assert_int_equal(expire(110 * S, &p), 1);
	assert_ptr_equal(p, pressed);
	turn(BUS_PRESSED, QUALITY_LOST, 120 * S);
	assert_int_equal(good(BUS_PRESSED, nothing, 121 * S), POINT_QUALITY);
	assert_int_equal(pressed->quality, QUALITY_GOOD);
}

static unsigned kept(uint32_t point, struct value v, int64_t at_us, int64_t age_us)
{
	int64_t said_us = at_us + 1000 * S - MAX(age_us, 0);
	struct reading r = { .point = point, .value = v, .at = { .mono_us = at_us, .wall_us = said_us } };

	return point_apply_kept(table, &r, age_us);
}

static void what_was_kept_is_as_old_as_it_says(void **state)
{
	size_t position = 0;

	(void)state;
	assert_int_equal(kept(LEVEL, value_number(40), 100 * S, 20 * S), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(table->points[LEVEL].quality, QUALITY_GOOD);
	assert_int_equal(table->points[LEVEL].at_us, 1080 * S);
	assert_null(point_expire(table, &position, 109 * S));
	position = 0;
	assert_ptr_equal(point_expire(table, &position, 111 * S), &table->points[LEVEL]);
	assert_int_equal(table->points[LEVEL].quality, QUALITY_STALE);
}

static void what_was_kept_too_long_is_stale_and_of_unknown_age_it_is_to_be_confirmed(void **state)
{
	size_t position = 0;

	(void)state;
	assert_int_equal(kept(LEVEL, value_number(40), 100 * S, 30 * S), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(table->points[LEVEL].quality, QUALITY_STALE);
	assert_true(table->points[LEVEL].value.number == 40);
	assert_int_equal(kept(4 + LEVEL, value_number(40), 100 * S, -1), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(table->points[4 + LEVEL].quality, QUALITY_SUSPECT);
	assert_null(point_expire(table, &position, 109 * S));
	position = 0;
	assert_ptr_equal(point_expire(table, &position, 111 * S), &table->points[4 + LEVEL]);
	assert_int_equal(table->points[4 + LEVEL].quality, QUALITY_STALE);
	assert_int_equal(kept(LOW, value_bool(true), 100 * S, -1), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(table->points[LOW].quality, QUALITY_SUSPECT);
	assert_int_equal(table->points[LOW].at_us, 0);
	assert_int_equal(good(LOW, value_bool(true), 101 * S), POINT_QUALITY);
	assert_int_equal(table->points[LOW].quality, QUALITY_GOOD);
}

static void what_was_kept_takes_no_newer_value_away_and_is_no_event(void **state)
{
	(void)state;
	good(LOW, value_bool(false), 100 * S);
	assert_int_equal(kept(LOW, value_bool(true), 101 * S, -1), POINT_SAME);
	assert_int_equal(kept(LOW, value_bool(true), 101 * S, 5 * S), POINT_SAME);
	assert_false(table->points[LOW].value.boolean);
	turn(LOW, QUALITY_LOST, 102 * S);
	assert_int_equal(kept(LOW, value_bool(true), 103 * S, 5 * S), POINT_SAME);
	assert_int_equal(kept(LOW, value_bool(true), 103 * S, 1 * S), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(table->points[LOW].quality, QUALITY_GOOD);
	assert_int_equal(kept(PRESSED, value_event(""), 103 * S, 0), POINT_SAME);
	assert_int_equal(kept(STATE, value_number(1), 103 * S, 0), POINT_SAME);
	assert_int_equal(table->points[STATE].quality, QUALITY_LOST);
}

static void a_hundred_thousand_points_fit_into_25_megabytes(void **state)
{
	struct device *many = mem_array(25000, sizeof(*many));
	_cleanup_(point_table_freep) struct point_table *big = NULL;
	char *ids = mem_array(25000, 16);
	size_t before, used;

	(void)state;
	for (uint32_t i = 0; i < 25000; i++) {
		snprintf(ids + 16 * (size_t)i, 16, "device-%u", i);
		many[i] = (struct device){ .id = ids + 16 * (size_t)i, .profile = &profile, .first_point = 4 * i };
	}
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	big = point_table_new((struct device_list){ many, 25000 });
	used = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	assert_int_equal(big->count, 100000);
	assert_non_null(point_find(big, "device-24999.pressed"));
	print_message("# 100,000 points: %zu kB, %zu bytes in struct point\n", used / 1000, sizeof(struct point));
	/* Under a sanitizer malloc is another one and counts nothing. */
	assert_true(used < 25000000);
	assert_true(sizeof(struct point) <= 128);
	point_table_free(steal(&big));
	free(many);
	free(ids);
}

#define POINT_TEST(name) cmocka_unit_test_setup_teardown(name, make_table, drop_table)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		POINT_TEST(before_its_first_reading_a_point_is_lost_and_null),
		POINT_TEST(points_are_found_by_name_and_by_device),
		POINT_TEST(a_reading_says_what_it_changed),
		POINT_TEST(a_reading_that_is_not_good_keeps_the_old_value_and_its_time),
		POINT_TEST(a_value_of_another_type_is_bad_and_not_taken),
		POINT_TEST(within_the_deadband_only_the_age_is_renewed),
		POINT_TEST(a_slow_drift_passes_the_deadband_in_the_end),
		POINT_TEST(after_a_loss_even_a_small_change_is_taken),
		POINT_TEST(every_event_is_news_and_fires_once),
		POINT_TEST(an_event_shown_as_a_level_fires_when_it_rises),
		POINT_TEST(a_level_that_was_on_through_a_loss_is_no_new_event),
		POINT_TEST(a_value_in_test_mode_is_told_apart),
		POINT_TEST(a_silent_point_becomes_stale_once),
		POINT_TEST(what_is_lost_already_does_not_become_stale),
		POINT_TEST(a_device_may_say_its_own_max_age),
		POINT_TEST(an_event_point_is_as_fresh_as_its_device),
		POINT_TEST(a_message_says_of_its_events_that_they_did_not_happen),
		POINT_TEST(a_press_after_its_device_spoke_is_a_press),
		POINT_TEST(an_event_on_a_bus_is_good_when_its_own_register_was_read),
		POINT_TEST(what_was_kept_is_as_old_as_it_says),
		POINT_TEST(what_was_kept_too_long_is_stale_and_of_unknown_age_it_is_to_be_confirmed),
		POINT_TEST(what_was_kept_takes_no_newer_value_away_and_is_no_event),
		POINT_TEST(a_hundred_thousand_points_fit_into_25_megabytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
