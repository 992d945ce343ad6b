#include <errno.h>
#include <math.h>

#include "base/mem.h"
#include "unit.h"
#include "upstream/alarm_json.h"

static struct alarm lift_alarm(void)
{
	return (struct alarm){
		.id = (char *)"lift-trapped/lift-1",
		.rule = (char *)"lift-trapped",
		.asset = (char *)"lift-1",
		.place = (char *)"b3/u1",
		.state = ALARM_UNACKED,
		.priority = 1,
		.since_us = 1795287600120000, /* 2026-11-22T03:00:00.120+08:00 */
		.count = 1,
		.reason = {
			.when = (char *)"trapped && load > 60.5",
			.inputs = {
				{ .point = "lift-1.trapped", .value = { .type = VALUE_BOOL, .boolean = true },
				  .quality = QUALITY_GOOD, .at_us = 1795287600000000 },
				{ .point = "lift-1.load", .value = { .type = VALUE_NUMBER, .number = 72.1 },
				  .quality = QUALITY_STALE, .at_us = 0 },
			},
			.input_count = 2,
		},
		.text_zh = (char *)"1号梯 困人",
		.text_en = (char *)"somebody is trapped in \"lift 1\"",
	};
}

#define LIFT_JSON                                                                                                      \
	"{\"alarm\":\"lift-trapped/lift-1\",\"rule\":\"lift-trapped\",\"asset\":\"lift-1\",\"state\":\"unacked\","     \
	"\"priority\":1,\"stage\":0,\"since\":\"2026-11-22T03:00:00.120+08:00\",\"count\":1,"                          \
	"\"reason\":{\"when\":\"trapped && load > 60.5\",\"inputs\":["                                                 \
	"{\"point\":\"lift-1.trapped\",\"value\":true,\"quality\":\"good\",\"at\":\"2026-11-22T03:00:00.000+08:00\"}," \
	"{\"point\":\"lift-1.load\",\"value\":72.1,\"quality\":\"stale\",\"at\":null}]},"                              \
	"\"text\":{\"zh\":\"1号梯 困人\",\"en\":\"somebody is trapped in \\\"lift 1\\\"\"},\"place\":\"b3/u1\""

static void check(json_t *json, const char *expected)
{
	char *text = alarm_json_text(json);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void members_stand_in_the_order_of_the_specification(void **state)
{
	struct alarm a = lift_alarm();

	(void)state;
	check(alarm_json_new(&a), LIFT_JSON "}");
}

static void what_only_some_alarms_have_comes_after(void **state)
{
	struct alarm a = lift_alarm();

	(void)state;
	a.guidance_zh = (char *)"安抚";
	a.test = true;
	a.ack_by = (char *)"desk";
	a.acked_us = a.since_us + S;
	check(alarm_json_new(&a), LIFT_JSON ",\"guidance\":{\"zh\":\"安抚\",\"en\":\"\"},\"test\":true,"
					    "\"ack_by\":\"desk\",\"acked\":\"2026-11-22T03:00:01.120+08:00\"}");
}

static void values_keep_their_type_and_digits(void **state)
{
	struct value none = { .type = VALUE_NONE }, nan = value_number(NAN), infinite = value_number(INFINITY);
	struct value third = value_number(1.0 / 3), tenth = value_number(0.1), counter = value_number(4294967296.0);
	struct value text = value_text("fire"), card = value_event("0451"), press = value_event("");
	struct value sum = value_number(0.1 + 0.2), no = value_bool(false), minus = value_number(-12.5),
		     big = value_number(1e300);

	(void)state;
	check(alarm_json_value(&none), "null");
	check(alarm_json_value(&nan), "null");
	check(alarm_json_value(&infinite), "null");
	check(alarm_json_value(&third), "0.3333333333333333");
	check(alarm_json_value(&sum), "0.30000000000000004");
	check(alarm_json_value(&tenth), "0.1");
	check(alarm_json_value(&counter), "4294967296");
	check(alarm_json_value(&minus), "-12.5");
	check(alarm_json_value(&big), "1e300");
	check(alarm_json_value(&text), "\"fire\"");
	check(alarm_json_value(&card), "\"0451\"");
	check(alarm_json_value(&press), "true");
	check(alarm_json_value(&no), "false");
}

static void text_that_is_not_utf8_is_mended_not_lost(void **state)
{
	struct value v = { .type = VALUE_TEXT,
			   .text = "a\xff"
				   "b" };

	(void)state;
	check(alarm_json_value(&v), "\"a\xef\xbf\xbd"
				    "b\"");
}

static void a_reason_reads_back_as_it_was(void **state)
{
	struct alarm a = lift_alarm();
	json_t *json = alarm_json_reason(&a.reason);
	struct alarm_reason back = { 0 };

	(void)state;
	assert_int_equal(alarm_json_reason_parse(json, &back), 0);
	assert_string_equal(back.when, a.reason.when);
	assert_int_equal(back.input_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(back.inputs[i].point, a.reason.inputs[i].point);
		assert_true(value_equal(&back.inputs[i].value, &a.reason.inputs[i].value));
		assert_int_equal(back.inputs[i].quality, a.reason.inputs[i].quality);
		assert_int_equal(back.inputs[i].at_us, a.reason.inputs[i].at_us);
	}
	free(back.when);
	json_decref(json);
}

static void a_reason_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"null",
		"[]",
		"{}",
		"{\"when\":1,\"inputs\":[]}",
		"{\"when\":\"x\",\"inputs\":{}}",
		"{\"when\":\"x\",\"inputs\":[1]}",
		"{\"when\":\"x\",\"inputs\":[{\"point\":\"a.b\",\"value\":[],\"quality\":\"good\",\"at\":null}]}",
		"{\"when\":\"x\",\"inputs\":[{\"point\":\"a.b\",\"value\":1,\"quality\":\"fine\",\"at\":null}]}",
		"{\"when\":\"x\",\"inputs\":[{\"point\":\"a.b\",\"value\":1,\"quality\":\"good\",\"at\":\"soon\"}]}",
		"{\"when\":\"x\",\"inputs\":[{\"value\":1,\"quality\":\"good\",\"at\":null}]}",
	};
	struct alarm_reason untouched = { .input_count = 77 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_t *json = json_loads(bad[i], JSON_DECODE_ANY, NULL);

		assert_non_null(json);
		assert_int_equal(alarm_json_reason_parse(json, &untouched), -EINVAL);
		json_decref(json);
	}
	assert_int_equal(alarm_json_reason_parse(NULL, &untouched), -EINVAL);
	assert_int_equal(untouched.input_count, 77);
}

