#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/database.h"
#include "store_unit.h"

static const struct migration two_steps[] = {
	{ .parts = { "CREATE TABLE one (a INTEGER)", "INSERT INTO one VALUES (7)", "PRAGMA user_version = 1" } },
	{ .parts = { "ALTER TABLE one ADD COLUMN b INTEGER DEFAULT 8", "PRAGMA user_version = 2" } },
};

static int open_with(const char *path, struct migration_list list, struct str_buf *why)
{
	struct database_setup setup = { .path = path, .check = DATABASE_CHECKED, .migrations = list };
	_cleanup_(database_closep) struct database *db = NULL;

	return database_open(&setup, &db, why);
}

static void a_new_file_walks_through_all_steps_and_an_old_one_through_the_rest(void **state)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	char *path = store_unit_path(*state, "x.db");

	assert_int_equal(open_with(path, (struct migration_list){ two_steps, 1 }, &why), 0);
	assert_int_equal(store_unit_ask(*state, "x.db", "PRAGMA user_version"), 1);
	assert_int_equal(open_with(path, (struct migration_list){ two_steps, 2 }, &why), 0);
	assert_int_equal(store_unit_ask(*state, "x.db", "PRAGMA user_version"), 2);
	assert_int_equal(store_unit_ask(*state, "x.db", "SELECT a * 10 + b FROM one"), 78);
	assert_int_equal(why.len, 0);
	free(path);
}

static void a_newer_version_is_refused_and_left_alone(void **state)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	char *path = store_unit_path(*state, "x.db");

	assert_int_equal(open_with(path, (struct migration_list){ two_steps, 2 }, &why), 0);
	assert_int_equal(open_with(path, (struct migration_list){ two_steps, 1 }, &why), -EPROTO);
	assert_non_null(strstr(why.text, "schema version 2, this estated knows up to 1"));
	assert_int_equal(store_unit_ask(*state, "x.db", "PRAGMA user_version"), 2);
	free(path);
}

static void a_step_that_fails_leaves_the_version_before_it(void **state)
{
	static const struct migration bad[] = {
		{ .parts = { "CREATE TABLE one (a INTEGER)", "PRAGMA user_version = 1" } },
		{ .parts = { "CREATE TABLE two (a INTEGER)", "CREATE TABLE one (a INTEGER)",
			     "PRAGMA user_version = 2" } },
	};
	_cleanup_str_buf_ struct str_buf why = { 0 };
	char *path = store_unit_path(*state, "x.db");

	assert_true(open_with(path, (struct migration_list){ bad, 2 }, &why) < 0);
	assert_non_null(strstr(why.text, "already exists"));
	assert_int_equal(store_unit_ask(*state, "x.db", "PRAGMA user_version"), 1);
	assert_int_equal(store_unit_ask(*state, "x.db", "SELECT count(*) FROM sqlite_schema WHERE name = 'two'"), 0);
	free(path);
}

static void the_file_is_opened_for_a_box_that_loses_its_power(void **state)
{
	struct database_setup setup = { .sync = DATABASE_FULL, .migrations = { two_steps, 2 } };
	_cleanup_(database_closep) struct database *db = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	static const char *const asks[] = { "PRAGMA synchronous", "PRAGMA auto_vacuum", "PRAGMA foreign_keys",
					    "PRAGMA wal_autocheckpoint" };
	static const int expected[] = { 2, 2, 1, 0 };
	char *path = store_unit_path(*state, "x.db");
	sqlite3_stmt *ask;

	setup.path = path;
	assert_int_equal(database_open(&setup, &db, &why), 0);
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		assert_int_equal(sqlite3_prepare_v2(db->handle, asks[i], -1, &ask, NULL), SQLITE_OK);
		sqlite3_step(ask);
		assert_int_equal(sqlite3_column_int(ask, 0), expected[i]);
		sqlite3_finalize(ask);
	}
	assert_int_equal(sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode", -1, &ask, NULL), SQLITE_OK);
	sqlite3_step(ask);
	assert_string_equal((const char *)sqlite3_column_text(ask, 0), "wal");
	sqlite3_finalize(ask);
	free(path);
}

static bool exists(const char *dir, const char *name)
{
	char *path = store_unit_path(dir, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static void the_newest_two_damaged_files_are_kept(void **state)
{
	static const int64_t day = 1795287600 * S; /* 2026-11-22 03:00 in Shanghai */
	_cleanup_str_buf_ struct str_buf name = { 0 };
	char *path = store_unit_path(*state, "state.db"), *wal = store_unit_path(*state, "state.db-wal");

	for (int i = 0; i < 4; i++) {
		fclose(fopen(path, "w"));
		fclose(fopen(wal, "w"));
		str_buf_clear(&name);
		assert_int_equal(database_set_aside(path, day + i * DAY, &name), 0);
	}
	assert_string_equal(name.text, "state.db.damaged-20261125T030000");
	assert_true(exists(*state, "state.db.damaged-20261125T030000"));
	assert_true(exists(*state, "state.db.damaged-20261125T030000-wal"));
	assert_true(exists(*state, "state.db.damaged-20261124T030000"));
	assert_false(exists(*state, "state.db.damaged-20261123T030000"));
	assert_false(exists(*state, "state.db.damaged-20261123T030000-wal"));
	assert_false(exists(*state, "state.db.damaged-20261122T030000"));
	assert_false(exists(*state, "state.db"));
	assert_false(exists(*state, "state.db-wal"));
	free(path);
	free(wal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(a_new_file_walks_through_all_steps_and_an_old_one_through_the_rest),
		STORE_UNIT_CASE(a_newer_version_is_refused_and_left_alone),
		STORE_UNIT_CASE(a_step_that_fails_leaves_the_version_before_it),
		STORE_UNIT_CASE(the_file_is_opened_for_a_box_that_loses_its_power),
		STORE_UNIT_CASE(the_newest_two_damaged_files_are_kept),
	};

	return UNIT_RUN(tests);
}
