/* Rules over devices: delays, unknown values, acknowledging, events, restarts, conditions from outside, floods. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm_case.h"
#include "base/mem.h"

#define TANK "class tank\npoint level number %\npoint low bool\ndevice t1"
#define SOS  "class sos\npoint pressed event\npoint battery number %\ndevice s1"
#define TRAP "class lift\npoint trapped bool\npoint fault bool\ndevice lift-1"

#define LEVEL(number)    alarm_world_read(&w, "t1.level", value_number(number))
#define PRESS()          alarm_world_read(&w, "s1.pressed", value_event(""))
#define TRAPPED(boolean) alarm_world_read(&w, "lift-1.trapped", value_bool(boolean))

static const struct rule high = { .id = "high", .when = "level > 90" };

/* ---- the life of an alarm ---- */

static void an_alarm_is_raised_acknowledged_and_returns(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(80);
	HAPPENED("");
	LEVEL(95);
	HAPPENED("unacked");
	assert_int_equal(evaluator_open(w.evaluator), 1);
	LEVEL(96);
	HAPPENED("");
	assert_int_equal(alarm_world_ack(&w, "high/t1"), 0);
	HAPPENED("acked");
	assert_int_equal(alarm_world_ack(&w, "high/t1"), -EALREADY);
	LEVEL(80);
	HAPPENED("normal");
	assert_int_equal(evaluator_open(w.evaluator), 0);
	assert_int_equal(alarm_world_ack(&w, "high/t1"), -ENOENT);
	assert_int_equal(alarm_world_ack(&w, "high/t2"), -ENOENT);
	HAPPENED("");
}

static void an_alarm_that_is_over_unseen_waits_for_a_look(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	LEVEL(80);
	HAPPENED("unacked rtn_unacked");
	LEVEL(95);
	HAPPENED("unacked");
	assert_int_equal(alarm_get("high/t1")->count, 2);
	LEVEL(80);
	assert_int_equal(alarm_world_ack(&w, "high/t1"), 0);
	HAPPENED("rtn_unacked normal");
	LEVEL(95);
	assert_int_equal(alarm_get("high/t1")->count, 1);
}

static void a_latched_alarm_ends_only_by_a_person(void **state)
{
	static const struct rule rule = { .id = "trapped", .when = "trapped", .life_safety = true };

	(void)state;
	begin(TRAP, &rule);
	TRAPPED(true);
	assert_int_equal(alarm_world_close(&w, "trapped/lift-1"), -EBUSY);
	alarm_world_ack(&w, "trapped/lift-1");
	assert_int_equal(alarm_world_close(&w, "trapped/lift-1"), -EBUSY);
	TRAPPED(false);
	HAPPENED("unacked acked latched");
	TRAPPED(true);
	HAPPENED("unacked");
	TRAPPED(false);
	assert_int_equal(alarm_world_close(&w, "trapped/lift-1"), -EINVAL);
	alarm_world_ack(&w, "trapped/lift-1");
	HAPPENED("rtn_unacked latched");
	assert_int_equal(alarm_world_close(&w, "trapped/lift-1"), 0);
	HAPPENED("normal");
	assert_int_equal(alarm_world_close(&w, "trapped/lift-1"), -ENOENT);
}

static void a_transition_says_who_when_and_from_where(void **state)
{
	const struct alarm_transition *t;

	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	alarm_world_pass(&w, 7 * S);
	alarm_world_ack(&w, "high/t1");
	assert_int_equal(w.effects.count, 2);
	t = &w.effects.transitions[1];
	assert_int_equal(t->from, ALARM_UNACKED);
	assert_int_equal(t->input, ALARM_IN_ACK);
	assert_int_equal(t->at.mono_us, w.now.mono_us);
	assert_string_equal(t->who, "desk");
	assert_string_equal(t->note, "looked");
	assert_string_equal(t->alarm.ack_by, "desk");
	assert_int_equal(t->alarm.acked_us, w.now.wall_us);
	assert_int_equal(t->alarm.changed_us, w.now.wall_us);
	assert_int_equal(t->alarm.since_us, w.now.wall_us - 7 * S);
	assert_null(w.effects.transitions[0].alarm.ack_by);
}

static void only_people_s_inputs_are_commands(void **state)
{
	struct evaluator_command c = { .alarm = "high/t1", .input = ALARM_IN_RETURNED, .who = "desk" };

	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	assert_int_equal(evaluator_command(w.evaluator, &c, w.now, &w.effects), -EINVAL);
	STATE("high/t1", "unacked");
}

/* ---- reason and text ---- */

static void an_alarm_says_why_in_both_languages(void **state)
{
	static const struct rule rule = {
		.id = "high",
		.when = "level > 90 && !low",
		.for_us = 90 * S,
		.priority = 2,
		.text = { .zh = "{place} {device} 水位 {value}，已 {age}", .en = "{device}: level {value} for {age}" },
		.guidance = { .zh = "关进水阀" },
	};
	const struct alarm *a;

	(void)state;
	begin(TANK, &rule);
	alarm_world_read(&w, "t1.low", value_bool(false));
	LEVEL(93.25);
	alarm_world_pass(&w, 90 * S);
	a = alarm_get("high/t1");
	assert_string_equal(a->id, "high/t1");
	assert_string_equal(a->rule, "high");
	assert_string_equal(a->asset, "t1");
	assert_string_equal(a->place, "b3/u1");
	assert_int_equal(a->priority, 2);
	assert_string_equal(a->text_zh, "b3/u1 t1 水位 93.25 %，已 1 分钟");
	assert_string_equal(a->text_en, "t1: level 93.25 % for 1 min");
	assert_string_equal(a->guidance_zh, "关进水阀");
	assert_string_equal(a->guidance_en, "关进水阀");
	assert_string_equal(a->reason.when, "level > 90 && !low");
	assert_int_equal(a->reason.input_count, 2);
	assert_string_equal(a->reason.inputs[0].point, "t1.level");
	assert_true(a->reason.inputs[0].value.number == 93.25);
	assert_int_equal(a->reason.inputs[0].quality, QUALITY_GOOD);
	assert_int_equal(a->reason.inputs[0].at_us, w.now.wall_us - 90 * S);
	assert_string_equal(a->reason.inputs[1].point, "t1.low");
}

