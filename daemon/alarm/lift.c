#include "alarm/lift.h"

#include "base/util.h"

#define NEVER (INT64_MIN / 2) /* sums with it do not overflow */
#define FAR   (INT64_MAX / 2)

void lift_init(struct lift *l)
{
	*l = (struct lift){
		.now = { LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_NO, LIFT_NO },
		.inside = LIFT_UNKNOWN,
		.sensed_us = NEVER,
		.opened_us = NEVER,
		.hidden_us = INT64_MAX,
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
	return l->inside == LIFT_UNKNOWN || l->unseen || l->opened_us >= l->sensed_us - LIFT_SETTLE_US;
}

static void follow_doors(struct lift *l, const struct lift_moment *m, int64_t now_us)
{
	if (l->now.door_open == LIFT_YES || m->door_open == LIFT_YES)
		l->opened_us = now_us;
	if (m->door_open == LIFT_YES || m->moving == LIFT_YES)
		l->called = false;
	else if (m->alarm_key == LIFT_YES)
		l->called = true;
	if (m->door_open == LIFT_UNKNOWN) {
		l->hidden_us = MIN(l->hidden_us, now_us);
		return;
	}
	if (l->hidden_us != INT64_MAX && now_us - l->hidden_us >= LIFT_SETTLE_US && !l->restored)
		l->unseen |= l->stuck.state != HOLD_FIRED;
	l->hidden_us = INT64_MAX;
}

static void follow(struct lift *l, const struct lift_moment *m, int64_t now_us)
{
	follow_doors(l, m, now_us);
	if (m->occupied != l->now.occupied)
		l->sensed_us = now_us;
	l->now = *m;
	if (may_change(l) && now_us - l->sensed_us >= LIFT_SETTLE_US)
		l->inside = m->occupied;
	if (m->occupied != LIFT_UNKNOWN && m->occupied == l->inside)
		l->unseen = false;
}

static enum lift_known inside(const struct lift *l)
{
	return l->unseen && l->now.occupied != l->inside ? LIFT_UNKNOWN : l->inside;
}

/* Whether somebody inside could not get out. */
static enum lift_known stuck(const struct lift *l, enum lift_known somebody)
{
	const struct lift_moment *m = &l->now;
	enum lift_known standing = both(opposite(m->door_open), opposite(m->moving));

	if (m->alarm_key == LIFT_YES)
		return standing;
	return both(standing, both(somebody, l->called ? LIFT_YES : opposite(m->inspection)));
}

/* The delay already runs while the sensor's word waits to be believed, but it does not run off before. */
static enum lift_known claimed(const struct lift *l)
{
	return stuck(l, may_change(l) && l->now.occupied == LIFT_YES ? LIFT_YES : inside(l));
}

static int64_t limit_of(const struct lift *l, const struct lift_limits *limits)
{
	if (stuck(l, inside(l)) != LIFT_YES)
		return FAR;
	return l->now.door_zone == LIFT_NO ? limits->between_for_us : limits->level_for_us;
}

enum lift_known lift_feed(struct lift *l, const struct lift_moment *m, const struct lift_limits *limits, int64_t now_us)
{
	enum lift_known claim;

	follow(l, m, now_us);
	claim = claimed(l);
	if (claim == LIFT_UNKNOWN) {
		if (!l->restored)
			hold_stop(&l->stuck, now_us);
		return LIFT_UNKNOWN;
	}
	l->restored = false;
	hold_feed(&l->stuck, claim == LIFT_YES, limit_of(l, limits), now_us);
	if (l->stuck.state == HOLD_FIRED)
		return LIFT_YES;
	return stuck(l, inside(l)) == LIFT_UNKNOWN ? LIFT_UNKNOWN : LIFT_NO;
}

int64_t lift_due(const struct lift *l, const struct lift_limits *limits)
{
	int64_t limit_us = limit_of(l, limits);
	int64_t due_us = l->restored || limit_us == FAR ? INT64_MAX : hold_due(&l->stuck, limit_us);

	return may_change(l) ? MIN(due_us, l->sensed_us + LIFT_SETTLE_US) : due_us;
}

bool lift_keep(const struct lift *l, int64_t now_us, struct lift_kept *ret_kept)
{
	if (l->stuck.state == HOLD_IDLE)
		return false;
	*ret_kept = (struct lift_kept){
		.since_us = hold_since(&l->stuck, now_us),
		.inside = l->inside == LIFT_YES,
		.called = l->called,
		.found = l->stuck.state == HOLD_FIRED,
	};
	return true;
}

void lift_restore(struct lift *l, const struct lift_kept *kept)
{
	l->stuck = (struct hold){ .state = HOLD_WAITING, .since_us = kept->since_us };
	l->restored = true;
	l->called = kept->called;
	if (kept->inside)
		l->inside = LIFT_YES;
	l->unseen = !kept->found;
}
