/* The option table of a plugin: types, defaults, and errors that help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "sdk/sdk_options.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

struct settings {
	char *url, *note;
	int mode;
	int64_t retries, wait_us;
	bool loud;
	char **words;
};

static const char *check_url(const char *value)
{
	return strncmp(value, "mqtt://", 7) == 0 ? NULL : "mqtt://host";
}

static const struct sdk_option table[] = {
	{ "url", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, url), .check = check_url,
	  .help = "the broker" },
	{ "note", SDK_OPTION_TEXT, .offset = offsetof(struct settings, note), .help = "free" },
	{ "mode", SDK_OPTION_WORD, .fallback = "fast", .offset = offsetof(struct settings, mode),
	  .words = "slow fast idle", .help = "pace" },
	{ "retries", SDK_OPTION_INTEGER, .fallback = "3", .offset = offsetof(struct settings, retries), .min = 1,
	  .max = 9, .help = "tries" },
	{ "wait", SDK_OPTION_DURATION, .fallback = "90s", .offset = offsetof(struct settings, wait_us), .min = SECOND,
	  .max = 3600 * SECOND, .help = "pause" },
	{ "loud", SDK_OPTION_BOOLEAN, .fallback = "true", .offset = offsetof(struct settings, loud), .help = "noise" },
	{ "words", SDK_OPTION_TEXTS, .offset = offsetof(struct settings, words), .help = "arguments" },
	{ 0 },
};

/* Reads one JSON text; returns what was wrong, "" for nothing. */
static const char *read_text(const char *json, struct settings *ret_settings)
{
	static struct sdk_options_problems problems;
	json_t *options = json ? json_loads(json, 0, NULL) : NULL;
	int r;

	assert_true(!json || options);
	memset(&problems, 0, sizeof(problems));
	memset(ret_settings, 0, sizeof(*ret_settings));
	r = sdk_options_read(table, options, ret_settings, &problems);
	assert_int_equal(r<0, problems.count> 0);
	json_decref(options);
	return problems.text;
}

static void given_values_and_defaults_are_read(void **state)
{
	struct settings s;

	(void)state;
	assert_string_equal(read_text("{\"url\":\"mqtt://h\",\"mode\":\"idle\",\"wait\":\"10m\"}", &s), "");
	assert_string_equal(s.url, "mqtt://h");
	assert_null(s.note);
	assert_int_equal(s.mode, 2);
	assert_int_equal(s.retries, 3);
	assert_int_equal(s.wait_us, 600 * SECOND);
	assert_true(s.loud);
	sdk_options_fini(table, &s);
	assert_null(s.url);
}

static void every_error_names_the_option_what_came_and_what_was_expected(void **state)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{ NULL, "option 'url' is missing: expected the broker" },
		{ "{\"url\":\"h\"}", "option 'url' = \"h\": expected mqtt://host" },
		{ "{\"url\":1}", "option 'url' = 1: expected a text in quotes" },
		{ "{\"url\":\"mqtt://h\",\"mode\":\"fats\"}",
		  "option 'mode' = \"fats\": expected one of: slow, fast, idle; did you mean 'fast'?" },
		{ "{\"url\":\"mqtt://h\",\"mode\":\"zzzzzz\"}",
		  "option 'mode' = \"zzzzzz\": expected one of: slow, fast, idle" },
		{ "{\"url\":\"mqtt://h\",\"retries\":10}", "option 'retries' = 10: expected a whole number 1..9" },
		{ "{\"url\":\"mqtt://h\",\"retries\":\"3\"}",
		  "option 'retries' = \"3\": expected a whole number 1..9" },
		{ "{\"url\":\"mqtt://h\",\"wait\":90}",
		  "option 'wait' = 90: expected a duration such as \"90s\", from 1000 ms to 3600 s" },
		{ "{\"url\":\"mqtt://h\",\"loud\":\"yes\"}", "option 'loud' = \"yes\": expected true or false" },
		{ "{\"url\":\"mqtt://h\",\"retires\":1}", "there is no option 'retires'; did you mean 'retries'?" },
		{ "[]", "options: expected an object { … }" },
		{ "{\"uurl\":\"mqtt://h\"}",
		  "there is no option 'uurl'; did you mean 'url'?; option 'url' is missing: expected the broker" },
	};
	struct settings s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(read_text(cases[i].json, &s), cases[i].text);
		sdk_options_fini(table, &s);
	}
}

static void durations_need_a_unit_and_nothing_behind_it(void **state)
{
	static const char *const wrong[] = { "",    "s",  "90",          "-1s",  "1.5s",
					     "1s ", "1w", "9999999999s", "1m30", "999999999d" };
	int64_t us;

	(void)state;
	assert_int_equal(sdk_options_duration("500ms", &us), 0);
	assert_int_equal(us, SECOND / 2);
	assert_int_equal(sdk_options_duration("60d", &us), 0);
	assert_int_equal(us, 60 * 86400 * SECOND);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_true(sdk_options_duration(wrong[i], &us) < 0);
}

static void many_errors_fit_into_the_room_there_is(void **state)
{
	struct sdk_options_problems problems = { .count = 0 };
	json_t *options = json_object();
	struct settings s = { 0 };
	char name[64];

	(void)state;
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "unknown-option-with-a-long-name-%d", i);
		json_object_set_new(options, name, json_true());
	}
	assert_true(sdk_options_read(table, options, &s, &problems) < 0);
	assert_int_equal(problems.count, 501);
	assert_true(strlen(problems.text) < SDK_OPTIONS_PROBLEMS_MAX);
	json_decref(options);
	sdk_options_fini(table, &s);
}

static void a_list_of_texts_is_read_as_it_stands(void **state)
{
	struct settings s;

	(void)state;
	assert_string_equal(read_text("{\"url\":\"mqtt://h\",\"words\":[\"a b\",\"\",\"$(x)\"]}", &s), "");
	assert_string_equal(s.words[0], "a b");
	assert_string_equal(s.words[1], "");
	assert_string_equal(s.words[2], "$(x)");
	assert_null(s.words[3]);
	sdk_options_fini(table, &s);
	assert_null(s.words);
	assert_string_equal(read_text("{\"url\":\"mqtt://h\",\"words\":[]}", &s), "");
	assert_null(s.words[0]);
	sdk_options_fini(table, &s);
	assert_non_null(
		strstr(read_text("{\"url\":\"mqtt://h\",\"words\":[\"a\",1]}", &s), "expected a list of texts"));
	assert_null(s.words);
	sdk_options_fini(table, &s);
	assert_non_null(strstr(read_text("{\"url\":\"mqtt://h\",\"words\":\"a\"}", &s), "expected a list of texts"));
	sdk_options_fini(table, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(given_values_and_defaults_are_read),
		cmocka_unit_test(every_error_names_the_option_what_came_and_what_was_expected),
		cmocka_unit_test(durations_need_a_unit_and_nothing_behind_it),
		cmocka_unit_test(a_list_of_texts_is_read_as_it_stands),
		cmocka_unit_test(many_errors_fit_into_the_room_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
