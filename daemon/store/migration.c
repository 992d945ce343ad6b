#include "store/migration.h"

#include <errno.h>

#include "store/database.h"

static int read_version(sqlite3 *handle, int *ret_version)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*ret_version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW ? 0 : database_errno(rc);
}

static int run_parts(sqlite3 *handle, const struct migration *step)
{
	int rc = sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	for (size_t i = 0; rc == SQLITE_OK && i < MIGRATION_PARTS && step->parts[i]; i++)
		rc = sqlite3_exec(handle, step->parts[i], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : database_errno(rc);
}

static int run_step(sqlite3 *handle, const struct migration *step, struct str_buf *why)
{
	int r = run_parts(handle, step);

	if (r < 0) {
		str_buf_printf(why, "schema: %s", sqlite3_errmsg(handle));
		if (!sqlite3_get_autocommit(handle))
			sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	}
	return r;
}

int migration_run(sqlite3 *handle, struct migration_list list, struct str_buf *why)
{
	int version = 0, reached = 0;
	int r = read_version(handle, &version);

	if (r < 0) {
		str_buf_printf(why, "schema version: %s", sqlite3_errmsg(handle));
		return r;
	}
	if (version < 0 || (size_t)version > list.count) {
		str_buf_printf(why,
			       "schema version %d, this estated knows up to %zu: install the newer estated again, or "
			       "move the file away to start empty",
			       version, list.count);
		return -EPROTO;
	}
	for (size_t i = (size_t)version; i < list.count; i++) {
		r = run_step(handle, &list.steps[i], why);
		if (r == 0)
			r = read_version(handle, &reached);
		if (r == 0 && (size_t)reached != i + 1)
			r = -EINVAL; /* a step forgot to set user_version */
		if (r < 0)
			return r;
	}
	return 0;
}
