#include "store/retention.h"

#include <string.h>

#include "base/mem.h"

const struct keeping retention_usual = {
	.keep_us = 60 * DAY,
	.keep_homes_us = 60 * DAY,
	.keep_days_us = 1095 * DAY,
	.max_bytes = (int64_t)4 * 1024 * 1024 * 1024,
};

/* A summary of a day looks at it and at the day before. */
#define LIFT_LEAST (50 * HOUR)

#define DAYS_POINTS 32 /* of the table day, looked at in a step: three rows each */

#define ERA_HOUR (CLOCK_ERA_US / HOUR)
#define ERA_DAY  (CLOCK_ERA_US / DAY)

enum {
	CLASSES,
	CHUNK_BYTES,
	DROP_CHUNKS,
	STAMP_BYTES,
	DROP_STAMPS,
	ADD_BYTES,
	FIRST_HOUR,
	NEWEST,
	DROP_OLD_ROWS,
	DAY_POINT,
	DROP_DAYS,
	FIRST_DAY,
	LAST_DAY,
	TOTAL
};

#define SOME_CHUNKS                                                                                \
	"SELECT class, hour, point, part FROM chunk WHERE class = ?1 AND hour >= ?2 AND hour < ?3" \
	" ORDER BY hour, point, part LIMIT ?4"
#define SOME_STAMPS                                                                                          \
	"SELECT class, hour, id FROM stamps WHERE class = ?1 AND hour >= ?2 AND hour < ?3 ORDER BY hour, id" \
	" LIMIT ?4"

/* clang-format off */
static const char *const sql[RETENTION_STATEMENTS] = {
	[CLASSES]       = "SELECT id, name, bytes FROM class WHERE id > ? ORDER BY id LIMIT 1",
	[CHUNK_BYTES]   = "SELECT coalesce(sum(length(body) + 72), 0) FROM chunk WHERE (class, hour, point, part) IN"
			  " (" SOME_CHUNKS ")",
	[DROP_CHUNKS]   = "DELETE FROM chunk WHERE (class, hour, point, part) IN (" SOME_CHUNKS ")",
	[STAMP_BYTES]   = "SELECT coalesce(sum(length(body) + 36), 0) FROM stamps WHERE (class, hour, id) IN"
			  " (" SOME_STAMPS ")",
	[DROP_STAMPS]   = "DELETE FROM stamps WHERE (class, hour, id) IN (" SOME_STAMPS ")",
	[ADD_BYTES]     = "UPDATE class SET bytes = max(bytes - ?, 0) WHERE id = ?",
	[FIRST_HOUR]    = "SELECT hour FROM chunk WHERE class = ? ORDER BY hour LIMIT 1",
	[NEWEST]        = "SELECT max(hour) FROM (SELECT (SELECT hour FROM chunk WHERE class = class.id"
			  " ORDER BY hour DESC LIMIT 1) AS hour FROM class)",
	[DROP_OLD_ROWS] = "DELETE FROM sample WHERE (ts, point) IN"
			  " (SELECT ts, point FROM sample WHERE ts >= ? AND ts < ? ORDER BY ts, point LIMIT ?)",
	[DAY_POINT]     = "SELECT series.class, series.id, class.name FROM series LEFT JOIN class ON class.id = series.class"
			  " WHERE series.id > ? ORDER BY series.id LIMIT 1",
	[DROP_DAYS]     = "DELETE FROM day WHERE (class, point, day) IN (SELECT class, point, day FROM day"
			  " WHERE class = ? AND point = ? AND day >= ? AND day < ? ORDER BY day LIMIT ?)",
	[FIRST_DAY]     = "SELECT day FROM day WHERE class = ? AND point = ? AND day >= ? ORDER BY day LIMIT 1",
	[LAST_DAY]      = "SELECT day, length(body) + 40 FROM day WHERE class = ? AND point = ? AND day >= ?"
			  " ORDER BY day DESC LIMIT 1",
	[TOTAL]         = "SELECT coalesce(sum(bytes), 0) FROM class",
};
/* clang-format on */

struct retention_plan *retention_plan_new(const struct keeping *k)
{
	struct retention_plan *plan;
	struct keeping_class *classes;
	size_t len = 0;
	char *text;

	for (size_t i = 0; i < k->class_count; i++)
		len += strlen(k->classes[i].class) + 1;
	plan = mem_zalloc(sizeof(*plan) + k->class_count * sizeof(*classes) + len);
	classes = (struct keeping_class *)(plan + 1);
	text = (char *)(classes + k->class_count);
	plan->keeping = *k;
	plan->keeping.classes = classes;
	for (size_t i = 0; i < k->class_count; i++) {
		classes[i] = k->classes[i];
		classes[i].class = text;
		text = stpcpy(text, k->classes[i].class) + 1;
	}
	return plan;
}

