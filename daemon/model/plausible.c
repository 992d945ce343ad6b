#include "model/plausible.h"

#include <math.h>

#include "base/util.h"

/* Without a max_rate: so much of the span, at most, is a roll-over; more is a reset. */
#define ROLLOVER_SHARE 0.125

bool plausible_limited(const struct plausible_limits *l)
{
	return l->has_range || l->counter || l->max_rate > 0;
}

/* The 1e-9 is for decimals: 0.3 - 0.2 is a little more than 0.1. */
static bool too_fast(const struct plausible_limits *l, double step, int64_t since_us, int64_t now_us)
{
	double seconds = (double)MAX(MAX(now_us - since_us, l->settle_us), (int64_t)1) / 1e6;

	return l->max_rate > 0 && fabs(step) > l->max_rate * seconds * (1 + 1e-9);
}

static enum plausible_verdict take(struct plausible *p, double number, int64_t now_us)
{
	p->last = number;
	p->last_us = now_us;
	p->known = true;
	p->doubted = false;
	return PLAUSIBLE_GOOD;
}

static bool is_rollover(const struct plausible *p, const struct plausible_limits *l, double number, int64_t now_us)
{
	double step = number - p->last + l->span;

	if (l->span <= 0 || step < 0)
		return false;
	return l->max_rate > 0 ? !too_fast(l, step, p->last_us, now_us) : step <= l->span * ROLLOVER_SHARE;
}

static enum plausible_verdict step_back(struct plausible *p, const struct plausible_limits *l, double number,
					int64_t now_us)
{
	if (is_rollover(p, l, number, now_us)) {
		p->gained += number - p->last + l->span;
		p->rollovers++;
		take(p, number, now_us);
		return PLAUSIBLE_ROLLOVER;
	}
	if (p->doubted && number >= p->doubt && !too_fast(l, number - p->doubt, p->doubt_us, now_us)) {
		p->gained += number - p->doubt;
		p->resets++;
		take(p, number, now_us);
		return PLAUSIBLE_RESET;
	}
	p->doubted = true;
	p->doubt = number;
	p->doubt_us = now_us;
	return PLAUSIBLE_SUSPECT;
}

enum plausible_verdict plausible_judge(struct plausible *p, const struct plausible_limits *l, double number,
				       int64_t now_us)
{
	if (!isfinite(number) || (l->has_range && (number < l->low || number > l->high)))
		return PLAUSIBLE_SUSPECT;
	if (!p->known)
		return take(p, number, now_us);
	if (l->counter && number < p->last)
		return step_back(p, l, number, now_us);
	if (too_fast(l, number - p->last, p->last_us, now_us))
		return PLAUSIBLE_SUSPECT;
	if (l->counter)
		p->gained += number - p->last;
	return take(p, number, now_us);
}
