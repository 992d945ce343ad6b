/* What an hour or a day came to: its bounds, its figures, what leaves and what leaves again. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "unit.h"
#include "upstream/alarm_json.h"
#include "upstream/summary.h"
#include "upstream/summary_devices.h"
#include "upstream/summary_due.h"
#include "upstream/summary_left.h"
#include "upstream/summary_range.h"
#include "upstream/summary_times.h"

/* ---- spans ---- */

static int64_t moment(const char *iso)
{
	int64_t us = 0;

	assert_int_equal(clock_parse(iso, &us), 0);
	return us;
}

static void check_span(enum summary_period p, const char *at, const char *from, const char *to)
{
	struct summary_span s = summary_span_of(p, moment(at)), next, before;

	assert_int_equal(s.from_us, moment(from));
	assert_int_equal(s.to_us, moment(to));
	next = summary_span_next(&s);
	assert_int_equal(next.from_us, s.to_us);
	before = summary_span_before(&next);
	assert_int_equal(before.from_us, s.from_us);
	assert_int_equal(before.to_us, s.to_us);
	assert_true(summary_span_same(&before, &s));
	assert_false(summary_span_same(&next, &s));
}

static void a_day_begins_at_the_estates_midnight_and_an_hour_at_its_full_hour(void **state)
{
	(void)state;
	clock_set_zone("Asia/Shanghai");
	check_span(SUMMARY_DAY, "2026-11-22T00:00:00+08:00", "2026-11-22T00:00:00+08:00", "2026-11-23T00:00:00+08:00");
	check_span(SUMMARY_DAY, "2026-11-22T23:59:59.999+08:00", "2026-11-22T00:00:00+08:00",
		   "2026-11-23T00:00:00+08:00");
	check_span(SUMMARY_HOUR, "2026-11-22T15:59:59.999999+08:00", "2026-11-22T15:00:00+08:00",
		   "2026-11-22T16:00:00+08:00");
	clock_set_zone("Asia/Kolkata"); /* half an hour beside the others */
	check_span(SUMMARY_HOUR, "2026-11-22T15:29:00+05:30", "2026-11-22T15:00:00+05:30", "2026-11-22T16:00:00+05:30");
}

static void where_clocks_change_a_day_has_23_or_25_hours_and_no_hour_is_left_out_or_there_twice(void **state)
{
	struct summary_span s, day;
	int hours = 0;

	(void)state;
	clock_set_zone("Europe/Berlin");
	check_span(SUMMARY_DAY, "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00");
	check_span(SUMMARY_DAY, "2026-10-25T12:00:00+01:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00");
	day = summary_span_of(SUMMARY_DAY, moment("2026-10-25T12:00:00+01:00"));
	for (s = summary_span_of(SUMMARY_HOUR, day.from_us); s.from_us < day.to_us; s = summary_span_next(&s)) {
		assert_int_equal(s.to_us - s.from_us, HOUR);
		hours++;
	}
	assert_int_equal(hours, 25);
	assert_int_equal(s.from_us, day.to_us);
}

static void periods_have_names(void **state)
{
	enum summary_period p;

	(void)state;
	for (int i = 0; i < SUMMARY_PERIODS; i++) {
		assert_int_equal(summary_span_parse(summary_span_name((enum summary_period)i), &p), 0);
		assert_int_equal(p, i);
	}
	assert_int_not_equal(summary_span_parse("week", &p), 0);
}

/* ---- times ---- */

static void percentiles_are_by_nearest_rank(void **state)
{
	struct summary_times t = { 0 };
	int64_t us = -1;

	(void)state;
	assert_false(summary_times_percentile(&t, 50, &us));
	for (int i = 100; i > 0; i--)
		summary_times_add(&t, i);
	assert_true(summary_times_percentile(&t, 50, &us));
	assert_int_equal(us, 50);
	assert_true(summary_times_percentile(&t, 95, &us));
	assert_int_equal(us, 95);
	assert_true(summary_times_percentile(&t, 100, &us));
	assert_int_equal(us, 100);
	assert_true(summary_times_percentile(&t, 1, &us));
	assert_int_equal(us, 1);
	summary_times_fini(&t);
}

static void a_list_of_times_is_bounded(void **state)
{
	struct summary_times t = { 0 };

	(void)state;
	for (int i = 0; i < SUMMARY_TIMES_MAX + 7; i++)
		summary_times_add(&t, i);
	assert_int_equal(t.count, SUMMARY_TIMES_MAX);
	summary_times_fini(&t);
}

/* ---- a lift ---- */

#define T0     ((int64_t)1000000000)
#define MIN_MS (MINUTE / MS)

