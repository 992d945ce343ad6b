/* The committer alone, in one thread and in virtual time, on a disk that fails on command: a layer over SQLite's own file
 * layer makes writes and fsyncs of state.db fail. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/committer.h"
#include "store_unit.h"

/* ---- a disk that fails ---- */

static struct {
	sqlite3_vfs *real;
	unsigned syncs_fail; /* so many fsyncs to come */
	bool full;           /* no write gets through */
	unsigned opens_fail;
	bool corrupt; /* what is read of state.db is not what was written */
	uint64_t syncs;
} disk;

struct disk_file {
	sqlite3_file base;
	sqlite3_file *real;
	bool ours; /* state.db or its WAL */
};

static struct disk_file *disk_of(sqlite3_file *f)
{
	return (struct disk_file *)f;
}

static int disk_close(sqlite3_file *f)
{
	return disk_of(f)->real->pMethods->xClose(disk_of(f)->real);
}

static int disk_read(sqlite3_file *f, void *to, int len, sqlite3_int64 at)
{
	int rc = disk_of(f)->real->pMethods->xRead(disk_of(f)->real, to, len, at);

	if (disk_of(f)->ours && disk.corrupt && len >= 4096)
		memset(to, 0xa5, (size_t)len);
	return rc;
}

static int disk_write(sqlite3_file *f, const void *from, int len, sqlite3_int64 at)
{
	if (disk_of(f)->ours && disk.full)
		return SQLITE_FULL;
	return disk_of(f)->real->pMethods->xWrite(disk_of(f)->real, from, len, at);
}

static int disk_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return disk_of(f)->real->pMethods->xTruncate(disk_of(f)->real, size);
}

static int disk_sync(sqlite3_file *f, int flags)
{
	disk.syncs++;
	if (disk_of(f)->ours && disk.syncs_fail) {
		disk.syncs_fail--;
		return SQLITE_IOERR_FSYNC;
	}
	return disk_of(f)->real->pMethods->xSync(disk_of(f)->real, flags);
}

static int disk_size(sqlite3_file *f, sqlite3_int64 *ret_size)
{
	return disk_of(f)->real->pMethods->xFileSize(disk_of(f)->real, ret_size);
}

static int disk_lock(sqlite3_file *f, int how)
{
	return disk_of(f)->real->pMethods->xLock(disk_of(f)->real, how);
}

static int disk_unlock(sqlite3_file *f, int how)
{
	return disk_of(f)->real->pMethods->xUnlock(disk_of(f)->real, how);
}

static int disk_reserved(sqlite3_file *f, int *ret)
{
	return disk_of(f)->real->pMethods->xCheckReservedLock(disk_of(f)->real, ret);
}

static int disk_control(sqlite3_file *f, int op, void *arg)
{
	return disk_of(f)->real->pMethods->xFileControl(disk_of(f)->real, op, arg);
}

static int disk_sector(sqlite3_file *f)
{
	return disk_of(f)->real->pMethods->xSectorSize(disk_of(f)->real);
}

static int disk_character(sqlite3_file *f)
{
	return disk_of(f)->real->pMethods->xDeviceCharacteristics(disk_of(f)->real);
}

static int disk_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return disk_of(f)->real->pMethods->xShmMap(disk_of(f)->real, page, size, extend, ret);
}

static int disk_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return disk_of(f)->real->pMethods->xShmLock(disk_of(f)->real, offset, n, flags);
}

static void disk_shm_barrier(sqlite3_file *f)
{
	disk_of(f)->real->pMethods->xShmBarrier(disk_of(f)->real);
}

static int disk_shm_unmap(sqlite3_file *f, int remove)
{
	return disk_of(f)->real->pMethods->xShmUnmap(disk_of(f)->real, remove);
}

static const sqlite3_io_methods disk_methods = {
	.iVersion = 2,
	.xClose = disk_close,
	.xRead = disk_read,
	.xWrite = disk_write,
	.xTruncate = disk_truncate,
	.xSync = disk_sync,
	.xFileSize = disk_size,
	.xLock = disk_lock,
	.xUnlock = disk_unlock,
	.xCheckReservedLock = disk_reserved,
	.xFileControl = disk_control,
	.xSectorSize = disk_sector,
	.xDeviceCharacteristics = disk_character,
	.xShmMap = disk_shm_map,
	.xShmLock = disk_shm_lock,
	.xShmBarrier = disk_shm_barrier,
	.xShmUnmap = disk_shm_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct disk_file *file = disk_of(f);
	int rc;

	(void)vfs;
	file->real = (sqlite3_file *)(file + 1);
	file->ours = name && strstr(name, "state.db");
	file->base.pMethods = NULL;
	if (file->ours && disk.opens_fail) {
		disk.opens_fail--;
		return SQLITE_CANTOPEN;
	}
	rc = disk.real->xOpen(disk.real, name, file->real, flags, ret_flags);
	if (rc == SQLITE_OK)
		file->base.pMethods = &disk_methods;
	return rc;
}

