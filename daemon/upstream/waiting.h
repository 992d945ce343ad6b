/* waiting.h: since when the oldest message of a lane waits for its receiver's acknowledgement. Pure: time is an argument,
 * monotonic. The caller owns it.
 *
 * Invariant: spans are in order of seq and of time; memory is bounded: messages that are queued close together are one span,
 * of which only the first and the last time are known. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WAITING_SPANS 32

struct waiting {
	struct waiting_span {
		uint64_t first, last; /* seq */
		int64_t first_us, last_us;
	} spans[WAITING_SPANS];
	size_t count;
	uint64_t delivered; /* seq */
};

/* seq is queued; what is queued within grain_us of a span's first one joins it. */
void waiting_queued(struct waiting *w, uint64_t seq, int64_t grain_us, int64_t now_us);
/* The receiver has everything up to seq. */
void waiting_delivered(struct waiting *w, uint64_t seq);
/* INT64_MAX: nothing waits. At most a span's length later than it is, never earlier: nobody is accused too soon. */
int64_t waiting_since(const struct waiting *w);
