/* test_router.c: paths and patterns. */
#include "unit.h"

#include <string.h>

#include "api/router.h"

static struct router_match match;

static void a_literal_path_fits_itself_only(void **state)
{
	(void)state;
	assert_true(router_match("/v1/status", "/v1/status", &match));
	assert_int_equal(match.count, 0);
	assert_false(router_match("/v1/status", "/v1/statu", &match));
	assert_false(router_match("/v1/status", "/v1/status/", &match));
	assert_false(router_match("/v1/status", "/v1", &match));
	assert_false(router_match("/v1/status", "v1/status", &match));
	assert_false(router_match("/v1/status", "", &match));
}

static void a_name_takes_one_segment_decoded(void **state)
{
	(void)state;
	assert_true(router_match("/v1/points/{point}", "/v1/points/lift-1.door%5Fzone", &match));
	assert_string_equal(router_value(&match, "point"), "lift-1.door_zone");
	assert_false(router_match("/v1/points/{point}", "/v1/points/a/b", &match));
	assert_false(router_match("/v1/points/{point}", "/v1/points/", &match));
	assert_true(router_match("/v1/points/{point}", "/v1/points/a%2Fb", &match));
	assert_string_equal(router_value(&match, "point"), "a/b");
}

static void a_long_name_takes_all_segments_but_those_behind_it(void **state)
{
	const char *pattern = "/v1/alarms/{alarm+}/ack";

	(void)state;
	assert_true(router_match(pattern, "/v1/alarms/lift-trapped/lift-1/ack", &match));
	assert_string_equal(router_value(&match, "alarm"), "lift-trapped/lift-1");
	assert_true(router_match(pattern, "/v1/alarms/welfare/b3/u1/1204/ack", &match));
	assert_string_equal(router_value(&match, "alarm"), "welfare/b3/u1/1204");
	assert_true(router_match(pattern, "/v1/alarms/x/ack/ack", &match));
	assert_string_equal(router_value(&match, "alarm"), "x/ack");
	assert_false(router_match(pattern, "/v1/alarms/ack", &match));
	assert_false(router_match(pattern, "/v1/alarms/lift-trapped/lift-1/close", &match));
}

static void a_wrong_escape_fits_nothing(void **state)
{
	static const char *const wrong[] = { "/p/%", "/p/%4", "/p/%zz", "/p/%00", "/p/%ff", "/p/a%C3%28" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(router_match("/p/{x}", wrong[i], &match));
	assert_true(router_match("/p/{x}", "/p/%E7%94%B5%41", &match));
	assert_string_equal(router_value(&match, "x"), "电A");
}

static void what_is_too_long_fits_nothing(void **state)
{
	char path[600] = "/p/";

	(void)state;
	memset(path + 3, 'x', ROUTER_VALUE_MAX);
	assert_false(router_match("/p/{x}", path, &match));
	path[3 + ROUTER_VALUE_MAX - 1] = '\0';
	assert_true(router_match("/p/{x}", path, &match));
	assert_int_equal(strlen(router_value(&match, "x")), ROUTER_VALUE_MAX - 1);
	for (size_t i = 0; i < 40; i++)
		memcpy(path + 2 * i, "/a", 3);
	assert_false(router_match("/{x+}", path, &match));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_literal_path_fits_itself_only),
		cmocka_unit_test(a_name_takes_one_segment_decoded),
		cmocka_unit_test(a_long_name_takes_all_segments_but_those_behind_it),
		cmocka_unit_test(a_wrong_escape_fits_nothing),
		cmocka_unit_test(what_is_too_long_fits_nothing),
	};

	return UNIT_RUN(tests);
}
