/* How long a dwelling is usually quiet, and when quiet is too long. */
#include "unit.h"

#include <stdlib.h>

#include "care/rhythm.h"
#include "care/verdict.h"
#include "care_scene.h"

struct rhythm_scene {
	struct scene s;
	struct rhythm r;
};

static void begin(struct rhythm_scene *x)
{
	scene_init(&x->s);
	scene_at(&x->s, 0, 0, 0);
	rhythm_init(&x->r);
}

static void sign(struct rhythm_scene *x, enum sign_room room)
{
	struct sign s = scene_sign(&x->s, SIGN_MOTION, room, true);

	rhythm_sign(&x->r, &s, &x->s.v);
}

/* On to that time of day, with the local days that end on the way. */
static void until(struct rhythm_scene *x, int day, int hour, int minute)
{
	while (x->s.v.now.day - 15000 < day) {
		scene_at(&x->s, x->s.v.now.day - 15000 + 1, 0, 0);
		rhythm_day(&x->r, &x->s.v);
	}
	scene_at(&x->s, day, hour, minute);
}

/* Up from 07:00 to 22:30, a sign every quarter of an hour; the bed from then on. */
static void lives(struct rhythm_scene *x, int from, int days)
{
	for (int day = from; day < from + days; day++) {
		for (int minute = 7 * 60; minute < 22 * 60 + 30; minute += 15) {
			until(x, day, minute / 60, minute % 60);
			sign(x, SIGN_ROOM_LIVING);
		}
		until(x, day, 22, 30);
		sign(x, SIGN_ROOM_BEDROOM);
	}
}

static double limit_hours(struct rhythm_scene *x, struct rhythm_limit *ret_limit)
{
	rhythm_limit(&x->r, &x->s.v, ret_limit);
	return (double)ret_limit->limit_us / HOUR;
}

static void without_a_sign_no_quiet_is_too_long(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;

	(void)state;
	begin(&x);
	rhythm_limit(&x.r, &x.s.v, &l);
	assert_true(l.due_us == INT64_MAX);
}

static void the_fixed_limit_holds_for_the_first_week(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;
	char text[RHYTHM_TEXT];

	(void)state;
	begin(&x);
	lives(&x, 0, 7);
	until(&x, 7, 6, 0);
	assert_true(limit_hours(&x, &l) == 10);
	assert_int_equal(l.basis, RHYTHM_COLD);
	assert_true(l.due_us == x.r.since_us + 10 * HOUR);
	assert_non_null(strstr(rhythm_against_zh(&l, text), "10小时"));
	lives(&x, 7, 1);
	until(&x, 8, 0, 30);
	rhythm_limit(&x.r, &x.s.v, &l);
	assert_int_equal(l.basis, RHYTHM_HOURS);
}

static void a_night_may_last_as_long_as_nights_do_and_a_morning_may_not(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;

	(void)state;
	begin(&x);
	lives(&x, 0, 28);
	until(&x, 28, 3, 0);
	assert_in_range((int)(limit_hours(&x, &l) * 60), 9 * 60,
			11 * 60); /* 8 h 30 min, and less than the buffer of 2 h */
	assert_int_equal(l.longest_us, 8 * HOUR + 30 * MINUTE);
	lives(&x, 28, 1);
	until(&x, 29, 9, 0);
	sign(&x, SIGN_ROOM_KITCHEN);
	until(&x, 29, 10, 30);
	assert_true(limit_hours(&x, &l) == 2); /* never quiet for long by day: the buffer alone */
	assert_int_equal(l.longest_us, 0);
}

static void more_days_leave_less_room(void **state)
{
	struct rhythm_scene few, many;
	struct rhythm_limit l;
	double after_eight;

	(void)state;
	begin(&few);
	begin(&many);
	/* One afternoon nap of three hours, known of 8 days, and of 50. */
	for (struct rhythm_scene *x = &few; x; x = x == &few ? &many : NULL) {
		lives(x, 0, x == &few ? 8 : 50);
		int day = x->s.v.now.day - 15000 + 1;

		until(x, day, 13, 0);
		x->r.since_us = 0;
		sign(x, SIGN_ROOM_LIVING);
		until(x, day, 16, 0);
		sign(x, SIGN_ROOM_LIVING);
		lives(x, day + 1, 1);
		until(x, day + 2, 7, 0);
		sign(x, SIGN_ROOM_LIVING);
		until(x, day + 2, 13, 0);
		sign(x, SIGN_ROOM_LIVING);
		until(x, day + 2, 14, 0);
	}
	after_eight = limit_hours(&few, &l);
	assert_true(limit_hours(&many, &l) < after_eight);
	assert_true(after_eight < 3.0 + 2.5);
	assert_true(limit_hours(&many, &l) > 3.0);
}

