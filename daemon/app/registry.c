#include "app/registry_inside.h"

#include <errno.h>
#include <string.h>

#include "app/live.h"
#include "app/registry_cards.h"
#include "app/registry_intake.h"
#include "app/registry_versions.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/search.h"
#include "care/care.h"
#include "upstream/alarm_json.h"

#define TOKEN_MARK (UINT64_C(1) << 62) /* no other's tokens have it */

struct registry *registry_new(struct live *l)
{
	struct registry *g = MEM_NEW(struct registry);

	g->live = l;
	return g;
}

static void forget(struct registry_waiting *w)
{
	free(w->versions_of);
	json_decref(w->answer);
	*w = (struct registry_waiting){ 0 };
}

void registry_free(struct registry *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < REGISTRY_WAITING_MAX; i++)
		if (g->waiting[i].token) {
			api_finish_json(g->waiting[i].pending, 503, NULL);
			forget(&g->waiting[i]);
		}
	for (size_t i = 0; i < g->count; i++)
		resident_fini(&g->all[i]);
	free(g->all);
	registry_import_forget(g);
	registry_intake_forget(g);
	free(g);
}

/* ---- the rows ---- */

static int compare_id(const void *id, const void *row)
{
	return strcmp(id, ((const struct resident *)row)->id);
}

/* The number of the first row that is not before id. */
static size_t place_of(const struct registry *g, const char *id)
{
	return search_first(&(struct search_rows){ g->all, g->count, sizeof(*g->all), compare_id }, id);
}

struct resident *registry_find(const struct registry *g, const char *id)
{
	size_t at = place_of(g, id);

	return at < g->count && str_equal(g->all[at].id, id) ? &g->all[at] : NULL;
}

static int compare(const void *a, const void *b)
{
	const struct resident *x = a, *y = b;

	return strcmp(x->id, y->id);
}

/* A whole table is put in order once, not row by row. */
void registry_put(struct registry *g, struct resident *rows, size_t count)
{
	size_t added = 0, before = g->count;
	bool ordered;

	if (g->room < g->count + count) {
		g->room = MAX(2 * g->room, g->count + MAX(count, (size_t)64));
		g->all = mem_realloc(g->all, g->room, sizeof(*g->all));
	}
	for (size_t i = 0; i < count; i++) {
		struct resident *known = registry_find(g, rows[i].id);

		if (known) {
			resident_fini(known);
			*known = rows[i];
		} else {
			g->all[g->count + added++] = rows[i];
		}
	}
	g->count += added;
	/* At start they come in order. */
	ordered = added == 0 || (added == 1 && (before == 0 || compare(&g->all[before - 1], &g->all[before]) < 0));
	if (!ordered)
		qsort(g->all, g->count, sizeof(*g->all), compare);
}

static void drop(struct registry *g, struct resident *r)
{
	size_t at = (size_t)(r - g->all);

	resident_fini(r);
	memmove(&g->all[at], &g->all[at + 1], (g->count - at - 1) * sizeof(*g->all));
	g->count--;
}

void registry_restore(struct registry *g, const struct resident *r)
{
	struct resident copy;

	resident_copy(r, &copy);
	registry_put(g, &copy, 1);
}

void registry_feed(struct registry *g)
{
	engine_residents(g->live->engine, &(struct resident_list){ g->all, g->count }, clock_now(), &g->live->effects);
	visiting_tell(g->live->visiting);
}

const struct resident *registry_all(const struct registry *g, size_t *ret_count)
{
	*ret_count = g->count;
	return g->all;
}

/* ---- answers ---- */

static void answer_problem(struct api_pending *p, int status, const char *field, const char *text)
{
	api_finish_json(p, status,
			json_pack("{s:{s:i, s:s*, s:s}}", "error", "status", status, "field", field, "text", text));
}

void registry_refuse(const struct api_register *act, int status, const char *field, const char *text)
{
	answer_problem(act->pending, status, field, text);
}

static struct registry_waiting *find_waiting(struct registry *g, uint64_t token)
{
	for (size_t i = 0; i < REGISTRY_WAITING_MAX; i++)
		if (g->waiting[i].token == token)
			return &g->waiting[i];
	return NULL;
}

static void finish(struct registry_waiting *w, const struct store_done *done)
{
	if (done->error < 0)
		answer_problem(w->pending, 503, NULL,
			       w->versions_of ? "the record of it cannot be stored, so nothing is shown: check the disk"
					      : "it is in force but could not be stored: check the disk");
	else if (w->reading)
		api_finish_json(w->pending, 200, registry_versions_list(done));
	else if (w->answer)
		api_finish_json(w->pending, 200, steal(&w->answer));
	else
		api_finish(w->pending, 0, NULL);
	forget(w);
}

