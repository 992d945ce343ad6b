/* clockmap.h: what was learned of the wall clock, boot by boot, and with it what a stamp of an unset clock means. Pure.
 *
 * A row says: at this monotonic time of this boot the wall clock said so, and was that good. What is learned later mends
 * what was stamped before: a stamp becomes its monotonic time on the clock of the best row behind it in the same boot,
 * where that is better than the stamp's own. Rows of another boot say nothing. The newest rows are kept. */
#pragma once

#include "base/clock.h"

#define CLOCKMAP_BOOT_MAX 33
#define CLOCKMAP_ROWS_MAX 128

struct clockmap_row {
	char boot[CLOCKMAP_BOOT_MAX];
	struct clock_now at; /* right after the step */
	enum clock_quality quality;
	int64_t step_us; /* how far the wall clock had jumped; 0: only its quality changed */
};

struct clockmap {
	struct clockmap_row rows[CLOCKMAP_ROWS_MAX]; /* oldest first */
	size_t count;
};

/* When something was stamped, and on what clock. */
struct clockmap_stamp {
	const char *boot;
	struct clock_now at;
	enum clock_quality quality;
};

void clockmap_add(struct clockmap *m, const struct clockmap_row *row); /* drops the oldest when it is full */
/* The best that is known: wall time and its quality; s itself where nothing better is. */
struct clockmap_stamp clockmap_mend(const struct clockmap *m, const struct clockmap_stamp *s);
/* The same for all other wall times that were written down with that stamp, on the clock of its boot. Empty when there is
 * nothing to mend. */
struct clock_shifts clockmap_shifts(const struct clockmap *m, const struct clockmap_stamp *s);
