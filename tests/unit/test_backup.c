/* store/backup.c, snapshot.c: copies beside a store that goes on; store/outbox.c: numbers that are never given. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/backup.h"
#include "store/history.h"
#include "store/snapshot.h"
#include "store/state.h"
#include "store_unit.h"

static void wait_until(struct backup *b, bool (*so)(struct backup *b))
{
	int64_t until_us = clock_mono_us() + STORE_UNIT_WAIT;

	while (!so(b)) {
		assert_true(clock_mono_us() < until_us);
		clock_poll(-1, 0, clock_mono_us() + 2 * MS);
	}
}

static bool has_ended(struct backup *b)
{
	struct backup_status s;

	backup_look(b, &s);
	return s.state != BACKUP_RUNNING;
}

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_(freep) char *path = store_unit_path(dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static bool is_there(const char *dir, const char *name)
{
	_cleanup_(freep) char *path = store_unit_path(dir, name);

	return access(path, F_OK) == 0;
}

static void copies_are_of_one_moment_while_the_store_goes_on(void **state)
{
	_cleanup_(freep) char *folder = store_unit_path(*state, "backup");
	struct store *s = store_unit_open(*state);
	struct backup_status status;
	struct backup *b;
	unsigned n = 0;
	int64_t rows;

	put(*state, "identity", "key");
	put(*state, "state.db.damaged-20260101T000000", "x");
	put(*state, "history.ring.damaged-20260101T000000",
	    "x"); /* where it could not be read no copy would ever end well */
	for (; n < 50; n++)
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_DATA, n), 0);
	assert_int_equal(backup_start(*state, &b), 0);
	do
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_DATA, n++), 0);
	while (!has_ended(b));
	backup_look(b, &status);
	assert_int_equal(status.state, BACKUP_READY);
	assert_string_equal(status.folder, folder);
	assert_int_equal(status.schemas[0], state_schema());
	assert_true(is_there(folder, "identity") && is_there(folder, "audit.head") && is_there(folder, "history.db"));
	assert_false(is_there(folder, "lock") || is_there(folder, "state.db.damaged-20260101T000000") ||
		     is_there(folder, "history.ring.damaged-20260101T000000") || is_there(folder, "state.db-wal"));
	/* The rows and the lane's number are of the same commit. */
	rows = store_unit_ask(folder, "state.db", "SELECT count(*) FROM outbox");
	assert_in_range(rows, 50, n);
	assert_int_equal(store_unit_ask(folder, "state.db", "SELECT last_seq FROM lane"), rows);
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_DATA, n), 0);
	backup_stop(b);
	wait_until(b, backup_is_gone);
	assert_false(is_there(*state, "backup"));
	backup_free(b);
	store_close(s);
}

static void only_its_owner_may_read_a_copy(void **state)
{
	_cleanup_(freep) char *folder = store_unit_path(*state, "backup"), *copy = store_unit_path(folder, "state.db");
	struct store *s = store_unit_open(*state);
	mode_t before = umask(0);
	struct backup *b;
	struct stat st;

	assert_int_equal(backup_start(*state, &b), 0);
	wait_until(b, has_ended);
	umask(before);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	backup_free(b);
	assert_false(is_there(*state, "backup"));
	store_close(s);
}

/* ---- a disk that has damaged what nobody reads ---- */

static void fill_history(const char *dir)
{
	store_close(store_unit_open(dir));
	store_unit_run(
		dir, "history.db",
		"INSERT INTO class VALUES (1, 'tank', 0);"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO chunk"
		" (class, hour, point, part, samples, first, last, count, held, body, crc) SELECT 1, i, 1, 0, 1, 0, 0, "
		"1, 0,"
		" zeroblob(500), row_crc(1, i, 1, 0, 1, 0, 0, NULL, 1, NULL, NULL, NULL, 0, zeroblob(500)) FROM n;");
}

/* The page in the middle of the file. */
static void spoil_middle(const char *dir, const char *name, long page)
{
	_cleanup_(freep) char *path = store_unit_path(dir, name);
	_cleanup_(freep) char *zeros = mem_zalloc((size_t)page);
	struct stat st;
	FILE *f = fopen(path, "r+b");

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_true(st.st_size > 8 * page);
	assert_int_equal(fseek(f, st.st_size / 2 / page * page, SEEK_SET), 0);
	assert_int_equal(fwrite(zeros, (size_t)page, 1, f), 1);
	fclose(f);
}

