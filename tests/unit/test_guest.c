/* A visitor is in, and the door moves: who lives there may be in still. */
#include "care_world.h"

#include "unit.h"

#include <string.h>

#define LEARNED 12 /* days */

/* Somebody has lived there for that long, it is the next morning, and they are about. */
static int settle(void **state)
{
	struct care_world *c;

	care_world_enter(state);
	c = *state;
	for (int day = 0; day < LEARNED; day++)
		care_world_day(c, day);
	care_world_morning(c, LEARNED);
	care_world_until(c, LEARNED, 9, 5);
	care_world_move(c, "living");
	care_world_forget(c);
	return 0;
}

#define SETTLED(test) cmocka_unit_test_setup_teardown(test, settle, care_world_leave)

static void contains(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("expected \"%s\" in:\n%s", what, text);
}

static const struct presence *presence(const struct care_world *c)
{
	return &care_world_home(c)->state.presence;
}

/* By card and door, and here and there for so long. */
static void carer_comes(struct care_world *c, int64_t us)
{
	care_world_card(c, CARE_WORLD_HOME);
	care_world_door(c);
	for (int64_t at = 0; at < us; at += 4 * MINUTE) {
		care_world_pass(c, 4 * MINUTE);
		care_world_move(c, at % (8 * MINUTE) ? "bedroom" : "kitchen");
	}
}

/* The door, and nothing inside for so long. */
static void goes(struct care_world *c, int64_t us)
{
	care_world_door(c);
	care_world_pass(c, us);
}

static void nobody_knows_whether_they_left(const struct care_world *c)
{
	const struct home *h = care_world_home(c);
	char why[320];

	assert_int_equal(h->state.presence.mode, HOME_UNKNOWN);
	contains(presence_why_zh(&h->state.presence, &h->view, why, sizeof(why)), "来访者");
	contains(presence_why_en(&h->state.presence, &h->view, why, sizeof(why)), "a visitor was in");
}

static void a_carer_who_leaves_does_not_mean_that_they_left(void **state)
{
	struct care_world *c = *state;

	carer_comes(c, 24 * MINUTE);
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
	assert_int_equal(care_world_count(c, "away"), 0);
	care_world_pass(c, 9 * HOUR);
	contains(care_world_said(c), "welfare unacked p2 s2");
}

