#include "store/database.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/renewal.h"
#include "store/rowcrc.h"

#define BUSY_TIMEOUT_MS  2000
#define DAMAGED_KEPT     2
#define VACUUM_FREE_MIN  2000 /* pages that may stay free for the rows to come */
#define DAMAGED_INFIX    ".damaged-"
#define DAMAGED_DATE_LEN 15 /* YYYYmmddTHHMMSS */

enum { OWN_BEGIN, OWN_COMMIT, OWN_ROLLBACK, OWN_FREE_PAGES, OWN_COUNT };

/* clang-format off */
static const char *const own_sql[OWN_COUNT] = {
	[OWN_BEGIN]      = "BEGIN IMMEDIATE",
	[OWN_COMMIT]     = "COMMIT",
	[OWN_ROLLBACK]   = "ROLLBACK",
	[OWN_FREE_PAGES] = "PRAGMA freelist_count",
};
/* clang-format on */

/* ---- errors ---- */

int database_errno(int sqlite_code)
{
	switch (sqlite_code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return 0;
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return -EUCLEAN;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG: return -EINVAL;
	case SQLITE_READONLY: return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH: return -EACCES;
	case SQLITE_NOMEM: return -ENOMEM;
	default: return -EIO;
	}
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void database_trouble(const struct database *db, struct str_buf *to)
{
	int system = db->handle ? sqlite3_system_errno(db->handle) : 0;

	str_buf_printf(to, "%s: %s", file_name(db->path), db->handle ? sqlite3_errmsg(db->handle) : "not open");
	if (system)
		str_buf_printf(to, " (%s)", strerror(system));
}

/* ---- statements ---- */

int database_prepare(struct database *db, struct database_sql sql, sqlite3_stmt **ret_statements)
{
	for (size_t i = 0; i < sql.count; i++) {
		int rc = sqlite3_prepare_v3(db->handle, sql.sql[i], -1, SQLITE_PREPARE_PERSISTENT, &ret_statements[i],
					    NULL);

		if (rc != SQLITE_OK) {
			database_finalize(ret_statements, i);
			return database_errno(rc);
		}
	}
	return 0;
}

void database_finalize(sqlite3_stmt **statements, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sqlite3_finalize(statements[i]);
		statements[i] = NULL;
	}
}

void database_reset(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

int database_row(sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW)
		return 1;
	database_reset(statement);
	return database_errno(rc);
}

int database_run(sqlite3_stmt *statement)
{
	int r;

	do
		r = database_row(statement);
	while (r > 0);
	return r;
}

void database_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (text)
		sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(statement, at);
}

char *database_text(sqlite3_stmt *statement, int column)
{
	return mem_strdup((const char *)sqlite3_column_text(statement, column));
}

/* ---- transactions ---- */

int database_begin(struct database *db)
{
	return database_run(db->own[OWN_BEGIN]);
}

int database_commit(struct database *db)
{
	return database_run(db->own[OWN_COMMIT]);
}

void database_rollback(struct database *db)
{
	/* An I/O error has already rolled back by itself. */
	if (!sqlite3_get_autocommit(db->handle))
		database_run(db->own[OWN_ROLLBACK]);
}

/* ---- upkeep ---- */

static int note_wal_pages(void *context, sqlite3 *handle, const char *name, int pages)
{
	struct database *db = context;

	(void)handle;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

static int checkpoint(struct database *db, int mode)
{
	int in_wal = 0, moved = 0;
	int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, &in_wal, &moved);

	if (rc == SQLITE_OK && moved >= in_wal)
		db->wal_pages = 0; /* the next commit starts the WAL from its beginning */
	return database_errno(rc);
}

int database_checkpoint(struct database *db)
{
	return checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
}

int database_checkpoint_whole(struct database *db)
{
	return checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE);
}

void database_set_deletion(struct database *db, enum database_deletion how)
{
	sqlite3_exec(db->handle,
		     how == DATABASE_DELETES_WIPED ? "PRAGMA secure_delete=ON" : "PRAGMA secure_delete=FAST", NULL,
		     NULL, NULL);
}

