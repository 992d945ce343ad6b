#include "store/visit_table.h"

#include "store/clock_table.h"

/* at: when it was. mono: of the same moment, where it was recorded at once; NULL: somebody said later when it was. */
const char visit_table_schema_8[] = "CREATE TABLE visit ("
				    " id INTEGER PRIMARY KEY, place TEXT NOT NULL, resident TEXT, kind TEXT NOT NULL,"
				    " worker TEXT, note TEXT, at INTEGER NOT NULL, recorded INTEGER NOT NULL,"
				    " boot TEXT NOT NULL, mono INTEGER, clock TEXT) STRICT;"
				    "CREATE INDEX visit_place ON visit (place, at);"
				    "CREATE INDEX visit_at ON visit (at);";

enum { ADD, ERASE, ERASE_PERSON, READ };

/* clang-format off */
static const char *const sql[VISIT_TABLE_STATEMENTS] = {
	[ADD]   = "INSERT INTO visit (place, resident, kind, worker, note, at, recorded, boot, mono, clock)"
		  " VALUES (?,?,?,?,?,?,?,?,?,?)",
	[ERASE] = "UPDATE visit SET resident = NULL, note = NULL WHERE place = ?",
	[ERASE_PERSON] = "UPDATE visit SET resident = NULL, note = NULL WHERE resident = ?",
	[READ]  = "SELECT place, boot, mono, max(at), clock FROM visit WHERE kind <> 'phone' GROUP BY place ORDER BY place",
};
/* clang-format on */

int visit_table_init(struct visit_table *t, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, VISIT_TABLE_STATEMENTS }, t->statements);
}

void visit_table_fini(struct visit_table *t)
{
	database_finalize(t->statements, VISIT_TABLE_STATEMENTS);
}

int visit_table_add(struct visit_table *t, const struct store_op_visit *v, struct clock_now now,
		    const struct alarm_table_clock *clock)
{
	sqlite3_stmt *s = t->statements[ADD];

	database_bind_text(s, 1, v->place);
	database_bind_text(s, 2, v->resident);
	database_bind_text(s, 3, v->kind);
	database_bind_text(s, 4, v->worker);
	database_bind_text(s, 5, v->note);
	sqlite3_bind_int64(s, 6, v->at_us ? v->at_us : now.wall_us);
	sqlite3_bind_int64(s, 7, now.wall_us);
	database_bind_text(s, 8, clock->boot);
	if (v->at_us)
		sqlite3_bind_null(s, 9);
	else
		sqlite3_bind_int64(s, 9, now.mono_us);
	clock_table_bind_quality(s, 10, clock->quality);
	return database_run(s);
}

int visit_table_erase(struct visit_table *t, const char *place)
{
	database_bind_text(t->statements[ERASE], 1, place);
	return database_run(t->statements[ERASE]);
}

int visit_table_erase_person(struct visit_table *t, const char *resident)
{
	database_bind_text(t->statements[ERASE_PERSON], 1, resident);
	return database_run(t->statements[ERASE_PERSON]);
}

/* What was stamped by a worse clock is meant where it should have been. */
static int64_t at_of(sqlite3_stmt *s, const struct clockmap *map)
{
	struct clockmap_stamp stamp = { .boot = (const char *)sqlite3_column_text(s, 1),
					.at = { clock_table_us(s, 2), clock_table_us(s, 3) } };
	bool known;

	stamp.quality = clock_table_quality(s, 4, &known);
	if (!known || !map || !stamp.boot || sqlite3_column_type(s, 2) == SQLITE_NULL)
		return stamp.at.wall_us;
	return clockmap_mend(map, &stamp).at.wall_us;
}

int visit_table_read(struct visit_table *t, const struct visit_table_reader *reader)
{
	sqlite3_stmt *s = t->statements[READ];
	int r;

	while ((r = database_row(s)) > 0)
		reader->last(reader->context, (const char *)sqlite3_column_text(s, 0), at_of(s, reader->present.map));
	return r;
}
