#include "alarm/evaluator_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm/desk.h"
#include "alarm/inhibit.h"
#include "alarm/outage.h"
#include "alarm/watcher_keep.h"
#include "base/mem.h"
#include "base/str.h"

#define OFFSET_SLACK (500 * MS)
#define ASSET_MAX    90 /* bytes: with a rule's id it fits an evaluator_delay */

/* ---- birth and death ---- */

static void add_source(struct evaluator *e, const char *rule)
{
	if (!map_find(e->world.sources, rule))
		map_put(e->world.sources, rule, MEM_NEW(struct inhibit_source));
}

/* The rules whose alarms explain others: those that are named, and the parents of what is supervised. */
static void find_sources(struct evaluator *e)
{
	for (size_t i = 0; i < e->rules.count; i++) {
		const struct rule *r = &e->rules.rules[i];

		if (!r->enabled)
			continue;
		if (rule_is_told(r) && r->condition == RULE_CONDITION_NONE)
			add_source(e, r->id);
		for (size_t k = 0; k < r->inhibited_by_count; k++)
			add_source(e, r->inhibited_by[k]);
	}
}

int evaluator_new(struct evaluator_rules rules, struct device_list devices, const struct point_table *table,
		  struct evaluator **ret_evaluator)
{
	struct evaluator *e = MEM_NEW(struct evaluator);

	e->rules = rules;
	e->world.places = rules.places;
	e->world.place_count = rules.place_count;
	e->world.table = table;
	e->world.sources = map_new();
	e->world.groups = map_new();
	book_init(&e->world.book);
	mode_book_init(&e->world.modes);
	find_sources(e);
	roster_init(&e->roster, &e->world, rules, devices);
	proof_init(&e->proof, &e->roster, rules.self_test_us);
	silence_init(&e->silence, devices, table);
	building_init(&e->buildings, &e->roster);
	/* An age or a quality says something before the first reading. */
	for (size_t i = 0; i < e->roster.count; i++) {
		struct watcher *w = e->roster.watchers[i];

		if (w->binding && expr_binding_asks(w->binding))
			due_set(&e->world.due, &w->due, 0);
	}
	*ret_evaluator = e;
	return 0;
}

void evaluator_free(struct evaluator *e)
{
	if (!e)
		return;
	building_fini(&e->buildings);
	silence_fini(&e->silence);
	proof_fini(&e->proof);
	roster_fini(&e->roster);
	inhibit_sources_free(e->world.sources);
	watcher_groups_free(e->world.groups);
	mode_book_fini(&e->world.modes);
	book_fini(&e->world.book);
	due_fini(&e->world.due);
	free(e);
}

/* ---- readings and time ---- */

/* The bus or plugin that it came by is lost by it, or is back. */
static void look_at_link(struct evaluator *e, uint32_t point, const struct watcher_turn *turn)
{
	struct roster_link *l = roster_link_changed(&e->roster, point);

	for (size_t i = 0; l && i < l->count; i++)
		watcher_observe(&e->world, l->watchers[i], UINT32_MAX, turn);
}

/* A device that is asked by nobody fell silent, or speaks again. One with which people call for help is more urgent. */
static void look_at_silence(struct evaluator *e, uint32_t point, const struct watcher_turn *turn)
{
	const struct device *d = silence_changed(&e->silence, point);
	_cleanup_str_buf_ struct str_buf zh = { 0 }, en = { 0 };
	struct evaluator_condition c = { .rule = "supervision" };

	if (!d)
		return;
	silence_why(&e->silence, d, &zh, &en);
	c.asset = d->id;
	c.place = d->place;
	c.active = silence_is(&e->silence, d);
	c.why_zh = str_buf_text(&zh);
	c.why_en = str_buf_text(&en);
	c.priority = proof_is_way(&e->proof, d->id) ? 2 : 0;
	evaluator_set(e, &c, turn->now, turn->out); /* -ENOENT: supervision is switched off */
}

void evaluator_point(struct evaluator *e, uint32_t point, struct clock_now now, struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	uint32_t fired = e->world.table->points[point].fired ? point : UINT32_MAX;
	size_t count, before = out->count;
	struct watcher **readers = roster_readers(&e->roster, point, &count);

	for (size_t i = 0; i < count; i++)
		watcher_observe(&e->world, readers[i], fired, &turn);
	look_at_link(e, point, &turn);
	look_at_silence(e, point, &turn);
	building_follow(&e->buildings, before, &turn);
}

