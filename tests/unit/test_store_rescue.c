/* What a damage of state.db may not cost: an open alarm, a number of the outbox given twice, what waits in it. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/state.h"
#include "store_unit.h"

/* ---- open alarms ---- */

struct seen {
	char alarms[512]; /* "sos/sos-1 unacked 1, " */
	char place[64], text[512];
};

static void see_alarm(void *context, const struct alarm *a)
{
	struct seen *seen = context;
	size_t len = strlen(seen->alarms);

	snprintf(seen->alarms + len, sizeof(seen->alarms) - len, "%s %s %d, ", a->id, alarm_state_name(a->state),
		 a->priority);
	snprintf(seen->place, sizeof(seen->place), "%s", a->place ? a->place : "");
	snprintf(seen->text, sizeof(seen->text), "%s", a->text_en ? a->text_en : "");
}

static void put(const char *dir, const char *asset, enum alarm_state to)
{
	struct store *s = store_unit_open(dir);
	struct alarm_transition t;

	store_unit_transition("sos", asset, to, &t);
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 }), 0);
	alarm_transition_fini(&t);
	store_close(s);
}

/* How many files were told to be damaged. */
static uint64_t see(const char *dir, struct seen *seen)
{
	struct store *s = store_unit_open(dir);
	struct status_store status;

	*seen = (struct seen){ 0 };
	assert_int_equal(store_restore(s, &(struct store_kept){ .context = seen, .alarm = see_alarm }), 0);
	store_status(s, &status);
	store_close(s);
	return status.set_aside;
}

static void an_open_alarm_whose_row_is_damaged_is_told_again(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	put(*state, "sos-2", ALARM_UNACKED);
	store_unit_run(*state, "state.db", "UPDATE alarm SET priority = 4, life_safety = 0 WHERE id = 'sos/sos-1'");
	assert_int_equal(see(*state, &seen), 1); /* somebody is told of the damage */
	assert_string_equal(seen.alarms, "sos/sos-1 unacked 1, sos/sos-2 unacked 1, ");
	/* Once: what is mended is whole. */
	assert_int_equal(see(*state, &seen), 0);
	assert_string_equal(seen.alarms, "sos/sos-1 unacked 1, sos/sos-2 unacked 1, ");
}

static void it_keeps_its_place_and_says_what_has_become_of_it(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	store_unit_run(*state, "state.db", "UPDATE alarm SET count = count + 1");
	see(*state, &seen);
	assert_string_equal(seen.place, "b3/u1/1204");
	assert_non_null(strstr(seen.text, "help wanted in 1204"));
	assert_non_null(strstr(seen.text, "damaged"));
}

static void whether_somebody_had_acknowledged_it_is_not_believed(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	put(*state, "sos-1", ALARM_ACKED);
	store_unit_run(*state, "state.db", "UPDATE alarm SET state = 'normal'");
	see(*state, &seen);
	assert_string_equal(seen.alarms, "sos/sos-1 unacked 1, ");
}

static void one_whose_name_has_changed_has_its_own_again(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	store_unit_run(*state, "state.db", "UPDATE alarm SET id = 'sos/sos-9'");
	see(*state, &seen);
	assert_string_equal(seen.alarms, "sos/sos-1 unacked 1, ");
}

static void one_of_which_only_the_name_is_left_is_the_most_urgent(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_ACKED);
	store_unit_run(*state, "state.db",
		       "DELETE FROM transition; UPDATE alarm SET priority = 3, text_en = CAST(x'ff' AS TEXT)");
	see(*state, &seen);
	assert_string_equal(seen.alarms, "sos/sos-1 unacked 1, ");
	assert_non_null(strstr(seen.text, "sos/sos-1"));
}

static void what_was_over_stays_over_when_another_one_is_damaged(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	put(*state, "sos-1", ALARM_NORMAL);
	put(*state, "sos-2", ALARM_UNACKED);
	store_unit_run(*state, "state.db", "UPDATE alarm SET stage = 9");
	see(*state, &seen);
	assert_string_equal(seen.alarms, "sos/sos-2 unacked 1, ");
}

static void an_end_that_is_damaged_itself_is_not_believed(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	put(*state, "sos-1", ALARM_NORMAL);
	put(*state, "sos-2", ALARM_UNACKED);
	store_unit_run(*state, "state.db",
		       "UPDATE alarm SET stage = 9; UPDATE transition SET note = 'x' WHERE alarm = 'sos/sos-1' AND "
		       "state = 'normal'");
	see(*state, &seen);
	assert_string_equal(seen.alarms, "sos/sos-1 unacked 1, sos/sos-2 unacked 1, ");
}

