#include "app/watch_inside.h"

#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "app/receiver.h"
#include "base/log.h"
#include "base/mem.h"
#include "care/telling.h"

#define BUS_DELAY      (30 * S) /* a gateway that restarts is back by then */
#define UNIT_DELAY     (60 * S)
#define FAULT_DELAY    (30 * S) /* a plugin that lives but cannot do its work; one that dies is told at once */
#define CLOCK_DELAY    (10 * MINUTE)
#define PEOPLE_DELAY   (2 * MINUTE)
#define PLUGIN_STEADY  (10 * S) /* up for so long: its alarm is over */
#define STUCK_MIN      (10 * S)
#define STUCK_TIMEOUTS 3
#define TICK_LATE      (5 * S)
#define WITHHOLD_AFTER HOUR

struct watch_unit_subject *watch_find_unit(struct watch_bus_subject *b, uint8_t unit)
{
	for (size_t i = 0; i < b->unit_count; i++)
		if (b->units[i].device->unit == unit)
			return &b->units[i];
	return NULL;
}

static void add_unit(struct watch *w, const struct device *d)
{
	struct watch_bus_subject *b = &w->buses[d->bus - w->conf->buses];

	if (watch_find_unit(b, d->unit))
		return;
	b->units = mem_realloc(b->units, b->unit_count + 1, sizeof(*b->units));
	b->units[b->unit_count++] = (struct watch_unit_subject){ .device = d, .subject.delay_us = UNIT_DELAY };
}

struct watch *watch_new(struct live *l)
{
	struct watch *w = MEM_NEW(struct watch);
	const struct conf *c = l->conf;

	w->live = l;
	w->conf = c;
	w->buses = mem_array(c->bus_count, sizeof(*w->buses));
	w->plugins = mem_array(c->plugin_count, sizeof(*w->plugins));
	w->uplinks = mem_array(c->plugin_count, sizeof(*w->uplinks));
	w->started_us = clock_mono_us();
	for (size_t i = 0; i < c->bus_count; i++) {
		w->buses[i].turned_us = w->started_us;
		w->buses[i].bus.delay_us = BUS_DELAY;
	}
	for (size_t i = 0; i < c->device_count; i++)
		if (c->devices[i].bus)
			add_unit(w, &c->devices[i]);
	return w;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->conf->bus_count; i++)
		free(w->buses[i].units);
	free(w->buses);
	free(w->plugins);
	free(w->uplinks);
	free(w);
}

/* ---- edges ---- */

/* A bus that is back asks its units again, one by one: each has its whole delay to answer. What was said of them while it
 * was down ends first: else all would stand there as dead in the moment in which the bus does not explain it any more. */
static void wait_for_units(struct watch *w, struct watch_bus_subject *b)
{
	for (size_t i = 0; i < b->unit_count; i++) {
		struct subject *s = &b->units[i].subject;

		if (s->behind || subject_was_behind(w->live, s, b->units[i].device->id))
			subject_recover(w->live, s, b->units[i].device->id);
		s->behind = false;
		if (s->state == WATCH_DOWN && !s->alarmed)
			s->since_us = b->bus.since_us;
	}
}

void watch_bus(struct watch *w, uint32_t bus, enum watch_state state, const char *text)
{
	struct subject *s = &w->buses[bus].bus;
	const char *id = w->conf->buses[bus].id;

	w->buses[bus].silenced = false;
	if (!subject_set(s, state, text))
		return;
	if (state == WATCH_UP) {
		wait_for_units(w, &w->buses[bus]);
		subject_recover(w->live, s, id);
	}
	subject_say(w->live, "bus", id, s);
}

void watch_unit(struct watch *w, uint32_t bus, uint8_t unit, enum watch_state state, const char *text)
{
	struct watch_unit_subject *u = watch_find_unit(&w->buses[bus], unit);

	if (!u || !subject_set(&u->subject, state, text))
		return;
	u->subject.behind = false;
	if (state == WATCH_UP)
		subject_recover(w->live, &u->subject, u->device->id);
	subject_say(w->live, "device", u->device->id, &u->subject);
}

void watch_cycled(struct watch *w, uint32_t bus)
{
	w->buses[bus].cycled = true;
}

static bool protects_life(const struct watch *w, uint32_t bus)
{
	const struct conf *c = w->conf;

	for (size_t i = 0; i < c->device_count; i++)
		for (size_t k = 0; c->devices[i].bus == &c->buses[bus] && c->devices[i].urgent &&
				   k < c->devices[i].profile->point_count;
		     k++)
			if (c->devices[i].urgent[k])
				return true;
	return false;
}

