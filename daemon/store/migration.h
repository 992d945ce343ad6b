/* migration.h: the schema of a database as a table of steps, by user_version.
 *
 * Step n takes a database of version n - 1 to version n, in one transaction; a new file walks through all of them. Steps
 * that were once released are never changed. Store thread, or whoever opens the store. */
#pragma once

#include <sqlite3.h>
#include <stddef.h>

#include "base/str.h"

#define MIGRATION_PARTS 6

struct migration {
	const char *parts[MIGRATION_PARTS]; /* SQL of each table group, run in order; the last sets user_version */
};
struct migration_list {
	const struct migration *steps;
	size_t count; /* is the newest version known */
};

/* 0; -EPROTO when the file is of a newer version than known (why says so); -errno. */
int migration_run(sqlite3 *handle, struct migration_list list, struct str_buf *why);