int database_vacuum(struct database *db)
{
	sqlite3_stmt *free_pages = db->own[OWN_FREE_PAGES];
	int r = database_row(free_pages), free_count;

	if (r <= 0)
		return r;
	free_count = sqlite3_column_int(free_pages, 0);
	database_reset(free_pages);
	if (free_count <= VACUUM_FREE_MIN)
		return 0;
	/* Each step of this statement frees one page; sqlite3_exec steps to the end. */
	return database_errno(sqlite3_exec(db->handle, "PRAGMA incremental_vacuum(200)", NULL, NULL, NULL));
}

/* ---- open and close ---- */

static int pragma(struct database *db, const char *sql)
{
	return database_errno(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

/* First word of the first row. */
static int ask(struct database *db, const char *sql, struct str_buf *ret_answer)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW && sqlite3_column_text(statement, 0))
		str_buf_add(ret_answer, (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return database_errno(rc);
}

static int set_wal(struct database *db)
{
	_cleanup_str_buf_ struct str_buf mode = { 0 };
	int r = ask(db, "PRAGMA journal_mode=WAL", &mode);

	if (r == 0 && !str_equal(str_buf_text(&mode), "wal") && !str_equal(db->path, DATABASE_MEMORY))
		r = -ENOTSUP; /* a file system without shared memory */
	return r;
}

static int check_pages(struct database *db, struct str_buf *why)
{
	_cleanup_str_buf_ struct str_buf verdict = { 0 };
	int r = ask(db, "PRAGMA quick_check(1)", &verdict);

	if (r == 0 && !str_equal(str_buf_text(&verdict), "ok")) {
		str_buf_printf(why, "%s", str_buf_text(&verdict));
		r = -EUCLEAN;
	}
	return r;
}

/* Before anything is written: it holds only in a new file. */
static int set_page_size(struct database *db, int bytes)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };

	if (!bytes)
		return 0;
	str_buf_printf(&sql, "PRAGMA page_size=%d", bytes);
	return pragma(db, sql.text);
}

/* Holds only before the first table. Where it is so already, saying it again would write. */
static int set_auto_vacuum(struct database *db)
{
	_cleanup_str_buf_ struct str_buf mode = { 0 };
	int r = ask(db, "PRAGMA auto_vacuum", &mode);

	return r < 0 || str_equal(str_buf_text(&mode), "2") ? r : pragma(db, "PRAGMA auto_vacuum=INCREMENTAL");
}

static int set_pragmas(struct database *db, enum database_sync sync)
{
	static const char *const common[] = {
		"PRAGMA cache_size=-512", /* KiB: the whole daemon stays below 12 MB */
		"PRAGMA mmap_size=0",        "PRAGMA temp_store=MEMORY",    "PRAGMA secure_delete=FAST",
		"PRAGMA foreign_keys=ON",    "PRAGMA wal_autocheckpoint=0", /* explicit ones, when idle */
		"PRAGMA trusted_schema=OFF",
	};
	int r = set_auto_vacuum(db);

	if (r == 0)
		r = set_wal(db);
	if (r == 0)
		r = pragma(db, sync == DATABASE_FULL ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(common); i++)
		r = pragma(db, common[i]);
	return r;
}

/* Nobody else may read what people's homes tell, whatever the directory allows; the WAL takes the same mode. */
static void make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd); /* failing: SQLite says why */
}

static int open_handle(struct database *db)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc;

	if (!str_equal(db->path, DATABASE_MEMORY))
		make_private(db->path);
	rc = sqlite3_open_v2(db->path, &db->handle, flags, NULL);
	/* Before any PRAGMA: even reading the schema can find the file locked. */
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	return rc == SQLITE_OK ? rowcrc_register(db->handle) : database_errno(rc);
}

