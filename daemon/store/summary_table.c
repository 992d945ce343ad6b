#include "store/summary_table.h"

/* The index is what finds the transitions of a span; those behind a step of the clock are found by clockmap (summary_reader.c). */
const char summary_table_schema_5[] = "CREATE TABLE summary ("
				      " period TEXT NOT NULL, start INTEGER NOT NULL, departed TEXT NOT NULL,"
				      " PRIMARY KEY (period, start)) STRICT, WITHOUT ROWID;"
				      "CREATE INDEX transition_wall ON transition (wall);";

/* devices: of which it was made; NULL: nobody noted it. */
const char summary_table_schema_7[] = "CREATE TABLE device_list (id INTEGER PRIMARY KEY, list TEXT NOT NULL) STRICT;"
				      "ALTER TABLE summary ADD COLUMN devices INTEGER;";

#define HOURS_KEPT (8 * DAY)
#define DAYS_KEPT  (100 * DAY)

enum { PUT, DROP, FIND_LIST, ADD_LIST, DROP_LISTS };

/* clang-format off */
static const char *const sql[SUMMARY_TABLE_STATEMENTS] = {
	[PUT]        = "INSERT INTO summary (period, start, departed, devices) VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET"
		       " departed = excluded.departed, devices = coalesce(excluded.devices, devices)",
	[DROP]       = "DELETE FROM summary WHERE period = ? AND start < ?",
	[FIND_LIST]  = "SELECT id FROM device_list WHERE list = ?",
	[ADD_LIST]   = "INSERT INTO device_list (list) VALUES (?)",
	[DROP_LISTS] = "DELETE FROM device_list WHERE id NOT IN (SELECT devices FROM summary WHERE devices IS NOT NULL)",
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

/* There are few, and each is compared as far as it is the same. */
static int find_list(struct summary_table *t, const char *list, int64_t *ret_id)
{
	sqlite3_stmt *find = t->statements[FIND_LIST], *add = t->statements[ADD_LIST];
	int r;

	database_bind_text(find, 1, list);
	r = database_row(find);
	if (r > 0) {
		*ret_id = sqlite3_column_int64(find, 0);
		database_reset(find);
	}
	if (r != 0)
		return MIN(r, 0);
	database_bind_text(add, 1, list);
	r = database_run(add);
	*ret_id = sqlite3_last_insert_rowid(sqlite3_db_handle(add));
	return r;
}

static int drop_old(struct summary_table *t, const struct summary_span *span)
{
	sqlite3_stmt *drop = t->statements[DROP];
	int r;

	database_bind_text(drop, 1, summary_span_name(span->period));
	sqlite3_bind_int64(drop, 2, span->from_us - (span->period == SUMMARY_HOUR ? HOURS_KEPT : DAYS_KEPT));
	r = database_run(drop);
	return r < 0 || sqlite3_changes(sqlite3_db_handle(drop)) == 0 ? r : database_run(t->statements[DROP_LISTS]);
}

int summary_table_put(struct summary_table *t, const struct store_op_summary *s)
{
	sqlite3_stmt *put = t->statements[PUT];
	int64_t list = 0;
	int r = s->devices ? find_list(t, s->devices, &list) : 0;

	if (r < 0)
		return r;
	database_bind_text(put, 1, summary_span_name(s->span.period));
	sqlite3_bind_int64(put, 2, s->span.from_us);
	database_bind_text(put, 3, s->departed);
	if (list)
		sqlite3_bind_int64(put, 4, list);
	else
		sqlite3_bind_null(put, 4);
	r = database_run(put);
	return r < 0 ? r : drop_old(t, &s->span);
}
