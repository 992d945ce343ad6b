/* recorder_erase.c: the samples of some points go, wherever they stand: memory, ring, chunks, days. Store thread.
 *
 *   BEGIN (memory → ring) → PASSING (ring → chunks) → ROWS (of chunks and days, some hours a step) → WIPING (what is over in the ring)
 *
 * Each step is short, as all of the recorder's. A disk that fails holds it up; an end of estated begins it anew at the next start,
 * for what is to go is written down in state.db (resident_table.h). */
#include <errno.h>

#include "store/recorder_inside.h"

#define HOURS_A_STEP 200
#define WIPE_A_STEP  ((size_t)512 * 1024)

enum { FIND, SPAN, BYTES, DROP, TAKE_BYTES, DROP_DAYS, DROP_OLD, STATEMENTS };
#define OF_HOUR " FROM chunk WHERE class = ?1 AND hour = ?2 AND point = ?3"
static const char *const sql[STATEMENTS] = {
	[FIND] = "SELECT id, class FROM series WHERE name = ? ORDER BY id LIMIT 1 OFFSET ?",
	[SPAN] = "SELECT coalesce((SELECT hour FROM chunk WHERE class = ?1 ORDER BY hour LIMIT 1), 0),"
		 " coalesce((SELECT hour FROM chunk WHERE class = ?1 ORDER BY hour DESC LIMIT 1), -1)",
	[BYTES] = "SELECT coalesce(sum(length(body) + 72), 0)" OF_HOUR,
	[DROP] = "DELETE" OF_HOUR,
	[TAKE_BYTES] = "UPDATE class SET bytes = max(bytes - ?, 0) WHERE id = ?",
	[DROP_DAYS] = "DELETE FROM day WHERE class = ? AND point = ?",
	[DROP_OLD] = "DELETE FROM sample WHERE point = (SELECT id FROM point WHERE name = ?)",
};

void recorder_erase(struct recorder *r, char *const *points, size_t count)
{
	r->erasure = (struct recorder_erasure){ .phase = RECORDER_ERASE_BEGIN, .points = points, .count = count };
}

bool recorder_erase_busy(const struct recorder *r)
{
	return r->erasure.phase != RECORDER_ERASE_NOTHING;
}

bool recorder_erase_due(const struct recorder *r)
{
	return recorder_erase_busy(r) && r->ring && !r->pass_up_to && r->now.mono_us >= r->erasure.at_us;
}

/* ---- memory and ring ---- */

/* Nobody says any more that they are still as they were. */
static void forget_last(struct recorder *r)
{
	for (size_t i = 0; r->names && i < r->names->count; i++)
		for (size_t k = 0; k < r->erasure.count; k++)
			if (str_equal(r->names->names[i], r->erasure.points[k]))
				r->last[i].sample.ts_ms = 0;
}

static void begin(struct recorder *r)
{
	struct recorder_erasure *e = &r->erasure;

	if (recorder_stage(r) < 0)
		return; /* the ring is closed now, or full until a pass */
	forget_last(r);
	e->up_to_seq = r->ring->last_seq;
	e->phase = RECORDER_ERASE_PASSING;
	recorder_files_want_pass(r);
}

static void await_pass(struct recorder *r)
{
	struct recorder_erasure *e = &r->erasure;
	const struct ring *g = r->ring;

	if (g->count == 0 || g->records[0].seq > e->up_to_seq)
		e->phase = RECORDER_ERASE_ROWS;
	else
		recorder_files_want_pass(r);
}

static void wipe(struct recorder *r)
{
	struct recorder_erasure *e = &r->erasure;
	int error = ring_wipe(r->ring, e->wiped, WIPE_A_STEP);

	if (error < 0) {
		recorder_files_fail(r, error);
		return;
	}
	e->wiped += WIPE_A_STEP;
	if (e->wiped < r->ring->size)
		return;
	database_checkpoint_whole(r->history->db); /* what the WAL still has goes with it */
	*e = (struct recorder_erasure){ .phase = RECORDER_ERASE_NOTHING };
}

/* ---- rows ---- */

static void bind3(sqlite3_stmt *s, int64_t a, int64_t b, int64_t c)
{
	sqlite3_bind_int64(s, 1, a);
	sqlite3_bind_int64(s, 2, b);
	sqlite3_bind_int64(s, 3, c);
}

