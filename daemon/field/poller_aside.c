#include "field/poller_aside.h"

#include "base/clock.h"
#include "field/verdict.h"

#define SLACK_US (50 * MS) /* what has come in time may be read a little later */
#define BUSY_US  (5 * S)   /* for so long a gateway that does not answer is taken for a busy one */

static void count_aside(struct poller *p)
{
	p->aside_us = INT64_MAX;
	p->aside_count = 0;
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		const struct aside *a = &poller_unit_at(p, i)->aside;

		if (!a->parked)
			continue;
		p->aside_us = MIN(p->aside_us, a->until_us);
		p->aside_count++;
	}
}

void poller_aside_forget(struct poller *p)
{
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		poller_unit_at(p, i)->aside.parked = false;
		poller_set_gate(p, i);
	}
	count_aside(p);
}

bool poller_aside_may_be_busy(const struct poller *p)
{
	return link_framing(p->link) == FRAME_TCP && p->unanswered >= ASIDE_MAX &&
	       clock_mono_us() - p->heard_us < BUSY_US;
}

bool poller_aside_may_wait(const struct poller *p, const struct plan_request *r)
{
	return link_framing(p->link) == FRAME_TCP && p->aside_count < ASIDE_MAX && !poller_aside_may_be_busy(p) &&
	       !p->plan->units[poller_unit_of(p, r)].loose;
}

void poller_aside_end_overdue(struct poller *p, int64_t now_us)
{
	for (unsigned i = 0; i < p->plan->unit_count && link_is_open(p->link); i++) {
		const struct aside *a = &poller_unit_at(p, i)->aside;

		if (a->parked && a->until_us <= now_us)
			verdict_overdue(p, i);
	}
	count_aside(p);
}

bool poller_aside_settle(struct poller *p, struct poller_unit *u, const struct answer_frame *frame)
{
	struct exchange_result x;
	struct plan_request *r;

	if (!u || !aside_is(&u->aside, frame))
		return false;
	/* Too late: its time was over while another was waited for, and is about to be told. */
	if (clock_mono_us() > u->aside.until_us + SLACK_US)
		return false;
	u->aside.parked = false;
	count_aside(p);
	r = aside_find(&u->aside, p->plan);
	if (!r)
		return false;
	x = aside_result(&u->aside, frame, clock_mono_us());
	verdict_take(p, r, &x);
	return true;
}

void poller_aside_park(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	unsigned index = poller_unit_of(p, r);
	struct aside *a = &poller_unit_at(p, index)->aside;

	aside_park(a, p->plan, r, x);
	a->until_us = x->started_us + p->plan->tempo.timeout_us;
	poller_set_gate(p, index);
	count_aside(p);
}
