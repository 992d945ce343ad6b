/* Entrapment as an alarm: the board's own bit or what is inferred, with its reason, over losses and restarts. */
#include <errno.h>
#include <string.h>

#include "alarm_case.h"

#define LIFT                                                                                                \
	"class lift\npoint trapped bool\npoint occupied bool\npoint door_open bool\npoint door_zone bool\n" \
	"point moving bool\npoint inspection bool\npoint alarm_key bool\npoint fault bool\ndevice l"

#define ALARM "lift-trapped/l"

static const struct rule trapped = {
	.id = "lift-trapped",
	.when = "trapped",
	.condition = RULE_CONDITION_ENTRAPMENT,
	.level_for_us = 90 * S,
	.between_for_us = 45 * S,
	.off_for_us = 10 * S,
	.priority = 1,
	.life_safety = true,
	.text = { .zh = "{device} 困人：{value}", .en = "{device}: trapped: {value}" },
};

static const char *const points[] = { "trapped", "occupied",   "door_open", "door_zone",
				      "moving",  "inspection", "alarm_key", "fault" };

static void set(const char *point, bool value)
{
	char name[64];

	snprintf(name, sizeof(name), "l.%s", point);
	if (point_find(w.table, name))
		alarm_world_read(&w, name, value_bool(value));
}

static void lose(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		char name[64];

		snprintf(name, sizeof(name), "l.%s", points[i]);
		if (point_find(w.table, name))
			alarm_world_quality(&w, name, QUALITY_LOST);
	}
}

/* What the monitor reads at that moment, as one poll brings it. */
static void poll_car(bool occupied)
{
	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		set(points[i], str_equal(points[i], "door_zone") || (occupied && str_equal(points[i], "occupied")));
}

/* A car that stands empty at a landing. */
static void begin_empty(const char *lines, const struct rule *rule)
{
	begin(lines, rule);
	poll_car(false);
	alarm_world_pass(&w, MINUTE);
}

/* Somebody steps in; the doors shut. */
static void step_in(void)
{
	set("door_open", true);
	alarm_world_pass(&w, 2 * S);
	set("occupied", true);
	alarm_world_pass(&w, 2 * S);
	set("door_open", false);
}

/* ---- what raises ---- */

static void the_board_raises_at_once_and_says_so(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	set("trapped", true);
	HAPPENED("unacked");
	assert_string_equal(alarm_get(ALARM)->reason.when, "board: trapped");
	assert_string_equal(alarm_get(ALARM)->text_en, "l: trapped: reported by its board");
	set("trapped", false);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("rtn_unacked");
}

static void at_level_it_is_inferred_after_90_s(void **state)
{
	const struct alarm_reason *reason;

	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	alarm_world_pass(&w, 90 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	reason = &alarm_get(ALARM)->reason;
	assert_string_equal(reason->when, "occupied, doors shut, not moving for 90 s at level");
	assert_string_equal(alarm_get(ALARM)->text_zh, "l 困人：轿厢有人、门关闭、在平层停止 90 秒");
	assert_int_equal(reason->input_count, 7);
	assert_string_equal(reason->inputs[0].point, "l.trapped");
	assert_string_equal(reason->inputs[1].point, "l.occupied");
	assert_true(reason->inputs[1].value.boolean);
	set("door_open", true);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("rtn_unacked");
}

static void between_floors_it_is_inferred_after_45_s(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	set("moving", true);
	set("door_zone", false);
	alarm_world_pass(&w, 20 * S);
	set("moving", false);
	alarm_world_pass(&w, 45 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	assert_string_equal(alarm_get(ALARM)->reason.when, "occupied, doors shut, not moving for 45 s between floors");
}

static void the_limits_are_the_rules_own(void **state)
{
	struct rule rule = trapped;

	(void)state;
	rule.level_for_us = 20 * S;
	rule.for_us = 60 * S; /* of the board's bit */
	begin_empty(LIFT, &rule);
	step_in();
	alarm_world_pass(&w, 20 * S);
	HAPPENED("unacked");
	set("door_open", true);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("rtn_unacked");
	set("trapped", true);
	alarm_world_pass(&w, 60 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void a_long_limit_is_told_in_minutes(void **state)
{
	struct rule rule = trapped;

	(void)state;
	rule.level_for_us = 12 * MINUTE;
	begin_empty(LIFT, &rule);
	step_in();
	alarm_world_pass(&w, 12 * MINUTE);
	HAPPENED("unacked");
	assert_non_null(strstr(alarm_get(ALARM)->reason.when, "for 12 min"));
}

static void the_alarm_key_counts_under_inspection(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	set("inspection", true);
	step_in();
	alarm_world_pass(&w, HOUR);
	HAPPENED("");
	set("alarm_key", true);
	alarm_world_pass(&w, 3 * S);
	set("alarm_key", false);
	alarm_world_pass(&w, 87 * S);
	HAPPENED("unacked");
	assert_string_equal(alarm_get(ALARM)->reason.when,
			    "alarm key pressed, doors shut, not moving for 90 s at level");
}

static void the_board_counts_under_inspection_and_with_everything_else_lost(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	set("inspection", true);
	lose();
	set("trapped", true);
	HAPPENED("unacked");
}

static void a_sensor_that_flaps_does_not_put_it_off(void **state)
{
	int64_t began_us;

	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	began_us = w.now.mono_us;
	alarm_world_pass(&w, 10 * S);
	for (int i = 0; evaluator_open(w.evaluator) == 0 && i < 100; i++) {
		set("occupied", i % 2);
		alarm_world_pass(&w, 3 * S);
	}
	HAPPENED("unacked");
	assert_in_range(w.now.mono_us - began_us, 90 * S, 95 * S);
}

/* ---- what does not ---- */

static void doors_that_flap_raise_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	for (int i = 0; i < 200; i++) {
		set("door_open", i % 2);
		alarm_world_pass(&w, 30 * S);
	}
	HAPPENED("");
}

static void a_sensor_that_flaps_in_an_empty_car_raises_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	for (int i = 0; i < 1000; i++) {
		set("occupied", i % 2);
		alarm_world_pass(&w, 9 * S);
	}
	set("occupied", true);
	alarm_world_pass(&w, DAY);
	HAPPENED("");
}

static void a_moving_car_raises_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	set("moving", true);
	alarm_world_pass(&w, DAY);
	HAPPENED("");
}

static void inspection_raises_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	set("inspection", true);
	step_in();
	alarm_world_pass(&w, DAY);
	HAPPENED("");
}