static void more_inputs_than_a_reason_holds_are_refused(void **state)
{
	json_t *reason = json_pack("{s:s,s:[]}", "when", "x", "inputs");
	struct alarm_reason out;

	(void)state;
	for (size_t i = 0; i <= ALARM_INPUTS_MAX; i++)
		json_array_append_new(
			json_object_get(reason, "inputs"),
			json_pack("{s:s,s:i,s:s,s:n}", "point", "a.b", "value", 1, "quality", "good", "at"));
	assert_int_equal(alarm_json_reason_parse(reason, &out), -EINVAL);
	json_decref(reason);
}

static void a_point_shows_device_place_class_and_null_before_its_first_reading(void **state)
{
	struct class class = { .id = "tank" };
	struct device device = { .id = "tank-1", .place = "b3/pump-room", .class = &class };
	struct profile_point spec = { .name = "level", .type = VALUE_NUMBER, .unit = "%" };
	struct point p = {
		.name = "tank-1.level",
		.device = &device,
		.spec = &spec,
		.quality = QUALITY_LOST,
	};

	(void)state;
	check(alarm_json_point(&p),
	      "{\"point\":\"tank-1.level\",\"device\":\"tank-1\",\"place\":\"b3/pump-room\",\"class\":\"tank\","
	      "\"value\":null,\"unit\":\"%\",\"quality\":\"lost\",\"test\":false,\"at\":null}");
	p.value = value_number(91.3);
	p.quality = QUALITY_GOOD;
	p.test = true;
	p.at_us = 1795287600120000;
	check(alarm_json_point(&p),
	      "{\"point\":\"tank-1.level\",\"device\":\"tank-1\",\"place\":\"b3/pump-room\",\"class\":\"tank\","
	      "\"value\":91.3,\"unit\":\"%\",\"quality\":\"good\",\"test\":true,"
	      "\"at\":\"2026-11-22T03:00:00.120+08:00\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_stand_in_the_order_of_the_specification),
		cmocka_unit_test(what_only_some_alarms_have_comes_after),
		cmocka_unit_test(values_keep_their_type_and_digits),
		cmocka_unit_test(text_that_is_not_utf8_is_mended_not_lost),
		cmocka_unit_test(a_reason_reads_back_as_it_was),
		cmocka_unit_test(a_reason_that_is_none_is_refused),
		cmocka_unit_test(more_inputs_than_a_reason_holds_are_refused),
		cmocka_unit_test(a_point_shows_device_place_class_and_null_before_its_first_reading),
	};

	clock_set_zone("Asia/Shanghai");
	return UNIT_RUN(tests);
}
