#include "store/clock_table.h"

#include <errno.h>
#include <stdio.h>

const char clock_table_schema_2[] =
	"CREATE TABLE clockmap ("
	" id INTEGER PRIMARY KEY, boot TEXT NOT NULL, mono INTEGER NOT NULL, wall INTEGER NOT NULL,"
	" clock TEXT NOT NULL, step INTEGER NOT NULL, who TEXT) STRICT;";

#define MOMENT_MAX (9999 * 366 * DAY) /* further away from 1970, or from the boot, is nothing but damage */

enum { ADD_ROW, DROP_ROWS, READ_ROWS, SET_FLOOR, SET_FLOOR_TRANSITION, READ_FLOOR };

/* clang-format off */
static const char *const sql[CLOCK_TABLE_STATEMENTS] = {
	[ADD_ROW]              = "INSERT INTO clockmap (boot, mono, wall, clock, step, who) VALUES (?,?,?,?,?,?)",
	[DROP_ROWS]            = "DELETE FROM clockmap WHERE id <= (SELECT max(id) FROM clockmap) - ?",
	[READ_ROWS]            = "SELECT boot, mono, wall, clock, step FROM clockmap ORDER BY id",
	[SET_FLOOR]            = "INSERT OR REPLACE INTO meta (name, value) VALUES ('floor', ?)",
	[SET_FLOOR_TRANSITION] = "INSERT OR REPLACE INTO meta (name, value) VALUES ('floor_transition', ?)",
	[READ_FLOOR]           = "SELECT coalesce((SELECT wall FROM transition WHERE"
				 "  id > coalesce((SELECT value FROM meta WHERE name = 'floor_transition'), 0)"
				 "  AND (clock IS NULL OR clock <> 'unset') ORDER BY id DESC LIMIT 1),"
				 " (SELECT value FROM meta WHERE name = 'floor'), 0)",
};
/* clang-format on */

enum clock_quality clock_table_quality(sqlite3_stmt *statement, int column, bool *ret_known)
{
	const char *name = (const char *)sqlite3_column_text(statement, column);
	enum clock_quality q = CLOCK_RESTORED;

	*ret_known = name && clock_quality_parse(name, &q) == 0;
	return q;
}

int64_t clock_table_us(sqlite3_stmt *statement, int column)
{
	int64_t us = sqlite3_column_int64(statement, column);

	return CLAMP(us, -MOMENT_MAX, MOMENT_MAX);
}

void clock_table_bind_quality(sqlite3_stmt *statement, int at, enum clock_quality q)
{
	database_bind_text(statement, at, clock_quality_name(q));
}

static int read_rows(struct clock_table *t)
{
	sqlite3_stmt *s = t->statements[READ_ROWS];
	int r;

	t->map.count = 0;
	while ((r = database_row(s)) > 0) {
		struct clockmap_row row = {
			.at = { .mono_us = clock_table_us(s, 1), .wall_us = clock_table_us(s, 2) },
			.step_us = clock_table_us(s, 4),
		};
		bool known;

		snprintf(row.boot, sizeof(row.boot), "%s", (const char *)sqlite3_column_text(s, 0));
		row.quality = clock_table_quality(s, 3, &known);
		if (known)
			clockmap_add(&t->map, &row);
	}
	return r;
}

int clock_table_init(struct clock_table *t, struct database *db)
{
	int r = database_prepare(db, (struct database_sql){ sql, CLOCK_TABLE_STATEMENTS }, t->statements);

	return r == 0 ? read_rows(t) : r;
}

void clock_table_fini(struct clock_table *t)
{
	database_finalize(t->statements, CLOCK_TABLE_STATEMENTS);
}

void clock_table_begin(struct clock_table *t)
{
	t->before = t->map;
}

void clock_table_rollback(struct clock_table *t)
{
	t->map = t->before;
}

int clock_table_add(struct clock_table *t, const struct clockmap_row *row, const char *who)
{
	sqlite3_stmt *add = t->statements[ADD_ROW], *drop = t->statements[DROP_ROWS];
	int r;

	database_bind_text(add, 1, row->boot);
	sqlite3_bind_int64(add, 2, row->at.mono_us);
	sqlite3_bind_int64(add, 3, row->at.wall_us);
	clock_table_bind_quality(add, 4, row->quality);
	sqlite3_bind_int64(add, 5, row->step_us);
	database_bind_text(add, 6, who);
	r = database_run(add);
	if (r < 0)
		return r;
	clockmap_add(&t->map, row);
	sqlite3_bind_int(drop, 1, CLOCKMAP_ROWS_MAX);
	return database_run(drop);
}

int clock_table_set_floor(struct clock_table *t, int64_t wall_us, int64_t transition_id)
{
	sqlite3_stmt *floor = t->statements[SET_FLOOR], *transition = t->statements[SET_FLOOR_TRANSITION];
	int r;

	sqlite3_bind_int64(floor, 1, wall_us);
	r = database_run(floor);
	if (r < 0)
		return r;
	sqlite3_bind_int64(transition, 1, transition_id);
	return database_run(transition);
}

int clock_table_floor(struct clock_table *t, int64_t *ret_wall_us)
{
	sqlite3_stmt *s = t->statements[READ_FLOOR];
	int r = database_row(s);

	if (r < 0)
		return r;
	*ret_wall_us = clock_table_us(s, 0);
	database_reset(s);
	return 0;
}
