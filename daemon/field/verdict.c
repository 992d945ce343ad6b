#include "field/verdict.h"

#include <errno.h>

#include "base/clock.h"
#include "field/notice.h"
#include "field/poller_link.h"
#include "field/schedule.h"
#include "field/split.h"

#define BUSY_RETRIES       3
#define BUSY_WAIT_US       (100 * MS)
#define REQUEST_MISSES     3 /* so often unanswered in a row: its values are lost although the unit answers others */
#define REQUEST_BACKOFF_US (60 * S)
#define SHORT_ANSWERS      2 /* so often in a row of less than was asked: it cannot do more */
#define LATENESS_MAX_US    (5 * S)
#define LATE_MISSES        3         /* so many answers that are late, and the connection is made anew */
#define USUAL_US           (20 * MS) /* an answer that is later by so much, and twice as late as ever, was delayed */
#define AGAINS             2         /* so often in a row the second reading of one request may be asked at once */

#define add(counter) poller_add(counter)

static bool any_answers(const struct poller *p)
{
	for (size_t i = 0; i < p->plan->unit_count; i++)
		if (poller_unit_at(p, (unsigned)i)->health.state == HEALTH_OK ||
		    poller_unit_at(p, (unsigned)i)->health.slow)
			return true;
	return false;
}

static bool all_down(const struct poller *p)
{
	for (size_t i = 0; i < p->plan->unit_count; i++)
		if (poller_unit_at(p, (unsigned)i)->health.state != HEALTH_DOWN)
			return false;
	return true;
}

static struct trouble trouble_of(const struct poller *p, const struct poller_unit *u, const struct exchange_result *x)
{
	struct trouble t = { .kind = TROUBLE_SILENT, .unit = u->unit, .others_answer = any_answers(p) };

	if (x->end == EXCHANGE_CORRUPT) {
		t.kind = TROUBLE_GARBLED;
	} else if (x->end == EXCHANGE_REFUSED) {
		t.kind = TROUBLE_GATEWAY;
		t.detail = x->frame.exception;
	} else if (x->end == EXCHANGE_BROKEN && x->error == -EOVERFLOW) {
		t.kind = TROUBLE_FLOOD;
	} else if (x->end == EXCHANGE_BROKEN && x->error == -EPROTO) {
		t.kind = TROUBLE_GARBAGE;
	} else if (u->health.slow) {
		t.kind = TROUBLE_LATE;
	} else if (x->fault != ANSWER_FAULT_NONE) {
		t.kind = TROUBLE_CONFUSED;
		t.detail = (uint16_t)x->fault;
	}
	return t;
}

/* Its turn is over. Returns how many were missed before it. */
static unsigned advance(struct poller *p, struct plan_request *r, int64_t started_us)
{
	r->again = false;
	r->agains = 0;
	return schedule_advance(p->plan, r, started_us);
}

/* Of one request that its unit leaves unanswered while it answers others. */
static void request_missed(struct poller *p, struct plan_request *r, int64_t now_us)
{
	if (r->misses < UINT8_MAX)
		r->misses++;
	deliver_unconfirmed(&p->deliver, p->plan, r);
	if (r->misses < REQUEST_MISSES)
		return;
	r->due_us = MAX(r->due_us,
			now_us + MIN(HEALTH_BACKOFF_MIN << MIN(r->misses - REQUEST_MISSES, 7), REQUEST_BACKOFF_US));
	deliver_quality(&p->deliver, p->plan, r, QUALITY_LOST);
}

static void say_miss(struct poller *p, unsigned index, const struct trouble *t, bool goes_down)
{
	if (goes_down)
		notice_unit_down(p, index, t);
	else if (poller_unit_at(p, index)->silent.open)
		notice_unit_silent(p, index, t);
}

/* -------- who is to blame -------- */

static void charge(struct poller *p, int64_t us)
{
	p->vain.spent_us += us;
	if (p->units[p->vain.unit]->health.state == HEALTH_DOWN)
		health_spend(&p->budget, p->vain.spent_us, clock_mono_us());
}

void verdict_vain(struct poller *p, const struct poller_unit *u, const struct exchange_result *x)
{
	if (p->vain.open && p->vain.unit != u->unit)
		return;
	p->vain = (struct poller_vain){ .open = true, .unit = u->unit, .at_us = x->started_us, .spent_us = x->took_us };
	poller_set_gates(p);
}

static void heard(struct poller *p)
{
	p->heard_us = clock_mono_us();
	p->unanswered = 0;
}

static void not_in_vain(struct poller *p)
{
	if (p->vain.open)
		p->vain.over_us = clock_mono_us();
	p->vain.open = false;
	poller_set_gates(p);
}

bool verdict_late(struct poller *p, const struct poller_unit *u, int64_t age_us)
{
	bool behind = p->vain.unit != u->unit && (p->vain.open || p->vain.over_us > clock_mono_us() - age_us);

	p->lateness_us = MAX(p->lateness_us, MIN(age_us, LATENESS_MAX_US));
	heard(p);
	if (p->vain.open) {
		charge(p, MAX(age_us - p->plan->tempo.timeout_us, (int64_t)0));
		not_in_vain(p);
	}
	return behind;
}

