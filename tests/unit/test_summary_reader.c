/* What state.db has of a span of time, and that summaries leave together with the note of it, or not at all. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/summary_reader.h"
#include "store_unit.h"
#include "upstream/summary_left.h"

#define T0 ((int64_t)1795000000 / 3600 * 3600 * S) /* an hour of 2026 */

static const struct summary_span hour = { SUMMARY_HOUR, T0, T0 + HOUR };

static void make_files(const char *dir)
{
	store_close(store_unit_open(dir));
}

struct row {
	const char *alarm, *from, *state, *input, *boot;
	int64_t mono_us, wall_us;
	const char *clock;
};

static void add_row(struct str_buf *sql, const struct row *r)
{
	str_buf_printf(
		sql,
		"INSERT INTO transition (alarm, from_state, state, input, boot, mono, wall, priority, stage, count,"
		" test, since, reason, clock) VALUES ('%s','%s','%s','%s','%s',%" PRId64 ",%" PRId64
		",2,0,1,0,0,'{}','%s');",
		r->alarm, r->from, r->state, r->input, r->boot, r->mono_us, r->wall_us,
		r->clock ? r->clock : "synchronised");
}

/* How many steps it took. */
static int read_all(struct summary_reader *reader, struct summary *s)
{
	int steps = 0, r;

	summary_reader_begin(reader, &hour);
	while ((r = summary_reader_some(reader, s)) > 0)
		steps++;
	assert_int_equal(r, 0);
	return steps;
}

/* The figures of the hour by what the file has; rows is the caller's. */
static json_t *read_figures(const char *dir)
{
	static const struct summary_device devices[] = { { "d", "b1", "tank" } };
	struct summary_setup setup = { .span = hour, .devices = devices, .device_count = 1 };
	_cleanup_(summary_freep) struct summary *s = summary_new(&setup);
	_cleanup_(summary_reader_closep) struct summary_reader *reader = NULL;
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };

	assert_int_equal(summary_reader_open(path, &reader, &why), 0);
	read_all(reader, s);
	return summary_rows(s);
}

static double figure(const json_t *rows, const char *scope, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (str_equal(json_string_value(json_object_get(row, "scope")), scope))
	{
		json_t *value = json_object_get(json_object_get(row, "figures"), name);

		return json_is_number(value) ? json_number_value(value) : -1;
	}
	fail_msg("no %s", scope);
	return 0;
}

static void check(const char *dir, const char *scope, const char *name, double expected)
{
	json_t *rows = read_figures(dir);
	double found = figure(rows, scope, name);

	json_decref(rows);
	if (found != expected)
		fail_msg("%s %s: %g, expected %g", scope, name, found, expected);
}

/* ---- transitions ---- */

static void all_transitions_of_a_span_are_read_however_many_are_of_one_moment(void **state)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };
	char alarm[32];

	make_files(*state);
	str_buf_add(&sql, "BEGIN;");
	for (int i = 0; i < 2100; i++) {
		snprintf(alarm, sizeof(alarm), "r/%d", i);
		add_row(&sql,
			&(struct row){ alarm, "normal", "unacked", "raised", "a", i, T0 + (i < 1500 ? 0 : i), NULL });
	}
	add_row(&sql, &(struct row){ "r/early", "normal", "unacked", "raised", "a", 0, T0 - 1, NULL });
	add_row(&sql, &(struct row){ "r/late", "normal", "unacked", "raised", "a", 0, T0 + HOUR, NULL });
	str_buf_add(&sql, "COMMIT;");
	store_unit_run(*state, "state.db", sql.text);
	check(*state, "estate", "raised", 2100);
	check(*state, "estate", "peak_10min", 2101); /* the one of just before too */
}

