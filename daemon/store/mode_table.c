#include "store/mode_table.h"

#include "base/mem.h"
#include "store/clock_table.h"

/* ends_in: what was left of it at mono of that boot; NULL: it has no end. */
const char mode_table_schema_3[] =
	"CREATE TABLE mode ("
	" kind TEXT NOT NULL, subject TEXT NOT NULL, who TEXT, why TEXT, since INTEGER NOT NULL, ends_in INTEGER,"
	" boot TEXT NOT NULL, mono INTEGER NOT NULL, wall INTEGER NOT NULL, clock TEXT,"
	" PRIMARY KEY (kind, subject)) STRICT, WITHOUT ROWID;";

enum { PUT, DROP, READ };

static const char *const sql[MODE_TABLE_STATEMENTS] = {
	[PUT] = "INSERT OR REPLACE INTO mode (kind, subject, who, why, since, ends_in, boot, mono, wall, clock)"
		" VALUES (?,?,?,?,?,?,?,?,?,?)",
	[DROP] = "DELETE FROM mode WHERE kind = ? AND subject = ?",
	[READ] = "SELECT kind, subject, who, why, since, ends_in, boot, mono, wall, clock FROM mode"
		 " ORDER BY kind, subject",
};

int mode_table_init(struct mode_table *t, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, MODE_TABLE_STATEMENTS }, t->statements);
}

void mode_table_fini(struct mode_table *t)
{
	database_finalize(t->statements, MODE_TABLE_STATEMENTS);
}

int mode_table_put(struct mode_table *t, const struct mode *m, struct clock_now now,
		   const struct alarm_table_clock *clock)
{
	sqlite3_stmt *s = t->statements[m->spell.on ? PUT : DROP];

	database_bind_text(s, 1, mode_name(m->kind));
	database_bind_text(s, 2, m->subject);
	if (!m->spell.on)
		return database_run(s);
	database_bind_text(s, 3, m->spell.by);
	database_bind_text(s, 4, m->spell.why);
	sqlite3_bind_int64(s, 5, m->since_us);
	if (m->spell.end_us)
		sqlite3_bind_int64(s, 6, MAX(m->spell.end_us - now.mono_us, (int64_t)0));
	else
		sqlite3_bind_null(s, 6);
	database_bind_text(s, 7, clock->boot);
	sqlite3_bind_int64(s, 8, now.mono_us);
	sqlite3_bind_int64(s, 9, now.wall_us);
	clock_table_bind_quality(s, 10, clock->quality);
	return database_run(s);
}

static void read_mode(sqlite3_stmt *s, const struct mode_table_reader *reader)
{
	const struct clock_now now = reader->present.now.at;
	struct kept_moment moment = { .stamp = { .boot = (const char *)sqlite3_column_text(s, 6),
						 .at = { clock_table_us(s, 7), clock_table_us(s, 8) } } };
	struct mode m = { .spell = { .on = true } };
	bool known;

	moment.stamp.quality = clock_table_quality(s, 9, &known);
	if (mode_parse((const char *)sqlite3_column_text(s, 0), &m.kind) < 0)
		return;
	m.subject = (char *)sqlite3_column_text(s, 1); /* lent */
	m.spell.by = (char *)sqlite3_column_text(s, 2);
	m.spell.why = (char *)sqlite3_column_text(s, 3);
	m.since_us = clock_table_us(s, 4);
	if (!mode_lasts(m.kind)) {
		m.spell.end_us = kept_mono(&moment, &reader->present) + MAX(clock_table_us(s, 5), (int64_t)0);
		m.spell.until_us = now.wall_us + (m.spell.end_us - now.mono_us);
	}
	reader->mode(reader->context, &m);
}

int mode_table_read(struct mode_table *t, const struct mode_table_reader *reader)
{
	int r;

	while ((r = database_row(t->statements[READ])) > 0)
		read_mode(t->statements[READ], reader);
	return r;
}