static void who_stirs_again_is_in_and_that_quiet_is_not_learned(void **state)
{
	struct care_world *c = *state;
	struct rhythm before;

	carer_comes(c, 24 * MINUTE);
	goes(c, 90 * MINUTE);
	before = care_world_home(c)->state.rhythm;
	care_world_move(c, "bedroom");
	assert_int_equal(presence(c)->mode, HOME_HOME);
	assert_memory_equal(before.rows, care_world_home(c)->state.rhythm.rows, sizeof(before.rows));
	care_world_pass(c, 20 * MINUTE);
	care_world_move(c, "hall"); /* alone now: the door is theirs */
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void who_goes_out_long_after_their_visitor_is_away(void **state)
{
	struct care_world *c = *state;

	carer_comes(c, 24 * MINUTE);
	care_world_door(c);
	for (int i = 0; i < 5; i++) {
		care_world_pass(c, 5 * MINUTE);
		care_world_move(c, i % 2 ? "living" : "kitchen");
	}
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void a_visitor_who_fetches_something_is_still_one(void **state)
{
	struct care_world *c = *state;

	carer_comes(c, 24 * MINUTE);
	goes(c, 5 * MINUTE);
	care_world_door(c);
	for (int i = 0; i < 5; i++) {
		care_world_pass(c, 5 * MINUTE);
		care_world_move(c, "kitchen");
	}
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

/* For so long they are about. */
static void stir(struct care_world *c, int64_t us)
{
	for (int64_t at = 0; at < us; at += 8 * MINUTE) {
		care_world_pass(c, 8 * MINUTE);
		care_world_move(c, at % (16 * MINUTE) ? "living" : "kitchen");
	}
}

static void who_comes_twice_a_day_is_a_visitor_twice(void **state)
{
	struct care_world *c = *state;

	carer_comes(c, 24 * MINUTE);
	care_world_door(c);
	stir(c, 3 * HOUR);
	carer_comes(c, 24 * MINUTE);
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void who_comes_again_to_one_who_is_in_bed_is_a_visitor_again(void **state)
{
	struct care_world *c = *state;

	care_world_read(c, "bed.occupied", true);
	carer_comes(c, 24 * MINUTE);
	goes(c, 3 * HOUR);
	carer_comes(c, 24 * MINUTE);
	care_world_read(c, "bed.occupied", false); /* into a chair that nothing sees */
	care_world_move(c, "living");
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void a_visitor_who_is_noticed_late_is_one_all_the_same(void **state)
{
	struct care_world *c = *state;

	care_world_card(c, CARE_WORLD_HOME);
	goes(c, 14 * MINUTE); /* they are in, where nothing sees them */
	nobody_knows_whether_they_left(c);
	stir(c, 24 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_HOME);
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void who_comes_by_a_card_while_somebody_was_thought_to_visit_is_a_visitor(void **state)
{
	struct care_world *c = *state;

	care_world_card(c, "b3/u1");
	care_world_door(c); /* the neighbour looks in for a moment */
	stir(c, 30 * MINUTE);
	carer_comes(c, 24 * MINUTE);
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void a_card_of_another_one_between_door_and_first_sign_changes_nothing(void **state)
{
	struct care_world *c = *state;

	care_world_card(c, CARE_WORLD_HOME);
	care_world_door(c);
	care_world_card(c, "b3/u1");
	stir(c, 80 * MINUTE);
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void the_desk_is_told_of_the_visitor_they_may_have_left_with(void **state)
{
	struct care_world *c = *state;
	const struct alarm *a;

	carer_comes(c, 24 * MINUTE);
	goes(c, 9 * HOUR);
	a = evaluator_find(c->w.evaluator, "welfare/" CARE_WORLD_HOME);
	contains(a->text_zh, "当时有来访者在，住户是否一起离开还不清楚");
	contains(a->text_en, "not known whether they left together");
}

static void who_left_with_a_visitor_and_is_registered_as_away_is_not_called_for(void **state)
{
	struct care_world *c = *state;
	struct resident r = { .id = (char *)"r1", .place = (char *)CARE_WORLD_HOME, .categories = 1 };

	carer_comes(c, 24 * MINUTE);
	goes(c, HOUR);
	nobody_knows_whether_they_left(c);
	r.hospital_until_us = c->w.now.wall_us + 5 * DAY;
	care_world_register(c, &r);
	care_world_pass(c, DAY);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
	assert_int_equal(care_world_count(c, "welfare"), 0);
}

static void an_errand_after_a_card_at_the_units_door_is_nobodys_visit(void **state)
{
	struct care_world *c = *state;

	care_world_card(c, "b3/u1"); /* of one who goes to another dwelling */
	care_world_pass(c, 2 * MINUTE);
	goes(c, 4 * MINUTE); /* down with the rubbish */
	care_world_door(c);
	stir(c, HOUR);
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void a_card_that_nobody_came_in_by_is_not_that_of_the_next(void **state)
{
	struct care_world *c = *state;

	care_world_card(c, CARE_WORLD_HOME); /* spoke through the door */
	stir(c, 4 * HOUR);
	care_world_card(c, "b3/u1");
	care_world_pass(c, 2 * MINUTE);
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void who_comes_home_hours_after_somebody_looked_in_is_no_visitor(void **state)
{
	struct care_world *c = *state;

	goes(c, 3 * HOUR);
	care_world_card(c, CARE_WORLD_HOME);
	goes(c, 3 * HOUR);
	care_world_door(c);
	care_world_move(c, "hall");
	assert_int_equal(presence(c)->mode, HOME_HOME);
	stir(c, HOUR);
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void who_lives_there_and_has_a_card_is_no_visitor(void **state)
{
	struct care_world *c = *state;
	struct resident r = { .id = (char *)"r1",
			      .place = (char *)CARE_WORLD_HOME,
			      .categories = 1,
			      .cards = (char *)"C-0002;" CARE_WORLD_CARD };

	care_world_register(c, &r);
	carer_comes(c, 24 * MINUTE);
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void a_card_at_the_units_door_is_nobody_who_comes_home(void **state)
{
	struct care_world *c = *state;

	goes(c, 40 * MINUTE); /* out, and back with the grid worker */
	assert_int_equal(presence(c)->mode, HOME_AWAY);
	care_world_card(c, "b3/u1");
	care_world_door(c);
	care_world_move(c, "hall");
	assert_int_equal(presence(c)->mode, HOME_HOME);
	care_world_pass(c, 20 * MINUTE);
	care_world_move(c, "hall");
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void a_card_at_the_units_door_and_their_own_while_somebody_is_in_is_a_visitor(void **state)
{
	struct care_world *c = *state;

	care_world_card(c, "b3/u1");
	care_world_pass(c, 2 * MINUTE);
	care_world_door(c);
	care_world_pass(c, 3 * MINUTE);
	care_world_move(c, "bedroom");
	care_world_pass(c, 30 * MINUTE);
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void a_card_at_the_units_door_and_who_leaves_then_is_away(void **state)
{
	struct care_world *c = *state;

	care_world_card(c, "b3/u1");
	care_world_pass(c, 2 * MINUTE);
	care_world_move(c, "hall");
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void who_was_brought_home_by_a_carer_is_asked_for(void **state)
{
	struct care_world *c = *state;

	goes(c, 3 * HOUR);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
	carer_comes(c, 40 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_HOME);
	care_world_forget(c);
	goes(c, 30 * MINUTE); /* in bed, or never there at all */
	assert_int_equal(presence(c)->mode, HOME_UNKNOWN);
	care_world_pass(c, 2 * HOUR);
	contains(care_world_said(c), "long-absence unacked p3");
}

static void who_was_brought_home_and_is_visited_again_may_be_in(void **state)
{
	struct care_world *c = *state;

	goes(c, 3 * HOUR);
	carer_comes(c, 40 * MINUTE);
	care_world_door(c);
	stir(c, HOUR);
	carer_comes(c, 24 * MINUTE);
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void who_looks_in_for_minutes_found_nobody(void **state)
{
	struct care_world *c = *state;

	goes(c, 3 * HOUR);
	carer_comes(c, 12 * MINUTE);
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
}

static void while_they_stay_in_bed_who_moves_elsewhere_is_a_visitor(void **state)
{
	struct care_world *c = *state;

	care_world_read(c, "bed.occupied", true);
	care_world_pass(c, 20 * MINUTE);
	care_world_door(c); /* family has a key */
	care_world_pass(c, 5 * MINUTE);
	care_world_move(c, "kitchen");
	care_world_read(c, "bed.occupied", false); /* helped into a chair that nothing sees */
	care_world_move(c, "living");
	care_world_pass(c, 20 * MINUTE);
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void who_stamped_an_arrival_is_a_visitor(void **state)
{
	struct care_world *c = *state;

	care_world_pass(c, 9 * HOUR);
	assert_true(care_world_home(c)->state.welfare.stage >= 2);
	care_world_door(c);
	care_world_move(c, "hall");
	care_world_hear(c, "welfare", "arrived");
	care_world_pass(c, 15 * MINUTE);
	care_world_move(c, "bedroom");
	care_world_hear(c, "welfare", "real");
	goes(c, 30 * MINUTE);
	nobody_knows_whether_they_left(c);
}

static void a_plan_holds_whoever_waters_the_plants(void **state)
{
	struct care_world *c = *state;
	struct resident r = { .id = (char *)"r1", .place = (char *)CARE_WORLD_HOME, .categories = 1 };

	r.absences[0] = (struct resident_absence){ c->w.now.wall_us, c->w.now.wall_us + 5 * DAY };
	r.absence_count = 1;
	care_world_register(c, &r);
	goes(c, 30 * HOUR);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
	carer_comes(c, 24 * MINUTE);
	goes(c, 30 * MINUTE);
	assert_int_equal(presence(c)->mode, HOME_AWAY);
	care_world_pass(c, 20 * HOUR);
	assert_int_equal(care_world_count(c, "welfare"), 0);
}

enum between { NOTHING, KILL, STEP, BETWEEN };

/* The story of a carer who comes, fetches something and leaves; and what happens between its parts. */
static void play(struct care_world *c, enum between what)
{
	care_world_card(c, CARE_WORLD_HOME);
	for (int part = 0; part < 8; part++) {
		if (what == KILL)
			care_world_restart(c);
		else if (what == STEP)
			care_world_step_clock(c, part % 2 ? -DAY : 5 * HOUR);
		if (part == 0 || part == 3 || part == 4 || part == 7)
			care_world_door(c);
		else
			care_world_move(c, "bedroom");
		care_world_pass(c, part == 7 ? 30 * MINUTE : 4 * MINUTE);
	}
}

static void kills_and_steps_of_the_clock_between_all_of_it_change_nothing(_unused_ void **state)
{
	for (enum between what = NOTHING; what < BETWEEN; what++) {
		void *world;

		settle(&world);
		play(world, what);
		nobody_knows_whether_they_left(world);
		care_world_leave(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SETTLED(a_carer_who_leaves_does_not_mean_that_they_left),
		SETTLED(who_stirs_again_is_in_and_that_quiet_is_not_learned),
		SETTLED(who_goes_out_long_after_their_visitor_is_away),
		SETTLED(a_visitor_who_fetches_something_is_still_one),
		SETTLED(who_comes_twice_a_day_is_a_visitor_twice),
		SETTLED(who_comes_again_to_one_who_is_in_bed_is_a_visitor_again),
		SETTLED(a_visitor_who_is_noticed_late_is_one_all_the_same),
		SETTLED(who_comes_by_a_card_while_somebody_was_thought_to_visit_is_a_visitor),
		SETTLED(a_card_of_another_one_between_door_and_first_sign_changes_nothing),
		SETTLED(the_desk_is_told_of_the_visitor_they_may_have_left_with),
		SETTLED(who_left_with_a_visitor_and_is_registered_as_away_is_not_called_for),
		SETTLED(an_errand_after_a_card_at_the_units_door_is_nobodys_visit),
		SETTLED(a_card_that_nobody_came_in_by_is_not_that_of_the_next),
		SETTLED(who_comes_home_hours_after_somebody_looked_in_is_no_visitor),
		SETTLED(who_lives_there_and_has_a_card_is_no_visitor),
		SETTLED(a_card_at_the_units_door_is_nobody_who_comes_home),
		SETTLED(a_card_at_the_units_door_and_their_own_while_somebody_is_in_is_a_visitor),
		SETTLED(a_card_at_the_units_door_and_who_leaves_then_is_away),
		SETTLED(who_was_brought_home_by_a_carer_is_asked_for),
		SETTLED(who_was_brought_home_and_is_visited_again_may_be_in),
		SETTLED(who_looks_in_for_minutes_found_nobody),
		SETTLED(while_they_stay_in_bed_who_moves_elsewhere_is_a_visitor),
		SETTLED(who_stamped_an_arrival_is_a_visitor),
		SETTLED(a_plan_holds_whoever_waters_the_plants),
		cmocka_unit_test(kills_and_steps_of_the_clock_between_all_of_it_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
