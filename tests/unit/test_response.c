/* How fast people answered alarms. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "unit.h"
#include "upstream/response.h"

#define FROM (1000 * DAY)

static const struct summary_device devices[] = { { "lift-1", "b1/u1", "lift" } };

static struct response *make(void)
{
	return response_new(&(struct response_setup){
		.from_us = FROM, .to_us = FROM + 30 * DAY, .devices = devices, .device_count = 1 });
}

static void add(struct response *r, const char *alarm, const char *input, int64_t after_us)
{
	response_add(r, &(struct summary_transition){ .alarm = alarm,
						      .from = "normal",
						      .state = str_equal(input, "raised") ? "unacked" : "acked",
						      .input = input,
						      .outcome = str_equal(input, "reset") ? "false" : NULL,
						      .priority = 1,
						      .at_us = FROM + HOUR + MAX(after_us, (int64_t)0),
						      .after_us = after_us });
}

static json_t *row(json_t *rows, const char *place)
{
	json_t *one;
	size_t i;

	json_array_foreach(rows, i,
			   one) if (str_equal(json_string_value(json_object_get(one, "place")), place)) return one;
	fail_msg("no row of '%s'", place);
	return NULL;
}

static double figure(json_t *rows, const char *place, const char *group, const char *key)
{
	json_t *of = row(rows, place);

	return json_number_value(json_object_get(group ? json_object_get(of, group) : of, key));
}

static void arrivals_are_in_time_within_5_minutes_and_a_breach_after_10(void **state)
{
	struct response *r = make();
	json_t *rows;

	(void)state;
	add(r, "sos/b3/u1/1204", "raised", -1);
	add(r, "sos/b3/u1/1204", "ack", 30 * S);
	add(r, "sos/b3/u1/1204", "arrive", 5 * MINUTE);
	add(r, "lift-trapped/lift-1", "raised", -1);
	add(r, "lift-trapped/lift-1", "arrive", 10 * MINUTE + 1);
	add(r, "lift-trapped/lift-1", "arrive", 12 * MINUTE); /* another one, later */
	rows = response_rows(r);
	assert_int_equal(json_array_size(rows), 3);
	assert_int_equal((int)figure(rows, "", NULL, "alarms"), 2);
	assert_int_equal((int)figure(rows, "b3", "acknowledged", "median"), 30);
	assert_int_equal((int)figure(rows, "b3", "arrived", "in_time"), 1);
	assert_int_equal((int)figure(rows, "b1", "arrived", "in_time"), 0);
	assert_int_equal((int)figure(rows, "b1", "arrived", "late"), 1);
	assert_int_equal((int)figure(rows, "b1", "arrived", "count"), 1);
	assert_true(json_is_null(json_object_get(json_object_get(row(rows, "b1"), "closed"), "median")));
	json_decref(rows);
	response_free(r);
}

static void false_alarms_of_homes_are_counted_for_each_home_month(void **state)
{
	struct response *r = make();
	json_t *rows;

	(void)state;
	for (int i = 0; i < 4; i++)
		response_add_home(r, i ? "b3/u1/1204" : "b1/u1/101");
	add(r, "welfare/b3/u1/1204", "reset", HOUR);
	add(r, "lift-trapped/lift-1", "reset", HOUR); /* not about a home */
	rows = response_rows(r);
	assert_int_equal((int)figure(rows, "b3", NULL, "false_alarms"), 1);
	assert_true(figure(rows, "b3", NULL, "false_per_home_month") > 0.333 &&
		    figure(rows, "b3", NULL, "false_per_home_month") < 0.334);
	assert_int_equal((int)figure(rows, "b1", NULL, "false_alarms"), 0);
	assert_int_equal((int)figure(rows, "b1", "outcomes", "false"), 1);
	assert_int_equal((int)figure(rows, "", "outcomes", "false"), 2);
	json_decref(rows);
	response_free(r);
}