void registry_done(struct registry *g, struct store_done *done)
{
	struct registry_waiting *w = done->token ? find_waiting(g, done->token) : NULL;

	if (!w)
		return;
	registry_intake_settle(g); /* what is durable is in force when that is told */
	if (w->versions_of && !w->reading && done->error == 0 &&
	    store_submit_versions(g->live->store, w->versions_of, w->token) == 0)
		w->reading = true;
	else
		finish(w, done);
}

/* ---- commits ---- */

/* The store's own copy is made before the register takes the rows. */
static int submit(struct registry *g, const struct api_register *act, const struct store_register *change,
		  struct registry_waiting **ret_waiting)
{
	struct registry_waiting *w = find_waiting(g, 0);
	struct store_register full = *change;
	int r;

	if (!w)
		return -EBUSY;
	full.now = clock_now();
	full.token = TOKEN_MARK | ++g->last_token;
	r = store_submit_register(g->live->store, &full);
	if (r < 0)
		return r;
	*w = (struct registry_waiting){ .token = full.token, .pending = act->pending };
	*ret_waiting = w;
	return 0;
}

static void refuse_busy(const struct api_register *act)
{
	registry_refuse(act, 503, NULL, "the store has too much to do just now, nothing is changed: try again");
}

bool registry_hand(struct registry *g, const struct api_register *act, const struct registry_change *c)
{
	_cleanup_(freep) char *detail = alarm_json_text(c->detail);
	struct store_audit audit = {
		.kind = "resident", .who = act->who, .what = c->what, .why = act->reason, .detail = detail
	};
	struct store_register change = {
		.changed = c->changed, .changed_count = c->changed_count, .audits = &audit, .audit_count = 1
	};
	struct registry_waiting *w;

	json_decref(c->detail);
	if (submit(g, act, &change, &w) < 0) {
		for (size_t i = 0; i < c->changed_count; i++)
			resident_fini(&c->changed[i]);
		json_decref(c->answer);
		refuse_busy(act);
		return false;
	}
	w->answer = c->answer;
	return true;
}

void registry_commit(struct registry *g, const struct api_register *act, const struct registry_change *c)
{
	if (!registry_hand(g, act, c))
		return;
	registry_put(g, c->changed, c->changed_count);
	registry_feed(g);
}

/* ---- add, set ---- */

/* One field; problem and its name where it does not fit. */
static bool set_field(struct registry *g, struct resident *r, const char *name, const json_t *value,
		      struct str_buf *problem)
{
	struct str_nearest nearest = { .word = name };
	int f = resident_field_find(name);

	if (f < 0) {
		for (int i = 0; i < RESIDENT_FIELDS; i++)
			str_nearest_try(&nearest, resident_field_rows[i].name);
		str_buf_printf(problem, "no field '%s'%s%s%s", name, nearest.best ? "; did you mean '" : "",
			       nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
		return false;
	}
	if (!json_is_string(value))
		str_buf_printf(problem, "%s: expected a text", name);
	else if (f == RESIDENT_FIELD_ID && r->id && !str_equal(r->id, json_string_value(value)))
		str_buf_add(problem, "id: it cannot be changed: add the resident anew, and erase this one");
	else if (resident_field_set(r, (enum resident_field)f, json_string_value(value), problem) == 0)
		residents_fit(r, (enum resident_field)f, g->live->conf, problem);
	return problem->len == 0;
}

/* False: answered. */
static bool cards_good(const struct registry *g, const struct resident *r, const struct api_register *act)
{
	const char *cards = resident_field_rows[RESIDENT_FIELD_CARDS].name;
	_cleanup_str_buf_ struct str_buf problem = { 0 };

	if (!json_object_get(act->fields, cards) || !registry_cards_taken(g, r, act->scope, &problem))
		return true;
	registry_refuse(act, 400, cards, problem.text);
	return false;
}

/* False: answered. */
static bool set_fields(struct registry *g, struct resident *r, const struct api_register *act, json_t *names)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)act->fields, name, value)
	{
		_cleanup_str_buf_ struct str_buf problem = { 0 };

		if (!set_field(g, r, name, value, &problem)) {
			registry_refuse(act, 400, name, problem.text);
			return false;
		}
		json_array_append_new(names, json_string(name));
	}
	if (r->id && r->place)
		return cards_good(g, r, act);
	registry_refuse(act, 400, r->id ? "place" : "id", r->id ? "expected a place" : "expected an id");
	return false;
}

static bool may_change(struct registry *g, const struct api_register *act, const struct resident *known)
{
	if (act->verb == API_REGISTER_ADD && known)
		registry_refuse(act, 409, "id", "there is a resident of that id: change that one with `set`");
	else if (act->verb == API_REGISTER_ADD && g->count == RESIDENTS_MAX)
		registry_refuse(act, 409, NULL, "the register is full: expected at most 20000 residents");
	else if (act->verb != API_REGISTER_ADD && !known)
		registry_refuse(act, 404, "id", "there is no resident of that id");
	else if (known && act->version && act->version != known->version)
		registry_refuse(act, 409, "version", "somebody has changed it meanwhile: look at it again");
	else
		return true;
	return false;
}

