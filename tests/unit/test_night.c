/* Rule 9: the entrance at night, and nothing inside since. */
#include "unit.h"

#include "care/night.h"
#include "care_scene.h"

struct night_scene {
	struct scene s;
	struct night n;
	struct verdict verdict;
};

static void begin(struct night_scene *x, int hour, int minute)
{
	scene_init(&x->s);
	scene_at(&x->s, 0, hour, minute);
	night_init(&x->n);
}

static void door(struct night_scene *x, bool open)
{
	struct sign sign = scene_entrance(&x->s, open);

	night_sign(&x->n, &sign, &x->s.v);
}

static void motion(struct night_scene *x, enum sign_room room)
{
	struct sign sign = scene_sign(&x->s, SIGN_MOTION, room, true);

	night_sign(&x->n, &sign, &x->s.v);
}

static bool out(struct night_scene *x)
{
	night_judge(&x->n, &x->s.v, &x->verdict);
	return x->verdict.active;
}

/* The door opens and closes within half a minute. */
static void goes_through(struct night_scene *x)
{
	door(x, true);
	scene_pass(&x->s, 20 * S);
	door(x, false);
}

static void who_leaves_at_night_is_told_after_ten_minutes(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 2, 10);
	motion(&x, SIGN_ROOM_BEDROOM);
	scene_pass(&x.s, 3 * MINUTE);
	goes_through(&x);
	assert_int_equal(night_due(&x.n, &x.s.v), x.s.v.now.at.mono_us + 10 * MINUTE);
	scene_pass(&x.s, 10 * MINUTE - 1);
	assert_false(out(&x));
	scene_pass(&x.s, 1);
	assert_true(out(&x));
	assert_int_equal(x.verdict.priority, 2);
	assert_non_null(strstr(x.verdict.zh, "02:13"));
	assert_non_null(strstr(x.verdict.zh, "最后一次：卧室 02:10"));
	assert_non_null(strstr(x.verdict.en, "last sign: bedroom 02:10"));
	assert_null(strstr(x.verdict.en, "away"));
}

static void a_door_by_day_is_nothing(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 14, 0);
	goes_through(&x);
	scene_pass(&x.s, 20 * MINUTE);
	assert_false(out(&x));
	assert_true(night_due(&x.n, &x.s.v) == INT64_MAX);
}

static void anything_inside_after_it_cancels(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 23, 0);
	goes_through(&x);
	scene_pass(&x.s, 9 * MINUTE);
	motion(&x, SIGN_ROOM_LIVING);
	scene_pass(&x.s, HOUR);
	assert_false(out(&x));
}

static void the_halls_sensor_that_sees_them_go_does_not(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 23, 0);
	goes_through(&x);
	scene_pass(&x.s, 3 * S);
	motion(&x, SIGN_ROOM_HALL);
	scene_pass(&x.s, 10 * MINUTE);
	assert_true(out(&x));
}

static void a_companions_card_prevents_it_before_and_after_the_door(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 23, 0);
	x.s.v.companion = true;
	goes_through(&x);
	x.s.v.companion = false;
	scene_pass(&x.s, 20 * MINUTE);
	assert_false(out(&x));

	begin(&x, 23, 0);
	goes_through(&x);
	scene_pass(&x.s, MINUTE);
	x.s.v.companion = true;
	assert_false(out(&x));
	x.s.v.companion = false;
	scene_pass(&x.s, 20 * MINUTE);
	assert_false(out(&x));
}

static void a_return_ends_it(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 1, 0);
	goes_through(&x);
	scene_pass(&x.s, 15 * MINUTE);
	assert_true(out(&x));
	goes_through(&x);
	assert_true(out(&x));
	scene_pass(&x.s, 30 * S);
	motion(&x, SIGN_ROOM_HALL);
	assert_false(out(&x));
	scene_pass(&x.s, HOUR);
	assert_false(out(&x));
}

static void nobody_leaves_a_home_that_nobody_is_in(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 1, 0);
	x.s.v.mode = HOME_AWAY;
	goes_through(&x);
	scene_pass(&x.s, 15 * MINUTE);
	assert_false(out(&x));
}

static void a_sensor_that_repeats_itself_is_no_door_that_moves(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 1, 0);
	door(&x, false);
	scene_pass(&x.s, HOUR);
	door(&x, false);
	scene_pass(&x.s, HOUR);
	assert_false(out(&x));
}

static void without_a_sensor_inside_it_cannot_be_told(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 1, 0);
	x.s.v.healthy_rooms = 1U << SIGN_ROOM_ENTRANCE;
	goes_through(&x);
	scene_pass(&x.s, 15 * MINUTE);
	assert_false(out(&x));
	x.s.v.healthy_rooms = ~0U;
	x.s.v.blind_since_us = 1;
	assert_false(out(&x));
}

static void without_a_clock_there_is_no_night(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 1, 0);
	x.s.v.now.minute = -1;
	door(&x, true);
	x.s.v.now.at.mono_us += 20 * S;
	door(&x, false);
	x.s.v.now.at.mono_us += HOUR;
	assert_false(out(&x));
}

static void another_boot_goes_on_waiting(void **state)
{
	struct night_scene x;

	(void)state;
	begin(&x, 1, 0);
	goes_through(&x);
	scene_pass(&x.s, 4 * MINUTE);
	night_move(&x.n, 500 * HOUR);
	x.s.v.now.at.mono_us += 500 * HOUR;
	assert_int_equal(night_due(&x.n, &x.s.v), x.s.v.now.at.mono_us + 6 * MINUTE);
	assert_false(out(&x));
	x.s.v.now.at.mono_us += 6 * MINUTE;
	assert_true(out(&x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_leaves_at_night_is_told_after_ten_minutes),
		cmocka_unit_test(a_door_by_day_is_nothing),
		cmocka_unit_test(anything_inside_after_it_cancels),
		cmocka_unit_test(the_halls_sensor_that_sees_them_go_does_not),
		cmocka_unit_test(a_companions_card_prevents_it_before_and_after_the_door),
		cmocka_unit_test(a_return_ends_it),
		cmocka_unit_test(nobody_leaves_a_home_that_nobody_is_in),
		cmocka_unit_test(a_sensor_that_repeats_itself_is_no_door_that_moves),
		cmocka_unit_test(without_a_sensor_inside_it_cannot_be_told),
		cmocka_unit_test(without_a_clock_there_is_no_night),
		cmocka_unit_test(another_boot_goes_on_waiting),
	};

	return UNIT_RUN(tests);
}
