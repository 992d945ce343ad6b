#include "upstream/summary.h"

#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "care/buildings.h"
#include "model/place.h"
#include "model/resident.h"
#include "upstream/summary_times.h"

#define PRIORITIES   4
#define FLOOD        10
#define FLOOD_WITHIN (10 * MINUTE)

enum kind { ESTATE, PLACES, BUILDING, CLASS, LIFT, ALARM_CLASS, DAEMON, RESIDENT, CARE, KINDS };
static const char *const kind_names[KINDS] = {
	[ESTATE] = "estate",           [PLACES] = "places", [BUILDING] = "building", [CLASS] = "class", [LIFT] = "lift",
	[ALARM_CLASS] = "alarm_class", [DAEMON] = "daemon", [RESIDENT] = "resident", [CARE] = "care",
};

static const char *const outcomes[] = { "real", "false", "test", "duplicate" };
#define OUTCOMES ARRAY_SIZE(outcomes)

/* Records of the audit that are counted: kind, what (NULL: any), the figure. */
static const struct counted_record {
	const char *kind, *what, *figure;
} records[] = {
	{ "daemon", "start", "starts" },    { "daemon", "stop", "stops" },
	{ "clock", NULL, "clock_changes" }, { "config", NULL, "config_changes" },
	{ "command", NULL, "commands" },    { "write", NULL, "writes" },
	{ "mode", NULL, "modes" },
};
#define RECORDS ARRAY_SIZE(records)

struct group {
	enum kind kind;
	char *key;      /* "building b3" */
	const char *of; /* in key; NULL: of the estate, of the daemon */
	size_t devices;
	const char *home;                       /* of a resident: his dwelling; lent */
	struct group *other;                    /* another one there */
	size_t categories[RESIDENT_CATEGORIES]; /* of a building's residents: how many are in each */
	uint64_t raised[PRIORITIES + 1];        /* [0]: of all priorities */
	uint64_t acked, arrived, closed[OUTCOMES + 1], tests, entrapments;
	struct summary_times ack, arrive;
	struct summary_lift lift;
	uint64_t samples;
	bool has_lift, cut_lift;
	bool part; /* of a building: only what lies in some places there */
};

struct summary {
	struct summary_span span;
	const struct scope *scope;
	struct map *by_key, *devices; /* of struct group; of struct summary_device */
	struct map *by_home;          /* of struct group: the first resident there */
	struct group **groups;
	size_t group_count;
	struct group *all;         /* of the estate, or of the places */
	struct summary_times told; /* moments, from SUMMARY_TOLD_BEFORE before the span on */
	uint64_t records[RECORDS];
};

/* ---- groups ---- */

static struct group *group_get(struct summary *s, enum kind kind, const char *of)
{
	_cleanup_str_buf_ struct str_buf key = { 0 };
	struct group *g;

	str_buf_printf(&key, "%d %s", kind, of ? of : "");
	g = map_find(s->by_key, key.text);
	if (g)
		return g;
	g = MEM_NEW(struct group);
	g->kind = kind;
	g->key = str_buf_take(&key);
	g->of = of ? strchr(g->key, ' ') + 1 : NULL;
	s->groups = mem_realloc(s->groups, s->group_count + 1, sizeof(*s->groups));
	s->groups[s->group_count++] = g;
	map_put(s->by_key, g->key, g);
	return g;
}

/* NULL: there is none; nothing else makes one. */
static struct group *group_find(const struct summary *s, enum kind kind, const char *of)
{
	_cleanup_str_buf_ struct str_buf key = { 0 };

	str_buf_printf(&key, "%d %s", kind, of);
	return map_find(s->by_key, key.text);
}

static bool is_mine(const struct summary *s, const char *place)
{
	return !s->scope || scope_covers(s->scope, place);
}

static char *building_of(const char *place)
{
	return mem_strndup(place, place_first_len(place));
}

