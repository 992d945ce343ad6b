/* clock_table.h: what was learned of the wall clock, in state.db (table clockmap, and the floor in meta).
 *
 * Owner: the store thread. Rows are never changed; the newest CLOCKMAP_ROWS_MAX stay. Invariant: outside a transaction map
 * is what the table holds. The floor is the last stored time of a clock that could be trusted, by order of storing and not
 * the greatest: a mistake of a year must not make the right time look wrong for ever. */
#pragma once

#include "model/clockmap.h"
#include "store/database.h"

extern const char clock_table_schema_2[];

#define CLOCK_TABLE_STATEMENTS 6
struct clock_table {
	sqlite3_stmt *statements[CLOCK_TABLE_STATEMENTS];
	struct clockmap map, before; /* before: to roll back to */
};

/* Reads the map. */
int clock_table_init(struct clock_table *t, struct database *db);
void clock_table_fini(struct clock_table *t);

void clock_table_begin(struct clock_table *t);
void clock_table_rollback(struct clock_table *t);

/* Within the caller's transaction. who: the person who set it, or NULL. */
int clock_table_add(struct clock_table *t, const struct clockmap_row *row, const char *who);
/* transition_id: the newest there is; later ones are later than this floor. */
int clock_table_set_floor(struct clock_table *t, int64_t wall_us, int64_t transition_id);
/* 0 where nothing is known. */
int clock_table_floor(struct clock_table *t, int64_t *ret_wall_us);

/* The quality that a column tells; *ret_known false where it is empty (stored before qualities were). Binds it back. */
enum clock_quality clock_table_quality(sqlite3_stmt *statement, int column, bool *ret_known);
/* A time that a column holds, bounded so that no sum of what a damaged file says runs over. */
int64_t clock_table_us(sqlite3_stmt *statement, int column);
void clock_table_bind_quality(sqlite3_stmt *statement, int at, enum clock_quality q);
