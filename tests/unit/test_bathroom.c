/* Rule 6: the last sign of life was in the bathroom, and that is long ago. */
#include "unit.h"

#include "care/bathroom.h"
#include "care_scene.h"

struct bathroom_scene {
	struct scene s;
	struct bathroom b;
	struct verdict verdict;
};

static void feel(struct bathroom_scene *x, enum sign_kind kind, enum sign_room room, bool on)
{
	struct home_last before = x->s.v.inside, after;
	struct sign s = scene_sign(&x->s, kind, room, on);

	after = x->s.v.inside;
	x->s.v.inside = before;
	bathroom_follow(&x->b, &s);
	if (sign_is_inside(&s))
		bathroom_sign(&x->b, &s, &x->s.v);
	x->s.v.inside = after;
}

static void until(struct bathroom_scene *x, int day, int hour, int minute)
{
	while (x->s.v.now.day - 15000 < day) {
		scene_at(&x->s, x->s.v.now.day - 15000 + 1, 0, 0);
		bathroom_day(&x->b, &x->s.v);
	}
	scene_at(&x->s, day, hour, minute);
}

/* Days with a stay of so many minutes at that hour, each between the bedroom and the kitchen; 0: short ones. */
static void lives(struct bathroom_scene *x, int days, int hour, int stay)
{
	for (int day = 0; day < days; day++) {
		until(x, day, hour, 0);
		feel(x, SIGN_MOTION, SIGN_ROOM_BEDROOM, true);
		scene_pass(&x->s, MINUTE);
		feel(x, SIGN_MOTION, SIGN_ROOM_BATHROOM, true);
		scene_pass(&x->s, (stay ? stay : 5) * MINUTE);
		feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
	}
}

static void begin(struct bathroom_scene *x)
{
	scene_init(&x->s);
	scene_at(&x->s, 0, 0, 0);
	bathroom_init(&x->b);
}

static int enter(void **state)
{
	static struct bathroom_scene x;

	x = (struct bathroom_scene){ 0 };
	begin(&x);
	*state = &x;
	return 0;
}

static int settle(void **state)
{
	enter(state);
	lives(*state, 14, 7, 0);
	return 0;
}

/* The scene of a case: nothing is known yet, or a fortnight of short stays. */
#define FRESH(test)   cmocka_unit_test_setup(test, enter)
#define SETTLED(test) cmocka_unit_test_setup(test, settle)

/* In the bathroom at that time; the stage so many minutes later. */
static int stage_after(struct bathroom_scene *x, int minutes)
{
	scene_pass(&x->s, x->b.since_us + minutes * MINUTE - x->s.v.now.at.mono_us);
	bathroom_judge(&x->b, &x->s.v, &x->verdict);
	return x->verdict.active ? x->verdict.stage : 0;
}

static void enters(struct bathroom_scene *x, int day, int hour)
{
	until(x, day, hour, 0);
	feel(x, SIGN_MOTION, SIGN_ROOM_BATHROOM, true);
}

static void two_hours_hold_while_little_is_known(void **state)
{
	struct bathroom_scene *x = *state;

	lives(x, 3, 7, 0);
	enters(x, 3, 7);
	assert_int_equal(stage_after(x, 119), 0);
	assert_int_equal(stage_after(x, 120), 1);
	assert_int_equal(stage_after(x, 125), 2);
	assert_int_equal(x->verdict.priority, 2);
	assert_int_equal(stage_after(x, 155), 3);
	assert_int_equal(x->verdict.priority, 1);
}

