/* What a dwelling can be believed: sensors that die without a word, doors that are lost, times in which nobody watched. */
#include "care_world.h"

#include "unit.h"

#include <string.h>

#define LEARNED 14 /* days */

static void live(struct care_world *c, int from, int days)
{
	for (int day = from; day < from + days; day++)
		care_world_day(c, day);
}

static int settle(void **state)
{
	care_world_enter(state);
	live(*state, 0, LEARNED);
	return 0;
}

#define SETTLED(test) cmocka_unit_test_setup_teardown(test, settle, care_world_leave)

static void contains(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("expected \"%s\" in:\n%s", what, text);
}

static const struct alarm *sensors(struct care_world *c)
{
	return evaluator_find(c->w.evaluator, "supervision/sensors-" CARE_WORLD_HOME);
}

/* ---- sensors ---- */

static void a_sensor_that_dies_without_a_word_is_told_of_once_and_ends_with_its_next_sign(void **state)
{
	struct care_world *c = *state;

	assert_null(sensors(c));
	care_world_forget(c);
	c->dead = "living";
	live(c, LEARNED, 5);
	assert_int_equal(care_world_count(c, "supervision unacked p4"), 1);
	contains(sensors(c)->text_zh, "m-living（客厅）已2天");
	contains(sensors(c)->text_en, "m-living (living) for 2 days");
	c->dead = NULL;
	care_world_move(c, "living");
	assert_int_equal(sensors(c)->state, ALARM_RTN_UNACKED);
}

static void a_restart_does_not_tell_of_it_again(void **state)
{
	struct care_world *c = *state;

	c->dead = "living";
	live(c, LEARNED, 4);
	care_world_restart(c);
	live(c, LEARNED + 4, 1);
	assert_int_equal(care_world_count(c, "supervision"), 0);
	assert_int_equal(sensors(c)->state, ALARM_UNACKED);
}

static void while_one_is_silent_quiet_says_less_until_a_week_without_it_is_known(void **state)
{
	struct care_world *c = *state;
	const struct home_view *v;

	v = &care_world_home(c)->view;
	assert_false(v->misses);
	c->dead = "living";
	live(c, LEARNED, 2);
	assert_true(v->misses);
	assert_true(v->missed_rooms & 1U << SIGN_ROOM_LIVING);
	assert_false(v->healthy_rooms & 1U << SIGN_ROOM_LIVING);
	live(c, LEARNED + 2, 6);
	assert_true(v->misses);
	assert_false(v->misses_newly); /* what is usual without it is learned */
	live(c, LEARNED + 8, 4);
	assert_false(v->misses);
	assert_false(v->healthy_rooms & 1U << SIGN_ROOM_LIVING);
}

static void who_stays_in_for_two_days_has_no_broken_door(void **state)
{
	struct care_world *c = *state;

	for (int day = LEARNED; day < LEARNED + 2; day++)
		for (int hour = 7; hour < 22; hour++) {
			care_world_until(c, day, hour, 0);
			care_world_move(c, hour % 2 ? "living" : "kitchen");
			care_world_move(c, hour % 3 ? "bedroom" : "bathroom");
			care_world_move(c, "hall");
		}
	care_world_until(c, LEARNED + 2, 1, 0);
	assert_false(care_world_home(c)->view.misses);
	assert_null(sensors(c));
}

static void a_door_that_is_lost_for_a_month_raises_nothing(void **state)
{
	struct care_world *c = *state;

	care_world_forget(c);
	care_world_quality(c, "front.open", QUALITY_LOST);
	for (int day = LEARNED; day < LEARNED + 30; day++) {
		care_world_morning(c, day);
		care_world_move(c, "hall");
		care_world_until(c, day, 14, 0); /* out for five hours: quiet, as it seems */
		for (int hour = 14; hour < 22; hour++) {
			care_world_until(c, day, hour, 5 * (day % 7));
			care_world_move(c, hour % 2 ? "living" : "kitchen");
			care_world_move(c, "bedroom");
		}
	}
	assert_int_equal(care_world_count(c, "welfare"), 0);
}

/* ---- the door, and nobody ---- */

static void who_came_in_and_is_never_noticed_is_asked_for(void **state)
{
	struct care_world *c = *state;
	char why[128];

	care_world_morning(c, LEARNED);
	care_world_door(c);
	care_world_until(c, LEARNED, 12, 0);
	care_world_forget(c);
	care_world_door(c); /* they fall behind it */
	care_world_pass(c, 80 * MINUTE);
	assert_string_equal(care_world_said(c), "");
	care_world_pass(c, 15 * MINUTE);
	contains(care_world_said(c), "unknown");
	contains(presence_why_zh(&care_world_home(c)->state.presence, &care_world_home(c)->view, why, sizeof(why)),
		 "无法判断有没有人在");
	care_world_pass(c, 30 * MINUTE);
	contains(care_world_said(c), "long-absence unacked p3");
	contains(evaluator_find(c->w.evaluator, "long-absence/" CARE_WORLD_HOME)->text_zh, "12:00 动过");
	care_world_hear(c, "long-absence", "phone"); /* somebody asked: as long again */
	care_world_pass(c, 100 * MINUTE);
	assert_int_equal(care_world_count(c, "long-absence unacked"), 0);
}

