#include "alarm/inhibit.h"

#include <stdio.h>
#include <string.h>

#include "alarm/watcher_hide.h"
#include "base/mem.h"
#include "base/str.h"

#define CHAIN_MAX 16

static void homes_free(struct map *homes)
{
	struct inhibit_home *h;

	for (size_t position = 0; homes && (h = map_next(homes, &position));) {
		free(h->members.watchers);
		free(h->active.watchers);
		free(h);
	}
	map_free(homes);
}

void inhibit_source_free(struct inhibit_source *s)
{
	if (!s)
		return;
	free(s->active.watchers);
	free(s->listeners.watchers);
	free(s->children.watchers);
	homes_free(s->homes);
	free(s);
}

void inhibit_sources_free(struct map *sources)
{
	struct inhibit_source *s;

	for (size_t position = 0; (s = map_next(sources, &position));)
		inhibit_source_free(s);
	map_free(sources);
}

static void list_add(struct inhibit_list *l, struct watcher *w)
{
	if (l->count == l->room) {
		l->room = MAX((size_t)8, l->room * 2);
		l->watchers = mem_realloc(l->watchers, l->room, sizeof(struct watcher *));
	}
	l->watchers[l->count++] = w;
}

static void list_remove(struct inhibit_list *l, const struct watcher *w)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->watchers[i] == w) {
			l->count--;
			memmove(&l->watchers[i], &l->watchers[i + 1], (l->count - i) * sizeof(struct watcher *));
			return;
		}
}

/* A whole building is nobody's home. */
static struct inhibit_home *home_of(struct inhibit_source *s, const char *place)
{
	struct inhibit_home *h;

	if (!place[place_first_len(place)])
		return NULL;
	if (!s->homes)
		s->homes = map_new();
	h = map_find(s->homes, place);
	if (!h) {
		h = MEM_NEW(struct inhibit_home);
		map_put(s->homes, place, h);
	}
	return h;
}

void inhibit_add(struct watcher_world *world, struct watcher *w)
{
	for (size_t i = 0; i < w->rule->inhibited_by_count; i++) {
		struct inhibit_source *s = map_find(world->sources, w->rule->inhibited_by[i]);

		if (s && !w->rule->life_safety)
			list_add(&s->listeners, w);
	}
	if (!w->source || !w->told || !w->subject)
		return;
	list_add(&w->source->children, w);
	w->home = home_of(w->source, w->subject->place);
	if (w->home)
		list_add(&w->home->members, w);
}

/* ---- who concerns whom ---- */

static const char *class_of(const struct watcher *w)
{
	return w->subject && w->subject->class && !w->told ? w->subject->class->id : NULL;
}

/* The bus or plugin of its device. */
static bool is_parent(const struct watcher *parent, const struct watcher *w)
{
	const struct device *d = w->subject;

	if (!parent->told || parent->subject || !d)
		return false;
	return (d->bus && str_equal(d->bus->id, parent->told->asset)) ||
	       (d->plugin && str_equal(d->plugin->id, parent->told->asset));
}

static bool is_unit(const struct watcher_world *world, const char *path)
{
	size_t len = place_first_len(path);
	const char *second = path + len + 1;
	size_t second_len = path[len] ? strcspn(second, "/") : 0;

	for (size_t i = 0; i < world->place_count; i++) {
		const struct place *p = &world->places[i];

		if (strlen(p->id) != len || memcmp(p->id, path, len) != 0)
			continue;
		for (size_t k = 0; k < p->unit_count; k++)
			if (strlen(p->units[k]) == second_len && memcmp(p->units[k], second, second_len) == 0)
				return true;
	}
	return false;
}

/* What happens at `from` reaches `to`. */
static bool covers(const struct watcher_world *world, const char *from, const char *to)
{
	size_t len = place_first_len(from);

	if (!from[0] || !to[0])
		return false;
	if (place_contains(from, to))
		return true;
	return from[len] && place_first_len(to) == len && memcmp(from, to, len) == 0 && !is_unit(world, from);
}

/* Two devices of one home, both supervised. */
static bool are_housemates(const struct watcher *a, const struct watcher *b)
{
	return a != b && a->home && a->home == b->home && device_is_home(a->subject);
}

static bool concerns(const struct watcher_world *world, const struct watcher *source, const struct watcher *w)
{
	if ((source->subject && source->subject == w->subject) || are_housemates(source, w))
		return true;
	if (is_parent(source, w))
		return true;
	if (!source->subject || !w->subject || str_equal(class_of(source), class_of(w)))
		return false;
	return covers(world, source->subject->place, w->subject->place);
}

