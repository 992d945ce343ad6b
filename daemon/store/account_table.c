#include "store/account_table.h"

#include "store/store.h"

const char account_table_schema_10[] = "CREATE TABLE account ("
				       " kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,"
				       " PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;";

enum { PUT, DROP, READ };

static const char *const sql[ACCOUNT_TABLE_STATEMENTS] = {
	[PUT] = "INSERT OR REPLACE INTO account (kind, id, body) VALUES (?,?,?)",
	[DROP] = "DELETE FROM account WHERE kind = ? AND id = ?",
	[READ] = "SELECT kind, id, body FROM account ORDER BY kind DESC, id", /* users before their sessions */
};

int account_table_init(struct account_table *t, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, ACCOUNT_TABLE_STATEMENTS }, t->statements);
}

void account_table_fini(struct account_table *t)
{
	database_finalize(t->statements, ACCOUNT_TABLE_STATEMENTS);
}

int account_table_put(struct account_table *t, const struct store_account *a)
{
	sqlite3_stmt *s = t->statements[a->body ? PUT : DROP];

	database_bind_text(s, 1, a->kind);
	database_bind_text(s, 2, a->id);
	if (a->body)
		database_bind_text(s, 3, a->body);
	return database_run(s);
}

int account_table_read(struct account_table *t, const struct account_table_reader *reader)
{
	sqlite3_stmt *s = t->statements[READ];
	int r;

	while ((r = database_row(s)) > 0)
		reader->account(reader->context, &(struct store_account){
							 .kind = (const char *)sqlite3_column_text(s, 0),
							 .id = (const char *)sqlite3_column_text(s, 1),
							 .body = (const char *)sqlite3_column_text(s, 2),
						 });
	return r;
}
