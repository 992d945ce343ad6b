#include "api/register.h"

#include <errno.h>

#include "api/allow.h"
#include "api/pending.h"
#include "api/rows.h"
#include "base/mem.h"
#include "base/str.h"
#include "care/concern.h"
#include "model/resident_field.h"
#include "upstream/alarm_json.h"

#define REASON_MAX 500
#define PIECE_MAX  60000
#define PATIENCE   (30 * S)

enum shown { MASKED, NAMED, WITH_SHEET };

/* ---- rows ---- */

static json_t *list_of(const char *text)
{
	_cleanup_(freep) char *word = NULL;
	json_t *list = json_array();

	while ((free(word), word = resident_next_word(&text)))
		json_array_append_new(list, json_string(word));
	return list;
}

static bool is_list(enum resident_field f)
{
	return f == RESIDENT_FIELD_CATEGORIES || f == RESIDENT_FIELD_NEEDS || f == RESIDENT_FIELD_CONTACTS ||
	       f == RESIDENT_FIELD_RULES || f == RESIDENT_FIELD_LIMITS || f == RESIDENT_FIELD_ABSENCES ||
	       f == RESIDENT_FIELD_DIALYSIS_DAYS || f == RESIDENT_FIELD_CARDS;
}

static json_t *field_of(const struct resident *r, enum resident_field f, enum shown shown)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	if (resident_field_rows[f].secrecy == RESIDENT_PERSONAL && shown == MASKED)
		resident_field_mask(r, f, &text);
	else
		resident_field_write(r, f, &text);
	if (is_list(f))
		return list_of(text.text);
	if (f == RESIDENT_FIELD_FLOOR && text.len)
		return json_integer(r->floor);
	return text.len ? json_string(text.text) : json_null();
}

static json_t *watched(const struct resident *r)
{
	json_t *list = json_array();
	struct concern concern;

	concern_of(&r, 1, &concern);
	for (int rule = 0; rule < CONCERN_RULES; rule++)
		if (concern.rules & 1u << rule)
			json_array_append_new(list, json_string(concern_rule_id((enum concern_rule)rule)));
	return list;
}

static json_t *row_of(const struct resident *r, enum shown shown)
{
	json_t *row = json_object();

	for (int f = 0; f < RESIDENT_FIELDS; f++)
		if (resident_field_rows[f].secrecy != RESIDENT_SHEET || shown == WITH_SHEET)
			json_object_set_new(row, resident_field_rows[f].name,
					    field_of(r, (enum resident_field)f, shown));
	json_object_set_new(row, "watches", watched(r));
	json_object_set_new(row, "planned_away", json_boolean(resident_is_planned_away(r, clock_wall_us())));
	json_object_set_new(row, "version", json_integer((json_int_t)r->version));
	json_object_set_new(row, "changed", rows_time(r->changed_us));
	json_object_set_new(row, "changed_by", r->changed_by ? json_string(r->changed_by) : json_null());
	return row;
}

static const struct resident *all(const struct call *x, size_t *ret_count)
{
	const struct api_source *source = x->api->source;

	*ret_count = 0;
	return source->residents ? source->residents(source->context, ret_count) : NULL;
}

static const struct resident *find(const struct api *a, const char *id)
{
	const struct api_source *source = a->source;
	size_t count = 0;
	const struct resident *rows = source->residents ? source->residents(source->context, &count) : NULL;

	for (size_t i = 0; i < count; i++)
		if (str_equal(rows[i].id, id))
			return &rows[i];
	return NULL;
}

/* The resident that the path names; NULL: none that he may know of, and it is answered. */
static const struct resident *wanted(struct call *x)
{
	const char *id = router_value(&x->match, "id");
	const struct resident *r = find(x->api, id);

	if (r && party_knows(&x->by, r->place))
		return r;
	call_error(x, (struct call_problem){ 404, "id" }, "no resident '%s'; see estatectl residents", id);
	return NULL;
}

/* ---- what is released ---- */

static bool is_reason(const char *text)
{
	return text && *text && strlen(text) <= REASON_MAX && str_is_utf8(text, strlen(text));
}

