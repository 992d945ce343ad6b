/* resident_table.h: the register of residents in state.db: every version of every row.
 *
 * Owner: the store thread. Invariant: of a resident who was erased there is no row; else the one with the highest version is as
 * it is now. Fields stand as texts (model/resident_field.h). A row whose CRC is wrong is none: the version before it counts. */
#pragma once

#include "model/resident.h"
#include "store/database.h"
#include "store/store_op.h"

extern const char resident_table_schema_9[], resident_table_schema_12[];

#define RESIDENT_TABLE_STATEMENTS 11
#define RESIDENT_TABLE_VERSIONS   200 /* of one resident: older ones go */
struct resident_table {
	sqlite3_stmt *statements[RESIDENT_TABLE_STATEMENTS];
};

int resident_table_init(struct resident_table *t, struct database *db);
void resident_table_fini(struct resident_table *t);

/* Within the caller's transaction. */
int resident_table_put(struct resident_table *t, const struct resident *r);
int resident_table_erase(struct resident_table *t, const char *id);
/* The point's last value goes; that its samples are to go is written down until they have (resident_table_erased). */
int resident_table_erase_point(struct resident_table *t, const char *point);
int resident_table_erased(struct resident_table *t, const char *point);

struct resident_table_reader {
	void *context;
	void (*resident)(void *context, struct resident *r); /* takes its texts */
	void (*erasing)(void *context, const char *point);   /* its samples are still to go; lent */
};
int resident_table_read(struct resident_table *t, const struct resident_table_reader *reader);
/* What he was called, and where he lived, in all versions: each once. */
struct resident_table_names {
	void *context;
	int (*name)(void *context, const char *name,
		    const char *place); /* lent; name may be NULL; negative: an error that ends it */
};
int resident_table_names(struct resident_table *t, const char *id, const struct resident_table_names *to);
/* All versions of op->subject, newest first, into op's batch: JSON objects of all fields with "version", "at" and "by". */
int resident_table_history(struct resident_table *t, struct store_op *op);
