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

/* The story of a carer who comes, fetches something and leaves; killed after each of its parts, or never. */
static void play(struct care_world *c, bool killed)
{
	care_world_card(c, CARE_WORLD_HOME);
	for (int part = 0; part < 8; part++) {
		if (killed)
			care_world_restart(c);
		if (part == 0 || part == 3 || part == 4 || part == 7)
			care_world_door(c);
		else
			care_world_move(c, "bedroom");
		care_world_pass(c, part == 7 ? 30 * MINUTE : 4 * MINUTE);
	}
}

static void kills_between_all_of_it_change_nothing(_unused_ void **state)
{
	for (int killed = 0; killed < 2; killed++) {
		void *world;

		settle(&world);
		play(world, killed);
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
		SETTLED(a_card_at_the_units_door_is_nobody_who_comes_home),
		SETTLED(a_card_at_the_units_door_and_their_own_while_somebody_is_in_is_a_visitor),
		SETTLED(a_card_at_the_units_door_and_who_leaves_then_is_away),
		SETTLED(who_was_brought_home_by_a_carer_is_asked_for),
		SETTLED(who_looks_in_for_minutes_found_nobody),
		SETTLED(while_they_stay_in_bed_who_moves_elsewhere_is_a_visitor),
		SETTLED(who_stamped_an_arrival_is_a_visitor),
		SETTLED(a_plan_holds_whoever_waters_the_plants),
		cmocka_unit_test(kills_between_all_of_it_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
