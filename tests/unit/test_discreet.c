/* What a receiver gets of people at home. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/util.h"
#include "unit.h"
#include "upstream/discreet.h"

static const struct pseudonym_key box = { { 1, 2, 3 } };

static char id[] = "resident-12", name[] = "某某", place[] = "b3/u1/1204";
static struct resident one = { .id = id,
			       .name = name,
			       .place = place,
			       .categories = 1U << RESIDENT_LIVES_ALONE | 1U << RESIDENT_AGED,
			       .needs = 1U << RESIDENT_OXYGEN };
static const struct resident *const both[] = { &one };
static const struct discreet_home home = { "b3/u1/1204", both, 1 };

static json_t *alarm_of(const char *asset, const char *state, int priority)
{
	return json_pack(
		"{s:s+, s:s, s:s, s:s, s:i, s:i, s:s, s:i, s:{s:s, s:[{s:s}]}, s:{s:s, s:s}, s:s, s:{s:s, s:s}}",
		"alarm", "welfare/", asset, "rule", "welfare", "asset", asset, "state", state, "priority", priority,
		"stage", 2, "since", "2026-11-22T08:37:12.500+00:00", "count", 1, "reason", "when", "x", "inputs",
		"point", "m-bed.motion", "text", "zh", "3栋1204 卧室", "en", "b3/u1/1204: bedroom", "place",
		"b3/u1/1204", "guidance", "zh", "敲门", "en", "knock");
}

static struct discreet_receiver receiver(const char *who, bool names)
{
	struct discreet_receiver to = { .names = names, .few = 5 };

	pseudonym_key_of(&box, who, &to.key);
	return to;
}

static void check_silent(json_t *alarm)
{
	char *text = json_dumps(alarm, JSON_COMPACT);
	static const char *const secrets[] = { "1204", "某某", "u1", "bed", "resident-12", "卧室", "08:37", "knock" };

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		if (strstr(text, secrets[i]))
			fail_msg("%s is in %s", secrets[i], text);
	free(text);
}

static void without_names_nothing_tells_who_or_where_it_is(void **state)
{
	struct discreet_receiver to = receiver("cloud", false);
	json_t *alarm = alarm_of("b3/u1/1204", "unacked", 1);
	const json_t *person;

	(void)state;
	assert_false(discreet_alarm(alarm, &home, &to));
	check_silent(alarm);
	assert_string_equal(json_string_value(json_object_get(alarm, "place")), "b3");
	assert_true(json_is_null(json_object_get(alarm, "reason")));
	assert_string_equal(json_string_value(json_object_get(alarm, "since")), "2026-11-22T08:30:00.000+00:00");
	assert_true(str_starts(json_string_value(json_object_get(alarm, "alarm")), "welfare/h-"));
	person = json_array_get(json_object_get(alarm, "residents"), 0);
	assert_true(str_starts(json_string_value(json_object_get(person, "id")), "r-"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(person, "categories"), 0)), "lives_alone");
	json_decref(alarm);
}

static void names_leave_only_in_an_open_alarm_of_priority_1_or_2(void **state)
{
	static const struct {
		const char *state;
		int priority;
		bool named;
	} cases[] = { { "unacked", 1, true },  { "acked", 2, true },      { "latched", 1, true },
		      { "unacked", 3, false }, { "unacked", 4, false },   { "normal", 1, false },
		      { "shelved", 2, false }, { "suppressed", 1, false } };
	struct discreet_receiver to = receiver("cloud", true);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *alarm = alarm_of("b3/u1/1204", cases[i].state, cases[i].priority);
		const json_t *person;

		assert_int_equal(discreet_alarm(alarm, &home, &to), cases[i].named);
		person = json_array_get(json_object_get(alarm, "residents"), 0);
		if (cases[i].named) {
			assert_string_equal(json_string_value(json_object_get(person, "name")), "某某");
			assert_string_equal(json_string_value(json_object_get(alarm, "place")), "b3/u1/1204");
		} else {
			check_silent(alarm);
		}
		json_decref(alarm);
	}
}

static void names_do_not_leave_for_a_test(void **state)
{
	struct discreet_receiver to = receiver("cloud", true);
	json_t *alarm = alarm_of("b3/u1/1204", "unacked", 1);

	(void)state;
	json_object_set_new(alarm, "test", json_true());
	assert_false(discreet_alarm(alarm, &home, &to));
	check_silent(alarm);
	json_decref(alarm);
}

static void an_alarm_is_called_the_same_whether_names_leave_or_not(void **state)
{
	struct discreet_receiver to = receiver("cloud", true);
	json_t *urgent = alarm_of("b3/u1/1204", "unacked", 2), *over = alarm_of("b3/u1/1204", "normal", 2);

	(void)state;
	discreet_alarm(urgent, &home, &to);
	discreet_alarm(over, &home, &to);
	assert_true(json_equal(json_object_get(urgent, "alarm"), json_object_get(over, "alarm")));
	json_decref(urgent);
	json_decref(over);
}

static void two_devices_of_a_home_stay_two(void **state)
{
	struct discreet_receiver to = receiver("cloud", false);
	json_t *a = alarm_of("sos-1204-bed", "unacked", 1), *b = alarm_of("sos-1204-bath", "unacked", 1);

	(void)state;
	discreet_alarm(a, &home, &to);
	discreet_alarm(b, &home, &to);
	check_silent(a);
	assert_false(json_equal(json_object_get(a, "alarm"), json_object_get(b, "alarm")));
	json_decref(a);
	json_decref(b);
}

static void two_receivers_know_nobody_by_the_same_name(void **state)
{
	struct discreet_receiver a = receiver("cloud", false), b = receiver("property", false);
	char x[PSEUDONYM_MAX], y[PSEUDONYM_MAX], again[PSEUDONYM_MAX];

	(void)state;
	pseudonym_of(&a.key, PSEUDONYM_RESIDENT, "resident-12", x);
	pseudonym_of(&b.key, PSEUDONYM_RESIDENT, "resident-12", y);
	pseudonym_of(&a.key, PSEUDONYM_RESIDENT, "resident-12", again);
	assert_string_not_equal(x, y);
	assert_string_equal(x, again);
	assert_int_equal(strlen(x), PSEUDONYM_MAX - 2);
	assert_string_not_equal(x + 2, pseudonym_of(&a.key, PSEUDONYM_HOME, "resident-12", again) + 2);
}

static void a_count_of_few_is_no_count(void **state)
{
	json_t *figures = json_pack("{s:i, s:i, s:{s:i, s:i}, s:f}", "residents", 12, "raised", 4, "categories", "aged",
				    5, "dementia", 1, "share", 0.5);

	(void)state;
	json_object_set_new(figures, "none", json_integer(0));
	discreet_counts(figures, 5);
	assert_int_equal(json_integer_value(json_object_get(figures, "residents")), 12);
	assert_true(json_is_null(json_object_get(figures, "raised")));
	assert_true(json_is_integer(json_object_get(figures, "none")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(figures, "categories"), "aged")), 5);
	assert_true(json_is_null(json_object_get(json_object_get(figures, "categories"), "dementia")));
	json_decref(figures);
}

static void a_summary_of_a_resident_has_his_pseudonym_and_categories(void **state)
{
	struct discreet_receiver to = receiver("cloud", false);
	json_t *summary = json_pack("{s:s, s:s, s:{}}", "scope", "resident", "of", "resident-12", "figures");

	(void)state;
	discreet_summary(summary, &one, &to);
	check_silent(summary);
	assert_true(str_starts(json_string_value(json_object_get(summary, "of")), "r-"));
	assert_int_equal(json_array_size(json_object_get(summary, "categories")), 2);
	json_decref(summary);
}

static void a_home_that_a_text_names_is_a_pseudonym_there(void **state)
{
	struct discreet_receiver to = receiver("cloud", false);
	char *text = discreet_hide("look at b3/u1/120 b3/u1/1204; ab3/u1/120, (b3/u1/120)", "b3/u1/120", &to);
	char pseudonym[PSEUDONYM_MAX], expected[128];

	(void)state;
	pseudonym_of(&to.key, PSEUDONYM_HOME, "b3/u1/120", pseudonym);
	snprintf(expected, sizeof(expected), "look at %s b3/u1/1204; ab3/u1/120, (%s)", pseudonym, pseudonym);
	assert_string_equal(text, expected);
	assert_null(discreet_hide("b3/u1/1204", "b3/u1/120", &to));
	free(text);
}

static void a_device_of_a_home_that_a_text_names_is_a_pseudonym_there(void **state)
{
	struct discreet_receiver to = receiver("cloud", false);
	json_t *alarm = json_pack("{s:s, s:{s:s}, s:{s:s, s:[{s:s}]}}", "rule", "smoke", "text", "en",
				  "at smoke-120, smoke-1204 and smoke", "reason", "when", "smoke-120 first", "inputs",
				  "point", "smoke-120.smoke");
	char pseudonym[PSEUDONYM_MAX];
	char *text;

	(void)state;
	assert_false(discreet_hide_device(alarm, "smoke-12", &to));
	assert_true(discreet_hide_device(alarm, "smoke-120", &to));
	text = json_dumps(alarm, JSON_COMPACT);
	assert_null(strstr(text, "smoke-120."));
	assert_null(strstr(text, "smoke-120 "));
	assert_non_null(strstr(text, "smoke-1204 and smoke"));
	assert_non_null(strstr(text, pseudonym_of(&to.key, PSEUDONYM_DEVICE, "smoke-120", pseudonym)));
	free(text);
	assert_true(discreet_hide_device(alarm, "smoke", &to));
	assert_string_equal(json_string_value(json_object_get(alarm, "rule")), "smoke");
	json_decref(alarm);
}

static void a_quarter_of_an_hour_begins_before_the_moment(void **state)
{
	(void)state;
	assert_true(discreet_bucket(DISCREET_BUCKET * 7 + 1) == DISCREET_BUCKET * 7);
	assert_true(discreet_bucket(DISCREET_BUCKET * 7) == DISCREET_BUCKET * 7);
	assert_true(discreet_bucket(-1) == -DISCREET_BUCKET);
}

static void how_it_is_with_somebody_leaves_in_quarters_of_an_hour(void **state)
{
	int64_t now_us = INT64_C(1795400000000000); /* 2026-11-23T02:13:20Z */
	struct discreet_state at_home = {
		.presence = "home", .since_us = now_us - HOUR, .last_sign_us = now_us - 14 * MINUTE, .now_us = now_us
	};
	json_t *summary = json_object(), *said;

	(void)state;
	discreet_state(summary, &at_home);
	said = json_object_get(summary, "state");
	assert_string_equal(json_string_value(json_object_get(said, "presence")), "home");
	assert_string_equal(json_string_value(json_object_get(said, "since")), "2026-11-23T01:00:00.000+00:00");
	assert_string_equal(json_string_value(json_object_get(said, "last_sign")), "2026-11-23T01:45:00.000+00:00");
	assert_int_equal(json_integer_value(json_object_get(said, "quiet_min")), 15);
	discreet_state(summary, &(struct discreet_state){ .presence = "unknown", .now_us = now_us });
	said = json_object_get(summary, "state");
	assert_true(json_is_null(json_object_get(said, "last_sign")) &&
		    json_is_null(json_object_get(said, "quiet_min")));
	json_decref(summary);
}

