#include "app/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/feed.h"
#include "app/live.h"
#include "app/offload.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/queue.h"
#include "conf/changes.h"
#include "field/doorman.h"
#include "field/insight.h"

#define QUEUE_MESSAGES 4096
#define SLOTS_MAX      1024    /* buses, those that are ending included */
#define STOP_LIMIT     (4 * S) /* plugins: stop, 2 s, SIGTERM, SIGKILL */
#define NO_BUS         UINT32_MAX
#define NO_PLUGIN      UINT32_MAX

struct slot {
	struct worker *worker; /* NULL: free */
	uint32_t bus;          /* row of the configuration; NO_BUS: it is ending */
	uint32_t born;         /* generation that it began with: older messages are of the bus before it */
};

/* Workers that the reader thread waits for, one after the other; they were all asked to end before. */
struct ending {
	struct links *links;
	struct worker *workers[SLOTS_MAX];
	uint32_t slots[SLOTS_MAX];
	size_t count;
	bool joined;
};

/* By row of the old configuration: the same row in the new one, or NO_…; by row of the new one: its plan, taken when used. */
struct links_change {
	uint32_t *buses, *plugins;
	uint32_t *forward; /* numbers of points */
	struct plan **plans;
	size_t plan_count;
};

/* A plugin that was told to end. */
struct leaver {
	struct leaver *next;
	struct supervisor *supervisor;
	char *instance;
};

struct links {
	struct live *live;
	struct queue *messages;
	struct doorman *doorman;
	struct slot slots[SLOTS_MAX];
	uint32_t *slot_of;               /* by row of bus */
	struct supervisor **supervisors; /* by row of plugin; NULL: the one before it must end first */
	struct leaver *leavers;
	size_t ending; /* bus threads */
	bool joining;  /* the reader thread waits for some of them */
	uint32_t generation;
	uint32_t *forward; /* numbers of points of the generation before; NULL: none */
	struct supervisor_calls calls;
	char *credentials_dir;
};

/* Beside the configuration, as conf.d/ and profiles/ are; absolute, because plugins stand elsewhere. */
static char *credentials_beside(const char *conf_path)
{
	const char *slash = strrchr(conf_path, '/');
	_cleanup_(freep) char *dir = slash ? mem_strndup(conf_path, (size_t)(slash - conf_path) + 1) : mem_strdup(".");
	_cleanup_(freep) char *full = realpath(dir, NULL);
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/credentials", full ? full : dir);
	return str_buf_take(&path);
}

struct links *links_new(struct live *l)
{
	struct links *k = MEM_NEW(struct links);

	k->live = l;
	k->messages = queue_new(sizeof(struct worker_message), QUEUE_MESSAGES);
	k->doorman = doorman_new();
	k->calls = feed_plugin_calls;
	k->calls.context = l;
	k->credentials_dir = credentials_beside(l->setup->conf_path);
	return k;
}

void links_free(struct links *k)
{
	struct worker_message left;

	if (!k)
		return;
	doorman_free(k->doorman);
	while (queue_pop(k->messages, &left))
		if (left.kind == WORKER_TOLD)
			insight_free(left.told);
		else if (left.kind == WORKER_ORDER)
			free(left.order);
	queue_free(k->messages);
	free(k->forward);
	free(k->slot_of);
	free(k->supervisors);
	free(k->credentials_dir);
	free(k);
}

/* ---- buses ---- */

static struct worker_setup bus_setup(struct links *k, uint32_t slot, uint32_t bus)
{
	const struct conf *c = k->live->conf;

	return (struct worker_setup){
		.bus = &c->buses[bus],
		.devices = conf_devices(c),
		.number = slot,
		.generation = k->generation,
		.messages = k->messages,
		.doorman = k->doorman,
	};
}

static int start_bus(struct links *k, uint32_t bus, struct plan *plan)
{
	uint32_t slot = 0;
	struct worker_setup setup;
	int r;

	while (slot < SLOTS_MAX && k->slots[slot].worker)
		slot++;
	if (slot == SLOTS_MAX) {
		worker_plan_free(plan);
		return -ENOSPC;
	}
	setup = bus_setup(k, slot, bus);
	setup.plan = plan;
	setup.paused_until_us = orders_paused_until(k->live->orders, setup.bus->id);
	r = worker_start(&setup, &k->slots[slot].worker);
	if (r < 0) {
		log_event(LOGID_BUS_STUCK, LOG_ABOUT(.bus = setup.bus->id), "bus %s: its thread does not start: %s",
			  setup.bus->id, strerror(-r));
		return r;
	}
	k->slots[slot].bus = bus;
	k->slots[slot].born = k->generation;
	k->slot_of[bus] = slot;
	return 0;
}