static void a_flood_is_read_in_steps_so_that_others_may_read_between_them(void **state)
{
	struct summary_setup setup = { .span = hour };
	_cleanup_(summary_freep) struct summary *s = summary_new(&setup);
	_cleanup_(summary_reader_closep) struct summary_reader *reader = NULL;
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf sql = { 0 }, why = { 0 };

	make_files(*state);
	str_buf_add(&sql, "BEGIN;");
	for (int i = 0; i < 4000; i++)
		add_row(&sql, &(struct row){ "r/d", "normal", "unacked", "raised", "a", i, T0 + i, NULL });
	str_buf_add(&sql, "COMMIT;");
	store_unit_run(*state, "state.db", sql.text);
	assert_int_equal(summary_reader_open(path, &reader, &why), 0);
	assert_in_range(read_all(reader, s), 8, 20);
}

static void a_row_that_is_damaged_does_not_count(void **state)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };

	make_files(*state);
	add_row(&sql, &(struct row){ "r/d", "normal", "unacked", "raised", "a", 0, T0, NULL });
	add_row(&sql, &(struct row){ "r/e", "normal", "unacked", "raised", "a", 0, T0, NULL });
	str_buf_add(&sql, "UPDATE transition SET crc = 7 WHERE alarm = 'r/e';");
	store_unit_run(*state, "state.db", sql.text);
	check(*state, "estate", "raised", 1);
}

static void what_a_wrong_clock_stamped_belongs_where_it_should_have_been(void **state)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };

	make_files(*state);
	/* Boot x begins in 1970, is set by hand a day too early after 100 s, and by a time service after 200 s. */
	str_buf_printf(&sql,
		       "INSERT INTO clockmap (boot, mono, wall, clock, step) VALUES ('x', 0, 0, 'unset', 0),"
		       " ('x', %" PRId64 ", %" PRId64 ", 'restored', %" PRId64 "),"
		       " ('x', %" PRId64 ", %" PRId64 ", 'synchronised', %" PRId64 ");",
		       100 * S, T0 - DAY + 100 * S, T0 - DAY, 200 * S, T0 + 200 * S, (int64_t)DAY);
	add_row(&sql, &(struct row){ "r/d", "normal", "unacked", "raised", "x", 50 * S, 50 * S, "unset" });
	add_row(&sql, &(struct row){ "r/d", "unacked", "acked", "ack", "x", 150 * S, T0 - DAY + 150 * S, "restored" });
	add_row(&sql, &(struct row){ "r/d", "acked", "normal", "returned", "x", 250 * S, T0 + 250 * S, NULL });
	/* Of another boot, whose clock was as wrong and never put right. */
	add_row(&sql, &(struct row){ "r/e", "normal", "unacked", "raised", "y", 50 * S, 50 * S, "unset" });
	store_unit_run(*state, "state.db", sql.text);
	check(*state, "estate", "raised", 1);
	check(*state, "estate", "acked", 1);
	check(*state, "estate", "ack_max_s", 100);
}

static void an_acknowledgement_is_timed_from_when_it_was_told_and_an_arrival_from_the_beginning(void **state)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };

	make_files(*state);
	add_row(&sql, &(struct row){ "r/d", "normal", "unacked", "raised", "a", 0, T0 - 2 * MINUTE, NULL });
	add_row(&sql, &(struct row){ "r/d", "unacked", "acked", "ack", "a", MINUTE, T0 - MINUTE, NULL });
	add_row(&sql, &(struct row){ "r/d", "acked", "unacked", "rise", "a", 3 * MINUTE, T0 + MINUTE, NULL });
	add_row(&sql, &(struct row){ "r/d", "unacked", "unacked", "raised", "a", 4 * MINUTE, T0 + 2 * MINUTE, NULL });
	/* After a restart of the box. */
	add_row(&sql, &(struct row){ "r/d", "unacked", "acked", "ack", "b", 0, T0 + 6 * MINUTE, NULL });
	add_row(&sql, &(struct row){ "r/d", "acked", "acked", "arrive", "b", MINUTE, T0 + 7 * MINUTE, NULL });
	add_row(&sql, &(struct row){ "r/d", "acked", "acked", "arrive", "b", 2 * MINUTE, T0 + 8 * MINUTE, NULL });
	/* Nobody knows since when. */
	add_row(&sql, &(struct row){ "r/e", "unacked", "acked", "ack", "b", 0, T0 + 6 * MINUTE, NULL });
	store_unit_run(*state, "state.db", sql.text);
	check(*state, "estate", "acked", 2);
	check(*state, "estate", "ack_p50_s", 300);
	check(*state, "estate", "ack_max_s", 300);
	check(*state, "estate", "arrived", 1);
	check(*state, "estate", "arrive_max_s", 540);
}

