/* Whether somebody is thought to be in: what lasts, and what has lost its end. */
#include "unit.h"

#include <string.h>

#include "care/presence.h"
#include "care_scene.h"

struct presence_scene {
	struct scene s;
	struct presence p;
};

static void begin(struct presence_scene *x)
{
	memset(x, 0, sizeof(*x));
	scene_init(&x->s);
	x->s.concern.residents = 1;
	x->s.v.healthy_inside = 5;
	presence_init(&x->p);
}

static void feel(struct presence_scene *x, struct sign s)
{
	x->s.v.mode = (enum home_mode)x->p.mode;
	presence_sign(&x->p, &s, &x->s.v);
	presence_judge(&x->p, &x->s.v);
}

static void pass(struct presence_scene *x, int64_t us)
{
	scene_pass(&x->s, us);
	x->s.v.mode = (enum home_mode)x->p.mode;
	presence_judge(&x->p, &x->s.v);
}

static void radar(struct presence_scene *x, enum sign_room room, bool on)
{
	feel(x, scene_sign(&x->s, SIGN_RADAR, room, on));
}

static void leaves(struct presence_scene *x)
{
	feel(x, scene_entrance(&x->s, true));
	pass(x, 10 * S);
	feel(x, scene_entrance(&x->s, false));
	pass(x, 11 * MINUTE);
}

/* About in the kitchen for so long. */
static void cooks(struct presence_scene *x, int64_t us)
{
	for (int64_t at = 0; at <= us; at += 5 * MINUTE) {
		feel(x, scene_sign(&x->s, SIGN_MOTION, SIGN_ROOM_KITCHEN, true));
		pass(x, 5 * MINUTE);
	}
}

static void who_sits_before_a_radar_is_in_whoever_leaves(void **state)
{
	struct presence_scene x;

	(void)state;
	begin(&x);
	radar(&x, SIGN_ROOM_LIVING, true);
	cooks(&x, 10 * MINUTE); /* a guest */
	leaves(&x);
	pass(&x, 3 * HOUR);
	assert_int_equal(x.p.mode, HOME_HOME);
}

static void a_radar_that_lost_its_end_is_no_reason_to_be_in(void **state)
{
	struct presence_scene x;

	(void)state;
	begin(&x);
	radar(&x, SIGN_ROOM_LIVING, true);
	cooks(&x, 30 * MINUTE);
	leaves(&x);
	assert_int_equal(x.p.mode, HOME_AWAY);
	pass(&x, 3 * HOUR);
	assert_int_equal(x.p.mode, HOME_AWAY);
	radar(&x, SIGN_ROOM_LIVING, false);
	radar(&x, SIGN_ROOM_LIVING, true); /* and sees somebody again */
	pass(&x, 3 * MINUTE);
	assert_int_equal(x.p.mode, HOME_HOME);
}

static void where_two_live_or_one_is_cared_for_it_is(void **state)
{
	struct presence_scene x;

	(void)state;
	begin(&x);
	x.s.concern.residents = 2;
	radar(&x, SIGN_ROOM_LIVING, true);
	cooks(&x, 30 * MINUTE);
	leaves(&x);
	assert_int_equal(x.p.mode, HOME_HOME);
	begin(&x);
	x.s.concern.categories = 1U << RESIDENT_DISABLED;
	radar(&x, SIGN_ROOM_BEDROOM, true);
	cooks(&x, HOUR);
	leaves(&x);
	assert_int_equal(x.p.mode, HOME_HOME);
}

static void a_bed_that_lost_its_end_counts_for_a_day(void **state)
{
	struct presence_scene x;

	(void)state;
	begin(&x);
	feel(&x, scene_sign(&x.s, SIGN_BED, SIGN_ROOM_BEDROOM, true));
	cooks(&x, HOUR);
	leaves(&x);
	assert_int_equal(x.p.mode, HOME_HOME);
	pass(&x, 23 * HOUR);
	assert_int_equal(x.p.mode, HOME_AWAY);
}

static void a_cupboard_that_swings_open_and_shut_is_one_thing(void **state)
{
	struct presence_scene x;

	(void)state;
	begin(&x);
	cooks(&x, 30 * MINUTE);
	leaves(&x);
	assert_int_equal(x.p.mode, HOME_AWAY);
	pass(&x, 5 * HOUR);
	feel(&x, scene_sign(&x.s, SIGN_CONTACT, SIGN_ROOM_BATHROOM, true));
	pass(&x, 8 * S);
	feel(&x, scene_sign(&x.s, SIGN_CONTACT, SIGN_ROOM_BATHROOM, false));
	pass(&x, 2 * MINUTE);
	feel(&x, scene_sign(&x.s, SIGN_MOTION, SIGN_ROOM_LIVING, true));
	assert_int_equal(x.p.mode, HOME_AWAY);
	pass(&x, 2 * MINUTE);
	feel(&x, scene_sign(&x.s, SIGN_MOTION, SIGN_ROOM_KITCHEN, true));
	assert_int_equal(x.p.mode, HOME_HOME);
}

static void another_boot_moves_all_of_it(void **state)
{
	struct presence_scene x;
	struct presence moved;

	(void)state;
	begin(&x);
	radar(&x, SIGN_ROOM_LIVING, true);
	cooks(&x, 10 * MINUTE);
	moved = x.p;
	presence_move(&moved, -HOUR);
	assert_int_equal(moved.lasting[0].on_us, x.p.lasting[0].on_us - HOUR);
	assert_int_equal(moved.lasting[0].elsewhere_s, x.p.lasting[0].elsewhere_s - HOUR / S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sits_before_a_radar_is_in_whoever_leaves),
		cmocka_unit_test(a_radar_that_lost_its_end_is_no_reason_to_be_in),
		cmocka_unit_test(where_two_live_or_one_is_cared_for_it_is),
		cmocka_unit_test(a_bed_that_lost_its_end_counts_for_a_day),
		cmocka_unit_test(a_cupboard_that_swings_open_and_shut_is_one_thing),
		cmocka_unit_test(another_boot_moves_all_of_it),
	};

	return UNIT_RUN(tests);
}