static void end_pause(struct watch *w, uint32_t bus)
{
	struct watch_bus_subject *b = &w->buses[bus];
	int64_t now_us = clock_mono_us();

	if (b->pause_told)
		subject_recover(w->live, &b->bus, w->conf->buses[bus].id);
	b->paused = b->pause_told = false;
	/* Who was silent before has its whole delay to answer. */
	b->bus.since_us = now_us;
	for (size_t i = 0; i < b->unit_count; i++)
		if (b->units[i].subject.state == WATCH_DOWN && !b->units[i].subject.alarmed)
			b->units[i].subject.since_us = now_us;
}

void watch_pause(struct watch *w, uint32_t bus, const char *const why[2])
{
	struct watch_bus_subject *b = &w->buses[bus];
	struct evaluator_condition c = { .rule = "supervision", .asset = w->conf->buses[bus].id, .active = true };

	if (!why) {
		if (b->paused)
			end_pause(w, bus);
		return;
	}
	b->paused = true;
	if (b->bus.alarmed || !protects_life(w, bus))
		return;
	b->bus.alarmed = b->pause_told = true;
	c.why_en = why[0];
	c.why_zh = why[1];
	evaluator_set(engine_evaluator(w->live->engine), &c, clock_now(), &w->live->effects);
}

void watch_plugin(struct watch *w, const struct watch_plugin_edge *edge)
{
	struct subject *s = &w->plugins[edge->plugin - w->conf->plugins];

	s->delay_us = edge->running ? FAULT_DELAY : 0;
	if (!subject_set(s, edge->state, edge->text))
		return;
	/* One that comes and goes is one alarm, not one for each time: see tick_plugin. */
	if (edge->state == WATCH_UP && !s->alarmed)
		subject_recover(w->live, s, edge->plugin->id);
	subject_judge(w->live, s, edge->plugin->id, NULL);
	subject_say(w->live, "plugin", edge->plugin->id, s);
}

void watch_store(struct watch *w, enum watch_state state, const char *text)
{
	if (!subject_set(&w->store, state, text))
		return;
	if (state == WATCH_UP)
		subject_recover(w->live, &w->store, "store");
	subject_judge(w->live, &w->store, "store", NULL);
	subject_say(w->live, "store", "store", &w->store);
}

void watch_clock(struct watch *w, enum watch_state state)
{
	w->clock.delay_us = CLOCK_DELAY;
	w->clock.text_zh = "时钟未校准。告警照常，但时间不可信：请联网校时，或以root运行 estatectl clock set";
	if (!subject_set(
		    &w->clock, state,
		    "the clock is not set: times are wrong; connect a time service, or as root: estatectl clock set"))
		return;
	if (state == WATCH_UP)
		subject_recover(w->live, &w->clock, "clock");
}

void watch_config(struct watch *w, enum watch_state state)
{
	w->config.priority = 4;
	w->config.text_zh =
		"旧配置在运行，磁盘上的文件未生效：请运行 estatectl config diff 核对，再 estatectl config reload";
	if (!subject_set(
		    &w->config, state,
		    "an old configuration is in force, not the files: see estatectl config diff, then config reload"))
		return;
	if (state == WATCH_UP)
		subject_recover(w->live, &w->config, "configuration");
	subject_judge(w->live, &w->config, "configuration", NULL);
}

/* ---- time ---- */

static void check_stuck(struct watch *w, uint32_t bus, int64_t now_us)
{
	struct watch_bus_subject *b = &w->buses[bus];
	const struct bus *conf = &w->conf->buses[bus];
	const struct worker *worker = w->live->links ? links_worker(w->live->links, bus) : NULL;
	uint64_t turns = worker ? worker_turns(worker) : 0;
	int64_t limit = MAX(STUCK_TIMEOUTS * conf->timeout_us, STUCK_MIN);
	bool was_up;

	if (!w->live->links)
		return; /* a replay: no threads */
	if (!worker) {
		watch_bus(w, bus, WATCH_DOWN, "its thread did not start");
		return;
	}
	if (turns != b->turns) {
		b->turns = turns;
		b->turned_us = now_us;
		b->stuck = false;
		if (b->silenced) /* the thread tells of edges only, and for it there was none */
			watch_bus(w, bus, WATCH_UP, "");
		return;
	}
	if (b->stuck || now_us - b->turned_us < limit)
		return;
	b->stuck = true;
	was_up = b->bus.state == WATCH_UP;
	log_event(LOGID_BUS_STUCK, LOG_ABOUT(.bus = conf->id),
		  "bus %s: its thread has not turned for %d s: its points are lost", conf->id,
		  (int)((now_us - b->turned_us) / S));
	engine_down(w->live->engine, &(struct engine_link){ .bus = conf }, QUALITY_LOST, clock_now(),
		    &w->live->effects);
	watch_bus(w, bus, WATCH_DOWN, "its thread is stuck");
	b->silenced = was_up;
}

