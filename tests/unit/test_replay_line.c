#include "app/replay_line.h"
#include "app/replay_operator.h"
#include "app/replay_scan.h"
#include "base/clock.h"
#include "base/mem.h"
#include "unit.h"

static struct replay_line_parser *parser;

static int parse(const char *text, struct replay_line *ret_line)
{
	static char copy[1024]; /* what the line says is lent from it */
	_cleanup_str_buf_ struct str_buf problem = { 0 };

	assert_true(strlen(text) < sizeof(copy));
	memcpy(copy, text, strlen(text) + 1);
	return replay_line_parse(parser, copy, strlen(text), ret_line, &problem);
}

static int setup(void **state)
{
	(void)state;
	clock_set_zone("Asia/Shanghai");
	parser = replay_line_parser_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	replay_line_parser_free(parser);
	return 0;
}

static bool scanned(const char *text)
{
	static struct replay_scan scan;
	_cleanup_(freep) char *copy = mem_strdup(text);
	bool taken = replay_scan(copy, strlen(text), &scan);

	if (!taken)
		assert_string_equal(copy, text); /* left as it was */
	return taken;
}

static void the_plain_form_needs_no_json_values(void **state)
{
	(void)state;
	assert_true(scanned("{\"t\":\"2011-06-15T01:03:39.149\",\"device\":\"m-bed\",\"fields\":{\"motion\":true}}"));
	assert_true(scanned(" { \"device\" : \"a\", \"fields\" : { }, \"t\" : 1.5 } \r"));
	assert_true(scanned(
		"{\"t\":1,\"device\":\"a\",\"fields\":{\"a\":-1,\"b\":0.25,\"c\":null,\"d\":\"x\",\"e\":false}}"));
}

