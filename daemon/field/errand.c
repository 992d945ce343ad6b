#include "field/errand.h"

#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "field/pdu.h"
#include "field/poller_link.h"
#include "field/schedule.h"

#define BUSY_WAIT_US (100 * MS)
#define BACK_WAIT_US (200 * MS) /* some devices need a moment until they show what was written */
#define LATE_US      (2 * S)    /* of a unit that nobody has configured */

void errand_fini(struct errand_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->all[i].order);
		free(l->all[i].result);
	}
	free(l->owes_until_us);
	*l = (struct errand_list){ 0 };
}

bool errand_waits(const struct poller *p)
{
	return p->errands.count > 0;
}

/* -------- its end -------- */

static void finish(struct poller *p, struct errand *e, enum order_end end)
{
	struct errand_list *l = &p->errands;
	struct worker_message m = { .kind = WORKER_ORDER, .order = e->result };
	size_t at = (size_t)(e - l->all);

	e->result->end = end;
	free(e->order);
	l->count--;
	memmove(&l->all[at], &l->all[at + 1], (l->count - at) * sizeof(*e));
	if (!deliver_message(&p->deliver, p->plan, &m))
		free(m.order);
	poller_add(p->tally.obeyed);
}

void errand_unlinked(struct poller *p, enum order_end end, int error)
{
	while (p->errands.count > 0) {
		struct errand *e = &p->errands.all[0];

		e->result->error = error;
		finish(p, e, e->result->sent ? ORDER_UNCONFIRMED : end);
	}
}

void errand_collect(struct poller *p)
{
	struct errand_list *l = &p->errands;

	while (p->waiter.order_count > 0) {
		struct order *o = waiter_take_order(&p->waiter);
		struct errand *e = &l->all[l->count++];

		/* Four at a time come from the other side (worker_order): there is room. */
		*e = (struct errand){ .order = o, .result = MEM_NEW(struct order_result) };
		e->result->id = o->id;
		if (o->kind == ORDER_PAUSE)
			poller_pause(p, o->until_us);
		else if (o->kind == ORDER_RESUME)
			poller_resume(p);
		if (o->kind == ORDER_PAUSE || o->kind == ORDER_RESUME)
			finish(p, e, ORDER_DONE);
	}
	if (p->pause_until_us > 0)
		errand_unlinked(p, ORDER_PAUSED, 0);
}

/* -------- one exchange -------- */

static struct plan_unit *planned(const struct poller *p, uint8_t unit)
{
	for (size_t i = 0; i < p->plan->unit_count; i++)
		if (p->plan->units[i].unit == unit)
			return &p->plan->units[i];
	return NULL;
}

static bool any_loose(const struct poller *p)
{
	for (size_t i = 0; i < p->plan->unit_count; i++)
		if (p->plan->units[i].loose)
			return true;
	return false;
}

static int64_t gate_of(const struct poller *p, const struct errand *e)
{
	const struct poller_unit *u = p->units[e->order->unit];
	int64_t gate_us = MAX(e->gate_us, p->quiet_us);

	if (u)
		gate_us = MAX(gate_us, MAX(u->rest_us, u->health.owes ? u->health.owes_until_us : 0));
	if (p->errands.owes_until_us)
		gate_us = MAX(gate_us, p->errands.owes_until_us[e->order->unit]);
	return gate_us;
}

/* Where an answer does not say to what it is one, the unit is left alone until this one cannot come any more. */
static void owe(struct poller *p, const struct frame_request *r, const struct exchange_result *x)
{
	struct poller_unit *u = p->units[r->unit];
	const struct plan_unit *known = planned(p, r->unit);
	int64_t until_us =
		x->started_us + p->plan->tempo.timeout_us + (known ? known->late_bound_us : (int64_t)LATE_US);

	if (link_framing(p->link) == FRAME_TCP && !r->loose)
		return;
	if (u && known) {
		health_owe(&u->health, r, until_us);
		poller_set_gate(p, (unsigned)(known - p->plan->units));
		return;
	}
	if (!p->errands.owes_until_us)
		p->errands.owes_until_us = mem_array(UINT8_MAX + 1, sizeof(*p->errands.owes_until_us));
	p->errands.owes_until_us[r->unit] = until_us;
}

static struct exchange_result exchange(struct poller *p, struct errand *e, struct frame_request *r)
{
	const struct plan_unit *known = planned(p, e->order->unit);
	struct poller_unit *u = p->units[e->order->unit];
	struct exchange_result x;

