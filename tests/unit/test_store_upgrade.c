/* Files of released versions (tests/case/store), and damaged ones, as the store of now opens them. */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/state.h"
#include "store/history_mend.h"
#include "store/history_reader.h"
#include "store/history_sums.h"
#include "store_unit.h"

/* ---- a file of an earlier version ---- */

static char *read_case(const char *name)
{
	const char *top = getenv("CASE_DIR");
	struct str_buf path = { 0 }, text = { 0 };
	char buf[4096];
	size_t len;
	FILE *f;

	str_buf_printf(&path, "%s/store/%s", top ? top : "tests/case", name);
	f = fopen(path.text, "r");
	if (!f)
		fail_msg("%s: not there", path.text);
	while ((len = fread(buf, 1, sizeof(buf), f)) > 0)
		str_buf_add_len(&text, buf, len);
	fclose(f);
	str_buf_fini(&path);
	return str_buf_take(&text);
}

static void do_sql(const char *dir, const char *file, const char *sql)
{
	_cleanup_(freep) char *path = store_unit_path(dir, file);
	sqlite3 *handle = NULL;

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

static void make_file(const char *dir, const char *file, const char *name)
{
	_cleanup_(freep) char *sql = read_case(name);

	do_sql(dir, file, sql);
}

struct seen {
	char alarms[512], values[512], delays[256], uplinks[256], modes[256], ladders[64], people[256];
};

static void add(char *to, size_t room, const char *text)
{
	size_t len = strlen(to);

	snprintf(to + len, room - len, "%s ", text);
}

static void see_alarm(void *context, const struct alarm *a)
{
	struct seen *seen = context;

	add(seen->alarms, sizeof(seen->alarms), a->id);
	add(seen->alarms, sizeof(seen->alarms), alarm_state_name(a->state));
	assert_string_equal(a->text_zh, "3栋1204 求助");
	assert_int_equal(a->reason.input_count, 2);
}

static void see_value(void *context, const char *point, const struct reading *r)
{
	_cleanup_str_buf_ struct str_buf value = { 0 };
	struct seen *seen = context;

	value_format(&r->value, &value);
	add(seen->values, sizeof(seen->values), point);
	add(seen->values, sizeof(seen->values), str_buf_text(&value));
}

static void see_delay(void *context, const struct evaluator_delay *d)
{
	add(((struct seen *)context)->delays, 256, d->id);
}

static void see_uplink(void *context, const char *instance)
{
	add(((struct seen *)context)->uplinks, 256, instance);
}

static void see_mode(void *context, const struct mode *m)
{
	add(((struct seen *)context)->modes, 256, m->subject);
}

static void check_state(const char *dir)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(dir);
	struct seen seen = { 0 };
	struct store_kept kept = { .context = &seen,
				   .alarm = see_alarm,
				   .value = see_value,
				   .delay = see_delay,
				   .uplink = see_uplink,
				   .mode = see_mode };

	assert_int_equal(store_restore(s, &kept), 0);
	assert_string_equal(seen.alarms, "sos/sos-1204 unacked tank-high/tank-1 acked ");
	assert_string_equal(seen.values, "fire-1.zone normal lift-1.door_open true sos-1204.pressed emergency "
					 "tank-1.level 21.5 ");
	assert_string_equal(seen.delays, "tank-low/tank-1 ");
	assert_string_equal(seen.uplinks, "cloud property ");
	assert_string_equal(seen.modes, "lift-1 ");
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).pending, 1);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, 2);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).pending, 2);
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 3), 0);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, 3);
}

static void a_state_of_version_3_is_upgraded_with_all_that_is_in_it(void **state)
{
	make_file(*state, "state.db", "state-3.sql");
	check_state(*state);
	assert_int_equal(store_unit_ask(*state, "state.db", "PRAGMA user_version"), (int)state_schema());
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition"), 4);
}

static void note_alarm(void *context, const struct alarm *a)
{
	struct seen *seen = context;

	add(seen->alarms, sizeof(seen->alarms), a->id);
	add(seen->alarms, sizeof(seen->alarms), alarm_state_name(a->state));
}