static bool reads_age(const struct watcher *w, uint32_t point)
{
	return (w->binding && expr_binding_reads_age(w->binding, point)) ||
	       (w->excuse && expr_binding_reads_age(w->excuse, point)) ||
	       (w->mirror && expr_binding_reads_age(w->mirror, point));
}

void evaluator_renewed(struct evaluator *e, uint32_t point, struct clock_now now, struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	size_t count, before = out->count;
	struct watcher **readers = roster_readers(&e->roster, point, &count);

	for (size_t i = 0; i < count; i++)
		if (reads_age(readers[i], point))
			watcher_observe(&e->world, readers[i], UINT32_MAX, &turn);
	look_at_link(e, point, &turn);
	building_follow(&e->buildings, before, &turn);
}

/* A shelf that was meant as a moment ends at that moment of the clock as it is now, in a week at the latest; while the clock
 * says nothing it ends as it would have. */
static void move_shelf(struct evaluator *e, struct alarm *a, struct clock_now now)
{
	struct watcher *w = map_find(e->roster.by_id, a->id);

	if (now.wall_us >= CLOCK_ERA_US)
		a->shelf.end_us = now.mono_us + MIN(a->shelf.meant_us - now.wall_us, ALARM_SHELF_MAX);
	a->shelf.until_us = now.wall_us + (a->shelf.end_us - now.mono_us);
	if (w)
		watcher_schedule(&e->world, w);
}

/* What ends keeps its moment on the monotonic clock; the wall clock was set, or has drifted: what it says anew. */
static void tell_ends_anew(struct evaluator *e, struct clock_now now)
{
	int64_t offset_us = now.wall_us - now.mono_us, by_us = offset_us - e->offset_us;

	if (e->offset_us && by_us > -OFFSET_SLACK && by_us < OFFSET_SLACK)
		return;
	e->offset_us = offset_us;
	for (size_t i = 0; i < e->world.modes.count; i++)
		e->world.modes.all[i]->spell.until_us = e->world.modes.all[i]->spell.end_us + offset_us;
	for (size_t i = 0; i < e->world.book.count; i++) {
		struct alarm *a = e->world.book.alarms[i];

		if (a->shelf.on && a->shelf.meant_us)
			move_shelf(e, a, now);
		else if (a->shelf.on)
			a->shelf.until_us = a->shelf.end_us + offset_us;
		if (a->service.on)
			a->service.until_us = a->service.end_us + offset_us;
	}
}

static void look_at_carried(struct evaluator *e, const struct watcher_turn *turn)
{
	if (!e->carried)
		return;
	e->carried = false;
	for (size_t i = 0; i < e->roster.link_count; i++)
		for (size_t k = 0; k < e->roster.links[i]->count; k++)
			watcher_observe(&e->world, e->roster.links[i]->watchers[k], UINT32_MAX, turn);
}

bool evaluator_is_help(const struct evaluator *e, const char *device)
{
	return proof_is_way(&e->proof, device);
}

void evaluator_set_alive(struct evaluator *e, int64_t *alive_us)
{
	e->alive_us = alive_us;
}

void evaluator_tick(struct evaluator *e, struct clock_now now, struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	struct due_item *first;
	size_t before;

	e->world.mono_us = MAX(e->world.mono_us, now.mono_us);
	if (e->alive_us)
		*e->alive_us = e->world.mono_us;
	tell_ends_anew(e, now);
	look_at_carried(e, &turn);
	building_review(&e->buildings, &turn);
	before = out->count;
	outage_end(&e->roster, &turn);
	evaluator_proofs_review(e, &turn);
	for (int i = 0; i < EVALUATOR_TICK_MAX; i++) {
		first = due_first(&e->world.due);
		if (!first || first->at_us > now.mono_us)
			break;
		watcher_wake(&e->world, CONTAINER_OF(first, struct watcher, due), &turn);
	}
	building_follow(&e->buildings, before, &turn);
}

int64_t evaluator_due(const struct evaluator *e)
{
	const struct due_item *first = due_first(&e->world.due);
	const struct mode *mode = mode_book_first(&e->world.modes);
	int64_t due_us = MIN(first ? first->at_us : INT64_MAX, e->proof.due_us);

	return mode ? MIN(due_us, mode->spell.end_us) : due_us;
}

/* ---- conditions from outside ---- */

