/* Places: paths and floors; also the small tables of the model. */
#include "unit.h"

#include <string.h>

#include "model/bus.h"
#include "model/class.h"
#include "model/place.h"

static void a_path_is_ids_joined_by_slashes(void **state)
{
	static const char *const good[] = { "b3", "b3/u1/1204", "b3/pump-room", "a/b/c/d/e/f", "3_x/0" };
	static const char *const bad[] = { "",    "/",     "b3/",           "/b3",  "b3//u1", "B3",
					   "b 3", "b3/电", "a/b/c/d/e/f/g", "b3/-", "b3.u1" };
	char path[PLACE_PATH_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(place_path_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(place_path_valid(bad[i]));
	assert_false(place_path_valid(NULL));
	memset(path, 'a', sizeof(path));
	for (size_t i = 30; i < PLACE_PATH_MAX; i += 31)
		path[i] = '/';
	path[PLACE_PATH_MAX - 1] = '\0';
	assert_true(place_path_valid(path));
	path[PLACE_PATH_MAX - 1] = 'a';
	path[PLACE_PATH_MAX] = '\0';
	assert_false(place_path_valid(path));
}

static void a_place_contains_what_lies_below_it(void **state)
{
	(void)state;
	assert_true(place_contains("b3", "b3"));
	assert_true(place_contains("b3", "b3/u1/1204"));
	assert_true(place_contains("b3/u1", "b3/u1/1204"));
	assert_false(place_contains("b3", "b30"));
	assert_false(place_contains("b3/u1", "b3"));
	assert_false(place_contains("b3/u1", "b3/u10/101"));
	assert_int_equal(place_first_len("b3/u1"), 2);
	assert_int_equal(place_first_len("b12"), 3);
}

static void a_dwelling_says_its_floor(void **state)
{
	(void)state;
	assert_int_equal(place_floor("b3/u1/1204"), 12);
	assert_int_equal(place_floor("b3/u1/302"), 3);
	assert_int_equal(place_floor("b3/u1/0302"), 3);
	assert_int_equal(place_floor("b3/1204a"), 12);
	assert_int_equal(place_floor("b3/u1/3301"), 33);
}

static void what_does_not_look_like_a_dwelling_has_no_floor(void **state)
{
	(void)state;
	assert_int_equal(place_floor("b3"), 0);
	assert_int_equal(place_floor("1204"), 0);
	assert_int_equal(place_floor("b3/u1"), 0);
	assert_int_equal(place_floor("b3/pump-room"), 0);
	assert_int_equal(place_floor("b3/12"), 0);
	assert_int_equal(place_floor("b3/12004"), 0);
	assert_int_equal(place_floor("b3/999999999999"), 0);
	assert_int_equal(place_floor("b3/120-4"), 0);
	assert_int_equal(place_floor("b3/1204ab"), 0);
	assert_int_equal(place_floor("b3/"), 0);
}

static void a_class_finds_its_points_and_a_bus_says_its_type(void **state)
{
	static const struct class_point points[] = { { "level", VALUE_NUMBER, "%" }, { "low", VALUE_BOOL, "" } };
	static const struct class tank = { .id = "tank", .points = points, .point_count = 2 };

	(void)state;
	assert_ptr_equal(class_find_point(&tank, "low"), &points[1]);
	assert_null(class_find_point(&tank, "lo"));
	assert_string_equal(bus_type_name(BUS_TCP), "tcp");
	assert_string_equal(bus_type_name(BUS_RTU), "rtu");
	assert_string_equal(bus_type_name(BUS_RTU_OVER_TCP), "rtu-over-tcp");
	assert_string_equal(bus_type_name(BUS_DIAL_IN), "dial-in");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_ids_joined_by_slashes),
		cmocka_unit_test(a_place_contains_what_lies_below_it),
		cmocka_unit_test(a_dwelling_says_its_floor),
		cmocka_unit_test(what_does_not_look_like_a_dwelling_has_no_floor),
		cmocka_unit_test(a_class_finds_its_points_and_a_bus_says_its_type),
	};

	return UNIT_RUN(tests);
}
