#include "store/history_reader.h"

#include <errno.h>

#include "base/mem.h"
#include "store/history_hour.h"
#include "store/recorder.h"
#include "store/rowcrc.h"

enum { GET_META, FIND_SERIES, FIND_OLD, NEXT_HOUR, CHUNKS, STAMPS, OLD_ROWS, OLD_NEXT, BEGIN, COMMIT, STATEMENTS };

/* clang-format off */
static const char *const sql[STATEMENTS] = {
	[GET_META]    = "SELECT value FROM meta WHERE name = ?",
	[FIND_SERIES] = "SELECT id, class FROM series WHERE name = ?",
	[FIND_OLD]    = "SELECT id FROM point WHERE name = ?",
	[NEXT_HOUR]   = "SELECT hour FROM chunk WHERE class = ? AND hour >= ? ORDER BY hour LIMIT 1",
	[CHUNKS]      = "SELECT stamps, body, crc = row_crc(class, hour, point, part, samples, first, last, stamps, count, min, max,"
			" area, held, body) FROM chunk WHERE class = ? AND hour = ? AND point = ? ORDER BY part",
	[STAMPS]      = "SELECT body FROM stamps WHERE class = ? AND hour = ? AND id = ?",
	[OLD_ROWS]    = "SELECT ts, point, value, flags FROM sample WHERE ts >= ? AND ts < ? ORDER BY ts, point",
	[OLD_NEXT]    = "SELECT ts FROM sample WHERE ts >= ? ORDER BY ts LIMIT 1",
	[BEGIN]       = "BEGIN",
	[COMMIT]      = "COMMIT",
};
/* clang-format on */

#define OLD_TEST 8
#define NEVER    INT64_MAX

struct item {
	struct history_reader_sample sample;
	size_t order; /* as it came */
};

struct history_reader {
	struct history_span span;
	sqlite3 *handle;
	sqlite3_stmt *statements[STATEMENTS];
	struct history_hour_series *wanted; /* by id; one a class */
	size_t wanted_count;
	struct history_hour_series *old; /* by id: those of the rows of before there were classes */
	size_t old_count;
	int64_t hour, at_ms; /* in work; up to where it was read */
	int64_t step_ms;
	struct history_progress progress; /* as of the hour in work */
	struct ring *ring;                /* as of that hour; NULL: nothing of it is there */
	struct history_hour chunks;
	bool fresh; /* the hour in work is one that nothing was read of */
	bool lean;  /* too many to be held: each step reads them again, series by series */
	struct item *items;
	size_t item_count, item_room, item_at;
	uint64_t key, damaged;
};

/* ---- open ---- */