/* ---- the audit ---- */

static void records_of_the_span_are_found_among_many(void **state)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };
	char iso[CLOCK_ISO_MAX];

	make_files(*state);
	str_buf_add(&sql, "DELETE FROM audit; BEGIN;");
	for (int i = 0; i < 3000;
	     i++) /* one in ten minutes: 10 days before, 10 days behind; a number in seven has gone */
		if (i % 7)
			str_buf_printf(&sql,
				       "INSERT INTO audit VALUES (%d, '{\"time\":\"%s\",\"clock\":\"synchronised\","
				       "\"boot\":\"b\",\"mono\":0,\"kind\":\"command\",\"what\":\"x\"}', 'h');",
				       i + 100, clock_format_iso(T0 + (i - 1500) * 10 * MINUTE, iso));
	str_buf_add(&sql, "INSERT INTO audit VALUES (1598, 'no JSON', 'h'); COMMIT;");
	store_unit_run(*state, "state.db", sql.text);
	check(*state, "daemon", "commands", 5); /* 1500..1505 but for 1505, a multiple of seven */
}

/* ---- what has left ---- */

static struct summary_reader_left read_left(const char *dir, const struct summary_span *span)
{
	_cleanup_(summary_reader_closep) struct summary_reader *reader = NULL;
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct summary_reader_left left;

	assert_int_equal(summary_reader_open(path, &reader, &why), 0);
	assert_int_equal(summary_reader_left(reader, span, &left), 0);
	return left;
}

static int depart_of(struct store *s, const struct summary_span *span, const char *payload, const char *devices)
{
	struct store_summary summary = { .span = *span, .departed = "{\"estate/\":[0,\"1\"]}", .devices = devices };
	struct store_message message = {
		.uplink = "cloud", .lane = ENVELOPE_DATA, .kind = "summary", .payload = payload
	};

	return store_unit_commit(
		s, (struct store_commit){
			   .summaries = &summary, .summary_count = 1, .messages = &message, .message_count = 1 });
}

static int depart(struct store *s, const struct summary_span *span, const char *payload)
{
	return depart_of(s, span, payload, NULL);
}

static void a_summary_is_queued_together_with_the_note_that_it_has_left_or_neither_is(void **state)
{
	_cleanup_(summary_reader_left_fini) struct summary_reader_left before = { 0 }, after = { 0 };
	struct store *s = store_unit_open(*state);

	assert_int_equal(depart(s, &hour, "no object"), -EINVAL);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).last_seq, 0);
	before = read_left(*state, &hour);
	assert_null(before.departed);
	assert_int_equal(before.gone_us, 0);
	assert_int_equal(depart(s, &hour, "{\"n\":1}"), 0);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).last_seq, 1);
	after = read_left(*state, &hour);
	assert_string_equal(after.departed, "{\"estate/\":[0,\"1\"]}");
	assert_null(after.devices);
	store_close(s);
}

static void check_devices(const char *dir, const struct summary_span *span, const char *devices)
{
	_cleanup_(summary_reader_left_fini) struct summary_reader_left left = read_left(dir, span);

	assert_string_equal(left.devices, devices);
}

