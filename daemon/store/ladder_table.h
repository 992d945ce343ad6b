/* ladder_table.h: how far each alarm has climbed its ladder, and who was told, in state.db.
 *
 * Owner: the store thread. Invariant: the table ladder holds the runs as they were last committed, and no others. */
#pragma once

#include "alarm/ladder_run.h"
#include "store/alarm_table.h"
#include "store/database.h"
#include "store/kept.h"

extern const char ladder_table_schema_6[];

#define LADDER_TABLE_STATEMENTS 3
struct ladder_table {
	sqlite3_stmt *statements[LADDER_TABLE_STATEMENTS];
};

int ladder_table_init(struct ladder_table *t, struct database *db);
void ladder_table_fini(struct ladder_table *t);

/* As of now, within the caller's transaction. */
int ladder_table_put(struct ladder_table *t, const struct ladder_run *r, struct clock_now now,
		     const struct alarm_table_clock *clock);
int ladder_table_drop(struct ladder_table *t, const char *alarm);

struct ladder_table_reader {
	void *context;
	struct kept_present present;
	void (*run)(void *context, struct ladder_run *r); /* takes it */
};
/* What cannot be read is left out: the alarm begins at the foot then. */
int ladder_table_read(struct ladder_table *t, const struct ladder_table_reader *reader);
