#include "field/poller.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "field/notice.h"
#include "field/plan_carry.h"
#include "field/poller_aside.h"
#include "field/poller_link.h"
#include "field/schedule.h"
#include "field/split.h"
#include "field/verdict.h"

#define RECONNECT_MIN_US (500 * MS)
#define RECONNECT_MAX_US (60 * S)

#define add(counter)        poller_add(counter)
#define put(counter, value) poller_put(counter, value)
#define get(counter)        poller_get(counter)

static void on_other(void *context, const struct answer_frame *frame);
static void on_ask(void *context, struct insight *i);

void poller_init(struct poller *p, const struct poller_setup *setup)
{
	int64_t seed = clock_mono_us() + setup->number * 7919;

	*p = (struct poller){ .bus = setup->bus, .units = setup->units };
	waiter_init(&p->waiter);
	p->waiter.asked = on_ask;
	p->waiter.asked_context = p;
	p->deliver = (struct deliver){ .messages = setup->messages, .waiter = &p->waiter, .bus = setup->number };
	p->link = link_new(p->bus);
	exchange_init(&p->exchange, &(struct exchange_setup){ .link = p->link,
							      .waiter = &p->waiter,
							      .listener = { on_other, p },
							      .tape = &p->tape,
							      .first_transaction = (uint16_t)seed });
	backoff_init(&p->reconnect, RECONNECT_MIN_US, RECONNECT_MAX_US, (uint32_t)seed);
	p->renew_us = p->aside_us = INT64_MAX;
	poller_link_expect(p);
	put(p->tally.since_us, clock_wall_us());
}

void poller_fini(struct poller *p)
{
	errand_fini(&p->errands);
	link_free(p->link);
	plan_free(p->plan);
	waiter_fini(&p->waiter);
}

struct poller_unit *poller_unit_at(const struct poller *p, unsigned index)
{
	return p->units[p->plan->units[index].unit];
}

unsigned poller_unit_of(const struct poller *p, const struct plan_request *r)
{
	return p->plan->groups[r->group].unit;
}

void poller_set_gate(struct poller *p, unsigned index)
{
	const struct poller_unit *u = poller_unit_at(p, index);
	int64_t gate_us = health_gate_us(&u->health, &p->budget);

	gate_us = MAX(gate_us, MAX(p->quiet_us, u->rest_us));
	/* Who may be dead is not asked while the last asking in vain may still keep the gateway busy. */
	if (p->vain.open && p->vain.unit != u->unit && u->health.misses > 0)
		gate_us = MAX(gate_us, p->vain.at_us + MAX(p->plan->tempo.timeout_us, p->lateness_us));
	if (u->aside.parked)
		gate_us = MAX(gate_us, u->aside.until_us);
	p->plan->units[index].gate_us = gate_us;
}

void poller_set_gates(struct poller *p)
{
	for (unsigned i = 0; i < p->plan->unit_count; i++)
		poller_set_gate(p, i);
}

/* -------- asking -------- */

/* What looked like another unit's late answer came instead of the one that was asked for: perhaps that one has a wrong
 * number, and the late answer is still to come. */
static void owes_again(struct poller *p)
{
	p->settled->health.owes = true;
	poller_set_gates(p);
}

