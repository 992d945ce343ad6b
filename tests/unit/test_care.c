#include "care_world.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define LEARNED 12 /* days */

/* Somebody has lived there for that long, and it is the next morning. */
static void learn(struct care_world *c)
{
	for (int day = 0; day < LEARNED; day++)
		care_world_day(c, day);
	care_world_morning(c, LEARNED);
	care_world_forget(c);
}

static int settle(void **state)
{
	care_world_enter(state);
	learn(*state);
	return 0;
}

/* The same where the entrance's sensor was lost on the first day. */
static int settle_without_door(void **state)
{
	struct care_world *c;

	care_world_enter(state);
	c = *state;
	care_world_door(c);
	care_world_quality(c, "front.open", QUALITY_LOST);
	c->dead = "entrance";
	learn(c);
	return 0;
}

/* The world of a case: before anything was heard, or as they have learned it. */
#define FRESH(test)    cmocka_unit_test_setup_teardown(test, care_world_enter, care_world_leave)
#define SETTLED(test)  cmocka_unit_test_setup_teardown(test, settle, care_world_leave)
#define DOORLESS(test) cmocka_unit_test_setup_teardown(test, settle_without_door, care_world_leave)

static void contains(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("expected \"%s\" in:\n%s", what, text);
}

static void contains_not(const char *text, const char *what)
{
	if (strstr(text, what))
		fail_msg("expected no \"%s\" in:\n%s", what, text);
}

/* ---- presence ---- */

static void leave(struct care_world *c)
{
	care_world_door(c);
	care_world_pass(c, 30 * MINUTE);
	assert_int_equal(care_world_home(c)->state.presence.mode, HOME_AWAY);
	care_world_forget(c);
}

static void an_ordinary_month_raises_nothing(void **state)
{
	struct care_world *c = *state;

	for (int day = 0; day < 30; day++)
		care_world_day(c, day);
	assert_int_equal(care_world_count(c, "welfare"), 0);
	assert_int_equal(care_world_count(c, "bathroom"), 0);
	assert_int_equal(care_world_count(c, "no-start"), 0);
	assert_int_equal(care_world_count(c, "away"), 30);
	assert_int_equal(care_world_count(c, "home"), 31);
}

static void the_door_and_ten_minutes_of_nothing_is_presumed_away(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	care_world_forget(c);
	care_world_door(c);
	care_world_pass(c, 9 * MINUTE);
	assert_string_equal(care_world_said(c), "");
	care_world_pass(c, 2 * MINUTE);
	contains(care_world_said(c), "away");
}

static void something_inside_after_the_door_is_home(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	care_world_forget(c);
	care_world_door(c);
	care_world_pass(c, 9 * MINUTE);
	care_world_move(c, "kitchen");
	care_world_pass(c, HOUR);
	assert_string_equal(care_world_said(c), "");
}

static void who_went_to_a_door_whose_closing_was_lost_has_left(void **state)
{
	struct care_world *c = *state;

	care_world_door(c); /* before it has spoken nobody knows how it stands */
	care_world_morning(c, 0);
	care_world_forget(c);
	care_world_move(c, "hall");
	care_world_read(c, "front.open", true);
	care_world_move(c, "hall");
	care_world_pass(c, HOUR);
	contains(care_world_said(c), "away");
}

static void who_came_in_and_left_the_door_open_has_not(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	leave(c);
	care_world_read(c, "front.open", true);
	care_world_move(c, "hall");
	contains(care_world_said(c), "home");
	care_world_pass(c, 9 * HOUR);
	assert_int_equal(care_world_count(c, "away"), 0);
}

static void single_ghosts_bring_nobody_home(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	leave(c);
	for (int i = 0; i < 40; i++) {
		care_world_move(c, i % 2 ? "living" : "bedroom");
		care_world_pass(c, 21 * MINUTE);
	}
	for (int i = 0; i < 40; i++) { /* the sun on one of them */
		care_world_move(c, "living");
		care_world_pass(c, MINUTE);
	}
	assert_int_equal(care_world_count(c, "home"), 0);
}

/* They took a parcel at the door and sat where no sensor is; then they are about as ever, a room at a time. */
static void who_goes_on_stirring_is_not_away(void **state)
{
	struct care_world *c = *state;

	leave(c);
	for (int i = 0; i < 6; i++) {
		care_world_move(c, "living");
		care_world_pass(c, 11 * MINUTE);
	}
	care_world_move(c, "kitchen");
	care_world_pass(c, 11 * MINUTE);
	assert_string_equal(care_world_said(c), "");
	care_world_move(c, "bedroom");
	contains(care_world_said(c), "home");
	care_world_pass(c, 23 * HOUR);
	assert_int_equal(care_world_count(c, "welfare unacked p1"), 1);
}