/* A dead bus is one alarm: those of its units are listed below it, suppressed, and counted. */
static void judge_behind(struct watch *w, struct watch_bus_subject *b, struct watch_unit_subject *u)
{
	struct subject down = {
		.state = WATCH_DOWN,
		.delay_us = UNIT_DELAY,
		.since_us = b->bus.since_us,
		.text = "its bus does not answer",
		.text_zh = "所在总线无应答",
	};

	if (u->subject.alarmed || !b->bus.alarmed)
		return;
	subject_judge(w->live, &down, u->device->id, u->device->place);
	u->subject.alarmed = u->subject.behind = down.alarmed;
}

static void tick_bus(struct watch *w, uint32_t bus, int64_t now_us)
{
	struct watch_bus_subject *b = &w->buses[bus];

	check_stuck(w, bus, now_us);
	if (b->paused)
		return;
	subject_judge(w->live, &b->bus, w->conf->buses[bus].id, NULL);
	for (size_t i = 0; i < b->unit_count; i++)
		if (b->bus.state == WATCH_DOWN)
			judge_behind(w, b, &b->units[i]);
		else
			subject_judge(w->live, &b->units[i].subject, b->units[i].device->id, b->units[i].device->place);
}

static void tick_plugin(struct watch *w, struct subject *s, const char *id)
{
	subject_judge(w->live, s, id, NULL);
	if (s->alarmed && s->state == WATCH_UP && clock_mono_us() - s->since_us >= PLUGIN_STEADY)
		subject_recover(w->live, s, id);
}

/* An earlier run may have left its alarm, and a store that works says nothing by itself: its first commit does. */
static void check_store(struct watch *w)
{
	struct status_store status;

	if (w->store.state != WATCH_UNKNOWN || !w->live->store)
		return;
	store_status(w->live->store, &status);
	if (status.ok && status.commits > 0)
		watch_store(w, WATCH_UP, "");
}

/* Samples that nobody keeps, and files that were found to be damaged: both are for somebody to look at, neither stops an
 * alarm. The second is over at once, and stays on the list until somebody has acknowledged it. */
static void check_files(struct watch *w)
{
	struct status_store status;

	if (!w->live->store)
		return;
	store_status(w->live->store, &status);
	w->history.priority = w->damage.priority = 3;
	w->history.text_zh = "历史数据无法保存，告警不受影响：请检查磁盘空间和日志";
	if (subject_set(&w->history, status.history_ok ? WATCH_UP : WATCH_DOWN,
			"samples are not kept (alarms are): check the disk and what is free on it, and the log") &&
	    status.history_ok)
		subject_recover(w->live, &w->history, "history");
	subject_judge(w->live, &w->history, "history", NULL);
	w->damage.text_zh = "数据库文件损坏，已改名保留并重建，未损坏的记录已恢复：请检查磁盘并查看日志";
	if (status.set_aside != w->set_aside) {
		subject_set(
			&w->damage, WATCH_DOWN,
			"a database file was damaged: it was set aside and made anew with what was whole; check the "
			"disk, and see the log for what was lost");
		subject_judge(w->live, &w->damage, "storage", NULL);
		w->set_aside = status.set_aside;
	} else if (subject_set(&w->damage, WATCH_UP, "")) {
		subject_recover(w->live, &w->damage, "storage");
	}
}

/* Contacts are configured, and none can be told: whoever gets the alarms upstream must know. */
static void check_people(struct watch *w)
{
	struct live *l = w->live;
	bool reached = w->conf->contact_count == 0 || (l->crier && crier_reaches(l->crier));

	if (!l->crier) /* a replay */
		return;
	w->people.delay_us = PEOPLE_DELAY;
	w->people.priority = 2;
	w->people.text_zh = "没有打开的值班页面，也没有可用的通知插件：告警无人知晓，请检查通知插件和值班台";
	if (subject_set(
		    &w->people, reached ? WATCH_UP : WATCH_DOWN,
		    "no page is open and no notifier works: nobody here is told of alarms; check the notifiers and the "
		    "desk") &&
	    reached)
		subject_recover(l, &w->people, "people");
	subject_judge(l, &w->people, "people", NULL);
}

