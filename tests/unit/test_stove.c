/* Rule 12: something in the kitchen is left on. */
#include "unit.h"

#include "care/stove.h"
#include "care_scene.h"

struct stove_scene {
	struct scene s;
	struct stove stove;
	struct verdict verdict;
};

static void begin(struct stove_scene *x)
{
	scene_init(&x->s);
	scene_at(&x->s, 0, 17, 0);
	stove_init(&x->stove);
}

static void appliance_in(struct stove_scene *x, enum sign_room room, bool on, double watts)
{
	struct sign sign = scene_sign(&x->s, SIGN_APPLIANCE, room, on);

	sign.value = watts;
	stove_sign(&x->stove, &sign, &x->s.v);
}

static void appliance(struct stove_scene *x, bool on, double watts)
{
	appliance_in(x, SIGN_ROOM_KITCHEN, on, watts);
}

static void motion(struct stove_scene *x, enum sign_room room)
{
	struct sign sign = scene_sign(&x->s, SIGN_MOTION, room, true);

	stove_sign(&x->stove, &sign, &x->s.v);
}

static bool told(struct stove_scene *x)
{
	stove_judge(&x->stove, &x->s.v, &x->verdict);
	assert_int_equal(x->verdict.active && x->stove.devices[0].watts, stove_is_left_on(&x->stove, &x->s.v));
	return x->verdict.active;
}

static void on_for_45_minutes_with_nobody_in_the_kitchen_for_30(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	appliance(&x, true, 1200);
	scene_pass(&x.s, 5 * MINUTE);
	motion(&x, SIGN_ROOM_KITCHEN);
	scene_pass(&x.s, MINUTE);
	motion(&x, SIGN_ROOM_LIVING);
	assert_int_equal(stove_due(&x.stove, &x.s.v), x.s.v.now.at.mono_us + 39 * MINUTE);
	scene_pass(&x.s, 39 * MINUTE - 1);
	assert_false(told(&x));
	scene_pass(&x.s, 1);
	assert_true(told(&x));
	assert_int_equal(x.verdict.priority, 2);
	assert_non_null(strstr(x.verdict.zh, "17:00 起一直开着，厨房已40分钟没有人的动静"));
	assert_non_null(strstr(x.verdict.en, "on since 17:00"));
}

static void a_long_meal_with_the_cook_beside_it_is_none(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	appliance(&x, true, 1200);
	for (int i = 0; i < 8; i++) {
		scene_pass(&x.s, 25 * MINUTE);
		motion(&x, SIGN_ROOM_KITCHEN);
		assert_false(told(&x));
	}
	scene_pass(&x.s, 30 * MINUTE);
	assert_true(told(&x));
	motion(&x, SIGN_ROOM_KITCHEN);
	assert_false(told(&x));
}

static void a_thermostat_that_pauses_is_still_on(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	for (int i = 0; i < 8; i++) {
		appliance(&x, true, 1800);
		scene_pass(&x.s, 4 * MINUTE);
		appliance(&x, false, 0);
		scene_pass(&x.s, 2 * MINUTE);
	}
	assert_true(told(&x));
	assert_int_equal(stove_due(&x.stove, &x.s.v), x.s.v.now.at.mono_us + 3 * MINUTE + 1);
	scene_pass(&x.s, 3 * MINUTE + 1);
	assert_false(told(&x));
}

static void standby_and_what_is_no_stove_are_off(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	appliance(&x, true, 3);
	scene_pass(&x.s, 3 * HOUR);
	assert_false(told(&x));
	appliance(&x, true, 9000);
	scene_pass(&x.s, 3 * HOUR);
	assert_false(told(&x));
	x.s.settings.values[SETTINGS_STOVE_WATTS_LEAST] = 2;
	appliance(&x, true, 3);
	scene_pass(&x.s, HOUR);
	assert_true(told(&x));
}

static void a_lamp_in_another_room_is_no_stove(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	appliance_in(&x, SIGN_ROOM_LIVING, true, 0);
	scene_pass(&x.s, 5 * HOUR);
	assert_false(told(&x));
}

/* It runs for so long, with a look at each time that is due; whether it was told. */
static bool runs_for(struct stove_scene *x, int64_t us, double watts)
{
	int64_t until_us = x->s.v.now.at.mono_us + us;
	bool any = false;

	motion(x, SIGN_ROOM_KITCHEN);
	appliance(x, true, watts);
	while (x->s.v.now.at.mono_us < until_us) {
		scene_pass(&x->s, MIN(stove_due(&x->stove, &x->s.v), until_us) - x->s.v.now.at.mono_us);
		any |= told(x);
	}
	appliance(x, false, 0);
	scene_pass(&x->s, HOUR);
	assert_false(told(x));
	return any;
}

static void what_says_no_watts_is_told_when_it_runs_longer_than_it_is_used_to(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	assert_true(runs_for(&x, 2 * HOUR, 0));
	assert_false(runs_for(&x, 2 * HOUR, 0)); /* a dishwasher */
	assert_false(runs_for(&x, 2 * HOUR + 10 * MINUTE, 0));
	assert_true(runs_for(&x, 3 * HOUR, 0));
	for (int day = 1; day < 30; day++) {
		scene_at(&x.s, day, 0, 0);
		stove_day(&x.stove, &x.s.v);
	}
	assert_true(runs_for(&x, 2 * HOUR, 0)); /* that was long ago */
}