static void the_value_of_a_text_is_the_first_number_that_is_known(void **state)
{
	static const struct rule rule = { .id = "low", .when = "low || level < 10", .text = { .en = "{value}" } };

	(void)state;
	begin(TANK, &rule);
	alarm_world_read(&w, "t1.low", value_bool(true));
	assert_string_equal(alarm_get("low/t1")->text_en, "true");
	LEVEL(50);
	alarm_world_read(&w, "t1.low", value_bool(false));
	LEVEL(8.5);
	HAPPENED("unacked rtn_unacked unacked");
	assert_string_equal(alarm_get("low/t1")->text_en, "8.5 %");
}

static void a_rule_may_say_what_it_cannot_do_without(void **state)
{
	static const char *const needs[] = { "command", "run" };
	static const struct rule rule = { .id = "no-run", .when = "command && !run", .needs = needs, .needs_count = 2 };

	(void)state;
	begin("class pump\npoint command bool\npoint run bool\ndevice p1\ndevice p2\nlacks p2 run", &rule);
	alarm_world_read(&w, "p1.run", value_bool(false));
	alarm_world_read(&w, "p1.command", value_bool(true));
	alarm_world_read(&w, "p2.command", value_bool(true));
	HAPPENED("unacked");
	STATE("no-run/p2", "none");
}

static void a_make_without_a_point_is_watched_by_what_it_has(void **state)
{
	static const struct rule rule = { .id = "high", .when = "low || level > 90" };

	(void)state;
	begin(TANK "\ndevice t2\nlacks t2 low", &rule);
	alarm_world_read(&w, "t2.level", value_number(80));
	alarm_world_read(&w, "t2.level", value_number(95));
	HAPPENED("unacked");
	alarm_world_read(&w, "t2.level", value_number(80));
	HAPPENED("rtn_unacked");
}

static void without_a_text_it_says_rule_and_device(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	assert_string_equal(alarm_get("high/t1")->text_en, "high: t1");
	assert_string_equal(alarm_get("high/t1")->text_zh, "high: t1");
	assert_null(alarm_get("high/t1")->guidance_en);
}

static void a_reason_holds_eight_readings_at_most(void **state)
{
	static const struct rule rule = { .id = "any", .when = "a||b||c||d||e||f||g||h||i||j" };

	(void)state;
	begin("class c\npoint a bool\npoint b bool\npoint c bool\npoint d bool\npoint e bool\npoint f bool\n"
	      "point g bool\npoint h bool\npoint i bool\npoint j bool\ndevice d1",
	      &rule);
	alarm_world_read(&w, "d1.j", value_bool(true));
	assert_int_equal(alarm_get("any/d1")->reason.input_count, 8);
}

/* ---- delays ---- */

static void the_on_delay_fires_on_its_microsecond_and_not_before(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 5 * S };

	(void)state;
	begin(TANK, &rule);
	assert_true(evaluator_due(w.evaluator) == INT64_MAX);
	LEVEL(95);
	assert_int_equal(evaluator_due(w.evaluator), w.now.mono_us + 5 * S);
	alarm_world_pass(&w, 5 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	assert_true(evaluator_due(w.evaluator) == INT64_MAX);
}

static void a_short_condition_raises_nothing(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 5 * S };

	(void)state;
	begin(TANK, &rule);
	for (int i = 0; i < 10; i++) {
		LEVEL(95);
		alarm_world_pass(&w, 4 * S);
		LEVEL(80);
		alarm_world_pass(&w, 4 * S);
	}
	HAPPENED("");
	assert_true(evaluator_due(w.evaluator) == INT64_MAX);
}

static void the_off_delay_keeps_an_alarm_until_it_is_over_for_good(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .off_for_us = 60 * S };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	LEVEL(80);
	alarm_world_pass(&w, 59 * S);
	LEVEL(95);
	alarm_world_pass(&w, 100 * S);
	LEVEL(80);
	HAPPENED("unacked");
	alarm_world_pass(&w, 60 * S);
	HAPPENED("rtn_unacked");
	assert_int_equal(alarm_get("high/t1")->count, 1);
}

static void hysteresis_counts_only_while_the_condition_is_active(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .hysteresis = 2 };

	(void)state;
	begin(TANK, &rule);
	LEVEL(89);
	HAPPENED("");
	LEVEL(90.5);
	HAPPENED("unacked");
	LEVEL(88.5);
	HAPPENED("");
	LEVEL(88);
	HAPPENED("rtn_unacked");
	LEVEL(89);
	HAPPENED("");
}

/* ---- unknown ---- */

