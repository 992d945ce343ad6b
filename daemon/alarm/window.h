/* window.h: what one point did of late: how often it changed or happened, and the mean, extremes and slope of a number.
 * Pure: time is an argument, monotonic, never less than before. Owned by the binding of an expression.
 *
 * Two kinds, each O(1) per reading (amortised) and of fixed size, however fast the readings come:
 * - changes (WINDOW_TIMES times, about 700 bytes): exact. Up to WINDOW_TIMES - 1 are counted; more are "at least".
 * - values (WINDOW_BUCKETS buckets, about 1.5 KB): the value holds from one reading to the next; each bucket sums up a
 *   32nd of the window, on a grid of the clock. Mean and slope are those of the whole buckets, so they move on the grid
 *   only; extremes take in the bucket that is being filled, so that a new extreme counts at once.
 *
 * What happened while the point was not good is not known: the first good value after that is no change, and until the
 * window lies wholly after it, its count is "at least". A mean and extremes are known when the point was good for half
 * of the window, a slope when it was good at both ends.
 *
 * A window outlives the process as bytes (window_pack, window_unpack; windows.h says where they are). What has passed
 * since then, and until its point is heard again, is believed to have been as before when it is short: shorter than the
 * window, and no longer than WINDOW_BELIEVED. Longer, it is time in which the point was not good. Invariant: what a window
 * says depends on what was fed and when, never on how often it was asked; so only a feed that changed it needs keeping. */
#pragma once

#include "base/util.h"
#include "model/value.h"

#define WINDOW_TIMES    64
#define WINDOW_PARTS    32                 /* buckets that make up a window */
#define WINDOW_BUCKETS  (WINDOW_PARTS + 2) /* and the one before, for its end, and the one that is being filled */
#define WINDOW_BELIEVED MINUTE             /* a restart that takes no longer hides nothing */

enum window_kind { WINDOW_CHANGES, WINDOW_VALUES };

struct window;
struct window *window_new(enum window_kind kind, int64_t span_us);
void window_free(struct window *w);
UTIL_DEFINE_CLEANUP(struct window *, window_free);

/* How the point is now. Feeding the same twice does nothing, but that every `fired` counts. */
struct window_sample {
	int64_t now_us;
	bool good, event, fired; /* an event has no value; it fired just now, or not */
	const struct value *value;
	int64_t heard_us; /* when the value was last confirmed */
};
/* Whether it is another window now: passing time alone makes no difference. */
bool window_feed(struct window *w, const struct window_sample *s);

/* WINDOW_CHANGES: times within less than the window. whole: there were no more. False: the point is not good now. */
struct window_count {
	size_t count;
	bool whole;
};
bool window_count(struct window *w, int64_t now_us, struct window_count *ret_count);

/* WINDOW_VALUES. False: not known. */
enum window_measure { WINDOW_MEAN, WINDOW_LEAST, WINDOW_MOST, WINDOW_SLOPE /* per second */ };
bool window_measure(struct window *w, enum window_measure what, int64_t now_us, double *ret_value);

/* The next time after now at which the answers may change by time alone; INT64_MAX: they will not. */
int64_t window_due(struct window *w, int64_t now_us);

/* ---- beyond the end of the process ---- */

/* What it knows, into `to` (8-aligned, window_packed_max bytes); returns how many are used, a multiple of 8. */
size_t window_packed_max(enum window_kind kind);
size_t window_pack(const struct window *w, void *to);
/* Into a window that is new. left_us: until when the process is known to have been there. -EBADMSG: it cannot be one of
 * these; the window is as it was. */
int window_unpack(struct window *w, const void *from, size_t len, int64_t left_us);
/* It came from before, and its point has said nothing since that is not older than what the window knows. */
bool window_unheard(const struct window *w, int64_t heard_us);