/* Before what is personal is shown. False: answered. */
static bool reason_good(struct call *x, const char *text)
{
	/* It lasts for a year, and whoever passes by reads it. */
	if (x->by.looks_only) {
		allow_note(x, "register", false);
		call_error(x, (struct call_problem){ 403, NULL },
			   "%s is a display: what is personal is not shown there", x->by.who);
		return false;
	}
	if (!is_reason(text))
		call_error(x, (struct call_problem){ 400, "reason" },
			   "expected a reason of at most %d bytes: it goes into the audit", REASON_MAX);
	return is_reason(text);
}

static void act(struct call *x, struct api_register *a)
{
	const struct api_source *source = x->api->source;

	a->who = x->by.who;
	if (source->registry)
		source->registry(source->context, a);
	else
		api_finish(a->pending, -ENOSYS, "this estated has no register");
}

static json_t *as_made(struct api *a, const char *subject)
{
	(void)a;
	return json_loads(subject, JSON_DECODE_ANY, NULL);
}

/* The answer waits, made, until the record of it is durable. Takes answer. */
static void release(struct call *x, struct api_register *a, json_t *answer)
{
	_cleanup_(freep) char *text = alarm_json_text(answer);

	json_decref(answer);
	a->verb = API_REGISTER_RELEASE;
	a->pending = pending_new(x, text);
	pending_set_maker(a->pending, as_made);
	act(x, a);
}

static bool fits(const struct call *x, const struct resident *r, unsigned category)
{
	const char *match = call_query(x, "match"), *place = call_query(x, "place");

	return party_knows(&x->by, r->place) && (str_match(match, r->id) || str_match(match, r->place)) &&
	       (!place || place_contains(place, r->place)) && (!category || r->categories & category);
}

void register_list(struct call *x)
{
	const char *place = call_query(x, "place");
	_cleanup_str_buf_ struct str_buf problem = { 0 };
	unsigned category = 0;
	size_t count;
	const struct resident *rows = all(x, &count);
	json_t *list;
	bool named;

	if (!call_switch(x, "names", &named))
		return;
	if (place && !place_path_valid(place)) {
		call_error(x, (struct call_problem){ 400, "place" },
			   "place '%s': expected ids joined by '/', as b3/u1/1204", place);
		return;
	}
	if (resident_parse_categories(call_query(x, "category"), &category, &problem) < 0) {
		call_error(x, (struct call_problem){ 400, "category" }, "category %s", problem.text);
		return;
	}
	if (named && !reason_good(x, call_query(x, "reason")))
		return;
	list = json_array();
	for (size_t i = 0; i < count; i++)
		if (fits(x, &rows[i], category))
			json_array_append_new(list, row_of(&rows[i], named ? NAMED : MASKED));
	if (named)
		release(x, &(struct api_register){ .what = "names", .reason = call_query(x, "reason") }, list);
	else
		call_json(x, list);
}

void register_get(struct call *x)
{
	const struct resident *r = wanted(x);
	bool named;

	if (!r || !call_switch(x, "names", &named) || (named && !reason_good(x, call_query(x, "reason"))))
		return;
	if (named)
		release(x, &(struct api_register){ .what = "names", .id = r->id, .reason = call_query(x, "reason") },
			row_of(r, NAMED));
	else
		call_json(x, row_of(r, MASKED));
}

/* Somebody there may need help, now. */
static bool is_urgent(const struct api *a, const char *place)
{
	const struct evaluator *e = a->source->alarms(a->source->context);
	const struct alarm *alarm;

	for (size_t position = 0; (alarm = evaluator_next(e, &position));)
		if (alarm->state != ALARM_NORMAL && alarm->priority <= 2 && alarm->place &&
		    place_contains(place, alarm->place))
			return true;
	return false;
}

void register_sheet(struct call *x)
{
	const struct resident *r = wanted(x);

	if (!r || !reason_good(x, call_query(x, "reason")))
		return;
	if (!api_role_in(x->by.role, API_FOR_CARE) && !is_urgent(x->api, r->place)) {
		allow_note(x, "sheet", false);
		call_error(x, (struct call_problem){ 403, NULL },
			   "at the desk a sheet is shown while an alarm of priority 1 or 2 is open in that dwelling");
		return;
	}
	release(x, &(struct api_register){ .what = "sheet", .id = r->id, .reason = call_query(x, "reason") },
		row_of(r, WITH_SHEET));
}