/* Who lives there, and the categories of those in the building. */
static void add_resident(struct summary *s, const struct summary_device *d)
{
	_cleanup_(freep) char *building = building_of(d->place);
	unsigned long set = strtoul(d->class + strlen(SUMMARY_RESIDENT), NULL, 16);
	struct group *g = group_get(s, RESIDENT, d->id), *care = group_get(s, CARE, building);

	if (g->home)
		return;
	g->home = d->place;
	g->other = map_put(s->by_home, g->home, g);
	care->devices++;
	for (unsigned i = 0; i < RESIDENT_CATEGORIES; i++)
		care->categories[i] += set >> i & 1;
}

static void add_device(struct summary *s, const struct summary_device *d)
{
	_cleanup_(freep) char *building = d->place ? building_of(d->place) : NULL;
	bool resident = str_starts(d->class, SUMMARY_RESIDENT);

	if (!resident)
		map_put(s->devices, d->id, (void *)d);
	if (!is_mine(s, d->place))
		return;
	if (resident) {
		add_resident(s, d);
		return;
	}
	s->all->devices++;
	if (building && building[0]) {
		struct group *g = group_get(s, BUILDING, building);

		g->devices++;
		g->part = !is_mine(s, building);
	}
	group_get(s, CLASS, d->class)->devices++;
	if (str_equal(d->class, "lift"))
		group_get(s, LIFT, d->id)->devices++;
}

struct summary *summary_new(const struct summary_setup *setup)
{
	struct summary *s = MEM_NEW(struct summary);

	s->span = setup->span;
	s->by_key = map_new();
	s->devices = map_new();
	s->by_home = map_new();
	s->scope = setup->scope;
	s->all = group_get(s, s->scope ? PLACES : ESTATE, NULL);
	if (!s->scope)
		group_get(s, DAEMON, NULL);
	for (size_t i = 0; i < setup->device_count; i++)
		add_device(s, &setup->devices[i]);
	return s;
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->group_count; i++) {
		summary_times_fini(&s->groups[i]->ack);
		summary_times_fini(&s->groups[i]->arrive);
		free(s->groups[i]->key);
		free(s->groups[i]);
	}
	free(s->groups);
	summary_times_fini(&s->told);
	map_free(s->by_key);
	map_free(s->devices);
	map_free(s->by_home);
	free(s);
}

void summary_add_rule(struct summary *s, const char *rule)
{
	group_get(s, ALARM_CLASS, rule);
}

/* ---- feeding ---- */

static bool is_told(const struct summary_transition *t)
{
	return !t->test && str_equal(t->state, "unacked") && !str_equal(t->input, "restored") &&
	       (!str_equal(t->from, "unacked") || str_equal(t->input, "raised"));
}

static void count_closed(struct group *g, const char *outcome)
{
	g->closed[OUTCOMES]++;
	for (size_t i = 0; i < OUTCOMES; i++)
		g->closed[i] += str_equal(outcome, outcomes[i]);
}

static void count(struct group *g, const struct summary_transition *t)
{
	bool begins = str_equal(t->input, "raised") && str_equal(t->state, "unacked");

	if (t->test) {
		g->tests += begins;
		return;
	}
	if (is_told(t) && !str_equal(t->input, "rise")) {
		g->raised[0]++;
		if (t->priority >= 1 && t->priority <= PRIORITIES)
			g->raised[t->priority]++;
	} else if (str_equal(t->input, "ack")) {
		g->acked++;
		if (t->after_us >= 0)
			summary_times_add(&g->ack, t->after_us);
	} else if (str_equal(t->input, "arrive") && t->after_us >= 0) {
		g->arrived++;
		summary_times_add(&g->arrive, t->after_us);
	} else if (str_equal(t->input, "reset")) {
		count_closed(g, t->outcome);
	}
}

/* Those who live there, and their building's. */
static void count_home(struct summary *s, const char *place, const struct summary_transition *t)
{
	struct group *g = place ? map_find(s->by_home, place) : NULL;
	_cleanup_(freep) char *building = g ? building_of(place) : NULL;

	if (g)
		count(group_get(s, CARE, building), t);
	for (; g; g = g->other)
		count(g, t);
}