static void what_is_usual_in_the_bedroom_is_not_in_the_hall(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;
	double bed;

	(void)state;
	begin(&x);
	lives(&x, 0, 20);
	until(&x, 20, 0, 0);
	bed = limit_hours(&x, &l);
	sign(&x, SIGN_ROOM_HALL);
	x.r.minute = 22 * 60 + 30;
	x.r.since_us -= 90 * MINUTE;
	assert_true(limit_hours(&x, &l) < bed);
}

static void a_smaller_buffer_is_a_nearer_line(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;
	double usual;

	(void)state;
	begin(&x);
	lives(&x, 0, 20);
	until(&x, 20, 2, 0);
	usual = limit_hours(&x, &l);
	assert_int_equal(settings_apply(&x.s.settings, "welfare.buffer=1h", NULL), 0);
	assert_true(limit_hours(&x, &l) < usual - 0.5);
	assert_true(limit_hours(&x, &l) > 8.5);
}

static void what_is_spoilt_is_not_learned_and_what_is_pardoned_is(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;
	double before;

	(void)state;
	begin(&x);
	lives(&x, 0, 20);
	for (int day = 20; day < 23; day++) {
		until(&x, day, 7, 0);
		sign(&x, SIGN_ROOM_LIVING);
		until(&x, day, 9, 0);
		sign(&x, SIGN_ROOM_LIVING);
		until(&x, day, 10, 0);
		before = limit_hours(&x, &l);
		if (day == 20)
			rhythm_spoil(&x.r); /* away, blind, real */
		until(&x, day, 15, 0);
		if (day == 21)
			rhythm_pardon(&x.r, &x.s.v); /* proved false while it lasted */
		if (day == 21)
			rhythm_spoil(&x.r);
		sign(&x, SIGN_ROOM_LIVING);
		assert_true(day == 22 ? before >= 6 : before == 2);
	}
}

static void a_missing_sensor_leaves_the_fixed_limit_and_a_false_alarm_teaches_all_the_same(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;
	char text[RHYTHM_TEXT];

	(void)state;
	begin(&x);
	lives(&x, 0, 20);
	until(&x, 20, 9, 0);
	sign(&x, SIGN_ROOM_LIVING);
	until(&x, 20, 10, 0);
	x.s.v.misses = true;
	assert_true(limit_hours(&x, &l) == 10);
	assert_non_null(strstr(rhythm_against_zh(&l, text), "传感器"));
	rhythm_spoil(&x.r);
	until(&x, 20, 15, 0);
	sign(&x, SIGN_ROOM_LIVING); /* it ends, and was not learned */
	assert_int_equal(rhythm_past(&x.r, 0, 26), 0);
	until(&x, 20, 15, 2);
	rhythm_pardon(&x.r, &x.s.v); /* closed as false only now */
	assert_true(rhythm_past(&x.r, 0, 26) > 4 * HOUR);
	x.s.v.misses = false;
	until(&x, 21, 9, 0);
	sign(&x, SIGN_ROOM_LIVING);
	until(&x, 21, 10, 0);
	assert_true(limit_hours(&x, &l) > 6);
}

static void a_quiet_begins_anew_where_they_come_back(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;

	(void)state;
	begin(&x);
	lives(&x, 0, 10);
	until(&x, 10, 9, 0);
	x.s.v.mode = HOME_AWAY;
	until(&x, 10, 17, 0);
	rhythm_back(&x.r, &x.s.v);
	x.s.v.mode = HOME_HOME;
	assert_true(x.r.since_us == x.s.v.now.at.mono_us);
	until(&x, 10, 18, 0);
	rhythm_limit(&x.r, &x.s.v, &l);
	assert_true(l.due_us == x.r.since_us + 2 * HOUR);
	for (unsigned slot = 20; slot < 34; slot++)
		assert_int_equal(rhythm_past(&x.r, 0, slot), 0); /* nothing of the day away was learned */
}

static void a_clock_that_cannot_be_believed_leaves_the_fixed_limit(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;

	(void)state;
	begin(&x);
	lives(&x, 0, 20);
	until(&x, 20, 2, 0);
	x.s.v.now.minute = -1;
	assert_true(limit_hours(&x, &l) == 10);
	sign(&x, SIGN_ROOM_LIVING);
	scene_pass(&x.s, 4 * HOUR);
	assert_true(limit_hours(&x, &l) == 10); /* nobody knows when it began, so it is not learned either */
	sign(&x, SIGN_ROOM_LIVING);
	assert_int_equal(rhythm_past(&x.r, 0, 8), 0);
}