static void a_silent_sensor_raises_nothing_by_its_old_value(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 5 * S };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	alarm_world_pass(&w, 3 * S);
	alarm_world_quality(&w, "t1.level", QUALITY_LOST);
	assert_true(evaluator_due(w.evaluator) == INT64_MAX);
	alarm_world_pass(&w, 1000 * S);
	HAPPENED("");
	LEVEL(95); /* it speaks again: two of its five seconds are left */
	alarm_world_pass(&w, 2 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void a_silent_sensor_ends_no_alarm(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .off_for_us = 60 * S };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	HAPPENED("unacked");
	alarm_world_quality(&w, "t1.level", QUALITY_STALE);
	alarm_world_pass(&w, 1000 * S);
	HAPPENED("");
	LEVEL(80);
	alarm_world_pass(&w, 30 * S);
	alarm_world_quality(&w, "t1.level", QUALITY_BAD);
	alarm_world_pass(&w, 1000 * S);
	HAPPENED("");
	LEVEL(80);
	alarm_world_pass(&w, 30 * S);
	HAPPENED("rtn_unacked");
}

static void read_errors_now_and_then_do_not_put_an_alarm_off_for_ever(void **state)
{
	static const struct rule rule = { .id = "trapped", .when = "trapped", .for_us = 90 * S };
	int seconds = 0;

	(void)state;
	begin(TRAP, &rule);
	while (strcmp(alarm_world_state(&w, "trapped/lift-1"), "unacked") != 0 && seconds++ < 1000) {
		if (seconds % 20 == 0)
			alarm_world_quality(&w, "lift-1.trapped", QUALITY_BAD);
		else
			TRAPPED(true);
		alarm_world_pass(&w, S);
	}
	assert_in_range(seconds, 90, 96);
}

static void a_device_without_the_point_is_not_watched(void **state)
{
	static const struct rule rule = { .id = "low", .when = "battery < 15" };

	(void)state;
	begin("class c\npoint battery number %\npoint x bool\ndevice d1\ndevice d2\nlacks d2 battery", &rule);
	alarm_world_read(&w, "d1.battery", value_number(3));
	alarm_world_read(&w, "d2.x", value_bool(true));
	HAPPENED("unacked");
	STATE("low/d1", "unacked");
	STATE("low/d2", "none");
}

static void one_known_input_may_decide_alone(void **state)
{
	static const struct rule rule = { .id = "any", .when = "level > 90 || low" };

	(void)state;
	begin(TANK, &rule);
	alarm_world_read(&w, "t1.low", value_bool(true));
	HAPPENED("unacked");
	assert_int_equal(alarm_get("any/t1")->reason.inputs[0].quality, QUALITY_LOST);
}

/* ---- events ---- */

static const struct rule sos = { .id = "sos", .when = "pressed", .priority = 1, .life_safety = true, .latch = true };

static void a_pressed_button_is_an_alarm_until_a_person_closes_it(void **state)
{
	(void)state;
	begin(SOS, &sos);
	PRESS();
	HAPPENED("unacked");
	alarm_world_read(&w, "s1.battery", value_number(97));
	alarm_world_quality(&w, "s1.pressed", QUALITY_LOST);
	alarm_world_pass(&w, DAY);
	HAPPENED("");
	STATE("sos/s1", "unacked");
	assert_int_equal(alarm_world_close(&w, "sos/s1"), -EINVAL);
	alarm_world_ack(&w, "sos/s1");
	HAPPENED("latched");
	alarm_world_pass(&w, DAY);
	STATE("sos/s1", "latched");
	assert_int_equal(alarm_world_close(&w, "sos/s1"), 0);
	HAPPENED("normal");
}

static void an_event_that_does_not_latch_is_normal_when_acknowledged(void **state)
{
	static const struct rule rule = { .id = "bell", .when = "pressed" };

	(void)state;
	begin(SOS, &rule);
	PRESS();
	STATE("bell/s1", "unacked");
	alarm_world_ack(&w, "bell/s1");
	HAPPENED("unacked normal");
}

static void repeats_within_a_minute_only_count(void **state)
{
	(void)state;
	begin(SOS, &sos);
	for (int i = 0; i < 6; i++) {
		PRESS();
		alarm_world_pass(&w, 10 * S - 1);
	}
	HAPPENED("unacked");
	assert_int_equal(alarm_get("sos/s1")->count, 6);
	alarm_world_pass(&w, 6);
	PRESS(); /* a minute after the one that was told */
	HAPPENED("unacked");
	assert_int_equal(alarm_get("sos/s1")->count, 7);
}

static void a_press_after_the_acknowledgement_is_told_at_once(void **state)
{
	(void)state;
	begin(SOS, &sos);
	PRESS();
	alarm_world_ack(&w, "sos/s1");
	alarm_world_pass(&w, S);
	PRESS();
	HAPPENED("unacked latched unacked");
	assert_int_equal(alarm_get("sos/s1")->count, 2);
	assert_null(alarm_get("sos/s1")->ack_by);
}

static void a_real_press_after_a_test_press_is_told_at_once(void **state)
{
	struct point *p;
	struct reading test = { .value = { .type = VALUE_EVENT }, .test = true };

	(void)state;
	begin(SOS, &sos);
	p = point_find(w.table, "s1.pressed");
	test.point = point_index(w.table, p);
	test.at = w.now;
	point_apply(w.table, &test);
	evaluator_point(w.evaluator, test.point, w.now, &w.effects);
	assert_true(alarm_get("sos/s1")->test);
	PRESS();
	HAPPENED("unacked unacked");
	assert_false(alarm_get("sos/s1")->test);
}

