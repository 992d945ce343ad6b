#include "store/pass.h"

#include <errno.h>

#include "base/mem.h"

/* The samples of one slice, from all records of the pass; their texts lie in the readers. */
struct slice {
	struct stage_reader *readers;
	size_t reader_count;
	struct stage_item *items;
	size_t count, room;
};

#define TWIN_MIN 16 /* samples: the times of fewer are not worth a row of their own */

static void slice_fini(struct slice *s)
{
	for (size_t i = 0; i < s->reader_count; i++)
		stage_reader_fini(&s->readers[i]);
	free(s->readers);
	free(s->items);
}

int pass_begin(struct pass *p, uint64_t up_to_seq)
{
	struct history_progress next = p->history->progress;
	int r;

	if (next.passing)
		return 0;
	if (p->ring->count == 0 || p->ring->records[0].seq > up_to_seq)
		return -ENOENT;
	next.passing = up_to_seq;
	next.slice = 0;
	r = history_begin(p->history);
	if (r == 0)
		r = history_set_progress(p->history, &next);
	if (r == 0)
		r = history_commit(p->history);
	if (r < 0)
		history_rollback(p->history);
	return r;
}

/* ---- reading a slice ---- */

static void add_item(struct slice *s, const struct stage_item *item)
{
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->items = mem_realloc(s->items, s->room, sizeof(*s->items));
	}
	s->items[s->count++] = *item;
}

static int add_series(struct slice *s, uint32_t point, struct chunk_reader *samples)
{
	struct stage_item item = { .point = point, .type = (uint8_t)samples->type };
	int r;

	while ((r = chunk_reader_next(samples, &item.sample)) > 0)
		add_item(s, &item);
	return r;
}

static int add_piece(struct slice *s, uint32_t slice, const struct str_buf *piece)
{
	struct varint_bytes bytes = { (const uint8_t *)piece->text, (const uint8_t *)piece->text + piece->len };
	struct stage_reader *reader = &s->readers[s->reader_count++];
	struct chunk_reader samples;
	uint32_t point;
	int r = stage_reader_open(reader, slice, bytes);

	if (r < 0)
		return r;
	while ((r = stage_reader_next(reader, &point, &samples)) > 0) {
		r = add_series(s, point, &samples);
		if (r < 0)
			return r;
	}
	return r;
}

/* The lowest slice from there on that any record of the pass has; UINT32_MAX: none. */
static uint32_t find_slice(const struct pass *p, uint32_t from)
{
	uint32_t lowest = UINT32_MAX;

	for (size_t i = 0; i < p->ring->count && p->ring->records[i].seq <= p->history->progress.passing; i++)
		lowest = MIN(lowest, ring_next_slice(p->ring, &p->ring->records[i], from));
	return lowest;
}

static int read_slice(struct pass *p, uint32_t slice, struct slice *s)
{
	int r = 0;

	s->readers = mem_array(p->ring->count + 1, sizeof(*s->readers));
	for (size_t i = 0; i < p->ring->count && p->ring->records[i].seq <= p->history->progress.passing; i++) {
		_cleanup_str_buf_ struct str_buf piece = { 0 };

		r = ring_slice(p->ring, &p->ring->records[i], slice, &piece);
		if (r > 0)
			r = add_piece(s, slice, &piece);
		if (r == -EBADMSG)
			p->damaged++; /* what is lost is lost; the rest is not */
		else if (r < 0)
			return r;
	}
	stage_sort(s->items, s->count);
	return 0;
}

/* ---- writing its chunks ---- */

static int64_t hour_of(int64_t ts_ms)
{
	return ts_ms / HISTORY_HOUR_MS - (ts_ms % HISTORY_HOUR_MS < 0);
}

/* One point's samples of one hour and one type. */
static size_t same_chunk(const struct stage_item *items, size_t count)
{
	size_t same = 1;

	while (same < count && same < CHUNK_SAMPLES_MAX && items[same].point == items[0].point &&
	       items[same].type == items[0].type && hour_of(items[same].sample.ts_ms) == hour_of(items[0].sample.ts_ms))
		same++;
	return same;
}

static struct sums sums_of(const struct chunk_series *series, int64_t end_ms)
{
	struct sums sums = { 0 };

