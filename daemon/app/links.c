#include "app/links.h"

#include <errno.h>
#include <string.h>

#include "app/feed.h"
#include "app/live.h"
#include "app/offload.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/queue.h"
#include "conf/difference.h"

#define QUEUE_MESSAGES 4096
#define SLOTS_MAX      1024    /* buses, those that are ending included */
#define STOP_LIMIT     (4 * S) /* plugins: stop, 2 s, SIGTERM, SIGKILL */
#define NO_BUS         UINT32_MAX

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

/* A plugin that was told to end. */
struct leaver {
	struct leaver *next;
	struct supervisor *supervisor;
	char *instance;
};

struct links {
	struct live *live;
	struct queue *messages;
	struct slot slots[SLOTS_MAX];
	uint32_t *slot_of;               /* by row of bus */
	struct supervisor **supervisors; /* by row of plugin; NULL: the one before it must end first */
	struct leaver *leavers;
	size_t ending; /* bus threads */
	bool joining;  /* the reader thread waits for some of them */
	uint32_t generation;
	struct supervisor_calls calls;
};

struct links *links_new(struct live *l)
{
	struct links *k = MEM_NEW(struct links);

	k->live = l;
	k->messages = queue_new(sizeof(struct worker_message), QUEUE_MESSAGES);
	k->calls = feed_plugin_calls;
	k->calls.context = l;
	return k;
}

void links_free(struct links *k)
{
	if (!k)
		return;
	queue_free(k->messages);
	free(k->slot_of);
	free(k->supervisors);
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
	};
}

static int start_bus(struct links *k, uint32_t bus)
{
	uint32_t slot = 0;
	struct worker_setup setup;
	int r;

	while (slot < SLOTS_MAX && k->slots[slot].worker)
		slot++;
	if (slot == SLOTS_MAX)
		return -ENOSPC;
	setup = bus_setup(k, slot, bus);
	r = worker_start(&setup, &k->slots[slot].worker);
	if (r < 0) {
		log_error("bus %s: its thread does not start: %s", setup.bus->id, strerror(-r));
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
		start_bus(k, i); /* one that does not start has its alarm: no reason to leave the others unwatched */
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

static const struct bus *find_same_bus(const struct conf *c, const struct bus *old)
{
	const struct bus *now = conf_find_bus(c, old->id);

	return now && difference_same_bus(old, now) ? now : NULL;
}

/* What a link that starts anew carries is not known until it has been read again. */
static void lose(struct links *k, const struct engine_link *link)
{
	engine_down(k->live->engine, link, QUALITY_LOST, clock_now(), &k->live->effects);
}

static void swap_buses(struct links *k, const struct conf *old)
{
	const struct conf *c = k->live->conf;
	uint32_t *before = k->slot_of;

	k->generation++;
	k->slot_of = mem_array(c->bus_count, sizeof(*k->slot_of));
	for (uint32_t i = 0; i < c->bus_count; i++)
		k->slot_of[i] = NO_BUS;
	for (uint32_t i = 0; i < old->bus_count; i++) {
		const struct bus *same = find_same_bus(c, &old->buses[i]);
		uint32_t bus = same ? (uint32_t)(same - c->buses) : NO_BUS;
		struct worker_setup setup;

		if (before[i] == NO_BUS)
			continue; /* its thread did not start: another try below */
		if (same)
			setup = bus_setup(k, before[i], bus);
		if (!same || worker_update(k->slots[before[i]].worker, &setup) < 0) {
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
			start_bus(k, i);
		}
}

uint32_t links_bus_of(const struct links *k, const struct worker_message *m)
{
	/* Readings of an older plan have other point numbers; edges of a bus or unit are true all the same. */
	if (m->bus >= SLOTS_MAX || m->generation < k->slots[m->bus].born)
		return NO_BUS;
	if (m->kind == WORKER_READING && m->generation != k->generation)
		return NO_BUS;
	return k->slots[m->bus].worker ? k->slots[m->bus].bus : NO_BUS;
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
		.calls = &k->calls,
	};
}

static int start_plugin(struct links *k, size_t plugin)
{
	struct supervisor_setup setup = plugin_setup(k, plugin);
	int r = supervisor_new(&setup, &k->supervisors[plugin]);

	if (r < 0)
		log_error("plugin %s: %s", setup.plugin->id, strerror(-r));
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

static void swap_plugins(struct links *k, const struct conf *old)
{
	const struct conf *c = k->live->conf;
	struct supervisor **before = k->supervisors;

	k->supervisors = mem_array(c->plugin_count, sizeof(*k->supervisors));
	for (size_t i = 0; i < old->plugin_count; i++) {
		const struct plugin *now = conf_find_plugin(c, old->plugins[i].id);
		struct supervisor_setup setup;

		if (!before[i])
			continue;
		if (!now || !difference_same_plugin(old, &old->plugins[i], c, now)) {
			end_plugin(k, before[i]);
			continue;
		}
		setup = plugin_setup(k, (size_t)(now - c->plugins));
		supervisor_adopt(before[i], &setup);
		k->supervisors[now - c->plugins] = before[i];
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

void links_swap(struct links *k, const struct conf *old)
{
	swap_buses(k, old);
	swap_plugins(k, old);
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
