/* visit_table.h: contacts with people who live here (visits, calls, cards, arrivals), in state.db: a row each, never changed.
 *
 * Owner: the store thread. visit_table_erase takes out of the rows of a dwelling what is about a person: that somebody was
 * there, and when, stays for the figures. */
#pragma once

#include "store/alarm_table.h"
#include "store/database.h"
#include "store/kept.h"

extern const char visit_table_schema_8[];

#define VISIT_TABLE_STATEMENTS 4
struct visit_table {
	sqlite3_stmt *statements[VISIT_TABLE_STATEMENTS];
};

int visit_table_init(struct visit_table *t, struct database *db);
void visit_table_fini(struct visit_table *t);

/* Within the caller's transaction. */
int visit_table_add(struct visit_table *t, const struct store_op_visit *v, struct clock_now now,
		    const struct alarm_table_clock *clock);
int visit_table_erase(struct visit_table *t, const char *place);
/* The same of the rows that say that it was that one whom they met, wherever it was. */
int visit_table_erase_person(struct visit_table *t, const char *resident);

/* The last contact in person of each dwelling. */
struct visit_table_reader {
	void *context;
	struct kept_present present;
	void (*last)(void *context, const char *place, int64_t wall_us); /* lent */
};
int visit_table_read(struct visit_table *t, const struct visit_table_reader *reader);
