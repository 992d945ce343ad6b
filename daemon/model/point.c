#include "model/point.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define HEARD INT64_MIN /* an event point that became good by a reading of its device; nobody was told yet */

/* What only this file needs of a point stands apart, dense, so that the scan for stale ones touches little memory. */
struct point_ages {
	int64_t *due_us; /* per point: when it becomes stale; INT64_MAX: never, or it is not good; HEARD: good again */
	int64_t next_us; /* no point is due before: the least of due_us, or less */
	int64_t walk_us; /* the least of due_us that the scan under way has seen */
	int64_t *heard_us; /* per device: last good reading of any of its points */
	const struct device *devices;
	struct plausible *plausible; /* of the points that have limits; NULL where none has */
	uint32_t *plausible_of;      /* per point: its number there, from 1; 0: none */
};

bool point_is_event(const struct profile_point *spec)
{
	return spec->event || spec->type == VALUE_EVENT;
}

bool point_says_who(const struct profile_point *spec)
{
	return point_is_event(spec) && str_equal(spec->name, "card");
}

static void name_points(struct point_table *t, struct device_list list)
{
	size_t room = 0;
	char *at;

	for (size_t i = 0; i < list.count; i++)
		for (size_t j = 0; j < list.devices[i].profile->point_count; j++)
			room += strlen(list.devices[i].id) + strlen(list.devices[i].profile->points[j].name) + 2;
	t->names = at = mem_alloc(room);
	for (size_t i = 0; i < list.count; i++) {
		const struct device *d = &list.devices[i];

		for (size_t j = 0; j < d->profile->point_count; j++) {
			struct point *p = &t->points[d->first_point + j];

			assert(d->first_point + j < t->count && !p->name);
			p->name = at;
			at = stpcpy(stpcpy(stpcpy(at, d->id), "."), d->profile->points[j].name) + 1;
			p->device = d;
			p->spec = &d->profile->points[j];
			p->quality = QUALITY_LOST;
			map_put(t->by_name, p->name, p);
		}
	}
}

static void make_plausible(struct point_table *t)
{
	uint32_t count = 0;

	for (size_t i = 0; i < t->count; i++)
		count += plausible_limited(&t->points[i].spec->limits);
	if (count == 0)
		return;
	t->ages->plausible = mem_array(count, sizeof(*t->ages->plausible));
	t->ages->plausible_of = mem_array(t->count, sizeof(*t->ages->plausible_of));
	count = 0;
	for (size_t i = 0; i < t->count; i++)
		if (plausible_limited(&t->points[i].spec->limits))
			t->ages->plausible_of[i] = ++count;
}

static struct plausible *plausible_of(const struct point_table *t, const struct point *p)
{
	uint32_t number = t->ages->plausible_of ? t->ages->plausible_of[point_index(t, p)] : 0;

	return number ? &t->ages->plausible[number - 1] : NULL;
}

const struct plausible *point_plausible(const struct point_table *t, const struct point *p)
{
	return plausible_of(t, p);
}

struct point_table *point_table_new(struct device_list devices)
{
	struct point_table *t = MEM_NEW(struct point_table);

	for (size_t i = 0; i < devices.count; i++)
		t->count += devices.devices[i].profile->point_count;
	t->points = mem_array(t->count, sizeof(*t->points));
	t->by_name = map_new();
	name_points(t, devices);
	t->ages = MEM_NEW(struct point_ages);
	t->ages->devices = devices.devices;
	t->ages->heard_us = mem_array(devices.count, sizeof(*t->ages->heard_us));
	t->ages->due_us = mem_array(t->count, sizeof(*t->ages->due_us));
	for (size_t i = 0; i < t->count; i++)
		t->ages->due_us[i] = INT64_MAX;
	t->ages->next_us = INT64_MAX;
	make_plausible(t);
	return t;
}

