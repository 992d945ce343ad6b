#include "field/poller.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "field/notice.h"
#include "field/plan_carry.h"
#include "field/schedule.h"
#include "field/split.h"
#include "field/verdict.h"

#define RECONNECT_MIN_US (500 * MS)
#define RECONNECT_MAX_US (60 * S)
#define BUSY_US          (5 * S) /* for so long a gateway that does not answer is taken for a busy one */
#define FRUITLESS_MAX    4       /* links in a row, so that one unit that makes a gateway hang up is found out before */
#define CALL_US          (10 * S) /* a modem that is away for so long is told */

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
	if (p->bus->type == BUS_DIAL_IN)
		p->open_us = clock_mono_us() + CALL_US;
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

/* -------- waiting aside -------- */

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

static void forget_aside(struct poller *p)
{
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		poller_unit_at(p, i)->aside.parked = false;
		poller_set_gate(p, i);
	}
	count_aside(p);
}

/* Several requests in a row were not answered, and a moment ago there were answers: perhaps the gateway still works on
 * them, one after the other. Then it is not given more of them than it can do. */
static bool may_be_busy(const struct poller *p)
{
	return link_framing(p->link) == FRAME_TCP && p->unanswered >= ASIDE_MAX &&
	       clock_mono_us() - p->heard_us < BUSY_US;
}

static bool may_wait_aside(const struct poller *p, const struct plan_request *r)
{
	return link_framing(p->link) == FRAME_TCP && p->aside_count < ASIDE_MAX && !may_be_busy(p) &&
	       !p->plan->units[poller_unit_of(p, r)].loose;
}

static void end_overdue(struct poller *p, int64_t now_us)
{
	for (unsigned i = 0; i < p->plan->unit_count && link_is_open(p->link); i++) {
		const struct aside *a = &poller_unit_at(p, i)->aside;

		if (a->parked && a->until_us <= now_us)
			verdict_overdue(p, i);
	}
	count_aside(p);
}

/* True when the frame was the answer to what was waited for aside. */
static bool settle_aside(struct poller *p, struct poller_unit *u, const struct answer_frame *frame)
{
	struct exchange_result x;
	struct plan_request *r;

	if (!u || !aside_is(&u->aside, frame))
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

/* -------- the link -------- */

static void close_link(struct poller *p)
{
	tape_note(&p->tape, &(struct tape_frame){ .at_us = clock_mono_us(), .kind = TAPE_CLOSED });
	link_close(p->link);
	if (p->bus->type == BUS_DIAL_IN)
		p->open_us = clock_mono_us() + CALL_US;
	forget_aside(p);
}

/* The other address is tried at once, but only once until something has answered. */
static bool change_address(struct poller *p)
{
	bool standby = !link_on_standby(p->link);

	if (p->tried || !link_use_standby(p->link, standby))
		return false;
	p->tried = true;
	put(p->tally.standby, standby);
	/* Said once, until something answers: they take turns as long as neither serves. */
	if (!p->told)
		log_event(LOGID_BUS_STANDBY, LOG_ABOUT(.bus = p->bus->id), "bus %s: tries %s", p->bus->id,
			  standby ? p->bus->standby : p->bus->host);
	p->told = true;
	return true;
}

static void open_later(struct poller *p)
{
	if (p->bus->type == BUS_DIAL_IN)
		return;
	if (change_address(p)) {
		p->open_us = 0;
		return;
	}
	p->open_us = clock_mono_us() + backoff_next_us(&p->reconnect);
	/* From now on they take turns. */
	p->tried = false;
}

/* Gone before anything could be asked, or again and again before anything was answered: as good as refused. */
static void dropped(struct poller *p, int error)
{
	if (p->bus->type == BUS_DIAL_IN || (p->asked && p->fruitless < FRUITLESS_MAX) || p->open_us == 0)
		return;
	p->refused = true;
	notice_bus_down(p, &(struct trouble){ .kind = TROUBLE_NO_LINK, .detail = (uint16_t)-error });
	errand_unlinked(p, ORDER_NO_LINK, error);
}

void poller_link_lost(struct poller *p, int error)
{
	log_debug("bus %s: link lost: %s", p->bus->id, strerrordesc_np(-error));
	add(p->tally.causes[CAUSE_LINK]);
	close_link(p);
	p->fruitless = p->served ? 0 : p->fruitless + 1;
	/* A peer that closes idle connections is no trouble: the next request finds a new one. */
	if (p->served && p->bus->type != BUS_DIAL_IN && p->plan->item_count > 0) {
		p->open_us = 0;
		p->asleep = true;
	} else {
		open_later(p);
		dropped(p, error);
	}
	p->served = false;
}

void poller_link_useless(struct poller *p)
{
	if (!link_is_open(p->link))
		return;
	close_link(p);
	open_later(p);
}

/* A link that could not be opened takes all with it. */
static void link_refused(struct poller *p, int error)
{
	p->refused = true;
	add(p->tally.causes[CAUSE_REFUSED]);
	open_later(p);
	if (p->open_us > 0) {
		notice_bus_down(p, &(struct trouble){ .kind = TROUBLE_NO_LINK, .detail = (uint16_t)-error });
		errand_unlinked(p, ORDER_NO_LINK, error);
	}
}

static void begin_link(struct poller *p)
{
	add(p->tally.connects);
	tape_note(&p->tape, &(struct tape_frame){ .at_us = clock_mono_us(), .kind = TAPE_OPENED });
	exchange_reset(&p->exchange);
	p->asleep = p->asked = false;
	p->quiet_us = clock_mono_us() + p->plan->tempo.pause_after_connect_us;
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		if (p->refused)
			health_renew(&poller_unit_at(p, i)->health);
		poller_set_gate(p, i);
	}
	p->refused = false;
	/* A bus without points has nothing that could answer. */
	if (p->plan->item_count == 0) {
		notice_trouble(p, &(struct trouble){ .kind = TROUBLE_NONE });
		notice_bus_up(p);
	}
}