static void of_who_is_erased_a_message_that_waits_says_as_little_as_to_who_may_not_have_names(void **state)
{
	struct discreet_receiver to = receiver("care", true);
	struct discreet_erased who = { .name = name, .place = place, .last = true };
	json_t *alarm = alarm_of("b3/u1/1204", "unacked", 1);

	(void)state;
	assert_true(discreet_alarm(alarm, &home, &to));
	assert_true(discreet_erase(alarm, &who));
	check_silent(alarm);
	assert_string_equal(json_string_value(json_object_get(alarm, "place")), "b3");
	assert_false(discreet_erase(alarm, &who)); /* nothing is left of him */
	json_decref(alarm);
}

static void where_another_one_still_lives_only_the_name_of_who_is_erased_goes(void **state)
{
	static char other_id[] = "resident-13", other_name[] = "另某";
	static struct resident other = { .id = other_id, .name = other_name, .place = place };
	static const struct resident *const two[] = { &one, &other };
	const struct discreet_home shared = { "b3/u1/1204", two, 2 };
	struct discreet_receiver to = receiver("care", true);
	json_t *alarm = alarm_of("b3/u1/1204", "unacked", 1), *people;

	(void)state;
	discreet_alarm(alarm, &shared, &to);
	assert_false(discreet_erase(alarm, &(struct discreet_erased){ .name = name, .place = "b3/u1/1205" }));
	assert_true(discreet_erase(alarm, &(struct discreet_erased){ .name = name, .place = place }));
	people = json_object_get(alarm, "residents");
	assert_null(json_object_get(json_array_get(people, 0), "name"));
	assert_string_equal(json_string_value(json_object_get(json_array_get(people, 1), "name")), "另某");
	assert_string_equal(json_string_value(json_object_get(alarm, "place")), "b3/u1/1204");
	json_decref(alarm);
}

