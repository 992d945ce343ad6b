#include "app/feed.h"

#include <assert.h>

#include "app/live.h"

#define TURN_MESSAGES 4096 /* answers and edges of buses handled in one turn of the loop */
#define TURN_BUDGET   (10 * MS)

/* ---- buses ---- */

static void take_message(struct live *l, struct worker_message *m)
{
	uint32_t bus;

	if (m->kind == WORKER_TOLD) {
		inquest_told(l->inquest, m->told);
		return;
	}
	if (m->kind == WORKER_ORDER) {
		orders_done(l->orders, m->order);
		return;
	}
	bus = links_bus_of(l->links, m);
	if (bus == UINT32_MAX)
		return;
	switch (m->kind) {
	case WORKER_BUS: watch_bus(l->watch, bus, m->state.up ? WATCH_UP : WATCH_DOWN, m->state.text); break;
	case WORKER_UNIT:
		watch_unit(l->watch, bus, m->state.unit, m->state.up ? WATCH_UP : WATCH_DOWN, m->state.text);
		break;
	case WORKER_CYCLED: watch_cycled(l->watch, bus); break;
	case WORKER_RESUMED: orders_resumed(l->orders, bus); break;
	case WORKER_READING:
	case WORKER_TOLD:
	case WORKER_ORDER: break;
	}
}

/* *m and those of the same answer behind it: the worker has put all of them there at once. */
static void take_readings(struct live *l, struct worker_message *m)
{
	struct reading readings[WORKER_MOMENT_MAX];
	size_t count = 0;

	static_assert(WORKER_MOMENT_MAX <= ENGINE_MOMENT_MAX, "what comes together is one moment");
	do {
		if (links_bus_of(l->links, m) != UINT32_MAX)
			readings[count++] = m->reading;
	} while (m->more && count < ARRAY_SIZE(readings) && queue_pop(links_messages(l->links), m));
	engine_readings(l->engine, readings, count, &l->effects);
}

void feed_field(evutil_socket_t fd, short events, void *context)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "field messages");
	int64_t until_us = turn.began_us + TURN_BUDGET;
	struct worker_message m;

	(void)fd;
	(void)events;
	for (int i = 0; i < TURN_MESSAGES && queue_pop(links_messages(l->links), &m); i++) {
		if (m.kind == WORKER_READING)
			take_readings(l, &m);
		else
			take_message(l, &m);
		/* A transition is not kept waiting for the rest of a flood. */
		if (l->effects.count)
			live_settle(l);
		if (clock_mono_us() > until_us)
			break; /* the descriptor stays readable: others have their turn first */
	}
	live_end(&turn);
}

/* ---- plugins ---- */

static void plugin_state(void *context, struct supervisor *s, bool up, const char *text)
{
	struct live *l = context;
	const struct plugin *p = supervisor_plugin(s);
	struct engine_link link = { .plugin = p };
	struct live_turn turn = live_begin(l, "plugin state");

	if (up) {
		if (supervisor_roles(s) & SUPERVISOR_UPLINK) {
			outflow_add_uplink(l->outflow, p);
			store_submit_uplink(l->store, p->id);
		}
		outflow_role_known(l->outflow, p->id);
		engine_up(l->engine, &link, clock_now(), &l->effects);
		crier_ready(l->crier, p->id);
	} else {
		outflow_forget_source(l->outflow, s);
		crier_lost(l->crier, p->id);
		bidding_lost(l->bidding, p);
		engine_down(l->engine, &link, QUALITY_LOST, clock_now(), &l->effects);
	}
	watch_plugin(l->watch,
		     &(struct watch_plugin_edge){ .plugin = p, .state = up ? WATCH_UP : WATCH_DOWN, .text = text });
	delivery_uplink_state(l->delivery, s, up);
	live_end(&turn);
}

/* A plugin that a reload ends still speaks of the devices of the configuration before: the same thing in the one of now, by
 * its address where devices changed theirs (a button that was moved to another flat is pressed there); NULL where it is
 * gone or reached by another. */
static const struct device *device_now(const struct live *l, const struct device *d)
{
	const struct device *first = l->conf->devices, *now;

	if (d >= first && d < first + l->conf->device_count)
		return d;
	now = conf_find_device(l->conf, d->id);
	if (now && !engine_moved(d, now))
		return now;
	for (size_t i = 0; i < l->conf->device_count; i++)
		if (first[i].plugin && !engine_moved(d, &first[i]))
			return &first[i];
	return NULL;
}

static void plugin_sample(void *context, struct supervisor *s, const struct mapping_message *message, const char *id)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "plugin sample");
	struct outflow_happening h = { 0 };
	struct mapping_message m = *message;

	m.device = device_now(l, message->device);
	if (m.device)
		h.value_count = engine_message(l->engine, &m, &l->effects, &h.values);
	if (id)
		h.waiter = (struct outflow_waiter){ .source = s, .id = id };
	outflow_commit(l->outflow, &h);
	live_end(&turn);
}

static void plugin_stale(void *context, struct supervisor *s, const struct device *d)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "plugin stale");

	(void)s;
	engine_down(l->engine, &(struct engine_link){ .device = d }, QUALITY_STALE, clock_now(), &l->effects);
	live_end(&turn);
}

static void plugin_fault(void *context, struct supervisor *s, const char *text)
{
	struct live *l = context;
	struct engine_link link = { .plugin = supervisor_plugin(s) };
	struct live_turn turn = live_begin(l, "plugin fault");

	/* It lives but cannot do its work (no broker): what it would tell of is lost until it says that it is healthy. */
	if (text)
		engine_down(l->engine, &link, QUALITY_LOST, clock_now(), &l->effects);
	else
		engine_up(l->engine, &link, clock_now(), &l->effects);
	if (!text)
		crier_ready(l->crier, link.plugin->id);
	watch_plugin(l->watch, &(struct watch_plugin_edge){ .plugin = link.plugin,
							    .state = text ? WATCH_DOWN : WATCH_UP,
							    .running = true,
							    .text = text });
	live_end(&turn);
}

static void plugin_discovered(void *context, struct supervisor *s, const struct supervisor_discovery *what)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "plugin discovered");

	discovery_heard(l->discovery, &(struct discovery_heard){ .plugin = supervisor_plugin(s)->id,
								 .what = what,
								 .conf = l->conf,
								 .now = clock_now() });
	live_end(&turn);
}

static void plugin_delivered(void *context, struct supervisor *s, uint64_t batch)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "uplink delivered");

	delivery_delivered(l->delivery, s, batch);
	live_end(&turn);
}

static void plugin_notified(void *context, struct supervisor *s, uint64_t id, bool ok, const char *text)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "notified");

	crier_notified(l->crier, &(struct ladder_answer){
					 .message = id, .ok = ok, .text = text, .notifier = supervisor_plugin(s)->id });
	live_end(&turn);
}

static void plugin_refused(void *context, struct supervisor *s, const struct supervisor_refusal *refusal)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "uplink refused");

	delivery_refused(l->delivery, s, refusal);
	live_end(&turn);
}

static void plugin_result(void *context, struct supervisor *s, uint64_t id, bool ok, const json_t *message)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "plugin result");

	(void)ok;
	bidding_result(l->bidding, s, id, message);
	live_end(&turn);
}

const struct supervisor_calls feed_plugin_calls = {
	.state = plugin_state,
	.sample = plugin_sample,
	.stale = plugin_stale,
	.fault = plugin_fault,
	.discovered = plugin_discovered,
	.delivered = plugin_delivered,
	.refused = plugin_refused,
	.notified = plugin_notified,
	.result = plugin_result,
};