static void copy(const char *dir, struct backup **ret_backup, struct backup_status *ret_status)
{
	assert_int_equal(backup_start(dir, ret_backup), 0);
	wait_until(*ret_backup, has_ended);
	backup_look(*ret_backup, ret_status);
}

static void a_bad_page_of_the_history_costs_what_was_on_it_and_is_named(void **state)
{
	_cleanup_(freep) char *folder = store_unit_path(*state, "backup");
	struct backup_status status;
	struct backup *b;
	struct store *s;

	fill_history(*state);
	s = store_unit_open(*state);
	spoil_middle(*state, "history.db", HISTORY_PAGE_BYTES); /* now: a start would have mended it */
	copy(*state, &b, &status);
	assert_int_equal(status.state, BACKUP_READY);
	assert_non_null(strstr(status.damaged, "history.db is damaged"));
	assert_string_equal(status.text, "");
	assert_int_equal(status.schemas[1], history_migrations.count);
	assert_in_range(store_unit_ask(folder, "history.db", "SELECT count(*) FROM chunk"), 1500, 1999);
	assert_int_equal(store_unit_ask(folder, "history.db",
					"SELECT count(*) FROM pragma_integrity_check WHERE"
					" integrity_check != 'ok'"),
			 0);
	assert_false(is_there(folder, "history.db-wal"));
	/* The original is at work, and as it was. */
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_DATA, 1), 0);
	assert_false(is_there(*state, "history.db.damaged"));
	backup_free(b);
	store_close(s);
}

static void a_bad_page_of_the_state_does_so_too_and_no_open_alarm_is_missing(void **state)
{
	_cleanup_(freep) char *folder = store_unit_path(*state, "backup");
	struct store *s = store_unit_open(*state);
	struct backup_status status;
	struct backup *b;

	store_unit_raise(s, 200);
	store_close(s);
	s = store_unit_open(*state);
	spoil_middle(*state, "state.db", 4096);
	copy(*state, &b, &status);
	assert_int_equal(status.state, BACKUP_READY);
	assert_non_null(strstr(status.damaged, "state.db is damaged"));
	assert_int_equal(store_unit_ask(folder, "state.db", "SELECT count(*) FROM alarm"), 200);
	backup_free(b);
	store_close(s);
}

static void what_is_whole_is_not_said_to_be_damaged(void **state)
{
	struct store *s = store_unit_open(*state);
	struct backup_status status;
	struct backup *b;

	copy(*state, &b, &status);
	assert_int_equal(status.state, BACKUP_READY);
	assert_string_equal(status.damaged, "");
	backup_free(b);
	store_close(s);
}

static int end_it(void *context, int64_t bytes)
{
	int64_t *seen = context;

	*seen = bytes;
	return bytes > 4 << 20 ? -ECANCELED : 0;
}

static void a_snapshot_that_is_ended_leaves_no_copy(void **state)
{
	_cleanup_(freep) char *from = store_unit_path(*state, "large.db"), *to = store_unit_path(*state, "copy.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int64_t seen = 0;
	struct snapshot_job job = { .from = from, .to = to, .context = &seen, .watch = end_it };
	int version;

	store_unit_run(
		*state, "large.db",
		"PRAGMA journal_mode=WAL; CREATE TABLE t (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		"FROM n WHERE i < 16000) INSERT INTO t SELECT randomblob(1000) FROM n");
	assert_int_equal(snapshot_make(&job, &version, &why), -ECANCELED);
	assert_false(is_there(*state, "copy.db"));
	assert_in_range(seen, 4 << 20, 12 << 20); /* it was watched all along, and ended where it was told to */
	job.from = to;
	assert_int_equal(snapshot_make(&job, &version, &why), -ENOENT);
}

static void what_a_killed_daemon_left_is_swept(void **state)
{
	_cleanup_(freep) char *folder = store_unit_path(*state, "backup");

	assert_int_equal(mkdir(folder, 0700), 0);
	put(folder, "state.db", "half of it");
	backup_sweep(*state);
	assert_false(is_there(*state, "backup"));
	assert_true(backup_is_kept("identity") && backup_is_kept("state.db") && backup_is_kept("history.ring"));
	assert_false(backup_is_kept("ballast") || backup_is_kept("before-restore-20260101T000000"));
}

/* ---- numbers ---- */

static struct state *open_state(const char *dir)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "state.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct state_setup setup = { .path = path, .estate = "demo" };
	struct state *s = NULL;

	assert_int_equal(state_open(&setup, &s, &what), 0);
	return s;
}