static void take_told(struct watcher_told *told, const struct evaluator_condition *c)
{
	told->unknown = c->unknown;
	if (c->unknown)
		return;
	told->active = c->active;
	told->withdrawn = c->withdrawn;
	told->for_us = c->for_us;
	if (!c->active)
		return;
	alarm_set_text(&told->place, c->place);
	alarm_set_text(&told->why_zh, c->why_zh);
	alarm_set_text(&told->why_en, c->why_en);
	alarm_set_text(&told->device, c->device);
	told->priority = c->priority;
	told->stage = c->stage;
}

int evaluator_set(struct evaluator *e, const struct evaluator_condition *c, struct clock_now now,
		  struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	const struct rule *r = map_find(e->roster.built_in, c->rule);
	struct watcher *w;

	if (!r)
		return -ENOENT;
	if (strlen(c->asset) > ASSET_MAX)
		return -ENAMETOOLONG;
	if ((!c->active || c->unknown) && !roster_find(&e->roster, c->rule, c->asset))
		return 0; /* nothing to end */
	w = roster_find_or_add(&e->roster, c->rule, c->asset);
	take_told(w->told, c);
	watcher_observe(&e->world, w, UINT32_MAX, &turn);
	if (c->active && !c->unknown && w->active && w->alarm &&
	    (watcher_priority(w, now.mono_us) < w->alarm->priority || c->stage > w->alarm->stage))
		watcher_rise(&e->world, w, &turn);
	return 0;
}

void evaluator_pardon(struct evaluator *e, const char *alarm, bool pardoned, struct clock_now now,
		      struct alarm_effects *out)
{
	struct watcher *w = map_find(e->roster.by_id, alarm);

	if (w)
		watcher_pardon(&e->world, w, pardoned, &(struct watcher_turn){ .now = now, .out = out });
}

bool evaluator_pardons(const struct evaluator *e, const char *alarm)
{
	const struct watcher *w = map_find(e->roster.by_id, alarm);

	return w && w->pardoned_us != WATCHER_NEVER;
}

void evaluator_retell(struct evaluator *e, const char *alarm, struct clock_now now, struct alarm_effects *out)
{
	struct watcher *w = map_find(e->roster.by_id, alarm);

	if (w)
		watcher_retell(&e->world, w, &(struct watcher_turn){ .now = now, .out = out });
}

void evaluator_set_more(struct evaluator *e, const struct more *more)
{
	e->world.more = *more;
}

/* ---- people ---- */

int evaluator_command(struct evaluator *e, const struct evaluator_command *c, struct clock_now now,
		      struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	struct alarm *a = book_find(&e->world.book, c->alarm);
	struct watcher *w = map_find(e->roster.by_id, c->alarm);
	bool any = c->input == ALARM_IN_SHELVE || c->input == ALARM_IN_COMMENT;

	e->world.mono_us = MAX(e->world.mono_us, now.mono_us);
	if (c->input == ALARM_IN_SHELVE && w && !a)
		a = watcher_alarm(&e->world, w);
	if (!a || (a->state == ALARM_NORMAL && !any))
		return -ENOENT;
	return desk_carry_out(&e->world, w, a, c, &turn);
}

int evaluator_set_mode(struct evaluator *e, const struct evaluator_mode *m, struct clock_now now,
		       struct alarm_effects *out)
{
	struct watcher_turn turn = { .now = now, .out = out };
	size_t before = out->count;
	int r;

	r = outage_set(&e->roster, m, &turn);
	building_follow(&e->buildings, before, &turn);
	return r;
}

void evaluator_life_safety_of(const struct evaluator *e, const char *device, struct str_buf *to)
{
	outage_spares(&e->roster, device, to);
}

