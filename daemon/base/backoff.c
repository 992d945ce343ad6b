#include "base/backoff.h"

#include "base/util.h"

void backoff_init(struct backoff *b, int64_t min_us, int64_t max_us, uint32_t seed)
{
	*b = (struct backoff){ .min_us = min_us, .max_us = max_us, .next_us = min_us, .seed = seed | 1 };
}

/* xorshift32 (Marsaglia 2003): jitter needs no better. */
static uint32_t random_step(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

int64_t backoff_next_us(struct backoff *b)
{
	int64_t step = b->next_us;
	int64_t jitter = step / 4 * (int64_t)(random_step(&b->seed) % 1024) / 1024;

	b->next_us = MIN(step * 2, b->max_us);
	return step - jitter;
}

void backoff_reset(struct backoff *b)
{
	b->next_us = b->min_us;
}