/* The last number that a lane has given becomes `to`, of every lane that there is and that there will be. */
static void skip_to(const char *dir, uint64_t to)
{
	_cleanup_(state_closep) struct state *s = open_state(dir);
	struct outbox_skip skip = { .to = to, .reason = "a \"reason\"", .at = clock_now() };

	assert_int_equal(state_begin(s), 0);
	assert_int_equal(outbox_set_floor(&s->outbox, to), 0);
	for (size_t i = 0; i < s->outbox.lane_count; i++)
		assert_int_equal(outbox_skip(&s->outbox, &s->outbox.lanes[i], &skip), 0);
	assert_int_equal(state_commit(s), 0);
}

static json_int_t number(const struct store_done *batch, size_t i, const char *name)
{
	json_t *json = json_loads(batch->messages[i], JSON_REJECT_DUPLICATES, NULL);
	json_int_t n = json_integer_value(json_object_get(json, name));

	json_decref(json);
	return n;
}

static void skipped_numbers_are_a_gap_in_order_and_stay_skipped(void **state)
{
	struct store_fetch f = { .uplink = "cloud", .lane = ENVELOPE_ALARM, .max_messages = 10, .max_bytes = 1 << 20 };
	struct store *s = store_unit_open(*state);
	const uint64_t to = 1795361841177617;
	struct store_done batch;

	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 1), 0);
	store_close(s);
	skip_to(*state, to);
	skip_to(*state, to); /* nothing more is to be skipped */
	s = store_unit_open(*state);
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 2), 0);
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 3);
	assert_int_equal(number(&batch, 0, "seq"), 1);
	assert_int_equal(number(&batch, 1, "seq"), to);
	assert_int_equal(number(&batch, 1, "from"), 2);
	assert_int_equal(number(&batch, 1, "to"), to);
	assert_int_equal(number(&batch, 2, "seq"), to + 1);
	store_done_fini(&batch);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).pending, 3);
	/* A receiver that knows more than the backup did says so: what it has is delivered, the gap is not. */
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_ALARM, 500), 0);
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 3), 0);
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 3);
	assert_int_equal(number(&batch, 0, "seq"), to);
	store_done_fini(&batch);
	store_close(s);
}

static void a_lane_that_is_made_later_begins_behind_the_floor(void **state)
{
	struct store_fetch f = { .uplink = "late", .lane = ENVELOPE_DATA, .max_messages = 10, .max_bytes = 1 << 20 };
	struct store_done batch;
	struct store *s;

	skip_to(*state, 1000);
	s = store_unit_open(*state);
	assert_int_equal(store_unit_message(s, "late", ENVELOPE_DATA, 1), 0);
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 2);
	assert_int_equal(number(&batch, 0, "from"), 1);
	assert_int_equal(number(&batch, 0, "to"), 1000);
	assert_int_equal(number(&batch, 1, "seq"), 1001);
	store_done_fini(&batch);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(a_bad_page_of_the_history_costs_what_was_on_it_and_is_named),
		STORE_UNIT_CASE(a_bad_page_of_the_state_does_so_too_and_no_open_alarm_is_missing),
		STORE_UNIT_CASE(what_is_whole_is_not_said_to_be_damaged),
		STORE_UNIT_CASE(copies_are_of_one_moment_while_the_store_goes_on),
		STORE_UNIT_CASE(only_its_owner_may_read_a_copy),
		STORE_UNIT_CASE(a_snapshot_that_is_ended_leaves_no_copy),
		STORE_UNIT_CASE(what_a_killed_daemon_left_is_swept),
		STORE_UNIT_CASE(skipped_numbers_are_a_gap_in_order_and_stay_skipped),
		STORE_UNIT_CASE(a_lane_that_is_made_later_begins_behind_the_floor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
