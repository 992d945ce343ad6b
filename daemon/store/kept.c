#include "store/kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/clock_table.h"

#define BELIEVED_MAX (30 * DAY)

const char kept_schema_1[] =
	"CREATE TABLE value ("
	" point TEXT PRIMARY KEY, type TEXT NOT NULL, value ANY, quality TEXT NOT NULL, test INTEGER NOT NULL,"
	" boot TEXT NOT NULL, mono INTEGER NOT NULL, wall INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE delay ("
	" alarm TEXT NOT NULL, kind INTEGER NOT NULL, boot TEXT NOT NULL, mono INTEGER NOT NULL,"
	" wall INTEGER NOT NULL, age INTEGER NOT NULL, PRIMARY KEY (alarm, kind)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;";

/* clock: quality of the wall clock when the row was written; NULL in rows from before that was known. */
const char kept_schema_2[] = "ALTER TABLE value ADD COLUMN clock TEXT;"
			     "ALTER TABLE delay ADD COLUMN clock TEXT;";

enum { PUT_VALUE, READ_VALUES, PUT_DELAY, DROP_DELAY, READ_DELAYS, PROVE, ALL_DELAYS };

/* clang-format off */
static const char *const sql[KEPT_STATEMENTS] = {
	[PUT_VALUE]   = "INSERT OR REPLACE INTO value (point, type, value, quality, test, boot, mono, wall, clock)"
			" VALUES (?,?,?,?,?,?,?,?,?)",
	[READ_VALUES] = "SELECT point, type, value, quality, test, boot, mono, wall, clock FROM value ORDER BY point",
	[PUT_DELAY]   = "INSERT OR REPLACE INTO delay (alarm, kind, boot, mono, wall, age, clock)"
			" VALUES (?,?,?,?,?,?,?)",
	[DROP_DELAY]  = "DELETE FROM delay WHERE alarm = ? AND kind = ?",
	[READ_DELAYS] = "SELECT alarm, kind, boot, mono, wall, age, clock FROM delay ORDER BY alarm, kind",
	[PROVE]       = "INSERT OR REPLACE INTO meta (name, value) VALUES ('proven', ?)",
	[ALL_DELAYS]  = "SELECT alarm, kind, boot, mono FROM delay ORDER BY alarm, kind",
};
/* clang-format on */

int kept_init(struct kept *k, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, KEPT_STATEMENTS }, k->statements);
}

void kept_fini(struct kept *k)
{
	database_finalize(k->statements, KEPT_STATEMENTS);
}

int kept_prove(struct kept *k, int64_t wall_us)
{
	sqlite3_stmt *s = k->statements[PROVE];

	sqlite3_bind_int64(s, 1, wall_us);
	return database_run(s);
}

/* ---- values ---- */

static void bind_value(sqlite3_stmt *s, int at, const struct value *v)
{
	switch (v->type) {
	case VALUE_NUMBER: sqlite3_bind_double(s, at, v->number); return; /* NaN is NULL */
	case VALUE_BOOL: sqlite3_bind_int(s, at, v->boolean); return;
	case VALUE_TEXT:
	case VALUE_EVENT: database_bind_text(s, at, v->text); return;
	case VALUE_NONE: break;
	}
	sqlite3_bind_null(s, at);
}

static struct value read_value(sqlite3_stmt *s, int column, enum value_type type)
{
	const char *text;

	if (sqlite3_column_type(s, column) == SQLITE_NULL)
		return (struct value){ .type = VALUE_NONE };
	switch (type) {
	case VALUE_NUMBER: return value_number(sqlite3_column_double(s, column));
	case VALUE_BOOL: return value_bool(sqlite3_column_int(s, column));
	case VALUE_TEXT:
	case VALUE_EVENT:
		text = (const char *)sqlite3_column_text(s, column);
		return type == VALUE_TEXT ? value_text(text) : value_event(text);
	case VALUE_NONE: break;
	}
	return (struct value){ .type = VALUE_NONE };
}

