#include "alarm/building.h"

#include <string.h>

#include "alarm/watcher_say.h"
#include "base/mem.h"
#include "base/str.h"

#define ENOUGH    2
#define NAMED_MAX 8

/* ---- which detectors ---- */

static bool is_detector(const struct watcher *w)
{
	static const char *const classes[] = { "smoke", "co", "gas" };

	if (!w || !w->rule->life_safety || !w->device || !w->device->class || !*w->device->place)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (str_equal(w->device->class->id, classes[i]))
			return true;
	return false;
}

static struct building *building_of(const struct buildings *b, const char *path)
{
	_cleanup_str_buf_ struct str_buf place = { 0 };

	str_buf_add_len(&place, path, place_first_len(path));
	return map_find(b->by_place, str_buf_text(&place));
}

static void add(struct buildings *b, struct watcher *w)
{
	const char *path = w->device->place;
	struct building *one = building_of(b, path);

	if (!one) {
		struct str_buf place = { 0 };

		str_buf_add_len(&place, path, place_first_len(path));
		one = MEM_NEW(struct building);
		one->place = str_buf_take(&place);
		map_put(b->by_place, one->place, one);
	}
	if (one->count == one->room) {
		one->room = MAX((size_t)8, one->room * 2);
		one->watchers = mem_realloc(one->watchers, one->room, sizeof(struct watcher *));
	}
	one->watchers[one->count++] = w;
}

/* In the order of the configuration, which is that of the devices in memory. */
static int by_device(const void *a, const void *b)
{
	const struct watcher *one = *(struct watcher *const *)a, *other = *(struct watcher *const *)b;

	return (one->device > other->device) - (one->device < other->device);
}

void building_init(struct buildings *b, struct roster *r)
{
	struct building *one;

	*b = (struct buildings){ .roster = r, .by_place = map_new() };
	for (size_t i = 0; i < r->count && map_find(r->built_in, BUILDING_RULE); i++)
		if (is_detector(r->watchers[i]))
			add(b, r->watchers[i]);
	for (size_t position = 0; (one = map_next(b->by_place, &position));)
		qsort(one->watchers, one->count, sizeof(struct watcher *), by_device);
}

void building_fini(struct buildings *b)
{
	struct building *one;

	for (size_t position = 0; (one = map_next(b->by_place, &position));) {
		free(one->place);
		free(one->watchers);
		free(one);
	}
	map_free(b->by_place);
	*b = (struct buildings){ 0 };
}

/* ---- what they say ---- */

struct found {
	size_t detectors;
	int64_t since_us; /* wall: of the first */
	struct str_buf zh, en;
};

static void found_fini(struct found *f)
{
	str_buf_fini(&f->zh);
	str_buf_fini(&f->en);
}

static bool in_alarm(const struct watcher *w)
{
	return w->alarm && w->alarm->active && w->alarm->state != ALARM_NORMAL && !w->alarm->test;
}

static void name(const struct watcher_world *world, const struct watcher *w, struct found *f)
{
	const char *place = watcher_say_place(world, w->device->place);

	if (f->detectors > NAMED_MAX)
		return;
	str_buf_printf(&f->zh, "%s%s %s", f->detectors > 1 ? "、" : "", place, w->device->name);
	str_buf_printf(&f->en, "%s%s %s", f->detectors > 1 ? ", " : "", place, w->device->name);
}

static void find(const struct watcher_world *world, const struct building *one, struct found *ret_found)
{
	const struct device *last = NULL;

	for (size_t i = 0; i < one->count; i++) {
		const struct watcher *w = one->watchers[i];

		if (!in_alarm(w))
			continue;
		if (!ret_found->detectors || w->alarm->since_us < ret_found->since_us)
			ret_found->since_us = w->alarm->since_us;
		if (w->device == last)
			continue; /* by another rule */
		last = w->device;
		ret_found->detectors++;
		name(world, w, ret_found);
	}
}

