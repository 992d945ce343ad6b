#include "field/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "field/doorman.h"
#include "field/poller.h"

#define GOLDEN         633 /* the golden ratio of 1024: any number of buses spreads evenly */
#define get(counter)   atomic_load_explicit(&(counter), memory_order_relaxed)
#define UNANSWERED_MAX 3 /* so many insights of one bus at a time: the inbox has room for a plan then */

struct worker {
	struct arena *arena; /* of the copied row */
	struct bus bus;
	struct thread *thread;
	struct doorman *doorman; /* NULL: not a dial-in bus */
	struct poller poller;    /* the thread's, but for its tallies */
	/* Grows only, and only before the plan that needs it is sent: so the thread may read it without a lock. */
	struct poller_unit *units[UINT8_MAX + 1];
	/* Of the main thread. */
	uint8_t listed[UINT8_MAX + 1]; /* units of the newest plan */
	size_t listed_count;
	unsigned asked; /* insights */
	unsigned ordered;
	char target[280], hint[2 * TROUBLE_TEXT_MAX];
};

static void copy_bus(struct worker *w, const struct bus *bus)
{
	w->bus = *bus;
	w->bus.id = arena_strdup(w->arena, bus->id);
	w->bus.name = arena_strdup(w->arena, bus->name);
	w->bus.host = arena_strdup(w->arena, bus->host);
	w->bus.path = arena_strdup(w->arena, bus->path);
	w->bus.standby = arena_strdup(w->arena, bus->standby);
	if (bus->registration) {
		uint8_t *copy = ARENA_ARRAY(w->arena, bus->registration_len, uint8_t);

		memcpy(copy, bus->registration, bus->registration_len);
		w->bus.registration = copy;
	}
}

/* Where it goes to now: "192.168.1.20:502", or the port. */
static const char *target_of(struct worker *w)
{
	const struct bus *b = &w->bus;
	bool standby = get(w->poller.tally.standby);
	const char *host = standby ? b->standby : b->host;

	if (b->type == BUS_RTU)
		snprintf(w->target, sizeof(w->target), "%s", b->path);
	else
		snprintf(w->target, sizeof(w->target), strchr(host, ':') ? "[%s]:%u%s" : "%s:%u%s", host,
			 standby ? b->standby_port : b->port, standby ? " (standby)" : "");
	return w->target;
}

struct plan *worker_plan(const struct worker_setup *setup)
{
	return plan_build(setup->bus, setup->devices);
}

void worker_plan_free(struct plan *plan)
{
	plan_free(plan);
}

static int send_plan(struct worker *w, const struct worker_setup *setup)
{
	struct plan *p = setup->plan ? setup->plan : worker_plan(setup);
	int r;

	p->generation = setup->generation;
	p->phase = setup->number * GOLDEN % 1024;
	w->listed_count = p->unit_count;
	for (size_t i = 0; i < p->unit_count; i++) {
		uint8_t unit = p->units[i].unit;

		w->listed[i] = unit;
		if (w->units[unit])
			continue;
		w->units[unit] = MEM_NEW(struct poller_unit);
		w->units[unit]->unit = unit;
		health_init(&w->units[unit]->health, setup->number * 257 + unit);
	}
	r = queue_push(w->poller.waiter.inbox, &(struct waiter_mail){ .kind = WAITER_PLAN, .plan = p });
	if (r < 0)
		plan_free(p);
	return r;
}

static void worker_free(struct worker *w)
{
	poller_fini(&w->poller);
	for (size_t i = 0; i < ARRAY_SIZE(w->units); i++)
		free(w->units[i]);
	arena_free(w->arena);
	free(w);
}

int worker_start(const struct worker_setup *setup, struct worker **ret_worker)
{
	struct worker *w;
	char name[16];
	int r;

	if (setup->bus->type == BUS_DIAL_IN && !setup->doorman) {
		worker_plan_free(setup->plan);
		return -EOPNOTSUPP;
	}
	w = MEM_NEW(struct worker);
	w->arena = arena_new();
	copy_bus(w, setup->bus);
	poller_init(&w->poller,
		    &(struct poller_setup){
			    .bus = &w->bus, .units = w->units, .messages = setup->messages, .number = setup->number });
	w->poller.pause_until_us = setup->paused_until_us;
	send_plan(w, setup);
	snprintf(name, sizeof(name), "bus-%.11s", w->bus.id);
	r = thread_start(name, poller_run, &w->poller, &w->thread);
	if (r < 0) {
		worker_free(w);
		return r;
	}
	if (w->bus.type == BUS_DIAL_IN) {
		w->doorman = setup->doorman;
		r = doorman_expect(w->doorman, &w->bus, w->poller.waiter.inbox);
	}
	if (r < 0) {
		worker_stop(w);
		return r;
	}
	*ret_worker = w;
	return 0;
}