void point_table_free(struct point_table *t)
{
	if (!t)
		return;
	if (t->ages) {
		free(t->ages->due_us);
		free(t->ages->heard_us);
		free(t->ages->plausible);
		free(t->ages->plausible_of);
	}
	free(t->ages);
	map_free(t->by_name);
	free(t->names);
	free(t->points);
	free(t);
}

struct point *point_find(const struct point_table *t, const char *name)
{
	return map_find(t->by_name, name);
}

struct point *point_of(const struct point_table *t, const struct device *d, const char *name)
{
	for (size_t i = 0; i < d->profile->point_count; i++)
		if (str_equal(d->profile->points[i].name, name))
			return &t->points[d->first_point + i];
	return NULL;
}

static int64_t max_age_of(const struct point *p)
{
	return p->device->max_age_us > 0 ? p->device->max_age_us : p->spec->max_age_us;
}

static int64_t *heard_of(const struct point_table *t, const struct point *p)
{
	return &t->ages->heard_us[p->device - t->ages->devices];
}

static void set_due(struct point_table *t, size_t i, int64_t due_us)
{
	struct point_ages *a = t->ages;

	a->due_us[i] = due_us;
	a->next_us = MIN(a->next_us, due_us);
	a->walk_us = MIN(a->walk_us, due_us);
}

/* Sets when the point becomes stale, from when it was last confirmed. */
static void arm(struct point_table *t, const struct point *p)
{
	int64_t max_age_us = max_age_of(p);

	set_due(t, point_index(t, p),
		p->quality == QUALITY_GOOD && max_age_us > 0 ? p->mono_us + max_age_us : INT64_MAX);
}

/* A change within the deadband is none: the old value stays, so that a slow drift still adds up. */
static bool is_news(const struct point *p, const struct value *v)
{
	if (p->value.type == VALUE_NUMBER && v->type == VALUE_NUMBER && p->spec->deadband > 0)
		return !(fabs(v->number - p->value.number) < p->spec->deadband);
	return !value_equal(&p->value, v);
}

/* A good reading that fits, or one without a value: its source is back, the old value counts again with its old age. */
static unsigned apply_good(struct point *p, const struct reading *r)
{
	unsigned change = p->quality != QUALITY_GOOD ? POINT_QUALITY : POINT_SAME;

	p->quality = QUALITY_GOOD;
	if (r->value.type == VALUE_NONE)
		return change;
	if (p->test != r->test)
		change |= POINT_QUALITY;
	if (is_news(p, &r->value) || (change && !value_equal(&p->value, &r->value))) {
		p->value = r->value;
		change |= POINT_VALUE;
	}
	p->test = r->test;
	p->fired = p->value.type == VALUE_EVENT;
	p->at_us = r->at.wall_us;
	p->mono_us = r->at.mono_us;
	return change;
}

/* An event that its device shows as a level (a bit that is 1 while the button is down): rising, it is the event. */
static unsigned apply_level(struct point *p, const struct reading *r)
{
	bool level = value_true(&r->value), rose = level && !p->level;
	struct reading event = *r;
	unsigned change;

	p->level = level;
	event.value = rose ? value_event("") : (struct value){ .type = VALUE_NONE };
	change = apply_good(p, &event);
	p->mono_us = r->at.mono_us;
	return change;
}

/* Its register was read, and nothing happened: that is heard of the device. (A plugin that is back says as much of all
 * its devices without having heard of any.) */
static unsigned apply_silence(struct point_table *t, struct point *p, const struct reading *r)
{
	if (p->device->bus)
		*heard_of(t, p) = MAX(*heard_of(t, p), r->at.mono_us);
	return apply_good(p, r);
}

/* A message of a plugin's device leaves its event points out: nothing happened to them, and that is known now. Whoever
 * asks for what became otherwise by itself is told of them. */
