/* summary_reader.h: what state.db has of a span of time, for its summary: transitions, records of the audit, what has left.
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

/* What is to be fed, in no order: 0 or -errno. */
int summary_reader_transitions(struct summary_reader *r, const struct summary_span *span, struct summary *to);
int summary_reader_records(struct summary_reader *r, const struct summary_span *span, struct summary *to);

/* What has left of the span: 0; *ret_left NULL: nothing yet. The caller frees. */
int summary_reader_left(struct summary_reader *r, const struct summary_span *span, char **ret_left);
/* All spans of which something has left: their starts, in order. The caller frees. */
struct summary_reader_starts {
	int64_t *from_us[SUMMARY_PERIODS];
	size_t count[SUMMARY_PERIODS];
};
int summary_reader_starts(struct summary_reader *r, struct summary_reader_starts *ret_starts);
void summary_reader_starts_fini(struct summary_reader_starts *s);
