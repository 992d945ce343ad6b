/* X11 and X8: what fails for a whole building. */
#include "unit.h"

#include <string.h>

#include "care/wave.h"

static void silent_together(struct wave *w, size_t from, size_t count, int64_t at_us)
{
	for (size_t i = from; i < from + count; i++)
		wave_cross(w, i, at_us + (int64_t)i * MINUTE);
	wave_tick(w, at_us + (int64_t)(from + count) * MINUTE);
}

static void a_third_of_the_homes_within_half_an_hour_is_no_coincidence(void **state)
{
	static const char *const names[] = { "b1/u1/101", "b1/u1/102", "b1/u1/103", "b1/u1/104" };
	_cleanup_(wave_freep) struct wave *w = wave_new(12);
	struct verdict verdict;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		wave_name(w, i, names[i]);
	silent_together(w, 0, 3, HOUR);
	wave_judge(w, &verdict);
	assert_false(verdict.active);
	assert_int_equal(wave_hold(w, 0, 2 * HOUR), 2 * HOUR);
	wave_cross(w, 3, HOUR + 20 * MINUTE);
	wave_tick(w, HOUR + 20 * MINUTE);
	wave_judge(w, &verdict);
	assert_true(verdict.active);
	assert_int_equal(verdict.priority, 2);
	assert_non_null(strstr(verdict.zh, "监测可能失效：4户"));
	assert_non_null(strstr(verdict.zh, "b1/u1/101 b1/u1/102 b1/u1/103 b1/u1/104"));
	assert_non_null(strstr(verdict.en, "4 of 12 homes"));
	assert_int_equal(wave_hold(w, 0, 2 * HOUR), 2 * HOUR + 15 * MINUTE);
	assert_int_equal(wave_hold(w, 9, 2 * HOUR), 2 * HOUR); /* not of it */
}

static void homes_that_fall_silent_through_the_day_are_homes(void **state)
{
	_cleanup_(wave_freep) struct wave *w = wave_new(12);
	struct verdict verdict;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		wave_cross(w, i, HOUR + (int64_t)i * 11 * MINUTE);
		wave_tick(w, HOUR + (int64_t)i * 11 * MINUTE);
		wave_judge(w, &verdict);
		assert_false(verdict.active);
	}
}

static void other_homes_in_the_register_do_not_make_it_forgotten(void **state)
{
	_cleanup_(wave_freep) struct wave *w = wave_new(12), *now = wave_new(13);
	struct verdict verdict;

	(void)state;
	silent_together(w, 0, 5, HOUR);
	wave_take_up(now, w);
	for (size_t i = 0; i < 5; i++)
		wave_cross(now, i + 1, HOUR + (int64_t)i * MINUTE); /* they have other numbers */
	wave_tick(now, 3 * HOUR);
	wave_judge(now, &verdict);
	assert_true(verdict.active);
	assert_int_equal(wave_hold(now, 1, 3 * HOUR), 3 * HOUR + WAVE_HOLD);
}

static void a_small_building_needs_four(void **state)
{
	_cleanup_(wave_freep) struct wave *w = wave_new(5);
	struct verdict verdict;

	(void)state;
	silent_together(w, 0, 3, HOUR);
	wave_judge(w, &verdict);
	assert_false(verdict.active);
}

static void it_ends_when_most_of_them_are_heard_again(void **state)
{
	_cleanup_(wave_freep) struct wave *w = wave_new(20);
	struct verdict verdict;

	(void)state;
	silent_together(w, 0, 8, HOUR);
	for (size_t i = 0; i < 5; i++)
		wave_end(w, i);
	wave_tick(w, 2 * HOUR);
	wave_judge(w, &verdict);
	assert_true(verdict.active);
	wave_end(w, 5);
	wave_tick(w, 2 * HOUR);
	wave_judge(w, &verdict);
	assert_false(verdict.active);
	assert_int_equal(wave_hold(w, 6, 3 * HOUR), 3 * HOUR);
}

static void those_who_are_presumed_elsewhere_do_not_count(void **state)
{
	_cleanup_(wave_freep) struct wave *w = wave_new(40);
	struct verdict verdict;

	(void)state;
	silent_together(w, 0, 6, HOUR);
	wave_judge(w, &verdict);
	assert_false(verdict.active);
	wave_watched(w, 18);
	wave_tick(w, HOUR + 7 * MINUTE);
	wave_judge(w, &verdict);
	assert_true(verdict.active);
}

static void a_long_list_ends_with_a_number(void **state)
{
	_cleanup_(wave_freep) struct wave *w = wave_new(60);
	struct verdict verdict;

	(void)state;
	for (size_t i = 0; i < 60; i++)
		wave_name(w, i, "building-with-a-long-name/u1/1204");
	for (size_t i = 0; i < 60; i++)
		wave_cross(w, i, HOUR);
	wave_tick(w, HOUR);
	wave_judge(w, &verdict);
	assert_true(verdict.active);
	assert_non_null(strstr(verdict.en, " +5"));
}

static void without_a_pump_there_is_no_water_and_an_hour_after(void **state)
{
	_cleanup_(wave_freep) struct wave *w = wave_new(1);

	(void)state;
	assert_true(wave_has_water(w, HOUR));
	wave_pump(w, 1, HOUR);
	wave_pump(w, 1, HOUR);
	wave_pump(w, -1, 2 * HOUR);
	assert_false(wave_has_water(w, 9 * HOUR));
	wave_pump(w, -1, 10 * HOUR);
	assert_false(wave_has_water(w, 11 * HOUR - 1));
	assert_true(wave_has_water(w, 11 * HOUR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_third_of_the_homes_within_half_an_hour_is_no_coincidence),
		cmocka_unit_test(homes_that_fall_silent_through_the_day_are_homes),
		cmocka_unit_test(other_homes_in_the_register_do_not_make_it_forgotten),
		cmocka_unit_test(a_small_building_needs_four),
		cmocka_unit_test(it_ends_when_most_of_them_are_heard_again),
		cmocka_unit_test(those_who_are_presumed_elsewhere_do_not_count),
		cmocka_unit_test(a_long_list_ends_with_a_number),
		cmocka_unit_test(without_a_pump_there_is_no_water_and_an_hour_after),
	};

	return UNIT_RUN(tests);
}