static int add_wanted(struct history_hour_series **list, size_t *count, const struct history_hour_series *w)
{
	*list = mem_realloc(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = *w;
	return 0;
}

static int find_name(struct history_reader *r, size_t point)
{
	sqlite3_stmt *s = r->statements[FIND_SERIES];
	int rc;

	database_bind_text(s, 1, r->span.points[point]);
	while ((rc = database_row(s)) > 0)
		add_wanted(&r->wanted, &r->wanted_count,
			   &(struct history_hour_series){ (uint32_t)sqlite3_column_int64(s, 0),
							  sqlite3_column_int64(s, 1), point });
	if (rc < 0)
		return rc;
	s = r->statements[FIND_OLD];
	database_bind_text(s, 1, r->span.points[point]);
	while ((rc = database_row(s)) > 0)
		add_wanted(&r->old, &r->old_count,
			   &(struct history_hour_series){ (uint32_t)sqlite3_column_int64(s, 0), 0, point });
	return rc;
}

static int compare_wanted(const void *a, const void *b)
{
	const struct history_hour_series *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static const struct history_hour_series *find_wanted(const struct history_hour_series *list, size_t count, uint32_t id)
{
	struct history_hour_series key = { .id = id };

	return count ? bsearch(&key, list, count, sizeof(key), compare_wanted) : NULL;
}

static int get_meta(struct history_reader *r, const char *name, int64_t *ret_number)
{
	sqlite3_stmt *s = r->statements[GET_META];
	int rc;

	database_bind_text(s, 1, name);
	rc = database_row(s);
	*ret_number = rc > 0 ? sqlite3_column_int64(s, 0) : 0;
	if (rc > 0)
		database_reset(s);
	return MIN(rc, 0);
}

static int find_names(struct history_reader *r)
{
	int64_t key = 0;
	int rc = get_meta(r, "key", &key);

	r->key = (uint64_t)key;
	for (size_t i = 0; rc == 0 && i < r->span.count; i++)
		rc = find_name(r, i);
	if (r->wanted_count)
		qsort(r->wanted, r->wanted_count, sizeof(*r->wanted), compare_wanted);
	if (r->old_count)
		qsort(r->old, r->old_count, sizeof(*r->old), compare_wanted);
	return rc;
}

static int open_handle(struct history_reader *r, struct str_buf *why)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc = sqlite3_open_v2(r->span.path, &r->handle, flags, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(r->handle, 2000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(r->handle, "PRAGMA cache_size=-512; PRAGMA mmap_size=0", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rowcrc_register(r->handle);
	for (size_t i = 0; rc == SQLITE_OK && i < STATEMENTS; i++)
		rc = sqlite3_prepare_v2(r->handle, sql[i], -1, &r->statements[i], NULL);
	if (rc != SQLITE_OK)
		str_buf_printf(why, "history.db: %s", sqlite3_errmsg(r->handle));
	return (rc & 0xff) == SQLITE_CANTOPEN ? -ENOENT : database_errno(rc);
}

static int64_t hour_of(int64_t ts_ms)
{
	return ts_ms / HISTORY_HOUR_MS - (ts_ms % HISTORY_HOUR_MS < 0);
}

/* So long that the samples of one step are not too many where each point has one a second. */
static int64_t step_of(size_t points)
{
	if (points <= HISTORY_READER_FEW)
		return HISTORY_HOUR_MS;
	return MAX(MINUTE / MS * 1000 / (int64_t)MAX(points, (size_t)1000), S / MS);
}

int history_reader_open(const struct history_span *span, struct history_reader **ret_reader, struct str_buf *why)
{
	_cleanup_(history_reader_closep) struct history_reader *r = MEM_NEW(struct history_reader);
	int rc;

	r->span = *span;
	if (!r->span.max_bytes)
		r->span.max_bytes = HISTORY_READER_BYTES;
	r->hour = NEVER;
	r->at_ms = span->from_ms;
	r->step_ms = step_of(span->count);
	rc = open_handle(r, why);
	if (rc < 0)
		return rc;
	r->chunks = (struct history_hour){ .chunks = r->statements[CHUNKS], .stamps = r->statements[STAMPS] };
	rc = find_names(r);
	if (rc < 0) {
		str_buf_printf(why, "history.db: %s", sqlite3_errmsg(r->handle));
		return rc;
	}
	*ret_reader = steal(&r);
	return 0;
}

void history_reader_close(struct history_reader *r)
{
	if (!r)
		return;
	history_hour_clear(&r->chunks);
	ring_close(r->ring);
	database_finalize(r->statements, STATEMENTS);
	sqlite3_close(r->handle);
	free(r->wanted);
	free(r->old);
	free(r->items);
	free(r);
}

/* ---- how far it has come ---- */

static int read_progress(struct history_reader *r)
{
	int64_t released, passing, slice;
	int rc = get_meta(r, "released", &released);

	if (rc == 0)
		rc = get_meta(r, "passing", &passing);
	if (rc == 0)
		rc = get_meta(r, "slice", &slice);
	if (rc == 0)
		r->progress = (struct history_progress){ (uint64_t)released, (uint64_t)passing, (uint32_t)slice, 0 };
	return rc;
}

/* What stands in the ring goes by the progress that the same look at the database has shown. */
static int open_ring(struct history_reader *r)
{
	_cleanup_(freep) char *path = recorder_ring_path(r->span.path);
	struct ring_setup setup = { .path = path, .way = RING_READER, .key = r->key, .released = r->progress.released };
	int rc;

	if (r->ring && r->ring->released == setup.released)
		return 0; /* nothing of it became chunks meanwhile */
	ring_close(steal(&r->ring));
	rc = ring_open(&setup, &r->ring);
	return rc == -ENOENT || rc == -EIO ? 0 : rc; /* what the disk cannot read is not there */
}

/* ---- the samples of a step ---- */

static void add_item(struct history_reader *r, const struct chunk_sample *from, enum value_type type, size_t point)
{
	struct history_reader_sample *to;

	if (from->ts_ms < r->span.from_ms || from->ts_ms >= r->span.to_ms)
		return;
	if (r->item_count == r->item_room) {
		r->item_room = r->item_room ? 2 * r->item_room : 256;
		r->items = mem_realloc(r->items, r->item_room, sizeof(*r->items));
	}
	r->items[r->item_count].order = r->item_count;
	to = &r->items[r->item_count++].sample;
	*to = (struct history_reader_sample){ .ts_ms = from->ts_ms,
					      .point = point,
					      .quality = (enum quality)(from->flags & CHUNK_QUALITY),
					      .test = from->flags & CHUNK_TEST,
					      .lap = (from->flags & CHUNK_LAP) >> CHUNK_LAP_BIT };
	if (from->flags & CHUNK_NULL)
		return;
	switch (type) {
	case VALUE_NUMBER: to->value = value_number(from->number); break;
	case VALUE_BOOL: to->value = value_bool(from->number != 0); break;
	case VALUE_TEXT: to->value = value_text(from->text); break;
	case VALUE_EVENT: to->value = value_event(from->text); break;
	case VALUE_NONE: break;
	}
}

/* The samples of the step, of all chunks that are held. */
static void take_chunks(struct history_reader *r, int64_t until_ms)
{
	struct history_hour_sample s;

	while (history_hour_next(&r->chunks, until_ms, &s))
		if (s.sample.ts_ms >= r->at_ms)
			add_item(r, &s.sample, s.type, s.point);
}

/* The chunks of the hour; where they are too many, the samples of one step of them, and none is held. One look at the database. */
static int read_chunks(struct history_reader *r, int64_t until_ms)
{
	int rc = database_run(r->statements[BEGIN]), end;

	history_hour_clear(&r->chunks);
	r->chunks.hour = r->hour;
	if (rc == 0)
		rc = read_progress(r);
	for (size_t i = 0; rc == 0 && i < r->wanted_count; i++) {
		rc = history_hour_add(&r->chunks, &r->wanted[i]);
		r->lean = r->lean || r->chunks.bytes > r->span.max_bytes;
		if (r->lean) {
			take_chunks(r, until_ms);
			history_hour_clear(&r->chunks);
		}
	}
	end = sqlite3_get_autocommit(r->handle) ? 0 : database_run(r->statements[COMMIT]);
	return rc < 0 ? rc : end < 0 ? end : open_ring(r);
}

/* Chunks of these samples are there already. */
static bool is_chunked(const struct history_reader *r, const struct ring_record *record, uint32_t slice)
{
	return record->seq <= r->progress.passing && slice < r->progress.slice;
}

static struct varint_bytes bytes_of(const struct str_buf *b)
{
	const uint8_t *at = (const uint8_t *)str_buf_text(b);

	return (struct varint_bytes){ at, at + b->len };
}

static int take_piece(struct history_reader *r, uint32_t slice, const struct str_buf *piece, int64_t until_ms)
{
	struct stage_reader reader;
	struct chunk_reader samples;
	uint32_t id;
	int rc = stage_reader_open(&reader, slice, bytes_of(piece));

	while (rc == 0 && (rc = stage_reader_next(&reader, &id, &samples)) > 0) {
		const struct history_hour_series *w = find_wanted(r->wanted, r->wanted_count, id);
		struct chunk_sample sample;

		rc = 0;
		while (w && (rc = chunk_reader_next(&samples, &sample)) > 0)
			if (sample.ts_ms >= r->at_ms && sample.ts_ms < until_ms)
				add_item(r, &sample, samples.type, w->point);
		if (rc < 0)
			break;
	}
	stage_reader_fini(&reader);
	return MIN(rc, 0);
}

/* The wanted slices of one record. */
static int take_record(struct history_reader *r, const struct ring_record *record, int64_t until_ms)
{
	for (size_t i = 0; i < r->wanted_count; i++) {
		_cleanup_str_buf_ struct str_buf piece = { 0 };
		uint32_t slice = stage_slice(r->wanted[i].id);
		int rc;

		if ((i > 0 && slice == stage_slice(r->wanted[i - 1].id)) || is_chunked(r, record, slice))
			continue;
		rc = ring_slice(r->ring, record, slice, &piece);
		if (rc > 0)
			rc = take_piece(r, slice, &piece, until_ms);
		if (rc == -EBADMSG)
			r->damaged++;
		else if (rc < 0)
			return rc;
	}
	return 0;
}

static int take_ring(struct history_reader *r, int64_t until_ms)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && r->ring && i < r->ring->count; i++) {
		const struct ring_record *record = &r->ring->records[i];

		if (record->max_ms >= r->at_ms && record->min_ms < until_ms)
			rc = take_record(r, record, until_ms);
	}
	return rc;
}

/* A row of before there were chunks. */
static void take_old_row(struct history_reader *r, sqlite3_stmt *s)
{
	static const enum value_type types[] = { VALUE_NUMBER, VALUE_BOOL, VALUE_TEXT, VALUE_EVENT, VALUE_NONE };
	const struct history_hour_series *w = find_wanted(r->old, r->old_count, (uint32_t)sqlite3_column_int64(s, 1));
	int flags = sqlite3_column_int(s, 3), type = flags >> 4;
	struct chunk_sample sample = { .ts_ms = sqlite3_column_int64(s, 0) };

	if (!w || type < 0 || (size_t)type >= ARRAY_SIZE(types))
		return;
	sample.flags = (uint8_t)(flags & CHUNK_QUALITY) | (flags & OLD_TEST ? CHUNK_TEST : 0);
	if (types[type] == VALUE_TEXT || types[type] == VALUE_EVENT)
		sample.text = (const char *)sqlite3_column_text(s, 2);
	else
		sample.number = sqlite3_column_double(s, 2);
	if (sqlite3_column_type(s, 2) == SQLITE_NULL)
		sample.flags |= CHUNK_NULL;
	add_item(r, &sample, types[type], w->point);
}

static int take_old(struct history_reader *r, int64_t until_ms)
{
	sqlite3_stmt *s = r->statements[OLD_ROWS];
	int rc;

	if (!r->old_count)
		return 0;
	sqlite3_bind_int64(s, 1, r->at_ms);
	sqlite3_bind_int64(s, 2, until_ms);
	while ((rc = database_row(s)) > 0)
		take_old_row(r, s);
	return rc;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->sample.ts_ms != y->sample.ts_ms)
		return x->sample.ts_ms < y->sample.ts_ms ? -1 : 1;
	if (x->sample.point != y->sample.point)
		return x->sample.point < y->sample.point ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* ---- steps ---- */

/* The first hour from there on in which there can be something. */
static int find_hour(struct history_reader *r, int64_t from, int64_t *ret_hour)
{
	sqlite3_stmt *old = r->statements[OLD_NEXT];
	int64_t found = NEVER;
	int rc = 0;

	sqlite3_bind_int64(old, 1, from * HISTORY_HOUR_MS);
	if (r->old_count && (rc = database_row(old)) > 0) {
		found = hour_of(sqlite3_column_int64(old, 0));
		database_reset(old);
	}
	for (size_t i = 0; rc >= 0 && i < r->wanted_count; i++) {
		sqlite3_stmt *s = r->statements[NEXT_HOUR];

		if (i > 0 && r->wanted[i].class == r->wanted[i - 1].class)
			continue;
		sqlite3_bind_int64(s, 1, r->wanted[i].class);
		sqlite3_bind_int64(s, 2, from);
		rc = database_row(s);
		if (rc > 0) {
			found = MIN(found, sqlite3_column_int64(s, 0));
			database_reset(s);
		}
	}
	for (size_t i = 0; r->ring && i < r->ring->count; i++)
		if (hour_of(r->ring->records[i].max_ms) >= from)
			found = MIN(found, MAX(from, hour_of(r->ring->records[i].min_ms)));
	*ret_hour = found;
	return MIN(rc, 0);
}

/* 1: at_ms stands in an hour that is open; 0: the span is over. */
static int settle_hour(struct history_reader *r)
{
	int64_t hour;
	int rc;

	if (r->at_ms >= r->span.to_ms)
		return 0;
	if (r->hour != NEVER && hour_of(r->at_ms) == r->hour)
		return 1;
	if (r->hour == NEVER) { /* what the ring has tells where to look */
		rc = read_progress(r);
		rc = rc == 0 ? open_ring(r) : rc;
		if (rc < 0)
			return rc;
	}
	rc = find_hour(r, hour_of(r->at_ms), &hour);
	if (rc < 0)
		return rc;
	if (hour == NEVER || hour > hour_of(r->span.to_ms))
		return 0;
	r->at_ms = MAX(r->at_ms, hour * HISTORY_HOUR_MS);
	r->hour = hour;
	r->fresh = true;
	return 1;
}

/* 1: items may have come; 0: the span is over. */
static int take_step(struct history_reader *r)
{
	int64_t until_ms;
	int rc = settle_hour(r);

	if (rc <= 0)
		return rc;
	until_ms = MIN(r->at_ms / r->step_ms * r->step_ms + r->step_ms, (r->hour + 1) * HISTORY_HOUR_MS);
	r->item_count = r->item_at = 0;
	if (r->fresh)
		r->lean = false;
	rc = r->fresh || r->lean ? read_chunks(r, until_ms) : 0;
	r->fresh = false;
	if (rc < 0)
		return rc;
	take_chunks(r, until_ms);
	rc = take_ring(r, until_ms);
	if (rc == 0)
		rc = take_old(r, until_ms);
	if (r->item_count)
		qsort(r->items, r->item_count, sizeof(*r->items), compare_items);
	r->at_ms = until_ms;
	return rc < 0 ? rc : 1;
}

int history_reader_next(struct history_reader *r, struct history_reader_sample *ret_sample)
{
	while (r->item_at == r->item_count) {
		int rc = take_step(r);

		if (rc <= 0)
			return rc;
	}
	*ret_sample = r->items[r->item_at++].sample;
	return 1;
}

int history_reader_trimmed(struct history_reader *r, int64_t *ret_before_ms)
{
	int64_t newest = 0;

	for (size_t i = 0; i < r->wanted_count; i++) {
		char name[HISTORY_TRIMMED_MAX];
		int64_t hour = 0;
		int rc;

		if (i > 0 && r->wanted[i].class == r->wanted[i - 1].class)
			continue;
		history_trimmed_name(r->wanted[i].class, name);
		rc = get_meta(r, name, &hour);
		if (rc < 0)
			return rc;
		newest = MAX(newest, hour);
	}
	*ret_before_ms = newest > 0 ? newest * HISTORY_HOUR_MS : INT64_MIN;
	return 0;
}

uint64_t history_reader_damaged(const struct history_reader *r)
{
	return r->damaged + r->chunks.damaged;
}