static void of_which_devices_it_was_is_kept_once_and_as_long_as_one_names_them(void **state)
{
	static const struct summary_span old = { SUMMARY_HOUR, T0 - 9 * DAY, T0 - 9 * DAY + HOUR },
					 before = { SUMMARY_HOUR, T0 - HOUR, T0 };
	struct store *s = store_unit_open(*state);

	assert_int_equal(depart_of(s, &old, "{\"n\":1}", "a\tb1\tlift\n"), 0);
	assert_int_equal(depart_of(s, &before, "{\"n\":2}", "a\tb2\tlift\n"), 0);
	check_devices(*state, &before, "a\tb2\tlift\n");
	assert_int_equal(depart_of(s, &hour, "{\"n\":3}", "a\tb2\tlift\n"), 0);
	assert_int_equal(depart_of(s, &before, "{\"n\":4}", NULL), 0); /* again: it stays what it was of */
	check_devices(*state, &before, "a\tb2\tlift\n");
	check_devices(*state, &hour, "a\tb2\tlift\n");
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM device_list"), 1);
}

static void what_was_restored_says_since_when_not_all_is_known(void **state)
{
	_cleanup_(summary_reader_left_fini) struct summary_reader_left left = { 0 };

	make_files(*state);
	store_unit_run(*state, "state.db", "INSERT OR REPLACE INTO meta VALUES ('floor_seq', 1795000000000007)");
	left = read_left(*state, &hour);
	assert_true(left.gone_us == 1795000000000007);
}

static void notes_that_are_too_old_go_and_those_of_the_other_period_stay(void **state)
{
	struct summary_span old = { SUMMARY_HOUR, T0 - 9 * DAY, T0 - 9 * DAY + HOUR },
			    day = { SUMMARY_DAY, T0 - 9 * DAY, T0 };
	_cleanup_(summary_reader_closep) struct summary_reader *reader = NULL;
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct store *s = store_unit_open(*state);
	struct summary_reader_starts starts;

	assert_int_equal(depart(s, &old, "{\"n\":1}"), 0);
	assert_int_equal(depart(s, &day, "{\"n\":2}"), 0);
	assert_int_equal(depart(s, &hour, "{\"n\":3}"), 0);
	assert_int_equal(depart(s, &hour, "{\"n\":4}"), 0);
	assert_int_equal(summary_reader_open(path, &reader, &why), 0);
	assert_int_equal(summary_reader_starts(reader, &starts), 0);
	assert_int_equal(starts.count[SUMMARY_HOUR], 1);
	assert_int_equal(starts.from_us[SUMMARY_HOUR][0], T0);
	assert_int_equal(starts.count[SUMMARY_DAY], 1);
	summary_reader_starts_fini(&starts);
	store_close(s);
}

static void a_file_that_is_not_there_is_an_error_and_not_a_summary_of_nothing(void **state)
{
	struct summary_reader *reader = NULL;
	_cleanup_(freep) char *path = store_unit_path(*state, "other.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };

	assert_true(summary_reader_open(path, &reader, &why) < 0);
	assert_null(reader);
	assert_true(why.len > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(all_transitions_of_a_span_are_read_however_many_are_of_one_moment),
		STORE_UNIT_CASE(a_flood_is_read_in_steps_so_that_others_may_read_between_them),
		STORE_UNIT_CASE(a_row_that_is_damaged_does_not_count),
		STORE_UNIT_CASE(what_a_wrong_clock_stamped_belongs_where_it_should_have_been),
		STORE_UNIT_CASE(an_acknowledgement_is_timed_from_when_it_was_told_and_an_arrival_from_the_beginning),
		STORE_UNIT_CASE(records_of_the_span_are_found_among_many),
		STORE_UNIT_CASE(a_summary_is_queued_together_with_the_note_that_it_has_left_or_neither_is),
		STORE_UNIT_CASE(of_which_devices_it_was_is_kept_once_and_as_long_as_one_names_them),
		STORE_UNIT_CASE(what_was_restored_says_since_when_not_all_is_known),
		STORE_UNIT_CASE(notes_that_are_too_old_go_and_those_of_the_other_period_stay),
		STORE_UNIT_CASE(a_file_that_is_not_there_is_an_error_and_not_a_summary_of_nothing),
	};

	return UNIT_RUN(tests);
}
