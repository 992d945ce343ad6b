#include "alarm/evaluator.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm/watcher.h"
#include "base/mem.h"
#include "base/str.h"

#define ASSET_MAX 90 /* bytes: with a rule's id it fits an evaluator_delay */

struct evaluator {
	struct watcher_world world;
	struct evaluator_rules rules;
	struct map *built_in; /* rules without an expression, by id */
	struct watcher **watchers;
	size_t count, room;
	struct map *by_id;
	/* Which watchers read a point: readers[first[p]] … readers[first[p + 1] - 1]. */
	uint32_t *first;
	struct watcher **readers;
};

/* ---- birth and death ---- */

static struct watcher *add(struct evaluator *e, struct watcher *w)
{
	if (!w)
		return NULL;
	if (e->count == e->room) {
		e->room = MAX((size_t)64, e->room * 2);
		e->watchers = mem_realloc(e->watchers, e->room, sizeof(struct watcher *));
	}
	map_put(e->by_id, w->id, w);
	return e->watchers[e->count++] = w;
}

static bool same_class(const struct class *a, const struct class *b)
{
	return a == b || (a && b && str_equal(a->id, b->id));
}

static void watch_rule(struct evaluator *e, const struct rule *r, struct device_list devices, const struct map *by_id)
{
	if (!r->enabled)
		return;
	if (!r->when && r->condition == RULE_CONDITION_NONE) {
		map_put(e->built_in, r->id, (void *)r);
		return;
	}
	if (r->device) {
		const struct device *d = map_find(by_id, r->device);

		if (d)
			add(e, watcher_new(r, d, e->world.table));
		return;
	}
	for (size_t i = 0; i < devices.count; i++)
		if (r->class && same_class(r->class, devices.devices[i].class))
			add(e, watcher_new(r, &devices.devices[i], e->world.table));
}

/* Counts, sums up, fills: two passes over what every watcher reads. */
static void index_readers(struct evaluator *e)
{
	size_t points = e->world.table->count;
	uint32_t *next = mem_array(points + 1, sizeof(*next));

	e->first = mem_array(points + 1, sizeof(*e->first));
	for (size_t i = 0; i < e->count; i++) {
		const struct watcher *w = e->watchers[i];

		for (size_t j = 0; j < w->input_count; j++)
			e->first[w->inputs[j] + 1]++;
	}
	for (size_t p = 0; p < points; p++)
		e->first[p + 1] += e->first[p];
	memcpy(next, e->first, (points + 1) * sizeof(*next));
	e->readers = mem_array(e->first[points], sizeof(struct watcher *));
	for (size_t i = 0; i < e->count; i++) {
		struct watcher *w = e->watchers[i];

		for (size_t j = 0; j < w->input_count; j++)
			e->readers[next[w->inputs[j]]++] = w;
	}
	free(next);
}

int evaluator_new(struct evaluator_rules rules, struct device_list devices, const struct point_table *table,
		  struct evaluator **ret_evaluator)
{
	_cleanup_(map_freep) struct map *devices_by_id = map_new();
	struct evaluator *e = MEM_NEW(struct evaluator);

	for (size_t i = 0; i < devices.count; i++)
		map_put(devices_by_id, devices.devices[i].id, (void *)&devices.devices[i]);
	e->rules = rules;
	e->world.table = table;
	e->built_in = map_new();
	e->by_id = map_new();
	book_init(&e->world.book);
	for (size_t i = 0; i < rules.count; i++)
		watch_rule(e, &rules.rules[i], devices, devices_by_id);
	index_readers(e);
	*ret_evaluator = e;
	return 0;
}

void evaluator_free(struct evaluator *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->count; i++)
		watcher_free(e->watchers[i]);
	free(e->watchers);
	free(e->first);
	free(e->readers);
	map_free(e->by_id);
	map_free(e->built_in);
	book_fini(&e->world.book);
	due_fini(&e->world.due);
	free(e);
}

/* ---- readings and time ---- */

void evaluator_point(struct evaluator *e, uint32_t point, struct clock_now now, struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	uint32_t fired = e->world.table->points[point].fired ? point : UINT32_MAX;

	for (uint32_t i = e->first[point]; i < e->first[point + 1]; i++)
		watcher_observe(&e->world, e->readers[i], fired, &turn);
}

void evaluator_tick(struct evaluator *e, struct clock_now now, struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	struct due_item *first;

	e->world.mono_us = MAX(e->world.mono_us, now.mono_us);
	for (int i = 0; i < EVALUATOR_TICK_MAX; i++) {
		first = due_first(&e->world.due);
		if (!first || first->at_us > now.mono_us)
			return;
		watcher_wake(&e->world, CONTAINER_OF(first, struct watcher, due), &turn);
	}
}

int64_t evaluator_due(const struct evaluator *e)
{
	const struct due_item *first = due_first(&e->world.due);

	return first ? first->at_us : INT64_MAX;
}

/* ---- conditions from outside ---- */

static struct watcher *find(const struct evaluator *e, const char *rule, const char *asset)
{
	_cleanup_str_buf_ struct str_buf id = { 0 };

	str_buf_printf(&id, "%s/%s", rule, asset);
	return map_find(e->by_id, str_buf_text(&id));
}

/* Watchers of built-in rules come into being with their first condition. */
static struct watcher *find_or_add(struct evaluator *e, const char *rule, const char *asset)
{
	const struct rule *r = map_find(e->built_in, rule);
	struct watcher *w = find(e, rule, asset);

	return w || !r ? w : add(e, watcher_new_told(r, asset));
}

