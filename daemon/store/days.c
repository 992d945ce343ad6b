#include "store/days.h"

#include <errno.h>

#include "base/clock.h"

#define STEP_POINTS 32 /* 24 looks each */

enum { NEXT_SERIES, HOUR_SUMS, PUT_DAY, NEXT_HOUR };

/* clang-format off */
static const char *const sql[DAYS_STATEMENTS] = {
	[NEXT_SERIES] = "SELECT id, class FROM series WHERE id > ? ORDER BY id LIMIT 1",
	[HOUR_SUMS]   = "SELECT count, min, max, area, held FROM chunk WHERE class = ? AND hour = ? AND point = ?"
			" AND count > 0",
	[PUT_DAY]     = "INSERT INTO day (class, point, day, body, crc) VALUES (?1,?2,?3,?4,row_crc(?1,?2,?3,?4))"
			" ON CONFLICT DO UPDATE SET body = excluded.body, crc = excluded.crc"
			" WHERE length(excluded.body) >= length(body) AND excluded.body != body",
	[NEXT_HOUR]   = "SELECT min(hour) FROM (SELECT (SELECT hour FROM chunk WHERE class = class.id AND hour >= ?"
			" ORDER BY hour LIMIT 1) AS hour FROM class)",
};
/* clang-format on */

int days_init(struct days *d, struct history *h)
{
	*d = (struct days){ .history = h };
	return database_prepare(h->db, (struct database_sql){ sql, DAYS_STATEMENTS }, d->statements);
}

void days_fini(struct days *d)
{
	database_finalize(d->statements, DAYS_STATEMENTS);
}

/* ---- a row ---- */

void days_pack(const struct days_hour *hours, size_t count, struct str_buf *to)
{
	for (size_t i = 0; i < count; i++) {
		const struct sums *s = &hours[i].sums;
		double numbers[] = { s->min, s->max, s->area };

		str_buf_add_len(to, (char[]){ (char)hours[i].hour }, 1);
		varint_put(to, s->count);
		varint_put(to, (uint64_t)s->held_ms);
		str_buf_add_len(to, (const char *)numbers, sizeof(numbers));
	}
}

int days_unpack(const void *bytes, size_t len, struct days_hour *ret_hours, size_t *ret_count)
{
	struct varint_bytes from = { bytes, len ? (const uint8_t *)bytes + len : bytes }; /* an empty blob is NULL */
	size_t count = 0;

	while (from.at < from.end) {
		struct days_hour *to = &ret_hours[count];
		double numbers[3];
		uint64_t held;

		if (count++ == DAYS_HOURS || *from.at >= DAYS_HOURS)
			return -EBADMSG;
		*to = (struct days_hour){ .hour = *from.at++ };
		if (varint_get(&from, &to->sums.count) < 0 || varint_get(&from, &held) < 0 ||
		    held > (uint64_t)HISTORY_HOUR_MS || (size_t)(from.end - from.at) < sizeof(numbers))
			return -EBADMSG;
		memcpy(numbers, from.at, sizeof(numbers));
		from.at += sizeof(numbers);
		to->sums.min = numbers[0];
		to->sums.max = numbers[1];
		to->sums.area = numbers[2];
		to->sums.held_ms = (int64_t)held;
	}
	*ret_count = count;
	return 0;
}

/* ---- making them ---- */

struct series {
	int64_t id, class;
};

/* The sums of all parts of one hour. */
static int read_hour(struct days *d, const struct series *w, int64_t hour, struct sums *ret_sums)
{
	sqlite3_stmt *s = d->statements[HOUR_SUMS];
	int r;

	*ret_sums = (struct sums){ 0 };
	sqlite3_bind_int64(s, 1, w->class);
	sqlite3_bind_int64(s, 2, hour);
	sqlite3_bind_int64(s, 3, w->id);
	while ((r = database_row(s)) > 0) {
		struct sums part = { (uint64_t)sqlite3_column_int64(s, 0), sqlite3_column_double(s, 1),
				     sqlite3_column_double(s, 2), sqlite3_column_double(s, 3),
				     CLAMP(sqlite3_column_int64(s, 4), (sqlite3_int64)0, HISTORY_HOUR_MS) };

		sums_merge(ret_sums, &part);
		ret_sums->held_ms = MIN(ret_sums->held_ms, HISTORY_HOUR_MS);
	}
	return r;
}