void links_start_buses(struct links *k)
{
	const struct conf *c = k->live->conf;

	k->slot_of = mem_array(c->bus_count, sizeof(*k->slot_of));
	for (uint32_t i = 0; i < c->bus_count; i++) {
		k->slot_of[i] = NO_BUS;
		start_bus(k, i,
			  NULL); /* one that does not start has its alarm: no reason to leave the others unwatched */
	}
}

static void join_workers(void *context)
{
	struct ending *e = context;

	for (size_t i = 0; i < e->count; i++)
		worker_stop(e->workers[i]);
	e->joined = true;
}

static void workers_joined(void *context)
{
	struct ending *e = context;
	struct links *k = e->links;

	if (!e->joined) /* estated ends, and the reader thread did not come to it */
		join_workers(e);
	for (size_t i = 0; i < e->count; i++)
		k->slots[e->slots[i]] = (struct slot){ 0 };
	k->ending -= e->count;
	k->joining = false;
	free(e);
}

/* Threads end within 2 s; the reader thread waits for them, not the loop: one job for all that are ending, so that the
 * jobs cannot become too many. */
static void join_ending(struct links *k)
{
	struct ending *e;

	if (k->joining || k->ending == 0)
		return;
	e = MEM_NEW(struct ending);
	e->links = k;
	for (uint32_t i = 0; i < SLOTS_MAX; i++)
		if (k->slots[i].worker && k->slots[i].bus == NO_BUS) {
			e->workers[e->count] = k->slots[i].worker;
			e->slots[e->count++] = i;
		}
	k->joining = offload_submit(
			     k->live->offload,
			     &(struct offload_job){ .work = join_workers, .done = workers_joined, .context = e }) == 0;
	if (!k->joining)
		free(e); /* links_leaving tries again */
}

static void end_bus(struct links *k, uint32_t slot)
{
	k->slots[slot].bus = NO_BUS;
	worker_ask_stop(k->slots[slot].worker);
	k->ending++;
}

/* What a link that starts anew carries is not known until it has been read again. */
static void lose(struct links *k, const struct engine_link *link)
{
	engine_down(k->live->engine, link, QUALITY_LOST, clock_now(), &k->live->effects);
}

static void swap_buses(struct links *k, const struct conf *old, struct links_change *change)
{
	const struct conf *c = k->live->conf;
	uint32_t *before = k->slot_of;

	k->generation++;
	free(k->forward);
	k->forward = steal(&change->forward);
	k->slot_of = mem_array(c->bus_count, sizeof(*k->slot_of));
	for (uint32_t i = 0; i < c->bus_count; i++)
		k->slot_of[i] = NO_BUS;
	for (uint32_t i = 0; i < old->bus_count; i++) {
		uint32_t bus = change->buses[i];
		struct worker_setup setup;

		if (before[i] == NO_BUS)
			continue; /* its thread did not start: another try below */
		if (bus != NO_BUS) {
			setup = bus_setup(k, before[i], bus);
			setup.plan = steal(&change->plans[bus]);
		}
		if (bus == NO_BUS || worker_update(k->slots[before[i]].worker, &setup) < 0) {
			end_bus(k, before[i]);
			continue;
		}
		k->slots[before[i]].bus = bus;
		k->slot_of[bus] = before[i];
	}
	free(before);
	join_ending(k);
	for (uint32_t i = 0; i < c->bus_count; i++)
		if (k->slot_of[i] == NO_BUS) {
			lose(k, &(struct engine_link){ .bus = &c->buses[i] });
			start_bus(k, i, steal(&change->plans[i]));
		}
}

void links_change_points(struct links_change *change, uint32_t *forward)
{
	free(change->forward);
	change->forward = forward;
}

uint32_t links_bus_of(const struct links *k, struct worker_message *m)
{
	/* Edges of a bus or unit are true whatever the plan. */
	if (m->bus >= SLOTS_MAX || m->generation < k->slots[m->bus].born)
		return NO_BUS;
	/* A plan before has other point numbers; one before that is too long ago to be waited for. */
	if (m->kind == WORKER_READING && m->generation != k->generation) {
		if (m->generation + 1 != k->generation || !k->forward)
			return NO_BUS;
		m->reading.point = k->forward[m->reading.point];
		if (m->reading.point == POINT_NONE)
			return NO_BUS;
	}
	return k->slots[m->bus].worker ? k->slots[m->bus].bus : NO_BUS;
}

uint32_t links_generation(const struct links *k)
{
	return k->generation;
}

