/* Rule 11: slow changes over weeks. */
#include "unit.h"

#include "care/drift.h"
#include "care_scene.h"

struct drift_scene {
	struct scene s;
	struct drift d;
	struct verdict verdict;
	int day;
	uint32_t seed;
};

static void begin(struct drift_scene *x)
{
	memset(x, 0, sizeof(*x));
	scene_init(&x->s);
	drift_init(&x->d);
	x->seed = 1;
}

static int scatter(struct drift_scene *x, int most)
{
	x->seed = x->seed * 1664525U + 1013904223U;
	return (int)(x->seed >> 16) % (2 * most + 1) - most;
}

static void at(struct drift_scene *x, int hour, int minute, enum sign_room room)
{
	struct sign sign;

	scene_at(&x->s, x->day, hour, minute);
	sign = scene_sign(&x->s, SIGN_MOTION, room, true);
	drift_sign(&x->d, &sign, &x->s.v);
}

/* One day: visits to the bathroom at night, stretches of activity from 07:00 on, a look each hour. */
static bool lives(struct drift_scene *x, int nights, int stretches)
{
	bool told;

	for (int hour = 0; hour < 24; hour++) {
		scene_at(&x->s, x->day, hour, 0);
		drift_judge(&x->d, &x->s.v, &x->verdict);
		if (hour >= 1 && hour <= nights)
			at(x, hour, 20, SIGN_ROOM_BATHROOM);
		for (int i = 0; hour >= 7 && hour < 22 && i < 10 && (hour - 7) * 10 + i < stretches; i++)
			at(x, hour, 1 + i * 6 - (i == 9), SIGN_ROOM_LIVING);
	}
	x->day++;
	scene_at(&x->s, x->day, 0, 0);
	drift_day(&x->d, &x->s.v);
	drift_judge(&x->d, &x->s.v, &x->verdict);
	told = x->verdict.active;
	return told;
}

static bool weeks(struct drift_scene *x, int count, int nights, int stretches)
{
	bool told = false;

	for (int i = 0; i < count * 7; i++)
		told |= lives(x, MAX(nights + scatter(x, 1), 0), stretches + scatter(x, 8));
	return told;
}

static void a_life_as_ever_is_told_nobody(void **state)
{
	struct drift_scene x;

	(void)state;
	begin(&x);
	assert_false(weeks(&x, 26, 2, 80));
}

static void ever_more_visits_at_night_are_an_advisory(void **state)
{
	struct drift_scene x;

	(void)state;
	begin(&x);
	assert_false(weeks(&x, 6, 1, 80));
	assert_true(weeks(&x, 2, 5, 80));
	assert_int_equal(x.verdict.priority, 4);
	assert_non_null(strstr(x.verdict.zh, "夜间去卫生间的次数增多"));
	assert_non_null(strstr(x.verdict.en, "more visits to the bathroom at night"));
}

static void ever_less_activity_is_an_advisory_that_ends_when_it_is_usual(void **state)
{
	struct drift_scene x;

	(void)state;
	begin(&x);
	assert_false(weeks(&x, 6, 1, 100));
	assert_true(weeks(&x, 2, 1, 50));
	assert_non_null(strstr(x.verdict.zh, "活动逐渐减少"));
	assert_non_null(strstr(x.verdict.en, "moves less than before"));
	weeks(&x, 9, 1, 50);
	assert_false(weeks(&x, 4, 1, 50));
}

static void one_or_two_odd_days_are_none(void **state)
{
	struct drift_scene x;

	(void)state;
	begin(&x);
	assert_false(weeks(&x, 6, 1, 80));
	for (int i = 0; i < 5; i++) {
		assert_false(lives(&x, 5, 150));
		assert_false(lives(&x, 5, 150));
		assert_false(weeks(&x, 3, 1, 80));
	}
}

static void days_away_and_blind_days_do_not_count(void **state)
{
	struct drift_scene x;

	(void)state;
	begin(&x);
	assert_false(weeks(&x, 6, 1, 80));
	x.s.v.mode = HOME_AWAY;
	assert_false(weeks(&x, 3, 0, 0));
	x.s.v.mode = HOME_HOME;
	assert_false(weeks(&x, 1, 1, 80));
	x.s.v.blind_since_us = 1;
	assert_false(weeks(&x, 3, 0, 0));
	x.s.v.blind_since_us = 0;
	assert_false(weeks(&x, 3, 1, 80));
}

static void a_dead_sensor_is_no_drift(void **state)
{
	struct drift_scene x;

	(void)state;
	begin(&x);
	assert_false(weeks(&x, 6, 1, 80));
	x.s.v.healthy_motion = 3;
	assert_false(weeks(&x, 8, 1, 40)); /* half of them were its own */
}

static void signs_of_one_visit_are_one_visit_and_the_evening_is_of_the_next_day(void **state)
{
	struct drift_scene x;

	(void)state;
	begin(&x);
	for (int minute = 10; minute < 30; minute += 2)
		at(&x, 23, minute, SIGN_ROOM_BATHROOM);
	at(&x, 23, 50, SIGN_ROOM_BATHROOM);
	assert_int_equal(x.d.today[DRIFT_NIGHTS], 0);
	assert_int_equal(x.d.evening, 2);
	scene_at(&x.s, 1, 0, 0);
	x.day = 1;
	drift_day(&x.d, &x.s.v);
	at(&x, 4, 0, SIGN_ROOM_BATHROOM);
	at(&x, 8, 0, SIGN_ROOM_BATHROOM);
	assert_int_equal(x.d.today[DRIFT_NIGHTS], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life_as_ever_is_told_nobody),
		cmocka_unit_test(ever_more_visits_at_night_are_an_advisory),
		cmocka_unit_test(ever_less_activity_is_an_advisory_that_ends_when_it_is_usual),
		cmocka_unit_test(one_or_two_odd_days_are_none),
		cmocka_unit_test(days_away_and_blind_days_do_not_count),
		cmocka_unit_test(a_dead_sensor_is_no_drift),
		cmocka_unit_test(signs_of_one_visit_are_one_visit_and_the_evening_is_of_the_next_day),
	};

	return UNIT_RUN(tests);
}
