#include "unit.h"

#include <string.h>

#include "base/str.h"
#include "care/evacuation.h"
#include "care/fall_doubt.h"
#include "care/lift_need.h"
#include "care/powered.h"
#include "care/stair.h"

/* ---- stairs ---- */

static const char *const units[] = { "u1", "u2" };
static const struct place places[] = { { .id = "b3", .units = units, .unit_count = 2 },
				       { .id = "b4" },
				       { .id = "b30" } };
static const struct stair_places declared = { places, 3 };

static void the_stairs_are_the_units_or_the_buildings(_unused_ void **state)
{
	static const struct {
		const char *path, *stair;
	} cases[] = {
		{ "b3/u1/1204", "b3/u1" },
		{ "b3/u1", "b3/u1" },
		{ "b3/pump-room", "b3" },
		{ "b3/1204", "b3" },
		{ "b3", "b3" },
		{ "b4/u1/501", "b4/u1" },
		{ "b4/u1", "b4/u1" },
		{ "b4/501", "b4" },
		{ "b30/u1/501", "b30/u1" },
		{ "b9/u7/501", "b9/u7" },
		{ "b3/u1/1204/balcony", "b3/u1" },
	};
	char buf[PLACE_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(stair_of(&declared, cases[i].path, buf), cases[i].stair);
}

static void what_is_in_a_plant_room_is_there_for_the_whole_building(_unused_ void **state)
{
	assert_true(stair_serves(&declared, "b3/u1", "b3/u1/1204"));
	assert_true(stair_serves(&declared, "b3/u1/lift-room", "b3/u1/1204"));
	assert_true(stair_serves(&declared, "b3/power-room", "b3/u2/901"));
	assert_true(stair_serves(&declared, "b3/u1/1204", "b3/u1/1204"));
	assert_false(stair_serves(&declared, "b3/u2", "b3/u1/1204"));
	assert_false(stair_serves(&declared, "b3/u1/1203", "b3/u1/1204"));
	assert_false(stair_serves(&declared, "b30/u1", "b3/u1/1204"));
	assert_false(stair_serves(&declared, "b3", "b30/u1/501"));
}

/* ---- lifts ---- */

static enum lift_need_result judged(enum lifts_state a, enum lifts_state b)
{
	enum lifts_state states[] = { a, b };

	return lift_need_judge(&(struct lift_need_lifts){ states, 2 });
}

static void one_that_runs_is_enough_and_one_that_is_not_known_leaves_it_open(_unused_ void **state)
{
	assert_int_equal(judged(LIFTS_OUT, LIFTS_FIRE), LIFT_NEED_YES);
	assert_int_equal(judged(LIFTS_INSPECTION, LIFTS_TRAPPED), LIFT_NEED_YES);
	assert_int_equal(judged(LIFTS_OUT, LIFTS_WORKS), LIFT_NEED_NO);
	assert_int_equal(judged(LIFTS_WORKS, LIFTS_UNKNOWN), LIFT_NEED_NO);
	assert_int_equal(judged(LIFTS_OUT, LIFTS_UNKNOWN), LIFT_NEED_UNKNOWN);
	assert_int_equal(lift_need_judge(&(struct lift_need_lifts){ NULL, 0 }), LIFT_NEED_UNKNOWN);
}

static void who_needs_a_lift_says_so_or_cannot_walk(_unused_ void **state)
{
	assert_false(
		lift_need_needs(&(struct resident){ .categories = 1 << RESIDENT_AGED | 1 << RESIDENT_LIVES_ALONE }));
	assert_true(lift_need_needs(&(struct resident){ .categories = 1 << RESIDENT_DISABLED }));
	assert_true(lift_need_needs(&(struct resident){ .needs = 1 << RESIDENT_DIALYSIS }));
}

/* ---- fire ---- */

static void a_zone_says_its_floor_in_the_ways_that_panels_have(_unused_ void **state)
{
	static const struct {
		const char *zone;
		int floor;
	} cases[] = {
		{ "17层", 17 },         { "3栋17层走道", 17 }, { "3#楼17F", 17 }, { "F17", 17 },      { "17楼", 17 },
		{ "2楼梯间5层", 2 },    { "1, 4, 27", 0 },     { "", 0 },         { "走道", 0 },      { "2019F", 0 },
		{ "99999999999层", 0 }, { "-2F", 0 },          { "3#楼-1层", 0 }, { "B1F", 0 },       { "B2层", 0 },
		{ "负2层车库", 0 },     { "地下1层", 0 },      { "B3-17F", 17 },  { "3栋-17层", 17 }, { "3-2F", 2 },
		{ "17/F", 17 },         { "Floor 17", 17 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (evacuation_floor_of(cases[i].zone) != cases[i].floor)
			fail_msg("'%s': %d, expected %d", cases[i].zone, evacuation_floor_of(cases[i].zone),
				 cases[i].floor);
}

/* ---- power ---- */

static void of_two_supplies_the_worse_counts(_unused_ void **state)
{
	struct powered_supply s = { POWERED_UNKNOWN, -1 };

	powered_join(&s, &(struct powered_supply){ POWERED_ON, 80 });
	assert_int_equal(s.mains, POWERED_ON);
	powered_join(&s, &(struct powered_supply){ POWERED_OUT, 90 });
	powered_join(&s, &(struct powered_supply){ POWERED_ON, -1 });
	powered_join(&s, &(struct powered_supply){ POWERED_UNKNOWN, -1 });
	assert_int_equal(s.mains, POWERED_OUT);
	assert_true(s.battery == 80);
}

/* ---- falls ---- */

static enum fall_doubt_news hear(struct fall_doubt *f, const char *name, struct value v)
{
	struct profile_point spec = { .name = name };
	struct point p = { .spec = &spec, .value = v, .quality = QUALITY_GOOD };

	return fall_doubt_hear(f, &p);
}

static struct value yes(bool on)
{
	return (struct value){ .type = VALUE_BOOL, .boolean = on };
}

static struct value word(const char *text)
{
	struct value v = { .type = VALUE_TEXT };

	snprintf(v.text, sizeof(v.text), "%s", text);
	return v;
}

static void only_what_is_said_after_a_fall_says_who_is_up_again(_unused_ void **state)
{
	struct fall_doubt f = { .up = false };

	assert_int_equal(hear(&f, "posture", word("standing")), FALL_DOUBT_NOTHING);
	assert_int_equal(hear(&f, "fall", yes(true)), FALL_DOUBT_NOTHING);
	assert_false(f.up);
	assert_int_equal(hear(&f, "posture", word("sitting")), FALL_DOUBT_NOTHING);
	assert_int_equal(hear(&f, "posture", word("standing")), FALL_DOUBT_PARDON);
	assert_int_equal(hear(&f, "posture", word("standing")), FALL_DOUBT_NOTHING);
	assert_int_equal(hear(&f, "posture", word("lying")), FALL_DOUBT_CONDEMN);
	assert_int_equal(hear(&f, "moving", yes(true)), FALL_DOUBT_PARDON);
	assert_int_equal(hear(&f, "moving", yes(false)), FALL_DOUBT_NOTHING);
	hear(&f, "fall", yes(false));
	hear(&f, "fall", yes(true));
	assert_false(f.up);
}

static void somebody_is_asked_once_for_each_doubt(_unused_ void **state)
{
	struct fall_doubt f = { .up = false };

	assert_int_equal(hear(&f, "maybe_fall", yes(true)), FALL_DOUBT_ASK);
	assert_int_equal(hear(&f, "maybe_fall", yes(true)), FALL_DOUBT_NOTHING);
	assert_int_equal(hear(&f, "maybe_fall", yes(false)), FALL_DOUBT_ASKED);
	assert_int_equal(hear(&f, "maybe_fall", yes(true)), FALL_DOUBT_ASK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stairs_are_the_units_or_the_buildings),
		cmocka_unit_test(what_is_in_a_plant_room_is_there_for_the_whole_building),
		cmocka_unit_test(one_that_runs_is_enough_and_one_that_is_not_known_leaves_it_open),
		cmocka_unit_test(who_needs_a_lift_says_so_or_cannot_walk),
		cmocka_unit_test(a_zone_says_its_floor_in_the_ways_that_panels_have),
		cmocka_unit_test(of_two_supplies_the_worse_counts),
		cmocka_unit_test(only_what_is_said_after_a_fall_says_who_is_up_again),
		cmocka_unit_test(somebody_is_asked_once_for_each_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