static void see(struct summary_lift *l, enum summary_lift_state state, int64_t ts_ms, int on)
{
	summary_lift_see(l, &(struct summary_lift_seen){ state, ts_ms, on >= 0, on > 0 });
}

static void a_lift_is_available_while_nothing_speaks_against_it(void **state)
{
	struct summary_lift l;

	(void)state;
	summary_lift_begin(&l, T0, T0 + 60 * MIN_MS);
	for (int i = -5; i < 60; i += 5)
		see(&l, SUMMARY_LIFT_IN_SERVICE, T0 + i * MIN_MS, 1);
	summary_lift_end(&l);
	assert_int_equal(l.known_ms, 60 * MIN_MS);
	assert_int_equal(l.available_ms, 60 * MIN_MS);
	assert_int_equal(l.inspection_ms, 0);
}

static void each_state_that_hinders_takes_its_time_and_no_time_is_taken_twice(void **state)
{
	struct summary_lift l;

	(void)state;
	summary_lift_begin(&l, T0, T0 + 15 * MIN_MS);
	see(&l, SUMMARY_LIFT_POWER, T0, 1);
	see(&l, SUMMARY_LIFT_FAULT, T0, 0);
	see(&l, SUMMARY_LIFT_FAULT, T0 + 2 * MIN_MS, 1);
	see(&l, SUMMARY_LIFT_TRAPPED, T0 + 3 * MIN_MS, 1); /* both */
	see(&l, SUMMARY_LIFT_FAULT, T0 + 4 * MIN_MS, 0);
	see(&l, SUMMARY_LIFT_TRAPPED, T0 + 5 * MIN_MS, 0);
	see(&l, SUMMARY_LIFT_INSPECTION, T0 + 7 * MIN_MS, 1);
	see(&l, SUMMARY_LIFT_INSPECTION, T0 + 8 * MIN_MS, 0);
	see(&l, SUMMARY_LIFT_POWER, T0 + 10 * MIN_MS, 0);
	summary_lift_end(&l);
	assert_int_equal(l.known_ms, 15 * MIN_MS);
	assert_int_equal(l.available_ms, (2 + 2 + 2) * MIN_MS); /* 0-2, 5-7, 8-10 */
	assert_int_equal(l.inspection_ms, MIN_MS);
}

static void what_nobody_has_heard_for_sixteen_minutes_is_not_known(void **state)
{
	struct summary_lift l;

	(void)state;
	summary_lift_begin(&l, T0, T0 + 60 * MIN_MS);
	see(&l, SUMMARY_LIFT_IN_SERVICE, T0 - 10 * MIN_MS, 1); /* until 6 */
	see(&l, SUMMARY_LIFT_IN_SERVICE, T0 + 20 * MIN_MS, 0); /* until lost */
	see(&l, SUMMARY_LIFT_IN_SERVICE, T0 + 23 * MIN_MS, -1);
	see(&l, SUMMARY_LIFT_IN_SERVICE, T0 + 50 * MIN_MS, 1); /* until the end */
	summary_lift_end(&l);
	assert_int_equal(l.known_ms, (6 + 3 + 10) * MIN_MS);
	assert_int_equal(l.available_ms, (6 + 10) * MIN_MS);
}

static void a_counter_grows_from_before_the_span_and_one_that_begins_anew_takes_nothing_away(void **state)
{
	static const struct {
		int at_min;
		double value;
	} seen[] = { { -300, 100 }, { 5, 103 }, { 10, 104 }, { 11, 2 }, { 12, 4 }, { 61, 1000 } };
	struct summary_lift l;
	uint64_t count = 0;

	(void)state;
	summary_lift_begin(&l, T0, T0 + 60 * MIN_MS);
	assert_false(summary_lift_counted(&l, SUMMARY_LIFT_TRIPS, &count));
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		summary_lift_count(&l, SUMMARY_LIFT_TRIPS, T0 + seen[i].at_min * MIN_MS, seen[i].value);
	summary_lift_count(&l, SUMMARY_LIFT_TRIPS, T0 + 62 * MIN_MS, -1);
	assert_true(summary_lift_counted(&l, SUMMARY_LIFT_TRIPS, &count));
	assert_int_equal(count, 3 + 1 + 2);
}

