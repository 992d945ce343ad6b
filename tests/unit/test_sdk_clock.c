/* Times as devices write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "sdk/sdk_clock.h"
#include "unit.h"

static void times_with_an_offset_are_read_exactly(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2023-11-14T22:13:20Z", INT64_C(1700000000000000) },
		{ "2023-11-14T22:13:20.5Z", INT64_C(1700000000500000) },
		{ "2023-11-14T22:13:20.123456789Z", INT64_C(1700000000123456) },
		{ "2023-11-15T06:13:20+08:00", INT64_C(1700000000000000) },
		{ "2023-11-15T06:13:20.120+0800", INT64_C(1700000000120000) },
		{ "2023-11-14 17:13:20-05:00", INT64_C(1700000000000000) },
		{ "2024-02-29T00:00:00Z", INT64_C(1709164800000000) },
	};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(sdk_clock_parse(cases[i].text, &us), 0);
		assert_int_equal(us, cases[i].us);
	}
}

static void anything_else_is_no_time(void **state)
{
	static const char *const wrong[] = {
		"",
		"yesterday",
		"2023-11-14",
		"2023-11-14T22:13:20",
		"2023-11-14T22:13Z",
		"2023-13-14T22:13:20Z",
		"2023-11-32T22:13:20Z",
		"2023-11-31T22:13:20Z",
		"2023-02-29T22:13:20Z",
		"2023-11-14T24:13:20Z",
		"2023-11-14T22:13:20.Z",
		"2023-11-14T22:13:20+8",
		"2023-11-14T22:13:20+99:00",
		"2023-11-14T22:13:20Z!",
		"2023-11-14T22:13:2",
		"1700000000",
	};
	int64_t us = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_true(sdk_clock_parse(wrong[i], &us) < 0);
	assert_int_equal(us, 7);
}

static void a_time_written_is_read_back(void **state)
{
	char text[SDK_CLOCK_TEXT_MAX];
	int64_t us;

	(void)state;
	sdk_clock_format(INT64_C(1700000000123456), text);
	assert_string_equal(text, "2023-11-14T22:13:20.123Z");
	assert_int_equal(sdk_clock_parse(text, &us), 0);
	assert_int_equal(us, INT64_C(1700000000123000));
}

static void mail_has_a_form_of_its_own(void **state)
{
	char text[SDK_CLOCK_TEXT_MAX];

	(void)state;
	sdk_clock_format_mail(INT64_C(1700000000123456), text);
	assert_string_equal(text, "Tue, 14 Nov 2023 22:13:20 +0000");
	sdk_clock_format_mail(0, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 +0000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_with_an_offset_are_read_exactly),
		cmocka_unit_test(anything_else_is_no_time),
		cmocka_unit_test(a_time_written_is_read_back),
		cmocka_unit_test(mail_has_a_form_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