int kept_put_value(struct kept *k, const struct store_op_value *v, const struct kept_clock *clock)
{
	const struct reading *r = &v->reading;
	sqlite3_stmt *s = k->statements[PUT_VALUE];

	database_bind_text(s, 1, v->name);
	database_bind_text(s, 2, value_type_name(r->value.type));
	bind_value(s, 3, &r->value);
	database_bind_text(s, 4, value_quality_name(r->quality));
	sqlite3_bind_int(s, 5, r->test);
	database_bind_text(s, 6, clock->boot);
	sqlite3_bind_int64(s, 7, r->at.mono_us);
	sqlite3_bind_int64(s, 8, r->at.wall_us);
	clock_table_bind_quality(s, 9, clock->quality);
	return database_run(s);
}

/* The moment in columns boot, mono, wall; clock stands somewhere else. A quality that nobody noted is believed as it was
 * before qualities were. */
struct clockmap_stamp kept_stamp(sqlite3_stmt *s, int column, int clock_column)
{
	bool known;

	return (struct clockmap_stamp){
		.boot = (const char *)sqlite3_column_text(s, column),
		.at = { .mono_us = clock_table_us(s, column + 1), .wall_us = clock_table_us(s, column + 2) },
		.quality = clock_table_quality(s, clock_column, &known),
	};
}

/* A value's wall time is its source's word for it, where the source has a clock of its own. Only what nobody's clock can
 * have said is mended. */
static int64_t value_wall(const struct clockmap_stamp *stamp, const struct kept_present *present)
{
	if (!present->map || stamp->at.wall_us >= CLOCK_ERA_US)
		return stamp->at.wall_us;
	return clockmap_mend(present->map, stamp).at.wall_us;
}

static int read_values(struct kept *k, const struct kept_reader *reader)
{
	sqlite3_stmt *s = k->statements[READ_VALUES];
	int r;

	while ((r = database_row(s)) > 0) {
		const char *quality = (const char *)sqlite3_column_text(s, 3);
		/* When nobody knows how old it is, it is too old to count as fresh. */
		struct kept_moment moment = { .stamp = kept_stamp(s, 5, 8), .unsure_us = BELIEVED_MAX };
		struct reading reading = { .test = sqlite3_column_int(s, 4) };
		enum value_type type = VALUE_NONE;

		if (value_quality_parse(quality, &reading.quality) < 0)
			reading.quality = QUALITY_LOST;
		value_type_parse((const char *)sqlite3_column_text(s, 1), &type);
		reading.value = read_value(s, 2, type);
		reading.at.wall_us = value_wall(&moment.stamp, &reader->present);
		reading.at.mono_us = kept_mono(&moment, &reader->present);
		reader->value(reader->context, (const char *)sqlite3_column_text(s, 0), &reading);
	}
	return r;
}

/* ---- delays ---- */

static int compare_delays(const void *a, const void *b)
{
	const struct evaluator_delay *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	return order ? order : (int)x->kind - (int)y->kind;
}

static int drop_delay(struct kept *k, const struct evaluator_delay *d)
{
	sqlite3_stmt *s = k->statements[DROP_DELAY];

	database_bind_text(s, 1, d->id);
	sqlite3_bind_int(s, 2, (int)d->kind);
	return database_run(s);
}

static int put_delay(struct kept *k, const struct kept_delays *all, const struct evaluator_delay *d)
{
	sqlite3_stmt *s = k->statements[PUT_DELAY];
	int64_t age_us = MAX(all->now.mono_us - d->since_us, (int64_t)0);

	database_bind_text(s, 1, d->id);
	sqlite3_bind_int(s, 2, (int)d->kind);
	database_bind_text(s, 3, all->clock.boot);
	sqlite3_bind_int64(s, 4, d->since_us);
	sqlite3_bind_int64(s, 5, all->now.wall_us - age_us);
	sqlite3_bind_int64(s, 6, age_us);
	clock_table_bind_quality(s, 7, all->clock.quality);
	return database_run(s);
}