static void a_lift_without_counters_is_counted_by_what_it_does(void **state)
{
	struct summary_lift l;
	uint64_t count = 0;

	(void)state;
	summary_lift_begin(&l, T0, T0 + 60 * MIN_MS);
	see(&l, SUMMARY_LIFT_MOVING, T0 - MIN_MS, 1); /* is on its way */
	for (int i = 0; i < 6; i++)
		see(&l, SUMMARY_LIFT_MOVING, T0 + i * MIN_MS, i % 2);
	see(&l, SUMMARY_LIFT_MOVING, T0 + 7 * MIN_MS, -1);
	see(&l, SUMMARY_LIFT_MOVING, T0 + 8 * MIN_MS, 1); /* it was moving when it was lost */
	summary_lift_end(&l);
	assert_true(summary_lift_counted(&l, SUMMARY_LIFT_TRIPS, &count));
	assert_int_equal(count, 3);
	assert_false(summary_lift_counted(&l, SUMMARY_LIFT_DOOR_CYCLES, &count));
}

/* ---- alarms ---- */

static const struct summary_device devices[] = {
	{ "lift-1", "b3/u1", "lift" },
	{ "lift-2", "b4", "lift" },
	{ "tank-1", "b3/pump-room", "tank" },
};

static struct summary_setup whole_setup(void)
{
	return (struct summary_setup){
		.span = { SUMMARY_HOUR, 100 * HOUR, 101 * HOUR },
		.devices = devices,
		.device_count = ARRAY_SIZE(devices),
	};
}

static struct summary *make(void)
{
	struct summary_setup setup = whole_setup();

	return summary_new(&setup);
}

static json_t *row_of(const json_t *rows, const char *scope, const char *of)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (str_equal(json_string_value(json_object_get(row, "scope")), scope) &&
					     str_equal(json_string_value(json_object_get(row, "of")), of)) return row;
	return NULL;
}

static double figure(const json_t *rows, const char *scope, const char *of, const char *name)
{
	json_t *value = json_object_get(json_object_get(row_of(rows, scope, of), "figures"), name);

	if (!value)
		fail_msg("no %s %s %s", scope, of ? of : "", name);
	return json_is_null(value) ? -1 : json_number_value(value);
}

static const struct summary_transition trapped = { .alarm = "lift-trapped/lift-1",
						   .from = "normal",
						   .state = "unacked",
						   .input = "raised",
						   .priority = 1,
						   .at_us = 100 * HOUR + MINUTE,
						   .after_us = -1 };

static void an_alarm_of_a_home_counts_for_each_who_lives_there_and_for_those_of_the_building(void **state)
{
	static const struct summary_device homes[] = {
		{ "sos-1204", "b3/u1/1204", "sos" },
		{ "resident-1", "b3/u1/1204", SUMMARY_RESIDENT "3" },
		{ "resident-2", "b3/u1/1204", SUMMARY_RESIDENT "1" },
		{ "resident-3", "b3/u1/1301", SUMMARY_RESIDENT "1" },
	};
	struct summary_setup setup = { .span = { SUMMARY_HOUR, 100 * HOUR, 101 * HOUR },
				       .devices = homes,
				       .device_count = ARRAY_SIZE(homes) };
	_cleanup_(summary_freep) struct summary *s = summary_new(&setup);
	struct summary_transition t = trapped;
	json_t *rows, *categories;

	(void)state;
	t.alarm = "sos/sos-1204";
	summary_add_transition(s, &t);
	t.alarm = "welfare/b3/u1/1204";
	t.priority = 2;
	summary_add_transition(s, &t);
	rows = summary_rows(s);
	assert_int_equal((int)figure(rows, "resident", "resident-1", "raised"), 2);
	assert_int_equal((int)figure(rows, "resident", "resident-2", "raised_priority_2"), 1);
	assert_int_equal((int)figure(rows, "resident", "resident-3", "raised"), 0);
	assert_string_equal(json_string_value(json_object_get(row_of(rows, "resident", "resident-1"), "home")),
			    "b3/u1/1204");
	assert_int_equal((int)figure(rows, "care", "b3", "residents"), 3);
	assert_int_equal((int)figure(rows, "care", "b3", "raised"), 2);
	categories = json_object_get(json_object_get(row_of(rows, "care", "b3"), "figures"), "categories");
	assert_int_equal(json_integer_value(json_object_get(categories, "lives_alone")), 3);
	assert_int_equal(json_integer_value(json_object_get(categories, "aged")), 1);
	assert_int_equal((int)figure(rows, "estate", NULL, "devices"), 1); /* people are no devices */
	assert_null(row_of(rows, "class", SUMMARY_RESIDENT "1"));
	json_decref(rows);
}

