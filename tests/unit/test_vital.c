/* Rule 14: pulse, a wearable that lies about, its battery. */
#include "unit.h"

#include "care/vital.h"
#include "care_scene.h"

struct vital_scene {
	struct scene s;
	struct vital x;
	struct verdict verdict;
};

static void begin(struct vital_scene *x)
{
	scene_init(&x->s);
	scene_at(&x->s, 0, 9, 0);
	vital_init(&x->x);
}

static void reads_from(struct vital_scene *x, uint16_t device, enum sign_vital vital, double value)
{
	struct sign sign = scene_vital(&x->s, vital, value);

	sign.device = device;
	vital_sign(&x->x, &sign, &x->s.v);
}

static void reads(struct vital_scene *x, enum sign_vital vital, double value)
{
	reads_from(x, 3, vital, value);
}

/* 0: nothing; else the priority. */
static int told(struct vital_scene *x)
{
	vital_judge(&x->x, &x->s.v, &x->verdict);
	assert_int_equal(x->verdict.active, x->verdict.priority != 0);
	return x->verdict.priority;
}

/* A pulse each minute. */
static void pulses(struct vital_scene *x, const int *values)
{
	for (; *values; values++) {
		reads(x, SIGN_HEART_RATE, *values);
		scene_pass(&x->s, MINUTE);
	}
}

static void three_readings_in_a_row_beyond_the_limit(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	pulses(&x, (int[]){ 72, 36, 35, 0 });
	assert_int_equal(told(&x), 0);
	pulses(&x, (int[]){ 34, 0 });
	assert_int_equal(told(&x), 2);
	assert_non_null(strstr(x.verdict.zh, "心率过低：每分钟34次，限值40次，09:01 起"));
	assert_non_null(strstr(x.verdict.en, "pulse low: 34/min"));
}

static void a_good_reading_between_them_is_a_new_beginning(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	pulses(&x, (int[]){ 140, 141, 120, 142, 143, 90, 36, 35, 140, 0 });
	assert_int_equal(told(&x), 0);
}

static void readings_that_are_far_apart_do_not_add_up(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	for (int i = 0; i < 5; i++) {
		reads(&x, SIGN_HEART_RATE, 150);
		scene_pass(&x.s, 3 * MINUTE);
	}
	assert_int_equal(told(&x), 0);
}

static void it_ends_after_three_good_readings_or_an_hour_without(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	pulses(&x, (int[]){ 150, 150, 150, 100, 100, 0 });
	assert_int_equal(told(&x), 2);
	pulses(&x, (int[]){ 100, 0 });
	assert_int_equal(told(&x), 0);

	pulses(&x, (int[]){ 150, 150, 150, 0 });
	assert_int_equal(vital_due(&x.x, &x.s.v), x.s.v.now.at.mono_us + 59 * MINUTE);
	scene_pass(&x.s, 59 * MINUTE - 1);
	assert_int_equal(told(&x), 2);
	scene_pass(&x.s, 1);
	assert_int_equal(told(&x), 0);
}

static void the_limits_are_those_of_the_person(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	assert_int_equal(settings_apply(&x.s.settings, "wearable.hr-low=35", NULL), 0);
	pulses(&x, (int[]){ 36, 37, 38, 36, 0 });
	assert_int_equal(told(&x), 0);
}

static void what_no_heart_does_is_no_reading(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	pulses(&x, (int[]){ 255, 255, 255, 3, 3, 3, 0 });
	assert_int_equal(told(&x), 0);
}

static void what_is_not_worn_has_no_pulse(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	pulses(&x, (int[]){ 150, 150, 150, 0 });
	assert_int_equal(told(&x), 2);
	reads(&x, SIGN_WORN, 0);
	assert_int_equal(told(&x), 0);
	pulses(&x, (int[]){ 30, 30, 30, 30, 0 });
	assert_int_equal(told(&x), 0);
}

