#include "field/poller.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "field/schedule.h"
#include "field/split.h"

#define RECONNECT_MIN_US   (500 * MS)
#define RECONNECT_MAX_US   (60 * S)
#define BUSY_RETRIES       3
#define BUSY_WAIT_US       (100 * MS)
#define REQUEST_MISSES     3 /* so often unanswered in a row: its values are lost although the unit answers others */
#define REQUEST_BACKOFF_US (60 * S)

#define add(counter)        atomic_fetch_add_explicit(&(counter), 1, memory_order_relaxed)
#define put(counter, value) atomic_store_explicit(&(counter), value, memory_order_relaxed)
#define get(counter)        atomic_load_explicit(&(counter), memory_order_relaxed)

static void on_other(void *context, const struct answer_frame *frame);

void poller_init(struct poller *p, const struct poller_setup *setup)
{
	int64_t seed = clock_mono_us() + setup->number * 7919;

	*p = (struct poller){ .bus = setup->bus, .units = setup->units };
	waiter_init(&p->waiter);
	p->deliver = (struct deliver){ .messages = setup->messages, .waiter = &p->waiter, .bus = setup->number };
	p->link = link_new(p->bus);
	exchange_init(&p->exchange, &(struct exchange_setup){ .link = p->link,
							      .waiter = &p->waiter,
							      .listener = { on_other, p },
							      .min_interval_us = p->bus->min_interval_us,
							      .first_transaction = (uint16_t)seed });
	backoff_init(&p->reconnect, RECONNECT_MIN_US, RECONNECT_MAX_US, (uint32_t)seed);
	p->renew_us = INT64_MAX;
	put(p->tally.since_us, clock_wall_us());
}

void poller_fini(struct poller *p)
{
	link_free(p->link);
	plan_free(p->plan);
	waiter_fini(&p->waiter);
}

static struct poller_unit *unit_at(const struct poller *p, unsigned index)
{
	return p->units[p->plan->units[index].unit];
}

static unsigned unit_of(const struct poller *p, const struct plan_request *r)
{
	return p->plan->groups[r->group].unit;
}

static void set_gate(struct poller *p, unsigned index)
{
	p->plan->units[index].gate_us = health_gate_us(&unit_at(p, index)->health, &p->budget);
}

static bool any_answers(const struct poller *p)
{
	for (size_t i = 0; i < p->plan->unit_count; i++)
		if (unit_at(p, (unsigned)i)->health.state == HEALTH_OK)
			return true;
	return false;
}

static bool all_down(const struct poller *p)
{
	for (size_t i = 0; i < p->plan->unit_count; i++)
		if (unit_at(p, (unsigned)i)->health.state != HEALTH_DOWN)
			return false;
	return true;
}

/* -------- what is told -------- */

static void tell_bus(struct poller *p, enum poller_state state, const char *text)
{
	struct worker_message m = { .kind = WORKER_BUS, .state = { .up = state == POLLER_UP } };

	if (get(p->tally.state) == (unsigned)state)
		return;
	put(p->tally.state, state);
	put(p->tally.since_us, clock_wall_us());
	snprintf(m.state.text, sizeof(m.state.text), "%.*s", (int)str_utf8_cut(text, sizeof(m.state.text) - 1), text);
	deliver_message(&p->deliver, p->plan, &m);
}

static void tell_unit(struct poller *p, struct poller_unit *u, enum poller_unit_state state, const char *text)
{
	struct worker_message m = { .kind = WORKER_UNIT, .state = { .unit = u->unit, .up = state == POLLER_UNIT_UP } };

	if (get(u->state) == (unsigned)state)
		return;
	put(u->state, state);
	snprintf(m.state.text, sizeof(m.state.text), "%.*s", (int)str_utf8_cut(text, sizeof(m.state.text) - 1), text);
	deliver_message(&p->deliver, p->plan, &m);
}

static void set_trouble(struct poller *p, const struct trouble *t)
{
	put(p->tally.trouble, trouble_pack(t));
}

/* Told once: all values were asked, or are known to be lost. */
static void tell_cycled(struct poller *p)
{
	struct worker_message m = { .kind = WORKER_CYCLED };

	if (p->cycled)
		return;
	for (size_t i = 0; i < p->plan->group_count; i++) {
		const struct plan_group *g = &p->plan->groups[i];
		const struct plan_request *r = plan_first_request(p->plan, g);

		if (unit_at(p, g->unit)->health.state == HEALTH_DOWN || get(p->tally.state) == POLLER_DOWN)
			continue;
		for (uint32_t k = 0; k < g->request_count; k++)
			if (!r[k].asked || r[k].searching)
				return;
	}
	p->cycled = true;
	deliver_message(&p->deliver, p->plan, &m);
}