int retention_init(struct retention *t, struct history *h)
{
	*t = (struct retention){ .history = h, .keeping = &retention_usual };
	return database_prepare(h->db, (struct database_sql){ sql, RETENTION_STATEMENTS }, t->statements);
}

void retention_fini(struct retention *t)
{
	database_finalize(t->statements, RETENTION_STATEMENTS);
}

/* ---- one class ---- */

struct class
{
	int64_t id, bytes;
	int64_t keep_us, keep_days_us;
	int64_t max_bytes; /* 0: no limit of its own */
};

static void limit_class(const struct retention *t, const char *name, struct class *c)
{
	const struct keeping *k = t->keeping;
	bool home = strncmp(name, KEEPING_HOME, strlen(KEEPING_HOME)) == 0;

	c->keep_us = k->keep_us;
	c->keep_days_us = k->keep_days_us;
	if (home)
		name += strlen(KEEPING_HOME);
	for (size_t i = 0; i < k->class_count; i++) {
		const struct keeping_class *one = &k->classes[i];

		if (!str_equal(one->class, name))
			continue;
		c->keep_us = one->keep_us ? one->keep_us : c->keep_us;
		c->keep_days_us = one->keep_days_us ? one->keep_days_us : c->keep_days_us;
		c->max_bytes = one->max_bytes;
	}
	if (home && k->keep_homes_us)
		c->keep_us = MIN(c->keep_us, k->keep_homes_us);
	if (str_equal(name, "lift") && !home)
		c->keep_us = MAX(c->keep_us, LIFT_LEAST);
}

/* The number in the first column; NULL and no row are 0 with a result of 0. */
static int ask(sqlite3_stmt *s, int64_t *ret_number)
{
	int r = database_row(s);

	*ret_number = r > 0 ? sqlite3_column_int64(s, 0) : 0;
	if (r > 0) {
		r = sqlite3_column_type(s, 0) != SQLITE_NULL;
		database_reset(s);
	}
	return r;
}

static int next_class(struct retention *t, struct class *c)
{
	sqlite3_stmt *s = t->statements[CLASSES];
	int r;

	sqlite3_bind_int64(s, 1, c->id);
	r = database_row(s);
	if (r <= 0)
		return r;
	*c = (struct class){ .id = sqlite3_column_int64(s, 0), .bytes = sqlite3_column_int64(s, 2) };
	limit_class(t, (const char *)sqlite3_column_text(s, 1), c);
	database_reset(s);
	return 1;
}

/* ---- steps, each in a transaction ---- */

struct range {
	int64_t class, from_hour, before_hour;
};

static void bind_range(sqlite3_stmt *s, const struct range *range)
{
	sqlite3_bind_int64(s, 1, range->class);
	sqlite3_bind_int64(s, 2, range->from_hour);
	sqlite3_bind_int64(s, 3, range->before_hour);
	sqlite3_bind_int(s, 4, RETENTION_ROWS);
}

/* Deletes some rows of a table and takes their bytes off the class's; how many. */
static int drop_rows(struct retention *t, const struct range *range, int bytes_of, int drop)
{
	int64_t bytes;
	int r, count;

	bind_range(t->statements[bytes_of], range);
	r = ask(t->statements[bytes_of], &bytes);
	if (r < 0)
		return r;
	bind_range(t->statements[drop], range);
	r = database_run(t->statements[drop]);
	if (r < 0)
		return r;
	count = sqlite3_changes(t->history->db->handle);
	if (count == 0)
		return 0;
	sqlite3_bind_int64(t->statements[ADD_BYTES], 1, bytes);
	sqlite3_bind_int64(t->statements[ADD_BYTES], 2, range->class);
	r = database_run(t->statements[ADD_BYTES]);
	return r < 0 ? r : count;
}

/* Who reads them later has to know that they were there. */
static int drop_chunks(struct retention *t, const struct range *range)
{
	int count = drop_rows(t, range, CHUNK_BYTES, DROP_CHUNKS);
	int r = count > 0 ? history_note_trimmed(t->history, range->class, range->before_hour) : 0;

	return r < 0 ? r : count;
}