static void disk_install(void)
{
	static sqlite3_vfs vfs;

	disk.real = sqlite3_vfs_find(NULL);
	vfs = *disk.real;
	vfs.zName = "failing";
	vfs.szOsFile = (int)sizeof(struct disk_file) + disk.real->szOsFile;
	vfs.xOpen = disk_open;
	sqlite3_vfs_register(&vfs, 1);
}

/* ---- a committer on it ---- */

struct bench {
	char *path;
	struct queue *done;
	struct store_counters counters;
	struct committer *committer;
	int64_t now_us;
};

static void bench_open(struct bench *b, const char *dir)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct committer_setup setup;

	disk.syncs_fail = disk.opens_fail = 0;
	disk.full = disk.corrupt = false;
	*b = (struct bench){ .path = store_unit_path(dir, "state.db"), .now_us = HOUR };
	b->done = queue_new(sizeof(struct store_op *), 4096);
	setup = (struct committer_setup){
		.path = b->path, .estate = "demo", .done = b->done, .counters = &b->counters
	};
	assert_int_equal(state_open(&(struct state_setup){ .path = b->path, .estate = "demo" }, &setup.state, &what),
			 0);
	b->committer = committer_new(&setup);
}

static void bench_close(struct bench *b)
{
	struct store_op *op;

	committer_free(b->committer);
	while (queue_pop(b->done, &op))
		store_op_free(op);
	queue_free(b->done);
	free(b->path);
}

/* An alarm and its message. */
static void give(struct bench *b, uint64_t token)
{
	struct store_message m = {
		.uplink = "cloud", .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "{}", .time_us = 1
	};
	struct alarm_transition t;
	struct store_commit c = {
		.transitions = &t, .transition_count = 1, .messages = &m, .message_count = 1, .token = token
	};
	struct store_op *op;

	store_unit_transition("sos", "sos-1", ALARM_UNACKED, &t);
	assert_int_equal(store_op_new_commit(&c, &op), 0);
	committer_accept(b->committer, op);
	alarm_transition_fini(&t);
}

static void work(struct bench *b, int64_t later_us)
{
	b->now_us += later_us;
	committer_work(b->committer, b->now_us);
}

/* The next answer must be of that kind, error and (of commits) token. */
static void expect(struct bench *b, enum store_op_kind kind, int error, uint64_t token)
{
	struct store_op *op;

	assert_true(queue_pop(b->done, &op));
	assert_int_equal(op->kind, kind);
	assert_int_equal(op->error, error);
	assert_int_equal(op->token, token);
	if (kind == STORE_OP_FAULT)
		b->counters.faults_out--;
	store_op_free(op);
}

static void expect_nothing(struct bench *b)
{
	assert_int_equal(queue_len(b->done), 0);
}

static void a_commit_is_answered_after_its_fsync(void **state)
{
	struct bench b;
	uint64_t syncs;

	bench_open(&b, *state);
	syncs = disk.syncs;
	give(&b, 1);
	give(&b, 2);
	expect_nothing(&b);
	work(&b, 0);
	assert_true(disk.syncs > syncs);
	assert_true(b.counters.commits == 1); /* both in one */
	expect(&b, STORE_OP_COMMIT, 0, 1);
	expect(&b, STORE_OP_COMMIT, 0, 2);
	bench_close(&b);
}

/* Commits token 1, then 2 and 3 in a transaction whose fsync fails. */
static void fail_a_commit(struct bench *b, unsigned syncs_fail)
{
	give(b, 1);
	work(b, 0);
	expect(b, STORE_OP_COMMIT, 0, 1);
	give(b, 2);
	give(b, 3);
	disk.syncs_fail = syncs_fail;
	work(b, 0);
	expect(b, STORE_OP_FAULT, -EIO, 0);
	expect_nothing(b); /* nothing is called done that is not */
	work(b, 0);
	expect(b, STORE_OP_COMMIT, 0, 2);
	expect(b, STORE_OP_COMMIT, 0, 3);
	work(b, 0);
	expect(b, STORE_OP_FAULT, 0, 0);
	expect_nothing(b);
}