static void an_event_waits_for_no_delay(void **state)
{
	static const struct rule rule = { .id = "fall", .when = "pressed", .for_us = 30 * S };

	(void)state;
	begin(SOS, &rule);
	PRESS();
	HAPPENED("unacked");
}

static void coming_back_is_no_event(void **state)
{
	(void)state;
	begin(SOS, &sos);
	PRESS();
	alarm_world_ack(&w, "sos/s1");
	alarm_world_close(&w, "sos/s1");
	HAPPENED("unacked latched normal");
	alarm_world_pass(&w, HOUR);
	alarm_world_quality(&w, "s1.pressed", QUALITY_LOST);
	alarm_world_quality(&w, "s1.pressed", QUALITY_GOOD);
	HAPPENED("");
}

static void an_event_may_depend_on_a_lasting_value(void **state)
{
	static const struct rule rule = { .id = "x", .when = "pressed && battery > 10" };

	(void)state;
	begin(SOS, &rule);
	PRESS();
	HAPPENED("");
	alarm_world_read(&w, "s1.battery", value_number(50));
	HAPPENED("");
	PRESS();
	HAPPENED("unacked");
	alarm_world_read(&w, "s1.battery", value_number(5));
	HAPPENED("");
}

static void a_press_counts_beside_a_condition_that_holds_already(void **state)
{
	static const struct rule rule = { .id = "x", .when = "pressed || battery < 10" };

	(void)state;
	begin(SOS, &rule);
	alarm_world_read(&w, "s1.battery", value_number(5));
	alarm_world_ack(&w, "x/s1");
	HAPPENED("unacked acked");
	PRESS();
	HAPPENED("unacked");
	alarm_world_ack(&w, "x/s1");
	alarm_world_read(&w, "s1.battery", value_number(50));
	HAPPENED("acked normal");
}

/* ---- n in t, realarm ---- */

static void three_times_in_a_minute_means_three_times(void **state)
{
	static const struct rule rule = { .id = "doors", .when = "fault", .times = 3, .within_us = MINUTE };

	(void)state;
	begin(TRAP, &rule);
	for (int i = 0; i < 5; i++) { /* every 31 s: never three in a minute */
		alarm_world_read(&w, "lift-1.fault", value_bool(true));
		alarm_world_read(&w, "lift-1.fault", value_bool(false));
		alarm_world_pass(&w, 31 * S);
	}
	HAPPENED("");
	for (int i = 0; i < 2; i++) {
		alarm_world_read(&w, "lift-1.fault", value_bool(true));
		alarm_world_read(&w, "lift-1.fault", value_bool(false));
		alarm_world_pass(&w, 10 * S);
	}
	HAPPENED("unacked rtn_unacked");
}

static void n_in_t_counts_events_too(void **state)
{
	static const struct rule rule = { .id = "bell", .when = "pressed", .times = 2, .within_us = 10 * S };

	(void)state;
	begin(SOS, &rule);
	PRESS();
	alarm_world_pass(&w, 11 * S);
	PRESS();
	HAPPENED("");
	alarm_world_pass(&w, 10 * S);
	PRESS();
	HAPPENED("unacked");
}

static void an_acknowledged_alarm_that_goes_on_rings_again(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .realarm_us = HOUR };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	alarm_world_pass(&w, 3 * HOUR);
	HAPPENED("unacked");
	alarm_world_ack(&w, "high/t1");
	alarm_world_pass(&w, HOUR - 1);
	HAPPENED("acked");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	assert_int_equal(alarm_get("high/t1")->count, 1);
	alarm_world_ack(&w, "high/t1");
	LEVEL(80);
	HAPPENED("acked normal");
	alarm_world_pass(&w, 2 * HOUR);
	HAPPENED("");
}

/* ---- restart ---- */

static void an_open_alarm_is_kept_and_not_told_anew(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	alarm_world_happened(&w);
	alarm_world_restart(&w, 3 * S);
	STATE("high/t1", "unacked");
	assert_int_equal(evaluator_open(w.evaluator), 1);
	LEVEL(95);
	alarm_world_pass(&w, HOUR);
	HAPPENED("");
	assert_int_equal(alarm_get("high/t1")->count, 1);
	LEVEL(80);
	HAPPENED("rtn_unacked");
}

static void what_ended_during_the_outage_returns_when_that_is_known(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	alarm_world_ack(&w, "high/t1");
	alarm_world_happened(&w);
	alarm_world_restart(&w, HOUR);
	alarm_world_quality(&w, "t1.level", QUALITY_BAD);
	alarm_world_pass(&w, HOUR);
	HAPPENED("");
	LEVEL(80);
	HAPPENED("normal");
}

static void an_alarm_can_be_acknowledged_before_its_sensor_is_back(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	alarm_world_restart(&w, S);
	alarm_world_happened(&w);
	alarm_world_ack(&w, "high/t1");
	HAPPENED("acked");
	LEVEL(95);
	HAPPENED("");
	LEVEL(80);
	HAPPENED("normal");
}

static void a_closed_alarm_of_a_mute_sensor_is_raised_anew_if_it_still_holds(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	alarm_world_ack(&w, "high/t1");
	alarm_world_restart(&w, S);
	alarm_world_happened(&w);
	assert_int_equal(alarm_world_close(&w, "high/t1"), 0);
	HAPPENED("normal");
	LEVEL(95);
	HAPPENED("unacked");
}

