#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "unit.h"

static void numbers_are_whole_strings_or_errors(void **state)
{
	int64_t i;
	uint16_t u16;
	double d;

	(void)state;
	assert_int_equal(str_to_i64("-42", &i), 0);
	assert_int_equal(i, -42);
	assert_int_equal(str_to_i64("0x8000", &i), 0);
	assert_int_equal(i, 0x8000);
	assert_int_equal(str_to_i64("9223372036854775808", &i), -ERANGE);
	assert_int_equal(str_to_i64("12 ", &i), -EINVAL);
	assert_int_equal(str_to_i64("", &i), -EINVAL);
	assert_int_equal(str_to_i64(" 1", &i), -EINVAL);
	assert_int_equal(str_to_u16("65535", &u16), 0);
	assert_int_equal(u16, 65535);
	assert_int_equal(str_to_u16("65536", &u16), -ERANGE);
	assert_int_equal(str_to_u16("-1", &u16), -ERANGE);
	assert_int_equal(str_to_double("-1.5e3", &d), 0);
	assert_true(d == -1500);
	assert_int_equal(str_to_double("1e999", &d), -ERANGE);
	assert_int_equal(str_to_double("nan", &d), -EINVAL);
	assert_int_equal(str_to_double("0x10", &d), -EINVAL);
	assert_int_equal(str_to_double("1,5", &d), -EINVAL);
}

static void a_failed_conversion_leaves_the_output_alone(void **state)
{
	uint32_t u32 = 7;

	(void)state;
	assert_int_equal(str_to_u32("4294967296", &u32), -ERANGE);
	assert_int_equal(u32, 7);
}

static void durations_need_a_unit(void **state)
{
	int64_t us;

	(void)state;
	assert_int_equal(str_to_duration("90s", &us), 0);
	assert_int_equal(us, 90 * S);
	assert_int_equal(str_to_duration("1h30m", &us), 0);
	assert_int_equal(us, 90 * MINUTE);
	assert_int_equal(str_to_duration("1.5s", &us), 0);
	assert_int_equal(us, 1500 * MS);
	assert_int_equal(str_to_duration("60d", &us), 0);
	assert_int_equal(us, 60 * DAY);
	assert_int_equal(str_to_duration("0", &us), 0);
	assert_int_equal(us, 0);
	assert_int_equal(str_to_duration("90", &us), -EINVAL);
	assert_int_equal(str_to_duration("s", &us), -EINVAL);
	assert_int_equal(str_to_duration("-1s", &us), -EINVAL);
	assert_int_equal(str_to_duration("99999999999d", &us), -ERANGE);
	assert_int_equal(str_to_duration("5 m", &us), -EINVAL);
}

static void durations_print_as_they_are_written(void **state)
{
	static const char *const texts[] = { "500ms", "90s", "10m", "2h", "60d", "0s", "1us", "9007199254740993us" };
	char buf[STR_DURATION_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int64_t us;

		assert_int_equal(str_to_duration(texts[i], &us), 0);
		assert_string_equal(str_from_duration(us, buf), texts[i]);
	}
}

static void sizes_are_powers_of_1024(void **state)
{
	int64_t bytes;

	(void)state;
	assert_int_equal(str_to_size("512MB", &bytes), 0);
	assert_int_equal(bytes, 512LL << 20);
	assert_int_equal(str_to_size("64kB", &bytes), 0);
	assert_int_equal(bytes, 65536);
	assert_int_equal(str_to_size("64", &bytes), -EINVAL);
}

static void doubles_print_short_and_read_back(void **state)
{
	char buf[STR_DOUBLE_MAX];

	(void)state;
	assert_string_equal(str_from_double(21.5, buf), "21.5");
	assert_string_equal(str_from_double(0.1, buf), "0.1");
	assert_string_equal(str_from_double(3, buf), "3");
	assert_string_equal(str_from_double(10, buf), "10");
	assert_string_equal(str_from_double(-4660000, buf), "-4660000");
	assert_string_equal(str_from_double(-0.001, buf), "-0.001");
	assert_string_equal(str_from_double(1e30, buf), "1e+30");
}

