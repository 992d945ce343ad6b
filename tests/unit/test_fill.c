#include "unit.h"

#include "base/fill.h"

static void says(const char *text, const char *const *values, const char *expected)
{
	_cleanup_str_buf_ struct str_buf filled = { 0 };

	fill_text(&filled, text, values);
	assert_string_equal(str_buf_text(&filled), expected);
}

static void names_are_replaced_wherever_they_stand(void **state)
{
	const char *const values[] = { "port", "/dev/ttyS0", "user", "estated", NULL };

	(void)state;
	says("{port}: user {user} may not", values, "/dev/ttyS0: user estated may not");
	says("{user}{user}{port}", values, "estatedestated/dev/ttyS0");
	says("", values, "");
	says("nothing in it", values, "nothing in it");
}

static void what_is_no_name_stays(void **state)
{
	const char *const values[] = { "a", "1", NULL };

	(void)state;
	says("{b} {a", values, "{b} {a");
	says("{ {a} {} }", values, "{ 1 {} }");
	says("{{a}}", values, "{1}");
	says("{a}", NULL, "{a}");
}

static void a_value_is_never_a_text_to_fill(void **state)
{
	const char *const values[] = { "a", "{b}", "b", "wrong", NULL };

	(void)state;
	says("{a}", values, "{b}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_replaced_wherever_they_stand),
		cmocka_unit_test(what_is_no_name_stays),
		cmocka_unit_test(a_value_is_never_a_text_to_fill),
	};

	return UNIT_RUN(tests);
}
