/* summary_due.h: the spans whose summaries are to be made, in the order in which they fell due. Pure; zero-initialised is empty;
 * the caller owns it.
 *
 * Invariant: each span stands in it once; none is dropped for want of room before SUMMARY_DUE_MAX, two years of hours. */
#pragma once

#include <stddef.h>

#include "upstream/summary_span.h"

#define SUMMARY_DUE_MAX 18000

struct summary_due {
	struct summary_span *all;
	size_t first, count, room; /* first … first + count - 1 */
};

void summary_due_fini(struct summary_due *d); /* as empty as it was */
/* False: there is no room for it. */
bool summary_due_add(struct summary_due *d, const struct summary_span *span);
/* False: none is due. */
bool summary_due_take(struct summary_due *d, struct summary_span *ret_span);