static void assert_three(const char *dir)
{
	assert_int_equal(store_unit_ask(dir, "state.db", "SELECT count(*) FROM transition"), 3);
	assert_int_equal(store_unit_ask(dir, "state.db", "SELECT count(*) FROM outbox"), 3);
	assert_int_equal(store_unit_ask(dir, "state.db", "SELECT max(seq) FROM outbox"), 3);
	assert_int_equal(store_unit_ask(dir, "state.db", "SELECT last_seq FROM lane"), 3);
}

static void after_a_failed_fsync_the_file_is_opened_again_and_the_work_done_again(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	fail_a_commit(&b, 1);
	assert_true(b.counters.commits == 2);
	bench_close(&b);
	assert_three(*state);
}

static void what_a_failed_commit_left_in_the_wal_is_not_done_twice(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	/* The second failure is that of the closing: the frames stay in the WAL and are found when it is opened. */
	fail_a_commit(&b, 2);
	assert_true(b.counters.commits == 1);
	bench_close(&b);
	assert_three(*state);
}

static void after_two_openings_it_runs_on_in_memory_and_tries_once_a_minute(void **state)
{
	struct bench b;
	uint64_t failures;

	bench_open(&b, *state);
	disk.syncs_fail = UINT32_MAX;
	give(&b, 1);
	for (int i = 0; i < 20; i++)
		work(&b, 2 * S);
	expect(&b, STORE_OP_FAULT, -EIO, 0);
	expect_nothing(&b);
	failures = b.counters.failures;
	for (int i = 0; i < 50; i++)
		work(&b, S);
	assert_in_range(b.counters.failures, failures, failures + 2);
	disk.syncs_fail = 0;
	give(&b, 2);
	work(&b, MINUTE);
	expect(&b, STORE_OP_COMMIT, 0, 1);
	expect(&b, STORE_OP_COMMIT, 0, 2);
	work(&b, 0);
	expect(&b, STORE_OP_FAULT, 0, 0);
	expect_nothing(&b);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition"), 2);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT max(seq) FROM outbox"), 2);
}

static void in_memory_only_so_many_are_kept_and_newer_ones_answered_with_the_error(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	disk.syncs_fail = UINT32_MAX;
	give(&b, 1);
	work(&b, 0);
	expect(&b, STORE_OP_FAULT, -EIO, 0);
	for (uint64_t i = 2; i <= COMMITTER_KEPT_MAX; i++)
		give(&b, i);
	expect_nothing(&b);
	give(&b, 5000);
	expect(&b, STORE_OP_COMMIT, -EIO, 5000);
	disk.syncs_fail = 0;
	for (int i = 0; i < 8; i++)
		work(&b, MINUTE);
	for (uint64_t i = 1; i <= COMMITTER_KEPT_MAX; i++) {
		if (i == 258) /* the first one had reached the file all the same; then comes a whole group */
			expect(&b, STORE_OP_FAULT, 0, 0);
		expect(&b, STORE_OP_COMMIT, 0, i);
	}
	expect_nothing(&b);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT last_seq FROM lane"), COMMITTER_KEPT_MAX);
}

static void a_full_disk_is_waited_for_without_closing_the_file(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	disk.full = true;
	disk.opens_fail = 0;
	give(&b, 1);
	work(&b, 0);
	expect(&b, STORE_OP_FAULT, -ENOSPC, 0);
	disk.opens_fail = UINT32_MAX; /* would be seen */
	for (int i = 0; i < 100; i++)
		work(&b, S);
	expect_nothing(&b);
	disk.full = false;
	work(&b, S);
	expect(&b, STORE_OP_COMMIT, 0, 1);
	expect(&b, STORE_OP_FAULT, 0, 0);
	disk.opens_fail = 0;
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition"), 1);
}

