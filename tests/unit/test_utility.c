/* Rule 13: somebody is in, and uses no water, or no power. */
#include "unit.h"

#include "care/utility.h"
#include "care_scene.h"

struct utility_scene {
	struct scene s;
	struct utility u;
	struct verdict verdict;
	int day;
};

static void uses(struct utility_scene *x, enum sign_kind kind)
{
	struct sign on = scene_sign(&x->s, kind, SIGN_ROOM_OTHER, true), off;

	utility_sign(&x->u, &on, &x->s.v);
	scene_pass(&x->s, 2 * MINUTE);
	off = scene_sign(&x->s, kind, SIGN_ROOM_OTHER, false);
	utility_sign(&x->u, &off, &x->s.v);
}

static bool told(struct utility_scene *x)
{
	utility_judge(&x->u, &x->s.v, &x->verdict);
	return x->verdict.active;
}

/* Time passes, looked at when it is due. Returns whether anything was told. */
static bool passes(struct utility_scene *x, int64_t us)
{
	int64_t until_us = x->s.v.now.at.mono_us + us;
	bool any = false;

	while (x->s.v.now.at.mono_us < until_us) {
		int64_t due_us = MIN(utility_due(&x->u, &x->s.v), until_us);

		scene_pass(&x->s, due_us - x->s.v.now.at.mono_us);
		if (x->s.v.now.day - 15000 != x->day) {
			x->day = x->s.v.now.day - 15000;
			utility_day(&x->u, &x->s.v);
		}
		any |= told(x);
	}
	return any;
}

/* Ten days on which water was used at 8, 12 and 19 o'clock. Then it is the eleventh, 00:00. */
static void lives_ten_days(struct utility_scene *x)
{
	memset(x, 0, sizeof(*x));
	scene_init(&x->s);
	utility_init(&x->u);
	scene_at(&x->s, 0, 0, 0);
	for (int day = 0; day < 10; day++) {
		static const int hours[] = { 8, 12, 19 };

		for (unsigned i = 0; i < ARRAY_SIZE(hours); i++) {
			assert_false(passes(x, day * DAY + hours[i] * HOUR + SCENE_BOOT - x->s.v.now.at.mono_us));
			uses(x, SIGN_WATER);
		}
		assert_false(passes(x, (day + 1) * DAY + SCENE_BOOT - x->s.v.now.at.mono_us));
	}
}

static void no_water_for_a_day_at_home_is_told(void **state)
{
	struct utility_scene x;

	(void)state;
	lives_ten_days(&x);
	assert_false(passes(&x, 19 * HOUR));
	assert_true(passes(&x, 5 * MINUTE));
	assert_int_equal(x.verdict.priority, 3);
	assert_non_null(strstr(x.verdict.zh, "在家期间已1天没有用水：之前10天中有10天用水"));
	assert_non_null(strstr(x.verdict.en, "no water used for 1 d while at home: used on 10 of the 10 days before"));
	x.s.v.mode = HOME_AWAY; /* a walk is no use of water */
	assert_true(told(&x));
	x.s.v.mode = HOME_HOME;
	uses(&x, SIGN_WATER);
	assert_false(told(&x));
}

static void time_away_does_not_count(void **state)
{
	struct utility_scene x;

	(void)state;
	lives_ten_days(&x);
	assert_false(passes(&x, 10 * HOUR));
	x.s.v.mode = HOME_AWAY;
	assert_false(passes(&x, 30 * HOUR));
	x.s.v.mode = HOME_HOME;
	assert_false(passes(&x, 8 * HOUR));
	assert_true(passes(&x, 3 * HOUR));
}

static void a_meter_that_is_not_believed_says_nothing(void **state)
{
	struct utility_scene x;

	(void)state;
	lives_ten_days(&x);
	x.s.v.healthy_kinds &= ~(1U << SIGN_WATER); /* lost, or the pump stands */
	assert_false(passes(&x, 3 * DAY));
	x.s.v.healthy_kinds |= 1U << SIGN_WATER;
	assert_false(passes(&x, 18 * HOUR));
}

static void a_meter_that_shows_use_now_and_then_is_not_believed(void **state)
{
	struct utility_scene x;

	(void)state;
	memset(&x, 0, sizeof(x));
	scene_init(&x.s);
	utility_init(&x.u);
	scene_at(&x.s, 0, 0, 0);
	for (int day = 0; day < 20; day++) {
		if (day % 3 == 0)
			uses(&x, SIGN_WATER);
		assert_false(passes(&x, (day + 1) * DAY + SCENE_BOOT - x.s.v.now.at.mono_us));
	}
	assert_false(passes(&x, 3 * DAY));
}

static void the_first_week_only_learns(void **state)
{
	struct utility_scene x;

	(void)state;
	memset(&x, 0, sizeof(x));
	scene_init(&x.s);
	utility_init(&x.u);
	uses(&x, SIGN_POWER);
	assert_false(passes(&x, 5 * DAY));
}

static void water_that_runs_is_in_use(void **state)
{
	struct utility_scene x;
	struct sign on;

	(void)state;
	lives_ten_days(&x);
	on = scene_sign(&x.s, SIGN_WATER, SIGN_ROOM_OTHER, true);
	utility_sign(&x.u, &on, &x.s.v);
	assert_false(passes(&x, 3 * DAY));
}

static void time_that_nobody_saw_is_not_held_against_them(void **state)
{
	struct utility_scene x;

	(void)state;
	lives_ten_days(&x);
	scene_pass(&x.s, 40 * HOUR); /* the box was off */
	assert_false(told(&x));
	utility_move(&x.u, HOUR);
	x.s.v.now.at.mono_us += HOUR;
	assert_false(told(&x));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_water_for_a_day_at_home_is_told),
		cmocka_unit_test(time_away_does_not_count),
		cmocka_unit_test(a_meter_that_is_not_believed_says_nothing),
		cmocka_unit_test(a_meter_that_shows_use_now_and_then_is_not_believed),
		cmocka_unit_test(the_first_week_only_learns),
		cmocka_unit_test(water_that_runs_is_in_use),
		cmocka_unit_test(time_that_nobody_saw_is_not_held_against_them),
	};

	return UNIT_RUN(tests);
}