void register_versions(struct call *x)
{
	const struct resident *r = wanted(x);
	struct api_register a = { .verb = API_REGISTER_VERSIONS, .reason = call_query(x, "reason") };

	if (!r || !reason_good(x, a.reason))
		return;
	a.id = r->id;
	a.pending = pending_new(x, r->id);
	act(x, &a);
}

/* All fields as texts; whoever writes a file of it does so (app/residents.h has the form). */
void register_export(struct call *x)
{
	size_t count;
	const struct resident *rows = all(x, &count);
	json_t *list;

	if (!reason_good(x, call_query(x, "reason")))
		return;
	list = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *row = json_object();

		for (int f = 0; f < RESIDENT_FIELDS; f++) {
			_cleanup_str_buf_ struct str_buf text = { 0 };

			resident_field_write(&rows[i], (enum resident_field)f, &text);
			json_object_set_new(row, resident_field_rows[f].name, json_string(str_buf_text(&text)));
		}
		json_array_append_new(list, row);
	}
	release(x, &(struct api_register){ .what = "table", .reason = call_query(x, "reason") }, list);
}

/* ---- whom an alarm of the building is about ---- */

/* Their names and numbers beside the list. */
static void name_rows(const struct call *x, json_t *list)
{
	size_t i;
	json_t *row;

	json_array_foreach(list, i, row)
	{
		const struct resident *r = find(x->api, json_string_value(json_object_get(row, "resident")));

		json_object_set_new(row, "name", r && r->name ? json_string(r->name) : json_null());
		json_object_set_new(row, "phone", r && r->phone ? json_string(r->phone) : json_null());
	}
}

/* Whoever passes by a display reads where help is needed, not who needs it and why. */
static void veil_row(json_t *row)
{
	static const char *const personal[] = { "resident", "categories", "needs" };

	for (size_t i = 0; i < ARRAY_SIZE(personal); i++)
		json_object_del(row, personal[i]);
}

/* Those of the list whom he may know of. */
static json_t *known_of(const struct call *x, json_t *list)
{
	json_t *known = json_array(), *row;
	size_t i;

	json_array_foreach(list, i, row)
	{
		if (!party_knows(&x->by, json_string_value(json_object_get(row, "place"))))
			continue;
		if (x->by.looks_only)
			veil_row(row);
		json_array_append(known, row);
	}
	json_decref(list);
	return known;
}

void register_of_alarm(struct call *x)
{
	const struct api_source *source = x->api->source;
	const char *id = router_value(&x->match, "alarm"), *reason = call_query(x, "reason");
	const struct alarm *a = evaluator_find(source->alarms(source->context), id);
	json_t *list;
	bool named;

	if (!call_switch(x, "names", &named))
		return;
	if (!a || a->state == ALARM_NORMAL || !allow_knows_alarm(x, id)) {
		call_error(x, (struct call_problem){ 404, "alarm" }, "no open alarm '%s'; see estatectl alarms", id);
		return;
	}
	if (named && !reason_good(x, reason))
		return;
	list = known_of(x, source->helped ? source->helped(source->context, a) : json_array());
	if (!named) {
		call_json(x, list);
		return;
	}
	name_rows(x, list);
	release(x, &(struct api_register){ .what = "names", .id = id, .reason = reason }, list);
}

/* ---- changes ---- */

/* What a care worker may write. */
static bool is_absence(const char *name)
{
	return str_equal(name, resident_field_rows[RESIDENT_FIELD_ABSENCES].name) ||
	       str_equal(name, resident_field_rows[RESIDENT_FIELD_HOSPITAL_UNTIL].name);
}

/* NULL: it is as it should be; else which member is to blame. */
static const char *blame(const json_t *body, bool needs_fields)
{
	const json_t *fields = json_object_get(body, "fields"), *version = json_object_get(body, "version");
	const json_t *reason = json_object_get(body, "reason");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)body, key, value)
	{
		if (!str_equal(key, "fields") && !str_equal(key, "version") && !str_equal(key, "reason"))
			return key;
	}
	if (needs_fields && (!json_is_object(fields) || json_object_size(fields) == 0))
		return "fields";
	if (version && (!json_is_integer(version) || json_integer_value(version) < 1))
		return "version";
	if (reason && !is_reason(json_string_value(reason)))
		return "reason";
	return NULL;
}

