#include "store/salvage.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/damaged.h"
#include "store/database.h"
#include "store/rowcrc.h"

#define COLUMNS_MAX 40
#define ROWS_A_TIME 1000
#define PROGRESS    1000 /* steps of SQLite's machine between two looks at the clock */

/* How long it may last. */
struct progress {
	const struct salvage_job *job;
	int64_t deadline_us;
	int error; /* of who watches */
};

static int is_over(void *context)
{
	struct progress *p = context;

	if (p->error == 0 && p->job->watch)
		p->error = p->job->watch(p->job->context);
	return p->error < 0 || clock_mono_us() > p->deadline_us;
}

/* ---- tables ---- */

struct copy {
	sqlite3 *from, *to;
	const struct salvage_table *table;
	char *names[COLUMNS_MAX];
	struct str_buf columns, marks; /* those that both have */
	struct str_buf sealed;         /* the new file's columns, in its order: what the sum of a row is made of */
	int count;
	bool has_crc;
	bool refused; /* a row that is not there yet is none to the new file's schema, or has another one's key */
	struct salvage_sum *sum;
	struct progress *progress;
};

static sqlite3_stmt *prepare(sqlite3 *handle, const struct str_buf *sql)
{
	sqlite3_stmt *s = NULL;

	return sqlite3_prepare_v2(handle, sql->text, -1, &s, NULL) == SQLITE_OK ? s : NULL;
}

static int find_name(const struct copy *c, const char *name)
{
	int i = 0;

	while (i < c->count && !str_equal(c->names[i], name))
		i++;
	return i;
}

/* What the old file lacks is NULL in the new one. */
static void find_sealed(struct copy *c)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };
	sqlite3_stmt *s;

	str_buf_printf(&sql, "SELECT name FROM pragma_table_info('%s') WHERE name <> 'crc' ORDER BY cid",
		       c->table->name);
	s = prepare(c->to, &sql);
	while (s && sqlite3_step(s) == SQLITE_ROW) {
		int at = find_name(c, (const char *)sqlite3_column_text(s, 0));

		str_buf_add(&c->sealed, c->sealed.len ? ", " : "");
		if (at < c->count)
			str_buf_printf(&c->sealed, "?%d", at + 1);
		else
			str_buf_add(&c->sealed, "NULL");
	}
	sqlite3_finalize(s);
}

/* Rule 19: the names are those of our own schema. An older file has fewer columns. */
static void find_columns(struct copy *c)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };
	sqlite3_stmt *s;

	str_buf_printf(&sql, "SELECT name FROM pragma_table_info('%s') ORDER BY cid", c->table->name);
	s = prepare(c->from, &sql);
	while (s && sqlite3_step(s) == SQLITE_ROW && c->count < COLUMNS_MAX) {
		const char *name = (const char *)sqlite3_column_text(s, 0);

		if (str_equal(name, "crc")) {
			c->has_crc = true;
			continue;
		}
		str_buf_printf(&c->columns, "%s%s", c->count ? ", " : "", name);
		str_buf_printf(&c->marks, "%s?%d", c->count ? ", " : "", c->count + 1);
		c->names[c->count++] = mem_strdup(name);
	}
	sqlite3_finalize(s);
	if (c->has_crc)
		find_sealed(c);
}

static sqlite3_stmt *open_source(struct copy *c, bool backwards)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };

	if (c->has_crc)
		str_buf_printf(&sql, "SELECT %s, crc IS NULL OR crc = row_crc(%s) FROM %s", c->columns.text,
			       c->columns.text, c->table->name);
	else
		str_buf_printf(&sql, "SELECT %s, 1 FROM %s", c->columns.text, c->table->name);
	if (c->table->where)
		str_buf_printf(&sql, " WHERE %s", c->table->where);
	if (backwards)
		str_buf_printf(&sql, " ORDER BY %s", c->table->order);
	return prepare(c->from, &sql);
}

static sqlite3_stmt *open_target(struct copy *c)
{
	_cleanup_str_buf_ struct str_buf sql = { 0 };

	if (c->has_crc)
		str_buf_printf(&sql, "INSERT OR IGNORE INTO %s (%s, crc) VALUES (%s, iif(?%d, row_crc(%s), -1))",
			       c->table->name, c->columns.text, c->marks.text, c->count + 1, c->sealed.text);
	else
		str_buf_printf(&sql, "INSERT OR IGNORE INTO %s (%s) VALUES (%s)", c->table->name, c->columns.text,
			       c->marks.text);
	return prepare(c->to, &sql);
}

/* What it says of the new file; what it says of the row is none: a row that the schema does not take is none. */
static int file_errno(int rc)
{
	int r = database_errno(rc);

	return r == -EINVAL || (rc & 0xff) == SQLITE_ERROR ? 0 : r;
}