static void a_running_delay_goes_on_over_a_restart(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 60 * S };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	alarm_world_pass(&w, 40 * S);
	alarm_world_restart(&w, 3 * S);
	alarm_world_pass(&w, 100 * S); /* nothing was read yet: no old value raises it */
	HAPPENED("");
	alarm_world_restart(&w, 0);
	LEVEL(95);
	HAPPENED("unacked");
}

static void a_delay_goes_on_where_it_was(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 60 * S };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	alarm_world_pass(&w, 40 * S);
	alarm_world_restart(&w, 3 * S);
	LEVEL(95);
	alarm_world_pass(&w, 17 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void a_delay_whose_condition_ended_meanwhile_is_forgotten(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 60 * S };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	alarm_world_pass(&w, 40 * S);
	alarm_world_restart(&w, 3 * S);
	LEVEL(80);
	LEVEL(95);
	alarm_world_pass(&w, 60 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void an_off_delay_goes_on_over_a_restart(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .off_for_us = 60 * S };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	LEVEL(80);
	alarm_world_pass(&w, 40 * S);
	alarm_world_restart(&w, 3 * S);
	alarm_world_happened(&w);
	LEVEL(80);
	alarm_world_pass(&w, 17 * S);
	HAPPENED("rtn_unacked");
}

static void a_kept_delay_of_the_other_kind_is_not_taken(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 60 * S, .off_for_us = 60 * S };
	struct evaluator_delay d = { .id = "high/t1", .kind = EVALUATOR_OFF_DELAY };

	(void)state;
	begin(TANK, &rule);
	evaluator_restore_delay(w.evaluator, &d);
	LEVEL(95);
	HAPPENED("");
	alarm_world_pass(&w, 60 * S);
	HAPPENED("unacked");
}

static void the_wait_to_ring_again_goes_on_over_a_restart(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .realarm_us = HOUR };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	alarm_world_ack(&w, "high/t1");
	alarm_world_happened(&w);
	alarm_world_pass(&w, 10 * MINUTE);
	alarm_world_restart(&w, 20 * MINUTE);
	alarm_world_restart(&w, 0); /* once more, before anything is known */
	LEVEL(95);
	alarm_world_pass(&w, 30 * MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	alarm_world_ack(&w, "high/t1");
	alarm_world_happened(&w);
	alarm_world_restart(&w, 10 * HOUR);
	alarm_world_pass(&w, HOUR);
	HAPPENED(""); /* nobody knows whether it holds */
	LEVEL(95);
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void a_pressed_button_survives_restarts(void **state)
{
	(void)state;
	begin(SOS, &sos);
	PRESS();
	alarm_world_happened(&w);
	for (int i = 0; i < 3; i++) {
		alarm_world_restart(&w, S);
		alarm_world_read(&w, "s1.battery", value_number(97));
		alarm_world_quality(&w, "s1.pressed", QUALITY_BAD);
	}
	HAPPENED("");
	STATE("sos/s1", "unacked");
	/* Three seconds after the first one: the same call, over however many restarts. */
	PRESS();
	HAPPENED("");
	assert_int_equal(alarm_get("sos/s1")->count, 2);
	alarm_world_pass(&w, 57 * S);
	PRESS();
	HAPPENED("unacked");
	assert_int_equal(alarm_get("sos/s1")->count, 3);
}

static void the_state_says_what_held_whatever_the_store_kept(void **state)
{
	struct alarm kept = { .state = ALARM_ACKED, .rule = mem_strdup("high"), .asset = mem_strdup("t1") };

	(void)state;
	begin(TANK, &high);
	kept.id = mem_strdup("high/t1");
	kept.place = mem_strdup("b3/u1");
	evaluator_restore(w.evaluator, &kept); /* active was not kept */
	alarm_fini(&kept);
	LEVEL(80);
	HAPPENED("normal");
}

static void an_alarm_without_its_rule_stays_until_a_person_has_closed_it(void **state)
{
	struct alarm kept = { .state = ALARM_UNACKED, .active = true, .latch = true };

	(void)state;
	begin(TANK, &high);
	kept.id = mem_strdup("gone/t9");
	kept.rule = mem_strdup("gone");
	kept.asset = mem_strdup("t9");
	evaluator_restore(w.evaluator, &kept);
	kept.state = ALARM_ACKED;
	kept.id[6] = '8';
	kept.latch = false;
	evaluator_restore(w.evaluator, &kept);
	alarm_fini(&kept);
	alarm_world_pass(&w, DAY);
	assert_int_equal(evaluator_open(w.evaluator), 2);
	alarm_world_ack(&w, "gone/t9");
	alarm_world_close(&w, "gone/t9");
	alarm_world_close(&w, "gone/t8");
	HAPPENED("latched normal normal");
}

static void delays_tell_when_they_change(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 60 * S };
	struct evaluator_delay d;
	size_t position = 0;
	uint64_t version;

	(void)state;
	begin(TANK, &rule);
	LEVEL(80);
	version = evaluator_delay_version(w.evaluator);
	LEVEL(81);
	assert_int_equal(evaluator_delay_version(w.evaluator), version);
	assert_false(evaluator_next_delay(w.evaluator, &position, &d));
	LEVEL(95);
	assert_true(evaluator_delay_version(w.evaluator) > version);
	version = evaluator_delay_version(w.evaluator);
	LEVEL(96);
	assert_int_equal(evaluator_delay_version(w.evaluator), version);
	position = 0;
	assert_true(evaluator_next_delay(w.evaluator, &position, &d));
	assert_string_equal(d.id, "high/t1");
	assert_int_equal(d.kind, EVALUATOR_ON_DELAY);
	assert_int_equal(d.since_us, w.now.mono_us);
	assert_false(evaluator_next_delay(w.evaluator, &position, &d));
	alarm_world_pass(&w, 60 * S);
	assert_true(evaluator_delay_version(w.evaluator) > version);
	position = 0;
	assert_false(evaluator_next_delay(w.evaluator, &position, &d));
}