static void a_loss_raises_nothing_and_ends_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	alarm_world_pass(&w, 80 * S);
	lose();
	alarm_world_pass(&w, DAY);
	HAPPENED("");
	poll_car(true);
	alarm_world_pass(&w, 10 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	lose();
	alarm_world_pass(&w, DAY);
	HAPPENED("");
	poll_car(true);
	alarm_world_pass(&w, DAY);
	HAPPENED("");
	set("door_open", true);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("rtn_unacked");
}

static void who_left_while_the_line_was_down_raises_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	alarm_world_pass(&w, 80 * S);
	lose();
	alarm_world_pass(&w, MINUTE);
	poll_car(false);
	alarm_world_pass(&w, DAY);
	HAPPENED("");
}

static void a_sensor_that_stays_broken_keeps_no_alarm_of_the_board(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	alarm_world_quality(&w, "l.moving", QUALITY_BAD);
	set("trapped", true);
	HAPPENED("unacked");
	set("trapped", false);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("rtn_unacked");
}

static void one_source_alone_ends_nothing_that_the_other_began(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	alarm_world_pass(&w, 90 * S);
	HAPPENED("unacked");
	alarm_world_quality(&w, "l.moving", QUALITY_BAD);
	set("trapped", true);
	set("trapped", false);
	alarm_world_pass(&w, HOUR);
	HAPPENED("");
}

/* ---- what a board has ---- */

static void a_board_without_occupancy_infers_only_from_the_key(void **state)
{
	(void)state;
	begin_empty(LIFT "\nlacks l occupied", &trapped);
	set("door_open", true);
	alarm_world_pass(&w, 5 * S);
	set("door_open", false);
	alarm_world_pass(&w, DAY);
	HAPPENED("");
	set("trapped", true);
	HAPPENED("unacked");
	set("trapped", false);
	alarm_world_pass(&w, 10 * S);
	set("alarm_key", true);
	alarm_world_pass(&w, 90 * S);
	HAPPENED("rtn_unacked unacked");
}

static void a_board_without_occupancy_and_key_infers_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT "\nlacks l occupied\nlacks l alarm_key", &trapped);
	alarm_world_pass(&w, DAY);
	set("trapped", true);
	HAPPENED("unacked");
	assert_string_equal(alarm_get(ALARM)->reason.when,
			    "trapped"); /* it is the only source: nothing to tell apart */
	assert_int_equal(alarm_get(ALARM)->reason.input_count, 1);
}

static void a_board_without_its_own_bit_is_watched_all_the_same(void **state)
{
	(void)state;
	begin_empty(LIFT "\nlacks l trapped\nlacks l door_zone\nlacks l inspection", &trapped);
	step_in();
	alarm_world_pass(&w, 90 * S);
	HAPPENED("unacked");
	assert_string_equal(alarm_get(ALARM)->reason.when, "occupied, doors shut, not moving for 90 s");
}

static void a_board_that_shows_neither_is_not_watched(void **state)
{
	(void)state;
	begin_empty(LIFT "\nlacks l trapped\nlacks l moving", &trapped);
	step_in();
	alarm_world_pass(&w, DAY);
	assert_null(evaluator_find(w.evaluator, ALARM));
	assert_int_equal(evaluator_due(w.evaluator), INT64_MAX);
}

