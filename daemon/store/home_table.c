#include "store/home_table.h"

#include "base/str.h"
#include "store/clock_table.h"

const char home_table_schema_11[] =
	"CREATE TABLE home ("
	" place TEXT PRIMARY KEY NOT NULL, block BLOB NOT NULL,"
	" boot TEXT NOT NULL, mono INTEGER NOT NULL, wall INTEGER NOT NULL, clock TEXT, crc INTEGER NOT NULL) STRICT;";

enum { PUT, DROP, READ };

static const char *const sql[HOME_TABLE_STATEMENTS] = {
	[PUT] = "INSERT OR REPLACE INTO home (place, block, boot, mono, wall, clock, crc)"
		" VALUES (?1,?2,?3,?4,?5,?6,row_crc(?1,?2,?3,?4,?5,?6))",
	[DROP] = "DELETE FROM home WHERE place = ?",
	[READ] = "SELECT place, block, boot, mono, wall, clock FROM home WHERE crc = row_crc(place, block, boot, mono, "
		 "wall, clock)"
		 " ORDER BY place",
};

int home_table_init(struct home_table *t, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, HOME_TABLE_STATEMENTS }, t->statements);
}

void home_table_fini(struct home_table *t)
{
	database_finalize(t->statements, HOME_TABLE_STATEMENTS);
}

int home_table_put(struct home_table *t, const struct store_op_home *h, struct clock_now now,
		   const struct alarm_table_clock *clock)
{
	sqlite3_stmt *s = t->statements[PUT];

	if (!h->bytes)
		return home_table_drop(t, h->place);
	database_bind_text(s, 1, h->place);
	sqlite3_bind_blob(s, 2, h->bytes, (int)h->len, SQLITE_STATIC);
	database_bind_text(s, 3, clock->boot);
	sqlite3_bind_int64(s, 4, now.mono_us);
	sqlite3_bind_int64(s, 5, now.wall_us);
	clock_table_bind_quality(s, 6, clock->quality);
	return database_run(s);
}

int home_table_drop(struct home_table *t, const char *place)
{
	sqlite3_stmt *s = t->statements[DROP];

	database_bind_text(s, 1, place);
	return database_run(s);
}

int home_table_read(struct home_table *t, const struct home_table_reader *reader)
{
	sqlite3_stmt *s = t->statements[READ];
	int r;

	while ((r = database_row(s)) > 0) {
		struct kept_moment moment = { .stamp = kept_stamp(s, 2, 5) };
		struct store_kept_home h = {
			.place = (const char *)sqlite3_column_text(s, 0),
			.bytes = sqlite3_column_blob(s, 1),
			.len = (size_t)sqlite3_column_bytes(s, 1),
			.same_boot = str_equal((const char *)sqlite3_column_text(s, 2), reader->present.now.boot),
			.mono_us = clock_table_us(s, 3),
			.age_us = reader->present.now.at.mono_us - kept_mono(&moment, &reader->present),
		};

		reader->home(reader->context, &h);
	}
	return r;
}
