/* Alarms about people: asked in the home first, then the desk, then a call-out: what each stage does to the alarm. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm_case.h"
#include "base/str.h"

#define HOME "b3/u1/1204"
#define ID   "welfare/" HOME

static const struct rule welfare = {
	.id = "welfare",
	.condition = RULE_CONDITION_CARE,
	.priority = 2,
	.text = { .zh = "{place}：{value}", .en = "{place}: {value}" },
};

static void begin_care(void)
{
	begin("class door\npoint open bool\ndevice d1", &welfare);
}

static void tell(int stage)
{
	static const int priorities[] = { 0, 4, 2, 1 };
	struct evaluator_condition c = { .rule = "welfare",
					 .asset = HOME,
					 .place = HOME,
					 .active = stage > 0,
					 .withdrawn = stage == 0,
					 .why_zh = "没有动静",
					 .why_en = "quiet",
					 .priority = priorities[stage],
					 .stage = stage };

	assert_int_equal(evaluator_set(w.evaluator, &c, w.now, &w.effects), 0);
}

static enum alarm_input last_input(void)
{
	return w.effects.transitions[w.effects.count - 1].input;
}

static void a_sign_of_life_in_stage_1_takes_it_back_and_nobody_need_look(void **state)
{
	(void)state;
	begin_care();
	tell(1);
	HAPPENED("unacked");
	assert_int_equal(alarm_get(ID)->priority, 4);
	assert_int_equal(alarm_get(ID)->stage, 1);
	assert_false(alarm_get(ID)->life_safety || alarm_get(ID)->latch);
	tell(0);
	assert_int_equal(last_input(), ALARM_IN_WITHDRAW);
	HAPPENED("normal");
	tell(1);
	alarm_world_ack(&w, ID);
	tell(0);
	HAPPENED("unacked acked normal");
}

static void each_stage_is_told_and_what_was_acknowledged_needs_a_look_again(void **state)
{
	(void)state;
	begin_care();
	tell(1);
	alarm_world_ack(&w, ID);
	HAPPENED("unacked acked");
	tell(2);
	assert_int_equal(last_input(), ALARM_IN_RISE);
	HAPPENED("unacked");
	assert_int_equal(alarm_get(ID)->priority, 2);
	tell(2);
	HAPPENED("");
	alarm_world_ack(&w, ID);
	tell(3);
	HAPPENED("acked unacked");
	assert_int_equal(alarm_get(ID)->priority, 1);
	assert_int_equal(alarm_get(ID)->stage, 3);
	assert_true(alarm_get(ID)->life_safety);
	assert_int_equal(alarm_get(ID)->count, 1);
}

/* Its ladder has made it a call-out already: that it is stage 3 now is a transition all the same. */
static void a_stage_is_a_rise_where_the_priority_is_none(void **state)
{
	struct evaluator_command rise = { .alarm = ID, .input = ALARM_IN_RISE, .priority = 1 };

	(void)state;
	begin_care();
	tell(2);
	assert_int_equal(evaluator_command(w.evaluator, &rise, w.now, &w.effects), 0);
	HAPPENED("unacked unacked");
	tell(3);
	HAPPENED("unacked");
	assert_true(alarm_get(ID)->life_safety);
}

static void from_stage_2_on_a_person_says_how_it_ended(void **state)
{
	(void)state;
	begin_care();
	tell(2);
	alarm_world_ack(&w, ID);
	tell(0);
	HAPPENED("unacked acked latched");
	assert_int_equal(alarm_world_close(&w, ID), 0);
	HAPPENED("normal");
	tell(3);
	tell(0);
	HAPPENED("unacked rtn_unacked");
	alarm_world_ack(&w, ID);
	alarm_world_close(&w, ID);
	HAPPENED("latched normal");
}

/* What people were told of is not taken back by a later stage 1. */
static void a_stage_1_after_a_stage_2_is_not_taken_back(void **state)
{
	(void)state;
	begin_care();
	tell(2);
	tell(0);
	HAPPENED("unacked rtn_unacked");
	tell(1);
	tell(0);
	HAPPENED("unacked rtn_unacked");
}

static void who_has_spoken_to_them_closes_it_while_it_is_quiet(void **state)
{
	(void)state;
	begin_care();
	tell(3);
	assert_int_equal(alarm_world_close(&w, ID), -EBUSY); /* nobody has looked yet */
	alarm_world_ack(&w, ID);
	assert_int_equal(alarm_world_close(&w, ID), 0);
	HAPPENED("unacked acked normal");
	tell(0);
	HAPPENED("");
	tell(1);
	HAPPENED("unacked");
}

static void stage_3_comes_off_the_shelf_and_never_goes_on_one(void **state)
{
	struct evaluator_command shelve = { .alarm = ID, .input = ALARM_IN_SHELVE, .note = "x", .for_us = HOUR };

	(void)state;
	begin_care();
	tell(1);
	assert_int_equal(alarm_world_order(&w, &shelve), 0);
	HAPPENED("unacked shelved");
	tell(2);
	HAPPENED("");
	tell(3);
	HAPPENED("unacked");
	assert_int_equal(alarm_world_order(&w, &shelve), -EPERM);
	alarm_world_pass(&w, DAY);
	HAPPENED("");
}

static void a_restart_at_each_stage_changes_nothing(void **state)
{
	(void)state;
	begin_care();
	for (int stage = 1; stage <= 3; stage++) {
		tell(stage);
		HAPPENED("unacked");
		alarm_world_restart(&w, MINUTE);
		tell(stage);
		HAPPENED("");
		assert_int_equal(alarm_get(ID)->stage, stage);
		assert_int_equal(alarm_get(ID)->latch, stage > 1);
		assert_int_equal(alarm_get(ID)->life_safety, stage > 2);
	}
	tell(0);
	HAPPENED("rtn_unacked");
}

static void a_restart_in_stage_1_lets_a_sign_take_it_back(void **state)
{
	(void)state;
	begin_care();
	tell(1);
	alarm_world_restart(&w, MINUTE);
	alarm_world_happened(&w);
	tell(0);
	HAPPENED("normal");
}

static void a_dwelling_in_test_marks_its_alarm(void **state)
{
	struct evaluator_mode test = { .kind = MODE_TEST, .subject = "b3/u1", .for_us = HOUR };

	(void)state;
	begin_care();
	assert_int_equal(alarm_world_mode(&w, &test), 0);
	tell(2);
	assert_true(alarm_get(ID)->test);
}

#define STAGE_TEST(f) cmocka_unit_test_teardown(f, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(a_sign_of_life_in_stage_1_takes_it_back_and_nobody_need_look),
		STAGE_TEST(each_stage_is_told_and_what_was_acknowledged_needs_a_look_again),
		STAGE_TEST(a_stage_is_a_rise_where_the_priority_is_none),
		STAGE_TEST(from_stage_2_on_a_person_says_how_it_ended),
		STAGE_TEST(a_stage_1_after_a_stage_2_is_not_taken_back),
		STAGE_TEST(who_has_spoken_to_them_closes_it_while_it_is_quiet),
		STAGE_TEST(stage_3_comes_off_the_shelf_and_never_goes_on_one),
		STAGE_TEST(a_restart_at_each_stage_changes_nothing),
		STAGE_TEST(a_restart_in_stage_1_lets_a_sign_take_it_back),
		STAGE_TEST(a_dwelling_in_test_marks_its_alarm),
	};

	return UNIT_RUN(tests);
}