/* Times go after the chunks that share them. */
static int drop_some(struct retention *t, const struct range *range)
{
	int r = history_begin(t->history);

	if (r == 0)
		r = drop_chunks(t, range);
	if (r == 0)
		r = drop_rows(t, range, STAMP_BYTES, DROP_STAMPS);
	r = history_end(t->history, r);
	return r < 0 ? r : r > 0;
}

static int first_hour(struct retention *t, int64_t class, int64_t *ret_hour)
{
	sqlite3_bind_int64(t->statements[FIRST_HOUR], 1, class);
	return ask(t->statements[FIRST_HOUR], ret_hour);
}

/* Some of the class's first hour, and times that no chunk shares any more: those of the hours before it, and of it when it is
 * empty. */
static int drop_first(struct retention *t, int64_t class)
{
	struct range unused = { class, INT64_MIN, INT64_MAX }, first = { class, 0, 0 };
	int r = first_hour(t, class, &first.from_hour), chunks = 0;

	if (r < 0)
		return r;
	if (r > 0) {
		first.before_hour = first.from_hour + 1;
		unused.before_hour = first.from_hour;
	}
	r = history_begin(t->history);
	if (r == 0)
		r = chunks = drop_chunks(t, &first);
	if (chunks > 0 && chunks < RETENTION_ROWS)
		unused.before_hour++;
	if (r >= 0)
		r = drop_rows(t, &unused, STAMP_BYTES, DROP_STAMPS);
	r = history_end(t->history, r);
	return r < 0 ? r : r + chunks > 0;
}

/* They do not say whether they are of homes. */
static int drop_old_rows(struct retention *t)
{
	int64_t homes_us = t->keeping->keep_homes_us ? t->keeping->keep_homes_us : INT64_MAX;
	sqlite3_stmt *s = t->statements[DROP_OLD_ROWS];
	int r;

	sqlite3_bind_int64(s, 1, CLOCK_ERA_US / MS);
	sqlite3_bind_int64(s, 2, (t->judged_us - MIN(t->keeping->keep_us, homes_us)) / MS);
	sqlite3_bind_int(s, 3, RETENTION_ROWS);
	r = database_run(s);
	return r < 0 ? r : sqlite3_changes(t->history->db->handle) > 0;
}

static int drop_for_age(struct retention *t)
{
	struct class c = { 0 };
	int r;

	while ((r = next_class(t, &c)) > 0) {
		struct range range = { c.id, ERA_HOUR, (t->judged_us - c.keep_us) / HOUR };

		r = drop_some(t, &range);
		if (r != 0)
			return r;
	}
	return r;
}

/* The oldest hour of a class that has more than it may. */
static int drop_for_class(struct retention *t)
{
	struct class c = { 0 };
	int r;

	while ((r = next_class(t, &c)) > 0) {
		if (!c.max_bytes || c.bytes <= c.max_bytes)
			continue;
		r = drop_first(t, c.id);
		if (r != 0)
			return r;
	}
	return r;
}

int retention_drop_oldest(struct retention *t)
{
	int64_t hour, oldest_hour = INT64_MAX, oldest = 0;
	struct class c = { 0 };
	int r;

	while ((r = next_class(t, &c)) > 0) {
		r = first_hour(t, c.id, &hour);
		if (r < 0)
			return r;
		if (r > 0 && hour < oldest_hour) {
			oldest_hour = hour;
			oldest = c.id;
		}
	}
	return r < 0 || !oldest ? r : drop_first(t, oldest);
}

/* What the table day may take. */
static int64_t days_share(const struct retention *t)
{
	return t->keeping->max_bytes / 2;
}

static int drop_for_total(struct retention *t)
{
	int64_t total;
	int r = ask(t->statements[TOTAL], &total);

	if (r < 0 || !t->keeping->max_bytes || total + MIN(t->day_bytes, days_share(t)) <= t->keeping->max_bytes)
		return MIN(r, 0);
	return retention_drop_oldest(t);
}

/* ---- the table day ---- */

struct days_of {
	int64_t class, point, before; /* those before that one are too old */
};

/* 1 with the next point, 0: that was the last. */
static int next_days(struct retention *t, struct days_of *ret)
{
	sqlite3_stmt *s = t->statements[DAY_POINT];
	const char *name;
	struct class c = { 0 };
	int r;

	sqlite3_bind_int64(s, 1, t->point);
	r = database_row(s);
	if (r <= 0)
		return r;
	name = (const char *)sqlite3_column_text(s, 2);
	limit_class(t, name ? name : "", &c);
	*ret = (struct days_of){ sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
				 MAX((t->judged_us - c.keep_days_us) / DAY, t->days_before) };
	database_reset(s);
	return 1;
}