/* ---- conditions from outside ---- */

static const struct rule supervision = { .id = "supervision",
					 .for_us = 30 * S,
					 .priority = 3,
					 .text = { .zh = "{device} 失联：{value}", .en = "{device}: {value}" } };

static int set(const char *asset, bool active, int priority)
{
	struct evaluator_condition c = {
		.rule = "supervision",
		.asset = asset,
		.place = "b3",
		.active = active,
		.why_zh = "总线无应答",
		.why_en = "no answer",
		.priority = priority,
	};

	return evaluator_set(w.evaluator, &c, w.now, &w.effects);
}

static void supervision_is_an_alarm_like_any_other(void **state)
{
	(void)state;
	begin(TANK, &supervision);
	assert_int_equal(set("riser-3", false, 0), 0);
	assert_int_equal(set("riser-3", true, 0), 0);
	alarm_world_pass(&w, 29 * S);
	assert_int_equal(set("riser-3", true, 0), 0);
	HAPPENED("");
	alarm_world_pass(&w, S);
	HAPPENED("unacked");
	assert_string_equal(alarm_get("supervision/riser-3")->text_zh, "riser-3 失联：总线无应答");
	assert_string_equal(alarm_get("supervision/riser-3")->text_en, "riser-3: no answer");
	assert_string_equal(alarm_get("supervision/riser-3")->place, "b3");
	assert_string_equal(alarm_get("supervision/riser-3")->reason.when, "no answer");
	alarm_world_ack(&w, "supervision/riser-3");
	set("riser-3", false, 0);
	HAPPENED("acked normal");
}

static void what_has_no_place_is_told_without_one(void **state)
{
	static const struct rule rule = { .id = "supervision",
					  .text = { .zh = "{place} 监测中断：{device}：{value}",
						    .en = "{place}: not monitored: {device}: {value}" } };
	struct evaluator_condition c = { .rule = "supervision", .active = true, .why_zh = "无", .why_en = "no" };

	(void)state;
	begin(TANK, &rule);
	c.asset = "riser-3";
	assert_int_equal(evaluator_set(w.evaluator, &c, w.now, &w.effects), 0);
	assert_string_equal(alarm_get("supervision/riser-3")->text_zh, "监测中断：riser-3：无");
	assert_string_equal(alarm_get("supervision/riser-3")->text_en, "not monitored: riser-3: no");
	c.asset = "t1";
	c.place = "b3/u1";
	assert_int_equal(evaluator_set(w.evaluator, &c, w.now, &w.effects), 0);
	assert_string_equal(alarm_get("supervision/t1")->text_zh, "b3/u1 监测中断：t1：无");
	assert_string_equal(alarm_get("supervision/t1")->text_en, "b3/u1: not monitored: t1: no");
}

static void a_rise_of_priority_makes_an_acknowledged_alarm_unacked(void **state)
{
	(void)state;
	begin(TANK, &supervision);
	set("riser-3", true, 0);
	alarm_world_pass(&w, 30 * S);
	alarm_world_ack(&w, "supervision/riser-3");
	set("riser-3", true, 3);
	HAPPENED("unacked acked");
	set("riser-3", true, 2);
	HAPPENED("unacked");
	assert_int_equal(alarm_get("supervision/riser-3")->priority, 2);
	assert_int_equal(alarm_get("supervision/riser-3")->count, 1);
}

static void supervision_survives_a_restart(void **state)
{
	(void)state;
	begin(TANK, &supervision);
	set("riser-3", true, 0);
	set("riser-4", true, 0);
	alarm_world_pass(&w, 30 * S);
	set("riser-5", true, 0);
	alarm_world_happened(&w);
	alarm_world_restart(&w, 10 * S);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("");
	STATE("supervision/riser-3", "unacked");
	set("riser-3", true, 0);
	set("riser-4", false, 0);
	HAPPENED("rtn_unacked");
	set("riser-5", true, 0);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("unacked");
}

static void only_a_built_in_rule_can_be_set(void **state)
{
	struct evaluator_condition c = { .rule = "high", .asset = "t1", .active = true };
	char long_name[100];

	(void)state;
	begin(TANK, &high);
	assert_int_equal(evaluator_set(w.evaluator, &c, w.now, &w.effects), -ENOENT);
	c.rule = "supervision";
	assert_int_equal(evaluator_set(w.evaluator, &c, w.now, &w.effects), -ENOENT);
	alarm_world_fini(&w);
	begin(TANK, &supervision);
	memset(long_name, 'a', sizeof(long_name));
	long_name[91] = '\0';
	assert_int_equal(set(long_name, true, 0), -ENAMETOOLONG);
	long_name[90] = '\0';
	assert_int_equal(set(long_name, true, 0), 0);
	STATE("supervision/x", "none");
}

/* ---- many ---- */