/* 1: the point's next series is at work; 0: it has no more. */
static int next_series(struct recorder_erasure *e, sqlite3_stmt **s)
{
	int r;

	database_bind_text(s[FIND], 1, e->points[e->point]);
	sqlite3_bind_int64(s[FIND], 2, e->series);
	r = database_row(s[FIND]);
	if (r <= 0)
		return r;
	e->id = sqlite3_column_int64(s[FIND], 0);
	e->class = sqlite3_column_int64(s[FIND], 1);
	database_reset(s[FIND]);
	sqlite3_bind_int64(s[SPAN], 1, e->class);
	r = database_row(s[SPAN]);
	if (r <= 0)
		return r;
	e->hour = sqlite3_column_int64(s[SPAN], 0);
	e->last_hour = sqlite3_column_int64(s[SPAN], 1);
	database_reset(s[SPAN]);
	sqlite3_bind_int64(s[DROP_DAYS], 1, e->class);
	sqlite3_bind_int64(s[DROP_DAYS], 2, e->id);
	r = database_run(s[DROP_DAYS]);
	e->found = true;
	return r < 0 ? r : 1;
}

static int drop_hours(struct recorder_erasure *e, sqlite3_stmt **s)
{
	int64_t end = MIN(e->last_hour + 1, e->hour + HOURS_A_STEP), bytes = 0;
	int r = 0;

	for (; r >= 0 && e->hour < end; e->hour++) {
		bind3(s[BYTES], e->class, e->hour, e->id);
		r = database_row(s[BYTES]);
		if (r > 0)
			bytes += sqlite3_column_int64(s[BYTES], 0);
		database_reset(s[BYTES]);
		bind3(s[DROP], e->class, e->hour, e->id);
		if (r >= 0)
			r = database_run(s[DROP]);
	}
	if (r < 0)
		return r;
	if (e->hour > e->last_hour) {
		e->found = false;
		e->series++;
	}
	sqlite3_bind_int64(s[TAKE_BYTES], 1, bytes);
	sqlite3_bind_int64(s[TAKE_BYTES], 2, e->class);
	return database_run(s[TAKE_BYTES]);
}

static int drop_some(struct recorder_erasure *e, sqlite3_stmt **s)
{
	int r = e->found ? 1 : next_series(e, s);

	if (r > 0)
		return drop_hours(e, s);
	if (r < 0)
		return r;
	database_bind_text(s[DROP_OLD], 1, e->points[e->point]);
	r = database_run(s[DROP_OLD]);
	e->point++;
	e->series = 0;
	return r;
}

static void rows(struct recorder *r)
{
	struct recorder_erasure *e = &r->erasure, before = *e;
	struct database *db = r->history->db;
	sqlite3_stmt *s[STATEMENTS];
	int error;

	if (e->point == e->count) {
		e->phase = RECORDER_ERASE_WIPING;
		return;
	}
	error = database_prepare(db, (struct database_sql){ sql, STATEMENTS }, s);
	if (error < 0) {
		recorder_files_fail(r, error);
		return;
	}
	database_set_deletion(db, DATABASE_DELETES_WIPED);
	error = pass_flush(&r->pass);
	if (error == 0)
		error = history_begin(r->history);
	if (error == 0)
		error = history_end(r->history, drop_some(e, s));
	database_set_deletion(db, DATABASE_DELETES_FAST);
	database_finalize(s, STATEMENTS);
	if (error >= 0)
		return;
	*e = before;
	e->at_us = r->now.mono_us + MINUTE;
	if (error != -ENOSPC && error != -EBUSY)
		recorder_files_fail(r, error);
}

void recorder_erase_step(struct recorder *r)
{
	if (!recorder_erase_due(r))
		return;
	switch (r->erasure.phase) {
	case RECORDER_ERASE_BEGIN: begin(r); break;
	case RECORDER_ERASE_PASSING: await_pass(r); break;
	case RECORDER_ERASE_ROWS: rows(r); break;
	case RECORDER_ERASE_WIPING: wipe(r); break;
	case RECORDER_ERASE_NOTHING: break;
	}
}
