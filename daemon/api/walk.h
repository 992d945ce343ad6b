/* walk.h: answers with a long list, a bounded piece in each turn of the loop: 100,000 points hold no alarm up. Main thread.
 *
 * A piece is made when the one before has left, so a slow reader costs one piece of memory. What changes meanwhile is
 * sent as it is when its turn comes; rows are found by index in what the source says now. */
#pragma once

#include "api/inside.h"

/* Whom the rows are for, and which he wants. */
struct walk_view {
	struct party by;
	char *match; /* NULL: all */
	void *wish;  /* what else the list is asked for; NULL: nothing */
};

struct walk_kind {
	size_t (*count)(const struct api *a);
	/* NULL: not wanted, or not for him. Of what comes and goes while somebody turns the pages: json_null for what is his but not
	 * wanted, so that no row slips from one page to the page before. */
	json_t *(*row)(const struct api *a, size_t index, const struct walk_view *view);
	bool whole; /* it leaves as one, however long, so that it has a tag: asked for again and again, and often the same */
};

#define WALK_PAGE 1000            /* rows of a page at most */
#define WALK_NEXT "X-Estate-Next" /* where the next page begins: ?after= of it; not there: this was the last */

/* Answers x, now or piece by piece. */
void walk_start(struct call *x, const struct walk_kind *kind);
/* The same with view->wish; takes it (heap). */
void walk_start_wish(struct call *x, const struct walk_kind *kind, void *wish);
/* Only these rows, in this order; row has to bear an index that is not there any more. Takes order (heap). */
void walk_start_ordered(struct call *x, const struct walk_kind *kind, uint32_t *order, size_t count);
/* The API ends: forget all (evhttp frees the requests). */
void walk_stop(struct api *a);