static void an_alarm_counts_for_its_estate_building_class_lift_and_rule(void **state)
{
	_cleanup_(summary_freep) struct summary *s = make();
	json_t *rows;

	(void)state;
	summary_add_transition(s, &trapped);
	rows = summary_rows(s);
	assert_int_equal(figure(rows, "estate", NULL, "raised"), 1);
	assert_int_equal(figure(rows, "estate", NULL, "raised_priority_1"), 1);
	assert_int_equal(figure(rows, "estate", NULL, "raised_priority_2"), 0);
	assert_int_equal(figure(rows, "estate", NULL, "devices"), 3);
	assert_int_equal(figure(rows, "building", "b3", "raised"), 1);
	assert_int_equal(figure(rows, "building", "b4", "raised"), 0);
	assert_int_equal(figure(rows, "class", "lift", "raised"), 1);
	assert_int_equal(figure(rows, "class", "tank", "raised"), 0);
	assert_int_equal(figure(rows, "lift", "lift-1", "entrapments"), 1);
	assert_int_equal(figure(rows, "lift", "lift-2", "entrapments"), 0);
	assert_int_equal(figure(rows, "alarm_class", "lift-trapped", "raised"), 1);
	assert_int_equal(figure(rows, "alarm_class", "lift-trapped", "ack_p50_s"), -1);
	assert_null(row_of(rows, "alarm_class", "tank-high"));
	json_decref(rows);
}

static void what_lies_outside_of_the_span_does_not_count(void **state)
{
	_cleanup_(summary_freep) struct summary *s = make();
	struct summary_transition t = trapped;
	json_t *rows;

	(void)state;
	t.at_us = 101 * HOUR;
	summary_add_transition(s, &t);
	t.at_us = 100 * HOUR - 1;
	summary_add_transition(s, &t);
	rows = summary_rows(s);
	assert_int_equal(figure(rows, "estate", NULL, "raised"), 0);
	assert_int_equal(figure(rows, "estate", NULL, "peak_10min"), 0);
	json_decref(rows);
}

static void how_soon_it_was_acknowledged_and_somebody_was_there(void **state)
{
	_cleanup_(summary_freep) struct summary *s = make();
	struct summary_transition t = trapped;
	json_t *rows;

	(void)state;
	for (int i = 1; i <= 20; i++) {
		t.input = "ack";
		t.from = "unacked";
		t.state = "acked";
		t.after_us = i * S + 500 * MS + 999;
		summary_add_transition(s, &t);
		t.input = "arrive";
		t.from = "acked";
		t.after_us = i == 20 ? -1 : i * MINUTE; /* the last one is a second arrival */
		summary_add_transition(s, &t);
	}
	t.input = "reset";
	t.state = "normal";
	t.outcome = "real";
	summary_add_transition(s, &t);
	rows = summary_rows(s);
	assert_int_equal(figure(rows, "building", "b3", "acked"), 20);
	assert_true(figure(rows, "building", "b3", "ack_p50_s") == 10.5);
	assert_true(figure(rows, "building", "b3", "ack_p95_s") == 19.5);
	assert_true(figure(rows, "building", "b3", "ack_max_s") == 20.5);
	assert_int_equal(figure(rows, "building", "b3", "arrived"), 19);
	assert_int_equal(figure(rows, "building", "b3", "arrive_max_s"), 19 * 60);
	assert_int_equal(figure(rows, "building", "b3", "closed"), 1);
	assert_int_equal(figure(rows, "building", "b3", "closed_real"), 1);
	assert_int_equal(figure(rows, "building", "b3", "closed_false"), 0);
	assert_int_equal(figure(rows, "building", "b3", "raised"), 0);
	json_decref(rows);
}

static void tests_and_rises_are_nothing_new(void **state)
{
	_cleanup_(summary_freep) struct summary *s = make();
	struct summary_transition t = trapped;
	json_t *rows;

	(void)state;
	t.test = true;
	summary_add_transition(s, &t);
	t.test = false;
	t.input = "rise";
	t.from = "acked";
	summary_add_transition(s, &t);
	t = trapped;
	t.state = "suppressed";
	summary_add_transition(s, &t);
	rows = summary_rows(s);
	assert_int_equal(figure(rows, "estate", NULL, "raised"), 0);
	assert_int_equal(figure(rows, "estate", NULL, "tests"), 1);
	assert_int_equal(figure(rows, "lift", "lift-1", "entrapments"), 0);
	assert_int_equal(figure(rows, "estate", NULL, "peak_10min"), 1); /* people were told of the rise */
	json_decref(rows);
}

static void a_flood_is_more_than_ten_in_ten_minutes_for_as_long_as_they_are(void **state)
{
	_cleanup_(summary_freep) struct summary *s = make();
	struct summary_transition t = trapped;
	json_t *rows;

	(void)state;
	for (int i = 0; i < 12; i++) { /* the eleventh comes 200 s after the first, the twelfth 20 s later */
		t.at_us = 100 * HOUR + i * 20 * S;
		summary_add_transition(s, &t);
	}
	rows = summary_rows(s);
	assert_int_equal(figure(rows, "estate", NULL, "peak_10min"), 12);
	assert_int_equal(figure(rows, "estate", NULL, "flood_s"), 620 - 200); /* until the second is ten minutes old */
	json_decref(rows);
}