static void once_one_was_false_what_says_no_watts_is_for_this_shift_until_one_is_real(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	appliance(&x, true, 0);
	scene_pass(&x.s, HOUR);
	assert_true(told(&x));
	assert_int_equal(x.verdict.priority, 2);
	stove_heard(&x.stove, false);
	assert_true(told(&x));
	assert_int_equal(x.verdict.priority, 3);
	stove_heard(&x.stove, true);
	assert_true(told(&x));
	assert_int_equal(x.verdict.priority, 2);
}

static void where_many_say_no_watts_most_are_no_stoves(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	for (uint16_t i = 40; i < 43; i++) {
		struct sign sign = scene_sign(&x.s, SIGN_APPLIANCE, SIGN_ROOM_KITCHEN, true);

		sign.device = i;
		stove_sign(&x.stove, &sign, &x.s.v);
	}
	scene_pass(&x.s, HOUR);
	assert_true(told(&x));
	assert_int_equal(x.verdict.priority, 3);
	appliance(&x, true, 1500); /* one that says what it is */
	scene_pass(&x.s, HOUR);
	stove_judge(&x.stove, &x.s.v, &x.verdict);
	assert_true(stove_is_left_on(&x.stove, &x.s.v));
}

static void what_says_watts_is_told_each_time(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	for (int i = 0; i < 5; i++)
		assert_true(runs_for(&x, 5 * HOUR, 900));
}

static void what_runs_for_hours_again_and_again_is_no_stove(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	runs_for(&x, 6 * HOUR, 0);
	runs_for(&x, 7 * HOUR, 0);
	assert_false(runs_for(&x, 12 * HOUR, 0));
}

static void who_comes_into_the_kitchen_knows_of_a_lamp(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	appliance(&x, true, 0);
	scene_pass(&x.s, 20 * MINUTE);
	motion(&x, SIGN_ROOM_KITCHEN);
	scene_pass(&x.s, 30 * MINUTE);
	assert_true(told(&x));
	scene_pass(&x.s, 10 * MINUTE);
	assert_true(told(&x));
	motion(&x, SIGN_ROOM_KITCHEN);
	scene_pass(&x.s, HOUR);
	assert_false(told(&x));
}

static void a_kitchen_without_a_sensor_waits_twice_as_long(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	appliance(&x, true, 1000);
	scene_pass(&x.s, 89 * MINUTE);
	assert_false(told(&x));
	scene_pass(&x.s, MINUTE);
	assert_true(told(&x));
}

static void a_kitchen_whose_sensor_is_lost_does_so_too(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	appliance(&x, true, 1000);
	x.s.v.healthy_devices &= ~((uint64_t)1 << x.stove.kitchen_device);
	scene_pass(&x.s, 89 * MINUTE);
	assert_false(told(&x));
	scene_pass(&x.s, MINUTE);
	assert_true(told(&x));
}

static void left_on_in_an_empty_home_says_presumed(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	appliance(&x, true, 1000);
	x.s.v.mode = HOME_AWAY;
	scene_pass(&x.s, HOUR);
	assert_true(told(&x));
	assert_non_null(strstr(x.verdict.zh, "推定外出"));
	assert_non_null(strstr(x.verdict.en, "presumed away"));
}

static void a_plug_that_is_lost_says_nothing(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	appliance(&x, true, 1000);
	x.s.v.healthy_devices = 0;
	scene_pass(&x.s, 2 * HOUR);
	assert_false(told(&x));
}

static void another_boot_goes_on_waiting(void **state)
{
	struct stove_scene x;

	(void)state;
	begin(&x);
	motion(&x, SIGN_ROOM_KITCHEN);
	appliance(&x, true, 1000);
	stove_move(&x.stove, 77 * HOUR);
	x.s.v.now.at.mono_us += 77 * HOUR + 44 * MINUTE;
	assert_false(told(&x));
	x.s.v.now.at.mono_us += MINUTE;
	assert_true(told(&x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_for_45_minutes_with_nobody_in_the_kitchen_for_30),
		cmocka_unit_test(a_long_meal_with_the_cook_beside_it_is_none),
		cmocka_unit_test(a_thermostat_that_pauses_is_still_on),
		cmocka_unit_test(standby_and_what_is_no_stove_are_off),
		cmocka_unit_test(a_lamp_in_another_room_is_no_stove),
		cmocka_unit_test(what_says_no_watts_is_told_when_it_runs_longer_than_it_is_used_to),
		cmocka_unit_test(once_one_was_false_what_says_no_watts_is_for_this_shift_until_one_is_real),
		cmocka_unit_test(where_many_say_no_watts_most_are_no_stoves),
		cmocka_unit_test(what_says_watts_is_told_each_time),
		cmocka_unit_test(what_runs_for_hours_again_and_again_is_no_stove),
		cmocka_unit_test(who_comes_into_the_kitchen_knows_of_a_lamp),
		cmocka_unit_test(a_kitchen_without_a_sensor_waits_twice_as_long),
		cmocka_unit_test(a_kitchen_whose_sensor_is_lost_does_so_too),
		cmocka_unit_test(left_on_in_an_empty_home_says_presumed),
		cmocka_unit_test(a_plug_that_is_lost_says_nothing),
		cmocka_unit_test(another_boot_goes_on_waiting),
	};

	return UNIT_RUN(tests);
}