int worker_update(struct worker *w, const struct worker_setup *setup)
{
	return send_plan(w, setup);
}

void worker_ask_stop(struct worker *w)
{
	queue_close(w->poller.waiter.inbox);
}

void worker_stop(struct worker *w)
{
	if (!w)
		return;
	worker_ask_stop(w);
	thread_join(w->thread);
	if (w->doorman)
		doorman_forget(w->doorman, w->poller.waiter.inbox);
	worker_free(w);
}

static const char *state_name(unsigned state)
{
	static const char *const names[] = {
		[POLLER_CONNECTING] = "connecting", [POLLER_UP] = "up", [POLLER_DOWN] = "down"
	};

	return names[state];
}

static const char *hint_of(struct worker *w)
{
	struct trouble t = trouble_unpack(get(w->poller.tally.trouble));
	char text[TROUBLE_TEXT_MAX];

	w->hint[0] = '\0';
	if (t.kind != TROUBLE_NONE)
		snprintf(w->hint, sizeof(w->hint), "%s: %s", trouble_text(&t, "", text, sizeof(text)),
			 trouble_advice(&t, &w->bus));
	else if (get(w->poller.tally.overbooked))
		snprintf(w->hint, sizeof(w->hint), "%s",
			 "overbooked: ask less often, raise the speed, or split the bus");
	return w->hint;
}

static void add_causes(const struct poller_tally *t, struct status_bus *s)
{
	_Static_assert(CAUSES <= STATUS_CAUSES, "there is room for every cause");
	for (enum cause c = 0; c < CAUSES; c++)
		if (get(t->causes[c]) > 0)
			s->causes[s->cause_count++] =
				(struct status_cause){ cause_name(c), cause_text(c), get(t->causes[c]) };
}

void worker_status(struct worker *w, struct status_bus *ret_status)
{
	const struct poller_tally *t = &w->poller.tally;
	size_t up = 0;

	for (size_t i = 0; i < w->listed_count; i++)
		up += get(w->units[w->listed[i]]->state) == POLLER_UNIT_UP;
	*ret_status = (struct status_bus){
		.id = w->bus.id,
		.type = bus_type_name(w->bus.type),
		.target = target_of(w),
		.state = state_name(get(t->state)),
		.since_us = get(t->since_us),
		.requests = get(t->requests),
		.answers = get(t->answers),
		.timeouts = get(t->timeouts),
		.crc_errors = get(t->crc_errors),
		.mismatches = get(t->mismatches),
		.exceptions = get(t->exceptions),
		.connects = get(t->connects),
		.late = get(t->late),
		.cycle_requests = get(t->cycle_requests),
		.lag_us = get(t->lag_us),
		.skipped = get(t->causes[CAUSE_SKIPPED]),
		.units = w->listed_count,
		.units_up = up,
		.points = get(t->points),
		.hint = hint_of(w),
	};
	add_causes(t, ret_status);
}

static const char *unit_state_name(unsigned state)
{
	static const char *const names[] = {
		[HEALTH_NEW] = "new", [HEALTH_OK] = "ok", [HEALTH_SUSPECT] = "suspect", [HEALTH_DOWN] = "down"
	};

	return names[state];
}

size_t worker_units(struct worker *w, struct status_unit *units, size_t max)
{
	size_t n = MIN(max, w->listed_count);

	for (size_t i = 0; i < n; i++) {
		const struct poller_unit *u = w->units[w->listed[i]];

		units[i] = (struct status_unit){ .unit = u->unit,
						 .up = get(u->state) == POLLER_UNIT_UP,
						 .state = unit_state_name(get(u->health_state)),
						 .polls = get(u->polls),
						 .answers = get(u->answers),
						 .errors = get(u->errors) };
	}
	return n;
}

int worker_ask(struct worker *w, struct insight *insight)
{
	struct waiter_mail m = { .kind = WAITER_ASK, .insight = insight };
	int r = w->asked - get(w->poller.tally.told) >= UNANSWERED_MAX ? -EBUSY : 0;

	if (r == 0)
		r = queue_push(w->poller.waiter.inbox, &m);
	if (r < 0)
		waiter_mail_drop(&m);
	else
		w->asked++;
	return r == -ENOSPC ? -EBUSY : r;
}

int worker_order(struct worker *w, const struct order *order)
{
	struct waiter_mail m = { .kind = WAITER_ORDER };
	int r;

	if (w->ordered - get(w->poller.tally.obeyed) >= WAITER_ORDERS)
		return -EBUSY;
	m.order = MEM_NEW(struct order);
	*m.order = *order;
	r = queue_push(w->poller.waiter.inbox, &m);
	if (r < 0)
		waiter_mail_drop(&m);
	else
		w->ordered++;
	return r == -ENOSPC ? -EBUSY : r;
}

uint64_t worker_turns(const struct worker *w)
{
	return get(w->poller.waiter.turns);
}
