/* Values: texts cut between characters, formats, truth, names. */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/value.h"

static void assert_format(struct value v, const char *wanted)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	value_format(&v, &text);
	assert_string_equal(str_buf_text(&text), wanted);
}

static void values_are_written_as_people_read_them(void **state)
{
	(void)state;
	assert_format((struct value){ 0 }, "null");
	assert_format(value_number(21.5), "21.5");
	assert_format(value_number(-3), "-3");
	assert_format(value_bool(true), "true");
	assert_format(value_bool(false), "false");
	assert_format(value_text("平层"), "平层");
	assert_format(value_text(""), "");
	assert_format(value_event("card 4711"), "card 4711");
	assert_format(value_event(""), "true");
}

static void a_long_text_is_cut_between_characters(void **state)
{
	char text[100];
	struct value v;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[99] = '\0';
	v = value_text(text);
	assert_int_equal(strlen(v.text), VALUE_TEXT_MAX - 1);
	/* three bytes each: 62 'a' and half a character would fit */
	strcpy(text + 62, "电梯");
	v = value_event(text);
	assert_int_equal(strlen(v.text), 62);
	strcpy(text + 60, "电梯");
	v = value_text(text);
	assert_int_equal(strlen(v.text), 63);
	assert_true(str_is_utf8(v.text, strlen(v.text)));
}

static void equal_needs_the_same_type_and_events_never_are(void **state)
{
	struct value none = { 0 }, one = value_number(1), yes = value_bool(true), a = value_text("a"),
		     b = value_text("b"), event = value_event("a");

	(void)state;
	assert_true(value_equal(&none, &none));
	assert_true(value_equal(&one, &one));
	assert_true(value_equal(&a, &a));
	assert_false(value_equal(&a, &b));
	assert_false(value_equal(&one, &yes));
	assert_false(value_equal(&event, &event));
	assert_false(value_equal(&event, &a));
}

static void only_what_says_yes_is_true(void **state)
{
	struct value no[] = { { 0 }, value_number(0), value_number(NAN), value_bool(false), value_text("true") };
	struct value yes[] = { value_number(-0.5), value_bool(true), value_event("") };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(value_true(&no[i]));
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(value_true(&yes[i]));
}

static void names_are_read_back(void **state)
{
	enum value_type type;
	enum quality quality;

	(void)state;
	for (int t = VALUE_NUMBER; t <= VALUE_EVENT; t++) {
		assert_int_equal(value_type_parse(value_type_name((enum value_type)t), &type), 0);
		assert_int_equal(type, t);
	}
	for (int q = QUALITY_GOOD; q <= QUALITY_SUSPECT; q++) {
		assert_int_equal(value_quality_parse(value_quality_name((enum quality)q), &quality), 0);
		assert_int_equal(quality, q);
	}
	assert_int_equal(value_type_parse("none", &type), -EINVAL);
	assert_int_equal(value_type_parse("Bool", &type), -EINVAL);
	assert_int_equal(value_quality_parse("", &quality), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_as_people_read_them),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(equal_needs_the_same_type_and_events_never_are),
		cmocka_unit_test(only_what_says_yes_is_true),
		cmocka_unit_test(names_are_read_back),
	};

	return UNIT_RUN(tests);
}
