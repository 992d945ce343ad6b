/* history_reader.h: the kept samples of some points over a span of time, in order of time: from the chunks, from the ring and
 * from rows of before there were chunks. The samples that the daemon still has in memory (at most a minute) are not there:
 * store_submit_stage has them put where a reader finds them.
 *
 * A read-only connection of its own, for the reader thread: opened after store_open, closed before store_close. Reads an hour
 * at a time and holds no transaction between two calls. Memory: the packed hour of the wanted points, at most
 * HISTORY_READER_BYTES of it (where it has more, it is read again for each step), and the samples of one step: an hour of up to
 * HISTORY_READER_FEW points, a minute of a thousand points, less of more. */
#pragma once

#include "model/record.h"
#include "store/history.h"

#define HISTORY_READER_FEW   16
#define HISTORY_READER_BYTES ((size_t)16 * 1024 * 1024)

struct history_span {
	const char *path;          /* of history.db */
	const char *const *points; /* names; lent while it is open */
	size_t count;
	int64_t from_ms, to_ms; /* from <= time < to */
	size_t max_bytes;       /* of packed chunks in memory; 0: HISTORY_READER_BYTES */
};

struct history_reader_sample {
	int64_t ts_ms;
	size_t point;       /* index into the span's points */
	struct value value; /* VALUE_NONE where the quality is not good */
	enum quality quality;
	bool test;
	unsigned lap; /* how often the clock had been past this time already */
};

struct history_reader;

/* 0; -ENOENT: there is no history yet; -EUCLEAN damaged; other -errno, with why. A name that has no history is fine. */
int history_reader_open(const struct history_span *span, struct history_reader **ret_reader, struct str_buf *why);
void history_reader_close(struct history_reader *r);
UTIL_DEFINE_CLEANUP(struct history_reader *, history_reader_close);

/* 1 with the next sample, 0 at the end, -errno. At the same time in the order of the span's points. */
int history_reader_next(struct history_reader *r, struct history_reader_sample *ret_sample);
/* Samples of before that time were deleted, of one of the points at least: too old, or too many. INT64_MIN: none were. */
int history_reader_trimmed(struct history_reader *r, int64_t *ret_before_ms);
uint64_t history_reader_damaged(const struct history_reader *r); /* chunks that were left out so far */
