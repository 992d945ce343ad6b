#include "alarm/lift.h"

#include <stdbool.h>

#include "base/util.h"

#define NEVER (INT64_MIN / 2) /* sums with it do not overflow */

void lift_init(struct lift *l)
{
	*l = (struct lift){
		.now = { LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_NO, LIFT_NO, LIFT_NO },
		.inside = LIFT_UNKNOWN,
		.sensed_us = NEVER,
		.opened_us = NEVER,
	};
}

static enum lift_known both(enum lift_known a, enum lift_known b)
{
	if (a == LIFT_NO || b == LIFT_NO)
		return LIFT_NO;
	return a == LIFT_YES && b == LIFT_YES ? LIFT_YES : LIFT_UNKNOWN;
}

static enum lift_known opposite(enum lift_known a)
{
	return a == LIFT_UNKNOWN ? a : a == LIFT_YES ? LIFT_NO : LIFT_YES;
}

/* The sensor's word differs from what is believed, and could be true. */
static bool may_change(const struct lift *l)
{
	if (l->now.occupied == LIFT_UNKNOWN || l->now.occupied == l->inside)
		return false;
	return l->inside == LIFT_UNKNOWN || l->opened_us >= l->sensed_us - LIFT_SETTLE_US;
}

static void follow(struct lift *l, const struct lift_moment *m, int64_t now_us)
{
	if (l->now.door_open == LIFT_YES || m->door_open == LIFT_YES)
		l->opened_us = now_us;
	if (m->occupied != l->now.occupied)
		l->sensed_us = now_us;
	l->now = *m;
	if (may_change(l) && now_us - l->sensed_us >= LIFT_SETTLE_US)
		l->inside = m->occupied;
}

static enum lift_known stuck(const struct lift *l)
{
	const struct lift_moment *m = &l->now;
	enum lift_known standing = both(opposite(m->door_open), opposite(m->moving));

	if (m->alarm_key == LIFT_YES)
		return standing;
	return both(standing, both(l->inside, opposite(m->inspection)));
}

static int64_t limit_of(const struct lift *l, const struct lift_limits *limits)
{
	return l->now.door_zone == LIFT_NO ? limits->between_for_us : limits->level_for_us;
}

enum lift_known lift_feed(struct lift *l, const struct lift_moment *m, const struct lift_limits *limits, int64_t now_us)
{
	enum lift_known holds;

	follow(l, m, now_us);
	holds = stuck(l);
	if (holds == LIFT_UNKNOWN)
		hold_stop(&l->stuck, now_us);
	else
		hold_feed(&l->stuck, holds == LIFT_YES, limit_of(l, limits), now_us);
	if (m->trapped == LIFT_YES)
		return LIFT_YES;
	if (holds == LIFT_UNKNOWN)
		return LIFT_UNKNOWN;
	return l->stuck.state == HOLD_FIRED ? LIFT_YES : both(m->trapped, LIFT_UNKNOWN);
}

int64_t lift_due(const struct lift *l, const struct lift_limits *limits)
{
	int64_t due_us = hold_due(&l->stuck, limit_of(l, limits));

	return may_change(l) ? MIN(due_us, l->sensed_us + LIFT_SETTLE_US) : due_us;
}
