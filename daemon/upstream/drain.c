#include "upstream/drain.h"

#include "base/util.h"

#define AT_ONCE 10 /* a tenth of a second's */

static double burst(const struct drain *d)
{
	return MAX((double)d->rate / AT_ONCE, 1.0);
}

/* A batch of fewer is not worth it. */
static double worth(const struct drain *d)
{
	return MAX(burst(d) / 2, 1.0);
}

static void refill(struct drain *d, int64_t now_us)
{
	if (now_us > d->at_us)
		d->allowed += (double)(now_us - d->at_us) * d->rate / (double)S;
	d->at_us = MAX(now_us, d->at_us);
	d->allowed = MIN(d->allowed, burst(d));
}

void drain_set(struct drain *d, int rate, int64_t now_us)
{
	refill(d, now_us);
	d->rate = rate;
	d->allowed = MIN(d->allowed, burst(d));
}

size_t drain_allows(struct drain *d, size_t most, int64_t now_us)
{
	if (d->rate == 0)
		return most;
	refill(d, now_us);
	return d->allowed < worth(d) ? 0 : MIN(most, (size_t)d->allowed);
}

void drain_take(struct drain *d, size_t count)
{
	if (d->rate)
		d->allowed -= (double)count;
}

int64_t drain_due(const struct drain *d, int64_t now_us)
{
	double missing = worth(d) - d->allowed;

	if (d->rate == 0 || missing <= 0)
		return now_us;
	return MAX(now_us, d->at_us + (int64_t)(missing * (double)S / d->rate) + 1);
}
