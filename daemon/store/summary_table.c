#include "store/summary_table.h"

/* The index is what finds the transitions of a span; those behind a step of the clock are found by clockmap (summary_reader.c). */
const char summary_table_schema_5[] = "CREATE TABLE summary ("
				      " period TEXT NOT NULL, start INTEGER NOT NULL, departed TEXT NOT NULL,"
				      " PRIMARY KEY (period, start)) STRICT, WITHOUT ROWID;"
				      "CREATE INDEX transition_wall ON transition (wall);";

#define HOURS_KEPT (8 * DAY)
#define DAYS_KEPT  (100 * DAY)

enum { PUT, DROP };

/* clang-format off */
static const char *const sql[SUMMARY_TABLE_STATEMENTS] = {
	[PUT]  = "INSERT OR REPLACE INTO summary (period, start, departed) VALUES (?,?,?)",
	[DROP] = "DELETE FROM summary WHERE period = ? AND start < ?",
};
/* clang-format on */

int summary_table_init(struct summary_table *t, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, SUMMARY_TABLE_STATEMENTS }, t->statements);
}

void summary_table_fini(struct summary_table *t)
{
	database_finalize(t->statements, SUMMARY_TABLE_STATEMENTS);
}

int summary_table_put(struct summary_table *t, const struct store_op_summary *s)
{
	sqlite3_stmt *put = t->statements[PUT], *drop = t->statements[DROP];
	const char *period = summary_span_name(s->span.period);
	int r;

	database_bind_text(put, 1, period);
	sqlite3_bind_int64(put, 2, s->span.from_us);
	database_bind_text(put, 3, s->departed);
	r = database_run(put);
	if (r < 0)
		return r;
	database_bind_text(drop, 1, period);
	sqlite3_bind_int64(drop, 2, s->span.from_us - (s->span.period == SUMMARY_HOUR ? HOURS_KEPT : DAYS_KEPT));
	return database_run(drop);
}