static void not_worn_for_four_hours_is_told_by_day(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	reads(&x, SIGN_WORN, 0);
	assert_int_equal(vital_due(&x.x, &x.s.v), x.s.v.now.at.mono_us + 4 * HOUR);
	scene_pass(&x.s, 2 * HOUR);
	reads(&x, SIGN_WORN, 0); /* it says so again */
	scene_pass(&x.s, 2 * HOUR);
	assert_int_equal(told(&x), 4);
	assert_non_null(strstr(x.verdict.zh, "穿戴设备已4小时没有佩戴"));
	reads(&x, SIGN_WORN, 1);
	assert_int_equal(told(&x), 0);
}

static void on_its_charger_at_night_it_is_told_in_the_morning(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	scene_at(&x.s, 0, 20, 0);
	reads(&x, SIGN_WORN, 0);
	scene_pass(&x.s, 5 * HOUR + 17 * S);
	assert_int_equal(told(&x), 0);
	assert_int_equal(vital_due(&x.x, &x.s.v), x.s.v.now.at.mono_us + 5 * HOUR - 17 * S);
	scene_pass(&x.s, 5 * HOUR - 17 * S);
	assert_int_equal(told(&x), 4);
}

static void a_battery_that_runs_out_is_told_until_it_was_charged(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	reads(&x, SIGN_BATTERY, 15);
	assert_int_equal(told(&x), 0);
	reads(&x, SIGN_BATTERY, 14);
	assert_int_equal(told(&x), 4);
	reads(&x, SIGN_BATTERY, 16);
	assert_int_equal(told(&x), 4);
	reads(&x, SIGN_BATTERY, 100);
	assert_int_equal(told(&x), 0);
}

static void the_pulse_comes_before_all_else_and_each_device_counts_for_itself(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	reads_from(&x, 1, SIGN_BATTERY, 5);
	reads_from(&x, 1, SIGN_HEART_RATE, 30);
	reads_from(&x, 2, SIGN_HEART_RATE, 30);
	reads_from(&x, 1, SIGN_HEART_RATE, 30);
	reads_from(&x, 2, SIGN_HEART_RATE, 30);
	assert_int_equal(told(&x), 4);
	reads_from(&x, 2, SIGN_HEART_RATE, 30);
	assert_int_equal(told(&x), 2);
	for (uint16_t device = 10; device < 30; device++) /* more than there is room for */
		reads_from(&x, device, SIGN_HEART_RATE, 30);
	assert_int_equal(told(&x), 2);
}

static void another_boot_keeps_the_lengths(void **state)
{
	struct vital_scene x;

	(void)state;
	begin(&x);
	reads(&x, SIGN_WORN, 0);
	vital_move(&x.x, 90 * HOUR);
	x.s.v.now.at.mono_us += 90 * HOUR + 4 * HOUR - 1;
	assert_int_equal(told(&x), 0);
	x.s.v.now.at.mono_us++;
	assert_int_equal(told(&x), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_readings_in_a_row_beyond_the_limit),
		cmocka_unit_test(a_good_reading_between_them_is_a_new_beginning),
		cmocka_unit_test(readings_that_are_far_apart_do_not_add_up),
		cmocka_unit_test(it_ends_after_three_good_readings_or_an_hour_without),
		cmocka_unit_test(the_limits_are_those_of_the_person),
		cmocka_unit_test(what_no_heart_does_is_no_reading),
		cmocka_unit_test(what_is_not_worn_has_no_pulse),
		cmocka_unit_test(not_worn_for_four_hours_is_told_by_day),
		cmocka_unit_test(on_its_charger_at_night_it_is_told_in_the_morning),
		cmocka_unit_test(a_battery_that_runs_out_is_told_until_it_was_charged),
		cmocka_unit_test(the_pulse_comes_before_all_else_and_each_device_counts_for_itself),
		cmocka_unit_test(another_boot_keeps_the_lengths),
	};

	return UNIT_RUN(tests);
}
