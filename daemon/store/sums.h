/* sums.h: what is left of many samples: smallest, largest, and the average over the time that each value held. Pure.
 *
 * A value holds until the next sample, but no longer than SUMS_HOLD_MS: a point that lives says so at least every quarter of
 * an hour. So a reading that was late or a daemon that was down makes no average of what nobody knows. */
#pragma once

#include "base/util.h"

#define SUMS_HOLD_MS (15 * MINUTE / MS)

struct sums {
	uint64_t count;
	double min, max;
	double area; /* value times milliseconds */
	int64_t held_ms;
};

static inline void sums_see(struct sums *s, double value)
{
	s->min = s->count && s->min <= value ? s->min : value;
	s->max = s->count && s->max >= value ? s->max : value;
	s->count++;
}

/* value held for that long; less than 0 is nothing. */
static inline void sums_hold(struct sums *s, double value, int64_t for_ms)
{
	for_ms = CLAMP(for_ms, (int64_t)0, (int64_t)SUMS_HOLD_MS);
	s->area += value * (double)for_ms;
	s->held_ms += for_ms;
}

static inline void sums_merge(struct sums *s, const struct sums *other)
{
	if (other->count) {
		s->min = s->count && s->min <= other->min ? s->min : other->min;
		s->max = s->count && s->max >= other->max ? s->max : other->max;
		s->count += other->count;
	}
	s->area += other->area;
	s->held_ms += other->held_ms;
}

/* Where nothing held for any time: halfway. */
static inline double sums_average(const struct sums *s)
{
	return s->held_ms > 0 ? s->area / (double)s->held_ms : s->min + (s->max - s->min) / 2;
}
