/* Rule 10: out of bed at night, and not back. */
#include "unit.h"

#include "care/bed.h"
#include "care_scene.h"

struct bed_scene {
	struct scene s;
	struct bed b;
	struct verdict verdict;
};

static void pad(struct bed_scene *x, bool on)
{
	struct sign sign = scene_sign(&x->s, SIGN_BED, SIGN_ROOM_BEDROOM, on);

	bed_sign(&x->b, &sign, &x->s.v);
}

static void motion(struct bed_scene *x, enum sign_room room)
{
	struct sign sign = scene_sign(&x->s, SIGN_MOTION, room, true);

	bed_sign(&x->b, &sign, &x->s.v);
}

/* 0: nothing; else the priority. */
static int told(struct bed_scene *x)
{
	bed_judge(&x->b, &x->s.v, &x->verdict);
	assert_int_equal(x->verdict.active, x->verdict.priority != 0);
	return x->verdict.priority;
}

/* In bed since 22:30; gets up then. */
static void gets_up(struct bed_scene *x, int hour, int minute)
{
	scene_init(&x->s);
	bed_init(&x->b);
	scene_at(&x->s, 0, 22, 30);
	pad(x, true);
	scene_at(&x->s, hour < 12, hour, minute);
	pad(x, false);
}

static void quiet_for_half_an_hour_out_of_bed_is_told(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 2, 0);
	assert_int_equal(bed_due(&x.b, &x.s.v), x.s.v.now.at.mono_us + 30 * MINUTE);
	scene_pass(&x.s, 30 * MINUTE - 1);
	assert_int_equal(told(&x), 0);
	scene_pass(&x.s, 1);
	assert_int_equal(told(&x), 2);
	assert_non_null(strstr(x.verdict.zh, "02:00 离床，30分钟没有回到床上"));
	assert_non_null(strstr(x.verdict.en, "out of bed at 02:00 and not back for 30 min"));
}

static void back_in_bed_is_the_end_of_it(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 2, 0);
	scene_pass(&x.s, 35 * MINUTE);
	assert_int_equal(told(&x), 2);
	pad(&x, true);
	assert_int_equal(told(&x), 0);
	assert_true(bed_due(&x.b, &x.s.v) == INT64_MAX);
}

static void who_is_up_in_another_room_is_an_advisory_and_later(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 2, 0);
	for (int i = 0; i < 6; i++) {
		scene_pass(&x.s, 7 * MINUTE);
		motion(&x, SIGN_ROOM_LIVING);
		assert_int_equal(told(&x), 0);
	}
	scene_pass(&x.s, 3 * MINUTE);
	assert_int_equal(told(&x), 4);
	assert_non_null(strstr(x.verdict.zh, "客厅有活动"));
}

static void quiet_in_the_other_room_becomes_urgent(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 2, 0);
	scene_pass(&x.s, 25 * MINUTE);
	motion(&x, SIGN_ROOM_BATHROOM);
	scene_pass(&x.s, 20 * MINUTE);
	assert_int_equal(told(&x), 4);
	assert_int_equal(bed_due(&x.b, &x.s.v), x.s.v.now.at.mono_us + 10 * MINUTE);
	scene_pass(&x.s, 10 * MINUTE);
	assert_int_equal(told(&x), 2);
}

static void who_gets_up_for_the_day_is_not_told(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 5, 45);
	scene_pass(&x.s, 5 * MINUTE);
	motion(&x, SIGN_ROOM_KITCHEN);
	scene_pass(&x.s, 20 * MINUTE);
	motion(&x, SIGN_ROOM_KITCHEN);
	scene_pass(&x.s, HOUR);
	assert_int_equal(told(&x), 0);
}

static void who_lies_on_the_floor_at_six_is(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 5, 45);
	scene_pass(&x.s, 30 * MINUTE);
	assert_int_equal(told(&x), 2);
}

static void by_day_beds_are_left(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 13, 0);
	scene_pass(&x.s, 2 * HOUR);
	assert_int_equal(told(&x), 0);
}

static void a_pad_that_is_lost_says_nothing(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 2, 0);
	x.s.v.healthy_devices = 0;
	scene_pass(&x.s, HOUR);
	assert_int_equal(told(&x), 0);
	assert_true(bed_due(&x.b, &x.s.v) == INT64_MAX);
}

static void an_empty_bed_that_says_so_again_was_not_left(void **state)
{
	struct bed_scene x;

	(void)state;
	scene_init(&x.s);
	bed_init(&x.b);
	scene_at(&x.s, 0, 23, 0);
	pad(&x, false);
	scene_pass(&x.s, HOUR);
	pad(&x, false);
	scene_pass(&x.s, HOUR);
	assert_int_equal(told(&x), 0);
}

static void a_motion_sensor_above_the_bed_is_no_pad(void **state)
{
	struct bed_scene x;

	(void)state;
	scene_init(&x.s);
	bed_init(&x.b);
	scene_at(&x.s, 0, 22, 30);
	for (int i = 0; i < 200; i++) {
		pad(&x, true);
		scene_pass(&x.s, 3 * S);
		pad(&x, false);
		scene_pass(&x.s, i % 10 ? 20 * S : 40 * MINUTE);
		assert_int_equal(told(&x), 0);
	}
}

static void who_sits_down_on_the_bed_for_a_moment_is_out_again(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 2, 0);
	scene_pass(&x.s, 10 * MINUTE);
	pad(&x, true);
	scene_pass(&x.s, MINUTE);
	pad(&x, false);
	scene_pass(&x.s, 29 * MINUTE);
	assert_int_equal(told(&x), 0);
	scene_pass(&x.s, MINUTE);
	assert_int_equal(told(&x), 2);
}

static void another_boot_goes_on_waiting(void **state)
{
	struct bed_scene x;

	(void)state;
	gets_up(&x, 2, 0);
	bed_move(&x.b, -300 * HOUR);
	x.s.v.now.at.mono_us += -300 * HOUR + 29 * MINUTE;
	assert_int_equal(told(&x), 0);
	x.s.v.now.at.mono_us += MINUTE;
	assert_int_equal(told(&x), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_for_half_an_hour_out_of_bed_is_told),
		cmocka_unit_test(back_in_bed_is_the_end_of_it),
		cmocka_unit_test(who_is_up_in_another_room_is_an_advisory_and_later),
		cmocka_unit_test(quiet_in_the_other_room_becomes_urgent),
		cmocka_unit_test(who_gets_up_for_the_day_is_not_told),
		cmocka_unit_test(who_lies_on_the_floor_at_six_is),
		cmocka_unit_test(by_day_beds_are_left),
		cmocka_unit_test(a_pad_that_is_lost_says_nothing),
		cmocka_unit_test(an_empty_bed_that_says_so_again_was_not_left),
		cmocka_unit_test(a_motion_sensor_above_the_bed_is_no_pad),
		cmocka_unit_test(who_sits_down_on_the_bed_for_a_moment_is_out_again),
		cmocka_unit_test(another_boot_goes_on_waiting),
	};

	return UNIT_RUN(tests);
}