/* A day that is made again may have lost hours that were too old: then it stays as it was. */
static int put_day(struct days *d, const struct series *w, int64_t day)
{
	_cleanup_str_buf_ struct str_buf body = { 0 };
	sqlite3_stmt *s = d->statements[PUT_DAY];
	struct days_hour hours[DAYS_HOURS];
	size_t count = 0;
	int r = 0;

	for (int64_t hour = 0; r == 0 && hour < DAYS_HOURS; hour++) {
		hours[count].hour = (uint8_t)hour;
		r = read_hour(d, w, day * DAYS_HOURS + hour, &hours[count].sums);
		count += r == 0 && hours[count].sums.count > 0;
	}
	if (r < 0 || count == 0)
		return r;
	days_pack(hours, count, &body);
	sqlite3_bind_int64(s, 1, w->class);
	sqlite3_bind_int64(s, 2, w->id);
	sqlite3_bind_int64(s, 3, day);
	sqlite3_bind_blob(s, 4, body.text, (int)body.len, SQLITE_STATIC);
	return database_run(s);
}

/* 1 with the next point; 0: that was the last. */
static int next_series(struct days *d, struct series *ret)
{
	sqlite3_stmt *s = d->statements[NEXT_SERIES];
	int r;

	sqlite3_bind_int64(s, 1, d->point);
	r = database_row(s);
	if (r <= 0)
		return r;
	*ret = (struct series){ sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1) };
	database_reset(s);
	return 1;
}

/* Some points of the day; at the end of them the day is done. */
static int make_some(struct days *d, int64_t day)
{
	struct history_progress next = d->history->progress;
	struct series w;
	int r = 1;

	for (size_t i = 0; r > 0 && i < STEP_POINTS; i++) {
		r = next_series(d, &w);
		if (r > 0) {
			r = put_day(d, &w, day);
			r = r < 0 ? r : 1;
			d->point = w.id;
		}
	}
	if (r == 0) {
		d->point = 0;
		next.day = day + 1;
		r = history_set_progress(d->history, &next);
		return r < 0 ? r : 1;
	}
	return r;
}

/* The first day from there on of which there are chunks; INT64_MAX: none. */
static int find_day(struct days *d, int64_t from, int64_t *ret_day)
{
	sqlite3_stmt *s = d->statements[NEXT_HOUR];
	int r;

	sqlite3_bind_int64(s, 1, from * DAYS_HOURS);
	r = database_row(s);
	if (r < 0)
		return r;
	*ret_day =
		r > 0 && sqlite3_column_type(s, 0) != SQLITE_NULL ? sqlite3_column_int64(s, 0) / DAYS_HOURS : INT64_MAX;
	if (r > 0)
		database_reset(s);
	return 0;
}

/* The clock was ahead, and days of that future are made: those from today on are made (again) when they are over. */
static int set_back(struct days *d, int64_t day)
{
	struct history_progress next = d->history->progress;
	int r = history_begin(d->history);

	next.day = day;
	d->point = 0;
	if (r == 0)
		r = history_set_progress(d->history, &next);
	if (r == 0)
		r = history_commit(d->history);
	if (r < 0)
		history_rollback(d->history);
	return r;
}

int days_step(struct days *d, const struct days_limits *limits)
{
	int64_t before_hour = limits->chunked_before, today = limits->now / DAYS_HOURS, day = INT64_MAX;
	int r = 0;

	if (d->history->progress.day > today && today > CLOCK_ERA_US / DAY)
		r = set_back(d, today);
	if (r == 0)
		r = find_day(d, d->history->progress.day, &day);
	if (r < 0 || day == INT64_MAX || (day + 1) * DAYS_HOURS > before_hour)
		return r;
	r = history_begin(d->history);
	if (r == 0)
		r = make_some(d, day);
	r = history_end(d->history, r);
	if (r < 0)
		d->point = 0;
	return r;
}