	r->unit = e->order->unit;
	r->loose = known ? known->loose : any_loose(p);
	e->begun = true;
	/* What becomes of this one is told here: a link that is lost must not end it (poller_link_lost). */
	p->asked = true;
	poller_add(p->tally.requests);
	x = exchange_run(&p->exchange, r, p->plan->tempo.timeout_us);
	if (u && known)
		u->rest_us = clock_mono_us() + known->min_interval_us;
	if (x.end == EXCHANGE_ANSWERED || x.end == EXCHANGE_REFUSED)
		poller_add(p->tally.answers);
	if (x.end == EXCHANGE_SILENT || (x.end == EXCHANGE_BROKEN && x.started_us > 0))
		owe(p, r, &x);
	if (x.end == EXCHANGE_BROKEN)
		poller_link_lost(p, x.error);
	e->result->took_us = x.took_us;
	return x;
}

static struct exchange_result read_values(struct poller *p, struct errand *e)
{
	const struct order *o = e->order;
	bool written = o->kind == ORDER_WRITE;
	enum codec_table table = written ? o->image.table : o->kind == ORDER_PROBE ? CODEC_HOLDING : o->table;
	struct frame_request r = { .function = frame_function(table),
				   .address = written ? o->image.address : o->address,
				   .count = written ? o->image.count : o->count };
	struct exchange_result x = exchange(p, e, &r);

	if (x.end != EXCHANGE_ANSWERED)
		return x;
	e->result->count = r.count;
	for (unsigned i = 0; i < r.count; i++)
		e->result->values[i] = codec_table_is_bits(table)
					       ? x.frame.data[i / 8] >> i % 8 & 1
					       : (uint16_t)(x.frame.data[2 * i] << 8 | x.frame.data[2 * i + 1]);
	return x;
}

static bool again_later(struct errand *e, int64_t wait_us)
{
	if (++e->tries >= ERRAND_TRIES)
		return false;
	e->gate_us = clock_mono_us() + wait_us;
	return true;
}

static bool is_busy(const struct exchange_result *x)
{
	return x->end == EXCHANGE_REFUSED &&
	       (x->frame.exception == FRAME_BUSY || x->frame.exception == FRAME_ACKNOWLEDGE);
}

/* A peer closes what is idle for long: what is asked then never arrives, and may be asked once more. */
static bool was_closed(const struct exchange_result *x)
{
	return x->end == EXCHANGE_BROKEN && (x->started_us == 0 || x->error == -ECONNRESET);
}

static void fail(struct poller *p, struct errand *e, const struct exchange_result *x)
{
	static const enum order_end ends[] = {
		[EXCHANGE_ANSWERED] = ORDER_DONE,  [EXCHANGE_REFUSED] = ORDER_REFUSED,
		[EXCHANGE_SILENT] = ORDER_SILENT,  [EXCHANGE_CORRUPT] = ORDER_CORRUPT,
		[EXCHANGE_BROKEN] = ORDER_NO_LINK, [EXCHANGE_ENDED] = ORDER_BUSY,
	};

	e->result->exception = x->end == EXCHANGE_REFUSED ? x->frame.exception : 0;
	e->result->error = x->error;
	finish(p, e, ends[x->end]);
}

/* -------- steps -------- */

static void next_step(struct errand *e, enum errand_step step)
{
	e->step = step;
	e->tries = 0;
	e->gate_us = 0;
}

/* Of a probe anything that the unit itself says is an answer. */
static bool lives(const struct exchange_result *x)
{
	return x->end == EXCHANGE_ANSWERED || (x->end == EXCHANGE_REFUSED && x->frame.exception != FRAME_NO_PATH &&
					       x->frame.exception != FRAME_NO_ANSWER);
}

static void step_read(struct poller *p, struct errand *e)
{
	struct exchange_result x = read_values(p, e);

	if (e->order->kind == ORDER_PROBE && lives(&x)) {
		e->result->exception = x.end == EXCHANGE_REFUSED ? x.frame.exception : 0;
		next_step(e, ERRAND_IDENTIFY);
		return;
	}
	if ((is_busy(&x) || (was_closed(&x) && e->tries == 0)) && again_later(e, is_busy(&x) ? BUSY_WAIT_US : 0))
		return;
	if (e->order->kind != ORDER_WRITE || x.end != EXCHANGE_ANSWERED) {
		fail(p, e, &x);
		return;
	}
	memcpy(e->result->old, e->result->values, e->order->image.count * sizeof(*e->result->old));
	e->result->known_old = true;
	next_step(e, ERRAND_SEND);
}

static void step_identify(struct poller *p, struct errand *e)
{
	int64_t took_us = e->result->took_us;
	struct pdu pdu = pdu_identify();
	struct frame_request r = { .function = pdu.bytes[0], .pdu = pdu.bytes, .pdu_len = pdu.len };
	struct exchange_result x = exchange(p, e, &r);

	if (x.end == EXCHANGE_ANSWERED)
		pdu_take_identity(x.frame.data, x.frame.len, e->result);
	e->result->took_us = took_us;
	finish(p, e, ORDER_DONE);
}