static void a_rule_of_one_device_watches_that_one_and_reads_others(void **state)
{
	static const struct rule rule = { .id = "pair", .device = "t2", .when = "t1.level > 90 && t2.level > 90" };

	(void)state;
	begin(TANK "\ndevice t2\ndevice t3", &rule);
	LEVEL(95);
	alarm_world_read(&w, "t3.level", value_number(95));
	HAPPENED("");
	alarm_world_read(&w, "t2.level", value_number(95));
	HAPPENED("unacked");
	STATE("pair/t2", "unacked");
	STATE("pair/t1", "none");
}

static void a_rule_that_is_switched_off_watches_nothing(void **state)
{
	(void)state;
	alarm_world_init(&w, TANK);
	alarm_world_rule(&w, &high);
	w.rules[0].enabled = false;
	alarm_world_start(&w);
	LEVEL(99);
	HAPPENED("");
	STATE("high/t1", "none");
}

/* What stands in the file is not believed to be whole. */
static void kept_delays_of_odd_ids_start_nothing(void **state)
{
	static const struct rule slow = { .id = "high", .when = "level > 90", .for_us = 5 * S };
	static const char *const ids[] = { "", "high", "/", "high/", "/t1", "nothing/t1", "high/t2" };
	struct evaluator_delay delay = { .kind = EVALUATOR_ON_DELAY }, running;
	size_t position = 0;

	(void)state;
	begin(TANK, &slow);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(delay.id, sizeof(delay.id), "%s", ids[i]);
		evaluator_restore_delay(w.evaluator, &delay);
	}
	memset(delay.id, 'x', sizeof(delay.id) - 1); /* longer than any rule */
	evaluator_restore_delay(w.evaluator, &delay);
	snprintf(delay.id, sizeof(delay.id), "high/t1");
	delay.kind = (enum evaluator_delay_kind)99;
	evaluator_restore_delay(w.evaluator, &delay);
	assert_false(evaluator_next_delay(w.evaluator, &position, &running));
	LEVEL(95);
	alarm_world_pass(&w, 5 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void an_alarm_that_is_restored_twice_is_one_and_the_later(void **state)
{
	struct alarm later = { 0 };
	const struct alarm *a;

	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	a = alarm_get("high/t1");
	alarm_copy(a, &later);
	later.count = 7;
	evaluator_restore(w.evaluator, &later);
	alarm_fini(&later);
	assert_int_equal(evaluator_open(w.evaluator), 1);
	assert_int_equal(alarm_get("high/t1")->count, 7);
	LEVEL(80);
	HAPPENED("unacked rtn_unacked");
}

static void a_clock_that_is_set_right_mends_the_times_of_open_alarms(void **state)
{
	struct clock_shifts shifts = { .count = 1 };
	int64_t raised_us;

	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	raised_us = w.now.wall_us;
	shifts.shifts[0] = (struct clock_shift){ .from_us = raised_us - HOUR, .to_us = raised_us, .by_us = 1000 * DAY };
	evaluator_shift(w.evaluator, &shifts);
	assert_int_equal(alarm_get("high/t1")->since_us, raised_us + 1000 * DAY);
	assert_int_equal(alarm_get("high/t1")->changed_us, raised_us + 1000 * DAY);
	assert_int_equal(alarm_get("high/t1")->acked_us, 0); /* never is no time */
	HAPPENED("unacked");
}

static void a_flood_of_a_thousand_devices_raises_each_once(void **state)
{
	static const struct rule rules[] = { { .id = "high", .when = "level > 90", .for_us = 5 * S },
					     { .id = "low", .when = "low" } };
	size_t position = 0, seen = 0;
	const struct alarm *a;
	char name[64];

	(void)state;
	alarm_world_init(&w, "class tank\npoint level number %\npoint low bool");
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "device tank-%d", i);
		alarm_world_line(&w, name);
	}
	alarm_world_rule(&w, &rules[0]);
	alarm_world_rule(&w, &rules[1]);
	alarm_world_start(&w);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "tank-%d.level", i);
		alarm_world_read(&w, name, value_number(95));
		snprintf(name, sizeof(name), "tank-%d.low", i);
		alarm_world_read(&w, name, value_bool(true));
		w.now.mono_us += MS;
	}
	assert_int_equal(w.effects.count, 1000);
	assert_int_equal(evaluator_due(w.evaluator), w.now.mono_us - 1000 * MS + 5 * S);
	alarm_world_pass(&w, 5 * S - 500 * MS);
	assert_int_equal(w.effects.count, 1501);
	alarm_world_pass(&w, 10 * S);
	assert_int_equal(w.effects.count, 2000);
	assert_int_equal(evaluator_open(w.evaluator), 2000);
	while ((a = evaluator_next(w.evaluator, &position))) {
		assert_int_equal(a->count, 1);
		seen++;
	}
	assert_int_equal(seen, 2000);
}

static void no_turn_raises_more_than_a_thousand(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .for_us = 5 * S };
	char name[64];

	(void)state;
	alarm_world_init(&w, "class tank\npoint level number %");
	for (int i = 0; i < 1999; i++) {
		snprintf(name, sizeof(name), "device tank-%d", i);
		alarm_world_line(&w, name);
	}
	alarm_world_rule(&w, &rule);
	alarm_world_start(&w);
	for (int i = 0; i < 1999; i++) {
		snprintf(name, sizeof(name), "tank-%d.level", i);
		alarm_world_read(&w, name, value_number(95));
	}
	w.now.mono_us += 5 * S;
	evaluator_tick(w.evaluator, w.now, &w.effects);
	assert_int_equal(w.effects.count, EVALUATOR_TICK_MAX);
	assert_true(evaluator_due(w.evaluator) <= w.now.mono_us); /* the loop comes again at once */
	evaluator_tick(w.evaluator, w.now, &w.effects);
	assert_int_equal(w.effects.count, 1999);
	assert_int_equal(evaluator_due(w.evaluator), INT64_MAX);
}

