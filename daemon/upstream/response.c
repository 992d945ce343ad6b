#include "upstream/response.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "care/concern.h"
#include "model/place.h"
#include "upstream/summary_times.h"

#define HOME_MONTH (30 * DAY)

static const char *const outcomes[] = { "real", "false", "test", "duplicate" };

struct response_group {
	char *place; /* a building's id; "": the estate */
	uint64_t alarms, in_time, late, homes, false_alarms;
	uint64_t outcomes[ARRAY_SIZE(outcomes)];
	struct summary_times ack, arrive, close;
};

/* An alarm that people were called for. */
struct response_call {
	struct response_told {
		int64_t first_us, last_us; /* 0: that was not fed */
		bool urgent, arrived;
	} told;
	char alarm[];
};

struct response {
	struct response_setup setup;
	struct map *calls;             /* by alarm */
	struct response_group *groups; /* the first is the estate's */
	size_t count;
};

struct response *response_new(const struct response_setup *setup)
{
	struct response *r = MEM_NEW(struct response);

	r->setup = *setup;
	r->groups = MEM_NEW(struct response_group);
	r->groups[0].place = mem_strdup("");
	r->count = 1;
	r->calls = map_new();
	return r;
}

void response_free(struct response *r)
{
	struct response_call *c;

	if (!r)
		return;
	for (size_t position = 0; (c = map_next(r->calls, &position));)
		free(c);
	map_free(r->calls);
	for (size_t i = 0; i < r->count; i++) {
		free(r->groups[i].place);
		summary_times_fini(&r->groups[i].ack);
		summary_times_fini(&r->groups[i].arrive);
		summary_times_fini(&r->groups[i].close);
	}
	free(r->groups);
	free(r);
}

/* ---- where ---- */

/* Lent until the next call: there may be a new one. */
static struct response_group *group_of(struct response *r, const char *place)
{
	size_t len = place_first_len(place);
	struct response_group *g;

	for (size_t i = 1; i < r->count; i++)
		if (strlen(r->groups[i].place) == len && memcmp(r->groups[i].place, place, len) == 0)
			return &r->groups[i];
	r->groups = mem_realloc(r->groups, r->count + 1, sizeof(*r->groups));
	g = &r->groups[r->count];
	*g = (struct response_group){ .place = mem_strndup(place, len) };
	r->count++;
	return g;
}

/* The asset of "rule/asset" is a device, or a place. */
static const char *place_of(const struct response *r, const char *alarm)
{
	const char *slash = strchr(alarm, '/');
	const char *asset = slash ? slash + 1 : "";

	for (size_t i = 0; i < r->setup.device_count; i++)
		if (str_equal(r->setup.devices[i].id, asset))
			return r->setup.devices[i].place;
	return strchr(asset, '/') && place_path_valid(asset) ? asset : "";
}

static bool is_about_people(const char *alarm)
{
	size_t len = strcspn(alarm, "/");

	for (int i = 0; i < CONCERN_RULES; i++) {
		const char *id = concern_rule_id((enum concern_rule)i);

		if (strlen(id) == len && memcmp(id, alarm, len) == 0)
			return true;
	}
	return false;
}

/* ---- what ---- */

static struct response_call *call_of(struct response *r, const char *alarm)
{
	struct response_call *c = map_find(r->calls, alarm);
	size_t len = strlen(alarm) + 1;

	if (c)
		return c;
	c = mem_alloc(sizeof(*c) + len);
	c->told = (struct response_told){ .urgent = false };
	memcpy(c->alarm, alarm, len);
	map_put(r->calls, c->alarm, c);
	return c;
}

/* What it means: told as urgent for the first time, answered after so long (negative: nobody knows). */
struct response_answer {
	bool told, acked, arrived, closed;
	int64_t after_us;
};

static int64_t since(int64_t then_us, const struct summary_transition *t)
{
	return then_us ? MAX(t->at_us - then_us, (int64_t)0) : t->after_us;
}

static bool is_telling(const struct summary_transition *t)
{
	return str_equal(t->state, "unacked") && !str_equal(t->input, "restored") &&
	       (!str_equal(t->from, "unacked") || str_equal(t->input, "rise"));
}

static struct response_answer follow(struct response_told *c, const struct summary_transition *t)
{
	struct response_answer a = { .after_us = -1 };

