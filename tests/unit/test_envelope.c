#include <errno.h>
#include <jansson.h>

#include "unit.h"
#include "upstream/envelope.h"

static const struct envelope pattern = {
	.estate = "demo",
	.lane = ENVELOPE_ALARM,
	.seq = 10293,
	.time = "2026-11-22T03:00:00.120+08:00",
	.kind = "alarm",
	.payload = "{\"alarm\":\"sos/sos-1204\",\"text\":{\"zh\":\"求助\",\"en\":\"help\"},\"value\":21.70}",
};

#define HEAD                                                             \
	"{\"v\":1,\"estate\":\"demo\",\"lane\":\"alarm\",\"seq\":10293," \
	"\"time\":\"2026-11-22T03:00:00.120+08:00\",\"kind\":\"alarm\""

static void check(const struct envelope *e, const char *expected)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	json_t *json;

	assert_int_equal(envelope_render(e, &text), 0);
	assert_string_equal(str_buf_text(&text), expected);
	json = json_loads(str_buf_text(&text), JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_object(json));
	json_decref(json);
}

static void the_payload_stands_behind_the_head_as_it_was_written(void **state)
{
	(void)state;
	check(&pattern, HEAD ",\"alarm\":\"sos/sos-1204\",\"text\":{\"zh\":\"求助\",\"en\":\"help\"},\"value\":21.70}");
}

static void an_empty_payload_leaves_no_comma(void **state)
{
	struct envelope e = pattern;

	(void)state;
	e.payload = " { \n } ";
	check(&e, HEAD "}");
}

static void a_payload_of_many_lines_becomes_one_line(void **state)
{
	struct envelope e = pattern;

	(void)state;
	e.payload = "{\r\n  \"a\": 1,\n  \"b\": \"x\\ny}\"\n}\n";
	check(&e, HEAD ",\"a\": 1,  \"b\": \"x\\ny}\"}");
}

static void names_with_quotes_are_escaped(void **state)
{
	struct envelope e = pattern;

	(void)state;
	e.estate = "de\"mo";
	e.seq = UINT64_MAX / 2;
	e.lane = ENVELOPE_DATA;
	e.payload = "{}";
	check(&e, "{\"v\":1,\"estate\":\"de\\\"mo\",\"lane\":\"data\",\"seq\":9223372036854775807,"
		  "\"time\":\"2026-11-22T03:00:00.120+08:00\",\"kind\":\"alarm\"}");
}

static void a_time_that_nobody_confirmed_is_marked_behind_it(void **state)
{
	struct envelope e = pattern;

	(void)state;
	e.clock = "unset";
	e.payload = "{\"a\":1}";
	check(&e, "{\"v\":1,\"estate\":\"demo\",\"lane\":\"alarm\",\"seq\":10293,"
		  "\"time\":\"2026-11-22T03:00:00.120+08:00\",\"clock\":\"unset\",\"kind\":\"alarm\",\"a\":1}");
	assert_int_equal(envelope_check("{\"clock\":\"restored\"}"), -EINVAL);
}

static void what_is_no_object_is_refused_and_nothing_is_appended(void **state)
{
	static const char *const bad[] = {
		"",      "[1]",         "1",           "null",
		"{",     "{\"a\":1",    "{\"a\":1} x", "{\"a\":1}{\"b\":2}",
		"{a:1}", "{\"a\":nan}", "{\"seq\":7}", "{\"a\":1,\"lane\":\"data\"}",
	};
	_cleanup_str_buf_ struct str_buf text = { 0 };
	struct envelope e = pattern;

	(void)state;
	str_buf_add(&text, "before");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		e.payload = bad[i];
		assert_int_equal(envelope_render(&e, &text), -EINVAL);
	}
	e.payload = NULL;
	assert_int_equal(envelope_render(&e, &text), -EINVAL);
	assert_string_equal(text.text, "before");
}

static void lanes_have_names(void **state)
{
	enum envelope_lane lane = ENVELOPE_ALARM;

	(void)state;
	assert_string_equal(envelope_lane_name(ENVELOPE_ALARM), "alarm");
	assert_int_equal(envelope_lane_parse("data", &lane), 0);
	assert_int_equal(lane, ENVELOPE_DATA);
	assert_int_equal(envelope_lane_parse("Data", &lane), -EINVAL);
	assert_int_equal(lane, ENVELOPE_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_payload_stands_behind_the_head_as_it_was_written),
		cmocka_unit_test(an_empty_payload_leaves_no_comma),
		cmocka_unit_test(a_payload_of_many_lines_becomes_one_line),
		cmocka_unit_test(names_with_quotes_are_escaped),
		cmocka_unit_test(a_time_that_nobody_confirmed_is_marked_behind_it),
		cmocka_unit_test(what_is_no_object_is_refused_and_nothing_is_appended),
		cmocka_unit_test(lanes_have_names),
	};

	return UNIT_RUN(tests);
}