static void ask(struct poller *p, struct plan_request *r)
{
	unsigned index = poller_unit_of(p, r);
	struct poller_unit *u = poller_unit_at(p, index);
	struct frame_request request = plan_frame(p->plan, r);
	struct health_wait patience = { .timeout_us = p->plan->tempo.timeout_us,
					.wire_us = plan_cost_us(&p->plan->cost, request.function, request.count),
					.latency_us = p->latency_us,
					.aside = poller_aside_may_wait(p, r) };
	int64_t wait_us = poller_aside_may_be_busy(p) ? patience.timeout_us : health_wait_us(&u->health, &patience);
	struct exchange_result x;

	u->health.owes = false; /* its gate was open: what it owed cannot come any more */
	add(u->polls);
	add(p->tally.requests);
	r->asked = true;
	p->settled = NULL;
	p->exchange.whole_us = patience.timeout_us;
	x = exchange_run(&p->exchange, &request, wait_us);
	p->asked = p->asked || x.started_us > 0;
	if (p->settled && x.end != EXCHANGE_ANSWERED && x.end != EXCHANGE_REFUSED)
		owes_again(p);
	u->rest_us = clock_mono_us() + p->plan->units[index].min_interval_us;
	if (x.end == EXCHANGE_SILENT) {
		p->unanswered++;
		verdict_vain(p, u, &x);
	}
	if (x.end == EXCHANGE_SILENT && patience.aside && wait_us < patience.timeout_us)
		poller_aside_park(p, r, &x);
	else
		verdict_take(p, r, &x);
	poller_set_gate(p, index);
}

/* -------- a pause -------- */

/* The line is somebody else's: nothing of it is known, and nothing of that is anybody's fault. */
void poller_pause(struct poller *p, int64_t until_us)
{
	if (link_is_open(p->link))
		poller_link_close(p);
	p->pause_until_us = until_us;
	put(p->tally.state, POLLER_CONNECTING);
	put(p->tally.trouble, 0);
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		put(poller_unit_at(p, i)->state, POLLER_UNIT_UNKNOWN);
		deliver_unit_lost(&p->deliver, p->plan, i);
	}
}

void poller_resume(struct poller *p)
{
	struct worker_message m = { .kind = WORKER_RESUMED };

	if (p->pause_until_us == 0)
		return;
	p->pause_until_us = 0;
	p->refused = true; /* its units get their whole patience */
	p->asleep = false;
	poller_link_expect(p);
	deliver_message(&p->deliver, p->plan, &m);
}

static void stay_paused(struct poller *p, int64_t now_us)
{
	int fd = waiter_take_caller(&p->waiter);

	if (fd >= 0)
		close(fd);
	p->waiter.deaf = 0; /* nobody is to come */
	if (now_us >= p->pause_until_us)
		poller_resume(p);
	else
		waiter_idle(&p->waiter, -1, p->pause_until_us);
}

/* -------- the thread -------- */

/* Somebody wants to know: told at once, also in the middle of an exchange. Nothing is changed by it. */
static void on_ask(void *context, struct insight *i)
{
	struct poller *p = context;
	struct worker_message m = { .kind = WORKER_TOLD, .told = i };
	static const struct plan none;

	insight_fill(i, p);
	if (!deliver_message(&p->deliver, p->plan ? p->plan : &none, &m))
		insight_free(i);
	add(p->tally.told);
}

static void doubt_no_more(struct poller *p, struct poller_unit *u)
{
	health_heard(&u->health, clock_mono_us());
	for (unsigned i = 0; i < p->plan->unit_count; i++)
		if (p->plan->units[i].unit == u->unit && u->health.state != HEALTH_DOWN)
			p->plan->units[i].in_doubt = false;
}

/* A frame that nobody waits for: late, or of a stranger. */
static void on_other(void *context, const struct answer_frame *frame)
{
	struct poller *p = context;
	struct poller_unit *u = p->units[frame->unit];
	bool late;

	if (poller_aside_settle(p, u, frame))
		return;
	late = u && health_settle(&u->health, frame->function, frame->len, frame->exception != 0);
	if (late && p->exchange.answer.waiting)
		p->settled = u;
	if (link_framing(p->link) == FRAME_TCP)
		late = late || ((frame->fault == ANSWER_FAULT_UNASKED || frame->fault == ANSWER_FAULT_TRANSACTION) &&
				exchange_was_ours(&p->exchange, frame->transaction));
	if (!late) {
		add(p->tally.mismatches);
		return;
	}
	add(p->tally.late);
	add(p->tally.causes[CAUSE_LATE]);
	if (!u)
		return;
	u->health.slow = true;
	u->seen.causes[CAUSE_LATE]++;
	if (link_framing(p->link) == FRAME_TCP && verdict_late(p, u, exchange_age_us(&p->exchange, frame->transaction)))
		doubt_no_more(p, u);
	poller_set_gates(p);
}