/* What an alarm is about is a device; or a place, or a part of the box. */
static void count_asset(struct summary *s, const char *asset, const struct summary_transition *t)
{
	const struct summary_device *d = map_find(s->devices, asset);
	const char *place = d ? d->place : asset;
	_cleanup_(freep) char *building = place ? building_of(place) : NULL;
	struct group *g = building ? group_find(s, BUILDING, building) : NULL;

	if (g)
		count(g, t);
	count_home(s, place, t);
	if (!d)
		return;
	count(group_get(s, CLASS, d->class), t);
	g = group_find(s, LIFT, d->id);
	if (!g)
		return;
	count(g, t);
	if (str_starts(t->alarm, "lift-trapped/") && is_told(t) && !str_equal(t->input, "rise"))
		g->entrapments++;
}

/* What is said of a building's dwellings together is of the building. */
static bool is_about_mine(const struct summary *s, const char *asset)
{
	const struct summary_device *d = map_find(s->devices, asset);

	if (d)
		return is_mine(s, d->place);
	return is_mine(s, str_starts(asset, BUILDINGS_ASSET) ? asset + strlen(BUILDINGS_ASSET) : asset);
}

void summary_add_transition(struct summary *s, const struct summary_transition *t)
{
	const char *slash = strchr(t->alarm, '/');
	_cleanup_(freep) char *rule = NULL;

	if (!is_about_mine(s, slash ? slash + 1 : ""))
		return;
	if (is_told(t) && t->at_us >= s->span.from_us - SUMMARY_TOLD_BEFORE && t->at_us < s->span.to_us)
		summary_times_add(&s->told, t->at_us);
	if (!slash || t->at_us < s->span.from_us || t->at_us >= s->span.to_us)
		return;
	rule = mem_strndup(t->alarm, (size_t)(slash - t->alarm));
	count(s->all, t);
	count(group_get(s, ALARM_CLASS, rule), t);
	count_asset(s, slash + 1, t);
}

void summary_add_record(struct summary *s, const char *kind, const char *what)
{
	for (size_t i = 0; i < RECORDS; i++)
		s->records[i] +=
			str_equal(kind, records[i].kind) && (!records[i].what || str_equal(what, records[i].what));
}

void summary_add_lift(struct summary *s, const char *device, const struct summary_lift *lift, uint64_t samples)
{
	struct group *g = group_find(s, LIFT, device);

	if (!g)
		return;
	g->lift = *lift;
	g->samples = samples;
	g->has_lift = true;
}

void summary_cut_lift(struct summary *s, const char *device)
{
	struct group *g = group_find(s, LIFT, device);

	if (g)
		g->cut_lift = true;
}

/* ---- figures ---- */

static void put_number(json_t *to, const char *name, uint64_t number)
{
	json_object_set_new(to, name, json_integer((json_int_t)number));
}

static void put_seconds(json_t *to, const char *name, int64_t ms)
{
	json_object_set_new(to, name, json_real((double)ms / 1000));
}

/* Half, nineteen of twenty, all were as quick as that. */
static void put_times(json_t *to, const char *what, struct summary_times *times)
{
	static const struct {
		const char *name;
		unsigned percent;
	} parts[] = { { "p50", 50 }, { "p95", 95 }, { "max", 100 } };
	char name[32];
	int64_t us;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(name, sizeof(name), "%s_%s_s", what, parts[i].name);
		if (summary_times_percentile(times, parts[i].percent, &us))
			put_seconds(to, name, us / MS);
		else
			json_object_set_new(to, name, json_null());
	}
}

static void put_alarms(json_t *to, struct group *g)
{
	char name[32];

	put_number(to, "raised", g->raised[0]);
	for (unsigned p = 1; p <= PRIORITIES; p++) {
		snprintf(name, sizeof(name), "raised_priority_%u", p);
		put_number(to, name, g->raised[p]);
	}
	put_number(to, "acked", g->acked);
	put_times(to, "ack", &g->ack);
	put_number(to, "arrived", g->arrived);
	put_times(to, "arrive", &g->arrive);
	put_number(to, "closed", g->closed[OUTCOMES]);
	for (size_t i = 0; i < OUTCOMES; i++) {
		snprintf(name, sizeof(name), "closed_%s", outcomes[i]);
		put_number(to, name, g->closed[i]);
	}
	put_number(to, "tests", g->tests);
}

