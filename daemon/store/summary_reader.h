/* summary_reader.h: what state.db has of a span of time, for its summary: transitions, records of the audit, what has left.
 * summary_reader_begin, then summary_reader_some until there is no more.
 *
 * A read-only connection of its own, for the reader thread: opened after store_open, closed before store_close. Reads in steps
 * of READ_STEP rows and holds no transaction between two of them. Times are mended by what is known of the clock now: a
 * transition that was stamped by a wrong clock belongs where it should have been. Damaged rows are left out. */
#pragma once

#include "base/str.h"
#include "upstream/summary.h"

struct summary_reader;

/* 0, or -errno with why. */
int summary_reader_open(const char *path, struct summary_reader **ret_reader, struct str_buf *why);
void summary_reader_close(struct summary_reader *r);
UTIL_DEFINE_CLEANUP(struct summary_reader *, summary_reader_close);

/* What is to be fed of a span, in no order, some of it at a time: 1 there is more, 0 that was all, -errno. */
void summary_reader_begin(struct summary_reader *r, const struct summary_span *span);
/* The transitions alone, for whoever makes something else of them: likewise. after_us is known of a reset too: since it began. */
struct summary_reader_sink {
	void *context;
	void (*transition)(void *context, const struct summary_transition *t); /* lent */
};
int summary_reader_transitions(struct summary_reader *r, const struct summary_reader_sink *to);
int summary_reader_some(struct summary_reader *r, struct summary *to);

/* What has left of the span. */
struct summary_reader_left {
	char *departed, *devices; /* as the store was given them; NULL: nothing yet; nobody noted it */
	int64_t gone_us; /* wall; of what left before it not all is known: the box was restored then; 0: it never was */
};
int summary_reader_left(struct summary_reader *r, const struct summary_span *span,
			struct summary_reader_left *ret_left);
void summary_reader_left_fini(struct summary_reader_left *l);
/* All spans of which something has left: their starts, in order. The caller frees. */
struct summary_reader_starts {
	int64_t *from_us[SUMMARY_PERIODS];
	size_t count[SUMMARY_PERIODS];
};
int summary_reader_starts(struct summary_reader *r, struct summary_reader_starts *ret_starts);
void summary_reader_starts_fini(struct summary_reader_starts *s);