	if (is_telling(t)) {
		a.told = !c->urgent;
		if (a.told)
			*c = (struct response_told){ .first_us = t->at_us };
		c->urgent = true;
		c->last_us = t->at_us;
	} else if (str_equal(t->input, "ack")) {
		a.acked = true;
		a.after_us = since(c->last_us, t);
	} else if (str_equal(t->input, "arrive")) {
		a.arrived = !c->arrived;
		c->arrived = true;
		a.after_us = since(c->first_us, t);
	} else if (str_equal(t->input, "reset")) {
		a.closed = true;
		a.after_us = since(c->first_us, t);
	}
	if (str_equal(t->state, "normal"))
		*c = (struct response_told){ .urgent = false };
	return a;
}

static void add_closed(struct response_group *g, const struct summary_transition *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		g->outcomes[i] += str_equal(t->outcome, outcomes[i]);
	g->false_alarms += str_equal(t->outcome, "false") && is_about_people(t->alarm);
}

static void add(struct response_group *g, const struct summary_transition *t, const struct response_answer *a)
{
	g->alarms += a->told;
	if (a->closed)
		add_closed(g, t);
	if (a->after_us < 0)
		return;
	if (a->acked)
		summary_times_add(&g->ack, a->after_us);
	if (a->closed)
		summary_times_add(&g->close, a->after_us);
	if (!a->arrived)
		return;
	summary_times_add(&g->arrive, a->after_us);
	g->in_time += a->after_us <= RESPONSE_TARGET;
	g->late += a->after_us > RESPONSE_BREACH;
}

void response_add(struct response *r, const struct summary_transition *t)
{
	struct response_answer a;
	const char *place;

	if (t->test || t->priority > 2)
		return;
	a = follow(&call_of(r, t->alarm)->told, t);
	if (t->at_us < r->setup.from_us || t->at_us >= r->setup.to_us)
		return;
	add(&r->groups[0], t, &a);
	place = place_of(r, t->alarm);
	if (*place)
		add(group_of(r, place), t, &a);
}

void response_add_home(struct response *r, const char *place)
{
	r->groups[0].homes++;
	group_of(r, place)->homes++;
}

/* ---- rows ---- */

static json_t *seconds(struct summary_times *t, unsigned percent)
{
	int64_t us;

	return summary_times_percentile(t, percent, &us) ? json_integer(us / S) : json_null();
}

/* Each of them, the shortest first; of many as many as a picture shows, evenly taken, with the shortest and the longest. */
static json_t *single_times(struct summary_times *t)
{
	const int64_t *sorted = summary_times_sorted(t);
	size_t shown = MIN(t->count, (size_t)RESPONSE_SHOWN);
	json_t *list = json_array();

	for (size_t i = 0; i < shown; i++)
		json_array_append_new(
			list, json_integer(sorted[shown == t->count ? i : i * (t->count - 1) / (shown - 1)] / S));
	return list;
}

static json_t *times_of(struct summary_times *t)
{
	return json_pack("{s:I, s:o, s:o, s:o}", "count", (json_int_t)t->count, "median", seconds(t, 50), "p90",
			 seconds(t, 90), "times", single_times(t));
}

static json_t *row_of(const struct response *r, struct response_group *g)
{
	double months = (double)g->homes * (double)(r->setup.to_us - r->setup.from_us) / (double)HOME_MONTH;
	json_t *row = json_pack("{s:s, s:I, s:o, s:o, s:o}", "place", g->place, "alarms", (json_int_t)g->alarms,
				"acknowledged", times_of(&g->ack), "arrived", times_of(&g->arrive), "closed",
				times_of(&g->close));
	json_t *arrived = json_object_get(row, "arrived"), *by_outcome = json_object();

	json_object_set_new(arrived, "in_time", json_integer((json_int_t)g->in_time));
	json_object_set_new(arrived, "late", json_integer((json_int_t)g->late));
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		json_object_set_new(by_outcome, outcomes[i], json_integer((json_int_t)g->outcomes[i]));
	json_object_set_new(row, "outcomes", by_outcome);
	json_object_set_new(row, "homes", json_integer((json_int_t)g->homes));
	json_object_set_new(row, "false_alarms", json_integer((json_int_t)g->false_alarms));
	json_object_set_new(row, "home_months", json_real(months));
	json_object_set_new(row, "false_per_home_month",
			    months > 0 ? json_real((double)g->false_alarms / months) : json_null());
	return row;
}

static int compare_groups(const void *a, const void *b)
{
	return strcmp(((const struct response_group *)a)->place, ((const struct response_group *)b)->place);
}

json_t *response_rows(struct response *r)
{
	json_t *rows = json_array();

	qsort(r->groups, r->count, sizeof(*r->groups), compare_groups);
	for (size_t i = 0; i < r->count; i++)
		json_array_append_new(rows, row_of(r, &r->groups[i]));
	return rows;
}
