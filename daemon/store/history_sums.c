#include "store/history_sums.h"

#include <errno.h>

#include "base/mem.h"
#include "store/days.h"
#include "store/history_reader.h"
#include "store/recorder.h"
#include "store/ring.h"
#include "store/rowcrc.h"

enum { FIND_SERIES, GET_META, DAYS, HOURS, STATEMENTS };

/* clang-format off */
static const char *const sql[STATEMENTS] = {
	[FIND_SERIES] = "SELECT id, class FROM series WHERE name = ?",
	[GET_META]    = "SELECT value FROM meta WHERE name = ?",
	[DAYS]        = "SELECT day, body, crc = row_crc(class, point, day, body) FROM day"
			" WHERE class = ? AND point = ? AND day BETWEEN ? AND ?",
	[HOURS]       = "SELECT count, min, max, area, held FROM chunk WHERE class = ? AND hour = ? AND point = ?"
			" AND count > 0",
};
/* clang-format on */

struct windows {
	const struct history_sums_ask *ask;
	sqlite3 *handle;
	sqlite3_stmt *statements[STATEMENTS];
	struct history_sums_row *rows;
	size_t count;   /* windows of the span, empty ones too */
	int64_t raw_ms; /* from there on samples are looked at */
	int64_t day;    /* the first one that is not in the table day */
};

static int64_t get_meta(struct windows *w, const char *name)
{
	sqlite3_stmt *s = w->statements[GET_META];
	int64_t number = 0;

	database_bind_text(s, 1, name);
	if (database_row(s) > 0) {
		number = sqlite3_column_int64(s, 0);
		database_reset(s);
	}
	return number;
}

static struct sums *window_at(struct windows *w, int64_t ts_ms)
{
	int64_t at = ts_ms - w->ask->from_ms;

	return at < 0 || ts_ms >= w->ask->to_ms ? NULL : &w->rows[at / w->ask->every_ms].sums;
}

/* ---- whole hours ---- */

static void add_hour(struct windows *w, int64_t hour, const struct sums *sums)
{
	int64_t ts_ms = hour * HISTORY_HOUR_MS;
	struct sums *window = ts_ms < w->raw_ms ? window_at(w, ts_ms) : NULL;

	if (window)
		sums_merge(window, sums);
}

static int add_days(struct windows *w, int64_t class, int64_t point)
{
	sqlite3_stmt *s = w->statements[DAYS];
	struct days_hour hours[DAYS_HOURS];
	size_t count;
	int r;

	sqlite3_bind_int64(s, 1, class);
	sqlite3_bind_int64(s, 2, point);
	sqlite3_bind_int64(s, 3, w->ask->from_ms / HISTORY_DAY_MS);
	sqlite3_bind_int64(s, 4, w->ask->to_ms / HISTORY_DAY_MS);
	while ((r = database_row(s)) > 0) {
		if (!sqlite3_column_int(s, 2) ||
		    days_unpack(sqlite3_column_blob(s, 1), (size_t)sqlite3_column_bytes(s, 1), hours, &count) < 0)
			continue;
		for (size_t i = 0; i < count; i++)
			add_hour(w, sqlite3_column_int64(s, 0) * DAYS_HOURS + hours[i].hour, &hours[i].sums);
	}
	return r;
}

/* Those of days that are not over yet. */
static int add_hours(struct windows *w, int64_t class, int64_t point)
{
	int64_t hour = MAX(w->day * DAYS_HOURS, w->ask->from_ms / HISTORY_HOUR_MS);
	int r = 0;

	for (; r == 0 && hour * HISTORY_HOUR_MS < MIN(w->raw_ms, w->ask->to_ms); hour++) {
		sqlite3_stmt *s = w->statements[HOURS];

		sqlite3_bind_int64(s, 1, class);
		sqlite3_bind_int64(s, 2, hour);
		sqlite3_bind_int64(s, 3, point);
		while ((r = database_row(s)) > 0) {
			struct sums part = { (uint64_t)sqlite3_column_int64(s, 0), sqlite3_column_double(s, 1),
					     sqlite3_column_double(s, 2), sqlite3_column_double(s, 3),
					     sqlite3_column_int64(s, 4) };

			add_hour(w, hour, &part);
		}
	}
	return r;
}

static int add_whole_hours(struct windows *w)
{
	sqlite3_stmt *s = w->statements[FIND_SERIES];
	int r;

	database_bind_text(s, 1, w->ask->point);
	while ((r = database_row(s)) > 0) {
		r = add_days(w, sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 0));
		if (r == 0)
			r = add_hours(w, sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 0));
		if (r < 0) {
			database_reset(s);
			return r;
		}
	}
	return r;
}

/* ---- samples ---- */

/* value held from then to then: each window gets its share. */
static void hold(struct windows *w, double value, int64_t from_ms, int64_t to_ms)
{
	int64_t every_ms = w->ask->every_ms, first_ms = MAX(w->raw_ms, w->ask->from_ms);

	to_ms = MIN(MIN(to_ms, from_ms + SUMS_HOLD_MS), w->ask->to_ms);
	from_ms = MAX(from_ms, first_ms);
	while (from_ms < to_ms) {
		int64_t end_ms = w->ask->from_ms + ((from_ms - w->ask->from_ms) / every_ms + 1) * every_ms;
		struct sums *window = window_at(w, from_ms);

		end_ms = MIN(end_ms, to_ms);
		if (window) {
			/* It held there, though nothing was read in that very window. */
			if (window->count == 0)
				window->min = window->max = value;
			window->area += value * (double)(end_ms - from_ms);
			window->held_ms += end_ms - from_ms;
		}
		from_ms = end_ms;
	}
}