static void records_of_the_audit_are_the_daemons_figures(void **state)
{
	_cleanup_(summary_freep) struct summary *s = make();
	json_t *rows;

	(void)state;
	summary_add_record(s, "daemon", "start");
	summary_add_record(s, "daemon", "start");
	summary_add_record(s, "daemon", "stop");
	summary_add_record(s, "write", "pump-1.command");
	summary_add_record(s, "delivery", "cloud");
	rows = summary_rows(s);
	assert_int_equal(figure(rows, "daemon", NULL, "starts"), 2);
	assert_int_equal(figure(rows, "daemon", NULL, "stops"), 1);
	assert_int_equal(figure(rows, "daemon", NULL, "writes"), 1);
	assert_int_equal(figure(rows, "daemon", NULL, "commands"), 0);
	json_decref(rows);
}

/* ---- of some places, of some days ---- */

static void of_some_places_only_what_lies_in_them_is_counted(void **state)
{
	static const char *const alarms[] = {
		"lift-trapped/lift-1", /* in b3/u1 */
		"lift-trapped/lift-2", /* b4 */
		"supervision/bus-1",   /* of the box */
		"silence/homes-b3",    /* of all of b3 */
		"silence/homes-b9",    /* in b9 */
		"fire/b9/u2",          /* in b9 */
		"fire/b90/u2",         /* begins as b9 does */
		"fire/b3/u10",         /* begins as b3/u1 does */
		"silence/homes-b90",   /* begins as b9 does */
	};
	struct scope scope = { 0 };
	struct summary_setup setup = whole_setup();
	struct summary_transition t = trapped;
	_cleanup_(summary_freep) struct summary *s = NULL;
	json_t *rows;

	(void)state;
	assert_int_equal(scope_parse("b3/u1,b9", &scope), 0);
	setup.scope = &scope;
	s = summary_new(&setup);
	for (size_t i = 0; i < ARRAY_SIZE(alarms); i++) {
		t.alarm = alarms[i];
		summary_add_transition(s, &t);
	}
	summary_add_record(s, "daemon", "start");
	rows = summary_rows(s);
	assert_int_equal(figure(rows, "places", NULL, "raised"), 3);
	assert_int_equal(figure(rows, "places", NULL, "peak_10min"), 3);
	assert_int_equal(figure(rows, "building", "b3", "raised"), 1);
	assert_int_equal(figure(rows, "lift", "lift-1", "entrapments"), 1);
	assert_int_equal(figure(rows, "alarm_class", "lift-trapped", "raised"), 1);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const char *kind = json_string_value(json_object_get(row, "scope"));

		assert_false(str_equal(kind, "estate") || str_equal(kind, "daemon"));
		assert_int_equal(str_equal(kind, "building"), json_is_true(json_object_get(row, "part")));
		assert_false(str_equal(json_string_value(json_object_get(row, "of")), "supervision"));
		assert_false(str_equal(json_string_value(json_object_get(row, "of")), "lift-2"));
	}
	json_decref(rows);
}

static const char *shown(struct summary_range *r, struct str_buf *text)
{
	json_t *to = json_object();
	char *dump;

	summary_range_show(r, to);
	dump = alarm_json_text(to);
	str_buf_add(text, dump);
	free(dump);
	json_decref(to);
	return text->text;
}

static void some_days_stand_side_by_side_and_what_was_not_there_is_null(void **state)
{
	_cleanup_(summary_range_freep) struct summary_range *r = summary_range_new();
	_cleanup_str_buf_ struct str_buf text = { 0 };
	static const char *const days[] = {
		"[{\"scope\":\"estate\",\"of\":null,\"figures\":{\"raised\":1}},{\"scope\":\"lift\",\"of\":\"b\","
		"\"figures\":{\"trips\":2}}]",
		"[{\"scope\":\"estate\",\"of\":null,\"figures\":{\"raised\":0,\"late\":0.5}},{\"scope\":\"daemon\","
		"\"of\":null,\"figures\":{\"starts\":1}}]",
		"[{\"scope\":\"lift\",\"of\":\"a\",\"figures\":{\"trips\":null}},{\"scope\":\"lift\",\"of\":\"b\","
		"\"figures\":{\"trips\":9}}]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
		char day[] = "2026-11-20";
		json_t *rows = json_loads(days[i], 0, NULL);

		day[9] = (char)('0' + i);
		summary_range_add(r, day, rows, "estate,lift");
		json_decref(rows);
	}
	assert_int_equal(summary_range_numbers(r), 10); /* with what was filled so far */
	assert_string_equal(
		shown(r, &text),
		"{\"days\":[\"2026-11-20\",\"2026-11-21\",\"2026-11-22\"],\"rows\":["
		"{\"scope\":\"estate\",\"of\":null,\"figures\":{\"raised\":[1,0,null],\"late\":[null,0.5,null]}},"
		"{\"scope\":\"lift\",\"of\":\"a\",\"figures\":{\"trips\":[null,null,null]}},"
		"{\"scope\":\"lift\",\"of\":\"b\",\"figures\":{\"trips\":[2,null,9]}}]}");
}