/* May he write those fields, and is the place that they say his? False: answered. */
static bool fields_allowed(struct call *x, const json_t *fields)
{
	const char *said = json_string_value(json_object_get(fields, "place")), *name;
	_cleanup_(freep) char *place = said ? resident_trimmed(said, strlen(said)) : NULL; /* as it is kept */
	json_t *value;

	json_object_foreach((json_t *)fields, name, value)
	{
		if (api_role_in(x->by.role, API_FOR_ADMIN) || is_absence(name))
			continue;
		call_error(
			x, (struct call_problem){ 403, name },
			"%s: only an administrator may write it; absences and hospital_until are for care workers too",
			name);
		return false;
	}
	if (place && place_path_valid(place) && !party_knows(&x->by, place)) {
		call_error(x, (struct call_problem){ 404, "place" }, "place '%s': expected one of yours", place);
		return false;
	}
	return true;
}

static json_t *row_made(struct api *a, const char *subject)
{
	const struct resident *r = find(a, subject);

	return r ? row_of(r, MASKED) : json_pack("{s:s}", "id", subject);
}

/* Takes body. */
static void change(struct call *x, struct api_register *a, json_t *body)
{
	const char *wrong = body ? blame(body, true) : NULL, *id = a->id;

	a->fields = json_object_get(body, "fields");
	if (wrong)
		call_error(x, (struct call_problem){ 400, wrong },
			   "%s: expected fields (an object of texts), and perhaps version and reason", wrong);
	if (body && !wrong && fields_allowed(x, a->fields)) {
		a->scope = &x->by.scope;
		a->version = (uint64_t)json_integer_value(json_object_get(body, "version"));
		a->reason = json_string_value(json_object_get(body, "reason"));
		if (!id)
			id = json_string_value(json_object_get(a->fields, "id"));
		a->pending = pending_new(x, id ? id : "");
		pending_set_maker(a->pending, row_made);
		act(x, a);
	}
	json_decref(body);
}

void register_add(struct call *x)
{
	json_t *body = call_body(x);
	const char *said = json_string_value(json_object_get(json_object_get(body, "fields"), "id"));
	_cleanup_(freep) char *id = said ? resident_trimmed(said, strlen(said)) : NULL;

	/* They stand where an id would in a path. */
	if (str_equal(id, "import") || str_equal(id, "export")) {
		call_error(x, (struct call_problem){ 400, "id" }, "id '%s': expected another one", id);
		json_decref(body);
		return;
	}
	change(x, &(struct api_register){ .verb = API_REGISTER_ADD }, body);
}

void register_set(struct call *x)
{
	const struct resident *r = wanted(x);

	if (r)
		change(x, &(struct api_register){ .verb = API_REGISTER_SET, .id = r->id }, call_body(x));
}

void register_erase(struct call *x)
{
	const struct resident *r = wanted(x);
	json_t *body = r ? call_body(x) : NULL;
	struct api_register a = { .verb = API_REGISTER_ERASE };

	if (!body)
		return;
	a.reason = json_string_value(json_object_get(body, "reason"));
	if (reason_good(x, a.reason)) {
		_cleanup_(freep) char *id = mem_strdup(r->id); /* the row goes before the answer */

		a.id = id;
		a.pending = pending_new(x, id);
		act(x, &a);
	}
	json_decref(body);
}

void register_import(struct call *x)
{
	json_t *body = call_body(x);
	const char *text = json_string_value(json_object_get(body, "text"));
	struct api_register a = { .verb = API_REGISTER_IMPORT, .text = text };

	if (!body)
		return;
	if (!text || json_string_length(json_object_get(body, "text")) != strlen(text) || strlen(text) > PIECE_MAX) {
		call_error(x, (struct call_problem){ 400, "text" },
			   "text: expected a piece of a table, at most %d bytes", PIECE_MAX);
	} else {
		a.first = json_is_true(json_object_get(body, "first"));
		a.last = json_is_true(json_object_get(body, "last"));
		a.dry_run = json_is_true(json_object_get(body, "dry_run"));
		a.reason = json_string_value(json_object_get(body, "reason"));
		a.pending = pending_new(x, "import");
		pending_patience(a.pending, PATIENCE, "it is under way but not on disk yet: look at the register");
		act(x, &a);
	}
	json_decref(body);
}
