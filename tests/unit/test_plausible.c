/* Whether a number can be true: range, speed, counters; and what the table of points makes of it. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "model/plausible.h"
#include "model/point.h"

static struct plausible p;
static struct plausible_limits limits;

static int begin(void **state)
{
	(void)state;
	p = (struct plausible){ 0 };
	limits = (struct plausible_limits){ 0 };
	return 0;
}

static enum plausible_verdict at(double second, double number)
{
	return plausible_judge(&p, &limits, number, (int64_t)(second * 1e6));
}

static void what_is_out_of_range_is_suspect_and_forgotten(void **state)
{
	(void)state;
	limits = (struct plausible_limits){ .has_range = true, .low = -40, .high = 85 };
	assert_true(plausible_limited(&limits));
	assert_int_equal(at(0, 85.1), PLAUSIBLE_SUSPECT);
	assert_false(p.known);
	assert_int_equal(at(1, 85), PLAUSIBLE_GOOD);
	assert_int_equal(at(2, -40), PLAUSIBLE_GOOD);
	assert_int_equal(at(3, -40.001), PLAUSIBLE_SUSPECT);
	assert_int_equal(at(4, NAN), PLAUSIBLE_SUSPECT);
	assert_int_equal(at(4, INFINITY), PLAUSIBLE_SUSPECT);
	assert_true(p.last == -40);
	limits = (struct plausible_limits){ 0 };
	assert_false(plausible_limited(&limits));
}

static void a_jump_is_suspect_until_enough_time_has_passed_for_it(void **state)
{
	(void)state;
	limits.max_rate = 0.5;
	assert_int_equal(at(0, 20), PLAUSIBLE_GOOD);
	assert_int_equal(at(1, 20.5), PLAUSIBLE_GOOD);
	assert_int_equal(at(2, 80), PLAUSIBLE_SUSPECT);   /* one false reading */
	assert_int_equal(at(3, 21.5), PLAUSIBLE_GOOD);    /* 1 in 2 s since the last good one */
	assert_int_equal(at(4, 31.5), PLAUSIBLE_SUSPECT); /* 10 take 20 s */
	assert_int_equal(at(22.9, 31.5), PLAUSIBLE_SUSPECT);
	assert_int_equal(at(23, 31.5), PLAUSIBLE_GOOD);
	assert_int_equal(at(24, 30.9), PLAUSIBLE_SUSPECT); /* down as well */
	assert_int_equal(at(24.2, 30.9), PLAUSIBLE_GOOD);
}

static void two_polls_that_came_close_count_as_half_a_period_apart(void **state)
{
	(void)state;
	limits.max_rate = 1;
	limits.settle_us = 500 * MS;
	assert_int_equal(at(0, 0), PLAUSIBLE_GOOD);
	assert_int_equal(at(0.1, 0.5), PLAUSIBLE_GOOD);
	assert_int_equal(at(0.2, 1.1), PLAUSIBLE_SUSPECT);
	limits.settle_us = 0;
	assert_int_equal(at(0.1, 0.5), PLAUSIBLE_GOOD); /* the same at the same moment */
	assert_int_equal(at(0.1, 0.6), PLAUSIBLE_SUSPECT);
}

/* The end of the span, as registers: ffff of 16 bits, ffffffff, ffffffffffffffff. */
static void a_counter_that_passes_the_end_of_its_bits_has_rolled_over(void **state)
{
	static const double spans[] = { 65536, 4294967296.0, 18446744073709551616.0, 10000, 1e8 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		double step = spans[i] / 1024; /* of 64 bits a double holds the upper 53 only */

		p = (struct plausible){ 0 };
		limits = (struct plausible_limits){ .counter = true, .span = spans[i] };
		assert_int_equal(at(0, spans[i] - 2 * step), PLAUSIBLE_GOOD);
		assert_int_equal(at(1, spans[i] - step), PLAUSIBLE_GOOD);
		assert_int_equal(at(2, 0), PLAUSIBLE_ROLLOVER);
		assert_int_equal(at(3, step), PLAUSIBLE_GOOD);
		assert_int_equal(p.rollovers, 1);
		assert_int_equal(p.resets, 0);
		assert_true(p.gained == 3 * step);
	}
}