static void bus_is_up(struct poller *p)
{
	p->served = true;
	backoff_reset(&p->reconnect);
	complain_resolved(&p->broken, "bus %s: is back", p->bus->id);
	tell_bus(p, POLLER_UP, "");
}

static void bus_is_down(struct poller *p, const struct trouble *t)
{
	char text[TROUBLE_TEXT_MAX];

	set_trouble(p, t);
	trouble_text(t, "", text, sizeof(text));
	complain(&p->broken, "bus %s: %s: %s", p->bus->id, text, trouble_advice(t, p->bus));
	tell_bus(p, POLLER_DOWN, text);
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		/* What goes for the bus need not be said of each unit. */
		if (get(unit_at(p, i)->state) == POLLER_UNIT_UP)
			put(unit_at(p, i)->state, POLLER_UNIT_UNKNOWN);
		deliver_unit_lost(&p->deliver, p->plan, i);
	}
	tell_cycled(p);
}

/* -------- the link -------- */

static void link_lost(struct poller *p, int error)
{
	log_debug("bus %s: link lost: %s", p->bus->id, strerrordesc_np(-error));
	link_close(p->link);
	/* A peer that closes idle connections is no trouble: the next request finds a new one. */
	p->open_us = p->served ? 0 : clock_mono_us() + backoff_next_us(&p->reconnect);
	p->served = false;
}

/* A link that could not be opened takes all with it. */
static void link_refused(struct poller *p, int error)
{
	p->refused = true;
	p->open_us = clock_mono_us() + backoff_next_us(&p->reconnect);
	bus_is_down(p, &(struct trouble){ .kind = TROUBLE_NO_LINK, .detail = (uint16_t)-error });
}

static void open_link(struct poller *p)
{
	int r = link_open(p->link, &p->waiter);
	int64_t now_us = clock_mono_us();

	if (r == -ECANCELED)
		return;
	if (r < 0) {
		link_refused(p, r);
		return;
	}
	add(p->tally.connects);
	exchange_reset(&p->exchange);
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		if (p->refused)
			health_renew(&unit_at(p, i)->health);
		set_gate(p, i);
		p->plan->units[i].gate_us = MAX(p->plan->units[i].gate_us, now_us + p->bus->pause_after_connect_us);
	}
	p->refused = false;
	/* A bus without points has nothing that could answer. */
	if (p->plan->item_count == 0) {
		set_trouble(p, &(struct trouble){ .kind = TROUBLE_NONE });
		bus_is_up(p);
	}
}

/* -------- what an exchange leads to -------- */

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

static void unit_is_down(struct poller *p, unsigned index, const struct trouble *t)
{
	struct poller_unit *u = unit_at(p, index);
	char text[TROUBLE_TEXT_MAX];

	set_trouble(p, t);
	trouble_text(t, p->plan->units[index].name, text, sizeof(text));
	complain(&u->silent, "bus %s: %s: %s", p->bus->id, text, trouble_advice(t, p->bus));
	tell_unit(p, u, POLLER_UNIT_DOWN, text);
	deliver_unit_lost(&p->deliver, p->plan, index);
}

static void unit_is_up(struct poller *p, unsigned index)
{
	struct poller_unit *u = unit_at(p, index);
	struct trouble left = { .kind = TROUBLE_NONE };

	if (get(u->state) == POLLER_UNIT_UP)
		return;
	complain_resolved(&u->silent, "bus %s: unit %u (%s) is back", p->bus->id, u->unit, p->plan->units[index].name);
	tell_unit(p, u, POLLER_UNIT_UP, "");
	for (unsigned i = 0; i < p->plan->unit_count; i++)
		if (get(unit_at(p, i)->state) == POLLER_UNIT_DOWN)
			left = (struct trouble){ TROUBLE_SILENT, unit_at(p, i)->unit, true, 0 };
	set_trouble(p, &left);
}

/* Of one request that its unit leaves unanswered while it answers others. */
static void request_missed(struct poller *p, struct plan_request *r, int64_t now_us)
{
	if (r->misses < UINT8_MAX)
		r->misses++;
	if (r->misses < REQUEST_MISSES)
		return;
	r->due_us = MAX(r->due_us,
			now_us + MIN(HEALTH_BACKOFF_MIN << MIN(r->misses - REQUEST_MISSES, 7), REQUEST_BACKOFF_US));
	deliver_quality(&p->deliver, p->plan, r, QUALITY_LOST);
}

