/* account_table.h: who may log in, and who has: users and sessions in state.db, each a row of its own. What a row says is a
 * JSON object of whoever keeps it (app/accounts.c); of a password or a session nothing stands here but its hash.
 *
 * Owner: the store thread. */
#pragma once

#include "store/database.h"

struct store_account;
extern const char account_table_schema_10[];

#define ACCOUNT_TABLE_STATEMENTS 3
struct account_table {
	sqlite3_stmt *statements[ACCOUNT_TABLE_STATEMENTS];
};

int account_table_init(struct account_table *t, struct database *db);
void account_table_fini(struct account_table *t);
/* Within the caller's transaction. */
int account_table_put(struct account_table *t, const struct store_account *a);

struct account_table_reader {
	void *context;
	void (*account)(void *context, const struct store_account *a); /* lent */
};
int account_table_read(struct account_table *t, const struct account_table_reader *reader);