static void spoil_table(const char *dir, const char *table)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf sql = { 0 };
	char zeros[4096] = { 0 };
	int64_t page;
	FILE *f;

	str_buf_printf(&sql, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
	page = store_unit_ask(dir, "state.db", sql.text);
	f = fopen(path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, (page - 1) * (long)sizeof(zeros), SEEK_SET), 0);
	assert_int_equal(fwrite(zeros, sizeof(zeros), 1, f), 1);
	fclose(f);
}

static void a_page_of_open_alarms_that_is_lost_closes_none(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	put(*state, "sos-2", ALARM_ACKED);
	put(*state, "sos-3", ALARM_UNACKED);
	put(*state, "sos-3", ALARM_NORMAL);
	spoil_table(*state, "alarm");
	assert_int_equal(see(*state, &seen), 1);
	assert_string_equal(seen.alarms, "sos/sos-1 unacked 1, sos/sos-2 unacked 1, ");
}

/* Makes a value one that the column's table does not take, as a bit that flips in the head of its row does. */
static void spoil_value(const char *dir, const char *declared, const char *loose, const char *update)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };

	str_buf_printf(&sql,
		       "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '%s', '%s');"
		       "PRAGMA writable_schema = RESET; %s; PRAGMA writable_schema = ON;"
		       "UPDATE sqlite_schema SET sql = replace(sql, '%s', '%s'); PRAGMA writable_schema = RESET",
		       declared, loose, update, loose, declared);
	store_unit_run(dir, "state.db", sql.text);
}

static void nor_does_a_row_that_is_none_any_more(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	put(*state, "sos-2", ALARM_UNACKED);
	put(*state, "sos-3", ALARM_UNACKED);
	put(*state, "sos-3", ALARM_NORMAL);
	spoil_value(*state, "latch INTEGER NOT NULL", "latch INTEGER NULL    ",
		    "UPDATE alarm SET latch = NULL WHERE id = 'sos/sos-1'");
	assert_int_equal(see(*state, &seen), 1);
	assert_string_equal(seen.alarms, "sos/sos-1 unacked 1, sos/sos-2 unacked 1, ");
}

/* ---- numbers ---- */

#define MESSAGES 9

static void queue(const char *dir)
{
	struct store *s = store_unit_open(dir);

	for (unsigned n = 1; n <= MESSAGES; n++)
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, n), 0);
	store_close(s);
}

/* The number that the next message of the lane gets. */
static int64_t next_number(const char *dir)
{
	struct store *s = store_unit_open(dir);
	int64_t seq;

	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 100), 0);
	seq = (int64_t)store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq;
	store_close(s);
	return seq;
}

static void no_number_is_given_twice_when_the_lanes_are_lost(void **state)
{
	static const char *const tables[] = { "lane", "uplink" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
		int64_t from_us = clock_wall_us(), seq;

		unlink(path);
		queue(*state);
		spoil_table(*state, tables[i]);
		seq = next_number(*state);
		/* No lane has ever given a number in each microsecond since 1970. */
		assert_true(seq > from_us);
		/* And a gap record says so first. */
		assert_int_equal(store_unit_ask(*state, "state.db",
						"SELECT json_extract(payload, '$.from') FROM outbox"
						" WHERE kind = 'gap' ORDER BY seq DESC LIMIT 1"),
				 1);
		assert_int_equal(next_number(*state), seq + 1);
	}
}

static void nor_when_a_lane_is_none_any_more(void **state)
{
	int64_t from_us = clock_wall_us();

	queue(*state);
	spoil_value(*state, "last_seq INTEGER NOT NULL", "last_seq INTEGER NULL    ",
		    "UPDATE lane SET last_seq = NULL");
	assert_true(next_number(*state) > from_us);
}

static void where_the_lanes_are_whole_they_go_on(void **state)
{
	queue(*state);
	spoil_table(*state, "transition");
	assert_int_equal(next_number(*state), MESSAGES + 1);
}

static void a_lane_that_tells_of_less_than_waits_in_it_is_not_believed(void **state)
{
	queue(*state);
	store_unit_run(*state, "state.db", "UPDATE lane SET last_seq = 4, delivered_seq = 2");
	spoil_table(*state, "transition");
	assert_int_equal(next_number(*state), MESSAGES + 1);
}

static void nor_when_the_file_is_an_older_one_than_there_was(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db"), *old = store_unit_path(*state, "old.db");
	_cleanup_str_buf_ struct str_buf copy = { 0 };
	int64_t from_us = clock_wall_us();

	queue(*state);
	put(*state, "sos-1", ALARM_UNACKED);
	str_buf_printf(&copy, "cp %s %s", path, old);
	assert_int_equal(system(copy.text), 0);
	put(*state, "sos-1", ALARM_ACKED);
	queue(*state);
	assert_int_equal(rename(old, path), 0); /* audit.head tells of more */
	assert_true(next_number(*state) > from_us);
}