/* Two things in one room, where nobody was seen for a while after the door. */
static void who_came_by_the_door_and_is_seen_late_is_home(void **state)
{
	struct care_world *c = *state;
	const struct home *h;
	char why[128];

	leave(c);
	care_world_door(c);
	h = care_world_home(c);
	care_world_pass(c, 50 * MINUTE);
	care_world_move(c, "living");
	care_world_pass(c, 15 * MINUTE);
	assert_string_equal(care_world_said(c), "");
	care_world_move(c, "living");
	contains(care_world_said(c), "home");
	assert_int_equal(h->state.presence.because.wall_us, h->state.presence.door.wall_us); /* the time that is told */
	contains(presence_why_zh(&h->state.presence, &h->view, why, sizeof(why)), "开门后室内有动静");
	care_world_pass(c, 23 * HOUR);
	assert_int_equal(care_world_count(c, "welfare unacked p1"), 1);
}

static void three_things_of_two_sensors_in_ten_minutes_do(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	leave(c);
	for (int i = 0; i < 3; i++) {
		care_world_move(c, "living");
		care_world_pass(c, 2 * MINUTE);
	}
	assert_string_equal(care_world_said(c), ""); /* one sensor alone may hang */
	care_world_move(c, "kitchen");
	contains(care_world_said(c), "home");
}

static void the_door_and_then_one_thing_inside_do(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	leave(c);
	care_world_door(c);
	care_world_pass(c, MINUTE);
	assert_string_equal(care_world_said(c), "");
	care_world_move(c, "hall");
	contains(care_world_said(c), "home");
}

static void a_door_long_ago_and_a_ghost_do_not(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	leave(c);
	care_world_door(c); /* somebody looked in */
	care_world_pass(c, 20 * MINUTE);
	care_world_move(c, "living");
	assert_string_equal(care_world_said(c), "");
}

static void a_bed_that_stays_occupied_ends_the_presumption(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	leave(c);
	care_world_read(c, "bed.occupied", true);
	care_world_pass(c, S);
	care_world_read(c, "bed.occupied", false);
	care_world_pass(c, HOUR);
	assert_string_equal(care_world_said(c), ""); /* a second is a ghost */
	care_world_read(c, "bed.occupied", true);
	care_world_pass(c, 2 * MINUTE);
	contains(care_world_said(c), "home");
}

static void nobody_is_away_while_the_bed_is_occupied(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	care_world_read(c, "bed.occupied", true);
	care_world_pass(c, 5 * MINUTE);
	care_world_forget(c);
	care_world_door(c); /* the other one leaves */
	care_world_pass(c, HOUR);
	assert_string_equal(care_world_said(c), "");
}

static void without_an_entrance_nobody_is_away(void **state)
{
	struct care_world *c = *state;

	care_world_morning(c, 0);
	care_world_door(c);
	care_world_quality(c, "front.open", QUALITY_LOST);
	care_world_forget(c);
	care_world_pass(c, HOUR);
	assert_string_equal(care_world_said(c), "");
}

static void days_away_are_a_call_and_no_welfare(void **state)
{
	struct care_world *c = *state;
	const char *said;

	leave(c);
	for (int i = 0; i < 60; i++) {
		care_world_pass(c, HOUR);
		care_world_move(c, "living");
	}
	said = care_world_said(c);
	contains(said, "long-absence unacked p4");
	contains(said, "long-absence unacked p3");
	contains_not(said, "welfare");
	contains_not(said, "no-start");
	care_world_door(c);
	care_world_move(c, "hall");
	contains(care_world_said(c), "home");
}

static void a_planned_absence_is_no_long_one(void **state)
{
	struct care_world *c = *state;
	struct resident r = { .id = (char *)"r1", .place = (char *)CARE_WORLD_HOME, .categories = 1 };

	r.absences[0] = (struct resident_absence){ c->w.now.wall_us, c->w.now.wall_us + 4 * DAY };
	r.absence_count = 1;
	care_world_register(c, &r);
	care_world_quality(c, "front.open", QUALITY_LOST); /* nothing but the plan says so */
	care_world_pass(c, 4 * DAY);
	assert_int_equal(care_world_count(c, "away"), 1);
	assert_int_equal(care_world_count(c, "long-absence"), 0);
	assert_int_equal(care_world_count(c, "welfare"), 0);
	care_world_pass(c, 25 * HOUR); /* and then they are late */
	assert_int_equal(care_world_count(c, "long-absence unacked p4"), 1);
}