static void a_ghost_does_not_bring_them_in_and_two_signs_do(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, LEARNED);
	care_world_door(c);
	care_world_until(c, LEARNED, 12, 0);
	care_world_door(c);
	care_world_pass(c, 100 * MINUTE);
	care_world_forget(c);
	care_world_move(c, "living");
	assert_string_equal(care_world_said(c), "");
	care_world_restart(c);
	care_world_move(c, "kitchen");
	contains(care_world_said(c), "home");
}

static void who_sits_between_two_rooms_after_the_door_is_in(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, LEARNED);
	care_world_door(c);
	care_world_until(c, LEARNED, 12, 0);
	care_world_door(c);
	care_world_pass(c, 20 * MINUTE);
	care_world_move(c, "living");
	care_world_pass(c, 45 * MINUTE);
	care_world_forget(c);
	care_world_move(c, "living"); /* the same again may be a ghost */
	care_world_pass(c, 45 * MINUTE);
	assert_int_equal(care_world_count(c, "home"), 0);
	care_world_move(c, "bathroom");
	assert_int_equal(care_world_count(c, "home"), 1);
}

/* ---- plans ---- */

static void plan(struct care_world *c)
{
	struct resident r = { .id = (char *)"r1", .place = (char *)CARE_WORLD_HOME, .categories = 1 };
	int64_t midnight_us = c->w.now.wall_us + HOUR - c->w.now.wall_us % HOUR;

	r.absences[0] = (struct resident_absence){ midnight_us, midnight_us + 5 * DAY };
	r.absence_count = 1;
	care_world_register(c, &r);
}

static void who_sleeps_when_the_plan_begins_has_not_left(void **state)
{
	struct care_world *c = *state;

	care_world_until(c, LEARNED - 1, 23, 30);
	plan(c);
	care_world_forget(c);
	care_world_morning(c, LEARNED);
	assert_int_equal(care_world_count(c, "away"), 0);
	care_world_move(c, "hall");
	care_world_door(c);
	care_world_pass(c, 11 * MINUTE);
	assert_int_equal(care_world_count(c, "away"), 1);
	care_world_pass(c, 4 * DAY);
	assert_int_equal(care_world_count(c, "welfare"), 0);
}

static void who_does_not_get_up_on_the_first_day_of_a_plan_is_missed(void **state)
{
	struct care_world *c = *state;

	care_world_until(c, LEARNED - 1, 23, 30);
	plan(c);
	care_world_until(c, LEARNED, 20, 0);
	assert_int_equal(care_world_count(c, "welfare unacked p1"), 1);
}

/* ---- nobody watched ---- */

static void after_hours_in_which_nobody_watched_they_may_be_out(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, LEARNED);
	care_world_dark(c, 9 * HOUR);
	care_world_pass(c, 9 * HOUR);
	assert_string_equal(care_world_said(c), ""); /* no start of day neither */
	care_world_pass(c, 2 * HOUR);
	contains(care_world_said(c), "welfare unacked p2");
}

static void after_the_minutes_of_a_start_all_is_as_it_was(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, LEARNED);
	care_world_dark(c, 5 * MINUTE);
	care_world_pass(c, 5 * HOUR);
	contains(care_world_said(c), "welfare unacked p2");
}

static void a_morning_under_a_clock_that_was_not_set_is_a_start_of_day(void **state)
{
	struct care_world *c = *state;

	care_world_until(c, LEARNED, 4, 0);
	c->clock_unknown = true;
	care_world_step_clock(c, -20000 * DAY);
	for (int i = 0; i < 30; i++) {
		care_world_pass(c, 15 * MINUTE);
		care_world_move(c, i % 2 ? "living" : "kitchen");
	}
	care_world_forget(c);
	c->clock_unknown = false;
	care_world_step_clock(c, 20000 * DAY);
	care_world_pass(c, HOUR);
	assert_string_equal(care_world_said(c), "");
	care_world_pass(c, 12 * HOUR);
	assert_int_equal(care_world_count(c, "welfare unacked p1"), 1);
	contains(evaluator_find(c->w.evaluator, "welfare/" CARE_WORLD_HOME)->text_zh, "客厅 11:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SETTLED(a_sensor_that_dies_without_a_word_is_told_of_once_and_ends_with_its_next_sign),
		SETTLED(a_restart_does_not_tell_of_it_again),
		SETTLED(while_one_is_silent_quiet_says_less_until_a_week_without_it_is_known),
		SETTLED(who_stays_in_for_two_days_has_no_broken_door),
		SETTLED(a_door_that_is_lost_for_a_month_raises_nothing),
		SETTLED(who_came_in_and_is_never_noticed_is_asked_for),
		SETTLED(a_ghost_does_not_bring_them_in_and_two_signs_do),
		SETTLED(who_sits_between_two_rooms_after_the_door_is_in),
		SETTLED(who_sleeps_when_the_plan_begins_has_not_left),
		SETTLED(who_does_not_get_up_on_the_first_day_of_a_plan_is_missed),
		SETTLED(after_hours_in_which_nobody_watched_they_may_be_out),
		SETTLED(after_the_minutes_of_a_start_all_is_as_it_was),
		SETTLED(a_morning_under_a_clock_that_was_not_set_is_a_start_of_day),
	};

	return UNIT_RUN(tests);
}