/* The unit gave no answer that could be believed. */
static void on_miss(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	unsigned index = unit_of(p, r);
	struct poller_unit *u = unit_at(p, index);
	int64_t now_us = clock_mono_us();
	struct trouble t = trouble_of(p, u, x);
	bool goes_down;

	add(u->errors);
	schedule_advance(p->plan, r, x->started_us);
	goes_down = health_missed(&u->health, now_us);
	if (u->health.state == HEALTH_DOWN && t.others_answer)
		health_spend(&p->budget, x->took_us, now_us);
	for (unsigned i = 0; i < p->plan->unit_count; i++)
		set_gate(p, i);
	request_missed(p, r, now_us);
	schedule_probe(p->plan, index, p->plan->units[index].gate_us);
	if (goes_down)
		unit_is_down(p, index, &t);
	if (!all_down(p))
		return;
	if (t.kind == TROUBLE_SILENT)
		t.kind = TROUBLE_ALL_SILENT;
	bus_is_down(p, &t);
	/* Late answers do come: a new connection would only lose them. */
	if (x->end == EXCHANGE_SILENT && t.kind != TROUBLE_LATE) {
		link_close(p->link);
		p->open_us = now_us + backoff_next_us(&p->reconnect);
	}
}

/* The unit said something that was meant: it lives, and so does the bus. */
static void on_life(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	unsigned index = unit_of(p, r);
	struct poller_unit *u = unit_at(p, index);
	struct frame_request asked = plan_frame(p->plan, r);
	int64_t wire_us = p->bus->type == BUS_RTU ? plan_cost_us(&p->plan->cost, asked.function, asked.count) : 0;

	add(p->tally.answers);
	health_answered(&u->health, x->took_us - wire_us);
	p->latency_us = MAX(u->health.latency_us, p->latency_us - p->latency_us / 64);
	set_gate(p, index);
	r->misses = 0;
	p->plan->units[index].in_doubt = false;
	bus_is_up(p);
	unit_is_up(p, index);
}

static void on_answer(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	bool more;

	on_life(p, r, x);
	add(unit_at(p, unit_of(p, r))->answers);
	r->busy = 0;
	deliver_answer(&p->deliver, p->plan, r, &x->frame);
	if (r->refused || r->searching)
		p->renew_us = 0;
	more = split_answered(p->plan, r, clock_mono_us());
	if (!more)
		schedule_advance(p->plan, r, x->started_us);
}