static void plan(struct care_world *c, int64_t for_us)
{
	struct resident r = { .id = (char *)"r1", .place = (char *)CARE_WORLD_HOME, .categories = 1 };

	r.absences[0] = (struct resident_absence){ c->w.now.wall_us, c->w.now.wall_us + for_us };
	r.absence_count = 1;
	care_world_register(c, &r);
}

static void about(struct care_world *c, int64_t for_us)
{
	for (int64_t us = 0; us < for_us; us += 4 * MINUTE) {
		care_world_move(c, us / MINUTE % 8 ? "living" : "kitchen");
		care_world_pass(c, 4 * MINUTE - 5 * S);
	}
}

static void who_comes_back_before_the_plan_ends_is_watched_again(void **state)
{
	struct care_world *c = *state;

	plan(c, 10 * DAY);
	leave(c);
	care_world_pass(c, 2 * DAY);
	care_world_forget(c);
	care_world_door(c);
	about(c, HOUR);
	care_world_pass(c, 20 * HOUR);
	assert_int_equal(care_world_count(c, "away"), 0);
	assert_int_equal(care_world_count(c, "welfare unacked p1"), 1);
}

static void who_goes_again_before_the_plan_ends_is_away(void **state)
{
	struct care_world *c = *state;

	plan(c, 10 * DAY);
	leave(c);
	care_world_pass(c, 2 * DAY);
	care_world_door(c);
	about(c, HOUR);
	care_world_forget(c);
	leave(c);
	care_world_pass(c, 4 * DAY);
	assert_int_equal(care_world_count(c, "welfare"), 0);
	assert_int_equal(care_world_count(c, "long-absence"), 0);
}

/* Nobody tells who goes out of a dwelling whose door has no sensor. */
static void without_a_door_a_visitor_does_not_end_a_plan_and_who_stays_does(void **state)
{
	struct care_world *c = *state;

	care_world_quality(c, "front.open", QUALITY_LOST);
	plan(c, 10 * DAY);
	about(c, 5 * HOUR); /* and then they leave */
	care_world_pass(c, 2 * DAY);
	about(c, HOUR);
	care_world_pass(c, 2 * DAY);
	assert_int_equal(care_world_count(c, "welfare"), 0);
	for (int i = 0; i < 8; i++) {
		about(c, 12 * MINUTE);
		care_world_pass(c, 40 * MINUTE);
	}
	care_world_pass(c, 20 * HOUR);
	assert_int_equal(care_world_count(c, "welfare unacked p1"), 1);
}

static void a_home_in_which_nothing_was_ever_heard_has_no_last_sign(void **state)
{
	struct care_world *c = *state;
	const struct alarm *a;

	care_world_read(c, "m-living.motion", false);
	care_world_read(c, "m-kitchen.motion", false);
	care_world_door(c);
	care_world_door(c);
	care_world_pass(c, 26 * HOUR);
	a = evaluator_find(c->w.evaluator, "long-absence/" CARE_WORLD_HOME);
	assert_non_null(a);
	assert_null(strstr(a->text_en, "1970"));
	assert_non_null(strstr(a->text_en, "no sign inside yet"));
	assert_non_null(strstr(a->text_zh, "还没有过室内动静"));
}

/* ---- sensors that are lost ---- */

static void lose_bedroom(struct care_world *c)
{
	care_world_quality(c, "m-bedroom.motion", QUALITY_LOST);
	care_world_quality(c, "bed.occupied", QUALITY_LOST);
}

static void a_room_that_is_not_seen_may_be_where_they_are(void **state)
{
	struct care_world *c = *state;

	lose_bedroom(c);
	care_world_move(c, "bathroom");
	care_world_pass(c, 9 * HOUR);
	assert_int_equal(care_world_count(c, "bathroom"), 0);
	care_world_pass(c, 3 * HOUR);
	assert_int_equal(care_world_count(c, "welfare unacked p1"), 1);
}

static void a_stay_that_is_told_goes_on_when_a_sensor_is_lost(void **state)
{
	struct care_world *c = *state;

	care_world_move(c, "bathroom");
	for (int i = 0; i < 180 && !care_world_count(c, "bathroom unacked p2"); i++)
		care_world_pass(c, MINUTE);
	assert_int_equal(care_world_count(c, "bathroom unacked p2"), 1);
	lose_bedroom(c);
	care_world_pass(c, HOUR);
	assert_int_equal(care_world_count(c, "bathroom unacked p1"), 1);
}