static void open_link(struct poller *p)
{
	int r = link_open(p->link, &p->waiter);

	if (r == -ECANCELED)
		return;
	if (r < 0)
		link_refused(p, r);
	else
		begin_link(p);
}

/* -------- dial-in -------- */

/* The modem has come, perhaps once more: what was there before is gone, whatever it seems to be. */
static void take_caller(struct poller *p)
{
	int fd = waiter_take_caller(&p->waiter);

	if (link_is_open(p->link))
		close_link(p);
	p->refused = true; /* its units get their whole patience */
	if (link_adopt(p->link, fd) == 0)
		begin_link(p);
}

static void wait_for_caller(struct poller *p)
{
	errand_unlinked(p, ORDER_NO_CALL, 0);
	if (p->waiter.deaf) {
		notice_bus_down(p, &(struct trouble){ .kind = TROUBLE_NO_LINK, .detail = (uint16_t)p->waiter.deaf });
		p->waiter.deaf = 0;
	}
	if (clock_mono_us() >= p->open_us) {
		notice_bus_down(p, &(struct trouble){ .kind = TROUBLE_NO_CALL });
		p->open_us = INT64_MAX;
	}
	waiter_idle(&p->waiter, -1, p->open_us);
}

/* -------- asking -------- */

static void park(struct poller *p, struct plan_request *r, const struct exchange_result *x)
{
	unsigned index = poller_unit_of(p, r);
	struct aside *a = &poller_unit_at(p, index)->aside;

	aside_park(a, p->plan, r, x);
	a->until_us = x->started_us + p->plan->tempo.timeout_us;
	poller_set_gate(p, index);
	count_aside(p);
}

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
					.aside = may_wait_aside(p, r) };
	int64_t wait_us = may_be_busy(p) ? patience.timeout_us : health_wait_us(&u->health, &patience);
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
		park(p, r, &x);
	else
		verdict_take(p, r, &x);
	poller_set_gate(p, index);
}

/* -------- a pause -------- */

/* The line is somebody else's: nothing of it is known, and nothing of that is anybody's fault. */
void poller_pause(struct poller *p, int64_t until_us)
{
	if (link_is_open(p->link))
		close_link(p);
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
	p->open_us = p->bus->type == BUS_DIAL_IN ? clock_mono_us() + CALL_US : 0;
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

	if (settle_aside(p, u, frame))
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
		forget_aside(p);
		forget_leavers(p, plan);
		plan_carry(plan, p->plan, clock_mono_us());
	}
	plan_free(p->plan);
	p->plan = plan;
	p->exchange.min_interval_us = plan->tempo.min_interval_us;
	p->cycled = false;
	p->renew_us = INT64_MAX;
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

/* Closed, until something is due. */
static void sleep_on(struct poller *p, int64_t now_us)
{
	struct schedule_turn next = schedule_next(p->plan, now_us);

	if (next.request)
		open_link(p);
	else
		waiter_idle(&p->waiter, -1, next.wake_us);
}

static void stay_closed(struct poller *p, int64_t now_us)
{
	if (p->bus->type == BUS_DIAL_IN)
		wait_for_caller(p);
	else if (errand_waits(p))
		open_link(p);
	else if (now_us < p->open_us)
		waiter_idle(&p->waiter, -1, p->open_us);
	else if (p->asleep)
		sleep_on(p, now_us);
	else
		open_link(p);
}

/* Nothing is due before wake_us. */
static void rest(struct poller *p, int64_t wake_us)
{
	int64_t idle_us = MAX(p->exchange.last_us, p->quiet_us);
	int64_t close_us = p->plan->tempo.idle_close_us > 0 ? idle_us + p->plan->tempo.idle_close_us : INT64_MAX;
	int r = waiter_idle(&p->waiter, link_fd(p->link), MIN(wake_us, close_us));

	if (r > 0)
		r = exchange_drain(&p->exchange);
	if (r < 0 && r != -ECANCELED) {
		poller_link_lost(p, r);
	} else if (r == 0 && clock_mono_us() >= close_us && !waiter_has_mail(&p->waiter)) {
		close_link(p);
		p->asleep = true;
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
		stay_closed(p, now_us);
		return;
	}
	if (now_us >= p->renew_us) {
		p->renew_us = split_renew(p->plan, now_us);
		put(p->tally.cycle_requests, plan_request_count(p->plan));
	}
	if (now_us >= p->aside_us) {
		end_overdue(p, now_us);
		return;
	}
	next = schedule_next(p->plan, now_us);
	put(p->tally.lag_us, next.lag_us);
	if (errand_turn(p, &next, now_us))
		return;
	if (next.request)
		ask(p, next.request);
	else
		rest(p, MIN(MIN(next.wake_us, errand_wake_us(p)), MIN(p->renew_us, p->aside_us)));
}

static void take_mail(struct poller *p)
{
	if (p->waiter.plan)
		adopt(p, steal(&p->waiter.plan));
	if (p->waiter.order_count > 0 && p->plan)
		errand_collect(p);
	if (p->waiter.caller >= 0 && p->plan && p->pause_until_us == 0)
		take_caller(p);
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