/* ---- what leaves ---- */

static const struct summary_span hour = { SUMMARY_HOUR, 100 * HOUR, 101 * HOUR };

/* "scope/of:revision" of each message; what left goes on in *left. gone_us: as if the box had been restored then. */
static void leave_after(struct summary *s, char **left, int64_t gone_us, char seen[512])
{
	struct summary_left_known known = { .text = *left, .gone_us = gone_us };
	json_t *rows = summary_rows(s), *m;
	struct summary_left l;
	size_t i;

	summary_left_compare(&hour, &known, rows, &l);
	seen[0] = '\0';
	json_array_foreach(l.messages, i, m)
	{
		const char *of = json_string_value(json_object_get(m, "of"));
		size_t len = strlen(seen);

		snprintf(seen + len, 512 - len, "%s/%s:%d ", json_string_value(json_object_get(m, "scope")),
			 of ? of : "", (int)json_integer_value(json_object_get(m, "revision")));
		assert_string_equal(json_string_value(json_object_get(m, "period")), "hour");
		assert_non_null(json_object_get(m, "figures"));
	}
	free(*left);
	*left = mem_strdup(l.text);
	summary_left_fini(&l);
	json_decref(rows);
}

static void leave(struct summary *s, char **left, char seen[512])
{
	leave_after(s, left, 0, seen);
}

static void each_leaves_once_and_again_only_when_it_has_become_another(void **state)
{
	_cleanup_(summary_freep) struct summary *first = make(), *again = make(), *late = make();
	_cleanup_(freep) char *left = NULL;
	char seen[512];

	(void)state;
	leave(first, &left, seen);
	assert_string_equal(seen, "estate/:0 building/b3:0 building/b4:0 class/lift:0 class/tank:0 lift/lift-1:0 "
				  "lift/lift-2:0 daemon/:0 ");
	leave(again, &left, seen);
	assert_string_equal(seen, "");
	summary_add_transition(late, &trapped);
	leave(late, &left, seen);
	assert_string_equal(seen, "estate/:1 building/b3:1 class/lift:1 lift/lift-1:1 alarm_class/lift-trapped:0 ");
	leave(late, &left, seen);
	assert_string_equal(seen, "");
	/* As if it had never been there: the clock was put right, and it belongs to another hour. */
	summary_left_rules(left, (void (*)(void *, const char *))summary_add_rule, again);
	leave(again, &left, seen);
	assert_string_equal(seen, "estate/:2 building/b3:2 class/lift:2 lift/lift-1:2 alarm_class/lift-trapped:1 ");
}

static void what_was_not_there_then_is_not_told_of_later(void **state)
{
	struct summary_setup few = { .span = hour, .devices = devices, .device_count = 1 };
	_cleanup_(summary_freep) struct summary *before = summary_new(&few), *now = make();
	_cleanup_(freep) char *left = NULL;
	char seen[512];

	(void)state;
	leave(before, &left, seen);
	leave(now, &left, seen); /* the estate has more devices now: its figures are others */
	assert_string_equal(seen, "estate/:1 building/b3:1 class/lift:1 ");
}

/* The hour with lift-1 known by so many samples, and so many trips in them. */
static struct summary *with_lift(uint64_t samples, unsigned trips)
{
	struct summary *s = make();
	struct summary_lift lift;

	summary_lift_begin(&lift, 100 * HOUR / MS, 101 * HOUR / MS);
	summary_lift_count(&lift, SUMMARY_LIFT_TRIPS, 100 * HOUR / MS, 7);
	summary_lift_count(&lift, SUMMARY_LIFT_TRIPS, 100 * HOUR / MS + 1, 7 + trips);
	summary_lift_end(&lift);
	summary_add_lift(s, "lift-1", &lift, samples);
	return s;
}