static void hear_events(struct point_table *t, const struct point *spoke, int64_t now_mono_us)
{
	const struct device *d = spoke->device;

	for (uint32_t i = d->first_point; i < d->first_point + d->profile->point_count; i++) {
		struct point *p = &t->points[i];

		if (p->quality != QUALITY_LOST && p->quality != QUALITY_STALE)
			continue;
		if (p == spoke || !point_is_event(p->spec))
			continue;
		p->quality = QUALITY_GOOD;
		p->changed_us = now_mono_us;
		set_due(t, i, HEARD);
	}
}

/* A reading that says how the point is not; the old value stays beside it. */
static unsigned apply_quality(struct point *p, enum quality quality)
{
	unsigned change = p->quality != quality ? POINT_QUALITY : POINT_SAME;

	p->quality = quality;
	return change;
}

/* A number of the right type, against the point's limits. */
static unsigned apply_number(struct point_table *t, struct point *p, const struct reading *r)
{
	struct plausible *plausible = plausible_of(t, p);

	if (!plausible)
		return apply_good(p, r);
	switch (plausible_judge(plausible, &p->spec->limits, r->value.number, r->at.mono_us)) {
	case PLAUSIBLE_GOOD: return apply_good(p, r);
	case PLAUSIBLE_ROLLOVER: return apply_good(p, r) | POINT_ROLLOVER;
	case PLAUSIBLE_RESET: return apply_good(p, r) | POINT_RESET;
	case PLAUSIBLE_SUSPECT: break;
	}
	return apply_quality(p, QUALITY_SUSPECT);
}

unsigned point_apply(struct point_table *t, const struct reading *r)
{
	struct point *p = &t->points[r->point];
	enum value_type type = r->value.type;
	bool event;
	unsigned change;

	assert(r->point < t->count);
	event = point_is_event(p->spec);
	t->readings++;
	p->fired = false;
	if (r->quality != QUALITY_GOOD)
		change = apply_quality(p, r->quality);
	else if (event && (type == VALUE_BOOL || type == VALUE_NUMBER))
		change = apply_level(p, r);
	else if (event && type == VALUE_NONE)
		change = apply_silence(t, p, r);
	else if (type == VALUE_NONE && p->value.type == VALUE_NONE)
		change = POINT_SAME; /* never read: stays as it is */
	else if (type == VALUE_NUMBER && p->spec->type == VALUE_NUMBER)
		change = apply_number(t, p, r);
	else if (type == VALUE_NONE || type == (event ? VALUE_EVENT : p->spec->type))
		change = apply_good(p, r);
	else
		change = apply_quality(p, QUALITY_BAD); /* a value of another type than the point's is none */
	if (p->quality == QUALITY_GOOD)
		*heard_of(t, p) = MAX(*heard_of(t, p), p->mono_us);
	if (r->quality == QUALITY_GOOD && type != VALUE_NONE && !p->device->bus)
		hear_events(t, p, r->at.mono_us);
	if (change)
		p->changed_us = r->at.mono_us;
	arm(t, p);
	return change;
}

/* By its limits alone: it is not held against what was read. */
static bool is_within(const struct point *p, const struct reading *r)
{
	struct plausible once = { 0 };

	return r->value.type != VALUE_NUMBER || !plausible_limited(&p->spec->limits) ||
	       plausible_judge(&once, &p->spec->limits, r->value.number, r->at.mono_us) != PLAUSIBLE_SUSPECT;
}

unsigned point_apply_kept(struct point_table *t, const struct reading *r, int64_t age_us)
{
	struct point *p = &t->points[r->point];
	int64_t max_age_us = max_age_of(p);
	bool fresh = age_us >= 0 && (max_age_us <= 0 || age_us < max_age_us);

	assert(r->point < t->count);
	if (point_is_event(p->spec) || r->quality != QUALITY_GOOD || r->value.type != p->spec->type || !is_within(p, r))
		return POINT_SAME;
	if (p->value.type != VALUE_NONE && (age_us < 0 || p->at_us >= r->at.wall_us))
		return POINT_SAME;
	t->readings++;
	p->value = r->value;
	p->quality = fresh ? QUALITY_GOOD : age_us < 0 ? QUALITY_SUSPECT : QUALITY_STALE;
	p->test = r->test;
	p->at_us = age_us < 0 ? 0 : r->at.wall_us;
	p->mono_us = r->at.mono_us - (age_us < 0 ? max_age_us : age_us);
	p->changed_us = r->at.mono_us;
	arm(t, p);
	/* Whoever has not confirmed it by then is silent. */
	if (age_us < 0 && max_age_us > 0)
		set_due(t, r->point, r->at.mono_us + max_age_us);
	return POINT_VALUE | POINT_QUALITY;
}

