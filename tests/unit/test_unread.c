/* What could not be read, what a number is, what zone was meant. */
#include <string.h>

#include "conf/numeral.h"
#include "conf/unread.h"
#include "conf/zone.h"
#include "unit.h"

static void words_of_what_could_not_be_read_may_be_ids(void **state)
{
	struct arena *a = arena_new();
	struct unread u = { .arena = a };
	const char *text = "buses: ( { id = \"gw-1; host = \"h\"; }, { name = \"灯loop\"; } );";

	(void)state;
	assert_false(unread_may_have(&u, "gw-1"));
	unread_add(&u, text, strlen(text));
	assert_true(unread_may_have(&u, "gw-1"));
	assert_true(unread_may_have(&u, "loop"));
	assert_true(unread_may_have(&u, "loop-3")); /* one of a bank */
	assert_false(unread_may_have(&u, "loop-x"));
	assert_false(unread_may_have(&u, "gw"));
	assert_false(unread_may_have(&u, "gw-2"));
	assert_true(unread_may_have(&u, "灯")); /* in pieces */
	assert_true(unread_may_have_any(&u, "level > 3 && gw-1.link"));
	assert_false(unread_may_have_any(&u, "level > 3 && gw-2.link"));
	assert_false(unread_may_have_any(&u, ""));
	unread_fini(&u);
	u.everything = true;
	assert_true(unread_may_have(&u, "gw-2"));
	assert_true(unread_may_have_any(&u, "x"));
	arena_free(a);
}

static void a_number_ends_where_libconfig_ends_it(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool real;
	} cases[] = {
		{ "502", 3, false },  { "-1;", 2, false },   { "+7 ", 2, false },     { "0x1fG", 4, false },
		{ "0x;", 1, false },  { "3L2", 2, false },   { "3LLL", 3, false },    { "0x1FLL", 6, false },
		{ "1.5", 3, true },   { ".5e-3x", 5, true }, { "1e5", 3, true },      { "1e", 1, false },
		{ "1e+", 1, false },  { "1.e5", 4, true },   { "503L2.5", 4, false }, { "-.5", 3, true },
		{ "1.2.3", 3, true }, { "", 0, false },      { "-", 0, false },       { "x", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i].text;
		bool real;

		assert_int_equal(numeral_len(text, text + strlen(text), &real), cases[i].len);
		assert_int_equal(real, cases[i].real);
	}
}

static void a_zone_is_known_by_its_town_and_by_a_slip(void **state)
{
	char buf[ZONE_NAME_MAX];

	(void)state;
	assert_true(zone_exists("Asia/Shanghai"));
	assert_true(zone_exists("UTC"));
	if (!zone_exists("Asia/Nowhere")) { /* there is a zone database */
		assert_false(zone_exists("Asia"));
		assert_false(zone_exists("zone.tab"));
		assert_false(zone_exists("../../../etc/localtime"));
		assert_string_equal(zone_nearest("Asia/Shanghia", buf), "Asia/Shanghai");
		assert_string_equal(zone_nearest("asia/shanghai", buf), "Asia/Shanghai");
		assert_string_equal(zone_nearest("shanghai", buf), "Asia/Shanghai");
		assert_null(zone_nearest("Mars/Olympus_Mons", buf));
	}
	assert_false(zone_exists("/etc/localtime"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_what_could_not_be_read_may_be_ids),
		cmocka_unit_test(a_number_ends_where_libconfig_ends_it),
		cmocka_unit_test(a_zone_is_known_by_its_town_and_by_a_slip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
