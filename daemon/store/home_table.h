/* home_table.h: what was learned of each dwelling where somebody is watched, in state.db: one block each, as care.h gives it, with
 * the moment of which it is. What changed since is in a file of the runtime directory (app/homefile.h).
 *
 * Owner: the store thread. */
#pragma once

#include "store/alarm_table.h"
#include "store/database.h"
#include "store/kept.h"

extern const char home_table_schema_11[];

#define HOME_TABLE_STATEMENTS 3
struct home_table {
	sqlite3_stmt *statements[HOME_TABLE_STATEMENTS];
};

int home_table_init(struct home_table *t, struct database *db);
void home_table_fini(struct home_table *t);

/* Within the caller's transaction. */
struct store_op_home;
int home_table_put(struct home_table *t, const struct store_op_home *h, struct clock_now now,
		   const struct alarm_table_clock *clock);
int home_table_drop(struct home_table *t, const char *place);

struct home_table_reader {
	void *context;
	struct kept_present present;
	void (*home)(void *context, const struct store_kept_home *h); /* lent */
};
/* What is damaged is left out. */
int home_table_read(struct home_table *t, const struct home_table_reader *reader);
