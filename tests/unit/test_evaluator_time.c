/* Rules whose condition changes by time alone: the evaluator looks again in that very moment; restarts, reloads, clocks. */
#include <errno.h>
#include <string.h>

#include "alarm_case.h"
#include "alarm/explain.h"
#include "base/mem.h"

#define TANK "class tank\npoint level number %\npoint low bool\ndevice t1"
#define DOOR "class door\npoint open bool\npoint granted event\npoint battery number %\ndevice d1"

#define LEVEL(number) alarm_world_read(&w, "t1.level", value_number(number))
#define OPEN(boolean) alarm_world_read(&w, "d1.open", value_bool(boolean))
#define GRANTED()     alarm_world_read(&w, "d1.granted", value_event(""))

static void an_old_value_raises_in_that_moment_and_the_same_value_again_ends_it(void **state)
{
	static const struct rule rule = { .id = "r", .when = "age(level) > 5m" };

	(void)state;
	begin(TANK, &rule);
	LEVEL(50);
	alarm_world_pass(&w, 5 * MINUTE);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	alarm_world_pass(&w, HOUR);
	LEVEL(50); /* changes nothing but the age */
	HAPPENED("rtn_unacked");
	alarm_world_pass(&w, 4 * MINUTE);
	LEVEL(50);
	alarm_world_pass(&w, 5 * MINUTE);
	HAPPENED("");
}

