/* occurrence.h: events of points on their way to the uplinks (upstream/happened.h): seen while the engine works, taken over by the
 * commit that stores the sample they came with, so that what a source was told is stored has left too. Main thread.
 *
 * Bounded: by point as happened.h says; those that no commit has taken yet are of one happening. */
#pragma once

#include "base/clock.h"
#include "model/point.h"

struct occurrence_book;
struct occurrence {
	char *payload; /* whoever takes it frees it */
	struct clock_now at;
};

struct occurrence_book *occurrence_new(void);
void occurrence_free(struct occurrence_book *b);
/* It happened just now. */
void occurrence_see(struct occurrence_book *b, const struct point *p, int64_t now_us);
bool occurrence_any(const struct occurrence_book *b); /* of none: none */
/* The next one, in order; false: there is none. */
bool occurrence_take(struct occurrence_book *b, struct occurrence *ret);
/* Points have other names and numbers now: what is known of points that are gone is forgotten. */
void occurrence_rebind(struct occurrence_book *b, const struct point_table *t);
uint64_t occurrence_skipped(const struct occurrence_book *b); /* since the start */