/* ---- who keeps whom quiet ---- */

/* Is it quiet because of w itself, over however many others? */
static bool stands_on(const struct watcher_world *world, const struct alarm *a, const struct watcher *w)
{
	for (int i = 0; a && i < CHAIN_MAX; i++) {
		if (a == w->alarm || str_equal(a->id, w->id))
			return true;
		a = a->state == ALARM_SUPPRESSED && a->suppressed_by ? book_find(&world->book, a->suppressed_by) : NULL;
	}
	return a != NULL; /* too long to be sure */
}

static bool keeps_quiet(const struct watcher_world *world, const struct watcher *source, const struct watcher *w)
{
	const struct alarm *a = source->alarm;

	if (!a || !a->active || a->state == ALARM_OUT_OF_SERVICE || a->state == ALARM_NORMAL)
		return false;
	if (a->test && !(w->alarm && w->alarm->test))
		return false;
	return concerns(world, source, w) && !stands_on(world, a, w);
}

static const struct alarm *find_parent(const struct watcher_world *world, const struct watcher *w)
{
	const struct device *d = w->subject;
	const char *const parents[] = { d && d->bus ? d->bus->id : NULL, d && d->plugin ? d->plugin->id : NULL };

	for (size_t i = 0; w->told && i < ARRAY_SIZE(parents); i++) {
		char id[160];
		const struct watcher *parent;

		if (!parents[i])
			continue;
		snprintf(id, sizeof(id), "%s/%s", w->rule->id, parents[i]);
		parent = map_find(world->by_id, id);
		if (parent && keeps_quiet(world, parent, w))
			return parent->alarm;
	}
	return NULL;
}

/* A button by which somebody calls for help is more urgent than a sensor, and not explained by one. */
static const struct alarm *find_housemate(const struct watcher_world *world, const struct watcher *w)
{
	const struct inhibit_list *silent = w->home ? &w->home->active : NULL;
	int priority = watcher_priority(w, world->mono_us);

	for (size_t i = 0; silent && i < silent->count; i++) {
		const struct watcher *first = silent->watchers[i];

		if (are_housemates(first, w) && first->alarm->priority <= priority && keeps_quiet(world, first, w))
			return first->alarm;
	}
	return NULL;
}

const struct alarm *inhibit_find(const struct watcher_world *world, const struct watcher *w)
{
	const struct alarm *parent;

	if (watcher_protects_life(w))
		return NULL;
	parent = find_parent(world, w);
	if (!parent)
		parent = find_housemate(world, w);
	if (parent)
		return parent;
	for (size_t i = 0; i < w->rule->inhibited_by_count; i++) {
		const struct inhibit_source *s = map_find(world->sources, w->rule->inhibited_by[i]);

		for (size_t k = 0; s && k < s->active.count; k++)
			if (keeps_quiet(world, s->active.watchers[k], w))
				return s->active.watchers[k]->alarm;
	}
	return NULL;
}

/* ---- changes ---- */

void inhibit_note(struct watcher *w)
{
	struct inhibit_source *s = w->source;
	bool active = w->alarm && w->alarm->active;

	if (!s || active == (w->source_slot != 0))
		return;
	if (!active) {
		struct watcher *last = s->active.watchers[--s->active.count];

		s->active.watchers[w->source_slot - 1] = last;
		last->source_slot = w->source_slot;
		w->source_slot = 0;
		if (w->home)
			list_remove(&w->home->active, w);
		return;
	}
	list_add(&s->active, w);
	w->source_slot = s->active.count;
	if (w->home)
		list_add(&w->home->active, w);
}

/* Those that it explained, or may explain now. */
static void review(struct watcher_world *world, const struct inhibit_list *l, const struct watcher *w,
		   const struct watcher_turn *turn)
{
	for (size_t i = 0; i < l->count; i++) {
		struct watcher *other = l->watchers[i];

		if (other == w || !other->alarm || other->alarm->state == ALARM_NORMAL)
			continue;
		if (str_equal(other->alarm->suppressed_by, w->id) || (w->alarm->active && concerns(world, w, other)))
			watcher_hide_review(world, other, turn);
	}
}

void inhibit_changed(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	inhibit_note(w);
	if (!w->source)
		return;
	review(world, &w->source->listeners, w, turn);
	if (w->told && !w->subject)
		review(world, &w->source->children, w, turn);
	if (w->home && device_is_home(w->subject))
		review(world, &w->home->members, w, turn);
}