static void a_state_of_version_4_is_upgraded_with_all_that_is_in_it(void **state)
{
	struct seen seen = { 0 };
	struct store_kept kept = { .context = &seen, .alarm = note_alarm, .uplink = see_uplink, .mode = see_mode };
	struct store *s;

	make_file(*state, "state.db", "state-4.sql");
	s = store_unit_open(*state);
	assert_int_equal(store_restore(s, &kept), 0);
	assert_string_equal(seen.alarms, "lift-trapped/lift-1 acked brim/tank-1 shelved ");
	assert_string_equal(seen.modes, "lift-2 ");
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, 10);
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 11), 0);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, 11);
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "state.db", "PRAGMA user_version"), (int)state_schema());
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition WHERE crc IS NOT NULL"),
			 10);
	/* The chain goes on: what is recorded of the start itself (audit.head is not there) stands behind the fifteenth. */
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM audit WHERE n <= 15"), 15);
	assert_true(store_unit_ask(*state, "state.db", "SELECT max(n) FROM audit") > 15);
}

static void see_ladder(void *context, const struct ladder_run *r)
{
	add(((struct seen *)context)->ladders, 64, r->alarm);
}

/* Who lives there, when they were seen, who may log in, what was learned: all in one line. */
static void see_resident(void *context, const struct resident *r)
{
	struct seen *seen = context;

	add(seen->people, sizeof(seen->people), r->id);
	add(seen->people, sizeof(seen->people), r->needs ? "needs" : "none"); /* the second version said so */
	assert_string_equal(r->name, "住户十二");
	assert_null(r->cards);
	assert_int_equal(r->version, 2);
}

static void see_visit(void *context, const char *place, int64_t wall_us)
{
	add(((struct seen *)context)->people, 256, place);
	assert_int_equal(wall_us, 1795158000000000); /* 2026-11-20T15:00+08:00 */
}

static void see_account(void *context, const struct store_account *a)
{
	add(((struct seen *)context)->people, 256, a->id);
}

static void see_home(void *context, const struct store_kept_home *h)
{
	add(((struct seen *)context)->people, 256, h->place);
	assert_true(h->len > 1000);
}

/* Versions 8 to 11 only added tables to what was there, 12 columns to the register: each of 8 to 10 is what 11 left, without those that came after it. */
#define OF_11       "DROP TABLE home;"
#define OF_10_TO_11 "DROP TABLE account;" OF_11
#define OF_9_TO_11  "DROP TABLE resident; DROP TABLE erasing;" OF_10_TO_11