static int put_row(struct copy *c, sqlite3_stmt *from, sqlite3_stmt *to)
{
	int before = sqlite3_total_changes(c->to), rc = SQLITE_OK;
	bool intact = sqlite3_column_int(from, c->count);

	if (!intact && c->table->bad == SALVAGE_LEAVE) {
		c->sum->bad++;
		return 0;
	}
	if (c->has_crc)
		rc = sqlite3_bind_int(to, c->count + 1, intact);
	for (int i = 0; rc == SQLITE_OK && i < c->count; i++)
		rc = sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
	if (rc == SQLITE_OK)
		rc = sqlite3_step(to);
	sqlite3_reset(to);
	if (sqlite3_total_changes(c->to) != before)
		c->sum->rows++;
	else
		c->refused = true;
	return file_errno(rc);
}

/* In a transaction. 1: to the table's end; 0: not; -errno: the new file does not take it. */
static int copy_rows(struct copy *c, sqlite3_stmt *from, sqlite3_stmt *to)
{
	unsigned count = 0;
	int r, rc = SQLITE_ERROR;

	while (from && to && (rc = sqlite3_step(from)) == SQLITE_ROW) {
		r = put_row(c, from, to);
		if (r < 0)
			return r;
		if (++count % ROWS_A_TIME == 0 && is_over(c->progress)) {
			c->sum->late = true;
			break;
		}
	}
	c->sum->late = c->sum->late || rc == SQLITE_INTERRUPT;
	return c->progress->error < 0 ? c->progress->error : rc == SQLITE_DONE;
}

/* One way through the table: like copy_rows. */
static int walk(struct copy *c, bool backwards)
{
	sqlite3_stmt *from, *to;
	int r = database_errno(sqlite3_exec(c->to, "BEGIN IMMEDIATE", NULL, NULL, NULL)), committed;

	if (r < 0)
		return r;
	from = open_source(c, backwards);
	to = open_target(c);
	r = copy_rows(c, from, to);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	committed = r < 0 ? r : database_errno(sqlite3_exec(c->to, "COMMIT", NULL, NULL, NULL));
	/* An I/O error may have rolled back by itself. */
	if (committed < 0 && !sqlite3_get_autocommit(c->to))
		sqlite3_exec(c->to, "ROLLBACK", NULL, NULL, NULL);
	return committed < 0 ? committed : r;
}

/* 1: all of it, as far as it can be told; 0: not; -errno. */
static int copy_table(struct copy *c)
{
	bool whole;
	int r = 0;

	find_columns(c);
	if (c->count > 0)
		r = walk(c, c->table->newest_first);
	whole = r > 0 && !c->refused;
	if (r == 0 && c->count > 0 && !c->sum->late)
		r = walk(c, !c->table->newest_first);
	str_buf_fini(&c->columns);
	str_buf_fini(&c->marks);
	str_buf_fini(&c->sealed);
	for (int i = 0; i < c->count; i++)
		free(c->names[i]);
	return r < 0 ? r : whole;
}

/* As of one moment: also a file that is being written. */
static void begin_reading(sqlite3 *from, struct progress *progress)
{
	rowcrc_register(from);
	sqlite3_exec(from, "BEGIN", NULL, NULL, NULL);
	sqlite3_progress_handler(from, PROGRESS, is_over, progress);
}

int salvage_run(const struct salvage_job *job, sqlite3 *to, struct salvage_sum *ret_sum)
{
	_cleanup_(damaged_closep) struct damaged *damaged = damaged_open(job->path, job->made);
	sqlite3 *from = damaged ? damaged_handle(damaged) : NULL;
	struct progress progress = { .job = job, .deadline_us = clock_mono_us() + job->limit_us };
	struct salvage_sum sum = { .partial = UINT32_MAX };
	int r = 0;

	if (from)
		begin_reading(from, &progress);
	for (size_t i = 0; r >= 0 && from && i < job->table_count && !sum.late; i++) {
		struct copy c = {
			.from = from, .to = to, .table = &job->tables[i], .sum = &sum, .progress = &progress
		};

		r = copy_table(&c);
		if (r > 0)
			sum.partial &= ~(1u << i);
	}
	*ret_sum = sum;
	return progress.error < 0 ? progress.error : MIN(r, 0);
}

void salvage_say(const struct salvage_sum *sum, struct str_buf *what)
{
	str_buf_printf(what, ", %" PRIu64 " rows of it are taken over", sum->rows);
	if (sum->bad)
		str_buf_printf(what, ", %" PRIu64 " are damaged and left out", sum->bad);
}