static void a_disk_that_comes_back_is_noticed_though_nothing_waits(void **state)
{
	struct bench b;
	struct store_op *op;

	bench_open(&b, *state);
	give(&b, 1);
	work(&b, 0);
	expect(&b, STORE_OP_COMMIT, 0, 1);
	disk.syncs_fail = 1;
	assert_int_equal(store_op_new_lane(STORE_OP_DELIVERED, "cloud", ENVELOPE_ALARM, &op), 0);
	op->seq = 1;
	committer_accept(b.committer, op);
	work(&b, 0);
	expect(&b, STORE_OP_FAULT, -EIO, 0);
	work(&b, 0);
	work(&b, 0);
	expect(&b, STORE_OP_DELIVERED, 0, 0);
	expect(&b, STORE_OP_FAULT, 0, 0);
	bench_close(&b);
}

static void a_fetch_while_the_file_is_closed_is_answered_with_the_error(void **state)
{
	struct bench b;
	struct store_op *op;

	bench_open(&b, *state);
	give(&b, 1);
	disk.syncs_fail = UINT32_MAX;
	work(&b, 0);
	expect(&b, STORE_OP_FAULT, -EIO, 0);
	assert_int_equal(store_op_new_lane(STORE_OP_FETCH, "cloud", ENVELOPE_ALARM, &op), 0);
	op->max_messages = 10;
	op->max_bytes = 1000;
	committer_accept(b.committer, op);
	work(&b, 0);
	expect(&b, STORE_OP_FETCH, -EIO, 0);
	disk.syncs_fail = 0;
	bench_close(&b);
}

static void a_fault_that_comes_and_goes_never_floods_the_answers(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	for (uint64_t i = 1; i <= 50; i++) {
		disk.full = true;
		give(&b, i);
		work(&b, S);
		disk.full = false;
		work(&b, 2 * S);
	}
	assert_true(b.counters.faults_out <= COMMITTER_FAULTS_MAX);
	assert_int_equal(queue_len(b.done), 50 + b.counters.faults_out);
	bench_close(&b);
}

/* ---- a file that is damaged where its check does not look ---- */

/* The index of the transitions tells of one that is not there. */
static void make_index_lie(const char *dir)
{
	store_unit_run(dir, "state.db",
		       "CREATE TABLE was AS SELECT * FROM sqlite_schema WHERE name = 'transition_alarm';"
		       "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'transition_alarm'");
	store_unit_run(dir, "state.db",
		       "DELETE FROM transition WHERE id = 1; PRAGMA writable_schema = ON;"
		       "INSERT INTO sqlite_schema SELECT * FROM was; PRAGMA writable_schema = OFF; DROP TABLE was");
	assert_int_equal(
		store_unit_ask(dir, "state.db", "SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'"), 1);
}

static void ask_story(struct bench *b)
{
	committer_accept(b->committer, store_op_new_story("sos/sos-1", 10, 7));
	work(b, S);
}

/* The story is asked for, and cannot be told. */
static void expect_damage(struct bench *b, int edge)
{
	ask_story(b);
	if (edge < 0)
		expect(b, STORE_OP_FAULT, edge, 0);
	expect(b, STORE_OP_STORY, -EUCLEAN, 7);
}

static void open_damaged(struct bench *b, const char *dir)
{
	bench_open(b, dir);
	give(b, 1);
	give(b, 2);
	work(b, 0);
	bench_close(b);
	make_index_lie(dir);
	bench_open(b, dir);
}

static void a_file_that_is_found_damaged_twice_gives_way_to_a_new_one(void **state)
{
	struct bench b;

	open_damaged(&b, *state);
	expect_damage(&b, -EUCLEAN);
	work(&b, S); /* opened again: its pages hang together */
	expect(&b, STORE_OP_FAULT, 0, 0);
	assert_int_equal(b.counters.set_aside, 0);
	expect_damage(&b, -EUCLEAN);
	work(&b, S);
	expect(&b, STORE_OP_FAULT, 0, 0);
	assert_int_equal(b.counters.set_aside, 1);
	ask_story(&b);
	expect(&b, STORE_OP_STORY, 0, 7);
	give(&b, 3);
	work(&b, 0);
	expect(&b, STORE_OP_COMMIT, 0, 3);
	expect_nothing(&b);
	bench_close(&b);
	/* What was whole is there, and what is new has a number that nobody had. */
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition"), 2);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT last_seq FROM lane"), 3);
}

