/* The recorder on a disk that fails where the ring stands: this program's own pread and pwrite give the error. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "bench.h"
#include "store/history_reader.h"
#include "store/ring.h"

#define START ((int64_t)1795287600 * S) /* an hour begins */
#define NONE  UINT64_MAX

/* ---- a disk that fails ---- */

static struct {
	ino_t file;                    /* of the ring; 0: all is well */
	uint64_t reads_from, reads_to; /* the bytes of it that cannot be read */
	bool writes;
	int error; /* 0: EIO */
} disk;

static bool is_ring(int fd)
{
	struct stat st;

	return disk.file && fstat(fd, &st) == 0 && st.st_ino == disk.file;
}

ssize_t pread(int fd, void *to, size_t len, off_t at)
{
	if (is_ring(fd) && (uint64_t)at + len > disk.reads_from && (uint64_t)at < disk.reads_to) {
		errno = disk.error ? disk.error : EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, to, len, at);
}

ssize_t pwrite(int fd, const void *from, size_t len, off_t at)
{
	if (is_ring(fd) && disk.writes) {
		errno = disk.error ? disk.error : EIO;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, from, len, at);
}

static void disk_fails(const char *dir, uint64_t reads_from, uint64_t reads_to)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "history.ring");
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	disk.file = st.st_ino;
	disk.reads_from = reads_from;
	disk.reads_to = reads_to;
	disk.writes = false;
	disk.error = 0;
}

/* ---- a recorder on it ---- */

static void open_bench(struct bench *b, const char *dir, struct clock_now now)
{
	struct recorder_item item = { .names = MEM_NEW(struct history_names) };

	bench_prepare(b, dir, now);
	b->recorder = recorder_new(
		&(struct recorder_setup){ .path = b->path, .samples = b->samples, .counters = &b->counters });
	item.names->names = mem_array(1, sizeof(char *));
	item.names->names[0] = item.names->text = mem_strdup("tank-1.level");
	item.names->count = 1;
	bench_push(b, &item);
}

static void work(struct bench *b, int64_t later_us)
{
	bench_pass(b, later_us);
	for (int i = 0; i < 1000; i++) {
		recorder_work(b->recorder, b->now);
		if (recorder_due(b->recorder) != 0)
			return;
	}
	fail_msg("the recorder finds no rest");
}

/* A sample every second. */
static void fill(struct bench *b, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		bench_push(b, &(struct recorder_item){
				      .sample = { .ts_ms = b->now.wall_us / MS, .type = VALUE_NUMBER, .number = i } });
		work(b, S);
	}
}

/* How many samples a reader finds. */
static int count_samples(const char *dir)
{
	static const char *const names[] = { "tank-1.level" };
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	struct history_span span = { .path = path, .points = names, .count = 1, .to_ms = INT64_MAX / 2 };
	_cleanup_(history_reader_closep) struct history_reader *r = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct history_reader_sample s;
	int count = 0, rc;

	assert_int_equal(history_reader_open(&span, &r, &why), 0);
	while ((rc = history_reader_next(r, &s)) > 0)
		count++;
	assert_int_equal(rc, 0);
	return count;
}

static void a_block_that_cannot_be_read_costs_its_minute_and_no_other(void **state)
{
	struct bench b;

	open_bench(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 600);
	bench_kill(&b);
	assert_in_range(count_samples(*state), 540, 600);
	disk_fails(*state, 3 * RING_BLOCK, 4 * RING_BLOCK);
	assert_in_range(count_samples(*state), 480, 540);
	open_bench(&b, *state, (struct clock_now){ HOUR, START + 600 * S });
	fill(&b, 120);
	assert_int_equal(b.counters.history_dropped, 0);
	work(&b, HOUR);
	bench_close(&b);
	assert_in_range(store_unit_ask(*state, "history.db", "SELECT sum(samples) FROM chunk"), 600, 665);
	assert_in_range(count_samples(*state), 600, 665);
}

static void a_block_that_goes_bad_at_work_does_not_hold_up_the_hour(void **state)
{
	struct bench b;

	open_bench(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 600);
	disk_fails(*state, 3 * RING_BLOCK, 4 * RING_BLOCK);
	work(&b, HOUR);
	work(&b, S);
	assert_int_equal(b.counters.history_dropped, 0);
	assert_false(b.counters.history_faulty);
	bench_close(&b);
	assert_in_range(store_unit_ask(*state, "history.db", "SELECT sum(samples) FROM chunk"), 530, 560);
}

static void a_ring_that_cannot_be_read_at_all_gives_way_to_a_new_one(void **state)
{
	struct bench b;

	open_bench(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 120);
	bench_kill(&b);
	disk_fails(*state, 0, NONE);
	open_bench(&b, *state, (struct clock_now){ HOUR, START + 120 * S });
	fill(&b, 120);
	assert_int_equal(b.counters.history_dropped, 0);
	assert_int_equal(b.counters.set_aside, 1);
	bench_close(&b);
	assert_in_range(count_samples(*state), 120, 130);
}

static void a_ring_that_takes_nothing_any_more_gives_way_to_a_new_one(void **state)
{
	struct bench b;

	open_bench(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 120);
	disk_fails(*state, 0, 0);
	disk.writes = true;
	fill(&b, 300); /* two records are not taken, and each time the files are closed for a minute */
	assert_true(b.counters.history_dropped > 0);
	assert_int_equal(b.counters.set_aside, 1);
	assert_false(b.counters.history_faulty);
	fill(&b, 120);
	bench_close(&b);
	assert_true(count_samples(*state) >= 120);
}