/* ---- restarts ---- */

static void kill_in_the_middle_of_the_wait_loses_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	alarm_world_pass(&w, 50 * S);
	alarm_world_restart(&w, 3 * S);
	alarm_world_pass(&w, 2 * S); /* until the bus answers */
	HAPPENED("");
	poll_car(true);
	alarm_world_pass(&w, 35 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	assert_string_equal(alarm_get(ALARM)->reason.when, "occupied, doors shut, not moving for 90 s at level");
}

static void killed_twice_it_still_knows(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	set("inspection", true);
	step_in();
	alarm_world_pass(&w, 10 * S);
	set("alarm_key", true);
	set("alarm_key", false);
	alarm_world_pass(&w, 30 * S);
	alarm_world_restart(&w, 3 * S);
	alarm_world_restart(&w, 3 * S); /* before anything was read */
	poll_car(true);
	set("inspection", true);
	alarm_world_pass(&w, 54 * S - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void freed_during_the_outage_raises_nothing(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	alarm_world_pass(&w, 50 * S);
	alarm_world_restart(&w, HOUR);
	poll_car(false);
	alarm_world_pass(&w, DAY);
	HAPPENED("");
}

static void an_open_alarm_is_kept_and_ends_when_the_doors_open(void **state)
{
	(void)state;
	begin_empty(LIFT, &trapped);
	step_in();
	alarm_world_pass(&w, 90 * S);
	HAPPENED("unacked");
	alarm_world_restart(&w, 3 * S);
	poll_car(false); /* sits still */
	alarm_world_pass(&w, DAY);
	HAPPENED("");
	assert_int_equal(alarm_world_ack(&w, ALARM), 0);
	assert_int_equal(alarm_world_close(&w, ALARM), -EBUSY);
	set("door_open", true);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("acked latched");
}

static void delays_are_saved_only_when_something_begins_or_ends(void **state)
{
	uint64_t version;

	(void)state;
	begin_empty(LIFT, &trapped);
	version = evaluator_delay_version(w.evaluator);
	alarm_world_pass(&w, HOUR);
	set("fault", true);
	assert_int_equal(evaluator_delay_version(w.evaluator), version);
	step_in();
	alarm_world_pass(&w, 10 * S);
	assert_true(evaluator_delay_version(w.evaluator) > version);
	version = evaluator_delay_version(w.evaluator);
	alarm_world_pass(&w, 50 * S);
	set("occupied", false);
	set("occupied", true);
	assert_int_equal(evaluator_delay_version(w.evaluator), version);
	set("moving", true);
	assert_true(evaluator_delay_version(w.evaluator) > version);
}

#define LIFT_TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LIFT_TEST(the_board_raises_at_once_and_says_so),
		LIFT_TEST(at_level_it_is_inferred_after_90_s),
		LIFT_TEST(between_floors_it_is_inferred_after_45_s),
		LIFT_TEST(the_limits_are_the_rules_own),
		LIFT_TEST(a_long_limit_is_told_in_minutes),
		LIFT_TEST(the_alarm_key_counts_under_inspection),
		LIFT_TEST(the_board_counts_under_inspection_and_with_everything_else_lost),
		LIFT_TEST(a_sensor_that_flaps_does_not_put_it_off),
		LIFT_TEST(doors_that_flap_raise_nothing),
		LIFT_TEST(a_sensor_that_flaps_in_an_empty_car_raises_nothing),
		LIFT_TEST(a_moving_car_raises_nothing),
		LIFT_TEST(inspection_raises_nothing),
		LIFT_TEST(a_loss_raises_nothing_and_ends_nothing),
		LIFT_TEST(who_left_while_the_line_was_down_raises_nothing),
		LIFT_TEST(a_sensor_that_stays_broken_keeps_no_alarm_of_the_board),
		LIFT_TEST(one_source_alone_ends_nothing_that_the_other_began),
		LIFT_TEST(a_board_without_occupancy_infers_only_from_the_key),
		LIFT_TEST(a_board_without_occupancy_and_key_infers_nothing),
		LIFT_TEST(a_board_without_its_own_bit_is_watched_all_the_same),
		LIFT_TEST(a_board_that_shows_neither_is_not_watched),
		LIFT_TEST(kill_in_the_middle_of_the_wait_loses_nothing),
		LIFT_TEST(killed_twice_it_still_knows),
		LIFT_TEST(freed_during_the_outage_raises_nothing),
		LIFT_TEST(an_open_alarm_is_kept_and_ends_when_the_doors_open),
		LIFT_TEST(delays_are_saved_only_when_something_begins_or_ends),
	};

	return UNIT_RUN(tests);
}