static void set_text(char **slot, const char *text)
{
	if (str_equal(*slot, text))
		return;
	free(*slot);
	*slot = mem_strdup(text);
}

int evaluator_set(struct evaluator *e, const struct evaluator_condition *c, struct clock_now now,
		  struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	const struct rule *r = map_find(e->built_in, c->rule);
	struct watcher *w;

	if (!r)
		return -ENOENT;
	if (strlen(c->asset) > ASSET_MAX)
		return -ENAMETOOLONG;
	if (!c->active && !find(e, c->rule, c->asset))
		return 0; /* nothing to end */
	w = find_or_add(e, c->rule, c->asset);
	w->told->active = c->active;
	if (c->active) {
		set_text(&w->told->place, c->place);
		set_text(&w->told->why_zh, c->why_zh);
		set_text(&w->told->why_en, c->why_en);
		w->told->priority = c->priority;
	}
	watcher_observe(&e->world, w, UINT32_MAX, &turn);
	if (c->active && w->active && w->alarm && watcher_priority(w) < w->alarm->priority)
		watcher_realarm(&e->world, w, &turn);
	return 0;
}

/* ---- people ---- */

static int carry_out(struct alarm *a, const struct evaluator_command *c, struct clock_now now,
		     struct alarm_effects *out)
{
	struct alarm_transition t = { .from = a->state, .input = c->input, .at = now };
	int r = alarm_move(a, c->input);

	if (r < 0)
		return r;
	if (c->input == ALARM_IN_ACK) {
		free(a->ack_by);
		free(a->ack_note);
		a->ack_by = mem_strdup(c->who);
		a->ack_note = mem_strdup(c->note);
		a->acked_us = now.wall_us;
	}
	a->changed_us = now.wall_us;
	t.alarm = *a;
	t.who = (char *)c->who; /* lent: the list takes its own copies */
	t.note = (char *)c->note;
	alarm_effects_add(out, &t);
	return 0;
}

int evaluator_command(struct evaluator *e, const struct evaluator_command *c, struct clock_now now,
		      struct alarm_effects *out)
{
	struct alarm *a = book_find(&e->world.book, c->alarm);
	struct watcher *w = map_find(e->by_id, c->alarm);
	int r;

	if (c->input != ALARM_IN_ACK && c->input != ALARM_IN_RESET)
		return -EINVAL;
	if (!a || a->state == ALARM_NORMAL)
		return -ENOENT;
	/* Since the restart nobody knows whether it holds: a person who looked may close it. */
	if (c->input == ALARM_IN_RESET && a->state == ALARM_ACKED && w && w->pending)
		a->active = false;
	r = carry_out(a, c, now, out);
	if (r == 0 && w)
		watcher_commanded(&e->world, w, c->input, now.mono_us);
	return r;
}

/* ---- the book ---- */

const struct alarm *evaluator_find(const struct evaluator *e, const char *id)
{
	return book_find(&e->world.book, id);
}

const struct alarm *evaluator_next(const struct evaluator *e, size_t *position)
{
	return *position < e->world.book.count ? e->world.book.alarms[(*position)++] : NULL;
}

size_t evaluator_open(const struct evaluator *e)
{
	return book_open(&e->world.book);
}

void evaluator_shift(struct evaluator *e, const struct clock_shifts *shifts)
{
	for (size_t i = 0; i < e->world.book.count; i++)
		alarm_shift(e->world.book.alarms[i], shifts);
}

/* ---- restart ---- */

static struct watcher *watcher_of_id(struct evaluator *e, const char *id)
{
	char rule[64] = "";
	size_t len = strcspn(id, "/");

	if (len >= sizeof(rule) || !id[len] || strlen(id + len + 1) > ASSET_MAX)
		return NULL;
	memcpy(rule, id, len);
	return find_or_add(e, rule, id + len + 1);
}

void evaluator_restore(struct evaluator *e, const struct alarm *a)
{
	struct watcher *w = watcher_of_id(e, a->id);
	struct alarm copy, *kept;

	alarm_copy(a, &copy);
	kept = book_put(&e->world.book, &copy);
	if (w && w->told)
		set_text(&w->told->place, kept->place);
	if (w)
		watcher_restore(w, kept);
	else
		kept->active = false; /* nothing watches it any more: a person closes it */
}

/* The position counts the kinds of all that is in the heap. */
bool evaluator_next_delay(const struct evaluator *e, size_t *position, struct evaluator_delay *ret_delay)
{
	while (*position < e->world.due.count * WATCHER_DELAYS) {
		size_t item = *position / WATCHER_DELAYS, kind = *position % WATCHER_DELAYS;
		const struct watcher *w = CONTAINER_OF(e->world.due.items[item], struct watcher, due);
		int64_t since_us;

		++*position;
		if (!watcher_delay(w, (enum watcher_delay)kind, e->world.mono_us, &since_us))
			continue;
		*ret_delay = (struct evaluator_delay){ .kind = (enum evaluator_delay_kind)kind, .since_us = since_us };
		snprintf(ret_delay->id, sizeof(ret_delay->id), "%s", w->id);
		return true;
	}
	return false;
}

void evaluator_restore_delay(struct evaluator *e, const struct evaluator_delay *d)
{
	struct watcher *w = watcher_of_id(e, d->id);

	if (w && (unsigned)d->kind < WATCHER_DELAYS)
		watcher_restore_delay(&e->world, w, (enum watcher_delay)d->kind, d->since_us);
}

uint64_t evaluator_delay_version(const struct evaluator *e)
{
	return e->world.delay_version;
}