	if (series->type != VALUE_NUMBER && series->type != VALUE_BOOL)
		return sums;
	for (size_t i = 0; i < series->count; i++) {
		const struct chunk_sample *sample = &series->samples[i];
		int64_t until_ms = i + 1 < series->count ? series->samples[i + 1].ts_ms : end_ms;

		if (sample->flags & CHUNK_NULL || !(sample->number == sample->number))
			continue;
		sums_see(&sums, sample->number);
		sums_hold(&sums, sample->number, until_ms - sample->ts_ms);
	}
	return sums;
}

/* Somebody else in the slice has the very same times in that hour: points that are read in one request. */
static bool has_twin(const struct slice *s, size_t at, size_t len)
{
	if (len < TWIN_MIN)
		return false;
	for (size_t i = 0, other; i < s->count; i += other) {
		size_t same = 0;

		other = same_chunk(&s->items[i], s->count - i);
		if (i == at || other != len)
			continue;
		while (same < len && s->items[i + same].sample.ts_ms == s->items[at + same].sample.ts_ms)
			same++;
		if (same == len)
			return true;
	}
	return false;
}

static int write_chunks(struct pass *p, const struct slice *s)
{
	_cleanup_(freep) struct chunk_sample *samples = mem_array(s->count + 1, sizeof(*samples));
	/* Unlike that of any other chunk: an hour may have several, of several passes and types. */
	int64_t part = (int64_t)p->history->progress.passing << 24;
	int r = 0;

	for (size_t i = 0, len; r == 0 && i < s->count; i += len) {
		struct history_chunk c = { .point = s->items[i].point, .hour = hour_of(s->items[i].sample.ts_ms) };

		len = same_chunk(&s->items[i], s->count - i);
		for (size_t n = 0; n < len; n++)
			samples[n] = s->items[i + n].sample;
		c.series = (struct chunk_series){ (enum value_type)s->items[i].type, samples, len };
		c.sums = sums_of(&c.series, MIN((c.hour + 1) * HISTORY_HOUR_MS, p->now_ms));
		c.shares = has_twin(s, i, len);
		c.part = part++;
		r = history_put_chunk(p->history, &c);
		if (r == -ENOENT) { /* its name was not saved when the file was damaged */
			p->damaged++;
			r = 0;
		}
	}
	return r;
}

/* ---- steps ---- */

int pass_flush(struct pass *p)
{
	int r = p->open ? history_commit(p->history) : 0;

	if (r < 0)
		history_rollback(p->history);
	p->open = 0;
	return r;
}

static int begin(struct pass *p)
{
	return p->open ? 0 : history_begin(p->history);
}

/* After an error nothing of the transaction is left. */
static int settle(struct pass *p, int error)
{
	if (error == 0) {
		p->open++;
		return 0;
	}
	history_rollback(p->history);
	p->open = 0;
	return error;
}

static int make_slice(struct pass *p, uint32_t slice)
{
	_cleanup_(slice_fini) struct slice s = { 0 };
	struct history_progress next = p->history->progress;
	int r = read_slice(p, slice, &s);

	next.slice = slice + 1;
	if (r == 0)
		r = begin(p);
	if (r == 0)
		r = write_chunks(p, &s);
	if (r == 0)
		r = history_set_progress(p->history, &next);
	r = settle(p, r);
	if (r == 0 && p->open >= PASS_SLICES)
		r = pass_flush(p);
	return r < 0 ? r : 1;
}

static int finish(struct pass *p)
{
	struct history_progress next = p->history->progress;
	int r = begin(p);

	next.released = next.passing;
	next.passing = 0;
	next.slice = 0;
	if (r == 0)
		r = history_set_progress(p->history, &next);
	r = settle(p, r);
	if (r == 0)
		r = pass_flush(p);
	if (r == 0)
		ring_release(p->ring, next.released);
	return r;
}

int pass_step(struct pass *p)
{
	uint32_t slice;

	if (!p->history->progress.passing)
		return 0;
	slice = find_slice(p, p->history->progress.slice);
	return slice == UINT32_MAX ? finish(p) : make_slice(p, slice);
}
