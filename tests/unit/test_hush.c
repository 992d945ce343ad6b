/* A sensor that has gone silent without saying so. */
#include "unit.h"

#include <stdlib.h>

#include "care/hush.h"
#include "care_scene.h"

static void heard(struct hush *h, unsigned device)
{
	struct sign s = { .kind = SIGN_MOTION, .on = true, .device = (uint16_t)device };

	hush_sign(h, &s);
}

/* So many signs, of devices 0 to count - 1 at random. */
static void goes_about(struct hush *h, unsigned count, unsigned signs)
{
	for (unsigned i = 0; i < signs; i++)
		heard(h, (unsigned)rand() % count);
}

static void a_dead_one_is_missed_within_a_day_and_found_again(void **state)
{
	struct hush h;

	(void)state;
	srand(3);
	hush_init(&h);
	goes_about(&h, 5, 1000);
	for (unsigned i = 0; i < 5; i++)
		assert_false(hush_misses(&h, i));
	goes_about(&h, 4, 200); /* device 4 is dead */
	assert_true(hush_misses(&h, 4));
	for (unsigned i = 0; i < 4; i++)
		assert_false(hush_misses(&h, i));
	heard(&h, 4);
	assert_false(hush_misses(&h, 4));
}

static void what_is_heard_seldom_is_not_missed(void **state)
{
	struct hush h;

	(void)state;
	srand(4);
	hush_init(&h);
	for (unsigned day = 0; day < 60; day++) {
		goes_about(&h, 4, 150);
		heard(&h, 7); /* a wardrobe, once a day */
	}
	goes_about(&h, 4, 1000);
	assert_false(hush_misses(&h, 7));
}

static void nobody_moves_so_nothing_is_missed(void **state)
{
	struct hush h;

	(void)state;
	srand(5);
	hush_init(&h);
	goes_about(&h, 4, 1000);
	for (unsigned i = 0; i < 5000; i++)
		heard(&h, 1); /* one room only: a person who lies there, and moves */
	assert_false(hush_misses(&h, 0));
}

static void after_a_week_it_is_not_missed_any_more(void **state)
{
	struct hush h;

	(void)state;
	srand(6);
	hush_init(&h);
	goes_about(&h, 5, 1000);
	goes_about(&h, 4, 1000);
	assert_true(hush_misses(&h, 4));
	for (unsigned i = 0; i < 100; i++) { /* also when turns have gone round */
		goes_about(&h, 4, 2000);
		assert_false(hush_misses(&h, 4));
	}
}

/* One day of them: device 0 all day, the others where they are heard. */
static void a_day(struct hush *h, unsigned count, int day)
{
	for (int quarter = 28; quarter < 88; quarter++)
		for (unsigned i = 0; i < count; i++) {
			struct sign s = { .kind = SIGN_MOTION, .on = true, .device = (uint16_t)i };

			s.moment.at.mono_us = (day + 1) * DAY + quarter * 15 * MINUTE;
			hush_sign(h, &s);
		}
	hush_day(h);
}

static void the_only_other_one_is_enough_to_miss_it(void **state)
{
	struct hush h;

	(void)state;
	hush_init(&h);
	for (int day = 0; day < 8; day++)
		a_day(&h, 2, day);
	assert_int_equal(hush_silent(&h, 1), 0);
	a_day(&h, 1, 8);
	assert_int_equal(hush_silent(&h, 1), 1);
	assert_true(hush_misses(&h, 1));
	for (int day = 9; day < 20; day++)
		a_day(&h, 1, day);
	assert_int_equal(hush_silent(&h, 1), 12); /* it is told of as long as it is silent */
	assert_false(hush_misses(&h, 1));
	a_day(&h, 2, 20);
	assert_int_equal(hush_silent(&h, 1), 0);
}

static void an_entrance_may_rest_for_two_days(void **state)
{
	struct sign door = { .kind = SIGN_CONTACT, .on = true, .entrance = true, .device = 5 };
	struct hush h;

	(void)state;
	hush_init(&h);
	for (int day = 0; day < 8; day++) {
		hush_door(&h, &door);
		a_day(&h, 2, day);
	}
	for (int day = 8; day < 10; day++)
		a_day(&h, 2, day);
	assert_false(hush_misses(&h, 5));
	a_day(&h, 2, 10);
	assert_int_equal(hush_silent(&h, 5), 3);
	assert_true(hush_misses(&h, 5));
}

static void after_a_false_alarm_one_that_was_never_silent_for_so_long_is_suspected(void **state)
{
	struct hush h;

	(void)state;
	srand(8);
	hush_init(&h);
	goes_about(&h, 3, 600);
	goes_about(&h, 2, 24); /* device 2 is dead, but not for long enough to be sure */
	hush_suspect(&h);
	assert_true(hush_misses(&h, 2));
	assert_false(hush_misses(&h, 0));
	heard(&h, 2);
	assert_false(hush_misses(&h, 2));
}

static void another_sensor_begins_anew(void **state)
{
	struct hush h;

	(void)state;
	srand(7);
	hush_init(&h);
	goes_about(&h, 5, 1000);
	goes_about(&h, 4, 200);
	hush_forget(&h, 4);
	assert_false(hush_misses(&h, 4));
	assert_false(hush_misses(&h, HUSH_DEVICES + 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_one_is_missed_within_a_day_and_found_again),
		cmocka_unit_test(what_is_heard_seldom_is_not_missed),
		cmocka_unit_test(nobody_moves_so_nothing_is_missed),
		cmocka_unit_test(after_a_week_it_is_not_missed_any_more),
		cmocka_unit_test(the_only_other_one_is_enough_to_miss_it),
		cmocka_unit_test(an_entrance_may_rest_for_two_days),
		cmocka_unit_test(after_a_false_alarm_one_that_was_never_silent_for_so_long_is_suspected),
		cmocka_unit_test(another_sensor_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