struct worker *links_worker(const struct links *k, uint32_t bus)
{
	return k->slot_of[bus] == NO_BUS ? NULL : k->slots[k->slot_of[bus]].worker;
}

/* ---- plugins ---- */

static struct supervisor_setup plugin_setup(struct links *k, size_t plugin)
{
	const struct live *l = k->live;

	return (struct supervisor_setup){
		.base = l->base,
		.plugin = &l->conf->plugins[plugin],
		.estate = &l->conf->estate,
		.devices = conf_devices(l->conf),
		.plugin_dir = l->setup->plugin_dir,
		.state_dir = l->setup->state_dir,
		.credentials_dir = k->credentials_dir,
		.calls = &k->calls,
	};
}

static int start_plugin(struct links *k, size_t plugin)
{
	struct supervisor_setup setup = plugin_setup(k, plugin);
	int r = supervisor_new(&setup, &k->supervisors[plugin]);

	if (r < 0)
		log_event(LOGID_PLUGIN_LOST, LOG_ABOUT(.plugin = setup.plugin->id), "plugin %s: %s", setup.plugin->id,
			  strerror(-r));
	return r;
}

int links_start_plugins(struct links *k)
{
	const struct conf *c = k->live->conf;

	k->supervisors = mem_array(c->plugin_count, sizeof(*k->supervisors));
	for (size_t i = 0; i < c->plugin_count; i++) {
		int r = start_plugin(k, i);

		if (r < 0)
			return r;
	}
	return 0;
}

static void leaver_free(struct links *k, struct leaver *leaver)
{
	outflow_forget_source(k->live->outflow, leaver->supervisor); /* what it said last may still wait for COMMIT */
	if (k->live->crier)
		crier_lost(k->live->crier, leaver->instance);
	supervisor_free(leaver->supervisor);
	free(leaver->instance);
	free(leaver);
}

/* What it still says counts until it has ended (see feed.c): a button may be pressed in these seconds. */
static void end_plugin(struct links *k, struct supervisor *s)
{
	struct leaver *leaver = MEM_NEW(struct leaver);

	outflow_forget_source(k->live->outflow, s);
	delivery_uplink_state(k->live->delivery, s, false);
	supervisor_stop(s);
	*leaver = (struct leaver){ .next = k->leavers,
				   .supervisor = s,
				   .instance = mem_strdup(supervisor_plugin(s)->id) };
	k->leavers = leaver;
}

/* The same instance twice would be two clients of one name at a broker: the new one waits for the old one's end. */
static bool is_leaving(const struct links *k, const char *instance)
{
	for (const struct leaver *leaver = k->leavers; leaver; leaver = leaver->next)
		if (str_equal(leaver->instance, instance))
			return true;
	return false;
}

static void start_missing_plugins(struct links *k)
{
	const struct conf *c = k->live->conf;

	for (size_t i = 0; i < c->plugin_count; i++)
		if (!k->supervisors[i] && !is_leaving(k, c->plugins[i].id))
			start_plugin(k, i);
}

static void swap_plugins(struct links *k, const struct conf *old, const struct links_change *change)
{
	const struct conf *c = k->live->conf;
	struct supervisor **before = k->supervisors;

	k->supervisors = mem_array(c->plugin_count, sizeof(*k->supervisors));
	for (size_t i = 0; i < old->plugin_count; i++) {
		uint32_t now = change->plugins[i];
		struct supervisor_setup setup;

		if (!before[i])
			continue;
		if (now == NO_PLUGIN) {
			end_plugin(k, before[i]);
			continue;
		}
		setup = plugin_setup(k, now);
		supervisor_adopt(before[i], &setup);
		k->supervisors[now] = before[i];
	}
	free(before);
	for (size_t i = 0; i < c->plugin_count; i++)
		if (!k->supervisors[i]) {
			lose(k, &(struct engine_link){ .plugin = &c->plugins[i] });
			if (!conf_find_plugin(old, c->plugins[i].id))
				outflow_role_unknown(k->live->outflow, c->plugins[i].id);
		}
	for (size_t i = 0; i < old->plugin_count; i++)
		if (!conf_find_plugin(c, old->plugins[i].id))
			outflow_role_known(k->live->outflow, old->plugins[i].id); /* none: nobody waits for it */
	start_missing_plugins(k);
}

struct supervisor *links_supervisor(const struct links *k, size_t plugin)
{
	return k->supervisors[plugin];
}

/* ---- all ---- */

struct queue *links_messages(const struct links *k)
{
	return k->messages;
}

struct links_change *links_prepare(const struct conf *old, const struct conf *now)
{
	struct links_change *change = MEM_NEW(struct links_change);

