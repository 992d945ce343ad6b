#include "alarm/roster.h"

#include <string.h>

#include "alarm/inhibit.h"
#include "alarm/watcher_new.h"
#include "base/mem.h"
#include "base/str.h"

/* The devices of one class. */
struct of_class {
	const char *id; /* lent */
	const struct device **devices;
	size_t count, room;
};

/* ---- one more ---- */

/* The alarms of its rule in its building. */
static struct watcher_group *group_of(struct roster *r, const struct watcher *w)
{
	/* The asset of a built-in rule that protects life is a building, that of one about people a dwelling. */
	bool place_is_asset = w->rule->life_safety || w->rule->condition == RULE_CONDITION_CARE;
	const char *asset = w->told && place_is_asset ? w->told->asset : "";
	const char *place = w->subject ? w->subject->place : asset;
	_cleanup_str_buf_ struct str_buf key = { 0 };
	struct watcher_group *g;

	str_buf_printf(&key, "%s/", w->rule->id);
	str_buf_add_len(&key, place, place_first_len(place));
	g = map_find(r->world->groups, str_buf_text(&key));
	if (!g) {
		g = MEM_NEW(struct watcher_group);
		g->key = str_buf_take(&key);
		map_put(r->world->groups, g->key, g);
	}
	return g;
}

static struct watcher *add(struct roster *r, struct watcher *w)
{
	if (!w)
		return NULL;
	if (r->count == r->room) {
		r->room = MAX((size_t)64, r->room * 2);
		r->watchers = mem_realloc(r->watchers, r->room, sizeof(struct watcher *));
	}
	if (w->told)
		w->subject = map_find(r->devices, w->told->asset);
	w->source = map_find(r->world->sources, w->rule->id);
	w->group = group_of(r, w);
	inhibit_add(r->world, w);
	map_put(r->by_id, w->id, w);
	return r->watchers[r->count++] = w;
}

struct watcher *roster_find(const struct roster *r, const char *rule, const char *asset)
{
	_cleanup_str_buf_ struct str_buf id = { 0 };

	str_buf_printf(&id, "%s/%s", rule, asset);
	return map_find(r->by_id, str_buf_text(&id));
}

struct watcher *roster_find_or_add(struct roster *r, const char *rule, const char *asset)
{
	const struct rule *built_in = map_find(r->built_in, rule);
	struct watcher *w = roster_find(r, rule, asset);

	return w || !built_in ? w : add(r, watcher_new_told(built_in, asset));
}

/* ---- all that the configuration names ---- */

static struct map *by_class(struct device_list devices)
{
	struct map *classes = map_new();

	for (size_t i = 0; i < devices.count; i++) {
		const struct device *d = &devices.devices[i];
		struct of_class *c = d->class ? map_find(classes, d->class->id) : NULL;

		if (!d->class)
			continue;
		if (!c) {
			c = MEM_NEW(struct of_class);
			c->id = d->class->id;
			map_put(classes, c->id, c);
		}
		if (c->count == c->room) {
			c->room = MAX((size_t)8, c->room * 2);
			c->devices = mem_realloc(c->devices, c->room, sizeof(struct device *));
		}
		c->devices[c->count++] = d;
	}
	return classes;
}

static void free_classes(struct map *classes)
{
	struct of_class *c;

	for (size_t position = 0; (c = map_next(classes, &position));) {
		free(c->devices);
		free(c);
	}
	map_free(classes);
}

static void watch(struct roster *r, const struct rule *rule, const struct map *classes)
{
	const struct device *one = rule->device ? map_find(r->devices, rule->device) : NULL;
	const struct of_class *all = !rule->device && rule->class ? map_find(classes, rule->class->id) : NULL;

	if (!rule->enabled)
		return;
	if (rule_is_told(rule)) {
		map_put(r->built_in, rule->id, (void *)rule);
		return;
	}
	if (one)
		add(r, watcher_new(rule, one, r->world->table));
	for (size_t i = 0; all && i < all->count; i++)
		add(r, watcher_new(rule, all->devices[i], r->world->table));
}

/* Counts, sums up, fills: two passes over what every watcher reads. */
static void index_readers(struct roster *r)
{
	size_t points = r->world->table->count;
	uint32_t *next = mem_array(points + 1, sizeof(*next));

	r->first = mem_array(points + 1, sizeof(*r->first));
	for (size_t i = 0; i < r->count; i++) {
		const struct watcher *w = r->watchers[i];

		for (size_t j = 0; j < w->input_count; j++)
			r->first[w->inputs[j] + 1]++;
	}
	for (size_t p = 0; p < points; p++)
		r->first[p + 1] += r->first[p];
	memcpy(next, r->first, (points + 1) * sizeof(*next));
	r->readers = mem_array(r->first[points], sizeof(struct watcher *));
	for (size_t i = 0; i < r->count; i++) {
		struct watcher *w = r->watchers[i];

		for (size_t j = 0; j < w->input_count; j++)
			r->readers[next[w->inputs[j]]++] = w;
	}
	free(next);
}

/* ---- what the devices are behind ---- */