static void json_strings_are_always_valid(void **state)
{
	_cleanup_str_buf_ struct str_buf b = { 0 };

	(void)state;
	str_buf_add_json(&b, "a\"b\\c\n\x01 门 \xff\xc0\x80 \xed\xa0\x80");
	assert_true(str_is_utf8(str_buf_text(&b), b.len));
	assert_non_null(strstr(str_buf_text(&b), "a\\\"b\\\\c\\u000a\\u0001 门 "));
	assert_non_null(strstr(str_buf_text(&b), "\xef\xbf\xbd"));
}

static void utf8_is_cut_between_characters(void **state)
{
	(void)state;
	assert_int_equal(str_utf8_cut("门铃", 6), 6);
	assert_int_equal(str_utf8_cut("门铃", 5), 3);
	assert_int_equal(str_utf8_cut("门铃", 2), 0);
	assert_true(str_is_utf8("门铃", 6));
	assert_false(str_is_utf8("\xe9\x97", 2));
	assert_false(str_is_utf8("\xf5\x80\x80\x80", 4));
}

static void ids_are_small_letters_digits_and_hyphens(void **state)
{
	(void)state;
	assert_true(str_is_id("riser-3"));
	assert_true(str_is_id("3"));
	assert_false(str_is_id("-a"));
	assert_false(str_is_id(""));
	assert_false(str_is_id("Lift"));
	assert_false(str_is_id("a/b"));
	assert_true(str_is_label("L1"));
	assert_true(str_is_label("night-Desk_2"));
	assert_false(str_is_label("-L1"));
	assert_false(str_is_label("L 1"));
	assert_false(str_is_label(""));
	assert_true(str_is_label("L23456789012345678901234567890123456789012345678901234567890123"));
	assert_false(str_is_label("L234567890123456789012345678901234567890123456789012345678901234"));
}

static void a_typing_error_finds_its_word(void **state)
{
	struct str_nearest n = { .word = "hysteresys" };
	struct str_nearest swapped = { .word = "levle" };
	struct str_nearest none = { .word = "pressure" };

	(void)state;
	str_nearest_try(&n, "priority");
	str_nearest_try(&n, "hysteresis");
	assert_string_equal(n.best, "hysteresis");
	str_nearest_try(&swapped, "level");
	assert_string_equal(swapped.best, "level");
	str_nearest_try(&none, "level");
	assert_null(none.best);
}

static void a_buffer_grows_and_gives_itself_away(void **state)
{
	struct str_buf b = { 0 };
	char *text;

	(void)state;
	assert_string_equal(str_buf_text(&b), "");
	for (int i = 0; i < 1000; i++)
		str_buf_printf(&b, "%d,", i);
	assert_int_equal(b.len, 3890);
	str_buf_consume(&b, 2);
	assert_memory_equal(str_buf_text(&b), "1,2,", 4);
	text = str_buf_take(&b);
	assert_int_equal(strlen(text), 3888);
	assert_int_equal(b.len, 0);
	free(text);
	text = str_buf_take(&b);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_whole_strings_or_errors),
		cmocka_unit_test(a_failed_conversion_leaves_the_output_alone),
		cmocka_unit_test(durations_need_a_unit),
		cmocka_unit_test(durations_print_as_they_are_written),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(doubles_print_short_and_read_back),
		cmocka_unit_test(json_strings_are_always_valid),
		cmocka_unit_test(utf8_is_cut_between_characters),
		cmocka_unit_test(ids_are_small_letters_digits_and_hyphens),
		cmocka_unit_test(a_typing_error_finds_its_word),
		cmocka_unit_test(a_buffer_grows_and_gives_itself_away),
	};

	return UNIT_RUN(tests);
}
