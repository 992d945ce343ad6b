/* history_sums.h: one point over a long time in few rows: the least, greatest and average of every window. Whole hours come from
 * the sums beside the chunks and from the table day, so that a year is read in milliseconds; anything finer from the samples.
 *
 * Windows begin at from_ms; those without any sample are left out. Numbers and bools (0 and 1); others have no sums. Reader
 * thread, as history_reader.h. */
#pragma once

#include "base/str.h"
#include "store/sums.h"

#define HISTORY_SUMS_MAX     20000   /* windows in one answer */
#define HISTORY_SUMS_SAMPLES 3000000 /* that are looked at for it: a month of one a second */

struct history_sums_ask {
	const char *path, *point;
	int64_t from_ms, to_ms, every_ms; /* to_ms: not after now: the last value holds until then */
	size_t max_samples;               /* 0: HISTORY_SUMS_SAMPLES */
};
struct history_sums_row {
	int64_t from_ms;
	struct sums sums;
};
/* 0 with rows (the caller frees); -E2BIG: more windows than that, or more samples would have to be looked at: what to ask for instead;
 * as history_reader_open. */
int history_sums_read(const struct history_sums_ask *ask, struct history_sums_row **ret_rows, size_t *ret_count,
		      struct str_buf *why);