/* The same day at the same estate, as each of them left it. */
static void every_other_version_is_upgraded_with_all_that_is_in_it(void **state)
{
	static const struct {
		const char *file, *tank_2, *modes, *ladders, *people;
		int outbox;
		const char *undo;
	} versions[] = {
		{ "state-1.sql", "rtn_unacked", "", "", "", 5 },
		{ "state-2.sql", "rtn_unacked", "", "", "", 5 },
		{ "state-5.sql", "out_of_service", "sos-1 tank-2 sos-1 ", "", "", 6 },
		{ "state-6.sql", "out_of_service", "sos-1 tank-2 sos-1 ", "sos/sos-1 ", "", 6 },
		{ "state-7.sql", "out_of_service", "sos-1 tank-2 sos-1 ", "sos/sos-1 ", "", 6 },
		{ "state-11.sql", "out_of_service", "sos-1 tank-2 sos-1 ", "sos/sos-1 ", "b1/u1/102 ", 6,
		  OF_9_TO_11 "PRAGMA user_version = 8" },
		{ "state-11.sql", "out_of_service", "sos-1 tank-2 sos-1 ", "sos/sos-1 ", "r-12 needs b1/u1/102 ", 6,
		  OF_10_TO_11 "PRAGMA user_version = 9" },
		{ "state-11.sql", "out_of_service", "sos-1 tank-2 sos-1 ", "sos/sos-1 ",
		  "night-desk r-12 needs b1/u1/102 ", 6, OF_11 "PRAGMA user_version = 10" },
		{ "state-11.sql", "out_of_service", "sos-1 tank-2 sos-1 ", "sos/sos-1 ",
		  "night-desk r-12 needs b1/u1/102 b1/u1/102 ", 6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		_cleanup_(freep) char *path = store_unit_path(*state, "state.db"),
				      *head = store_unit_path(*state, "audit.head");
		struct seen seen = { 0 };
		struct store_kept kept = { .context = &seen,
					   .alarm = note_alarm,
					   .value = see_value,
					   .delay = see_delay,
					   .uplink = see_uplink,
					   .mode = see_mode,
					   .ladder = see_ladder,
					   .resident = see_resident,
					   .visited = see_visit,
					   .account = see_account,
					   .home = see_home };
		_cleanup_str_buf_ struct str_buf alarms = { 0 };
		struct store *s;

		unlink(path);
		unlink(head);
		make_file(*state, "state.db", versions[i].file);
		if (versions[i].undo)
			do_sql(*state, "state.db", versions[i].undo);
		s = store_unit_open(*state);
		assert_int_equal(store_restore(s, &kept), 0);
		str_buf_printf(&alarms, "sos/sos-1 latched brim/tank-1 unacked brim/tank-2 %s ", versions[i].tank_2);
		assert_string_equal(seen.alarms, alarms.text);
		assert_non_null(strstr(seen.values, "tank-1.level 99.5 tank-2.level 20 "));
		assert_non_null(strstr(seen.delays, "tank-high/tank-"));
		assert_string_equal(seen.uplinks, "cloud ");
		assert_string_equal(seen.modes, versions[i].modes);
		assert_string_equal(seen.ladders, versions[i].ladders);
		assert_string_equal(seen.people, versions[i].people);
		assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).pending, versions[i].outbox);
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 1), 0);
		assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, versions[i].outbox + 1);
		store_close(s);
		assert_int_equal(store_unit_ask(*state, "state.db", "PRAGMA user_version"), (int)state_schema());
	}
}

/* 20.0, 20.1 … 22.9, one a second from then on. */
static void check_level(const char *dir, int64_t from_ms)
{
	static const char *const points[] = { "tank-1.level", "fire-1.zone" };
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	struct history_span span = { .path = path, .points = points, .count = 2, .to_ms = INT64_MAX / 2 };
	_cleanup_(history_reader_closep) struct history_reader *r = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct history_reader_sample s;
	int levels = 0, zones = 0;

	assert_int_equal(history_reader_open(&span, &r, &why), 0);
	while (history_reader_next(r, &s) > 0) {
		if (s.point == 0) {
			assert_int_equal(s.ts_ms, from_ms + levels * INT64_C(1000));
			assert_true(s.value.number == 20 + levels * 0.1);
			levels++;
		} else {
			assert_string_equal(s.value.text, zones ? "fire" : "normal");
			assert_int_equal(s.test, zones == 1);
			zones++;
		}
	}
	assert_int_equal(levels, 30);
	assert_int_equal(zones, 3);
}

static void samples_of_version_1_can_be_read_and_go_when_they_are_old(void **state)
{
	int64_t from_ms = clock_wall_us() / MS - 2 * HISTORY_HOUR_MS;
	struct history_sums_ask ask = {
		.point = "tank-1.level", .from_ms = from_ms, .to_ms = from_ms + HISTORY_HOUR_MS, .every_ms = 60000
	};
	_cleanup_(freep) char *path = store_unit_path(*state, "history.db");
	_cleanup_(freep) struct history_sums_row *rows = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 }, later = { 0 };
	struct store *later_store;
	size_t count = 0;

	/* They were made long ago: a store of now would not keep them. */
	make_file(*state, "history.db", "history-1.sql");
	str_buf_printf(&later, "UPDATE sample SET ts = ts + %lld", (long long)(from_ms - 1763750000000));
	store_unit_run(*state, "history.db", later.text);
	store_close(store_unit_open(*state));
	assert_int_equal(store_unit_ask(*state, "history.db", "PRAGMA user_version"), 2);
	check_level(*state, from_ms);
	ask.path = path;
	assert_int_equal(history_sums_read(&ask, &rows, &count, &why), 0);
	assert_in_range(count, 1, 17); /* the last value holds for a quarter of an hour */
	assert_true(rows[0].sums.min == 20);
	store_unit_run(*state, "history.db", "UPDATE sample SET ts = ts - 6000000000");
	later_store = store_unit_open(*state);
	assert_int_equal(store_name_points(later_store, &(struct point_table){ 0 }), 0);
	assert_int_equal(store_submit_history(later_store, &(struct reading){ 0 }), 0); /* takes the names along */
	store_unit_commit(later_store, (struct store_commit){ 0 });
	store_close(later_store);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample"), 0);
}