static void one_that_was_asked_about_in_the_home_first_begins_when_people_are_called(void **state)
{
	struct summary_transition t = { .alarm = "welfare/b3/u1/1204",
					.from = "normal",
					.state = "unacked",
					.input = "raised",
					.priority = 4,
					.at_us = FROM + HOUR,
					.after_us = -1 };
	struct response *r = make();
	json_t *rows;

	(void)state;
	response_add(r, &t);
	t.from = "unacked";
	t.input = "rise";
	t.priority = 2;
	t.at_us += 20 * MINUTE;
	response_add(r, &t);
	t.priority = 1;
	t.at_us += 10 * MINUTE;
	response_add(r, &t);
	t.state = "acked";
	t.input = "ack";
	t.at_us += 60 * S;
	t.after_us = 31 * MINUTE; /* as the summary has it: since stage 1 */
	response_add(r, &t);
	t.from = "acked";
	t.input = "arrive";
	t.at_us += 60 * S;
	response_add(r, &t);
	rows = response_rows(r);
	assert_int_equal((int)figure(rows, "b3", NULL, "alarms"), 1);
	assert_int_equal((int)figure(rows, "b3", "acknowledged", "median"), 60);
	assert_int_equal((int)figure(rows, "b3", "arrived", "median"), 12 * 60);
	json_decref(rows);
	response_free(r);
}

static void single_times_are_there_for_a_picture_and_of_many_as_many_as_it_shows(void **state)
{
	struct response *r = make();
	json_t *rows, *times;
	char alarm[32];

	(void)state;
	add(r, "sos/b3/u1/1204", "raised", -1);
	add(r, "sos/b3/u1/1204", "ack", 70 * S);
	for (int i = 0; i < 1000; i++) {
		snprintf(alarm, sizeof(alarm), "sos/b4/u1/%d", 100 + i);
		add(r, alarm, "ack", (1000 - i) * S);
	}
	rows = response_rows(r);
	times = json_object_get(json_object_get(row(rows, "b3"), "acknowledged"), "times");
	assert_int_equal(json_array_size(times), 1);
	assert_int_equal(json_integer_value(json_array_get(times, 0)), 70);
	assert_int_equal(json_array_size(json_object_get(json_object_get(row(rows, "b3"), "arrived"), "times")), 0);
	times = json_object_get(json_object_get(row(rows, "b4"), "acknowledged"), "times");
	assert_int_equal(json_array_size(times), RESPONSE_SHOWN);
	assert_int_equal(json_integer_value(json_array_get(times, 0)), 1);
	assert_int_equal(json_integer_value(json_array_get(times, RESPONSE_SHOWN - 1)), 1000);
	for (size_t i = 1; i < RESPONSE_SHOWN; i++)
		assert_true(json_integer_value(json_array_get(times, i)) >
			    json_integer_value(json_array_get(times, i - 1)));
	json_decref(rows);
	response_free(r);
}

static void tests_advice_and_other_months_do_not_count(void **state)
{
	struct summary_transition t = { .alarm = "sos/b3/u1/1204",
					.from = "normal",
					.state = "unacked",
					.input = "raised",
					.priority = 1,
					.at_us = FROM,
					.after_us = -1 };
	struct response *r = make();
	json_t *rows;

	(void)state;
	t.test = true;
	response_add(r, &t);
	t.test = false;
	t.priority = 3;
	response_add(r, &t);
	t.priority = 1;
	t.at_us = FROM - 1;
	response_add(r, &t);
	t.at_us = FROM + 30 * DAY;
	response_add(r, &t);
	rows = response_rows(r);
	assert_int_equal(json_array_size(rows), 1);
	assert_int_equal((int)figure(rows, "", NULL, "alarms"), 0);
	assert_true(json_is_null(json_object_get(row(rows, ""), "false_per_home_month"))); /* no home, no rate */
	json_decref(rows);
	response_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrivals_are_in_time_within_5_minutes_and_a_breach_after_10),
		cmocka_unit_test(false_alarms_of_homes_are_counted_for_each_home_month),
		cmocka_unit_test(one_that_was_asked_about_in_the_home_first_begins_when_people_are_called),
		cmocka_unit_test(single_times_are_there_for_a_picture_and_of_many_as_many_as_it_shows),
		cmocka_unit_test(tests_advice_and_other_months_do_not_count),
	};

	return UNIT_RUN(tests);
}
