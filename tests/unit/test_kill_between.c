/* Killed between every two things that happen, and started again at once: not one transition is missing, double or other than
 * without, whatever delays, shelves, tests and counts were under way. With clocks that jump as well. */
#include <stdio.h>
#include <string.h>

#include "alarm_case.h"
#include "base/mem.h"
#include "base/str.h"

#define LINES                                                                                         \
	"class tank\npoint level number %\npoint works bool\npoint pressed event\npoint trips bool\n" \
	"device t1\ndevice t2\nat t2 b4/u1"

static const char *const by_high[] = { "high" };

static const struct rule delays[] = {
	{ .id = "high",
	  .when = "level > 90",
	  .for_us = 10 * S,
	  .off_for_us = 20 * S,
	  .hysteresis = 2,
	  .rises = { { 3 * MINUTE, 2 }, { 10 * MINUTE, 1 } },
	  .rise_count = 2 },
	{ .id = "again", .when = "level > 80", .realarm_us = 2 * MINUTE },
	{ .id = "often", .when = "trips", .times = 3, .within_us = 5 * MINUTE },
	{ .id = "sos", .when = "pressed", .latch = true, .life_safety = true, .priority = 1 },
	{ .id = "quiet", .when = "level > 85", .suppressed_when = "works" },
	{ .id = "below", .when = "level > 70", .inhibited_by = by_high, .inhibited_by_count = 1 },
	{ .id = "stays", .when = "level > 95", .latch = true },
};

/* Every function that looks back. */
static const struct rule windows[] = {
	{ .id = "burst", .when = "count(trips, 20s) >= 3" },
	{ .id = "pressed-often", .when = "count(pressed, 30s) >= 2" },
	{ .id = "calm", .when = "!changed(trips, 40s)" },
	{ .id = "moved", .when = "changed(works, 10s) && count(pressed, 15s) == 0" },
	{ .id = "rising", .when = "rate(level, 32s) > 1" },
	{ .id = "mean", .when = "avg(level, 64s) > 60", .for_us = 3 * S },
	{ .id = "low", .when = "min(level, 32s) < 20" },
	{ .id = "top", .when = "max(level, 64s) >= 97" },
	{ .id = "long-ago", .when = "age(pressed) > 45s" },
	{ .id = "just-now", .when = "age(pressed) < 5s && works" },
	{ .id = "quiet", .when = "level > 85", .suppressed_when = "changed(works, 20s)" },
};

enum act { READ, ACK, CLOSE, SHELVE, UNSHELVE, OUT, TEST, COMMENT };

/* What happens, and how long nothing does before it. */
struct step {
	int64_t after_us;
	enum act act;
	const char *subject;
	double value; /* READ; of others: seconds */
};

static const struct step delay_steps[] = {
	{ 0, READ, "t1.level", 50 },
	{ S, READ, "t1.works", 0 },
	{ S, READ, "t1.trips", 0 },
	{ S, READ, "t1.level", 91 },
	{ 9 * S, READ, "t1.level", 75 }, /* too short for high */
	{ 2 * S, READ, "t1.level", 96 },
	{ 11 * S, ACK, "stays/t1", 0 },
	{ S, READ, "t1.works", 1 },
	{ S, ACK, "again/t1", 0 },
	{ 30 * S, READ, "t1.pressed", 1 },
	{ 20 * S, READ, "t1.pressed", 1 },
	{ 50 * S, READ, "t1.pressed", 1 }, /* more than a minute after the first */
	{ S, ACK, "sos/t1", 0 },
	{ S, READ, "t1.pressed", 1 },
	{ S, ACK, "high/t1", 0 },
	{ MINUTE, READ, "t1.trips", 1 },
	{ S, READ, "t1.trips", 0 },
	{ MINUTE, READ, "t1.trips", 1 },
	{ S, READ, "t1.trips", 0 },
	{ MINUTE, READ, "t1.trips", 1 },
	{ S, SHELVE, "often/t1", 90 },
	{ S, READ, "t1.trips", 0 },
	{ S, COMMENT, "high/t1", 0 },
	{ 30 * S, READ, "t1.works", 0 },
	{ S, OUT, "t1", 120 },
	{ S, READ, "t1.level", 89.5 }, /* within the deadband */
	{ MINUTE, READ, "t1.level", 60 },
	{ 15 * S, READ, "t1.level", 97 }, /* before it was over for good */
	{ S, READ, "t1.pressed", 1 },
	{ 30 * S, ACK, "sos/t1", 0 },
	{ S, CLOSE, "sos/t1", 0 },
	{ 2 * MINUTE, TEST, "t1", 60 },
	{ S, READ, "t1.pressed", 1 },
	{ 30 * S, READ, "t1.pressed", 1 },
	{ 10 * S, ACK, "sos/t1", 0 },
	{ S, CLOSE, "sos/t1", 0 },
	{ MINUTE, SHELVE, "high/t1", 600 },
	{ 5 * MINUTE, UNSHELVE, "high/t1", 0 },
	{ 10 * MINUTE, READ, "t1.level", 10 },
	{ MINUTE, ACK, "high/t1", 0 },
	{ S, ACK, "stays/t1", 0 },
	{ S, CLOSE, "stays/t1", 0 },
	{ 10 * MINUTE, READ, "t1.level", 11 },
};