	change->buses = mem_array(old->bus_count, sizeof(*change->buses));
	change->plugins = mem_array(old->plugin_count, sizeof(*change->plugins));
	change->plans = mem_array(now->bus_count, sizeof(*change->plans));
	change->plan_count = now->bus_count;
	for (size_t i = 0; i < old->bus_count; i++) {
		const struct bus *same = conf_find_bus(now, old->buses[i].id);

		change->buses[i] =
			same && changes_keep_bus(&old->buses[i], same) ? (uint32_t)(same - now->buses) : NO_BUS;
	}
	for (size_t i = 0; i < old->plugin_count; i++) {
		const struct plugin *same = conf_find_plugin(now, old->plugins[i].id);

		change->plugins[i] = same && changes_keep_plugin(old, &old->plugins[i], now, same)
					     ? (uint32_t)(same - now->plugins)
					     : NO_PLUGIN;
	}
	for (size_t i = 0; i < now->bus_count; i++)
		change->plans[i] =
			worker_plan(&(struct worker_setup){ .bus = &now->buses[i], .devices = conf_devices(now) });
	return change;
}

void links_change_free(struct links_change *change)
{
	if (!change)
		return;
	for (size_t i = 0; i < change->plan_count; i++)
		worker_plan_free(change->plans[i]);
	free(change->plans);
	free(change->forward);
	free(change->buses);
	free(change->plugins);
	free(change);
}

/* A device that stands at another address: what was read at the old one is not read at the new one. */
static void lose_moved(struct links *k, const struct conf *old)
{
	const struct conf *c = k->live->conf;

	for (size_t i = 0; i < c->device_count; i++) {
		const struct device *before = conf_find_device(old, c->devices[i].id);

		if (before && engine_moved(before, &c->devices[i]))
			engine_replaced(k->live->engine, &c->devices[i], clock_now(), &k->live->effects);
	}
}

void links_swap(struct links *k, const struct conf *old, struct links_change *change)
{
	lose_moved(k, old);
	swap_buses(k, old, change);
	swap_plugins(k, old, change);
}

size_t links_leaving(struct links *k)
{
	size_t count = k->ending;

	for (struct leaver **at = &k->leavers; *at;) {
		struct leaver *leaver = *at;

		if (!supervisor_idle(leaver->supervisor)) {
			at = &leaver->next;
			count++;
			continue;
		}
		*at = leaver->next;
		leaver_free(k, leaver);
	}
	if (!k->live->stopping) {
		join_ending(k);
		if (k->supervisors)
			start_missing_plugins(k);
	}
	return count;
}

bool links_refer_to(const struct links *k, const struct conf *c)
{
	for (const struct leaver *leaver = k->leavers; leaver; leaver = leaver->next) {
		const struct plugin *p = supervisor_plugin(leaver->supervisor);

		if (p >= c->plugins && p < c->plugins + c->plugin_count)
			return true;
	}
	return false;
}

static bool all_idle(struct links *k)
{
	bool idle = links_leaving(k) == k->ending;

	for (size_t i = 0; k->supervisors && i < k->live->conf->plugin_count; i++)
		idle = idle && (!k->supervisors[i] || supervisor_idle(k->supervisors[i]));
	return idle;
}

static void stop_plugins(struct links *k)
{
	size_t count = k->supervisors ? k->live->conf->plugin_count : 0;
	int64_t until_us = clock_mono_us() + STOP_LIMIT;

	for (size_t i = 0; i < count; i++)
		if (k->supervisors[i])
			supervisor_stop(k->supervisors[i]);
	while (!all_idle(k) && clock_mono_us() < until_us)
		event_base_loop(k->live->base, EVLOOP_ONCE);
	for (size_t i = 0; i < count; i++)
		supervisor_free(k->supervisors[i]);
	while (k->leavers) {
		struct leaver *next = k->leavers->next;

		leaver_free(k, k->leavers);
		k->leavers = next;
	}
	free(k->supervisors);
	k->supervisors = NULL;
}

void links_stop(struct links *k)
{
	stop_plugins(k);
	queue_close(k->messages); /* a bus that waits for room stops waiting */
	for (size_t i = 0; i < SLOTS_MAX; i++)
		if (k->slots[i].worker && k->slots[i].bus != NO_BUS)
			worker_ask_stop(k->slots[i].worker);
	/* Those that are ending belong to the reader thread, or would: nobody waits for them there any more. */
	for (size_t i = 0; i < SLOTS_MAX; i++)
		if (k->slots[i].worker && (k->slots[i].bus != NO_BUS || !k->joining)) {
			worker_stop(k->slots[i].worker);
			k->slots[i] = (struct slot){ 0 };
		}
}
