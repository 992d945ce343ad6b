/* Who has a duty at a place, and who is on duty now. */
#include "unit.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/contact.h"

static const char *const b3[] = { "b3" }, *const flat[] = { "b3/u1/1204" }, *const desk[] = { "desk" };

/* A moment in the estate's own time. */
static struct contact_moment at(const char *iso)
{
	int64_t wall_us = 0;

	clock_set_zone("Asia/Shanghai");
	assert_int_equal(clock_parse(iso, &wall_us), 0);
	return contact_moment_at(wall_us, true);
}

static bool on(const struct contact_span *span, const char *iso)
{
	static const struct contact_holiday holidays[] = {
		{ .id = "national", .from = 20261001, .until = 20261007, .as = CONTACT_HOLIDAY },
		{ .id = "worked", .from = 20261010, .until = 20261010, .as = 1 },
		{ .id = "b3-moves", .from = 20261003, .until = 20261003, .as = 3, .places = b3, .place_count = 1 },
	};
	struct contact c = { .id = "wang", .roster = span, .span_count = 1 };
	struct contact_list people = { &c, 1, holidays, ARRAY_SIZE(holidays) };
	struct contact_moment now = at(iso);

	return contact_on_duty(&people, &c, "b4", &now);
}

static void a_span_holds_on_its_days_from_its_first_minute_to_its_last(void **state)
{
	static const struct contact_span workdays = { .days = 0x3e, .from_min = 8 * 60, .to_min = 18 * 60 };

	(void)state;
	assert_true(on(&workdays, "2026-09-21T08:00"));
	assert_true(on(&workdays, "2026-09-25T17:59:59"));
	assert_false(on(&workdays, "2026-09-25T18:00"));
	assert_false(on(&workdays, "2026-09-21T07:59:59"));
	assert_false(on(&workdays, "2026-09-26T12:00")); /* a Saturday */
}

static void a_night_belongs_to_the_day_on_which_it_began(void **state)
{
	static const struct contact_span friday_night = { .days = 1 << 5, .from_min = 20 * 60, .to_min = 8 * 60 };

	(void)state;
	assert_true(on(&friday_night, "2026-09-25T20:00"));
	assert_true(on(&friday_night, "2026-09-26T07:59"));
	assert_false(on(&friday_night, "2026-09-26T08:00"));
	assert_false(on(&friday_night, "2026-09-25T07:59")); /* that was Thursday's */
	assert_false(on(&friday_night, "2026-09-26T21:00"));
}

static void from_a_minute_to_the_same_is_a_whole_day(void **state)
{
	static const struct contact_span sunday = { .days = 1, .from_min = 9 * 60, .to_min = 9 * 60 };

	(void)state;
	assert_false(on(&sunday, "2026-09-20T08:59"));
	assert_true(on(&sunday, "2026-09-20T09:00"));
	assert_true(on(&sunday, "2026-09-21T08:59"));
	assert_false(on(&sunday, "2026-09-21T09:00"));
}

static void a_holiday_is_no_weekday(void **state)
{
	static const struct contact_span workdays = { .days = 0x3e, .from_min = 0, .to_min = 24 * 60 };
	static const struct contact_span holidays = { .days = 1 << CONTACT_HOLIDAY, .from_min = 0, .to_min = 24 * 60 };

	(void)state;
	assert_false(on(&workdays, "2026-10-01T12:00"));
	assert_true(on(&holidays, "2026-10-01T12:00"));
	assert_true(on(&holidays, "2026-10-07T23:59"));
	assert_false(on(&holidays, "2026-10-08T00:00"));
	assert_true(on(&workdays, "2026-10-08T00:00"));
}

static void a_saturday_on_which_people_work_is_a_workday(void **state)
{
	static const struct contact_span mondays = { .days = 1 << 1, .from_min = 8 * 60, .to_min = 18 * 60 };

	(void)state;
	assert_true(on(&mondays, "2026-10-10T12:00"));
	assert_false(on(&mondays, "2026-10-17T12:00"));
}