/* "3 个探测器：3栋1单元1204 烟感、…，最早 12:03:04" */
static void say(struct watcher *w, const struct found *f)
{
	_cleanup_str_buf_ struct str_buf zh = { 0 }, en = { 0 };
	const char *more = f->detectors > NAMED_MAX ? "…" : "";
	char since[CLOCK_ISO_MAX];

	str_buf_printf(&zh, "%zu 个探测器：%s%s", f->detectors, str_buf_text(&f->zh), more);
	str_buf_printf(&en, "%zu detectors: %s%s", f->detectors, str_buf_text(&f->en), more);
	if (f->since_us >= CLOCK_ERA_US) {
		clock_format_time(f->since_us, since);
		str_buf_printf(&zh, "，最早 %s", since);
		str_buf_printf(&en, "; the first at %s", since);
	}
	alarm_set_text(&w->told->why_zh, str_buf_text(&zh));
	alarm_set_text(&w->told->why_en, str_buf_text(&en));
}

/* How many have begun just now beside those that it stands for already: each counts. */
static void look(struct buildings *b, struct building *one, size_t further, const struct watcher_turn *turn)
{
	struct watcher_world *world = b->roster->world;
	struct watcher *w = roster_find(b->roster, BUILDING_RULE, one->place);
	_cleanup_(found_fini) struct found f = { 0 };
	bool before = w && w->active;

	find(world, one, &f);
	if (!before && f.detectors < ENOUGH)
		return;
	if (!w)
		w = roster_find_or_add(b->roster, BUILDING_RULE, one->place);
	w->told->active = f.detectors > 0;
	alarm_set_text(&w->told->place, one->place);
	if (w->told->active)
		say(w, &f);
	watcher_observe(world, w, UINT32_MAX, turn);
	if (!before) {
		one->raised = b->turn;
		further = f.detectors - ENOUGH;
	}
	for (size_t i = 0; i < further && w->active; i++)
		watcher_again(world, w, turn);
}

/* Transitions that are yet to be looked at. */
struct news {
	const struct alarm_effects *of;
	size_t from, to;
};

static bool is_raised_in(const struct news *n, const struct watcher *w)
{
	for (size_t i = n->from; i < n->to; i++)
		if (n->of->transitions[i].input == ALARM_IN_RAISED && str_equal(n->of->transitions[i].alarm.id, w->id))
			return true;
	return false;
}

/* Another rule has found it at the same detector before. */
static bool is_known(const struct building *one, const struct watcher *w, const struct news *later)
{
	for (size_t k = 0; k < one->count; k++) {
		const struct watcher *other = one->watchers[k];

		if (other != w && other->device == w->device && in_alarm(other) && !is_raised_in(later, other))
			return true;
	}
	return false;
}

void building_follow(struct buildings *b, size_t from, const struct watcher_turn *turn)
{
	size_t to = turn->out->count; /* what is appended below is of buildings */

	b->turn++;
	for (size_t i = from; i < to; i++) {
		const struct alarm_transition *t = &turn->out->transitions[i];
		const struct watcher *w = t->alarm.life_safety ? map_find(b->roster->by_id, t->alarm.id) : NULL;
		struct building *one = is_detector(w) ? building_of(b, w->device->place) : NULL;
		/* One that was acknowledged is only told again; what came in one with the building's alarm is in it. */
		bool further = one && t->input == ALARM_IN_RAISED && t->from != ALARM_ACKED && !t->alarm.test &&
			       one->raised != b->turn;

		if (one)
			look(b, one, further && !is_known(one, w, &(struct news){ turn->out, i + 1, to }), turn);
	}
}

/* Its last detector has gone from the configuration: nothing would ever end it. */
static void end_strange(struct buildings *b, const struct watcher_turn *turn)
{
	const struct book *book = &b->roster->world->book;

	for (size_t i = 0; i < book->count; i++) {
		const struct alarm *a = book->alarms[i];
		struct watcher *w = str_equal(a->rule, BUILDING_RULE) ? map_find(b->roster->by_id, a->id) : NULL;

		if (!w || map_find(b->by_place, a->asset))
			continue;
		w->told->active = false;
		watcher_observe(b->roster->world, w, UINT32_MAX, turn);
	}
}

void building_review(struct buildings *b, const struct watcher_turn *turn)
{
	struct building *one;

	if (b->reviewed)
		return;
	b->reviewed = true;
	b->turn++;
	end_strange(b, turn);
	for (size_t position = 0; (one = map_next(b->by_place, &position));)
		look(b, one, 0, turn);
}
