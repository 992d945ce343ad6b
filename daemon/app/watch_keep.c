#include "app/watch_keep.h"

#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "app/receiver.h"
#include "app/watch_inside.h"
#include "base/mem.h"

/* ---- reload ---- */

static void carry_subject(struct subject *to, const struct subject *from)
{
	int64_t delay_us = to->delay_us;

	*to = *from;
	to->delay_us = delay_us;
}

static void carry_units(struct watch *w, struct watch_bus_subject *to, struct watch_bus_subject *from)
{
	for (size_t i = 0; i < from->unit_count; i++) {
		struct watch_unit_subject *old = &from->units[i], *now = watch_find_unit(to, old->device->unit);

		if (now)
			carry_subject(&now->subject, &old->subject);
		/* Another device may speak for the unit now, or none: the alarm has its name. */
		if (old->subject.alarmed && (!now || !str_equal(now->device->id, old->device->id))) {
			subject_recover(w->live, &old->subject, old->device->id);
			if (now)
				now->subject.alarmed = false;
		}
	}
}

static void carry_bus(struct watch *to, struct watch *from, size_t index)
{
	struct watch_bus_subject *old = &from->buses[index];
	const struct bus *now = conf_find_bus(to->conf, from->conf->buses[index].id);
	struct watch_bus_subject none = { 0 }, *b = now ? &to->buses[now - to->conf->buses] : &none;

	if (now) {
		carry_subject(&b->bus, &old->bus);
		b->cycled = old->cycled;
		b->stuck = old->stuck;
		b->silenced = old->silenced;
		b->paused = old->paused;
		b->pause_told = old->pause_told;
		b->turns = old->turns;
		b->turned_us = old->turned_us;
	} else if (old->bus.alarmed) {
		subject_recover(to->live, &old->bus, from->conf->buses[index].id);
	}
	carry_units(to, b, old);
}

void watch_keep_carry(struct watch *to, struct watch *from)
{
	to->started_us = from->started_us;
	to->store = from->store;
	to->clock = from->clock;
	to->config = from->config;
	to->history = from->history;
	to->damage = from->damage;
	to->people = from->people;
	to->set_aside = from->set_aside;
	to->store_turns = from->store_turns;
	for (size_t i = 0; i < from->conf->bus_count; i++)
		carry_bus(to, from, i);
	for (size_t i = 0; i < from->conf->plugin_count; i++) {
		const struct plugin *now = conf_find_plugin(to->conf, from->conf->plugins[i].id);

		if (now) {
			to->plugins[now - to->conf->plugins] = from->plugins[i];
			to->uplinks[now - to->conf->plugins] = from->uplinks[i];
			continue;
		}
		if (from->plugins[i].alarmed)
			subject_recover(to->live, &from->plugins[i], from->conf->plugins[i].id);
		if (from->uplinks[i].alarmed)
			receiver_recover(to->live, &from->uplinks[i], from->conf->plugins[i].id);
	}
}

/* ---- restart ---- */

/* A subject of this asset; its delay runs, or ran when the last run ended. */
struct visit {
	void (*at)(struct visit *v, struct subject *s, const char *asset);
	struct evaluator_delay *delays; /* take: owned by the caller */
	size_t count;
	const char *wanted; /* give */
	int64_t since_us;
	uint64_t sum;
};

static void visit_all(struct watch *w, struct visit *v)
{
	const struct conf *c = w->conf;

	for (size_t i = 0; i < c->bus_count; i++) {
		v->at(v, &w->buses[i].bus, c->buses[i].id);
		for (size_t k = 0; k < w->buses[i].unit_count; k++)
			v->at(v, &w->buses[i].units[k].subject, w->buses[i].units[k].device->id);
	}
	for (size_t i = 0; i < c->plugin_count; i++)
		v->at(v, &w->plugins[i], c->plugins[i].id);
	v->at(v, &w->clock, "clock");
}

/* Since when it has been down, where nobody has been told yet; 0: it is not. */
static int64_t running_since(const struct subject *s)
{
	if (s->state == WATCH_UNKNOWN)
		return s->kept_us;
	return s->state == WATCH_DOWN && !s->alarmed && s->delay_us ? s->since_us : 0;
}

static void sum_up(struct visit *v, struct subject *s, const char *asset _unused_)
{
	/* Which of them it is counts, too. */
	v->sum = (v->sum ^ (uint64_t)running_since(s)) * 1099511628211u;
}

static void add_delay(struct visit *v, const struct evaluator_delay *d)
{
	if ((v->count & (v->count - 1)) == 0) /* 0 and the powers of two */
		v->delays = mem_realloc(v->delays, MAX(v->count * 2, (size_t)1), sizeof(*v->delays));
	v->delays[v->count++] = *d;
}

static void take(struct visit *v, struct subject *s, const char *asset)
{
	struct evaluator_delay d = { .kind = EVALUATOR_SUPERVISED, .since_us = running_since(s) };

	snprintf(d.id, sizeof(d.id), "supervision/%s", asset);
	if (d.since_us)
		add_delay(v, &d);
}

static void give(struct visit *v, struct subject *s, const char *asset)
{
	if (s->state == WATCH_UNKNOWN && str_equal(asset, v->wanted))
		s->kept_us = v->since_us;
}

uint64_t watch_keep_version(struct watch *w)
{
	struct visit v = { .at = sum_up, .sum = 14695981039346656037u };

	visit_all(w, &v);
	return v.sum;
}

size_t watch_keep_delays(struct watch *w, const struct evaluator *rules, struct evaluator_delay **ret_delays)
{
	struct evaluator_delay delay;
	struct visit v = { .at = take };

	visit_all(w, &v);
	for (size_t position = 0; evaluator_next_delay(rules, &position, &delay);)
		add_delay(&v, &delay);
	*ret_delays = v.delays;
	return v.count;
}

void watch_keep_restore(struct watch *w, const struct evaluator_delay *d)
{
	struct visit v = { .at = give, .since_us = d->since_us };
	const char *slash = strchr(d->id, '/');

	v.wanted = slash ? slash + 1 : "";
	visit_all(w, &v);
}