static void the_calendar_of_a_nearer_place_counts(void **state)
{
	static const struct contact_span wednesdays = { .days = 1 << 3, .from_min = 0, .to_min = 24 * 60 };
	static const struct contact_holiday holidays[] = {
		{ .id = "national", .from = 20261001, .until = 20261007, .as = CONTACT_HOLIDAY },
		{ .id = "b3-moves", .from = 20261003, .until = 20261003, .as = 3, .places = b3, .place_count = 1 },
	};
	struct contact c = { .id = "wang", .roster = &wednesdays, .span_count = 1 };
	struct contact_list people = { &c, 1, holidays, 2 };
	struct contact_moment now = at("2026-10-03T12:00");

	(void)state;
	assert_true(contact_on_duty(&people, &c, "b3/u1", &now));
	assert_false(contact_on_duty(&people, &c, "b4", &now));
}

static void without_a_roster_or_a_clock_everybody_is_on_duty(void **state)
{
	static const struct contact_span never = { .days = 0, .from_min = 0, .to_min = 60 };
	struct contact c = { .id = "wang" };
	struct contact_list people = { &c, 1, NULL, 0 };
	struct contact_moment now = at("2026-09-21T12:00");

	(void)state;
	assert_true(contact_on_duty(&people, &c, "b3", &now));
	c.roster = &never;
	c.span_count = 1;
	assert_false(contact_on_duty(&people, &c, "b3", &now));
	now.known = false;
	assert_true(contact_on_duty(&people, &c, "b3", &now));
}

static void the_day_before_is_found_where_the_clock_is_changed(void **state)
{
	struct contact_moment m;

	(void)state;
	clock_set_zone("Europe/Berlin");
	m = contact_moment_at((int64_t)1774746000 * S, true); /* 2026-03-29 03:00, an hour was left out */
	assert_int_equal(m.date[0], 20260329);
	assert_int_equal(m.date[1], 20260328);
	m = contact_moment_at((int64_t)1777586400 * S, true); /* 2026-05-01 00:00 */
	assert_int_equal(m.date[0], 20260501);
	assert_int_equal(m.date[1], 20260430);
	assert_int_equal(m.day[1], 4);
}

static void the_nearest_place_comes_first_then_the_order_of_the_files(void **state)
{
	struct contact all[] = {
		{ .id = "a", .duties = desk, .duty_count = 1 },
		{ .id = "b", .duties = desk, .duty_count = 1, .places = b3, .place_count = 1 },
		{ .id = "c", .duties = desk, .duty_count = 1 },
		{ .id = "d", .duties = desk, .duty_count = 1, .places = flat, .place_count = 1 },
	};
	struct contact_list people = { all, ARRAY_SIZE(all), NULL, 0 };
	const struct contact *found[16];

	(void)state;
	assert_int_equal(contact_of_duty(&people, "desk", "b3/u1/1204", found), 4);
	assert_string_equal(found[0]->id, "d");
	assert_string_equal(found[1]->id, "b");
	assert_string_equal(found[2]->id, "a");
	assert_string_equal(found[3]->id, "c");
	assert_int_equal(contact_of_duty(&people, "desk", "b3/u1/1205", found), 3);
	assert_int_equal(contact_of_duty(&people, "desk", "b4", found), 2);
	assert_int_equal(contact_of_duty(&people, "desk", "", found), 2);
	assert_int_equal(contact_of_duty(&people, "b", "b3", found), 1); /* by his id */
	assert_int_equal(contact_of_duty(&people, "grid", "b3", found), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_span_holds_on_its_days_from_its_first_minute_to_its_last),
		cmocka_unit_test(a_night_belongs_to_the_day_on_which_it_began),
		cmocka_unit_test(from_a_minute_to_the_same_is_a_whole_day),
		cmocka_unit_test(a_holiday_is_no_weekday),
		cmocka_unit_test(a_saturday_on_which_people_work_is_a_workday),
		cmocka_unit_test(the_calendar_of_a_nearer_place_counts),
		cmocka_unit_test(without_a_roster_or_a_clock_everybody_is_on_duty),
		cmocka_unit_test(the_day_before_is_found_where_the_clock_is_changed),
		cmocka_unit_test(the_nearest_place_comes_first_then_the_order_of_the_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