static void figures_of_fewer_samples_than_those_that_left_are_no_correction(void **state)
{
	_cleanup_(summary_freep) struct summary *first = with_lift(10, 5), *poorer = with_lift(9, 4), *none = make(),
						*late = with_lift(11, 6), *cut = with_lift(12, 7);
	_cleanup_(freep) char *left = NULL;
	char seen[512];

	(void)state;
	leave(first, &left, seen);
	leave(poorer, &left, seen);
	assert_string_equal(seen, "");
	leave(none, &left, seen);
	assert_string_equal(seen, "");
	leave(late, &left, seen);
	assert_string_equal(seen, "lift/lift-1:1 ");
	summary_cut_lift(cut, "lift-1"); /* something was deleted, whatever came beside it */
	leave(cut, &left, seen);
	assert_string_equal(seen, "");
}

static void after_a_restore_revisions_go_on_beyond_all_that_may_have_left(void **state)
{
	_cleanup_(summary_freep) struct summary *first = make(), *late = make();
	_cleanup_(freep) char *left = NULL, *unknown = NULL, *later = NULL;
	char seen[512];

	(void)state;
	leave(first, &left, seen);
	summary_add_transition(late, &trapped);
	leave_after(late, &left, 103 * HOUR, seen); /* 6180 minutes */
	assert_string_equal(seen, "estate/:6180 building/b3:6180 class/lift:6180 lift/lift-1:6180 "
				  "alarm_class/lift-trapped:6180 ");
	leave_after(first, &unknown, 100 * HOUR + MINUTE, seen); /* it has left, but the backup does not know it */
	assert_true(str_starts(seen, "estate/:6001 "));
	leave_after(first, &later, 100 * HOUR, seen); /* it began behind the restore */
	assert_true(str_starts(seen, "estate/:0 "));
}

static void what_leaves_after_a_restore_says_so(void **state)
{
	struct summary_left_known known = { .gone_us = 103 * HOUR };
	_cleanup_(summary_freep) struct summary *s = make();
	json_t *rows = summary_rows(s);
	struct summary_left l;

	(void)state;
	clock_set_zone("Asia/Shanghai");
	summary_left_compare(&hour, &known, rows, &l);
	assert_string_equal(json_string_value(json_object_get(json_array_get(l.messages, 0), "restored")),
			    "1970-01-05T15:00:00.000+08:00");
	summary_left_fini(&l);
	json_decref(rows);
}

/* ---- of which devices ---- */

static void a_list_of_devices_reads_back_as_it_was(void **state)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	_cleanup_(freep) void *room = NULL;
	struct summary_device *read;
	size_t count;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		summary_devices_add(&text, &devices[i]);
	assert_int_equal(summary_devices_split(text.text, &read, &count), 0);
	room = read;
	assert_int_equal(count, ARRAY_SIZE(devices));
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(read[i].id, devices[i].id);
		assert_string_equal(read[i].place, devices[i].place);
		assert_string_equal(read[i].class, devices[i].class);
	}
}

static void a_list_of_no_devices_is_one_and_a_damaged_one_is_none(void **state)
{
	static const char *const damaged[] = { "a",   "a\tb", "a\tb\tc",    "a\tb\n",
					       "a\n", "\n",   "a\tb\tc\nd", "a\tb\tc\td\n" };
	struct summary_device *read = NULL;
	size_t count = 7;
	char none[] = "";

	(void)state;
	assert_int_equal(summary_devices_split(none, &read, &count), 0);
	assert_int_equal(count, 0);
	free(read);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		_cleanup_(freep) char *text = mem_strdup(damaged[i]);

		if (summary_devices_split(text, &read, &count) == 0)
			fail_msg("'%s' was taken for a list", damaged[i]);
	}
}

/* ---- what is due ---- */

static struct summary_span nth_hour(int64_t n)
{
	return (struct summary_span){ SUMMARY_HOUR, n * HOUR, (n + 1) * HOUR };
}

static void of_a_long_outage_every_hour_stays_due_once(void **state)
{
	struct summary_due due = { 0 };
	struct summary_span span;
	int64_t taken = 0, added = 0;

	(void)state;
	/* One that is tried and put off again, while others fall due: as through a month in which the store does not work. */
	for (; added < 24 * 31; added++) {
		span = nth_hour(added);
		assert_true(summary_due_add(&due, &span));
		assert_true(summary_due_add(&due, &span));
		if (added % 3 == 0) {
			assert_true(summary_due_take(&due, &span));
			assert_true(summary_due_add(&due, &span));
		}
	}
	assert_int_equal(due.count, added);
	for (int64_t sum = 0; summary_due_take(&due, &span); taken++) {
		sum += span.from_us / HOUR;
		assert_true(taken + 1 < added || sum == added * (added - 1) / 2);
	}
	assert_int_equal(taken, added);
	summary_due_fini(&due);
	assert_false(summary_due_take(&due, &span));
}