/* An answer of another that took longer than it ever did waited for the gateway to have done with the silent one. */
static void charge_delay(struct poller *p, const struct poller_unit *u, const struct exchange_result *x)
{
	int64_t usual_us = 2 * u->health.latency_us + USUAL_US;

	p->lateness_us -= p->lateness_us / 64;
	heard(p);
	if (!p->vain.open)
		return;
	if (p->vain.unit != u->unit && u->health.latency_us > 0 && x->took_us > usual_us)
		charge(p, x->took_us - usual_us);
	not_in_vain(p);
}

/* The first miss behind an asking in vain, of a unit that is well: it is asked again, and nothing more. */
static bool excused(struct poller *p, const struct poller_unit *u, const struct exchange_result *x)
{
	if (!p->vain.open || p->vain.excused || p->vain.unit == u->unit || u->health.state != HEALTH_OK ||
	    x->end != EXCHANGE_SILENT || x->fault != ANSWER_FAULT_NONE)
		return false;
	p->vain.excused = true;
	charge(p, x->took_us);
	return true;
}

/* The unit gave no answer that could be believed. */
static void on_miss(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	unsigned index = poller_unit_of(p, r);
	struct poller_unit *u = poller_unit_at(p, index);
	int64_t now_us = clock_mono_us();
	struct trouble t = trouble_of(p, u, x);
	bool goes_down;

	add(u->errors);
	if (excused(p, u, x)) {
		r->due_us = now_us;
		return;
	}
	advance(p, r, x->started_us);
	goes_down = health_missed(&u->health, x->end == EXCHANGE_REFUSED ? HEALTH_MISS_VOUCHED : HEALTH_MISS_SILENT,
				  now_us);
	if (u->health.state == HEALTH_DOWN && t.others_answer)
		health_spend(&p->budget, x->took_us, now_us);
	poller_set_gates(p);
	request_missed(p, r, now_us);
	schedule_probe(p->plan, index, p->plan->units[index].gate_us);
	say_miss(p, index, &t, goes_down);
	if (!all_down(p))
		return;
	if (t.kind == TROUBLE_SILENT)
		t.kind = TROUBLE_ALL_SILENT;
	notice_bus_down(p, &t);
	/* Late answers do come: a new connection would only lose them. But a gateway that has lost count answers for ever what
	 * was asked before: now and then it is called anew. */
	if (x->end == EXCHANGE_SILENT && (t.kind != TROUBLE_LATE || u->health.misses % LATE_MISSES == 0))
		poller_link_useless(p);
}

/* The unit said something that was meant: it lives, and so does the bus. */
static void on_life(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	unsigned index = poller_unit_of(p, r);
	struct poller_unit *u = poller_unit_at(p, index);
	struct frame_request asked = plan_frame(p->plan, r);
	int64_t wire_us = p->bus->type == BUS_RTU ? plan_cost_us(&p->plan->cost, asked.function, asked.count) : 0;

	add(p->tally.answers);
	charge_delay(p, u, x);
	health_answered(&u->health, x->took_us - wire_us);
	p->latency_us = MAX(u->health.latency_us, p->latency_us - p->latency_us / 64);
	poller_set_gate(p, index);
	r->misses = 0;
	p->plan->units[index].in_doubt = false;
	notice_bus_up(p);
	notice_unit_up(p, index);
}

/* Values that protect life changed: once more, at once, but not for ever. */
static void ask_again(struct poller *p, struct plan_request *r)
{
	if (r->agains >= AGAINS) {
		deliver_unconfirmed(&p->deliver, p->plan, r);
		return;
	}
	r->agains++;
	r->again = true;
	r->due_us = clock_mono_us();
}

static void on_answer(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	/* What was missed while a unit or the link was away is not for want of time. */
	bool steady = poller_unit_at(p, poller_unit_of(p, r))->health.state == HEALTH_OK && r->misses == 0 &&
		      r->due_us >= p->quiet_us;
	struct deliver_outcome outcome;
	unsigned missed = 0;
	bool more;

	on_life(p, r, x);
	add(poller_unit_at(p, poller_unit_of(p, r))->answers);
	r->busy = r->shorts = 0;
	r->again = false;
	outcome = deliver_answer(&p->deliver, p->plan, r, &x->frame);
	if (outcome.noise) {
		add(p->tally.causes[CAUSE_NOISE]);
		poller_unit_at(p, poller_unit_of(p, r))->seen.causes[CAUSE_NOISE]++;
	}
	if (r->refused || r->searching)
		p->renew_us = 0;
	more = split_answered(p->plan, r, clock_mono_us());
	if (!more && outcome.doubts)
		ask_again(p, r);
	if (!more && !r->again)
		missed = advance(p, r, x->started_us);
	notice_load(p, steady ? missed : 0);
}