static void a_newer_version_is_refused_with_what_to_do(void **state)
{
	static const char *const files[] = { "state.db", "history.db" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct store_setup setup = { .dir = *state, .estate = "demo" };
		_cleanup_str_buf_ struct str_buf set = { 0 };
		const char *text = NULL;
		struct store *s = NULL;
		int64_t version;

		store_close(store_unit_open(*state));
		version = store_unit_ask(*state, files[i], "PRAGMA user_version");
		store_unit_run(*state, files[i], "PRAGMA user_version = 99");
		assert_int_equal(store_open(&setup, &s, &text), -EPROTO);
		assert_non_null(strstr(text, "schema version 99, this estated knows up to"));
		assert_non_null(strstr(text, "install the newer estated again"));
		str_buf_printf(&set, "PRAGMA user_version = %d", (int)version);
		store_unit_run(*state, files[i], set.text);
	}
}

/* ---- a damaged file ---- */

static void spoil(const char *dir, const char *file, int64_t offset, size_t len)
{
	_cleanup_(freep) char *path = store_unit_path(dir, file), *zeros = mem_zalloc(len);
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, zeros, len, offset), len);
	close(fd);
}

static int64_t root_of(const char *dir, const char *file, const char *table)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };

	str_buf_printf(&sql, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
	return store_unit_ask(dir, file, sql.text);
}

static void what_is_whole_in_a_damaged_state_is_taken_over(void **state)
{
	/* Nothing of these tables is what check_state looks for. */
	static const char *const tables[] = { "transition", "clockmap" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
		_cleanup_(freep) char *head = store_unit_path(*state, "audit.head");

		unlink(path);
		unlink(head);
		make_file(*state, "state.db", "state-3.sql");
		store_close(store_unit_open(*state));
		spoil(*state, "state.db", (root_of(*state, "state.db", tables[i]) - 1) * 4096, 4096);
		check_state(*state);
	}
}

/* Its rows have fewer columns than those of now: their sums are made anew. */
static void the_register_of_a_damaged_state_of_an_earlier_version_is_taken_over(void **state)
{
	struct seen seen = { 0 };
	struct store_kept kept = { .context = &seen, .resident = see_resident };
	_cleanup_(store_closep) struct store *s = NULL;

	make_file(*state, "state.db", "state-11.sql");
	spoil(*state, "state.db", (root_of(*state, "state.db", "transition") - 1) * 4096, 4096);
	s = store_unit_open(*state);
	assert_int_equal(store_restore(s, &kept), 0);
	assert_string_equal(seen.people, "r-12 needs ");
}

static void a_header_that_was_zeroed_costs_nothing_else(void **state)
{
	static const size_t lengths[] = { 100,
					  4096 }; /* the header; the whole first page, with the names of the tables */

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct store *s;
		struct alarm_transition t;
		struct seen seen = { 0 };
		struct store_kept kept = { .context = &seen, .alarm = see_alarm };
		_cleanup_(freep) char *path = store_unit_path(*state, "state.db");

		unlink(path);
		s = store_unit_open(*state);
		store_unit_transition("sos", "sos-1204", ALARM_ACKED, &t);
		store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 });
		store_close(s);
		spoil(*state, "state.db", 0, lengths[i]);
		s = store_unit_open(*state);
		assert_int_equal(store_restore(s, &kept), 0);
		assert_string_equal(seen.alarms, "sos/sos-1204 acked ");
		store_close(s);
		alarm_transition_fini(&t);
	}
}