static void change(struct registry *g, const struct api_register *act)
{
	const char *said = act->id ? act->id : json_string_value(json_object_get(act->fields, "id"));
	_cleanup_(freep) char *id = said ? resident_trimmed(said, strlen(said)) : NULL; /* as it is kept */
	const struct resident *known = id ? registry_find(g, id) : NULL;
	json_t *names = json_array();
	struct resident r = { 0 };

	if (!may_change(g, act, known)) {
		json_decref(names);
		return;
	}
	if (known)
		resident_copy(known, &r);
	if (!set_fields(g, &r, act, names)) {
		resident_fini(&r);
		json_decref(names);
		return;
	}
	r.version++;
	r.changed_us = clock_wall_us();
	free(r.changed_by);
	r.changed_by = mem_strdup(act->who);
	registry_commit(
		g, act,
		&(struct registry_change){ .changed = &r,
					   .changed_count = 1,
					   .what = r.id,
					   .detail = json_pack("{s:s, s:I, s:o}", "verb", known ? "set" : "add",
							       "version", (json_int_t)r.version, "fields", names) });
}

/* ---- erase ---- */

static bool lives_alone_there(const struct registry *g, const struct resident *r)
{
	for (size_t i = 0; i < g->count; i++)
		if (&g->all[i] != r &&
		    (place_contains(r->place, g->all[i].place) || place_contains(g->all[i].place, r->place)))
			return false;
	return true;
}

/* Points of the devices of his home; the caller frees the array, texts are lent. */
static const char **points_of(const struct registry *g, const char *place, size_t *ret_count)
{
	const struct point_table *t = engine_points(g->live->engine);
	const char **names = mem_array(t->count + 1, sizeof(*names));

	*ret_count = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct device *d = t->points[i].device;

		if (device_is_home(d) && place_contains(place, d->place))
			names[(*ret_count)++] = t->points[i].name;
	}
	return names;
}

static void erase(struct registry *g, const struct api_register *act)
{
	struct resident *r = registry_find(g, act->id);
	_cleanup_(freep) const char **points = NULL;
	_cleanup_(freep) char *detail = NULL;
	struct registry_waiting *w;
	struct store_register change = { .erased = act->id, .audit_count = 1 };
	json_t *said;

	if (!r) {
		registry_refuse(act, 404, "id", "there is no resident of that id");
		return;
	}
	if (lives_alone_there(g, r)) {
		points = points_of(g, r->place, &change.point_count);
		change.points = points;
		change.erased_place = r->place;
	}
	said = json_pack("{s:s, s:I, s:b, s:I}", "verb", "erase", "versions", (json_int_t)r->version, "samples",
			 change.erased_place != NULL, "points", (json_int_t)change.point_count);
	detail = alarm_json_text(said);
	change.audits = &(struct store_audit){
		.kind = "resident", .who = act->who, .what = act->id, .why = act->reason, .detail = detail
	};
	if (submit(g, act, &change, &w) < 0) {
		json_decref(said);
		refuse_busy(act);
		return;
	}
	json_object_set_new(said, "id", json_string(act->id));
	w->answer = said;
	drop(g, r);
	registry_feed(g);
}

/* ---- what is released ---- */

static void release(struct registry *g, const struct api_register *act, const char *versions_of)
{
	_cleanup_(freep) char *detail = NULL;
	json_t *said = json_pack("{s:s, s:s}", "verb", "release", "what", versions_of ? "versions" : act->what);
	struct store_audit audit = {
		.kind = "resident", .who = act->who, .what = act->id ? act->id : "residents", .why = act->reason
	};
	struct store_register record = { .audits = &audit, .audit_count = 1 };
	struct registry_waiting *w;

	audit.detail = detail = alarm_json_text(said);
	json_decref(said);
	if (versions_of && !registry_find(g, versions_of))
		registry_refuse(act, 404, "id", "there is no resident of that id");
	else if (submit(g, act, &record, &w) < 0)
		refuse_busy(act);
	else
		w->versions_of = mem_strdup(versions_of);
}

static void do_act(struct registry *g, const struct api_register *act)
{
	switch (act->verb) {
	case API_REGISTER_ADD:
	case API_REGISTER_SET: change(g, act); break;
	case API_REGISTER_ERASE: erase(g, act); break;
	case API_REGISTER_IMPORT: registry_import(g, act); break;
	case API_REGISTER_VERSIONS: release(g, act, act->id); break;
	case API_REGISTER_RELEASE: release(g, act, NULL); break;
	}
}

void registry_act(struct registry *g, const struct api_register *act)
{
	_cleanup_(freep) char *id = mem_strdup(act->id); /* perhaps a row's, which the table takes the place of */
	struct api_register own = *act;

	own.id = id;
	registry_intake_settle(g);
	do_act(g, &own);
}