static void an_age_waits_for_its_delay_too(void **state)
{
	static const struct rule rule = { .id = "r", .when = "age(level) >= 5m", .for_us = 30 * S };

	(void)state;
	begin(TANK, &rule);
	LEVEL(50);
	alarm_world_pass(&w, 5 * MINUTE + 30 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void what_does_not_change_any_more_is_told_when_its_time_is_over(void **state)
{
	static const struct rule rule = { .id = "r", .when = "low && !changed(level, 10m)" };

	(void)state;
	begin(TANK, &rule);
	alarm_world_read(&w, "t1.low", value_bool(true));
	LEVEL(1);
	alarm_world_pass(&w, 5 * MINUTE);
	LEVEL(2);
	alarm_world_pass(&w, 10 * MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	LEVEL(3);
	HAPPENED("rtn_unacked");
}

static void happenings_that_are_counted_raise_and_fall_over_by_time(void **state)
{
	static const struct rule rule = { .id = "r", .when = "count(granted, 1m) >= 3" };

	(void)state;
	begin(DOOR, &rule);
	GRANTED();
	alarm_world_pass(&w, 10 * S);
	GRANTED();
	HAPPENED("");
	alarm_world_pass(&w, 10 * S);
	GRANTED();
	HAPPENED("unacked");
	GRANTED(); /* a fourth is the same condition, not another alarm */
	HAPPENED("");
	alarm_world_pass(&w, 50 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("rtn_unacked");
}

static void a_counted_event_is_no_occurrence_of_what_holds_anyway(void **state)
{
	static const struct rule rule = { .id = "r", .when = "open && count(granted, 1m) < 5" };

	(void)state;
	begin(DOOR, &rule);
	OPEN(true);
	alarm_world_read(&w, "d1.battery", value_number(90));
	alarm_world_pass(&w, HOUR);
	GRANTED();
	HAPPENED("unacked");
	alarm_world_pass(&w, 2 * MINUTE);
	GRANTED();
	HAPPENED("");
	assert_int_equal(evaluator_find(w.evaluator, "r/d1")->count, 1);
}

static void a_mean_raises_though_no_reading_comes(void **state)
{
	static const struct rule rule = { .id = "r", .when = "avg(level, 32m) > 90" };

	(void)state;
	begin(TANK, &rule);
	LEVEL(0);
	alarm_world_pass(&w, HOUR);
	LEVEL(100);
	alarm_world_pass(&w, 28 * MINUTE);
	HAPPENED("");
	alarm_world_pass(&w, 3 * MINUTE);
	HAPPENED("unacked");
	alarm_world_pass(&w, 10 * MINUTE);
	assert_true(evaluator_due(w.evaluator) == INT64_MAX); /* all of the window is the same: nothing to wait for */
}

static void after_a_restart_a_window_goes_on(void **state)
{
	static const struct rule rule = { .id = "r", .when = "count(granted, 1m) >= 2" };

	(void)state;
	begin(DOOR, &rule);
	GRANTED();
	GRANTED();
	HAPPENED("unacked");
	alarm_world_restart(&w, 5 * S);
	HAPPENED("");
	GRANTED();
	alarm_world_pass(&w, 55 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("rtn_unacked");
}

static void after_a_long_outage_a_window_begins_anew_and_an_alarm_waits_for_it(void **state)
{
	static const struct rule rule = { .id = "r", .when = "count(granted, 1m) >= 2" };

	(void)state;
	begin(DOOR, &rule);
	GRANTED();
	GRANTED();
	HAPPENED("unacked");
	alarm_world_restart(&w, MINUTE + 1);
	HAPPENED("");
	GRANTED();
	alarm_world_pass(&w, MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("rtn_unacked");
}

static void a_reload_keeps_the_windows(void **state)
{
	static const struct rule rule = { .id = "r", .when = "count(granted, 1m) >= 3" };
	struct evaluator *old;
	struct point_table *old_table;

	(void)state;
	begin(DOOR, &rule);
	GRANTED();
	GRANTED();
	alarm_world_pass(&w, 20 * S);
	old = steal(&w.evaluator);
	old_table = steal(&w.table);
	alarm_world_start(&w);
	point_carry(w.table, old_table);
	evaluator_carry(w.evaluator, old);
	evaluator_free(old);
	point_table_free(old_table);
	HAPPENED("");
	GRANTED();
	HAPPENED("unacked");
}

static void a_step_of_the_wall_clock_ages_nothing(void **state)
{
	static const struct rule rule = { .id = "r", .when = "age(level) > 5m || count(low, 5m) > 1" };

	(void)state;
	begin(TANK, &rule);
	LEVEL(50);
	alarm_world_read(&w, "t1.low", value_bool(false));
	w.now.wall_us += 400 * DAY;
	alarm_world_pass(&w, 5 * MINUTE);
	HAPPENED("");
	w.now.wall_us -= 800 * DAY;
	LEVEL(50);
	alarm_world_pass(&w, 5 * MINUTE);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

/* The store keeps values over a boot: their monotonic time is below zero then. */
static void what_was_heard_before_this_boot_has_its_age_after_a_kill_too(void **state)
{
	static const struct rule rule = { .id = "r", .when = "age(level) > 5m && low" };
	struct point *level;

	(void)state;
	begin(TANK, &rule);
	level = point_find(w.table, "t1.level");
	level->value = value_number(3);
	level->quality = QUALITY_LOST;
	level->mono_us = -HOUR;
	alarm_world_read(&w, "t1.low", value_bool(false));
	alarm_world_restart(&w, S); /* nothing of it is damaged */
	alarm_world_read(&w, "t1.low", value_bool(true));
	HAPPENED("unacked");
}

static void a_quality_is_asked_for_before_the_first_reading(void **state)
{
	static const struct rule rule = { .id = "r", .when = "level is lost", .for_us = 3 * MINUTE };

	(void)state;
	begin(TANK, &rule);
	alarm_world_pass(&w, 10 * MINUTE);
	HAPPENED("unacked");
	LEVEL(3);
	HAPPENED("rtn_unacked");
}

static void it_says_why_it_is_not_active_yet(void **state)
{
	static const struct rule rule = { .id = "r", .when = "level > 90 && !(low || level > 95)", .for_us = 30 * S };
	_cleanup_(freep) void *room = mem_zalloc(sizeof(struct explain));
	struct explain *x = room;
	size_t position = 0;

	(void)state;
	begin(TANK, &rule);
	alarm_world_read(&w, "t1.low", value_bool(false));
	LEVEL(93);
	alarm_world_pass(&w, 10 * S);
	assert_string_equal(explain_next_asset(w.evaluator, "r", &position), "t1");
	assert_null(explain_next_asset(w.evaluator, "r", &position));
	assert_int_equal(explain_watch(w.evaluator, "r", "t2", w.now.mono_us, x), -ENOENT);
	assert_int_equal(explain_watch(w.evaluator, "r", "t1", w.now.mono_us, x), 0);
	assert_true(x->result == EXPR_TRUE && !x->active && x->waiting && !x->stopped);
	assert_int_equal(x->wait_us, 30 * S);
	assert_int_equal(x->left_us, 20 * S);
	assert_int_equal(x->input_count, 2);
	/* whole, level > 90, level, !(…), (…), low, level > 95, level */
	assert_int_equal(x->said_count, 8);
	assert_int_equal(x->said[0].end - x->said[0].start, strlen(rule.when));
	assert_true(x->said[2].type == VALUE_NUMBER && x->said[2].known && x->said[2].number == 93);
	assert_true(x->said[6].type == VALUE_BOOL && x->said[6].known && !x->said[6].boolean);
	assert_int_equal(x->said[7].depth, 4);
	alarm_world_quality(&w, "t1.level", QUALITY_LOST);
	alarm_world_pass(&w, HOUR);
	assert_int_equal(explain_watch(w.evaluator, "r", "t1", w.now.mono_us, x), 0);
	assert_true(x->result == EXPR_UNKNOWN && x->waiting && x->stopped);
	assert_int_equal(x->left_us, 20 * S);
}

static const struct explain *explained(struct explain *x)
{
	assert_int_equal(explain_watch(w.evaluator, "r", "t1", w.now.mono_us, x), 0);
	return x;
}

static void it_says_when_the_priority_rises_and_why_it_does_not(void **state)
{
	static const struct rule rule = { .id = "r",
					  .when = "level > 90",
					  .priority = 4,
					  .rises = { { 10 * MINUTE, 3 }, { HOUR, 1 } },
					  .rise_count = 2 };
	_cleanup_(freep) void *room = mem_zalloc(sizeof(struct explain));
	const struct explain *x = room;

	(void)state;
	begin(TANK, &rule);
	LEVEL(50);
	explained(room);
	assert_int_equal(x->priority, 4);
	assert_true(x->steps[0].state == EXPLAIN_RISE_IDLE && x->steps[1].state == EXPLAIN_RISE_IDLE);
	assert_null(x->suppressed.text);
	LEVEL(95);
	alarm_world_pass(&w, 4 * MINUTE);
	explained(room);
	assert_true(x->steps[0].state == EXPLAIN_RISE_WAITING && x->steps[0].left_us == 6 * MINUTE);
	alarm_world_pass(&w, 6 * MINUTE);
	explained(room);
	assert_int_equal(x->priority, 3);
	assert_int_equal(x->steps[0].state, EXPLAIN_RISE_REACHED);
	assert_true(x->steps[1].state == EXPLAIN_RISE_WAITING && x->steps[1].left_us == 50 * MINUTE);
	assert_int_equal(alarm_world_ack(&w, "r/t1"), 0);
	explained(room);
	assert_int_equal(x->steps[1].state, EXPLAIN_RISE_WAITING); /* somebody looked; it still holds */
	assert_int_equal(alarm_world_order(&w, &(struct evaluator_command){ .alarm = "r/t1",
									    .input = ALARM_IN_SHELVE,
									    .who = "li",
									    .for_us = DAY }),
			 0);
	alarm_world_pass(&w, HOUR);
	explained(room);
	assert_true(x->steps[1].state == EXPLAIN_RISE_HELD && x->steps[1].left_us == 0 && x->priority == 3);
}

static void it_says_whether_the_excuse_holds_and_what_counts_while_that_is_unknown(void **state)
{
	static const struct rule rule = { .id = "r", .when = "level > 90", .suppressed_when = "low || level < 5" };
	_cleanup_(freep) void *room = mem_zalloc(sizeof(struct explain));
	const struct explain *x = room;

	(void)state;
	begin(TANK, &rule);
	alarm_world_read(&w, "t1.low", value_bool(false));
	LEVEL(95);
	explained(room);
	assert_true(x->suppressed.bound && x->suppressed.result == EXPR_FALSE && !x->suppressed.holds);
	assert_string_equal(x->suppressed.text, rule.suppressed_when);
	assert_int_equal(x->suppressed.said_count, 4); /* whole, low, level < 5, level */
	assert_true(x->suppressed.said[3].known && x->suppressed.said[3].number == 95);
	assert_null(x->acked.text);
	alarm_world_read(&w, "t1.low", value_bool(true));
	explained(room);
	assert_true(x->suppressed.result == EXPR_TRUE && x->suppressed.holds);
	alarm_world_quality(&w, "t1.low", QUALITY_LOST);
	explained(room);
	assert_true(x->suppressed.result == EXPR_UNKNOWN && x->suppressed.holds);
	assert_int_equal(x->result, EXPR_TRUE); /* the condition itself is as it was */
}

static void an_excuse_without_its_points_never_holds(void **state)
{
	static const struct rule rule = { .id = "r", .when = "level > 90", .suppressed_when = "low" };
	_cleanup_(freep) void *room = mem_zalloc(sizeof(struct explain));
	const struct explain *x = room;

	(void)state;
	begin(TANK "\nlacks t1 low", &rule);
	LEVEL(95);
	explained(room);
	assert_true(x->suppressed.text && !x->suppressed.bound && !x->suppressed.holds);
	assert_true(x->suppressed.result == EXPR_FALSE && x->suppressed.said_count == 0);
}

#define EVALUATOR_TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		EVALUATOR_TEST(an_old_value_raises_in_that_moment_and_the_same_value_again_ends_it),
		EVALUATOR_TEST(an_age_waits_for_its_delay_too),
		EVALUATOR_TEST(what_does_not_change_any_more_is_told_when_its_time_is_over),
		EVALUATOR_TEST(happenings_that_are_counted_raise_and_fall_over_by_time),
		EVALUATOR_TEST(a_counted_event_is_no_occurrence_of_what_holds_anyway),
		EVALUATOR_TEST(a_mean_raises_though_no_reading_comes),
		EVALUATOR_TEST(after_a_restart_a_window_goes_on),
		EVALUATOR_TEST(after_a_long_outage_a_window_begins_anew_and_an_alarm_waits_for_it),
		EVALUATOR_TEST(a_reload_keeps_the_windows),
		EVALUATOR_TEST(a_step_of_the_wall_clock_ages_nothing),
		EVALUATOR_TEST(what_was_heard_before_this_boot_has_its_age_after_a_kill_too),
		EVALUATOR_TEST(a_quality_is_asked_for_before_the_first_reading),
		EVALUATOR_TEST(it_says_why_it_is_not_active_yet),
		EVALUATOR_TEST(it_says_when_the_priority_rises_and_why_it_does_not),
		EVALUATOR_TEST(it_says_whether_the_excuse_holds_and_what_counts_while_that_is_unknown),
		EVALUATOR_TEST(an_excuse_without_its_points_never_holds),
	};

	return UNIT_RUN(tests);
}