static void a_disk_that_damages_every_file_does_not_fill_itself_with_them(void **state)
{
	struct bench b;

	open_damaged(&b, *state);
	for (int i = 0; i < 100; i++) {
		struct store_op *op;

		/* Whatever is there is damaged again. */
		disk.corrupt = true;
		ask_story(&b);
		work(&b, MINUTE / 4);
		disk.corrupt = false;
		work(&b, MINUTE / 4);
		while (queue_pop(b.done, &op)) {
			b.counters.faults_out -= op->kind == STORE_OP_FAULT;
			store_op_free(op);
		}
	}
	assert_in_range(b.counters.set_aside, 1, 2);
	bench_close(&b);
}

static void a_disk_on_which_no_renewal_works_is_not_asked_for_one_over_and_over(void **state)
{
	struct store_op *op;
	struct bench b;

	open_damaged(&b, *state);
	disk.corrupt = true;
	ask_story(&b);
	for (int i = 0; i < 20; i++)
		work(&b, MINUTE / 2);
	disk.corrupt = false;
	for (int i = 0; i < 10; i++)
		work(&b, MINUTE / 2);
	/* By then it was not to be renewed any more: it is read as it stands. */
	assert_int_equal(b.counters.set_aside, 0);
	give(&b, 3);
	work(&b, 0);
	while (queue_pop(b.done, &op)) {
		b.counters.faults_out -= op->kind == STORE_OP_FAULT;
		store_op_free(op);
	}
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT last_seq FROM lane"), 3);
}

static void what_could_not_be_opened_at_the_start_is_when_the_disk_works(void **state)
{
	struct committer_setup setup;
	struct bench b;

	bench_open(&b, *state);
	give(&b, 1);
	work(&b, 0);
	expect(&b, STORE_OP_COMMIT, 0, 1);
	committer_free(b.committer);
	setup = (struct committer_setup){ .path = b.path,
					  .estate = "demo",
					  .done = b.done,
					  .counters = &b.counters,
					  .error = -EROFS,
					  .why = "read-only" };
	disk.opens_fail = UINT32_MAX;
	b.committer = committer_new(&setup);
	expect(&b, STORE_OP_FAULT, -EROFS, 0);
	give(&b, 2);
	for (int i = 0; i < 10; i++)
		work(&b, S);
	expect_nothing(&b);
	disk.opens_fail = 0;
	work(&b, MINUTE);
	expect(&b, STORE_OP_COMMIT, 0, 2);
	expect(&b, STORE_OP_FAULT, 0, 0);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT last_seq FROM lane"), 2);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition"), 2);
}

static void what_still_waits_at_the_end_is_answered_as_not_done(void **state)
{
	struct bench b;
	struct store_op *op;

	bench_open(&b, *state);
	disk.syncs_fail = UINT32_MAX;
	give(&b, 1);
	work(&b, 0);
	expect(&b, STORE_OP_FAULT, -EIO, 0);
	committer_free(steal(&b.committer));
	assert_true(queue_pop(b.done, &op));
	assert_int_equal(op->error, -ECANCELED);
	store_op_free(op);
	disk.syncs_fail = 0;
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(a_commit_is_answered_after_its_fsync),
		STORE_UNIT_CASE(after_a_failed_fsync_the_file_is_opened_again_and_the_work_done_again),
		STORE_UNIT_CASE(what_a_failed_commit_left_in_the_wal_is_not_done_twice),
		STORE_UNIT_CASE(after_two_openings_it_runs_on_in_memory_and_tries_once_a_minute),
		STORE_UNIT_CASE(in_memory_only_so_many_are_kept_and_newer_ones_answered_with_the_error),
		STORE_UNIT_CASE(a_full_disk_is_waited_for_without_closing_the_file),
		STORE_UNIT_CASE(a_disk_that_comes_back_is_noticed_though_nothing_waits),
		STORE_UNIT_CASE(a_fetch_while_the_file_is_closed_is_answered_with_the_error),
		STORE_UNIT_CASE(a_fault_that_comes_and_goes_never_floods_the_answers),
		STORE_UNIT_CASE(a_file_that_is_found_damaged_twice_gives_way_to_a_new_one),
		STORE_UNIT_CASE(a_disk_that_damages_every_file_does_not_fill_itself_with_them),
		STORE_UNIT_CASE(a_disk_on_which_no_renewal_works_is_not_asked_for_one_over_and_over),
		STORE_UNIT_CASE(what_could_not_be_opened_at_the_start_is_when_the_disk_works),
		STORE_UNIT_CASE(what_still_waits_at_the_end_is_answered_as_not_done),
	};

	disk_install();
	return UNIT_RUN(tests);
}
