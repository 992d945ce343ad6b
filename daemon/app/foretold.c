#include "app/foretold.h"

#include <stdlib.h>

#include "app/crier.h"
#include "app/live.h"
#include "base/map.h"
#include "base/mem.h"

#define NEAR (2 * S) /* a moment that has moved by less is the same for who counts down to it */

struct telling {
	char *alarm; /* owned */
	struct ladder_ahead ahead;
	bool any; /* false: they were told that nobody is */
};

struct foretold {
	struct live *live;
	struct map *told; /* by alarm: struct telling */
};

struct foretold *foretold_new(struct live *l)
{
	struct foretold *f = MEM_NEW(struct foretold);

	f->live = l;
	f->told = map_new();
	return f;
}

static void telling_free(struct telling *t)
{
	if (!t)
		return;
	free(t->alarm);
	free(t);
}

void foretold_free(struct foretold *f)
{
	struct telling *t;

	if (!f)
		return;
	for (size_t position = 0; (t = map_next(f->told, &position));)
		telling_free(t);
	map_free(f->told);
	free(f);
}

static bool same(const struct telling *t, const struct ladder_ahead *a)
{
	int64_t moved_us = t->ahead.at_us - a->at_us;

	if (t->ahead.by != a->by || t->ahead.step != a->step || t->ahead.name_count != a->name_count ||
	    moved_us > NEAR || moved_us < -NEAR)
		return false;
	for (size_t i = 0; i < a->name_count; i++)
		if (!str_equal(t->ahead.names[i].contact, a->names[i].contact))
			return false;
	return true;
}

static struct telling *telling_new(struct foretold *f, const char *alarm)
{
	struct telling *t = MEM_NEW(struct telling);

	t->alarm = mem_strdup(alarm);
	map_put(f->told, t->alarm, t);
	return t;
}

void foretold_look(struct foretold *f, const char *alarm, const struct ladder_run *run)
{
	struct api *api = f->live->api;
	struct ladder_ahead ahead;
	struct telling *t;
	bool any, heard = api && api_clients(api) > 0;

	/* Who comes later was told something else than the last one who left. */
	if (!heard || !run || run->state == LADDER_RUN_CLEARING) {
		telling_free(map_remove(f->told, alarm));
		if (heard)
			api_next_changed(api, alarm);
		return;
	}
	any = crier_ahead(f->live->crier, alarm, &ahead);
	t = map_find(f->told, alarm);
	if (t && t->any == any && (!any || same(t, &ahead)))
		return;
	t = t ? t : telling_new(f, alarm);
	t->any = any;
	if (any)
		t->ahead = ahead;
	api_next_changed(api, alarm);
}

/* ---- as a row ---- */

/* His id serves as a duty, too (contact.h): that is a name then, and not for everybody. */
static bool is_name(const struct contact *c, const char *duty)
{
	if (!c || !str_equal(duty, c->id))
		return false;
	for (size_t i = 0; i < c->duty_count; i++)
		if (str_equal(c->duties[i], duty))
			return false;
	return true;
}

static void add_word(json_t *list, const char *word)
{
	size_t i;
	json_t *have;

	json_array_foreach(list, i, have) if (str_equal(json_string_value(have), word)) return;
	json_array_append_new(list, json_string(word));
}

/* To the second: the two clocks are read one after the other, and the same moment is to be the same text. */
static int64_t moment_of(const struct ladder_ahead *a, struct clock_now now)
{
	int64_t at_us = now.wall_us + (a->at_us - now.mono_us) + S / 2;

	return at_us - at_us % S;
}

json_t *foretold_row(const struct ladder_ahead *a, struct clock_now now, const struct contact_list *people)
{
	json_t *duties = json_array(), *who = json_array();
	char at[CLOCK_ISO_MAX];

	for (size_t i = 0; i < a->name_count; i++) {
		const struct ladder_ahead_name *n = &a->names[i];
		const struct contact *c = contact_find(people, n->contact);

		if (!is_name(c, n->duty))
			add_word(duties, n->duty);
		json_array_append_new(who, json_pack("{s:s, s:s, s:b}", "contact", n->contact, "name",
						     c ? c->name : n->contact, "thing", (int)n->thing));
	}
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:o}", "at", clock_format_iso(moment_of(a, now), at), "by",
			 ladder_ahead_by_name(a->by), "step", (int)a->step, "priority",
			 a->priority ? json_integer(a->priority) : json_null(), "duties", duties, "who", who);
}
