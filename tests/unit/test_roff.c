/* test_roff.c: texts that roff must show as they stand. */
#include "unit.h"

#include "base/roff.h"

static void requests_escapes_and_quotes_are_plain_text(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "plain", "plain" },
		{ ".conf", "\\&.conf" },
		{ "a.conf", "a.conf" },
		{ "one\n.two", "one\n\\&.two" },
		{ "'lift-*'", "\\(aqlift\\-*\\(aq" },
		{ "a\\b \"c\" `d` ~ ^", "a\\eb \\(dqc\\(dq \\(gad\\(ga \\(ti \\(ha" },
		{ "acked, …", "acked, ..." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str_buf out _cleanup_str_buf_ = { 0 };

		roff_add(&out, cases[i].text);
		assert_string_equal(out.text, cases[i].expected);
	}
}

static void a_usage_has_words_to_type_and_words_to_put_in(void **state)
{
	struct str_buf out _cleanup_str_buf_ = { 0 };

	(void)state;
	roff_add_usage(&out, "[ready | no-alarm [ID]]");
	assert_string_equal(out.text, "[\\fBready\\fR | \\fBno\\-alarm\\fR [\\fIID\\fR]]");
	str_buf_clear(&out);
	roff_add_bold(&out, "--check");
	assert_string_equal(out.text, "\\fB\\-\\-check\\fR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_escapes_and_quotes_are_plain_text),
		cmocka_unit_test(a_usage_has_words_to_type_and_words_to_put_in),
	};

	return UNIT_RUN(tests);
}