static bool is_watched(const struct watch *w, const char *asset)
{
	const struct device *silent;

	if (str_equal(asset, "store") || str_equal(asset, "clock") || str_equal(asset, "configuration") ||
	    str_equal(asset, "history") || str_equal(asset, "storage") || str_equal(asset, "people") ||
	    conf_find_bus(w->conf, asset) || conf_find_plugin(w->conf, asset) ||
	    conf_find_plugin(w->conf, receiver_instance(asset)))
		return true;
	if (str_starts(asset, TELLING_SENSORS))
		return true; /* care's own to end (engine_end_strange_homes) */
	silent = conf_find_device(w->conf, asset);
	if (silent && !silent->bus)
		return true; /* its silence is the rules' own to end (alarm/silence.h) */
	for (size_t i = 0; i < w->conf->bus_count; i++)
		for (size_t k = 0; k < w->buses[i].unit_count; k++)
			if (str_equal(w->buses[i].units[k].device->id, asset))
				return true;
	return false;
}

void watch_end_strangers(struct watch *w)
{
	const struct alarm *a;

	for (size_t position = 0; (a = evaluator_next(engine_evaluator(w->live->engine), &position));)
		if (str_equal(a->rule, "supervision") && a->state != ALARM_NORMAL && !is_watched(w, a->asset))
			subject_recover(w->live, &(struct subject){ 0 }, a->asset);
}

void watch_tick(struct watch *w, struct clock_now now)
{
	const struct conf *c = w->conf;

	check_store(w);
	check_files(w);
	check_people(w);

	for (uint32_t i = 0; i < c->bus_count; i++)
		tick_bus(w, i, now.mono_us);
	for (size_t i = 0; i < c->plugin_count; i++) {
		tick_plugin(w, &w->plugins[i], c->plugins[i].id);
		if (w->live->delivery) /* a replay has none */
			receiver_tick(w->live, &(struct receiver){ c->plugins[i].id, &w->uplinks[i], &w->plugins[i] },
				      now.mono_us);
	}
	subject_judge(w->live, &w->clock, "clock", NULL);
}

static int64_t bus_due(const struct watch_bus_subject *b)
{
	int64_t due_us = subject_due(&b->bus);

	for (size_t i = 0; !b->paused && i < b->unit_count; i++) {
		const struct subject *s = &b->units[i].subject;
		int64_t behind_us = b->bus.alarmed && !s->alarmed ? b->bus.since_us + UNIT_DELAY : INT64_MAX;
		int64_t unit_us = b->bus.state == WATCH_DOWN ? behind_us : subject_due(s);

		due_us = MIN(due_us, unit_us);
	}
	return b->paused ? INT64_MAX : due_us;
}

int64_t watch_due(const struct watch *w)
{
	int64_t due_us = subject_due(&w->clock);

	for (size_t i = 0; i < w->conf->bus_count; i++) {
		int64_t bus_us = bus_due(&w->buses[i]);

		due_us = MIN(due_us, bus_us);
	}
	for (size_t i = 0; i < w->conf->plugin_count; i++) {
		const struct subject *s = &w->plugins[i];
		int64_t plugin_us = s->alarmed && s->state == WATCH_UP ? s->since_us + PLUGIN_STEADY : subject_due(s);

		due_us = MIN(due_us, plugin_us);
	}
	return due_us;
}

bool watch_settled(const struct watch *w)
{
	const struct conf *c = w->conf;

	for (size_t i = 0; i < c->bus_count; i++)
		if (!w->buses[i].cycled && w->buses[i].bus.state != WATCH_DOWN && !w->buses[i].paused)
			return false;
	for (size_t i = 0; i < c->plugin_count; i++)
		if (w->plugins[i].state == WATCH_UNKNOWN)
			return false;
	return true;
}

bool watch_healthy(struct watch *w, int64_t now_us)
{
	uint64_t turns = store_turns(w->live->store);
	bool store_turns_on = turns != w->store_turns;

	w->store_turns = turns;
	if (!store_turns_on || now_us - w->live->ticked_us > TICK_LATE)
		return false;
	/* A restart frees a stuck bus thread, but not more often than once an hour. */
	for (size_t i = 0; i < w->conf->bus_count; i++)
		if (w->buses[i].stuck && now_us - w->started_us > WITHHOLD_AFTER)
			return false;
	return true;
}

int64_t watch_bus_since(const struct watch *w, uint32_t bus)
{
	const struct subject *s = &w->buses[bus].bus;
	struct clock_now now = clock_now();

	/* By the clock of now: it may have been set since. */
	return s->state == WATCH_UNKNOWN ? 0 : now.wall_us - (now.mono_us - s->since_us);
}