static void what_is_not_plain_is_left_to_the_library(void **state)
{
	static const char *const lines[] = {
		"",
		"{}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{}},",
		"{\"t\":1,\"device\":\"a\"}",
		"{\"t\":1,\"t\":1,\"device\":\"a\",\"fields\":{}}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{\"a\":1,\"a\":1}}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{\"a\":{}}}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{\"a\":01}}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{\"a\":-0}}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{\"a\":1.}}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{\"a\":1e3}}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{\"a\":1234567890.123456}}",
		"{\"t\":1,\"device\":\"\\u0061\",\"fields\":{}}",
		"{\"t\":1,\"device\":\"栋\",\"fields\":{}}",
		"{\"t\":1,\"device\":\"a\",\"fields\":{},\"test\":true}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_false(scanned(lines[i]));
}

static void numbers_are_those_of_the_library(void **state)
{
	static const char *const numbers[] = { "0",
					       "1",
					       "-1",
					       "97.5",
					       "0.1",
					       "-0.003",
					       "21.7",
					       "1e-7",
					       "12345.678901234",
					       "999999999999999",
					       "0.30000000000000004",
					       "-273.15",
					       "1E5" };
	struct replay_line line;
	char text[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		double wanted;

		assert_int_equal(str_to_double(numbers[i], &wanted), 0);
		snprintf(text, sizeof(text), "{\"t\":1,\"device\":\"a\",\"fields\":{\"x\":%s}}", numbers[i]);
		assert_int_equal(parse(text, &line), 0);
		assert_true(line.fields[0].value.type == VALUE_NUMBER);
		assert_memory_equal(&line.fields[0].value.number, &wanted, sizeof(wanted));
	}
}

static int64_t moment(const char *t)
{
	struct replay_line line;
	char text[200];

	snprintf(text, sizeof(text), "{\"t\":%s,\"device\":\"a\",\"fields\":{}}", t);
	assert_int_equal(parse(text, &line), 0);
	return line.at_us;
}

static void a_minute_that_is_known_is_no_reason_for_another_time(void **state)
{
	const int64_t base_us = (int64_t)1308070980 * S; /* 01:03 in Shanghai */

	(void)state;
	assert_int_equal(moment("\"2011-06-15T01:03:39.149\""), base_us + 39149 * MS);
	assert_int_equal(moment("\"2011-06-15T01:03:40\""), base_us + 40 * S);
	assert_int_equal(moment("\"2011-06-15T01:03:40.1234567\""), base_us + 40 * S + 123456);
	/* The same digits of another zone are another moment. */
	assert_int_equal(moment("\"2011-06-15T01:03:40Z\""), base_us + 8 * HOUR + 40 * S);
	assert_int_equal(moment("\"2011-06-15T01:03:40+08:00\""), base_us + 40 * S);
	assert_int_equal(moment("\"2011-06-15T01:03:40\""), base_us + 40 * S);
	assert_int_equal(moment("\"2011-06-15T01:03\""), base_us);
	assert_int_equal(moment("\"2011-06-15 01:03:40\""), base_us + 40 * S);
	assert_int_equal(moment("1308070980.25"), base_us + 250 * MS);
	assert_int_equal(moment("1308070980"), base_us);
	assert_int_equal(moment("\"1308070980.25\""), base_us + 250 * MS);
}

static void a_time_that_is_none_is_refused_whatever_came_before(void **state)
{
	struct replay_line line;

	(void)state;
	moment("\"2011-06-15T01:03:39\"");
	assert_int_not_equal(parse("{\"t\":\"2011-06-15T01:03:61\",\"device\":\"a\",\"fields\":{}}", &line), 0);
	assert_int_not_equal(parse("{\"t\":\"2011-06-15T01:03:3\",\"device\":\"a\",\"fields\":{}}", &line), 0);
	assert_int_not_equal(parse("{\"t\":\"2011-06-15T01:03:39x\",\"device\":\"a\",\"fields\":{}}", &line), 0);
	assert_int_not_equal(parse("{\"t\":1e300,\"device\":\"a\",\"fields\":{}}", &line), 0);
	assert_int_not_equal(parse("{\"t\":\"\",\"device\":\"a\",\"fields\":{}}", &line), 0);
}

static void nested_fields_are_flat_and_what_is_lent_lives_until_the_next_line(void **state)
{
	struct replay_line line;

	(void)state;
	assert_int_equal(
		parse("{\"t\":1,\"device\":\"a\",\"fields\":{\"o\":{\"x\":1,\"y\":\"z\"}},\"test\":true}", &line), 0);
	assert_int_equal(line.field_count, 2);
	assert_string_equal(line.fields[0].path, "o.x");
	assert_string_equal(line.fields[1].value.text, "z");
	assert_true(line.test);
}

static void a_step_has_a_sign_or_is_in_seconds(void **state)
{
	struct replay_line line;

	(void)state;
	assert_int_equal(parse("{\"t\":1,\"clock_step\":\"-1h\"}", &line), 0);
	assert_int_equal(line.step_us, -HOUR);
	assert_int_equal(parse("{\"t\":1,\"clock_step\":\"+2d\"}", &line), 0);
	assert_int_equal(line.step_us, 2 * DAY);
	assert_int_equal(parse("{\"t\":1,\"clock_step\":-1.5}", &line), 0);
	assert_int_equal(line.step_us, -1500 * MS);
	assert_int_not_equal(parse("{\"t\":1,\"clock_step\":\"--1h\"}", &line), 0);
	assert_int_not_equal(parse("{\"t\":1,\"clock_step\":1e12}", &line), 0);
}

static void a_command_about_a_device_may_name_one_of_its_alarms(void **state)
{
	struct replay_line line;

	(void)state;
	assert_int_equal(parse("{\"t\":1,\"command\":{\"verb\":\"test\",\"alarm\":\"sos/sos-1\"}}", &line), 0);
	assert_string_equal(line.command.subject, "sos-1");
	assert_null(line.command.alarm);
	assert_int_equal(line.command.for_us, 30 * MINUTE);
	assert_string_equal(line.command.who, "operator");
}

static void note(struct replay_operator *o, enum alarm_state state, int64_t at_us)
{
	struct alarm_transition t = { .alarm = { .id = (char *)"r/a", .state = state }, .at = { .mono_us = at_us } };

	replay_operator_note(o, &t);
}

static void the_operator_has_nothing_to_do_with_what_is_out_of_the_way(void **state)
{
	_cleanup_(replay_operator_freep) struct replay_operator *o = replay_operator_new();

	(void)state;
	assert_true(replay_operator_due(o) == INT64_MAX);
	note(o, ALARM_UNACKED, 10 * S);
	assert_int_equal(replay_operator_due(o), 10 * S + 2 * MINUTE);
	note(o, ALARM_UNACKED, 60 * S); /* told again: he is on his way already */
	note(o, ALARM_RTN_UNACKED, 70 * S);
	assert_int_equal(replay_operator_due(o), 10 * S + 2 * MINUTE);
	note(o, ALARM_SHELVED, 80 * S);
	assert_true(replay_operator_due(o) == INT64_MAX);
	note(o, ALARM_UNACKED, 90 * S);
	assert_int_equal(replay_operator_due(o), 90 * S + 2 * MINUTE);
	note(o, ALARM_LATCHED, 100 * S);
	assert_int_equal(replay_operator_due(o), 100 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plain_form_needs_no_json_values),
		cmocka_unit_test(what_is_not_plain_is_left_to_the_library),
		cmocka_unit_test(numbers_are_those_of_the_library),
		cmocka_unit_test(a_minute_that_is_known_is_no_reason_for_another_time),
		cmocka_unit_test(a_time_that_is_none_is_refused_whatever_came_before),
		cmocka_unit_test(nested_fields_are_flat_and_what_is_lent_lives_until_the_next_line),
		cmocka_unit_test(a_step_has_a_sign_or_is_in_seconds),
		cmocka_unit_test(a_command_about_a_device_may_name_one_of_its_alarms),
		cmocka_unit_test(the_operator_has_nothing_to_do_with_what_is_out_of_the_way),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
