/* summary_table.h: which summaries have left, in state.db: a row an hour or day, put there in the transaction that queues them.
 * So each leaves once, whatever ends the daemon. start is a moment, not a date: an hour that the change to winter time repeats
 * is two. Of which devices it was made is kept too, each list of them once. Owner: the store thread. */
#pragma once

#include "store/database.h"
#include "store/store_op.h"

extern const char summary_table_schema_5[], summary_table_schema_7[];

#define SUMMARY_TABLE_STATEMENTS 5
struct summary_table {
	sqlite3_stmt *statements[SUMMARY_TABLE_STATEMENTS];
};

int summary_table_init(struct summary_table *t, struct database *db);
void summary_table_fini(struct summary_table *t);
/* Within the caller's transaction. Rows of the period that are too old for a correction go. */
int summary_table_put(struct summary_table *t, const struct store_op_summary *s);
