#include "api/people.h"

#include <errno.h>

#include "api/acts.h"
#include "api/allow.h"
#include "api/pending.h"
#include "api/rows.h"
#include "base/mem.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

/* Who is told of something at places that are his to see; who is told of all places is so for his, too. */
static bool serves(const struct party *by, const json_t *contact)
{
	const json_t *places = json_object_get(contact, "places"), *place;
	size_t i;

	if (by->scope.whole || json_array_size(places) == 0)
		return true;
	json_array_foreach(places, i, place) if (scope_touches(&by->scope, json_string_value(place))) return true;
	return false;
}

void people_contacts(struct call *x)
{
	const struct api_source *source = x->api->source;
	json_t *all = source->contacts ? source->contacts(source->context) : json_array(), *row;
	json_t *mine = json_array();
	size_t i;

	json_array_foreach(all, i, row) if (serves(&x->by, row)) json_array_append(mine, row);
	json_decref(all);
	call_json(x, mine);
}

/* A contact of that id, or of that duty. */
static bool is_called(const json_t *contact, const char *word)
{
	const json_t *duties = json_object_get(contact, "duties"), *duty;
	size_t i;

	json_array_foreach(duties, i, duty) if (str_equal(json_string_value(duty), word)) return true;
	return str_equal(json_string_value(json_object_get(contact, "contact")), word);
}

/* It calls people, and all of them are there for places of others. */
static bool is_of_others(const struct party *by, const json_t *contacts, const char *word)
{
	bool called = false;
	const json_t *row;
	size_t i;

	json_array_foreach(contacts, i, row)
	{
		if (is_called(row, word) && serves(by, row))
			return false;
		called = called || is_called(row, word);
	}
	return called;
}

static void leave_out_others(const struct party *by, const json_t *contacts, json_t *step)
{
	json_t *to = json_object_get(step, "to");

	for (size_t i = json_array_size(to); i-- > 0;)
		if (is_of_others(by, contacts, json_string_value(json_array_get(to, i))))
			json_array_remove(to, i);
}

/* How is for all places alike; who is not. */
void people_ladders(struct call *x)
{
	const struct api_source *source = x->api->source;
	json_t *contacts = source->contacts ? source->contacts(source->context) : json_array();
	json_t *ladders = source->ladders ? source->ladders(source->context) : json_array(), *ladder, *step;
	size_t i, k;

	json_array_foreach(ladders, i, ladder) json_array_foreach(json_object_get(ladder, "steps"), k, step)
		leave_out_others(&x->by, contacts, step);
	json_decref(contacts);
	call_json(x, ladders);
}

static bool place_good(struct call *x, const char *place)
{
	if (!place || place_path_valid(place))
		return true;
	call_error(x, (struct call_problem){ 400, "place" }, "place '%s': expected ids joined by '/', as b3/u1/1204",
		   place);
	return false;
}

void people_on_duty(struct call *x)
{
	const struct api_source *source = x->api->source;
	const char *place = call_query(x, "place");

	if (!place_good(x, place))
		return;
	if (!x->by.scope.whole && !scope_touches(&x->by.scope, place))
		call_error(x, (struct call_problem){ 404, "place" }, "place: expected one of yours");
	else
		call_json(x, source->on_duty ? source->on_duty(source->context, place ? place : "") : json_array());
}

/* ---- hand-over ---- */

static json_t *open_alarms(const struct call *x, const struct evaluator *e)
{
	json_t *list = json_array();
	const struct alarm *a;

	for (size_t position = 0; (a = evaluator_next(e, &position));)
		if (a->state != ALARM_NORMAL && party_knows(&x->by, a->place))
			json_array_append_new(list, rows_alarm(a));
	return list;
}

static json_t *modes(const struct call *x, const struct evaluator *e)
{
	const struct mode_book *book = evaluator_modes(e);
	json_t *list = json_array();

	for (size_t i = 0; i < book->count; i++) {
		const struct mode *m = book->all[i];

		if (mode_lasts(m->kind) || !party_knows(&x->by, allow_place_of(x->api, m->subject)))
			continue;
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s?, s:s?}", "mode", mode_name(m->kind),
						      "subject", m->subject, "until", rows_time(m->spell.until_us),
						      "by", m->spell.by, "reason", m->spell.why));
	}
	return list;
}

/* What the next shift has to know. */
void people_handover(struct call *x)
{
	const struct evaluator *e = x->api->source->alarms(x->api->source->context);

	call_json(x, json_pack("{s:o, s:o}", "open", open_alarms(x, e), "modes", modes(x, e)));
}

/* The ids of what is open go into the record: nobody can say later that he was not told. */
static json_t *open_ids(const struct call *x, const struct evaluator *e)
{
	json_t *list = json_array();
	const struct alarm *a;

	for (size_t position = 0; (a = evaluator_next(e, &position));)
		if (a->state != ALARM_NORMAL && party_knows(&x->by, a->place))
			json_array_append_new(list, json_string(a->id));
	return list;
}

/* What was handed over is what the request was about. */
static json_t *handed_over(struct api *a, const char *subject)
{
	(void)a;
	return json_loads(subject, 0, NULL);
}

/* Answered when the record is durable: nobody shall go home on one that a power cut takes back. */
static struct api_pending *keep_request(struct call *x, const struct api_handover *h)
{
	json_t *answer =
		json_pack("{s:s, s:s?, s:s?, s:O}", "to", h->to, "by", h->by, "note", h->note, "open", h->open);
	_cleanup_(freep) void *text = alarm_json_text(answer);
	struct api_pending *p = pending_new(x, text);

	json_decref(answer);
	pending_set_maker(p, handed_over);
	return p;
}

void people_hand_over(struct call *x)
{
	static const struct acts_key keys[] = {
		{ "to", NULL, true }, { "by", NULL, false }, { "note", NULL, false }, { 0 }
	};
	const struct api_source *source = x->api->source;
	json_t *body = acts_body(x, keys), *open;
	struct api_handover h;

	if (!body)
		return;
	open = open_ids(x, source->alarms(source->context));
	h = (struct api_handover){
		.who = x->by.who,
		.to = json_string_value(json_object_get(body, "to")),
		.by = json_string_value(json_object_get(body, "by")),
		.note = json_string_value(json_object_get(body, "note")),
		.open = open,
	};
	h.pending = keep_request(x, &h);
	if (source->hand_over)
		source->hand_over(source->context, &h);
	else
		api_finish(h.pending, -ENOSYS, "estated keeps no hand-overs");
	json_decref(open);
	json_decref(body);
}

/* ---- who was told ---- */

json_t *people_told_to(enum api_role role, json_t *told)
{
	static const char *const personal[] = { "contact", "name", "text" };
	json_t *row;
	size_t i;

	if (api_role_in(role, API_FOR_DESK))
		return told;
	json_array_foreach(told, i, row) for (size_t k = 0; k < ARRAY_SIZE(personal); k++)
		json_object_del(row, personal[k]);
	return told;
}