static bool has_unit(const struct plan *plan, uint8_t unit)
{
	for (size_t i = 0; i < plan->unit_count; i++)
		if (plan->units[i].unit == unit)
			return true;
	return false;
}

/* A unit that leaves the plan is not asked any more: what is known of it ends, so that it is judged, and told, anew should
 * it come back. (What it owes stays owed.) Where plans in between were never seen, any that is down may have left. */
static void forget_leavers(struct poller *p, const struct plan *next)
{
	bool skipped = next->generation != p->plan->generation + 1;

	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		struct poller_unit *u = poller_unit_at(p, i);

		if (has_unit(next, u->unit) && !(skipped && get(u->state) == POLLER_UNIT_DOWN))
			continue;
		health_renew(&u->health);
		u->silent = (struct complaint){ 0 };
		put(u->state, POLLER_UNIT_UNKNOWN);
	}
}

static void adopt(struct poller *p, struct plan *plan)
{
	if (p->plan) {
		poller_aside_forget(p);
		forget_leavers(p, plan);
		plan_carry(plan, p->plan, clock_mono_us());
	}
	plan_free(p->plan);
	p->plan = plan;
	p->exchange.min_interval_us = plan->tempo.min_interval_us;
	p->cycled = false;
	p->renew_us = 0; /* what was learned may have come along */
	put(p->tally.cycle_requests, plan_request_count(plan));
	put(p->tally.points, plan->item_count);
	put(p->tally.units, plan->unit_count);
	if (plan->refused_items > 0)
		log_warning("bus %s: %zu values are too wide for one request and are never read", p->bus->id,
			    plan->refused_items);
	for (unsigned i = 0; i < plan->unit_count; i++) {
		poller_set_gate(p, i);
		if (poller_unit_at(p, i)->health.state == HEALTH_DOWN || get(p->tally.state) == POLLER_DOWN)
			deliver_unit_lost(&p->deliver, plan, i);
	}
}

static void turn(struct poller *p)
{
	int64_t now_us = clock_mono_us();
	struct schedule_turn next;

	if (p->pause_until_us > 0) {
		stay_paused(p, now_us);
		return;
	}
	if (!link_is_open(p->link)) {
		poller_link_stay_closed(p, now_us);
		return;
	}
	if (now_us >= p->renew_us) {
		p->renew_us = split_renew(p->plan, now_us);
		put(p->tally.cycle_requests, plan_request_count(p->plan));
	}
	if (now_us >= p->aside_us) {
		poller_aside_end_overdue(p, now_us);
		return;
	}
	next = schedule_next(p->plan, now_us);
	put(p->tally.lag_us, next.lag_us);
	if (errand_turn(p, &next, now_us))
		return;
	if (next.request)
		ask(p, next.request);
	else
		poller_link_rest(p, MIN(MIN(next.wake_us, errand_wake_us(p)), MIN(p->renew_us, p->aside_us)));
}

static void take_mail(struct poller *p)
{
	if (p->waiter.plan)
		adopt(p, steal(&p->waiter.plan));
	if (p->waiter.order_count > 0 && p->plan)
		errand_collect(p);
	if (p->waiter.caller >= 0 && p->plan && p->pause_until_us == 0)
		poller_link_take_caller(p);
}

void poller_run(void *poller)
{
	struct poller *p = poller;

	while (!waiter_ended(&p->waiter)) {
		waiter_turn(&p->waiter);
		if (!p->plan)
			waiter_idle(&p->waiter, -1, INT64_MAX);
		take_mail(p);
		if (p->plan)
			turn(p);
	}
}
