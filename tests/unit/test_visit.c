/* Who is to be visited, and when that is overdue. */
#include <string.h>

#include "base/util.h"
#include "care/visit.h"
#include "unit.h"

#define MIDNIGHT ((int64_t)20000 * DAY) /* wall, of day 20000 */

struct home {
	struct visit_due due;
	struct settings settings;
	struct concern concern;
	struct home_view view;
};

static void move(struct home *h, int day, int minute)
{
	h->view.now = (struct sign_moment){ .minute = minute, .day = 20000 + day };
	h->view.now.at.wall_us = MIDNIGHT + day * DAY + minute * MINUTE;
	h->view.now.at.mono_us = HOUR + day * DAY + minute * MINUTE;
}

static void set_up(struct home *h, unsigned category)
{
	*h = (struct home){ .concern = { .rules = 1U << CONCERN_VISIT, .categories = 1U << category, .residents = 1 } };
	settings_usual(&h->settings);
	h->view.concern = &h->concern;
	h->view.settings = &h->settings;
	visit_init(&h->due);
	move(h, 0, 10 * 60);
}

static struct verdict judge(struct home *h, int day, int minute)
{
	struct verdict v;

	move(h, day, minute);
	visit_judge(&h->due, &h->view, &v);
	return v;
}

static void the_shortest_of_the_categories_counts(void **state)
{
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_EMPTY_NEST);
	assert_int_equal(visit_every_days(&h.concern, &h.settings), 30);
	h.concern.categories |= 1U << RESIDENT_LIVES_ALONE;
	assert_int_equal(visit_every_days(&h.concern, &h.settings), 7);
	h.settings.values[SETTINGS_VISIT_EVERY] = 14 * DAY;
	assert_int_equal(visit_every_days(&h.concern, &h.settings), 14);
	h.concern.rules = 0;
	assert_int_equal(visit_every_days(&h.concern, &h.settings), 0);
}

static void one_day_is_a_day_and_two_are_days(void **state)
{
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	h.settings.values[SETTINGS_VISIT_EVERY] = DAY;
	visit_met(&h.due, 0, &h.view);
	assert_non_null(strstr(judge(&h, 2, 9 * 60).en, "every 1 day agreed, last seen in person 2 days ago"));
}

static void a_visit_is_late_after_a_day_and_more_urgent_after_three(void **state)
{
	struct home h;
	struct verdict v;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	visit_met(&h.due, 0, &h.view);
	assert_false(judge(&h, 7, 23 * 60).active); /* due by the end of that day */
	assert_false(judge(&h, 8, 8 * 60).active);  /* people are told in the morning */
	v = judge(&h, 8, 9 * 60);
	assert_true(v.active);
	assert_int_equal(v.priority, 4);
	assert_non_null(strstr(v.en, "8 days ago"));
	assert_non_null(strstr(v.zh, "8天前"));
	assert_int_equal(judge(&h, 9, 12 * 60).priority, 4);
	assert_int_equal(judge(&h, 10, 9 * 60).priority, 3);
}

static void any_contact_in_person_ends_it(void **state)
{
	struct sign card = { .kind = SIGN_CARD, .entrance = true, .on = true };
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	judge(&h, 0, 600);
	assert_true(judge(&h, 9, 600).active);
	card.entrance = false; /* at the unit's door: nobody knows whom it is for */
	visit_sign(&h.due, &card, &h.view);
	assert_true(judge(&h, 9, 601).active);
	card.entrance = true;
	visit_sign(&h.due, &card, &h.view);
	assert_false(judge(&h, 9, 602).active);
	assert_true(judge(&h, 17, 9 * 60).active);
}

static void nobody_is_sent_to_who_is_in_hospital(void **state)
{
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	visit_met(&h.due, 0, &h.view);
	h.view.planned_away = true;
	assert_false(judge(&h, 12, 9 * 60).active);
	h.view.planned_away = false;
	assert_int_equal(judge(&h, 13, 9 * 60).priority, 3);
	h.view.planned_away = true;
	assert_false(judge(&h, 13, 10 * 60).active);
}