static void put_count(json_t *to, const struct group *g, enum summary_lift_counter counter)
{
	const char *name = summary_lift_counters[counter];
	uint64_t number;

	if (g->has_lift && summary_lift_counted(&g->lift, counter, &number))
		put_number(to, name, number);
	else
		json_object_set_new(to, name, json_null());
}

/* In ten thousandths. */
static json_t *share(int64_t part, int64_t whole)
{
	return whole > 0 ? json_real((double)((part * 10000 + whole / 2) / whole) / 10000) : json_null();
}

static void put_lift(json_t *to, const struct group *g)
{
	json_object_set_new(to, "availability", share(g->lift.available_ms, g->lift.known_ms));
	put_seconds(to, "available_s", g->lift.available_ms);
	put_seconds(to, "known_s", g->lift.known_ms);
	put_seconds(to, "inspection_s", g->lift.inspection_ms);
	put_count(to, g, SUMMARY_LIFT_TRIPS);
	put_count(to, g, SUMMARY_LIFT_DOOR_CYCLES);
	put_number(to, "entrapments", g->entrapments);
}

/* The most in ten minutes, and how long there were more than a flood is. A moment counts for ten minutes. */
static void put_flood(json_t *to, struct summary *s)
{
	const int64_t *at = summary_times_sorted(&s->told);
	int64_t flood_us = 0, done_us = s->span.from_us;
	size_t first = 0, peak = 0;

	for (size_t i = 0; i < s->told.count; i++) {
		while (at[first] <= at[i] - FLOOD_WITHIN)
			first++;
		if (at[i] >= s->span.from_us)
			peak = MAX(peak, i - first + 1);
		if (i >= FLOOD && at[i] < at[i - FLOOD] + FLOOD_WITHIN) {
			int64_t end_us = MIN(at[i - FLOOD] + FLOOD_WITHIN, s->span.to_us);
			int64_t begin_us = MAX(at[i], done_us);

			flood_us += MAX(end_us - begin_us, (int64_t)0);
			done_us = MAX(done_us, end_us);
		}
	}
	put_number(to, "peak_10min", peak);
	put_seconds(to, "flood_s", flood_us / MS);
}

static void put_care(json_t *to, struct group *g)
{
	json_t *categories = json_object();

	put_number(to, "residents", g->devices);
	for (unsigned i = 0; i < RESIDENT_CATEGORIES; i++)
		put_number(categories, resident_category_words[i].en, g->categories[i]);
	json_object_set_new(to, "categories", categories);
	put_alarms(to, g);
}

static json_t *figures_of(struct summary *s, struct group *g)
{
	json_t *figures = json_object();

	switch (g->kind) {
	case ESTATE:
	case PLACES:
		put_number(figures, "devices", g->devices);
		put_alarms(figures, g);
		put_flood(figures, s);
		break;
	case BUILDING:
	case CLASS:
		put_number(figures, "devices", g->devices);
		put_alarms(figures, g);
		break;
	case LIFT:
		put_lift(figures, g);
		put_alarms(figures, g);
		break;
	case ALARM_CLASS:
	case RESIDENT: put_alarms(figures, g); break;
	case CARE: put_care(figures, g); break;
	case DAEMON:
	case KINDS:
		for (size_t i = 0; i < RECORDS; i++)
			put_number(figures, records[i].figure, s->records[i]);
		break;
	}
	return figures;
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key); /* the number of the scope, then the name */
}

json_t *summary_rows(struct summary *s)
{
	json_t *rows = json_array();

	qsort(s->groups, s->group_count, sizeof(struct group *), compare_groups);
	for (size_t i = 0; i < s->group_count; i++) {
		struct group *g = s->groups[i];
		json_t *row = json_object();

		json_object_set_new(row, "scope", json_string(kind_names[g->kind]));
		json_object_set_new(row, "of", g->of ? json_string(g->of) : json_null());
		json_object_set_new(row, "figures", figures_of(s, g));
		if (g->has_lift)
			json_object_set_new(row, "samples", json_integer((json_int_t)g->samples));
		if (g->home)
			json_object_set_new(row, "home", json_string(g->home));
		if (g->cut_lift)
			json_object_set_new(row, "cut", json_true());
		if (g->part)
			json_object_set_new(row, "part", json_true());
		json_array_append_new(rows, row);
	}
	return rows;
}
