#include "store/history_hour.h"

#include <errno.h>

#include "base/crc32.h"
#include "base/mem.h"
#include "store/chunk_reader.h"
#include "store/database.h"
#include "store/squeeze.h"

/* A packed piece that is being read. */
struct history_hour_source {
	struct str_buf bytes, stamps;
	struct chunk_reader reader;
	struct chunk_sample next;
	bool has_next;
	size_t point;
};

static struct varint_bytes bytes_of(const struct str_buf *b)
{
	const uint8_t *at = (const uint8_t *)str_buf_text(b);

	return (struct varint_bytes){ at, at + b->len };
}

static void advance(struct history_hour *h, struct history_hour_source *s)
{
	int r = chunk_reader_next(&s->reader, &s->next);

	h->damaged += r < 0; /* no more that can be read */
	s->has_next = r > 0;
}

/* The times that it shares with others; their number is their length and CRC. */
static int read_stamps(struct history_hour *h, const struct history_hour_series *w, int64_t id,
		       struct history_hour_source *to)
{
	sqlite3_stmt *s = h->stamps;
	size_t len;
	int r;

	sqlite3_bind_int64(s, 1, w->class);
	sqlite3_bind_int64(s, 2, h->hour);
	sqlite3_bind_int64(s, 3, id);
	r = database_row(s);
	if (r <= 0)
		return r < 0 ? r : -EBADMSG;
	len = (size_t)sqlite3_column_bytes(s, 0);
	r = (int64_t)((uint64_t)len << 32 | crc32_add(0, sqlite3_column_blob(s, 0), len)) == id
		    ? squeeze_expand(sqlite3_column_blob(s, 0), len, &to->stamps)
		    : -EBADMSG;
	database_reset(s);
	return r;
}

/* Its own times stand before the values, with their length. */
static int open_source(struct history_hour_source *s, bool shares)
{
	struct varint_bytes values = bytes_of(&s->bytes), stamps = bytes_of(&s->stamps);
	uint64_t len;

	if (!shares) {
		if (varint_get(&values, &len) < 0 || len > (uint64_t)(values.end - values.at))
			return -EBADMSG;
		stamps = (struct varint_bytes){ values.at, values.at + len };
		values.at += len;
	}
	return chunk_reader_open(&s->reader, stamps, values);
}

static int read_row(struct history_hour *h, const struct history_hour_series *w, struct history_hour_source *to)
{
	sqlite3_stmt *row = h->chunks;
	bool shares = sqlite3_column_type(row, 0) != SQLITE_NULL;
	int r = sqlite3_column_int(row, 2) ? 0 : -EBADMSG;

	to->point = w->point;
	if (r == 0)
		r = squeeze_expand(sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1), &to->bytes);
	if (r == 0 && shares)
		r = read_stamps(h, w, sqlite3_column_int64(row, 0), to);
	if (r == 0)
		r = open_source(to, shares);
	h->bytes += sizeof(*to) + to->bytes.len + to->stamps.len;
	if (r == 0 && to->reader.count)
		advance(h, to);
	return r;
}

int history_hour_add(struct history_hour *h, const struct history_hour_series *w)
{
	sqlite3_stmt *s = h->chunks;
	int r;

	sqlite3_bind_int64(s, 1, w->class);
	sqlite3_bind_int64(s, 2, h->hour);
	sqlite3_bind_int64(s, 3, w->id);
	while ((r = database_row(s)) > 0) {
		struct history_hour_source *to;

		h->sources = mem_realloc(h->sources, h->source_count + 1, sizeof(*h->sources));
		to = &h->sources[h->source_count++];
		*to = (struct history_hour_source){ 0 };
		r = read_row(h, w, to);
		if (r == -EBADMSG) {
			h->damaged++;
		} else if (r < 0) {
			database_reset(s);
			return r;
		}
	}
	return r;
}

bool history_hour_next(struct history_hour *h, int64_t until_ms, struct history_hour_sample *ret_sample)
{
	if (h->lent)
		advance(h, &h->sources[h->source_at]);
	h->lent = false;
	for (; h->source_at < h->source_count; h->source_at++) {
		struct history_hour_source *s = &h->sources[h->source_at];

		if (!s->has_next || s->next.ts_ms >= until_ms)
			continue;
		*ret_sample = (struct history_hour_sample){ s->next, s->reader.type, s->point };
		h->lent = true;
		return true;
	}
	h->source_at = 0;
	return false;
}

void history_hour_clear(struct history_hour *h)
{
	for (size_t i = 0; i < h->source_count; i++) {
		str_buf_fini(&h->sources[i].bytes);
		str_buf_fini(&h->sources[i].stamps);
	}
	free(steal(&h->sources));
	h->source_count = h->source_at = h->bytes = 0;
	h->lent = false;
}