static void a_building_does_not_go_on_naming_the_home_of_who_is_erased(void **state)
{
	json_t *alarm = json_pack("{s:s, s:{s:s}, s:n}", "place", "b3", "text", "en", "fire: b3/u1/1204, b3/u1/12045",
				  "reason");

	(void)state;
	assert_false(discreet_erase(alarm, &(struct discreet_erased){ .name = name, .place = place }));
	assert_true(discreet_erase(alarm, &(struct discreet_erased){ .name = name, .place = place, .last = true }));
	assert_string_equal(json_string_value(json_object_get(json_object_get(alarm, "text"), "en")),
			    "fire: b3, b3/u1/12045");
	json_decref(alarm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_names_nothing_tells_who_or_where_it_is),
		cmocka_unit_test(names_leave_only_in_an_open_alarm_of_priority_1_or_2),
		cmocka_unit_test(names_do_not_leave_for_a_test),
		cmocka_unit_test(an_alarm_is_called_the_same_whether_names_leave_or_not),
		cmocka_unit_test(two_devices_of_a_home_stay_two),
		cmocka_unit_test(two_receivers_know_nobody_by_the_same_name),
		cmocka_unit_test(a_count_of_few_is_no_count),
		cmocka_unit_test(a_summary_of_a_resident_has_his_pseudonym_and_categories),
		cmocka_unit_test(a_home_that_a_text_names_is_a_pseudonym_there),
		cmocka_unit_test(a_device_of_a_home_that_a_text_names_is_a_pseudonym_there),
		cmocka_unit_test(a_quarter_of_an_hour_begins_before_the_moment),
		cmocka_unit_test(how_it_is_with_somebody_leaves_in_quarters_of_an_hour),
		cmocka_unit_test(of_who_is_erased_a_message_that_waits_says_as_little_as_to_who_may_not_have_names),
		cmocka_unit_test(where_another_one_still_lives_only_the_name_of_who_is_erased_goes),
		cmocka_unit_test(a_building_does_not_go_on_naming_the_home_of_who_is_erased),
	};

	clock_set_zone("UTC");
	return UNIT_RUN(tests);
}