/* It was surely not done, and may be sent again. */
static bool not_done(struct errand *e, const struct exchange_result *x)
{
	if (x->end == EXCHANGE_BROKEN && x->started_us == 0)
		return e->tries == 0 && again_later(e, 0);
	if (x->end != EXCHANGE_REFUSED)
		return false;
	if (x->frame.exception == FRAME_BUSY)
		return again_later(e, BUSY_WAIT_US);
	/* It does not know the function for one: the one for many does the same. */
	if (x->frame.exception != FRAME_ILLEGAL_FUNCTION || e->many || e->order->image.mask)
		return false;
	e->many = true;
	return true;
}

static bool is_refusal(const struct exchange_result *x)
{
	return x->end == EXCHANGE_REFUSED &&
	       (x->frame.exception <= FRAME_ILLEGAL_VALUE || x->frame.exception == FRAME_BUSY);
}

static void step_send(struct poller *p, struct errand *e)
{
	struct pdu pdu = pdu_write(&e->order->image, e->many);
	struct frame_request r = { .function = pdu.bytes[0], .pdu = pdu.bytes, .pdu_len = pdu.len };
	struct exchange_result x = exchange(p, e, &r);

	if (x.end == EXCHANGE_ENDED)
		return;
	if (not_done(e, &x))
		return;
	e->result->sent = x.started_us > 0;
	if (is_refusal(&x) || !e->result->sent) {
		fail(p, e, &x);
		return;
	}
	e->result->unanswered = x.end != EXCHANGE_ANSWERED;
	e->result->exception = x.end == EXCHANGE_REFUSED ? x.frame.exception : 0;
	next_step(e, ERRAND_BACK);
}

static void step_back(struct poller *p, struct errand *e)
{
	int64_t took_us = e->result->took_us;
	struct exchange_result x = read_values(p, e);

	e->result->took_us = took_us;
	if (x.end == EXCHANGE_ENDED)
		return;
	if (x.end == EXCHANGE_ANSWERED && encode_agrees(&e->order->image, e->result->values))
		finish(p, e, ORDER_DONE);
	else if (!again_later(e, BACK_WAIT_US))
		finish(p, e, x.end == EXCHANGE_ANSWERED ? ORDER_DIFFERS : ORDER_UNCONFIRMED);
}

/* -------- whose turn it is -------- */

static void give_up_late(struct poller *p, int64_t now_us)
{
	for (size_t i = p->errands.count; i-- > 0;)
		if (!p->errands.all[i].begun && p->errands.all[i].order->deadline_us <= now_us)
			finish(p, &p->errands.all[i], ORDER_BUSY);
}

/* The next that is ready: writes first, else the one that came first. */
static struct errand *choose(struct poller *p, int64_t now_us)
{
	struct errand *best = NULL;

	for (size_t i = 0; i < p->errands.count; i++) {
		struct errand *e = &p->errands.all[i];

		if (gate_of(p, e) > now_us)
			continue;
		if (!best || (e->order->kind == ORDER_WRITE && best->order->kind != ORDER_WRITE))
			best = e;
	}
	return best;
}

static bool plan_first(struct poller *p, const struct errand *e, const struct schedule_turn *next)
{
	struct plan_request *r = next->request;

	if (!r)
		return false;
	if (r->again || (schedule_is_urgent(p->plan, r) && !p->plan->units[poller_unit_of(p, r)].in_doubt))
		return p->errands.streak++ < ERRAND_STREAK;
	return e->order->kind != ORDER_WRITE && p->errands.plan_turn;
}

bool errand_turn(struct poller *p, const struct schedule_turn *next, int64_t now_us)
{
	static void (*const steps[])(struct poller * p, struct errand * e) = {
		[ERRAND_READ] = step_read,
		[ERRAND_IDENTIFY] = step_identify,
		[ERRAND_SEND] = step_send,
		[ERRAND_BACK] = step_back,
	};
	struct errand *e;

	give_up_late(p, now_us);
	e = choose(p, now_us);
	if (!e || plan_first(p, e, next)) {
		p->errands.plan_turn = false;
		return false;
	}
	p->errands.streak = 0;
	p->errands.plan_turn = true;
	steps[e->step](p, e);
	return true;
}

int64_t errand_wake_us(const struct poller *p)
{
	int64_t wake_us = INT64_MAX;

	for (size_t i = 0; i < p->errands.count; i++) {
		const struct errand *e = &p->errands.all[i];

		wake_us = MIN(wake_us, gate_of(p, e));
		if (!e->begun)
			wake_us = MIN(wake_us, e->order->deadline_us);
	}
	return wake_us;
}