/* What was asked is refused (exception 2 or 3), or too much: exception 0. */
static void on_illegal(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	int64_t now_us = clock_mono_us();
	bool known = r->refused;

	p->renew_us = 0;
	r->shorts = 0;
	if (split_refused(p->plan, r, now_us)) {
		advance(p, r, x->started_us);
		r->due_us = MAX(r->due_us, now_us + SPLIT_REFUSED_US);
		deliver_quality(&p->deliver, p->plan, r, QUALITY_BAD);
		if (!known)
			notice_unit_refuses(p, r, x->end == EXCHANGE_REFUSED ? x->frame.exception : 0);
	} else if (!r->searching) {
		advance(p, r, x->started_us);
	}
}

static void on_refusal(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	uint8_t code = x->frame.exception;

	add(p->tally.exceptions);
	if (code == FRAME_NO_PATH || code == FRAME_NO_ANSWER) {
		p->served = true; /* the gateway itself is well */
		on_miss(p, r, x);
		return;
	}
	on_life(p, r, x);
	add(poller_unit_at(p, poller_unit_of(p, r))->errors);
	if (code == FRAME_ILLEGAL_ADDRESS || code == FRAME_ILLEGAL_VALUE) {
		on_illegal(p, r, x);
	} else if ((code == FRAME_BUSY || code == FRAME_ACKNOWLEDGE) && r->busy < BUSY_RETRIES) {
		r->busy++;
		r->due_us = clock_mono_us() + r->busy * BUSY_WAIT_US;
	} else {
		r->busy = 0;
		deliver_quality(&p->deliver, p->plan, r, QUALITY_BAD);
		advance(p, r, x->started_us);
	}
}

/* Where an answer does not say to which request it is, the unit owes one until it cannot come any more. */
static void owe(struct poller *p, const struct plan_request *r, const struct exchange_result *x)
{
	const struct plan_unit *u = &p->plan->units[poller_unit_of(p, r)];
	struct frame_request asked = plan_frame(p->plan, r);

	if (link_framing(p->link) == FRAME_RTU || u->loose)
		health_owe(&poller_unit_at(p, poller_unit_of(p, r))->health, &asked,
			   x->started_us + p->plan->tempo.timeout_us + u->late_bound_us);
}

static void on_silence(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	add(p->tally.timeouts);
	if (!x->shorter) {
		r->shorts = 0;
		owe(p, r, x);
		on_miss(p, r, x);
		return;
	}
	/* It answered, with less: nothing of that is believed, and it is asked for less when it does so again. */
	add(poller_unit_at(p, poller_unit_of(p, r))->errors);
	if (++r->shorts < SHORT_ANSWERS) {
		on_miss(p, r, x);
		return;
	}
	on_life(p, r, x);
	on_illegal(p, r, x);
}

static void on_broken(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	if (x->error == -ETIMEDOUT)
		add(p->tally.timeouts);
	if (x->started_us > 0) {
		owe(p, r, x);
		on_miss(p, r, x);
	}
	poller_link_lost(p, x->error);
}

/* For people who ask why. */
static void note_end(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	struct poller_seen *seen = &poller_unit_at(p, poller_unit_of(p, r))->seen;
	enum cause cause = cause_of(x);

	r->ended_us = clock_mono_us();
	r->exception = x->end == EXCHANGE_REFUSED ? x->frame.exception : 0;
	if (x->end == EXCHANGE_ANSWERED || x->end == EXCHANGE_REFUSED)
		seen->rtt[insight_rtt_bucket(x->took_us)]++;
	if (x->end == EXCHANGE_ANSWERED) {
		r->ended = INSIGHT_ENDED_ANSWERED;
		seen->answered_us = r->ended_us;
		return;
	}
	r->ended = (uint8_t)(INSIGHT_ENDED_CAUSE + cause);
	seen->causes[cause]++;
	seen->last_cause = (uint8_t)cause;
	seen->last_exception = r->exception;
	seen->failed_us = r->ended_us;
}

void verdict_take(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	struct poller_unit *u = poller_unit_at(p, poller_unit_of(p, r));

	if (x->end == EXCHANGE_ENDED)
		return;
	if (x->end != EXCHANGE_ANSWERED)
		add(p->tally.causes[cause_of(x)]);
	note_end(p, r, x);
	switch (x->end) {
	case EXCHANGE_ANSWERED: on_answer(p, r, x); break;
	case EXCHANGE_REFUSED: on_refusal(p, r, x); break;
	case EXCHANGE_SILENT: on_silence(p, r, x); break;
	case EXCHANGE_CORRUPT:
		add(p->tally.crc_errors);
		on_miss(p, r, x);
		break;
	case EXCHANGE_BROKEN: on_broken(p, r, x); break;
	case EXCHANGE_ENDED: break;
	}
	poller_put(u->health_state, u->health.state);
	notice_cycled(p);
}

void verdict_overdue(struct poller *p, unsigned index)
{
	struct poller_unit *u = poller_unit_at(p, index);
	struct plan_request *r = aside_find(&u->aside, p->plan);
	struct exchange_result x = aside_result(&u->aside, NULL, clock_mono_us());

	u->aside.parked = false;
	poller_set_gate(p, index);
	if (r)
		verdict_take(p, r, &x);
}