static void of_a_time_before_it_began_nothing_leaves(void **state)
{
	_cleanup_(summary_freep) struct summary *s = make();
	_cleanup_(freep) char *left = mem_strdup(SUMMARY_LEFT_NOTHING);
	char seen[512];

	(void)state;
	summary_add_transition(s, &trapped);
	leave(s, &left, seen);
	assert_string_equal(seen, "");
	assert_string_equal(left, SUMMARY_LEFT_NOTHING);
}

static void what_is_damaged_in_the_file_makes_it_leave_again_rather_than_never(void **state)
{
	static const char *const damaged[] = { "", "[", "[]", "7", "\xff", "null" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		_cleanup_(summary_freep) struct summary *s = make();
		_cleanup_(freep) char *left = mem_strdup(damaged[i]);
		char seen[512];

		leave(s, &left, seen);
		assert_true(str_starts(seen, "estate/:0 "));
	}
}

static void a_person_sees_which_revision_has_left(void **state)
{
	_cleanup_(summary_freep) struct summary *s = make();
	json_t *rows = summary_rows(s), *shown;
	struct summary_left l;

	(void)state;
	summary_left_compare(&hour, &(struct summary_left_known){ .text = NULL }, rows, &l);
	shown = summary_left_show(&hour, NULL, rows);
	assert_true(json_is_null(json_object_get(json_array_get(shown, 0), "revision")));
	json_decref(shown);
	shown = summary_left_show(&hour, l.text, rows);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(shown, 0), "revision")), 0);
	assert_int_equal(json_array_size(shown), json_array_size(rows));
	json_decref(shown);
	summary_left_fini(&l);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_begins_at_the_estates_midnight_and_an_hour_at_its_full_hour),
		cmocka_unit_test(where_clocks_change_a_day_has_23_or_25_hours_and_no_hour_is_left_out_or_there_twice),
		cmocka_unit_test(periods_have_names),
		cmocka_unit_test(percentiles_are_by_nearest_rank),
		cmocka_unit_test(a_list_of_times_is_bounded),
		cmocka_unit_test(a_lift_is_available_while_nothing_speaks_against_it),
		cmocka_unit_test(each_state_that_hinders_takes_its_time_and_no_time_is_taken_twice),
		cmocka_unit_test(what_nobody_has_heard_for_sixteen_minutes_is_not_known),
		cmocka_unit_test(a_counter_grows_from_before_the_span_and_one_that_begins_anew_takes_nothing_away),
		cmocka_unit_test(a_lift_without_counters_is_counted_by_what_it_does),
		cmocka_unit_test(an_alarm_counts_for_its_estate_building_class_lift_and_rule),
		cmocka_unit_test(an_alarm_of_a_home_counts_for_each_who_lives_there_and_for_those_of_the_building),
		cmocka_unit_test(what_lies_outside_of_the_span_does_not_count),
		cmocka_unit_test(how_soon_it_was_acknowledged_and_somebody_was_there),
		cmocka_unit_test(tests_and_rises_are_nothing_new),
		cmocka_unit_test(a_flood_is_more_than_ten_in_ten_minutes_for_as_long_as_they_are),
		cmocka_unit_test(records_of_the_audit_are_the_daemons_figures),
		cmocka_unit_test(each_leaves_once_and_again_only_when_it_has_become_another),
		cmocka_unit_test(what_was_not_there_then_is_not_told_of_later),
		cmocka_unit_test(figures_of_fewer_samples_than_those_that_left_are_no_correction),
		cmocka_unit_test(after_a_restore_revisions_go_on_beyond_all_that_may_have_left),
		cmocka_unit_test(what_leaves_after_a_restore_says_so),
		cmocka_unit_test(a_list_of_devices_reads_back_as_it_was),
		cmocka_unit_test(a_list_of_no_devices_is_one_and_a_damaged_one_is_none),
		cmocka_unit_test(of_a_long_outage_every_hour_stays_due_once),
		cmocka_unit_test(of_some_places_only_what_lies_in_them_is_counted),
		cmocka_unit_test(some_days_stand_side_by_side_and_what_was_not_there_is_null),
		cmocka_unit_test(of_a_time_before_it_began_nothing_leaves),
		cmocka_unit_test(what_is_damaged_in_the_file_makes_it_leave_again_rather_than_never),
		cmocka_unit_test(a_person_sees_which_revision_has_left),
	};

	return UNIT_RUN(tests);
}