static void without_the_door_they_may_be_out(void **state)
{
	struct care_world *c = *state;

	care_world_quality(c, "front.open", QUALITY_LOST);
	care_world_move(c, "hall");
	care_world_pass(c, 9 * HOUR);
	assert_int_equal(care_world_count(c, "welfare"), 0);
	care_world_pass(c, 3 * HOUR);
	assert_int_equal(care_world_count(c, "welfare unacked p1"), 1);
}

/* ---- stages ---- */

static void silence_goes_through_its_stages(void **state)
{
	struct care_world *c = *state;
	const char *said;

	care_world_pass(c, 9 * HOUR);
	assert_int_equal(care_world_count(c, "welfare"), 3);
	said = care_world_said(c);
	contains(said, "welfare unacked p4 s1");
	contains(said, "prompt begins");
	contains(said, "welfare unacked p2 s2");
	contains(said, "prompt ends");
	contains(said, "welfare unacked p1 s3");
	assert_true(evaluator_find(c->w.evaluator, "welfare/" CARE_WORLD_HOME)->life_safety);
}

static void until_stage(struct care_world *c, int stage)
{
	for (int i = 0; i < 24 * 60 && care_world_home(c)->state.welfare.stage < stage; i++)
		care_world_pass(c, MINUTE);
	assert_int_equal(care_world_home(c)->state.welfare.stage, stage);
}

static void any_sign_of_life_ends_stage_1_and_nobody_need_look(void **state)
{
	struct care_world *c = *state;

	until_stage(c, 1);
	care_world_forget(c);
	care_world_move(c, "living");
	assert_string_equal(alarm_world_state(&c->w, "welfare/" CARE_WORLD_HOME), "normal");
	contains(care_world_said(c), "prompt ends");
}

static void a_sign_in_stage_2_leaves_it_to_a_person(void **state)
{
	struct care_world *c = *state;

	until_stage(c, 2);
	care_world_move(c, "living");
	assert_string_equal(alarm_world_state(&c->w, "welfare/" CARE_WORLD_HOME), "rtn_unacked");
}

static void a_sign_in_stage_3_does_not_clear_it(void **state)
{
	struct care_world *c = *state;

	until_stage(c, 3);
	care_world_move(c, "living");
	assert_string_equal(alarm_world_state(&c->w, "welfare/" CARE_WORLD_HOME), "rtn_unacked");
	assert_int_equal(alarm_world_ack(&c->w, "welfare/" CARE_WORLD_HOME), 0);
	assert_string_equal(alarm_world_state(&c->w, "welfare/" CARE_WORLD_HOME), "latched");
}

static const struct alarm *welfare(const struct care_world *c)
{
	return evaluator_find(c->w.evaluator, "welfare/" CARE_WORLD_HOME);
}

static void without_a_door_one_motion_ends_nothing_and_the_desk_is_told_of_it(void **state)
{
	struct care_world *c = *state;

	until_stage(c, 2);
	for (int i = 0; i < 2; i++) {
		care_world_pass(c, 3 * MINUTE);
		care_world_move(c, "living"); /* the same sensor, as often as it likes */
		care_world_restart(c);
	}
	assert_string_equal(alarm_state_name(welfare(c)->state), "unacked");
	contains(welfare(c)->text_zh, "客厅有过短暂动静");
	contains(welfare(c)->text_en, "living, which says little yet");
	care_world_pass(c, 30 * MINUTE);
	assert_int_equal(welfare(c)->stage, 3);
	care_world_move(c, "kitchen"); /* another sensor, half an hour later: alone again */
	assert_string_equal(alarm_state_name(welfare(c)->state), "unacked");
	care_world_move(c, "living");
	care_world_move(c, "kitchen");
	assert_string_equal(alarm_state_name(welfare(c)->state), "rtn_unacked");
}

static void where_the_door_is_lost_one_motion_ends_nothing_either(void **state)
{
	struct care_world *c = *state;

	until_stage(c, 2);
	care_world_quality(c, "front.open", QUALITY_LOST);
	care_world_move(c, "living");
	assert_string_equal(alarm_state_name(welfare(c)->state), "unacked");
	care_world_quality(c, "front.open", QUALITY_GOOD);
	care_world_move(c, "living");
	assert_string_equal(alarm_state_name(welfare(c)->state), "rtn_unacked");
}

/* They get up and go through the rooms. */
static void get_up(struct care_world *c)
{
	care_world_move(c, "bedroom");
	care_world_pass(c, MINUTE);
	care_world_move(c, "hall");
	care_world_pass(c, MINUTE);
	care_world_move(c, "living");
}

