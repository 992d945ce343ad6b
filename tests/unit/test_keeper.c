/* Which configuration counts: the record whole or not there, time that only monotonic clocks tell. */
#include "app/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static int setup(void **state)
{
	static char dir[64];

	snprintf(dir, sizeof(dir), "/tmp/test_keeper.XXXXXX");
	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", (char *)*state);
	return system(command);
}

static bool is_there(const char *dir, const char *name)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/config/%s", dir, name);
	return stat(path, &st) == 0;
}

static void no_record_means_that_the_files_count(void **state)
{
	struct keeper_record r = { .state = KEEPER_HELD };

	assert_int_equal(keeper_read(*state, &r), 0);
	assert_int_equal(r.state, KEEPER_FILES);
	assert_int_equal(keeper_write(*state, &r), 0); /* nothing to remove */
}

static void a_record_comes_back_as_it_was_written(void **state)
{
	struct keeper_record r = { .state = KEEPER_TRIAL, .ends = 1, .in_order = true }, read;

	keeper_stamp(&r, 90 * S);
	assert_int_equal(keeper_write(*state, &r), 0);
	assert_int_equal(keeper_read(*state, &read), 0);
	assert_int_equal(read.state, KEEPER_TRIAL);
	assert_int_equal(read.left_us, 90 * S);
	assert_int_equal(read.mono_us, r.mono_us);
	assert_string_equal(read.boot, r.boot);
	assert_int_equal(read.ends, 1);
	assert_true(read.in_order);
	r = (struct keeper_record){ .state = KEEPER_HELD, .cause = KEEPER_ENDED };
	assert_int_equal(keeper_write(*state, &r), 0);
	assert_int_equal(keeper_read(*state, &read), 0);
	assert_int_equal(read.state, KEEPER_HELD);
	assert_int_equal(read.cause, KEEPER_ENDED);
	assert_false(is_there(*state, "record.new"));
}

static void a_damaged_record_is_told_apart(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"state\":\"other\"}", "{\"state\":1}", "\377\376" };
	struct keeper_record r = { .state = KEEPER_HELD };
	char path[128];

	assert_int_equal(keeper_write(*state, &r), 0);
	snprintf(path, sizeof(path), "%s/config/record", (char *)*state);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs(texts[i], f);
		fclose(f);
		assert_int_equal(keeper_read(*state, &r), -EBADMSG);
	}
}

static void time_that_was_seen_to_pass_counts_and_no_other(void **state)
{
	struct keeper_record r = { .state = KEEPER_TRIAL };

	(void)state;
	keeper_stamp(&r, 600 * S);
	r.mono_us = 1000 * S;
	assert_int_equal(keeper_left_us(&r, 1000 * S), 600 * S);
	assert_int_equal(keeper_left_us(&r, 1001 * S), 599 * S);
	assert_int_equal(keeper_left_us(&r, 1600 * S), 0);
	assert_int_equal(keeper_left_us(&r, 99999 * S), 0);
	/* Another boot: all that it has run. */
	snprintf(r.boot, sizeof(r.boot), "another");
	assert_int_equal(keeper_left_us(&r, 5 * S), 595 * S);
	assert_int_equal(keeper_left_us(&r, 2000 * S), 0);
	/* Where boots have no names, a clock that went back tells. */
	keeper_stamp(&r, 600 * S);
	r.mono_us = 1000 * S;
	assert_int_equal(keeper_left_us(&r, 10 * S), 590 * S);
}

static void a_confirmation_makes_the_new_copy_the_running_one(void **state)
{
	_cleanup_str_buf_ struct str_buf old = { 0 }, new = { 0 }, read = { 0 };
	struct keeper_record r = { .state = KEEPER_TRIAL };

	str_buf_add(&old, "old");
	str_buf_add(&new, "new");
	assert_int_equal(keeper_put_copy(*state, KEEPER_RUNNING, &old), 0);
	assert_int_equal(keeper_put_copy(*state, KEEPER_NEW, &new), 0);
	assert_int_equal(keeper_write(*state, &r), 0);
	assert_int_equal(keeper_confirm(*state), 0);
	assert_int_equal(keeper_read(*state, &r), 0);
	assert_int_equal(r.state, KEEPER_FILES);
	assert_int_equal(keeper_get_copy(*state, KEEPER_RUNNING, &read), 0);
	assert_string_equal(str_buf_text(&read), "new");
	assert_int_equal(keeper_get_copy(*state, KEEPER_NEW, &read), -ENOENT);
}

static void what_is_there_already_is_not_written_again(void **state)
{
	_cleanup_str_buf_ struct str_buf copy = { 0 };
	struct stat before, after;
	char path[128];

	str_buf_add(&copy, "the same");
	snprintf(path, sizeof(path), "%s/config/running", (char *)*state);
	assert_int_equal(keeper_put_copy(*state, KEEPER_RUNNING, &copy), 0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(keeper_put_copy(*state, KEEPER_RUNNING, &copy), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* a new one would be another file */
	assert_true(keeper_copied_us(*state, KEEPER_RUNNING) > 0);
}

static void a_folder_that_cannot_be_written_is_an_error_that_changes_nothing(void **state)
{
	_cleanup_str_buf_ struct str_buf copy = { 0 };
	struct keeper_record r = { .state = KEEPER_TRIAL };
	char path[128];
	FILE *f;

	str_buf_add(&copy, "x");
	snprintf(path, sizeof(path), "%s/config", (char *)*state);
	f = fopen(path, "w"); /* a file in its place: also root cannot write below it */
	assert_non_null(f);
	fclose(f);
	assert_int_equal(keeper_put_copy(*state, KEEPER_NEW, &copy), -ENOTDIR);
	assert_int_equal(keeper_write(*state, &r), -ENOTDIR);
	assert_int_equal(keeper_read(*state, &r), 0);
	assert_int_equal(r.state, KEEPER_FILES);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_record_means_that_the_files_count),
		CASE(a_record_comes_back_as_it_was_written),
		CASE(a_damaged_record_is_told_apart),
		CASE(time_that_was_seen_to_pass_counts_and_no_other),
		CASE(a_confirmation_makes_the_new_copy_the_running_one),
		CASE(what_is_there_already_is_not_written_again),
		CASE(a_folder_that_cannot_be_written_is_an_error_that_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