static void who_never_stays_long_is_missed_soon(void **state)
{
	struct bathroom_scene *x = *state;

	enters(x, 14, 15);
	assert_int_equal(bathroom_due(&x->b, &x->s.v), x->b.since_us + 20 * MINUTE);
	assert_int_equal(stage_after(x, 74), 0);
	assert_int_equal(bathroom_due(&x->b, &x->s.v), x->b.since_us + 75 * MINUTE);
	assert_int_equal(stage_after(x, 75), 1);
	assert_int_equal(x->verdict.priority, 4);
	assert_int_equal(bathroom_due(&x->b, &x->s.v), x->b.since_us + 80 * MINUTE);
	assert_int_equal(stage_after(x, 80), 2);
	assert_non_null(strstr(x->verdict.zh, "卫生间"));
	assert_non_null(strstr(x->verdict.en, "bathroom"));
}

static void the_short_timer_is_for_who_is_disabled(void **state)
{
	struct bathroom_scene *x = *state;

	x->s.concern.categories = 1U << RESIDENT_DISABLED;
	enters(x, 14, 15);
	assert_int_equal(stage_after(x, 44), 0);
	assert_int_equal(stage_after(x, 45), 1);
}

static void a_long_bath_of_every_evening_is_known_at_that_hour_only(void **state)
{
	struct bathroom_scene *x = *state;

	lives(x, 20, 19, 80);
	enters(x, 20, 19);
	assert_int_equal(stage_after(x, 110), 0);
	assert_true(stage_after(x, 80 + 150) > 0);
	enters(x, 21, 8);
	assert_int_equal(stage_after(x, 75), 1);
	assert_non_null(strstr(x->verdict.zh, "21天"));
}

static void a_night_longer_than_can_be_kept_is_not_missed_every_morning(void **state)
{
	struct bathroom_scene *x = *state;

	/* Nothing sees the bedroom: the bathroom is the last of each evening, for eleven hours. */
	for (int day = 0; day < 20; day++) {
		until(x, day, 19, 55);
		feel(x, SIGN_MOTION, SIGN_ROOM_BEDROOM, true);
		enters(x, day, 20);
		until(x, day + 1, 7, 0);
		feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
	}
	enters(x, 20, 20);
	assert_int_equal(stage_after(x, 12 * 60), 0);
	assert_int_equal(stage_after(x, 23 * 60), 3);
	assert_non_null(strstr(x->verdict.zh, "超过8小时"));
	assert_non_null(strstr(x->verdict.en, "more than 8 h"));
	enters(x, 22, 9);
	assert_int_equal(stage_after(x, 2 * 60), 3);
}

static void who_was_seen_elsewhere_is_not_there(void **state)
{
	struct bathroom_scene *x = *state;

	enters(x, 14, 15);
	scene_pass(&x->s, MINUTE);
	feel(x, SIGN_MOTION, SIGN_ROOM_LIVING, true);
	scene_pass(&x->s, 3 * HOUR);
	bathroom_judge(&x->b, &x->s.v, &x->verdict);
	assert_false(x->verdict.active);
	assert_true(bathroom_due(&x->b, &x->s.v) == INT64_MAX);
}

static void who_sits_or_lies_elsewhere_is_not_there(void **state)
{
	struct bathroom_scene *x = *state;

	until(x, 14, 14, 59);
	feel(x, SIGN_SEAT, SIGN_ROOM_LIVING, true);
	enters(x, 14, 15);
	assert_int_equal(stage_after(x, 100), 0);
	feel(x, SIGN_SEAT, SIGN_ROOM_LIVING, false); /* no sign of its own, and the chair says nothing any more */
	assert_true(stage_after(x, 101) > 0);
}

static void what_a_radar_there_does_not_see_any_more_is_over(void **state)
{
	struct bathroom_scene *x = *state;

	until(x, 14, 15, 0);
	feel(x, SIGN_RADAR, SIGN_ROOM_BATHROOM, true);
	assert_true(stage_after(x, 100) > 0); /* it sees somebody still */
	until(x, 15, 15, 0);
	feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
	feel(x, SIGN_RADAR, SIGN_ROOM_BATHROOM, true);
	scene_pass(&x->s, 5 * MINUTE);
	feel(x, SIGN_RADAR, SIGN_ROOM_BATHROOM, false);
	assert_true(bathroom_due(&x->b, &x->s.v) == INT64_MAX);
}

