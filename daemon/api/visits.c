#include "api/visits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/acts.h"
#include "api/allow.h"
#include "api/pending.h"
#include "api/recalls.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/resident.h"
#include "upstream/alarm_json.h"

#define SINCE_USUAL (31 * DAY)
#define PATIENCE    (30 * S)     /* a month of a big estate is read */
#define AHEAD_MAX   (5 * MINUTE) /* clocks differ */
#define BACK_MAX    (366 * DAY)

/* ---- when ---- */

static int64_t month_begins(int year, int month)
{
	char text[64];
	int64_t us = 0;

	snprintf(text, sizeof(text), "%04d-%02d-01T00:00:00", month > 12 ? year + 1 : year, month > 12 ? 1 : month);
	return clock_parse(text, &us) == 0 ? us : 0;
}

/* "2026-11" */
static bool parse_month(const char *text, int *ret_year, int *ret_month)
{
	char year[5] = "";
	int64_t y, m;

	if (strlen(text) != 7 || text[4] != '-')
		return false;
	memcpy(year, text, 4);
	if (str_to_i64(year, &y) < 0 || y < 1970 || y > 9997)
		return false;
	if (text[5] == '0' ? str_to_i64(text + 6, &m) < 0 : str_to_i64(text + 5, &m) < 0)
		return false;
	*ret_year = (int)y;
	*ret_month = (int)m;
	return m >= 1 && m <= 12;
}

/* The month that the query names; where it names none, that of now. What is to come is not in it. False: answered. */
static bool read_month(struct call *x, struct api_visits *a)
{
	const char *text = call_query(x, "month");
	int64_t now_us = clock_wall_us();
	struct clock_calendar c;
	int year, month;

	clock_calendar(now_us, &c);
	year = c.year;
	month = c.month;
	if (text && !parse_month(text, &year, &month)) {
		call_error(x, (struct call_problem){ 400, "month" }, "month '%s': expected one as 2026-11", text);
		return false;
	}
	a->from_us = month_begins(year, month);
	a->to_us = MIN(month_begins(year, month + 1), now_us + 1);
	if (a->from_us > now_us) {
		call_error(x, (struct call_problem){ 400, "month" }, "it has not begun yet");
		return false;
	}
	return true;
}

/* ---- what there is ---- */

static void ask(struct call *x, struct api_visits *a)
{
	const struct api_source *source = x->api->source;
	int r;

	a->scope = x->by.scope;
	a->pending = pending_new(x, "visits");
	pending_patience(a->pending, PATIENCE, "it is read for too long: try again in a moment");
	r = source->visits ? source->visits(source->context, a) : -ENOSYS;
	if (r < 0)
		pending_answer(a->pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"too many ask at the same time: try again in a moment"));
}

void visits_get(struct call *x)
{
	int64_t now_us = clock_wall_us();
	struct api_visits a = { .view = API_VISITS_LIST, .from_us = now_us - SINCE_USUAL, .to_us = now_us + 1 };

	if (!recalls_time(x, "since", &a.from_us) || !recalls_time(x, "until", &a.to_us) || !recalls_limit(x, &a.limit))
		return;
	a.worker = call_query(x, "worker");
	allow_note(x, "visits", true);
	ask(x, &a);
}

void visits_figures(struct call *x)
{
	struct api_visits a = { .view = API_VISITS_FIGURES };

	if (!read_month(x, &a))
		return;
	a.worker = call_query(x, "worker");
	ask(x, &a);
}

void visits_response(struct call *x)
{
	struct api_visits a = { .view = API_VISITS_RESPONSE };

	if (read_month(x, &a))
		ask(x, &a);
}

void visits_due(struct call *x)
{
	const struct api_source *source = x->api->source;
	json_t *all = source->visits_due ? source->visits_due(source->context) : json_array();
	json_t *mine = json_array(), *row;
	size_t i;

	json_array_foreach(all, i, row) if (party_knows(&x->by, json_string_value(json_object_get(row, "place"))))
		json_array_append(mine, row);
	json_decref(all);
	call_json(x, mine);
}

/* ---- one more ---- */

/* When it was: not said, or a moment of the last year. False: answered. */
static bool read_at(struct call *x, const json_t *body, int64_t *ret_us)
{
	const char *text = json_string_value(json_object_get(body, "at"));
	int64_t now_us = clock_wall_us();

	*ret_us = 0;
	if (!text)
		return true;
	if (acts_read_since(text, ret_us) && *ret_us > now_us - BACK_MAX && *ret_us < now_us + AHEAD_MAX)
		return true;
	call_error(x, (struct call_problem){ 400, "at" },
		   "at '%s': expected a duration as \"2h\" (ago), or a time of the last year as 2026-11-22T15:00",
		   text);
	return false;
}

/* What was recorded is what the request was about. */
static json_t *recorded(struct api *a, const char *subject)
{
	(void)a;
	return json_loads(subject, 0, NULL);
}

static void hand_over(struct call *x, struct api_visit *v, const json_t *body)
{
	const struct api_source *source = x->api->source;
	_cleanup_(freep) char *text = alarm_json_text(body);
	int r;

	v->pending = pending_new(x, text);
	pending_set_maker(v->pending, recorded);
	r = source->visit ? source->visit(source->context, v) : -ENOSYS;
	if (r < 0) {
		struct call_problem problem = { acts_status(r), "place" };

		pending_answer(v->pending, problem.status,
			       call_problem_new(problem, r == -ENOENT ? "place: the estate has no such building"
								      : "estated keeps no visits"));
	}
}

/* Whom they met, where that is said: one of the register, and of what is his. False: answered. */
static bool resident_known(struct call *x, const char *id)
{
	const struct api_source *source = x->api->source;
	size_t count = 0;
	const struct resident *all = id && source->residents ? source->residents(source->context, &count) : NULL;

	for (size_t i = 0; i < count; i++)
		if (str_equal(all[i].id, id) && party_knows(&x->by, all[i].place))
			return true;
	if (id)
		call_error(x, (struct call_problem){ 404, "resident" },
			   "resident '%s': expected an id of the register; see estatectl residents", id);
	return !id;
}

void visits_post(struct call *x)
{
	static const struct acts_key keys[] = { { "place", NULL, true },
						{ "kind", "visit phone", false },
						{ "resident", NULL, false },
						{ "worker", NULL, false },
						{ "note", NULL, false },
						{ "at", NULL, false },
						{ 0 } };
	json_t *body = acts_body(x, keys);
	struct api_visit v;

	if (!body)
		return;
	if (!json_object_get(body, "kind"))
		json_object_set_new(body, "kind", json_string("visit"));
	if (!json_object_get(body, "worker"))
		json_object_set_new(body, "worker", json_string(x->by.who));
	v = (struct api_visit){ .place = json_string_value(json_object_get(body, "place")),
				.resident = json_string_value(json_object_get(body, "resident")),
				.kind = json_string_value(json_object_get(body, "kind")),
				.worker = json_string_value(json_object_get(body, "worker")),
				.note = json_string_value(json_object_get(body, "note")),
				.who = x->by.who };
	if (!place_path_valid(v.place) || !party_knows(&x->by, v.place))
		call_error(x, (struct call_problem){ place_path_valid(v.place) ? 404 : 400, "place" },
			   "place '%s': expected a dwelling as b3/u1/1204", v.place);
	else if (resident_known(x, v.resident) && read_at(x, body, &v.at_us))
		hand_over(x, &v, body);
	json_decref(body);
}