static void damaged_samples_are_left_out_and_the_others_taken_over(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "history.db");
	struct point points[] = { { .name = "tank-1.level" } };
	struct point_table table = { .points = points, .count = 1 };
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct history *h = NULL;
	struct store *s;

	s = store_unit_open(*state);
	assert_int_equal(store_name_points(s, &table), 0);
	for (int i = 0; i < 30; i++) {
		struct reading r = { .value = value_number(20 + i * 0.1),
				     .at = { .wall_us = (int64_t)(1763750000 + i) * S } };

		assert_int_equal(store_submit_history(s, &r), 0);
	}
	store_close(s);
	/* Found at work: then it is mended though it opens. The ring goes on, for the numbers of the points are kept. */
	spoil(*state, "history.db", (root_of(*state, "history.db", "day") - 1) * HISTORY_PAGE_BYTES, 200);
	assert_int_equal(history_mend_open(path, HISTORY_MEND_ANYWAY, &h, &what), 1);
	assert_non_null(strstr(what.text, "kept as history.db.damaged-"));
	history_close(h);
	store_close(store_unit_open(*state));
	{
		static const char *const names[] = { "tank-1.level" };
		struct history_span span = { .path = path, .points = names, .count = 1, .to_ms = INT64_MAX / 2 };
		_cleanup_(history_reader_closep) struct history_reader *r = NULL;
		struct history_reader_sample sample;
		int count = 0;

		assert_int_equal(history_reader_open(&span, &r, &what), 0);
		while (history_reader_next(r, &sample) > 0)
			count++;
		assert_int_equal(count, 30);
	}
}

/* Of version 1, as today's estated left it: its pages are smaller than those of a file that is made today. */
static void make_history_1(const char *dir, int64_t from_ms)
{
	_cleanup_str_buf_ struct str_buf later = { 0 };

	make_file(dir, "history.db", "history-1.sql");
	str_buf_printf(&later, "UPDATE sample SET ts = ts + %lld", (long long)(from_ms - 1763750000000));
	store_unit_run(dir, "history.db", later.text);
	store_close(store_unit_open(dir));
}

static void samples_of_version_1_outlast_a_damage(void **state)
{
	static const size_t lengths[] = { 0, 100 }; /* found at work; the header */
	int64_t from_ms = clock_wall_us() / MS - 2 * HISTORY_HOUR_MS;
	_cleanup_(freep) char *path = store_unit_path(*state, "history.db");

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		_cleanup_str_buf_ struct str_buf what = { 0 };
		struct history *h = NULL;

		unlink(path);
		make_history_1(*state, from_ms);
		if (lengths[i])
			spoil(*state, "history.db", 0, lengths[i]);
		assert_int_equal(
			history_mend_open(path, lengths[i] ? HISTORY_MEND_NEEDED : HISTORY_MEND_ANYWAY, &h, &what), 1);
		history_close(h);
		check_level(*state, from_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(a_state_of_version_3_is_upgraded_with_all_that_is_in_it),
		STORE_UNIT_CASE(a_state_of_version_4_is_upgraded_with_all_that_is_in_it),
		STORE_UNIT_CASE(every_other_version_is_upgraded_with_all_that_is_in_it),
		STORE_UNIT_CASE(samples_of_version_1_can_be_read_and_go_when_they_are_old),
		STORE_UNIT_CASE(samples_of_version_1_outlast_a_damage),
		STORE_UNIT_CASE(a_newer_version_is_refused_with_what_to_do),
		STORE_UNIT_CASE(what_is_whole_in_a_damaged_state_is_taken_over),
		STORE_UNIT_CASE(the_register_of_a_damaged_state_of_an_earlier_version_is_taken_over),
		STORE_UNIT_CASE(a_header_that_was_zeroed_costs_nothing_else),
		STORE_UNIT_CASE(damaged_samples_are_left_out_and_the_others_taken_over),
	};

	return UNIT_RUN(tests);
}