/* The longest quiet of the book that began in that hour of the day. */
static int64_t longest_from(const struct care_world *c, int hour)
{
	const struct rhythm *r = &care_world_home(c)->state.rhythm;
	int64_t longest_us = 0;

	for (size_t row = 0; row < RHYTHM_ROWS; row++)
		for (size_t i = 0; i < RHYTHM_A_DAY; i++)
			if (r->rows[row][i].length && r->rows[row][i].start * RHYTHM_UNIT / HOUR == hour)
				longest_us = MAX(longest_us, r->rows[row][i].length * RHYTHM_UNIT);
	return longest_us;
}

/* They were out, and ghosts were about: that is not how quiet it is when somebody is in. */
static void a_silence_with_motion_of_moments_is_learned_as_long_as_it_was_when_the_desk_was_told(void **state)
{
	struct care_world *c = *state;
	const struct home *h = care_world_home(c);
	int64_t since_us = h->state.rhythm.since_us, told_us;
	int hour = h->state.rhythm.minute / 60;

	until_stage(c, 2);
	told_us = c->w.now.mono_us;
	for (int i = 0; i < 6; i++) {
		care_world_pass(c, 3 * HOUR);
		care_world_move(c, "living");
	}
	care_world_pass(c, HOUR);
	get_up(c);
	care_world_hear(c, "welfare", "false");
	assert_true(longest_from(c, hour) >= told_us - since_us - RHYTHM_UNIT);
	assert_true(longest_from(c, hour) <= told_us - since_us + RHYTHM_UNIT);
}

static void without_a_door_what_is_no_motion_ends_it_at_once(_unused_ void **state)
{
	static const char *const points[] = { "water.flow", "bed.occupied" };

	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		void *world;
		struct care_world *c;

		settle_without_door(&world);
		c = world;
		until_stage(c, 2);
		care_world_read(c, points[i], true);
		assert_string_equal(alarm_state_name(welfare(c)->state), "rtn_unacked");
		care_world_leave(&world);
	}
}

static void without_a_door_and_with_two_rooms_any_motion_ends_it(void **state)
{
	struct care_world *c = *state;
	static const char *const lost[] = { "m-bathroom.motion", "m-kitchen.motion" };

	until_stage(c, 2);
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++)
		care_world_quality(c, lost[i], QUALITY_LOST);
	care_world_quality(c, "m-hall.motion", QUALITY_LOST);
	care_world_move(c, "living");
	assert_string_equal(alarm_state_name(welfare(c)->state), "rtn_unacked");
}

static void until_blind(struct care_world *c, enum quality q)
{
	static const char *const points[] = { "m-bedroom.motion", "m-bathroom.motion", "m-kitchen.motion",
					      "m-living.motion",  "m-hall.motion",     "bed.occupied" };

	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		care_world_quality(c, points[i], q);
}

static void who_cannot_be_seen_is_not_told_of(void **state)
{
	struct care_world *c = *state;

	until_blind(c, QUALITY_LOST);
	contains(care_world_said(c), "unknown");
	care_world_pass(c, 20 * HOUR);
	assert_int_equal(care_world_count(c, "welfare"), 0);
	until_blind(c, QUALITY_GOOD);
	contains(care_world_said(c), "home");
	care_world_pass(c, 2 * HOUR); /* what was not seen is not held against them */
	assert_int_equal(care_world_count(c, "welfare"), 0);
	care_world_pass(c, 14 * HOUR);
	assert_true(care_world_count(c, "welfare") > 0);
}

static void who_can_hardly_be_seen_is_said_to_be_so_and_by_what(void **state)
{
	struct care_world *c = *state;
	static const char *const lost[] = { "m-bedroom.motion", "m-bathroom.motion", "m-kitchen.motion" };
	const struct home *h = care_world_home(c);
	char why[320];

	for (size_t i = 0; i < ARRAY_SIZE(lost); i++)
		care_world_quality(c, lost[i], QUALITY_LOST);
	assert_int_equal(h->state.presence.mode, HOME_UNKNOWN);
	presence_why_zh(&h->state.presence, &h->view, why, sizeof(why));
	contains(why, "仍可信：客厅、过道");
	contains_not(why, "没有一个");
	contains(presence_why_en(&h->state.presence, &h->view, why, sizeof(why)), "those that can: living, hall");
	until_blind(c, QUALITY_LOST);
	contains(presence_why_zh(&h->state.presence, &h->view, why, sizeof(why)), "没有一个可信的传感器");
}

