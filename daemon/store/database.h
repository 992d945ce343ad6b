/* database.h: one SQLite file, opened the way a box needs it that loses its power: WAL, the wanted synchronous, checked,
 * migrated. Also the few verbs that all table groups share.
 *
 * Owner: the store thread (before it starts: whoever opens the store). One connection a file, never shared. Errors are
 * -errno: -EINVAL the statement's own fault (constraint, too big), -ENOSPC disk full, -EBUSY somebody else holds the file,
 * -EUCLEAN the file is damaged, others I/O. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "base/str.h"
#include "store/migration.h"

enum database_sync {
	DATABASE_FULL,   /* every commit is on the disk when it returns */
	DATABASE_NORMAL, /* a power cut may take the last commits, never the file */
};

enum database_check { DATABASE_CHECKED, DATABASE_TRUSTED }; /* quick_check at open, or not (it reads the whole file) */

#define DATABASE_MEMORY ":memory:" /* a path: no file; what a replay saves and loads */

struct database_setup {
	const char *path;
	enum database_sync sync;
	enum database_check check;
	struct migration_list migrations;
	int page_size; /* bytes, of a new file; 0: SQLite's own */
};

struct database {
	sqlite3 *handle;
	char *path;
	sqlite3_stmt *own[4]; /* begin, commit, rollback, vacuum */
	int wal_pages;        /* length of the WAL after the last commit */
};

/* 0; -EUCLEAN damaged; -EPROTO newer schema; other -errno. On failure why says what and what to do. */
int database_open(const struct database_setup *setup, struct database **ret_db, struct str_buf *why);
void database_close(struct database *db);
UTIL_DEFINE_CLEANUP(struct database *, database_close);

/* Prepares sql[0..count) into ret_statements; all or none. */
struct database_sql {
	const char *const *sql;
	size_t count;
};
int database_prepare(struct database *db, struct database_sql sql, sqlite3_stmt **ret_statements);
void database_finalize(sqlite3_stmt **statements, size_t count);

int database_begin(struct database *db); /* IMMEDIATE */
int database_commit(struct database *db);
void database_rollback(struct database *db);

/* Runs a statement to its end and makes it ready for the next use. */
int database_run(sqlite3_stmt *statement);
/* 1: a row to read; 0: no more; -errno. After 0 or an error it is ready for the next use; else database_reset. */
int database_row(sqlite3_stmt *statement);
void database_reset(sqlite3_stmt *statement);

/* Text that stays alive until the statement has run; NULL is NULL. */
void database_bind_text(sqlite3_stmt *statement, int at, const char *text);
/* Owned copy, NULL for NULL. */
char *database_text(sqlite3_stmt *statement, int column);

/* Moves the WAL into the file as far as nobody is in the way. */
int database_checkpoint(struct database *db);
/* All of it, and the file on the disk anew: what an fsync has lost is written again. */
int database_checkpoint_whole(struct database *db);
/* Whether what is deleted is overwritten at once, also where that takes a write more. */
enum database_deletion { DATABASE_DELETES_FAST, DATABASE_DELETES_WIPED };
void database_set_deletion(struct database *db, enum database_deletion how);
/* Gives free pages back to the file system, a bounded number a call, when there are many. */
int database_vacuum(struct database *db);

int database_errno(int sqlite_code);
/* "state.db: disk I/O error (Input/output error)" of the last call. */
void database_trouble(const struct database *db, struct str_buf *to);
/* Renames a damaged file (and its WAL) to PATH.damaged-YYYYmmddTHHMMSS; it and the newest other stay, older ones go. */
int database_set_aside(const char *path, int64_t wall_us, struct str_buf *ret_name);