static bool has_damaged(const char *dir, const char *pattern)
{
	_cleanup_(freep) char *path = store_unit_path(dir, pattern);
	glob_t found = { 0 };
	bool has = glob(path, 0, NULL, &found) == 0;

	globfree(&found);
	return has;
}

static void a_file_system_that_is_damaged_at_the_ring_takes_no_healthy_file_with_it(void **state)
{
	struct bench b;

	open_bench(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 120);
	disk_fails(*state, 0, NONE);
	disk.error = EUCLEAN;
	disk.writes = true;
	fill(&b, 300);
	assert_int_equal(b.counters.set_aside, 1); /* the ring */
	assert_false(b.counters.history_faulty);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM series"), 1);
	assert_false(has_damaged(*state, "history.db.damaged-*"));
}

/* ---- a database that is damaged again and again ---- */

static void spoil_header(const char *dir)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	char zeros[100] = { 0 };
	int fd = open(path, O_WRONLY);

	assert_int_equal(syscall(SYS_pwrite64, fd, zeros, sizeof(zeros), 0), sizeof(zeros));
	close(fd);
}

/* The ring fails, and the database that is closed for it is found damaged. */
static void fail_and_spoil(struct bench *b, const char *dir)
{
	disk_fails(dir, 0, 0);
	disk.writes = true;
	while (!b->counters.history_faulty)
		fill(b, 1);
	disk.file = 0;
	spoil_header(dir);
	fill(b, 150); /* it is opened again; a record that the ring takes shows that the ring is well */
}

static void a_database_that_is_damaged_over_and_over_is_not_set_aside_over_and_over(void **state)
{
	struct bench b;

	open_bench(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 10);
	fail_and_spoil(&b, *state);
	assert_int_equal(b.counters.set_aside, 1);
	assert_false(b.counters.history_faulty);
	fail_and_spoil(&b, *state);
	assert_true(b.counters.history_faulty);
	for (int i = 0; i < 50; i++)
		work(&b, MINUTE);
	assert_int_equal(b.counters.set_aside, 1);
	for (int i = 0; i < 20; i++)
		work(&b, MINUTE);
	assert_int_equal(b.counters.set_aside, 2);
	fill(&b, 10);
	assert_false(b.counters.history_faulty);
	bench_close(&b);
}

/* So that what is made anew has no room; the disk says EFBIG, which is not that it is full. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = MIN(bytes, limit.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_renewal_that_fails_is_not_tried_over_and_over(void **state)
{
	struct bench b;

	open_bench(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 10);
	disk_fails(*state, 0, 0);
	disk.writes = true;
	while (!b.counters.history_faulty)
		fill(&b, 1);
	disk.file = 0;
	spoil_header(*state);
	limit_files(4096);
	work(&b, MINUTE);
	limit_files(RLIM_INFINITY);
	for (int i = 0; i < 50; i++)
		work(&b, MINUTE);
	assert_int_equal(b.counters.set_aside, 0);
	assert_true(b.counters.history_faulty);
	for (int i = 0; i < 20; i++)
		work(&b, MINUTE);
	assert_int_equal(b.counters.set_aside, 1);
	fill(&b, 10);
	assert_false(b.counters.history_faulty);
	bench_close(&b);
}

/* A pass that was cut off goes on up to its number, slice by slice: what comes now is not of it, though the records are gone that
 * had the numbers up to there. */
static void a_new_ring_gives_no_number_that_a_pass_still_waits_for(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "history.ring");
	struct ring_setup setup = { .path = path, .key = 7, .released = 3, .given = 10, .size = 64 * RING_BLOCK };
	struct stage_item item = { .point = 1, .type = VALUE_NUMBER, .sample = { .ts_ms = START / MS, .number = 1 } };
	struct ring *g = NULL;

	assert_int_equal(ring_open(&setup, &g), 0);
	assert_int_equal(g->missing, 7);
	assert_int_equal(ring_append(g, &item, 1), 0);
	assert_int_equal(g->records[0].seq, 11);
	ring_close(g);
	/* Also where the last of them cannot be read. */
	setup.given = 20;
	assert_int_equal(ring_open(&setup, &g), 0);
	assert_int_equal(g->records[0].seq, 11);
	assert_int_equal(ring_append(g, &item, 1), 0);
	assert_int_equal(g->records[1].seq, 21);
	assert_int_equal(g->missing, 16);
	ring_close(g);
}

static int setup(void **state)
{
	disk.file = 0;
	return store_unit_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_block_that_cannot_be_read_costs_its_minute_and_no_other, setup,
						store_unit_teardown),
		cmocka_unit_test_setup_teardown(a_block_that_goes_bad_at_work_does_not_hold_up_the_hour, setup,
						store_unit_teardown),
		cmocka_unit_test_setup_teardown(a_ring_that_cannot_be_read_at_all_gives_way_to_a_new_one, setup,
						store_unit_teardown),
		cmocka_unit_test_setup_teardown(a_ring_that_takes_nothing_any_more_gives_way_to_a_new_one, setup,
						store_unit_teardown),
		cmocka_unit_test_setup_teardown(a_file_system_that_is_damaged_at_the_ring_takes_no_healthy_file_with_it,
						setup, store_unit_teardown),
		cmocka_unit_test_setup_teardown(a_database_that_is_damaged_over_and_over_is_not_set_aside_over_and_over,
						setup, store_unit_teardown),
		cmocka_unit_test_setup_teardown(a_new_ring_gives_no_number_that_a_pass_still_waits_for, setup,
						store_unit_teardown),
		cmocka_unit_test_setup_teardown(a_renewal_that_fails_is_not_tried_over_and_over, setup,
						store_unit_teardown),
	};

	return UNIT_RUN(tests);
}