const struct mode_book *evaluator_modes(const struct evaluator *e)
{
	return &e->world.modes;
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

struct evaluator_rules evaluator_rules(const struct evaluator *e)
{
	return e->rules;
}

const struct watcher *evaluator_watcher(const struct evaluator *e, const char *id)
{
	return map_find(e->roster.by_id, id);
}

const struct watcher *evaluator_next_watcher(const struct evaluator *e, size_t *position)
{
	return *position < e->roster.count ? e->roster.watchers[(*position)++] : NULL;
}

size_t evaluator_count(const struct evaluator *e)
{
	return e->world.book.count;
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
	return roster_find_or_add(&e->roster, rule, id + len + 1);
}

/* Nothing watches it any more: a person closes it. */
static void abandon(struct alarm *a)
{
	a->active = false;
	if (alarm_hidden(a))
		a->state = ALARM_RTN_UNACKED; /* nobody would ever take it out */
}

/* What was told of it, as far as the alarm says so: whoever told it may have nothing new to say for days, and until then it
 * must neither fall back to a lesser priority nor lose its reason. */
static void restore_told(struct evaluator *e, struct watcher *w, const struct alarm *kept)
{
	_cleanup_str_buf_ struct str_buf zh = { 0 }, en = { 0 };
	const char *why = kept->reason.when && *kept->reason.when ? kept->reason.when : NULL;
	bool silent = kept->active && w->subject && !w->subject->bus && str_equal(kept->rule, "supervision");

	alarm_set_text(&w->told->place, kept->place);
	/* Of care its stage says how urgent it is. */
	if (w->rule->condition == RULE_CONDITION_CARE)
		w->told->priority = kept->priority;
	else
		w->told->priority = kept->priority < w->rule->priority ? kept->priority : 0;
	if (silent) {
		silence_restore(&e->silence, w->subject);
		silence_why(&e->silence, w->subject, &zh, &en);
	}
	alarm_set_text(&w->told->why_zh, silent ? str_buf_text(&zh) : why);
	alarm_set_text(&w->told->why_en, silent ? str_buf_text(&en) : why);
}

void evaluator_restore(struct evaluator *e, const struct alarm *a)
{
	struct watcher *w = watcher_of_id(e, a->id);
	struct alarm copy, *kept;

	alarm_copy(a, &copy);
	kept = book_put(&e->world.book, &copy);
	if (w && w->told)
		w->told->stage = kept->stage;
	if (w)
		watcher_keep_alarm(&e->world, w, kept);
	else
		abandon(kept);
	if (w && w->told)
		restore_told(e, w, kept);
}

void evaluator_restore_mode(struct evaluator *e, const struct mode *m)
{
	outage_restore(&e->roster, m);
}

#define DELAY_KINDS (WATCHER_KEEP_TIMES + WATCHER_KEEP_TIMES_MAX)

/* The kind that follows; most have no moments of n in t. */
static size_t next_kind(const struct watcher *w, size_t kind)
{
	if (++kind < WATCHER_KEEP_KINDS)
		return kind;
	if (!w->times_us)
		return DELAY_KINDS;
	kind = MAX(kind, (size_t)WATCHER_KEEP_TIMES);
	return kind - WATCHER_KEEP_TIMES < (size_t)w->rule->times ? kind : DELAY_KINDS;
}

void evaluator_restore_rise(struct evaluator *e, const char *alarm, int priority)
{
	struct watcher *w = map_find(e->roster.by_id, alarm);

	if (w && w->alarm && w->alarm->state != ALARM_NORMAL)
		w->rose_to = priority;
}

void evaluator_recalled(struct evaluator *e, int64_t now_us)
{
	e->world.mono_us = MAX(e->world.mono_us, now_us);
	for (size_t i = 0; i < e->roster.count; i++)
		watcher_schedule(&e->world, e->roster.watchers[i]);
}

static void carry_windows(struct expr_binding *to, struct expr_binding *from)
{
	if (to && from)
		expr_binding_carry(to, from);
}

void evaluator_carry(struct evaluator *e, struct evaluator *from)
{
	for (size_t i = 0; i < e->roster.count; i++) {
		const struct watcher *w = e->roster.watchers[i], *old = map_find(from->roster.by_id, w->id);

		if (!old)
			continue;
		e->roster.watchers[i]->rose_to = old->rose_to;
		carry_windows(w->binding, old->binding);
		carry_windows(w->excuse, old->excuse);
		carry_windows(w->mirror, old->mirror);
	}
	roster_carry_links(&e->roster, &from->roster);
	e->carried = e->roster.link_count > 0;
}

/* The position counts the kinds of all that is in the heap. */
bool evaluator_next_delay(const struct evaluator *e, size_t *position, struct evaluator_delay *ret_delay)
{
	while (*position < e->world.due.count * DELAY_KINDS) {
		size_t item = *position / DELAY_KINDS, kind = *position % DELAY_KINDS;
		const struct watcher *w = CONTAINER_OF(e->world.due.items[item], struct watcher, due);
		int64_t since_us;

		*position = item * DELAY_KINDS + next_kind(w, kind);
		if (!watcher_keep_since(w, (enum watcher_keep_kind)kind, e->world.mono_us, &since_us))
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
	unsigned kind = (unsigned)d->kind;

	if (w && (kind < WATCHER_KEEP_KINDS || (kind >= WATCHER_KEEP_TIMES && kind < DELAY_KINDS)))
		watcher_keep_restore(&e->world, w, (enum watcher_keep_kind)d->kind, d->since_us);
}

uint64_t evaluator_delay_version(const struct evaluator *e)
{
	return e->world.delay_version;
}
