/* backoff.h: how long to wait before the next try: doubles from min to max, with jitter so that many do not come at once. Pure. */
#pragma once

#include <stdint.h>

struct backoff {
	int64_t min_us, max_us, next_us;
	uint32_t seed; /* of the jitter; any value */
};

void backoff_init(struct backoff *b, int64_t min_us, int64_t max_us, uint32_t seed);
int64_t backoff_next_us(struct backoff *b); /* the wait before the next try: 75..100 % of the step; doubles the step */
void backoff_reset(struct backoff *b);      /* it worked: start at min again */