static void who_sits_elsewhere_at_midnight_is_not_there_after_it(void **state)
{
	struct bathroom_scene *x = *state;

	until(x, 14, 21, 59);
	feel(x, SIGN_SEAT, SIGN_ROOM_LIVING, true);
	enters(x, 14, 22);
	until(x, 15, 0, 1);
	bathroom_judge(&x->b, &x->s.v, &x->verdict);
	assert_false(x->verdict.active);
	assert_true(bathroom_due(&x->b, &x->s.v) == INT64_MAX);
}

static void a_chair_that_hangs_hides_a_stay_for_a_day_at_most(void **state)
{
	struct bathroom_scene *x = *state;

	until(x, 14, 14, 59);
	feel(x, SIGN_SEAT, SIGN_ROOM_LIVING, true);
	enters(x, 15, 15);
	assert_true(stage_after(x, 80) > 0);
}

/* Where nothing would see them in the bathroom, or elsewhere if they had left, being seen there last says little. */
static void without_sensors_that_would_see_them_it_is_not_judged(void **state)
{
	struct bathroom_scene *x = *state;

	enters(x, 14, 15);
	x->s.v.healthy_rooms = 1U << SIGN_ROOM_BATHROOM;
	assert_int_equal(stage_after(x, 300), 0);
	x->s.v.healthy_rooms = ~0U;
	x->s.v.healthy_motion = 0;
	assert_int_equal(stage_after(x, 300), 0);
	x->s.v.healthy_motion = 4;
	x->s.v.mode = HOME_UNKNOWN;
	assert_int_equal(stage_after(x, 300), 0);
	x->s.v.mode = HOME_HOME;
	assert_true(stage_after(x, 300) > 0);

	begin(x); /* a door and a flush only */
	until(x, 0, 7, 0);
	feel(x, SIGN_MOTION, SIGN_ROOM_LIVING, true);
	until(x, 14, 7, 0);
	feel(x, SIGN_WATER, SIGN_ROOM_BATHROOM, true);
	assert_int_equal(stage_after(x, 300), 0);
}

static void what_is_spoilt_is_not_learned_and_what_is_pardoned_is(void **state)
{
	struct bathroom_scene *x = *state;

	enters(x, 14, 15);
	bathroom_spoil(&x->b);
	scene_pass(&x->s, 2 * HOUR);
	feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
	enters(x, 15, 15);
	assert_int_equal(stage_after(x, 75), 1);
	scene_pass(&x->s, HOUR);
	bathroom_pardon(&x->b, &x->s.v);
	feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
	enters(x, 16, 15);
	assert_int_equal(stage_after(x, 75), 0);
}

/* Nights: the bathroom at 23:00, so many signs in the bedroom a minute apart, then nothing until 07:00. */
static void sleeps(struct bathroom_scene *x, int nights, int signs)
{
	for (int day = 0; day < nights; day++) {
		until(x, day, 7, 0);
		feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
		until(x, day, 23, 0);
		feel(x, SIGN_MOTION, SIGN_ROOM_BATHROOM, true);
		for (int i = 0; i < signs; i++) {
			scene_pass(&x->s, MINUTE);
			feel(x, SIGN_MOTION, SIGN_ROOM_BEDROOM, true);
		}
	}
	until(x, nights, 7, 0);
	feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
}

static void where_signs_are_lost_who_went_to_bed_may_have_been_seen_in_the_bathroom_last(void **state)
{
	struct bathroom_scene *x = *state;

	sleeps(x, 14, 1);
	enters(x, 14, 23);
	x->s.v.loss = 0.001;
	assert_int_equal(stage_after(x, 75), 1); /* all of it is heard */
	x->s.v.loss = 0.05;
	x->b.reached = 0;
	assert_int_equal(stage_after(x, 7 * 60), 0);
	assert_true(stage_after(x, 10 * 60) > 0);
	enters(x, 16, 15); /* nobody goes to bed then */
	assert_int_equal(stage_after(x, 75), 1);
}