#define EVALUATOR_TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		EVALUATOR_TEST(an_alarm_is_raised_acknowledged_and_returns),
		EVALUATOR_TEST(an_alarm_that_is_over_unseen_waits_for_a_look),
		EVALUATOR_TEST(a_latched_alarm_ends_only_by_a_person),
		EVALUATOR_TEST(a_transition_says_who_when_and_from_where),
		EVALUATOR_TEST(only_people_s_inputs_are_commands),
		EVALUATOR_TEST(an_alarm_says_why_in_both_languages),
		EVALUATOR_TEST(without_a_text_it_says_rule_and_device),
		EVALUATOR_TEST(the_value_of_a_text_is_the_first_number_that_is_known),
		EVALUATOR_TEST(a_reason_holds_eight_readings_at_most),
		EVALUATOR_TEST(the_on_delay_fires_on_its_microsecond_and_not_before),
		EVALUATOR_TEST(a_short_condition_raises_nothing),
		EVALUATOR_TEST(the_off_delay_keeps_an_alarm_until_it_is_over_for_good),
		EVALUATOR_TEST(hysteresis_counts_only_while_the_condition_is_active),
		EVALUATOR_TEST(a_silent_sensor_raises_nothing_by_its_old_value),
		EVALUATOR_TEST(a_silent_sensor_ends_no_alarm),
		EVALUATOR_TEST(read_errors_now_and_then_do_not_put_an_alarm_off_for_ever),
		EVALUATOR_TEST(a_device_without_the_point_is_not_watched),
		EVALUATOR_TEST(a_make_without_a_point_is_watched_by_what_it_has),
		EVALUATOR_TEST(a_rule_may_say_what_it_cannot_do_without),
		EVALUATOR_TEST(one_known_input_may_decide_alone),
		EVALUATOR_TEST(a_pressed_button_is_an_alarm_until_a_person_closes_it),
		EVALUATOR_TEST(an_event_that_does_not_latch_is_normal_when_acknowledged),
		EVALUATOR_TEST(repeats_within_a_minute_only_count),
		EVALUATOR_TEST(a_press_after_the_acknowledgement_is_told_at_once),
		EVALUATOR_TEST(a_real_press_after_a_test_press_is_told_at_once),
		EVALUATOR_TEST(an_event_waits_for_no_delay),
		EVALUATOR_TEST(coming_back_is_no_event),
		EVALUATOR_TEST(an_event_may_depend_on_a_lasting_value),
		EVALUATOR_TEST(a_press_counts_beside_a_condition_that_holds_already),
		EVALUATOR_TEST(three_times_in_a_minute_means_three_times),
		EVALUATOR_TEST(n_in_t_counts_events_too),
		EVALUATOR_TEST(an_acknowledged_alarm_that_goes_on_rings_again),
		EVALUATOR_TEST(an_open_alarm_is_kept_and_not_told_anew),
		EVALUATOR_TEST(what_ended_during_the_outage_returns_when_that_is_known),
		EVALUATOR_TEST(an_alarm_can_be_acknowledged_before_its_sensor_is_back),
		EVALUATOR_TEST(a_closed_alarm_of_a_mute_sensor_is_raised_anew_if_it_still_holds),
		EVALUATOR_TEST(a_running_delay_goes_on_over_a_restart),
		EVALUATOR_TEST(a_delay_goes_on_where_it_was),
		EVALUATOR_TEST(a_delay_whose_condition_ended_meanwhile_is_forgotten),
		EVALUATOR_TEST(an_off_delay_goes_on_over_a_restart),
		EVALUATOR_TEST(a_kept_delay_of_the_other_kind_is_not_taken),
		EVALUATOR_TEST(the_wait_to_ring_again_goes_on_over_a_restart),
		EVALUATOR_TEST(a_pressed_button_survives_restarts),
		EVALUATOR_TEST(the_state_says_what_held_whatever_the_store_kept),
		EVALUATOR_TEST(an_alarm_without_its_rule_stays_until_a_person_has_closed_it),
		EVALUATOR_TEST(delays_tell_when_they_change),
		EVALUATOR_TEST(supervision_is_an_alarm_like_any_other),
		EVALUATOR_TEST(a_rise_of_priority_makes_an_acknowledged_alarm_unacked),
		EVALUATOR_TEST(what_has_no_place_is_told_without_one),
		EVALUATOR_TEST(supervision_survives_a_restart),
		EVALUATOR_TEST(only_a_built_in_rule_can_be_set),
		EVALUATOR_TEST(a_rule_of_one_device_watches_that_one_and_reads_others),
		EVALUATOR_TEST(a_rule_that_is_switched_off_watches_nothing),
		EVALUATOR_TEST(kept_delays_of_odd_ids_start_nothing),
		EVALUATOR_TEST(an_alarm_that_is_restored_twice_is_one_and_the_later),
		EVALUATOR_TEST(a_clock_that_is_set_right_mends_the_times_of_open_alarms),
		EVALUATOR_TEST(a_flood_of_a_thousand_devices_raises_each_once),
		EVALUATOR_TEST(no_turn_raises_more_than_a_thousand),
	};

	return UNIT_RUN(tests);
}
