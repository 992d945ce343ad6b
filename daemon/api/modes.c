#include "api/modes.h"

#include <errno.h>

#include "api/acts.h"
#include "api/allow.h"
#include "api/pending.h"
#include "api/rows.h"
#include "base/str.h"

static json_t *text_or_null(const char *text)
{
	json_t *json = text ? json_string(text) : NULL;

	return json ? json : json_null();
}

static json_t *row_of(const struct mode *m)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "mode", mode_name(m->kind), "subject", m->subject, "since",
			 rows_time(m->since_us), "until", rows_time(m->spell.until_us), "by", text_or_null(m->spell.by),
			 "reason", text_or_null(m->spell.why));
}

/* Why a home is in test, and who says so, is said of people. */
static void veil(json_t *row)
{
	json_object_set_new(row, "by", json_null());
	json_object_set_new(row, "reason", json_null());
}

void modes_get(struct call *x)
{
	const struct mode_book *book = evaluator_modes(x->api->source->alarms(x->api->source->context));
	json_t *list = json_array();

	for (size_t i = 0; i < book->count; i++) {
		const struct mode *m = book->all[i];
		json_t *row;

		if (m->kind == MODE_KNOWN || /* nobody has set that */
		    !party_knows(&x->by, allow_place_of(x->api, m->subject)))
			continue;
		row = row_of(m);
		if (!party_reads_homes(&x->by) && allow_is_home(x->api, m->subject))
			veil(row);
		json_array_append_new(list, row);
	}
	call_json(x, list);
}

static void say_refusal(struct call *x, const struct evaluator_mode *m, int error, struct str_buf *to)
{
	struct str_buf life _cleanup_str_buf_ = { 0 };
	const char *what = m->kind == MODE_TEST ? "in test" : "out of service";

	switch (error) {
	case -ENOENT:
		str_buf_printf(to, m->kind == MODE_TEST ? "no device and no place '%s'" : "no device '%s'", m->subject);
		break;
	case -EALREADY: str_buf_printf(to, "'%s' is not %s", m->subject, what); break;
	case -EPERM:
		evaluator_life_safety_of(x->api->source->alarms(x->api->source->context), m->subject, &life);
		str_buf_printf(to,
			       "device '%s' protects life (%s): it is never out of service; put it in test instead: "
			       "estatectl test %s",
			       m->subject, str_buf_text(&life), m->subject);
		break;
	case -ENOSPC: str_buf_printf(to, "too many are %s already: expected at most %d", what, MODE_MAX); break;
	default: str_buf_printf(to, "'%s': %s", m->subject, strerror(-error)); break;
	}
}

/* What the caller gets when it is durable: the mode, and what goes on all the same. */
static json_t *answer_of(struct api *a, enum mode_kind kind, const char *subject)
{
	const struct evaluator *e = a->source->alarms(a->source->context);
	const struct mode *on = mode_book_find(evaluator_modes(e), kind, subject);
	struct str_buf life _cleanup_str_buf_ = { 0 };
	json_t *answer;

	if (!on)
		return json_pack("{s:s, s:s, s:n}", "mode", mode_name(kind), "subject", subject, "until");
	answer = row_of(on);
	if (kind == MODE_OUT_OF_SERVICE)
		evaluator_life_safety_of(e, subject, &life);
	if (life.len)
		json_object_set_new(answer, "goes_on", json_string(str_buf_text(&life)));
	return answer;
}

static json_t *service_answer(struct api *a, const char *subject)
{
	return answer_of(a, MODE_OUT_OF_SERVICE, subject);
}

static json_t *test_answer(struct api *a, const char *subject)
{
	return answer_of(a, MODE_TEST, subject);
}

static void set(struct call *x, const struct evaluator_mode *m)
{
	const struct api_source *source = x->api->source;
	struct api_pending *p = pending_new(x, m->subject);
	struct str_buf text _cleanup_str_buf_ = { 0 };
	struct call_problem problem = { 0 };
	int r;

	pending_set_maker(p, m->kind == MODE_TEST ? test_answer : service_answer);
	if (!party_knows(&x->by, allow_place_of(x->api, m->subject)))
		r = -ENOENT;
	else
		r = source->mode ? source->mode(source->context, m, p) : -ENOSYS;
	if (r == 0)
		return;
	x->api->errors++;
	say_refusal(x, m, r, &text);
	problem.status = acts_status(r);
	pending_answer(p, problem.status, call_problem_new(problem, str_buf_text(&text)));
}

struct request {
	enum mode_kind kind;
	const char *subject; /* its name in the path */
	struct acts_length bounds;
	const struct acts_key *keys;
};

/* "for": "0s" ends it. */
static void begin_or_end(struct call *x, const struct request *r)
{
	struct evaluator_mode m = { .kind = r->kind, .subject = router_value(&x->match, r->subject) };
	json_t *body = acts_body(x, r->keys);

	if (!body)
		return;
	m.who = x->by.who;
	m.note = json_string_value(json_object_get(body, "reason"));
	if (acts_for(x, body, &r->bounds, &m.for_us)) {
		if (m.for_us && r->kind == MODE_OUT_OF_SERVICE && !(m.note && *m.note))
			call_error(x, (struct call_problem){ 400, "reason" }, "reason: expected a text");
		else
			set(x, &m);
	}
	json_decref(body);
}

void modes_service(struct call *x)
{
	static const struct acts_key keys[] = { { "for", NULL, true }, { "reason", NULL, false }, { 0 } };

	begin_or_end(x, &(struct request){ MODE_OUT_OF_SERVICE, "device", { 0, 90 * DAY, 0 }, keys });
}

void modes_test(struct call *x)
{
	static const struct acts_key keys[] = { { "for", NULL, false }, { "reason", NULL, false }, { 0 } };

	begin_or_end(x, &(struct request){ MODE_TEST, "subject", { 0, 7 * DAY, 30 * MINUTE }, keys });
}
