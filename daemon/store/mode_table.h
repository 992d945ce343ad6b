/* mode_table.h: what is out of service, what is in test, what was proven, in state.db.
 *
 * Owner: the store thread. Invariant: the table mode holds exactly what was on after the last committed change. */
#pragma once

#include "alarm/mode.h"
#include "store/alarm_table.h"
#include "store/database.h"
#include "store/kept.h"

extern const char mode_table_schema_3[];

#define MODE_TABLE_STATEMENTS 3
struct mode_table {
	sqlite3_stmt *statements[MODE_TABLE_STATEMENTS];
};

int mode_table_init(struct mode_table *t, struct database *db);
void mode_table_fini(struct mode_table *t);

/* One change as of now, within the caller's transaction. */
int mode_table_put(struct mode_table *t, const struct mode *m, struct clock_now now,
		   const struct alarm_table_clock *clock);

struct mode_table_reader {
	void *context;
	struct kept_present present;
	void (*mode)(void *context, const struct mode *m); /* lent */
};
/* What cannot be read is left out. */
int mode_table_read(struct mode_table *t, const struct mode_table_reader *reader);