static void a_short_blindness_does_not_hide_a_long_silence(void **state)
{
	struct care_world *c = *state;
	int64_t quiet_us, since_us;

	since_us = care_world_home(c)->state.inside.at.mono_us;
	for (int i = 0; i < 14 * 6 && !care_world_home(c)->state.welfare.stage; i++) {
		care_world_pass(c, 9 * MINUTE);
		until_blind(c, QUALITY_LOST); /* a gateway that restarts all the time */
		care_world_pass(c, MINUTE);
		until_blind(c, QUALITY_GOOD);
	}
	assert_int_equal(care_world_home(c)->state.welfare.stage, 1);
	quiet_us = c->w.now.mono_us - since_us;
	assert_true(quiet_us < 13 * HOUR);
}

/* ---- words ---- */

static void what_proved_false_is_learned_and_what_proved_real_is_not(_unused_ void **state)
{
	for (int real = 0; real < 2; real++) {
		struct care_world c;
		const struct rhythm *rhythm;
		unsigned slot;

		care_world_init(&c, "独居");
		learn(&c);
		until_stage(&c, 2);
		slot = (unsigned)((c.w.now.wall_us % DAY - 10 * MINUTE) / (30 * MINUTE));
		rhythm = &care_world_home(&c)->state.rhythm;
		assert_true(rhythm_past(rhythm, 0, slot) < HOUR);
		care_world_hear(&c, "welfare", real ? "real" : "false");
		assert_int_equal(care_world_home(&c)->state.welfare.stage, 0);
		care_world_pass(&c, 20 * MINUTE);
		care_world_move(&c, "living");
		if (real)
			assert_true(rhythm_past(rhythm, 0, slot) < HOUR);
		else
			assert_true(rhythm_past(rhythm, 0, slot) >= 2 * HOUR);
		care_world_fini(&c);
	}
}

static void a_silence_that_ended_is_learned_only_if_it_was_nothing(_unused_ void **state)
{
	static const char *const outcomes[] = { "real", "duplicate", "false" };

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		struct care_world c;
		const struct rhythm *rhythm;
		unsigned slot;

		care_world_init(&c, "独居");
		learn(&c);
		until_stage(&c, 2);
		slot = (unsigned)((c.w.now.wall_us % DAY - 10 * MINUTE) / (30 * MINUTE));
		rhythm = &care_world_home(&c)->state.rhythm;
		care_world_move(&c, "living");
		assert_true(rhythm_past(rhythm, 0, slot) < HOUR);
		care_world_pass(&c, 5 * MINUTE);
		care_world_hear(&c, "welfare", outcomes[i]);
		assert_int_equal(rhythm_past(rhythm, 0, slot) >= 2 * HOUR, str_equal(outcomes[i], "false"));
		care_world_fini(&c);
	}
}

static void who_was_spoken_to_is_quiet_anew(void **state)
{
	struct care_world *c = *state;

	until_stage(c, 1);
	care_world_hear(c, "welfare", "phone");
	assert_int_equal(care_world_home(c)->state.welfare.stage, 0);
	assert_string_equal(alarm_world_state(&c->w, "welfare/" CARE_WORLD_HOME), "normal");
	care_world_pass(c, HOUR);
	assert_int_equal(care_world_home(c)->state.welfare.stage, 0);
}

/* ---- mornings ---- */

static void a_morning_without_a_sign_is_told_and_becomes_welfare(void **state)
{
	struct care_world *c = *state;
	const char *said;

	for (int day = 0; day < LEARNED; day++)
		care_world_day(c, day);
	care_world_night(c, LEARNED);
	care_world_forget(c);
	care_world_until(c, LEARNED, 12, 0);
	said = care_world_said(c);
	contains(said, "12 07:4"); /* an hour after the latest of these days */
	contains(said, "no-start unacked p3");
	contains(said, "welfare unacked p2 s2");
	contains(said, "no-start rtn_unacked");
}

static void without_a_clock_there_is_no_morning(void **state)
{
	struct care_world *c = *state;

	for (int day = 0; day < LEARNED; day++)
		care_world_day(c, day);
	c->clock_unknown = true;
	care_world_forget(c);
	care_world_pass(c, 9 * HOUR + 50 * MINUTE); /* the fixed limit is ten hours */
	assert_string_equal(care_world_said(c), "");
	care_world_pass(c, 20 * MINUTE);
	assert_int_equal(care_world_count(c, "welfare unacked p4 s1"), 1);
	assert_int_equal(care_world_count(c, "no-start"), 0);
}

/* ---- clocks, kills, registers ---- */

static void a_clock_that_steps_in_a_gap_raises_nothing(_unused_ void **state)
{
	static const int64_t steps[] = { HOUR, -HOUR, -26 * HOUR };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct care_world c;

		care_world_init(&c, "独居");
		learn(&c);
		care_world_pass(&c, 30 * MINUTE);
		care_world_step_clock(&c, steps[i]);
		care_world_pass(&c, 30 * MINUTE);
		care_world_move(&c, "living");
		assert_int_equal(care_world_count(&c, "welfare"), 0);
		care_world_fini(&c);
	}
}