static void nor_when_it_is_cut_to_nothing(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	int64_t from_us = clock_wall_us();

	queue(*state);
	put(*state, "sos-1", ALARM_UNACKED);
	assert_int_equal(truncate(path, 0), 0);
	assert_true(next_number(*state) > from_us);
}

static void a_number_that_nothing_can_have_given_waits_in_no_lane(void **state)
{
	queue(*state);
	store_unit_run(*state, "state.db", "UPDATE outbox SET seq = 5000000000000000 WHERE seq = 4");
	spoil_table(*state, "transition");
	assert_int_equal(next_number(*state), MESSAGES + 1);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM outbox WHERE seq > 10"), 0);
	assert_int_equal(
		store_unit_ask(*state, "state.db", "SELECT count(*) FROM outbox WHERE kind = 'gap' AND seq = 4"), 1);
}

/* ---- departed summaries ---- */

static void what_left_is_never_said_to_be_of_the_devices_of_another_time(void **state)
{
	struct seen seen;

	put(*state, "sos-1", ALARM_UNACKED);
	store_unit_run(*state, "state.db",
		       "INSERT INTO device_list (id, list) VALUES (1, 'kept');"
		       "INSERT INTO summary (period, start, departed, devices) VALUES ('hour', 1, '{}', 1),"
		       " ('hour', 2, '{}', 2)"); /* the page of the second list is gone */
	spoil_table(*state, "transition");
	assert_int_equal(see(*state, &seen), 1);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT devices FROM summary WHERE start = 1"), 1);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT devices IS NULL FROM summary WHERE start = 2"), 1);
}

/* ---- what memory knows ---- */

static struct outbox_lane lane_known(uint64_t delivered_seq, uint64_t last_seq)
{
	return (struct outbox_lane){
		.uplink = "cloud", .lane = ENVELOPE_ALARM, .delivered_seq = delivered_seq, .last_seq = last_seq
	};
}

/* The lane's rows after a renewal by one who knows that of the lane: "7:alarm 8:alarm 9:alarm 12:gap:10". */
static void renew(const char *dir, struct outbox_lane known, const char *rows)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct state_marks marks = { .lanes = &known, .lane_count = 1 };
	struct state_setup setup = { .path = path, .estate = "demo", .mend = STATE_MEND_ANYWAY, .marks = &marks };
	struct state *s = NULL;
	sqlite3_stmt *select;
	const char *found;

	queue(dir);
	store_unit_run(dir, "state.db", "UPDATE lane SET delivered_seq = 5; DELETE FROM outbox WHERE seq <= 5");
	assert_int_equal(state_open(&setup, &s, &what), 1);
	while (state_purge(s) > 0)
		;
	state_close(s);
	select = store_unit_select(
		dir, "state.db",
		"SELECT group_concat(seq || ':' || kind || coalesce(':' || json_extract(payload, '$.from'), ''), ' ')"
		" FROM (SELECT * FROM outbox ORDER BY seq)");
	assert_int_equal(sqlite3_step(select), SQLITE_ROW);
	found = (const char *)sqlite3_column_text(select, 0);
	assert_string_equal(found ? found : "", rows);
	store_unit_selected(select);
	assert_int_equal(store_unit_ask(dir, "state.db", "SELECT last_seq FROM lane"),
			 MAX(known.last_seq, (uint64_t)MESSAGES));
}

static void what_waits_stays_though_memory_knows_of_more(void **state)
{
	renew(*state, lane_known(6, 12), "7:alarm 8:alarm 9:alarm 12:gap:10");
}

static void what_the_receiver_has_leaves_no_gap(void **state)
{
	renew(*state, lane_known(11, 12), "12:gap:12");
}

static void memory_that_knows_of_no_more_changes_nothing(void **state)
{
	renew(*state, lane_known(5, 9), "6:alarm 7:alarm 8:alarm 9:alarm");
}

/* ---- an attempt that may have reached the file ---- */

static bool is_past(const char *dir, const struct state_marks *marks)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct state_setup setup = { .path = path, .estate = "demo", .mend = STATE_MEND_NEVER };
	struct state *s = NULL;
	bool past;

	assert_int_equal(state_open(&setup, &s, &what), 0);
	past = state_is_past(s, marks);
	state_close(s);
	return past;
}

static void mark(const char *dir, struct state_marks *ret_marks)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct state_setup setup = { .path = path, .estate = "demo", .mend = STATE_MEND_NEVER };
	struct state *s = NULL;

	assert_int_equal(state_open(&setup, &s, &what), 0);
	state_mark(s, ret_marks);
	state_close(s);
}

