#include "webhook-notifier/pace.h"

#include "sdk/sdk_clock.h"

#define MINUTE (60 * SDK_CLOCK_S)

/* The n-th last one, from 1; 0: there was none. */
static int64_t sent(const struct pace *p, int n)
{
	return p->sent_us[(p->at + PACE_LIMIT_MAX - (unsigned)n) % PACE_LIMIT_MAX];
}

static int count(const struct pace *p, int64_t after_us)
{
	int n = 0;

	while (n < PACE_LIMIT_MAX && sent(p, n + 1) > after_us)
		n++;
	return n;
}

/* When fewer than most were sent in the span before it. */
static int64_t free_at(const struct pace *p, int most, int64_t span_us)
{
	int64_t last_us = sent(p, most);

	return last_us ? last_us + span_us : 0;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static enum pace_turn turn(int64_t due_us, int64_t now_us, int64_t *ret_due_us)
{
	if (due_us <= now_us)
		return PACE_GO;
	*ret_due_us = due_us;
	return PACE_WAIT;
}

enum pace_turn pace_urgent(const struct pace *p, int64_t now_us, int64_t *ret_due_us)
{
	if (p->per_minute && free_at(p, p->per_minute, MINUTE) > now_us)
		return PACE_FULL;
	return turn(p->per_second ? free_at(p, p->per_second, SDK_CLOCK_S) : 0, now_us, ret_due_us);
}

enum pace_turn pace_other(const struct pace *p, int64_t now_us, int64_t *ret_due_us)
{
	int at_once = p->per_minute / 4 ? p->per_minute / 4 : 1;
	int64_t due_us = p->held_us;

	if (p->per_second)
		due_us = later(due_us, free_at(p, p->per_second, SDK_CLOCK_S));
	if (p->per_minute) {
		due_us = later(due_us, free_at(p, p->per_minute - p->per_minute / 4, MINUTE));
		if (count(p, now_us - MINUTE) >= at_once)
			due_us = later(due_us, sent(p, 1) + 2 * MINUTE / (p->per_minute > 1 ? p->per_minute : 2));
	}
	return turn(due_us, now_us, ret_due_us);
}

void pace_sent(struct pace *p, int64_t now_us)
{
	p->sent_us[p->at] = now_us;
	p->at = (p->at + 1) % PACE_LIMIT_MAX;
}

void pace_hold(struct pace *p, int64_t until_us)
{
	p->held_us = later(p->held_us, until_us);
}