static void on_illegal(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	int64_t now_us = clock_mono_us();
	bool known = r->refused;

	p->renew_us = 0;
	if (split_refused(p->plan, r, now_us)) {
		_cleanup_str_buf_ struct str_buf what = { 0 };

		schedule_advance(p->plan, r, x->started_us);
		r->due_us = MAX(r->due_us, now_us + SPLIT_REFUSED_US);
		deliver_quality(&p->deliver, p->plan, r, QUALITY_BAD);
		plan_describe_request(p->plan, r, &what);
		if (!known)
			log_notice("bus %s: unit %u (%s) refuses %s: %s", p->bus->id, unit_at(p, unit_of(p, r))->unit,
				   p->plan->units[unit_of(p, r)].name, str_buf_text(&what),
				   frame_exception_text(x->frame.exception));
	} else if (!r->searching) {
		schedule_advance(p->plan, r, x->started_us);
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
	add(unit_at(p, unit_of(p, r))->errors);
	if (code == FRAME_ILLEGAL_ADDRESS || code == FRAME_ILLEGAL_VALUE) {
		on_illegal(p, r, x);
	} else if ((code == FRAME_BUSY || code == FRAME_ACKNOWLEDGE) && r->busy < BUSY_RETRIES) {
		r->busy++;
		r->due_us = clock_mono_us() + r->busy * BUSY_WAIT_US;
	} else {
		r->busy = 0;
		deliver_quality(&p->deliver, p->plan, r, QUALITY_BAD);
		schedule_advance(p->plan, r, x->started_us);
	}
}

/* On a line without transaction ids the unit owes an answer until it cannot come any more. */
static void owe(struct poller *p, const struct plan_request *r, const struct exchange_result *x)
{
	const struct plan_unit *u = &p->plan->units[unit_of(p, r)];
	struct frame_request asked = plan_frame(p->plan, r);

	if (link_framing(p->link) == FRAME_RTU)
		health_owe(&unit_at(p, unit_of(p, r))->health, &asked,
			   x->started_us + p->bus->timeout_us + u->late_bound_us);
}

static void on_broken(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	if (x->error == -ETIMEDOUT)
		add(p->tally.timeouts);
	if (x->started_us > 0) {
		owe(p, r, x);
		on_miss(p, r, x);
	}
	link_lost(p, x->error);
}

static void ask(struct poller *p, struct plan_request *r)
{
	struct poller_unit *u = unit_at(p, unit_of(p, r));
	struct frame_request request = plan_frame(p->plan, r);
	struct health_wait patience = { .timeout_us = p->bus->timeout_us,
					.wire_us = plan_cost_us(&p->plan->cost, request.function, request.count),
					.latency_us = p->latency_us };
	struct exchange_result x;

	u->health.owes = false; /* its gate was open: what it owed cannot come any more */
	add(u->polls);
	add(p->tally.requests);
	r->asked = true;
	x = exchange_run(&p->exchange, &request, health_wait_us(&u->health, &patience));
	switch (x.end) {
	case EXCHANGE_ANSWERED: on_answer(p, r, &x); break;
	case EXCHANGE_REFUSED: on_refusal(p, r, &x); break;
	case EXCHANGE_SILENT:
		add(p->tally.timeouts);
		owe(p, r, &x);
		on_miss(p, r, &x);
		break;
	case EXCHANGE_CORRUPT:
		add(p->tally.crc_errors);
		on_miss(p, r, &x);
		break;
	case EXCHANGE_BROKEN: on_broken(p, r, &x); break;
	case EXCHANGE_ENDED: return;
	}
	tell_cycled(p);
}

/* -------- the thread -------- */

/* A frame that nobody waits for: late, or of a stranger. */
static void on_other(void *context, const struct answer_frame *frame)
{
	struct poller *p = context;
	struct poller_unit *u = p->units[frame->unit];
	bool late;

	if (link_framing(p->link) == FRAME_TCP)
		late = (frame->fault == ANSWER_FAULT_UNASKED || frame->fault == ANSWER_FAULT_TRANSACTION) &&
		       exchange_was_ours(&p->exchange, frame->transaction);
	else
		late = u && health_settle(&u->health, frame->function, frame->len, frame->exception != 0);
	if (!late) {
		add(p->tally.mismatches);
		return;
	}
	add(p->tally.late);
	if (u)
		u->health.slow = true;
	for (unsigned i = 0; i < p->plan->unit_count; i++)
		if (p->plan->units[i].unit == frame->unit)
			set_gate(p, i);
}

static void adopt(struct poller *p, struct plan *plan)
{
	plan_free(p->plan);
	p->plan = plan;
	p->cycled = false;
	p->renew_us = INT64_MAX;
	put(p->tally.cycle_requests, plan_request_count(plan));
	put(p->tally.points, plan->item_count);
	put(p->tally.units, plan->unit_count);
	if (plan->refused_items > 0)
		log_warning("bus %s: %zu values are too wide for one request and are never read", p->bus->id,
			    plan->refused_items);
	for (unsigned i = 0; i < plan->unit_count; i++) {
		set_gate(p, i);
		if (unit_at(p, i)->health.state == HEALTH_DOWN || get(p->tally.state) == POLLER_DOWN)
			deliver_unit_lost(&p->deliver, plan, i);
	}
}

static void turn(struct poller *p)
{
	int64_t now_us = clock_mono_us();
	struct schedule_turn next;
	int r;

	if (!link_is_open(p->link)) {
		if (now_us >= p->open_us)
			open_link(p);
		else
			waiter_idle(&p->waiter, -1, p->open_us);
		return;
	}
	if (now_us >= p->renew_us) {
		p->renew_us = split_renew(p->plan, now_us);
		put(p->tally.cycle_requests, plan_request_count(p->plan));
	}
	next = schedule_next(p->plan, now_us);
	put(p->tally.lag_us, next.lag_us);
	if (next.request) {
		ask(p, next.request);
		return;
	}
	r = waiter_idle(&p->waiter, link_fd(p->link), MIN(next.wake_us, p->renew_us));
	if (r > 0)
		r = exchange_drain(&p->exchange);
	if (r < 0 && r != -ECANCELED)
		link_lost(p, r);
}

void poller_run(void *poller)
{
	struct poller *p = poller;

	while (!waiter_ended(&p->waiter)) {
		waiter_turn(&p->waiter);
		if (!p->waiter.mail && !p->plan)
			waiter_idle(&p->waiter, -1, INT64_MAX);
		if (p->waiter.mail)
			adopt(p, steal(&p->waiter.mail));
		if (p->plan)
			turn(p);
	}
}