static const struct step window_steps[] = {
	{ 0, READ, "t1.level", 50 },
	{ 0, READ, "t1.works", 0 },
	{ 0, READ, "t1.trips", 0 },
	{ 30 * S, READ, "t1.level", 52 },
	{ 35 * S, READ, "t1.pressed", 1 },
	{ 2 * S, READ, "t1.works", 1 },
	{ S, READ, "t1.trips", 1 },
	{ 2 * S, READ, "t1.trips", 0 },
	{ 3 * S, READ, "t1.trips", 1 },
	{ 9 * S, READ, "t1.pressed", 1 },
	{ 4 * S, READ, "t1.level", 90 },
	{ 3 * S + 333 * MS, READ, "t1.level", 98 },
	{ S, READ, "t1.works", 0 },
	{ 11 * S, READ, "t1.level", 99 },
	{ S, ACK, "top/t1", 0 },
	{ 7 * S, READ, "t1.trips", 0 },
	{ 20 * S, READ, "t1.level", 98.5 },
	{ 31 * S, READ, "t1.works", 1 },
	{ 14 * S, READ, "t1.pressed", 1 },
	{ 2 * S, READ, "t1.works", 0 },
	{ S, READ, "t1.level", 10 },
	{ 8 * S, READ, "t1.level", 11 },
	{ 17 * S, READ, "t1.works", 1 },
	{ 50 * S, READ, "t1.level", 70 },
	{ S, READ, "t1.level", 30 },
	{ 5 * S, CLOSE, "top/t1", 0 },
	{ 3 * MINUTE, READ, "t1.level", 31 },
	{ S, READ, "t1.trips", 1 },
	{ 10 * MINUTE, READ, "t1.level", 32 },
};

struct story {
	const struct rule *rules;
	size_t rule_count;
	const struct step *steps;
	size_t count;
};
static const struct story of_delays = { delays, ARRAY_SIZE(delays), delay_steps, ARRAY_SIZE(delay_steps) };
static const struct story of_windows = { windows, ARRAY_SIZE(windows), window_steps, ARRAY_SIZE(window_steps) };

/* The readings of now: what a device says again after a start. */
static double level, works, trips;
static bool level_said, works_said, trips_said;

static void read_one(const char *point, double value)
{
	if (strstr(point, "pressed"))
		alarm_world_read(&w, point, value_event(""));
	else if (strstr(point, "level"))
		alarm_world_read(&w, point, value_number(value));
	else
		alarm_world_read(&w, point, value_bool(value != 0));
}

static void note(const char *point, double value)
{
	if (strstr(point, "level")) {
		level = value;
		level_said = true;
	} else if (strstr(point, "works")) {
		works = value;
		works_said = true;
	} else if (strstr(point, "trips")) {
		trips = value;
		trips_said = true;
	}
}

static void order(enum alarm_input input, const struct step *s)
{
	alarm_world_order(&w,
			  &(struct evaluator_command){
				  .alarm = s->subject, .input = input, .note = "x", .for_us = (int64_t)s->value * S });
}

static void carry_out(const struct step *s)
{
	struct evaluator_mode mode = { .kind = MODE_OUT_OF_SERVICE,
				       .subject = s->subject,
				       .for_us = (int64_t)s->value * S };

	switch (s->act) {
	case READ:
		note(s->subject, s->value);
		read_one(s->subject, s->value);
		break;
	case ACK: order(ALARM_IN_ACK, s); break;
	case CLOSE: order(ALARM_IN_RESET, s); break;
	case SHELVE: order(ALARM_IN_SHELVE, s); break;
	case UNSHELVE: order(ALARM_IN_UNSHELVE, s); break;
	case COMMENT: order(ALARM_IN_COMMENT, s); break;
	case TEST: mode.kind = MODE_TEST; /* fall through */
	case OUT: alarm_world_mode(&w, &mode); break;
	}
}

/* Killed, started, and the device says how it is. */
static void kill_and_start(void)
{
	struct point *p;

	alarm_world_restart(&w, 0);
	if (works_said)
		read_one("t1.works", works);
	if (trips_said)
		read_one("t1.trips", trips);
	if (level_said)
		read_one("t1.level", level);
	/* As the engine does: points that are good again without a reading of their own. */
	for (size_t position = 0; (p = point_expire(w.table, &position, w.now.mono_us));)
		evaluator_point(w.evaluator, point_index(w.table, p), w.now, &w.effects);
}