/* How many went; RETENTION_ROWS: there may be more. */
static int drop_days_of(struct retention *t, const struct days_of *d)
{
	sqlite3_stmt *s = t->statements[DROP_DAYS];
	int r;

	sqlite3_bind_int64(s, 1, d->class);
	sqlite3_bind_int64(s, 2, d->point);
	sqlite3_bind_int64(s, 3, ERA_DAY);
	sqlite3_bind_int64(s, 4, d->before);
	sqlite3_bind_int(s, 5, RETENTION_ROWS);
	r = database_run(s);
	return r < 0 ? r : sqlite3_changes(t->history->db->handle);
}

/* As if there were a row for every day from the first to the last, each as long as the last. */
static int reckon_days_of(struct retention *t, const struct days_of *d)
{
	sqlite3_stmt *s = t->statements[LAST_DAY], *first_of = t->statements[FIRST_DAY];
	int64_t first, last, bytes;
	int r;

	sqlite3_bind_int64(first_of, 1, d->class);
	sqlite3_bind_int64(first_of, 2, d->point);
	sqlite3_bind_int64(first_of, 3, ERA_DAY);
	r = ask(first_of, &first);
	if (r <= 0)
		return r;
	sqlite3_bind_int64(s, 1, d->class);
	sqlite3_bind_int64(s, 2, d->point);
	sqlite3_bind_int64(s, 3, ERA_DAY);
	r = database_row(s);
	if (r <= 0)
		return r;
	last = sqlite3_column_int64(s, 0);
	bytes = sqlite3_column_int64(s, 1);
	database_reset(s);
	t->round_bytes += (last - first + 1) * bytes;
	t->round_day = MIN(t->round_day, first);
	return 0;
}

/* The round is over. Where it has found too much, the oldest tenth of the span goes in another one. */
static void end_round(struct retention *t)
{
	int64_t today = t->judged_us / DAY;

	t->point = 0;
	t->day_round_us = t->judged_us;
	t->day_bytes = t->round_bytes;
	t->days_before = 0;
	if (t->keeping->max_bytes && t->day_bytes > days_share(t) && t->round_day < today)
		t->days_before = t->round_day + MAX((today - t->round_day) / 10, (int64_t)1);
}

static bool is_round_due(const struct retention *t)
{
	return t->point || t->days_before || t->judged_us - t->day_round_us >= DAY || t->judged_us < t->day_round_us;
}

/* The next point. 1: looked at; 2: rows went, perhaps not all that are to go; 0: that was the last. */
static int look_at_days(struct retention *t)
{
	struct days_of d;
	int r = next_days(t, &d), gone;

	if (r <= 0)
		return r;
	gone = drop_days_of(t, &d);
	if (gone < 0 || gone == RETENTION_ROWS)
		return gone < 0 ? gone : 2;
	r = reckon_days_of(t, &d);
	t->point = d.point;
	return r < 0 ? r : gone ? 2 : 1;
}

/* Once a day over all points, some a step; a step ends where rows went. */
static int drop_days(struct retention *t)
{
	int r = 1;

	if (!is_round_due(t))
		return 0;
	if (t->point == 0) {
		t->round_bytes = 0;
		t->round_day = INT64_MAX;
	}
	for (int i = 0; r == 1 && i < DAYS_POINTS; i++)
		r = look_at_days(t);
	if (r == 0)
		end_round(t);
	return r == 0 ? t->days_before > 0 : MIN(r, 1);
}

/* ---- the age clock ---- */

static int judge(struct retention *t, struct clock_now now)
{
	int64_t newest, passed_us = now.mono_us - t->judged_at_us;

	if (!t->judged_at_us) {
		int r = ask(t->statements[NEWEST], &newest);

		if (r < 0)
			return r;
		/* What is there was written by a clock that was right enough; from there it may run ahead. */
		t->judged_us = r > 0 ? MIN(now.wall_us, (newest + 1) * HOUR) : now.wall_us;
		passed_us = 0;
	}
	t->judged_us = MIN(now.wall_us, t->judged_us + RETENTION_PACE * passed_us);
	t->judged_at_us = now.mono_us;
	return 0;
}

int retention_step(struct retention *t, struct clock_now now)
{
	static int (*const steps[])(struct retention * t) = { drop_old_rows, drop_for_age, drop_for_class,
							      drop_for_total, drop_days };
	int r = judge(t, now);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(steps); i++)
		r = steps[i](t);
	return r;
}
