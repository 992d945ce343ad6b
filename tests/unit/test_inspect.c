#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/inspect.h"
#include "store_unit.h"

#define LIMIT_US (20 * S)

/* A directory with the databases of a store that was closed in order. */
static void make_store(const char *dir)
{
	struct store *s = store_unit_open(dir);

	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, i), 0);
	store_close(s);
}

static enum inspect_verdict look(const char *path, struct str_buf *why)
{
	struct inspect_report report;

	assert_int_equal(inspect_database(path, LIMIT_US, &report, why), 0);
	return report.verdict;
}

static void overwrite(const char *path, off_t at, size_t len)
{
	_cleanup_(freep) char *bytes = mem_alloc(len);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	memset(bytes, 0x5a, len);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static void a_database_that_was_closed_is_intact(void **state)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct inspect_report report;

	make_store(*state);
	for (size_t i = 0; inspect_files[i]; i++) {
		_cleanup_(freep) char *path = store_unit_path(*state, inspect_files[i]);

		assert_int_equal(inspect_database(path, LIMIT_US, &report, &why), 0);
		assert_int_equal(report.verdict, INSPECT_GOOD);
		assert_true(report.bytes > 4096);
	}
}

static void looking_changes_nothing(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_(freep) char *wal = store_unit_path(*state, "state.db-wal");
	_cleanup_(freep) char *shm = store_unit_path(*state, "state.db-shm");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct stat before, after;

	make_store(*state);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(look(path, &why), INSPECT_GOOD);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_int_equal(before.st_size, after.st_size);
	assert_int_equal(access(wal, F_OK), -1);
	assert_int_equal(access(shm, F_OK), -1);
}

static void damaged_pages_are_found(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct stat st;

	make_store(*state);
	assert_int_equal(stat(path, &st), 0);
	overwrite(path, 4096, (size_t)st.st_size - 4096);
	assert_int_equal(look(path, &why), INSPECT_DAMAGED);
	assert_true(why.len > 0);
}

static void a_cut_file_is_found(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };

	make_store(*state);
	assert_int_equal(truncate(path, 4096 + 1000), 0);
	assert_int_equal(look(path, &why), INSPECT_DAMAGED);
	assert_non_null(strstr(str_buf_text(&why), "5096"));
}

static void a_file_that_is_no_database_is_found(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };

	make_store(*state);
	overwrite(path, 0, 100);
	assert_int_equal(look(path, &why), INSPECT_FOREIGN);
}

static void an_empty_file_is_a_database_to_be(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(look(path, &why), INSPECT_GOOD);
}

/* As after a power cut: the file alone may be in the middle of a checkpoint. */
static void with_a_wal_beside_it_only_the_header_is_judged(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_(freep) char *wal = store_unit_path(*state, "state.db-wal");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int fd;

	make_store(*state);
	fd = open(wal, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "changes", 7), 7);
	close(fd);
	overwrite(path, 4096, 4096);
	assert_int_equal(look(path, &why), INSPECT_HEADER);
}

static void no_time_is_no_verdict_of_damage(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct inspect_report report;

	for (int i = 0; i < 5; i++)
		make_store(*state);
	assert_int_equal(inspect_database(path, 0, &report, &why), 0);
	assert_int_equal(report.verdict, INSPECT_UNFINISHED);
}

static void what_cannot_be_read_says_why(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "nothing.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct inspect_report report;

	assert_int_equal(inspect_database(path, LIMIT_US, &report, &why), -ENOENT);
	assert_int_equal(inspect_database(*state, LIMIT_US, &report, &why), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(a_database_that_was_closed_is_intact),
		STORE_UNIT_CASE(looking_changes_nothing),
		STORE_UNIT_CASE(damaged_pages_are_found),
		STORE_UNIT_CASE(a_cut_file_is_found),
		STORE_UNIT_CASE(a_file_that_is_no_database_is_found),
		STORE_UNIT_CASE(an_empty_file_is_a_database_to_be),
		STORE_UNIT_CASE(with_a_wal_beside_it_only_the_header_is_judged),
		STORE_UNIT_CASE(no_time_is_no_verdict_of_damage),
		STORE_UNIT_CASE(what_cannot_be_read_says_why),
	};

	return UNIT_RUN(tests);
}
