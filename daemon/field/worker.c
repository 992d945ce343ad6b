#include "field/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "field/poller.h"

#define GOLDEN       633 /* the golden ratio of 1024: any number of buses spreads evenly */
#define get(counter) atomic_load_explicit(&(counter), memory_order_relaxed)

struct worker {
	struct arena *arena; /* of the copied row */
	struct bus bus;
	struct thread *thread;
	struct poller poller; /* the thread's, but for its tallies */
	/* Grows only, and only before the plan that needs it is sent: so the thread may read it without a lock. */
	struct poller_unit *units[UINT8_MAX + 1];
	/* Of the main thread. */
	uint8_t listed[UINT8_MAX + 1]; /* units of the newest plan */
	size_t listed_count;
	char target[280], hint[2 * TROUBLE_TEXT_MAX];
};

static void copy_bus(struct worker *w, const struct bus *bus)
{
	w->bus = *bus;
	w->bus.id = arena_strdup(w->arena, bus->id);
	w->bus.name = arena_strdup(w->arena, bus->name);
	w->bus.host = arena_strdup(w->arena, bus->host);
	w->bus.path = arena_strdup(w->arena, bus->path);
	if (bus->type == BUS_RTU)
		snprintf(w->target, sizeof(w->target), "%s", bus->path);
	else
		snprintf(w->target, sizeof(w->target), strchr(bus->host, ':') ? "[%s]:%u" : "%s:%u", bus->host,
			 bus->port);
}

static int send_plan(struct worker *w, const struct worker_setup *setup)
{
	struct plan *p = plan_build(&w->bus, setup->devices);
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
	r = queue_push(w->poller.waiter.inbox, &p);
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

	if (setup->bus->type == BUS_DIAL_IN)
		return -EOPNOTSUPP;
	w = MEM_NEW(struct worker);
	w->arena = arena_new();
	copy_bus(w, setup->bus);
	poller_init(&w->poller,
		    &(struct poller_setup){
			    .bus = &w->bus, .units = w->units, .messages = setup->messages, .number = setup->number });
	send_plan(w, setup);
	snprintf(name, sizeof(name), "bus-%.11s", w->bus.id);
	r = thread_start(name, poller_run, &w->poller, &w->thread);
	if (r < 0) {
		worker_free(w);
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
	return w->hint;
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
		.target = w->target,
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
		.units = w->listed_count,
		.units_up = up,
		.points = get(t->points),
		.hint = hint_of(w),
	};
}

size_t worker_units(struct worker *w, struct status_unit *units, size_t max)
{
	size_t n = MIN(max, w->listed_count);

	for (size_t i = 0; i < n; i++) {
		const struct poller_unit *u = w->units[w->listed[i]];

		units[i] = (struct status_unit){ .unit = u->unit,
						 .up = get(u->state) == POLLER_UNIT_UP,
						 .polls = get(u->polls),
						 .answers = get(u->answers),
						 .errors = get(u->errors) };
	}
	return n;
}

uint64_t worker_turns(const struct worker *w)
{
	return get(w->poller.waiter.turns);
}