static void a_day_ends_once_also_when_the_clock_steps_back_over_midnight(void **state)
{
	struct care_world *c = *state;
	unsigned days;

	care_world_until(c, LEARNED, 23, 50);
	days = care_world_home(c)->state.bathroom.days;
	care_world_pass(c, 20 * MINUTE);
	assert_int_equal(care_world_home(c)->state.bathroom.days, days + 1);
	care_world_step_clock(c, -HOUR);
	care_world_pass(c, 2 * HOUR);
	assert_int_equal(care_world_home(c)->state.bathroom.days, days + 1);
	care_world_step_clock(c, -3 * DAY);
	care_world_move(c, "living");
	care_world_pass(c, DAY);
	assert_int_equal(care_world_home(c)->state.bathroom.days, days + 2);
}

/* All that is said in three weeks with a silence and an absence, with a kill after every so many steps; 0: none. */
static char *life(unsigned kill_after)
{
	struct care_world c;
	struct str_buf all = { 0 };
	unsigned steps = 0;

	care_world_init(&c, "独居");
	for (int day = 0; day < LEARNED; day++)
		care_world_day(&c, day);
	str_buf_add(&all, care_world_said(&c));
	for (int half_hours = 0; half_hours < 8 * 48; half_hours++) {
		int hour = half_hours / 2 % 24, day = half_hours / 48;

		care_world_pass(&c, 30 * MINUTE);
		if (day == 1 && hour == 9 && half_hours % 2)
			care_world_door(&c);
		else if (day != 1 && day != 2 && day != 5 && hour > 6 && hour < 22)
			care_world_move(&c, half_hours % 3 ? "living" : "bathroom");
		str_buf_add(&all, care_world_said(&c));
		if (kill_after && ++steps % kill_after == 0)
			care_world_restart(&c);
	}
	care_world_fini(&c);
	return str_buf_take(&all);
}

static void kills_between_all_events_change_nothing(_unused_ void **state)
{
	_cleanup_(freep) char *without = life(0), *with = life(1), *sometimes = life(7);

	contains(without, "welfare unacked p1 s3");
	contains(without, "away");
	assert_string_equal(with, without);
	assert_string_equal(sometimes, without);
}

static void who_is_no_longer_registered_is_no_longer_watched(void **state)
{
	struct care_world *c = *state;

	until_stage(c, 2);
	care_world_register(c, NULL);
	assert_null(care_world_home(c));
	assert_int_equal(care_count(c->care), 0);
	assert_string_equal(alarm_world_state(&c->w, "welfare/" CARE_WORLD_HOME), "rtn_unacked");
	care_world_move(c, "living"); /* and is heard no more */
}

static void nobody_outside_a_category_is_watched(void **state)
{
	struct care_world *c = *state;
	struct resident r = { .id = (char *)"r1", .place = (char *)CARE_WORLD_HOME, .rules = (char *)"+welfare" };

	care_world_register(c, &r);
	assert_null(care_world_home(c));
}

static void a_block_of_another_version_or_damaged_is_refused(void **state)
{
	struct care_world *c = *state;
	struct care_block block;
	_cleanup_(freep) char *bytes = NULL;

	block = care_block(c->care, 0);
	assert_true(block.len <= 6 * 1024);
	bytes = mem_dup(block.bytes, block.len);
	block.bytes = bytes;
	bytes[block.len / 2] ^= 4;
	assert_int_equal(care_restore(c->care, CARE_WORLD_HOME, &block, 0), -EBADMSG);
	bytes[block.len / 2] ^= 4;
	assert_int_equal(care_restore(c->care, CARE_WORLD_HOME, &block, 0), 0);
	block.len--;
	assert_int_equal(care_restore(c->care, CARE_WORLD_HOME, &block, 0), -EBADMSG);
	block.len++;
	assert_int_equal(care_restore(c->care, "b3/u1/1", &block, 0), -ENOENT);
	bytes[4]++;
	assert_int_equal(care_restore(c->care, CARE_WORLD_HOME, &block, 0), -EPROTO);
}

/* In no sentence of that alarm. */
static void presumes_only(const struct care_world *c, const char *id)
{
	const struct alarm *a = evaluator_find(c->w.evaluator, id);
	const char *away;

	assert_non_null(a);
	contains_not(a->text_zh, "安全");
	contains_not(a->text_en, "safe");
	for (away = a->text_zh; (away = strstr(away, "外出")); away++)
		assert_int_equal(strncmp(away - strlen("推定"), "推定", strlen("推定")), 0);
	for (away = a->text_en; (away = strstr(away, "away")); away++)
		assert_int_equal(strncmp(away - strlen("presumed "), "presumed ", strlen("presumed ")), 0);
}