static void what_was_committed_all_the_same_is_known_by_what_it_left(void **state)
{
	_cleanup_(state_marks_fini) struct state_marks before = { 0 }, between = { 0 };

	queue(*state);
	mark(*state, &before);
	assert_false(is_past(*state, &before));
	put(*state, "sos-1", ALARM_UNACKED);
	assert_true(is_past(*state, &before));
	mark(*state, &between);
	queue(*state);
	assert_true(is_past(*state, &between));
}

static void numbers_that_prove_nothing_are_not_believed(void **state)
{
	static const char *const lies[] = {
		"INSERT INTO audit (n, record, hash) SELECT max(n) + 1, '{}', hash FROM audit",
		"UPDATE audit SET n = n + 5 WHERE n = (SELECT max(n) FROM audit)",
		"UPDATE lane SET last_seq = last_seq + 4",
		"UPDATE lane SET last_seq = last_seq + 1; INSERT INTO outbox (lane, seq, time, kind, bytes, payload)"
		" SELECT id, last_seq, 0, 'gap', 2, '{}' FROM lane",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		_cleanup_(state_marks_fini) struct state_marks marks = { 0 };
		_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
		_cleanup_(freep) char *head = store_unit_path(*state, "audit.head");

		unlink(path);
		unlink(head);
		queue(*state);
		put(*state, "sos-1", ALARM_UNACKED);
		mark(*state, &marks);
		store_unit_run(*state, "state.db", lies[i]);
		if (is_past(*state, &marks))
			fail_msg("believed: %s", lies[i]);
	}
}

/* ---- what was set aside ---- */

static bool is_there(const char *dir, const char *name)
{
	_cleanup_(freep) char *path = store_unit_path(dir, name);

	return access(path, F_OK) == 0;
}

static void what_is_set_aside_now_stays_whatever_the_clock_said_then(void **state)
{
	static const char *const others[] = { "state.db.damaged-20990101T000000", "state.db.damaged-20980101T000000" };
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf name = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_(freep) char *other = store_unit_path(*state, others[i]);

		fclose(fopen(other, "w"));
	}
	queue(*state);
	assert_int_equal(database_set_aside(path, clock_wall_us(), &name), 0);
	assert_true(is_there(*state, name.text) && is_there(*state, others[0]));
	assert_false(is_there(*state, others[1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(an_open_alarm_whose_row_is_damaged_is_told_again),
		STORE_UNIT_CASE(it_keeps_its_place_and_says_what_has_become_of_it),
		STORE_UNIT_CASE(whether_somebody_had_acknowledged_it_is_not_believed),
		STORE_UNIT_CASE(one_whose_name_has_changed_has_its_own_again),
		STORE_UNIT_CASE(one_of_which_only_the_name_is_left_is_the_most_urgent),
		STORE_UNIT_CASE(what_was_over_stays_over_when_another_one_is_damaged),
		STORE_UNIT_CASE(an_end_that_is_damaged_itself_is_not_believed),
		STORE_UNIT_CASE(a_page_of_open_alarms_that_is_lost_closes_none),
		STORE_UNIT_CASE(nor_does_a_row_that_is_none_any_more),
		STORE_UNIT_CASE(no_number_is_given_twice_when_the_lanes_are_lost),
		STORE_UNIT_CASE(nor_when_a_lane_is_none_any_more),
		STORE_UNIT_CASE(where_the_lanes_are_whole_they_go_on),
		STORE_UNIT_CASE(a_lane_that_tells_of_less_than_waits_in_it_is_not_believed),
		STORE_UNIT_CASE(nor_when_the_file_is_an_older_one_than_there_was),
		STORE_UNIT_CASE(nor_when_it_is_cut_to_nothing),
		STORE_UNIT_CASE(a_number_that_nothing_can_have_given_waits_in_no_lane),
		STORE_UNIT_CASE(what_left_is_never_said_to_be_of_the_devices_of_another_time),
		STORE_UNIT_CASE(what_waits_stays_though_memory_knows_of_more),
		STORE_UNIT_CASE(what_the_receiver_has_leaves_no_gap),
		STORE_UNIT_CASE(memory_that_knows_of_no_more_changes_nothing),
		STORE_UNIT_CASE(what_was_committed_all_the_same_is_known_by_what_it_left),
		STORE_UNIT_CASE(numbers_that_prove_nothing_are_not_believed),
		STORE_UNIT_CASE(what_is_set_aside_now_stays_whatever_the_clock_said_then),
	};

	return UNIT_RUN(tests);
}