/* Every transition: when, which, from, to, by what, how urgent, how often, in test. */
static void write_down(struct str_buf *to, int64_t began_us)
{
	for (size_t i = 0; i < w.effects.count; i++) {
		const struct alarm_transition *t = &w.effects.transitions[i];

		if (!alarm_is_told(t))
			continue;
		str_buf_printf(to, "%9lld %s %s->%s %s %d x%u%s\n", (long long)((t->at.mono_us - began_us) / MS),
			       t->alarm.id, alarm_state_name(t->from), alarm_state_name(t->alarm.state),
			       alarm_input_name(t->input), t->alarm.priority, t->alarm.count,
			       t->alarm.test ? " test" : "");
	}
	alarm_effects_clear(&w.effects);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In order of time; what happened in one moment has no order. */
static char *sorted(struct str_buf *text)
{
	_cleanup_(freep) char *all = str_buf_take(text);
	char *lines[1000], *rest = all;
	struct str_buf ordered = { 0 };
	size_t count = 0;

	for (char *line; (line = strtok_r(count ? NULL : all, "\n", &rest)); count++) {
		assert_true(count < ARRAY_SIZE(lines));
		lines[count] = line;
	}
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		str_buf_printf(&ordered, "%s\n", lines[i]);
	return str_buf_take(&ordered);
}

enum { NEVER = -1, ALWAYS = 1000 };

/* killed: after which step; jump_us: how far the wall clock jumps at every step, in turn forth and back. */
static char *run(const struct story *story, int killed, int64_t jump_us)
{
	struct str_buf got = { 0 };
	int64_t began_us;

	level_said = works_said = trips_said = false;
	alarm_world_init(&w, LINES);
	for (size_t i = 0; i < story->rule_count; i++)
		alarm_world_rule(&w, &story->rules[i]);
	alarm_world_start(&w);
	began_us = w.now.mono_us;
	for (size_t i = 0; i < story->count; i++) {
		alarm_world_pass(&w, story->steps[i].after_us);
		w.now.wall_us += i % 2 ? jump_us : -jump_us;
		carry_out(&story->steps[i]);
		write_down(&got, began_us);
		if (killed == (int)i || killed == ALWAYS)
			kill_and_start();
		write_down(&got, began_us);
	}
	alarm_world_fini(&w);
	return sorted(&got);
}

/* The first line that differs says most. */
static void assert_same(const char *got, const char *whole, int killed)
{
	size_t at = 0, line = 0;

	while (got[at] && got[at] == whole[at])
		line = got[at++] == '\n' ? at : line;
	if (got[at] == whole[at])
		return;
	fail_msg("killed after step %d: got '%.*s', expected '%.*s'", killed, (int)strcspn(got + line, "\n"),
		 got + line, (int)strcspn(whole + line, "\n"), whole + line);
}

static void killed_anywhere_nothing_is_missing_double_or_other(void **state)
{
	_cleanup_(freep) char *whole = run(&of_delays, NEVER, 0);

	(void)state;
	assert_non_null(strstr(whole, "rise"));
	assert_non_null(strstr(whole, "out_of_service"));
	assert_non_null(strstr(whole, "suppressed"));
	assert_non_null(strstr(whole, "test"));
	for (int killed = 0; killed < (int)of_delays.count; killed++) {
		_cleanup_(freep) char *got = run(&of_delays, killed, 0);

		assert_same(got, whole, killed);
	}
}

static void killed_anywhere_rules_that_look_back_know_what_they_knew(void **state)
{
	_cleanup_(freep) char *whole = run(&of_windows, NEVER, 0), *always = run(&of_windows, ALWAYS, 0);

	(void)state;
	for (size_t i = 0; i < of_windows.rule_count; i++) {
		char raised[64];

		snprintf(raised, sizeof(raised), "%s/t1 normal->", windows[i].id);
		if (!strstr(whole, raised))
			fail_msg("rule %s never raised anything", windows[i].id);
	}
	assert_same(always, whole, ALWAYS);
	for (int killed = 0; killed < (int)of_windows.count; killed++) {
		_cleanup_(freep) char *got = run(&of_windows, killed, 0);

		assert_same(got, whole, killed);
	}
}

static void killed_after_every_step_nothing_is_missing_double_or_other(void **state)
{
	_cleanup_(freep) char *whole = run(&of_delays, NEVER, 0), *got = run(&of_delays, ALWAYS, 0);

	(void)state;
	assert_same(got, whole, ALWAYS);
}

static void a_wall_clock_that_jumps_both_ways_moves_nothing(void **state)
{
	static const int64_t jumps_us[] = { HOUR, 400 * DAY, -3 * DAY, 20000 * DAY };
	_cleanup_(freep) char *whole = run(&of_delays, NEVER, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(jumps_us); i++) {
		_cleanup_(freep) char *got = run(&of_delays, NEVER, jumps_us[i]);

		assert_same(got, whole, NEVER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_anywhere_nothing_is_missing_double_or_other),
		cmocka_unit_test(killed_anywhere_rules_that_look_back_know_what_they_knew),
		cmocka_unit_test(killed_after_every_step_nothing_is_missing_double_or_other),
		cmocka_unit_test(a_wall_clock_that_jumps_both_ways_moves_nothing),
	};

	return UNIT_RUN(tests);
}