static void sentences_say_what_is_known_and_never_safe_or_away(void **state)
{
	struct care_world *c = *state;
	const struct alarm *a;

	until_stage(c, 2);
	a = evaluator_find(c->w.evaluator, "welfare/" CARE_WORLD_HOME);
	contains(a->text_zh, "还没有动静");
	contains(a->text_zh, "最后一次");
	contains(a->text_en, "last sign: hall");
	presumes_only(c, "welfare/" CARE_WORLD_HOME);
	care_world_move(c, "living");
	leave(c);
	care_world_pass(c, 49 * HOUR);
	presumes_only(c, "long-absence/" CARE_WORLD_HOME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(an_ordinary_month_raises_nothing),
		FRESH(the_door_and_ten_minutes_of_nothing_is_presumed_away),
		FRESH(something_inside_after_the_door_is_home),
		FRESH(who_went_to_a_door_whose_closing_was_lost_has_left),
		FRESH(who_came_in_and_left_the_door_open_has_not),
		FRESH(single_ghosts_bring_nobody_home),
		SETTLED(who_goes_on_stirring_is_not_away),
		SETTLED(who_came_by_the_door_and_is_seen_late_is_home),
		FRESH(three_things_of_two_sensors_in_ten_minutes_do),
		FRESH(the_door_and_then_one_thing_inside_do),
		FRESH(a_door_long_ago_and_a_ghost_do_not),
		FRESH(a_bed_that_stays_occupied_ends_the_presumption),
		FRESH(nobody_is_away_while_the_bed_is_occupied),
		FRESH(without_an_entrance_nobody_is_away),
		SETTLED(days_away_are_a_call_and_no_welfare),
		SETTLED(a_planned_absence_is_no_long_one),
		SETTLED(who_comes_back_before_the_plan_ends_is_watched_again),
		SETTLED(who_goes_again_before_the_plan_ends_is_away),
		SETTLED(without_a_door_a_visitor_does_not_end_a_plan_and_who_stays_does),
		FRESH(a_home_in_which_nothing_was_ever_heard_has_no_last_sign),
		SETTLED(a_room_that_is_not_seen_may_be_where_they_are),
		SETTLED(a_stay_that_is_told_goes_on_when_a_sensor_is_lost),
		SETTLED(without_the_door_they_may_be_out),
		SETTLED(silence_goes_through_its_stages),
		SETTLED(any_sign_of_life_ends_stage_1_and_nobody_need_look),
		SETTLED(a_sign_in_stage_2_leaves_it_to_a_person),
		SETTLED(a_sign_in_stage_3_does_not_clear_it),
		DOORLESS(without_a_door_one_motion_ends_nothing_and_the_desk_is_told_of_it),
		SETTLED(where_the_door_is_lost_one_motion_ends_nothing_either),
		DOORLESS(a_silence_with_motion_of_moments_is_learned_as_long_as_it_was_when_the_desk_was_told),
		cmocka_unit_test(without_a_door_what_is_no_motion_ends_it_at_once),
		DOORLESS(without_a_door_and_with_two_rooms_any_motion_ends_it),
		SETTLED(who_cannot_be_seen_is_not_told_of),
		SETTLED(who_can_hardly_be_seen_is_said_to_be_so_and_by_what),
		SETTLED(a_short_blindness_does_not_hide_a_long_silence),
		cmocka_unit_test(what_proved_false_is_learned_and_what_proved_real_is_not),
		cmocka_unit_test(a_silence_that_ended_is_learned_only_if_it_was_nothing),
		SETTLED(who_was_spoken_to_is_quiet_anew),
		FRESH(a_morning_without_a_sign_is_told_and_becomes_welfare),
		FRESH(without_a_clock_there_is_no_morning),
		cmocka_unit_test(a_clock_that_steps_in_a_gap_raises_nothing),
		SETTLED(a_day_ends_once_also_when_the_clock_steps_back_over_midnight),
		cmocka_unit_test(kills_between_all_events_change_nothing),
		SETTLED(who_is_no_longer_registered_is_no_longer_watched),
		FRESH(nobody_outside_a_category_is_watched),
		FRESH(a_block_of_another_version_or_damaged_is_refused),
		SETTLED(sentences_say_what_is_known_and_never_safe_or_away),
	};

	return UNIT_RUN(tests);
}