static void a_rollover_must_be_as_small_a_step_as_any_other(void **state)
{
	(void)state;
	limits = (struct plausible_limits){ .counter = true, .span = 65536, .max_rate = 10 };
	assert_int_equal(at(0, 65530), PLAUSIBLE_GOOD);
	assert_int_equal(at(1, 4), PLAUSIBLE_ROLLOVER); /* 10 further */
	assert_int_equal(at(2, 65530), PLAUSIBLE_SUSPECT);
	assert_int_equal(at(3, 24), PLAUSIBLE_GOOD);
	assert_true(p.gained == 30);
	p = (struct plausible){ 0 };
	assert_int_equal(at(0, 65530), PLAUSIBLE_GOOD);
	assert_int_equal(at(1, 5), PLAUSIBLE_SUSPECT); /* 11 */
	p = (struct plausible){ 0 };
	limits.max_rate = 0;
	assert_int_equal(at(0, 40000), PLAUSIBLE_GOOD);
	assert_int_equal(at(1, 0), PLAUSIBLE_SUSPECT); /* far from its end: no roll-over */
}

static void a_counter_that_begins_anew_is_believed_when_it_goes_on_from_there(void **state)
{
	(void)state;
	limits = (struct plausible_limits){ .counter = true, .span = 4294967296.0 };
	assert_int_equal(at(0, 123456), PLAUSIBLE_GOOD);
	assert_int_equal(at(1, 3), PLAUSIBLE_SUSPECT);
	assert_int_equal(at(2, 4), PLAUSIBLE_RESET);
	assert_int_equal(at(3, 6), PLAUSIBLE_GOOD);
	assert_int_equal(p.resets, 1);
	assert_true(p.gained == 3);
}

static void one_false_zero_of_a_counter_changes_nothing(void **state)
{
	(void)state;
	limits = (struct plausible_limits){ .counter = true };
	assert_int_equal(at(0, 123456), PLAUSIBLE_GOOD);
	assert_int_equal(at(1, 0), PLAUSIBLE_SUSPECT);
	assert_int_equal(at(2, 123457), PLAUSIBLE_GOOD);
	assert_int_equal(at(3, 0), PLAUSIBLE_SUSPECT); /* the doubt of before is forgotten */
	assert_int_equal(at(4, 123458), PLAUSIBLE_GOOD);
	assert_int_equal(p.resets, 0);
	assert_true(p.gained == 2);
	/* noise that is another number each time is never believed while it goes down */
	assert_int_equal(at(5, 500), PLAUSIBLE_SUSPECT);
	assert_int_equal(at(6, 400), PLAUSIBLE_SUSPECT);
	assert_int_equal(at(7, 123459), PLAUSIBLE_GOOD);
}

static void a_float_counter_never_rolls_over(void **state)
{
	(void)state;
	limits = (struct plausible_limits){ .counter = true, .span = 0 };
	assert_int_equal(at(0, 65535), PLAUSIBLE_GOOD);
	assert_int_equal(at(1, 0), PLAUSIBLE_SUSPECT);
}

/* -------- in the table of points -------- */

enum { TEMPERATURE, ENERGY };
static const struct profile_point specs[] = {
	[TEMPERATURE] = { .name = "temperature",
			  .type = VALUE_NUMBER,
			  .unit = "",
			  .max_age_us = 60 * S,
			  .limits = { .has_range = true, .low = -40, .high = 85, .max_rate = 1 } },
	[ENERGY] = { .name = "energy",
		     .type = VALUE_NUMBER,
		     .unit = "kWh",
		     .deadband = 10,
		     .limits = { .counter = true, .span = 65536 } },
};
static const struct profile profile = { .points = specs, .point_count = ARRAY_SIZE(specs) };
static const struct device devices[] = { { .id = "m", .profile = &profile } };

static unsigned good(struct point_table *t, uint32_t point, double number, int64_t second)
{
	struct reading r = { .point = point,
			     .value = value_number(number),
			     .at = { .mono_us = second * S, .wall_us = second * S } };

	return point_apply(t, &r);
}