static int add_samples(struct windows *w, struct str_buf *why)
{
	/* From a little before: what held when the span began. */
	struct history_span span = { .path = w->ask->path,
				     .points = &w->ask->point,
				     .count = 1,
				     .from_ms = MAX(w->raw_ms, w->ask->from_ms) - SUMS_HOLD_MS,
				     .to_ms = w->ask->to_ms };
	_cleanup_(history_reader_closep) struct history_reader *reader = NULL;
	struct history_reader_sample sample;
	size_t left = w->ask->max_samples ? w->ask->max_samples : HISTORY_SUMS_SAMPLES;
	int64_t since_ms = 0;
	double value = 0;
	bool known = false;
	int r = history_reader_open(&span, &reader, why);

	while (r == 0 && (r = history_reader_next(reader, &sample)) > 0) {
		struct sums *window = sample.ts_ms >= w->raw_ms ? window_at(w, sample.ts_ms) : NULL;
		enum value_type type = sample.value.type;

		if (left-- == 0) {
			str_buf_add(why, "there are too many samples for windows as short as these: ask for whole "
					 "hours, or for a shorter time");
			return -E2BIG;
		}
		if (known)
			hold(w, value, since_ms, sample.ts_ms);
		known = type == VALUE_NUMBER || type == VALUE_BOOL;
		since_ms = sample.ts_ms;
		value = type == VALUE_BOOL ? sample.value.boolean : known ? sample.value.number : 0;
		if (known && window)
			sums_see(window, value);
		r = 0;
	}
	if (known)
		hold(w, value, since_ms, w->ask->to_ms);
	return r;
}

/* ---- all ---- */

static int open_handle(struct windows *w, struct str_buf *why)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc = sqlite3_open_v2(w->ask->path, &w->handle, flags, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(w->handle, 2000);
	if (rc == SQLITE_OK)
		rowcrc_register(w->handle);
	for (size_t i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v2(w->handle, sql[i], -1, &w->statements[i], NULL);
	if (rc != SQLITE_OK)
		str_buf_printf(why, "history.db: %s", sqlite3_errmsg(w->handle));
	return (rc & 0xff) == SQLITE_CANTOPEN ? -ENOENT : database_errno(rc);
}

/* Up to the hour of the oldest sample that is no chunk yet; samples where windows are finer than hours. */
static int find_raw(struct windows *w)
{
	_cleanup_(freep) char *path = recorder_ring_path(w->ask->path);
	struct ring_setup setup = { .path = path, .way = RING_READER };
	struct ring *ring = NULL;
	int r;

	w->raw_ms = w->ask->from_ms;
	if (w->ask->every_ms % HISTORY_HOUR_MS || w->ask->from_ms % HISTORY_HOUR_MS)
		return 0;
	setup.key = (uint64_t)get_meta(w, "key");
	setup.released = (uint64_t)get_meta(w, "released");
	w->day = get_meta(w, "day");
	w->raw_ms = w->ask->to_ms / HISTORY_HOUR_MS * HISTORY_HOUR_MS;
	r = ring_open(&setup, &ring);
	for (size_t i = 0; r == 0 && i < ring->count; i++)
		w->raw_ms = MIN(w->raw_ms, ring->records[i].min_ms / HISTORY_HOUR_MS * HISTORY_HOUR_MS);
	/* A source whose clock is far behind does not have all of the past looked through. */
	w->raw_ms = MAX(w->raw_ms, w->ask->to_ms / HISTORY_HOUR_MS * HISTORY_HOUR_MS - 3 * HISTORY_HOUR_MS);
	ring_close(ring);
	return r == -ENOENT || r == -EIO ? 0 : r;
}

static size_t close_up(struct history_sums_row *rows, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (rows[i].sums.count || rows[i].sums.held_ms)
			rows[kept++] = rows[i];
	return kept;
}

int history_sums_read(const struct history_sums_ask *ask, struct history_sums_row **ret_rows, size_t *ret_count,
		      struct str_buf *why)
{
	struct windows w = { .ask = ask };
	int64_t count = ask->to_ms > ask->from_ms ? (ask->to_ms - ask->from_ms + ask->every_ms - 1) / ask->every_ms : 0;
	int r;

	if (count > HISTORY_SUMS_MAX) {
		str_buf_printf(why, "more than %d windows: ask for longer ones, or for a shorter time",
			       HISTORY_SUMS_MAX);
		return -E2BIG;
	}
	w.rows = mem_array((size_t)count + 1, sizeof(*w.rows));
	w.count = (size_t)count;
	for (size_t i = 0; i < w.count; i++)
		w.rows[i].from_ms = ask->from_ms + (int64_t)i * ask->every_ms;
	r = open_handle(&w, why);
	if (r == 0)
		r = find_raw(&w);
	if (r == 0 && w.raw_ms > ask->from_ms)
		r = add_whole_hours(&w);
	if (r == 0)
		r = add_samples(&w, why);
	database_finalize(w.statements, STATEMENTS);
	sqlite3_close(w.handle);
	if (r < 0) {
		free(w.rows);
		return r;
	}
	*ret_count = close_up(w.rows, w.count);
	*ret_rows = w.rows;
	return 0;
}