static void who_is_seen_often_on_the_way_to_bed_is_not_missed_later_for_what_is_lost(void **state)
{
	struct bathroom_scene *x = *state;

	sleeps(x, 14, 4);
	enters(x, 14, 23);
	x->s.v.loss = 0.05;
	assert_int_equal(stage_after(x, 75), 1);
}

static void while_a_sensor_elsewhere_is_missed_they_may_be_there(void **state)
{
	struct bathroom_scene *x = *state;
	struct sign bedroom;

	bedroom = scene_sign(&x->s, SIGN_MOTION, SIGN_ROOM_BEDROOM, true);
	enters(x, 14, 15);
	x->s.v.missed_devices = (uint64_t)1 << bedroom.device;
	assert_int_equal(stage_after(x, 300), 0);
	assert_true(bathroom_due(&x->b, &x->s.v) == INT64_MAX);
	x->s.v.missed_devices = (uint64_t)1 << 60; /* one that says nothing of where they are */
	assert_true(stage_after(x, 300) > 0);
	x->s.v.missed_devices = (uint64_t)1 << bedroom.device; /* what is told goes on */
	assert_true(stage_after(x, 301) > 0);
}

static void what_was_harmless_counts_at_any_time_of_day_for_a_fortnight(void **state)
{
	struct bathroom_scene *x = *state;

	enters(x, 14, 2);
	scene_pass(&x->s, 4 * HOUR);
	bathroom_pardon(&x->b, &x->s.v);
	feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
	enters(x, 15, 15);
	assert_int_equal(stage_after(x, 4 * 60), 0);
	bathroom_spoil(&x->b);
	for (int day = 16; day < 30; day++) {
		until(x, day, 12, 0);
		feel(x, SIGN_MOTION, SIGN_ROOM_KITCHEN, true);
	}
	enters(x, 30, 15);
	assert_int_equal(stage_after(x, 75), 1);
}

static void another_boot_changes_nothing(void **state)
{
	struct bathroom_scene *x = *state;
	int64_t due_us;

	lives(x, 14, 7, 30);
	enters(x, 14, 7);
	scene_pass(&x->s, 30 * MINUTE);
	due_us = bathroom_due(&x->b, &x->s.v);
	bathroom_move(&x->b, -500 * HOUR);
	x->s.v.now.at.mono_us -= 500 * HOUR;
	assert_true(bathroom_due(&x->b, &x->s.v) == due_us - 500 * HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(two_hours_hold_while_little_is_known),
		SETTLED(who_never_stays_long_is_missed_soon),
		SETTLED(the_short_timer_is_for_who_is_disabled),
		FRESH(a_long_bath_of_every_evening_is_known_at_that_hour_only),
		FRESH(a_night_longer_than_can_be_kept_is_not_missed_every_morning),
		SETTLED(who_was_seen_elsewhere_is_not_there),
		SETTLED(who_sits_or_lies_elsewhere_is_not_there),
		SETTLED(what_a_radar_there_does_not_see_any_more_is_over),
		SETTLED(who_sits_elsewhere_at_midnight_is_not_there_after_it),
		SETTLED(a_chair_that_hangs_hides_a_stay_for_a_day_at_most),
		SETTLED(without_sensors_that_would_see_them_it_is_not_judged),
		SETTLED(what_is_spoilt_is_not_learned_and_what_is_pardoned_is),
		FRESH(where_signs_are_lost_who_went_to_bed_may_have_been_seen_in_the_bathroom_last),
		FRESH(who_is_seen_often_on_the_way_to_bed_is_not_missed_later_for_what_is_lost),
		SETTLED(while_a_sensor_elsewhere_is_missed_they_may_be_there),
		SETTLED(what_was_harmless_counts_at_any_time_of_day_for_a_fortnight),
		FRESH(another_boot_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