static const void *way_of(const struct device *d)
{
	return d->bus ? (const void *)d->bus : d->plugin;
}

static struct roster_link *link_of(struct roster *r, const struct device *d)
{
	const void *way = way_of(d);
	struct roster_link *l;

	for (size_t i = 0; i < r->link_count; i++)
		if (r->links[i]->way == way)
			return r->links[i];
	l = MEM_NEW(struct roster_link);
	l->way = way;
	l->id = d->bus ? d->bus->id : d->plugin->id;
	l->plugin = !d->bus;
	r->links = mem_realloc(r->links, r->link_count + 1, sizeof(*r->links));
	return r->links[r->link_count++] = l;
}

static void ask(struct roster *r, struct watcher *w, struct expr_binding *b)
{
	struct roster_link *l;

	if (!b || !w->device || !way_of(w->device) || !expr_binding_reads_link(b))
		return;
	l = link_of(r, w->device);
	expr_binding_set_link(b, &l->state);
	if (l->count && l->watchers[l->count - 1] == w)
		return; /* with both of its expressions */
	if (l->count == l->room) {
		l->room = MAX((size_t)8, l->room * 2);
		l->watchers = mem_realloc(l->watchers, l->room, sizeof(struct watcher *));
	}
	l->watchers[l->count++] = w;
}

static void add_point(struct roster_link *l, uint32_t point)
{
	if (l->point_count == l->point_room) {
		l->point_room = MAX((size_t)64, l->point_room * 2);
		l->points = mem_realloc(l->points, l->point_room, sizeof(*l->points));
	}
	l->points[l->point_count++] = point;
}

static void index_links(struct roster *r)
{
	const struct point_table *t = r->world->table;

	for (size_t i = 0; i < r->count; i++) {
		ask(r, r->watchers[i], r->watchers[i]->binding);
		ask(r, r->watchers[i], r->watchers[i]->excuse);
		ask(r, r->watchers[i], r->watchers[i]->mirror);
	}
	if (!r->link_count)
		return;
	r->link_of = mem_array(t->count, sizeof(*r->link_of));
	for (uint32_t p = 0; p < t->count; p++)
		for (size_t i = 0; i < r->link_count; i++)
			if (r->links[i]->way == way_of(t->points[p].device)) {
				r->link_of[p] = r->links[i];
				add_point(r->links[i], p);
			}
}

/* Some point behind it is not lost; that one is looked at first the next time. */
static bool is_alive(const struct roster *r, struct roster_link *l)
{
	for (size_t i = 0; i < l->point_count; i++) {
		size_t at = (l->alive + i) % l->point_count;

		if (r->world->table->points[l->points[at]].quality != QUALITY_LOST) {
			l->alive = at;
			return true;
		}
	}
	return false;
}

struct roster_link *roster_link_changed(struct roster *r, uint32_t point)
{
	struct roster_link *l = r->link_of ? r->link_of[point] : NULL;
	bool lost = l && r->world->table->points[point].quality == QUALITY_LOST;
	enum expr_link before = l ? l->state : EXPR_LINK_UNKNOWN;

	if (!l || (lost && l->state == EXPR_LINK_LOST) || (!lost && l->state == EXPR_LINK_GOOD))
		return NULL;
	l->state = !lost || is_alive(r, l) ? EXPR_LINK_GOOD : EXPR_LINK_LOST;
	return l->state != before ? l : NULL;
}

void roster_carry_links(struct roster *r, const struct roster *from)
{
	for (size_t i = 0; i < r->link_count; i++)
		for (size_t k = 0; k < from->link_count && r->links[i]->state == EXPR_LINK_UNKNOWN; k++)
			if (r->links[i]->plugin == from->links[k]->plugin &&
			    str_equal(r->links[i]->id, from->links[k]->id))
				r->links[i]->state = from->links[k]->state;
}

static void free_links(struct roster *r)
{
	for (size_t i = 0; i < r->link_count; i++) {
		free(r->links[i]->points);
		free(r->links[i]->watchers);
		free(r->links[i]);
	}
	free(r->links);
	free(r->link_of);
}

void roster_init(struct roster *r, struct watcher_world *world, struct evaluator_rules rules,
		 struct device_list devices)
{
	struct map *classes = by_class(devices);

	*r = (struct roster){ .world = world, .built_in = map_new(), .by_id = map_new(), .devices = map_new() };
	world->by_id = r->by_id;
	for (size_t i = 0; i < devices.count; i++)
		map_put(r->devices, devices.devices[i].id, (void *)&devices.devices[i]);
	for (size_t i = 0; i < rules.count; i++)
		watch(r, &rules.rules[i], classes);
	free_classes(classes);
	index_readers(r);
	index_links(r);
}

void roster_fini(struct roster *r)
{
	for (size_t i = 0; i < r->count; i++)
		watcher_free(r->watchers[i]);
	free_links(r);
	free(r->watchers);
	free(r->first);
	free(r->readers);
	map_free(r->by_id);
	map_free(r->built_in);
	map_free(r->devices);
	*r = (struct roster){ 0 };
}