/* An event point says nothing for weeks while its device is well: any reading of the device keeps it fresh. */
static bool renewed(struct point_table *t, struct point *p, int64_t now_mono_us)
{
	int64_t due_us;

	if (!point_is_event(p->spec))
		return false;
	due_us = max_age_of(p) > 0 ? *heard_of(t, p) + max_age_of(p) : INT64_MAX;
	if (due_us <= now_mono_us)
		return false;
	set_due(t, point_index(t, p), due_us);
	return true;
}

int64_t point_due(const struct point_table *t)
{
	return t->ages->next_us;
}

struct point *point_expire(struct point_table *t, size_t *position, int64_t now_mono_us)
{
	struct point_ages *a = t->ages;

	if (*position == 0) {
		if (a->next_us > now_mono_us)
			return NULL;
		a->walk_us = INT64_MAX;
	}
	while (*position < t->count) {
		size_t i = (*position)++;
		struct point *p = &t->points[i];
		bool heard = a->due_us[i] == HEARD;

		if (a->due_us[i] > now_mono_us) {
			a->walk_us = MIN(a->walk_us, a->due_us[i]);
			continue;
		}
		if (renewed(t, p, now_mono_us)) {
			if (heard)
				return p;
			continue;
		}
		a->due_us[i] = INT64_MAX;
		p->quality = QUALITY_STALE;
		p->fired = false;
		p->changed_us = now_mono_us;
		return p;
	}
	a->next_us = a->walk_us;
	return NULL;
}

uint32_t *point_match(const struct point_table *to, const struct point_table *from)
{
	uint32_t *match = mem_array(to->count, sizeof(*match));

	for (size_t i = 0; i < to->count; i++) {
		const struct point *old = point_find(from, to->points[i].name);

		match[i] = old && old->spec->type == to->points[i].spec->type ? point_index(from, old) : POINT_NONE;
	}
	return match;
}

void point_carry_matched(struct point_table *to, const struct point_table *from, const uint32_t *match)
{
	to->readings = from->readings;
	for (size_t i = 0; i < to->count; i++) {
		struct point *p = &to->points[i];
		const struct point *old;

		if (match[i] == POINT_NONE)
			continue;
		old = &from->points[match[i]];
		p->value = old->value;
		p->quality = old->quality;
		p->test = old->test;
		p->level = old->level;
		p->at_us = old->at_us;
		p->mono_us = old->mono_us;
		p->changed_us = old->changed_us;
		if (plausible_of(to, p) && plausible_of(from, old))
			*plausible_of(to, p) = *plausible_of(from, old);
		*heard_of(to, p) = MAX(*heard_of(to, p), *heard_of(from, old));
		arm(to, p);
	}
}

void point_carry(struct point_table *to, const struct point_table *from)
{
	_cleanup_(freep) uint32_t *match = point_match(to, from);

	point_carry_matched(to, from, match);
}

void point_forget(struct point_table *t, const struct device *d)
{
	for (size_t i = 0; i < d->profile->point_count; i++) {
		struct point *p = &t->points[d->first_point + i];

		p->level = false;
		if (plausible_of(t, p))
			plausible_of(t, p)->known = plausible_of(t, p)->doubted = false;
	}
}

void point_shift(struct point_table *t, const struct clock_shifts *shifts)
{
	for (size_t i = 0; i < t->count; i++)
		t->points[i].at_us = clock_shifted(shifts, t->points[i].at_us);
}