static void another_boot_changes_nothing(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit before, after;

	(void)state;
	begin(&x);
	lives(&x, 0, 20);
	until(&x, 20, 2, 0);
	rhythm_limit(&x.r, &x.s.v, &before);
	rhythm_move(&x.r, -500 * HOUR);
	x.s.v.now.at.mono_us -= 500 * HOUR;
	rhythm_limit(&x.r, &x.s.v, &after);
	assert_true(after.limit_us == before.limit_us);
	assert_true(after.due_us == before.due_us - 500 * HOUR);
}

static void a_day_without_a_sign_is_no_day(void **state)
{
	struct rhythm_scene x;

	(void)state;
	begin(&x);
	lives(&x, 0, 10);
	until(&x, 20, 12, 0);
	assert_int_equal(x.r.days, 10);
	lives(&x, 20, 70);
	assert_int_equal(x.r.days, RHYTHM_DAYS);
}

static void after_sixty_days_nothing_of_the_first_is_left(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;

	(void)state;
	begin(&x);
	until(&x, 0, 8, 0);
	sign(&x, SIGN_ROOM_LIVING);
	until(&x, 0, 18, 0);
	sign(&x, SIGN_ROOM_LIVING);
	lives(&x, 1, 20);
	until(&x, 21, 8, 0);
	sign(&x, SIGN_ROOM_LIVING);
	until(&x, 21, 9, 0);
	assert_true(limit_hours(&x, &l) >= 10);
	lives(&x, 22, 61);
	until(&x, 83, 8, 0);
	sign(&x, SIGN_ROOM_LIVING);
	until(&x, 83, 9, 0);
	assert_true(limit_hours(&x, &l) == 2);
}

static void the_picture_is_that_of_the_line(void **state)
{
	struct rhythm_scene x;
	int64_t lines[RHYTHM_SLOTS];

	(void)state;
	begin(&x);
	lives(&x, 0, 20);
	until(&x, 20, 7, 0);
	sign(&x, SIGN_ROOM_LIVING);
	rhythm_lines(&x.r, &x.s.v, lines);
	assert_true(lines[13] >= 8 * HOUR); /* 06:30: in bed since 22:30 */
	assert_true(lines[28] <= 3 * HOUR); /* 14:00 */
	assert_int_equal(rhythm_past(&x.r, 0, 13), 8 * HOUR + 30 * MINUTE);
	assert_int_equal(rhythm_past(&x.r, 0, 2), 3 * HOUR); /* 01:00 to 01:30 */
	assert_int_equal(rhythm_past(&x.r, 1, 28), 0);
	assert_int_equal(rhythm_past(&x.r, 21, 0), -1);
}

/* Nights of any length, signs at any minute: the limit is at least the buffer, at most a day, and a longer tail is never nearer. */
static void whatever_is_learned_the_limit_is_between_buffer_and_a_day(void **state)
{
	struct rhythm_scene x;
	struct rhythm_limit l;
	int64_t end_us;

	(void)state;
	srand(7);
	begin(&x);
	sign(&x, SIGN_ROOM_LIVING);
	end_us = x.s.v.now.at.mono_us + 90 * DAY;
	while (x.s.v.now.at.mono_us < end_us) {
		int64_t then_us = x.s.v.now.at.mono_us - SCENE_BOOT + (rand() % 600 + 1) * MINUTE;

		until(&x, (int)(then_us / DAY), (int)(then_us % DAY / HOUR), (int)(then_us % HOUR / MINUTE));
		rhythm_limit(&x.r, &x.s.v, &l);
		assert_true(l.limit_us >= 2 * HOUR && l.limit_us <= DAY);
		assert_true(l.due_us == x.r.since_us + l.limit_us);
		sign(&x, (enum sign_room)(rand() % SIGN_ROOMS));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_sign_no_quiet_is_too_long),
		cmocka_unit_test(the_fixed_limit_holds_for_the_first_week),
		cmocka_unit_test(a_night_may_last_as_long_as_nights_do_and_a_morning_may_not),
		cmocka_unit_test(more_days_leave_less_room),
		cmocka_unit_test(what_is_usual_in_the_bedroom_is_not_in_the_hall),
		cmocka_unit_test(a_smaller_buffer_is_a_nearer_line),
		cmocka_unit_test(what_is_spoilt_is_not_learned_and_what_is_pardoned_is),
		cmocka_unit_test(a_missing_sensor_leaves_the_fixed_limit_and_a_false_alarm_teaches_all_the_same),
		cmocka_unit_test(a_quiet_begins_anew_where_they_come_back),
		cmocka_unit_test(a_clock_that_cannot_be_believed_leaves_the_fixed_limit),
		cmocka_unit_test(another_boot_changes_nothing),
		cmocka_unit_test(a_day_without_a_sign_is_no_day),
		cmocka_unit_test(after_sixty_days_nothing_of_the_first_is_left),
		cmocka_unit_test(the_picture_is_that_of_the_line),
		cmocka_unit_test(whatever_is_learned_the_limit_is_between_buffer_and_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