static void who_is_back_at_midnight_is_told_of_in_the_morning(void **state)
{
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	visit_met(&h.due, 0, &h.view);
	h.view.planned_away = true;
	assert_false(judge(&h, 12, 23 * 60).active);
	h.view.planned_away = false;
	assert_false(judge(&h, 13, 0).active);
	assert_false(judge(&h, 13, 8 * 60 + 59).active);
	assert_int_equal(judge(&h, 13, 9 * 60).priority, 3);
	assert_true(judge(&h, 14, 0).active); /* what was told stays */
}

static void a_visit_that_is_recorded_later_counts_from_when_it_was(void **state)
{
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	judge(&h, 0, 600);
	assert_true(judge(&h, 12, 600).active);
	visit_met(&h.due, MIDNIGHT + 9 * DAY, &h.view);
	assert_false(judge(&h, 12, 601).active);
	visit_met(&h.due, MIDNIGHT + 2 * DAY, &h.view); /* an older one takes nothing back */
	assert_false(judge(&h, 16, 601).active);
	assert_true(judge(&h, 17, 601).active);
}

static void nothing_becomes_overdue_by_a_clock_that_cannot_be_believed(void **state)
{
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	visit_met(&h.due, 0, &h.view);
	assert_false(judge(&h, 4000, -1).active);
	visit_met(&h.due, 0, &h.view); /* dated when the clock is known */
	assert_true(h.due.met_mono_us > 0);
	visit_move(&h.due, -3990 * DAY);
	assert_false(judge(&h, 10, 600).active);
	assert_int_equal(h.due.met_mono_us, 0);
	assert_true(judge(&h, 18, 9 * 60).active);
}

static void a_contact_that_seems_to_be_to_come_is_one_of_today(void **state)
{
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	visit_met(&h.due, MIDNIGHT + 300 * DAY, &h.view);
	assert_false(judge(&h, 1, 600).active);
}

static void who_must_be_seen_today_is_told_at_once_until_somebody_was_there(void **state)
{
	struct home h;
	struct verdict v;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	visit_met(&h.due, 0, &h.view);
	visit_ask(&h.due, &h.view);
	v = judge(&h, 0, 601);
	assert_true(v.active);
	assert_int_equal(v.priority, 3);
	visit_met(&h.due, 0, &h.view);
	assert_false(judge(&h, 0, 602).active);
}

static void it_looks_again_at_the_hour_at_which_people_are_told(void **state)
{
	struct home h;

	(void)state;
	set_up(&h, RESIDENT_LIVES_ALONE);
	assert_true(visit_due(&h.due, &h.view) == h.view.now.at.mono_us + 23 * HOUR);
	h.concern.rules = 0;
	assert_true(visit_due(&h.due, &h.view) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shortest_of_the_categories_counts),
		cmocka_unit_test(one_day_is_a_day_and_two_are_days),
		cmocka_unit_test(a_visit_is_late_after_a_day_and_more_urgent_after_three),
		cmocka_unit_test(any_contact_in_person_ends_it),
		cmocka_unit_test(nobody_is_sent_to_who_is_in_hospital),
		cmocka_unit_test(who_is_back_at_midnight_is_told_of_in_the_morning),
		cmocka_unit_test(a_visit_that_is_recorded_later_counts_from_when_it_was),
		cmocka_unit_test(nothing_becomes_overdue_by_a_clock_that_cannot_be_believed),
		cmocka_unit_test(a_contact_that_seems_to_be_to_come_is_one_of_today),
		cmocka_unit_test(who_must_be_seen_today_is_told_at_once_until_somebody_was_there),
		cmocka_unit_test(it_looks_again_at_the_hour_at_which_people_are_told),
	};

	return UNIT_RUN(tests);
}