static void a_suspect_number_leaves_the_last_good_one_in_its_place(void **state)
{
	_cleanup_(point_table_freep) struct point_table *t = point_table_new((struct device_list){ devices, 1 });
	const struct point *temperature = &t->points[TEMPERATURE];

	(void)state;
	assert_int_equal(good(t, TEMPERATURE, 21, 1), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(good(t, TEMPERATURE, 3276.7, 2), POINT_QUALITY);
	assert_int_equal(temperature->quality, QUALITY_SUSPECT);
	assert_true(temperature->value.number == 21);
	assert_int_equal(temperature->mono_us, 1 * S); /* the age is that of the good one */
	assert_int_equal(good(t, TEMPERATURE, 3276.7, 3), POINT_SAME);
	assert_int_equal(good(t, TEMPERATURE, 22, 4), POINT_VALUE | POINT_QUALITY);
	assert_int_equal(temperature->quality, QUALITY_GOOD);
}

static void a_first_reading_that_cannot_be_is_no_value(void **state)
{
	_cleanup_(point_table_freep) struct point_table *t = point_table_new((struct device_list){ devices, 1 });

	(void)state;
	assert_int_equal(good(t, TEMPERATURE, 850, 1), POINT_QUALITY);
	assert_int_equal(t->points[TEMPERATURE].quality, QUALITY_SUSPECT);
	assert_int_equal(t->points[TEMPERATURE].value.type, VALUE_NONE);
}

static void rollover_and_reset_are_told_with_the_change(void **state)
{
	_cleanup_(point_table_freep) struct point_table *t = point_table_new((struct device_list){ devices, 1 });

	(void)state;
	good(t, ENERGY, 65533, 1);
	assert_int_equal(good(t, ENERGY, 65535, 2), POINT_SAME); /* within the deadband, but seen */
	assert_int_equal(good(t, ENERGY, 1, 3), POINT_VALUE | POINT_ROLLOVER);
	assert_true(t->points[ENERGY].value.number == 1);
	assert_int_equal(good(t, ENERGY, 30000, 4), POINT_VALUE);
	assert_int_equal(good(t, ENERGY, 12, 5), POINT_QUALITY);
	assert_int_equal(good(t, ENERGY, 12, 6), POINT_VALUE | POINT_QUALITY | POINT_RESET);
	assert_int_equal(point_plausible(t, &t->points[ENERGY])->rollovers, 1);
	assert_int_equal(point_plausible(t, &t->points[ENERGY])->resets, 1);
}

static void a_reload_keeps_what_is_known_of_a_counter(void **state)
{
	_cleanup_(point_table_freep) struct point_table *t = point_table_new((struct device_list){ devices, 1 });
	_cleanup_(point_table_freep) struct point_table *next = point_table_new((struct device_list){ devices, 1 });

	(void)state;
	good(t, ENERGY, 65533, 1);
	point_carry(next, t);
	assert_int_equal(good(next, ENERGY, 2, 2), POINT_VALUE | POINT_ROLLOVER);
}

static void a_table_without_limits_has_nothing_to_judge(void **state)
{
	static const struct profile_point plain[] = { { .name = "level", .type = VALUE_NUMBER, .unit = "" } };
	static const struct profile plain_profile = { .points = plain, .point_count = 1 };
	static const struct device plain_device = { .id = "t", .profile = &plain_profile };
	_cleanup_(point_table_freep) struct point_table *t = point_table_new((struct device_list){ &plain_device, 1 });

	(void)state;
	assert_null(point_plausible(t, &t->points[0]));
	assert_int_equal(good(t, 0, 1e9, 1), POINT_VALUE | POINT_QUALITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_out_of_range_is_suspect_and_forgotten, begin),
		cmocka_unit_test_setup(a_jump_is_suspect_until_enough_time_has_passed_for_it, begin),
		cmocka_unit_test_setup(two_polls_that_came_close_count_as_half_a_period_apart, begin),
		cmocka_unit_test_setup(a_counter_that_passes_the_end_of_its_bits_has_rolled_over, begin),
		cmocka_unit_test_setup(a_rollover_must_be_as_small_a_step_as_any_other, begin),
		cmocka_unit_test_setup(a_counter_that_begins_anew_is_believed_when_it_goes_on_from_there, begin),
		cmocka_unit_test_setup(one_false_zero_of_a_counter_changes_nothing, begin),
		cmocka_unit_test_setup(a_float_counter_never_rolls_over, begin),
		cmocka_unit_test(a_suspect_number_leaves_the_last_good_one_in_its_place),
		cmocka_unit_test(a_first_reading_that_cannot_be_is_no_value),
		cmocka_unit_test(rollover_and_reset_are_told_with_the_change),
		cmocka_unit_test(a_reload_keeps_what_is_known_of_a_counter),
		cmocka_unit_test(a_table_without_limits_has_nothing_to_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