/* The row that s stands on, without its moment. */
static void read_key(sqlite3_stmt *s, struct evaluator_delay *ret_key)
{
	*ret_key = (struct evaluator_delay){ .kind = (enum evaluator_delay_kind)sqlite3_column_int(s, 1) };
	snprintf(ret_key->id, sizeof(ret_key->id), "%s", (const char *)sqlite3_column_text(s, 0));
}

/* Rows that no delay stands for any more, and (by *same) those that are already as they should be. The disk is flash:
 * what has not changed is not written again. */
struct delay_changes {
	struct evaluator_delay *gone;
	size_t gone_count;
	bool *same; /* beside each delay */
};

static int compare_kept(struct kept *k, const struct kept_delays *d, struct delay_changes *changes)
{
	sqlite3_stmt *s = k->statements[ALL_DELAYS];
	int r;

	while ((r = database_row(s)) > 0) {
		struct evaluator_delay key, *found;

		read_key(s, &key);
		found = d->count ? bsearch(&key, d->delays, d->count, sizeof(key), compare_delays) : NULL;
		if (found) {
			changes->same[found - d->delays] =
				sqlite3_column_int64(s, 3) == found->since_us &&
				str_equal((const char *)sqlite3_column_text(s, 2), d->clock.boot);
			continue;
		}
		changes->gone = mem_realloc(changes->gone, changes->gone_count + 1, sizeof(key));
		changes->gone[changes->gone_count++] = key;
	}
	return r;
}

int kept_put_delays(struct kept *k, const struct kept_delays *d)
{
	struct delay_changes changes = { .same = mem_array(d->count + 1, sizeof(bool)) };
	int r;

	if (d->count)
		qsort(d->delays, d->count, sizeof(*d->delays), compare_delays);
	r = compare_kept(k, d, &changes);
	for (size_t i = 0; r == 0 && i < changes.gone_count; i++)
		r = drop_delay(k, &changes.gone[i]);
	for (size_t i = 0; r == 0 && i < d->count; i++)
		if (!changes.same[i])
			r = put_delay(k, d, &d->delays[i]);
	free(changes.gone);
	free(changes.same);
	return r;
}

/* How long ago it was, when that was in another boot. */
static int64_t age_by_wall(const struct kept_moment *m, const struct kept_present *present)
{
	struct clockmap_stamp then = present->map ? clockmap_mend(present->map, &m->stamp) : m->stamp;
	int64_t age_us = present->now.at.wall_us - then.at.wall_us;

	if (then.quality == CLOCK_UNSET || present->now.quality == CLOCK_UNSET || age_us < m->least_us ||
	    age_us > m->least_us + BELIEVED_MAX)
		return m->unsure_us;
	return age_us;
}

int64_t kept_mono(const struct kept_moment *m, const struct kept_present *present)
{
	const struct clockmap_stamp *now = &present->now;

	if (now->boot[0] && str_equal(m->stamp.boot, now->boot) && m->stamp.at.mono_us <= now->at.mono_us)
		return m->stamp.at.mono_us;
	return now->at.mono_us - age_by_wall(m, present);
}

static int read_delays(struct kept *k, const struct kept_reader *reader)
{
	sqlite3_stmt *s = k->statements[READ_DELAYS];
	int r;

	while ((r = database_row(s)) > 0) {
		int64_t age_us = MAX(clock_table_us(s, 5), (int64_t)0);
		struct kept_moment moment = { .stamp = kept_stamp(s, 2, 6), .least_us = age_us, .unsure_us = age_us };
		struct evaluator_delay delay;

		read_key(s, &delay);
		delay.since_us = kept_mono(&moment, &reader->present);
		reader->delay(reader->context, &delay);
	}
	return r;
}

int kept_read(struct kept *k, const struct kept_reader *reader)
{
	int r = read_delays(k, reader);

	return r == 0 ? read_values(k, reader) : r;
}