int database_open(const struct database_setup *setup, struct database **ret_db, struct str_buf *why)
{
	_cleanup_(database_closep) struct database *db = MEM_NEW(struct database);
	_cleanup_str_buf_ struct str_buf detail = { 0 };
	int r;

	db->path = mem_strdup(setup->path);
	renewal_settle(db->path);
	r = open_handle(db);
	if (r == 0)
		r = set_page_size(db, setup->page_size);
	if (r == 0)
		r = set_pragmas(db, setup->sync);
	if (r == 0 && setup->check == DATABASE_CHECKED)
		r = check_pages(db, &detail);
	if (r == 0)
		r = migration_run(db->handle, setup->migrations, &detail);
	if (r == 0) {
		sqlite3_wal_hook(db->handle, note_wal_pages, db);
		r = database_prepare(db, (struct database_sql){ own_sql, OWN_COUNT }, db->own);
	}
	if (r < 0) {
		if (detail.len)
			str_buf_printf(why, "%s: %s", setup->path, str_buf_text(&detail));
		else
			database_trouble(db, why);
		/* What is damaged stays as it was found. */
		sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, r == -EUCLEAN, NULL);
		return r;
	}
	*ret_db = steal(&db);
	return 0;
}

void database_close(struct database *db)
{
	if (!db)
		return;
	database_finalize(db->own, OWN_COUNT);
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}

/* ---- a damaged file ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in dir that begin with prefix (the date sorts them), the WALs beside them left out; the caller frees. */
static size_t list_damaged(const char *dir, const char *prefix, char ***ret_names)
{
	char **names = NULL;
	size_t count = 0;
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));)
		if (str_starts(e->d_name, prefix) && strlen(e->d_name) == strlen(prefix) + DAMAGED_DATE_LEN) {
			names = mem_realloc(names, count + 1, sizeof(*names));
			names[count++] = mem_strdup(e->d_name);
		}
	if (d)
		closedir(d);
	if (count)
		qsort(names, count, sizeof(*names), compare_names);
	*ret_names = names;
	return count;
}

static void remove_in(const char *dir, const char *name, const char *suffix)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s%s", dir, name, suffix);
	unlink(path.text);
}

/* The newest by its name beside the one that was set aside just now: what a clock that was wrong has named may be in the future. */
static void drop_old_damaged(const char *path, const char *kept)
{
	_cleanup_str_buf_ struct str_buf prefix = { 0 };
	_cleanup_(freep) void *dir_text = mem_strndup(path, (size_t)(file_name(path) - path));
	const char *dir = *(char *)dir_text ? dir_text : ".";
	size_t count, others = 0;
	char **names;

	str_buf_printf(&prefix, "%s" DAMAGED_INFIX, file_name(path));
	count = list_damaged(dir, prefix.text, &names);
	for (size_t i = count; i-- > 0;) {
		if (!str_equal(names[i], kept) && ++others >= DAMAGED_KEPT) {
			remove_in(dir, names[i], "");
			remove_in(dir, names[i], "-wal");
		}
		free(names[i]);
	}
	free(names);
}

static int rename_with(const char *from, const char *to, const char *suffix)
{
	_cleanup_str_buf_ struct str_buf old = { 0 }, new = { 0 };

	str_buf_printf(&old, "%s%s", from, suffix);
	str_buf_printf(&new, "%s%s", to, suffix);
	return rename(old.text, new.text) < 0 && errno != ENOENT ? -errno : 0;
}

int database_set_aside(const char *path, int64_t wall_us, struct str_buf *ret_name)
{
	_cleanup_str_buf_ struct str_buf name = { 0 }, shm = { 0 };
	struct clock_calendar c;
	int r;

	clock_calendar(wall_us, &c);
	str_buf_printf(&name, "%s" DAMAGED_INFIX "%04d%02d%02dT%02d%02d%02d", path, c.year, c.month, c.day, c.hour,
		       c.minute, c.second);
	/* The WAL last: without the file it is no harm, and the file without it would be another, older one. */
	r = rename_with(path, name.text, "");
	if (r == 0)
		r = rename_with(path, name.text, "-wal");
	if (r < 0)
		return r;
	str_buf_printf(&shm, "%s-shm", path);
	unlink(shm.text);
	drop_old_damaged(path, file_name(name.text));
	str_buf_add(ret_name, file_name(name.text));
	return 0;
}
