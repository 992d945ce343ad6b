#include "api/acts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/allow.h"
#include "api/pending.h"
#include "api/people.h"
#include "api/rows.h"
#include "api/walk.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

#define NOTE_MAX 500 /* bytes */

/* What of the list is wanted. */
struct filter {
	unsigned states;  /* a set: 1 << enum alarm_state */
	int priority;     /* this one and more urgent ones; 0: all */
	int64_t since_us; /* raised since; 0: all */
	char place[];     /* a glob; "": all */
};

bool acts_read_since(const char *text, int64_t *ret_us)
{
	int64_t ago_us;

	if (str_to_duration(text, &ago_us) == 0 && ago_us >= 0) {
		*ret_us = clock_wall_us() - ago_us;
		return true;
	}
	return clock_parse(text, ret_us) == 0;
}

/* All but normal, those that are named, or all. */
static bool read_states(struct call *x, unsigned *ret_states)
{
	const char *states = call_query(x, "state");
	unsigned set = 0;
	bool all;

	if (!call_switch(x, "all", &all))
		return false;
	while (states) {
		char name[32] = "";
		size_t len = strcspn(states, ",");
		enum alarm_state state;

		memcpy(name, states, MIN(len, sizeof(name) - 1));
		if (alarm_state_parse(name, &state) < 0) {
			call_error(x, (struct call_problem){ 400, "state" },
				   "state '%s': expected unacked, acked, rtn_unacked, latched, shelved, suppressed, "
				   "out_of_service or normal, several separated by commas",
				   name);
			return false;
		}
		set |= 1u << state;
		states = states[len] ? states + len + 1 : NULL;
	}
	if (!set)
		set = all ? ~0u : ~(1u << ALARM_NORMAL);
	*ret_states = set;
	return true;
}

static bool read_filter(struct call *x, struct filter *f)
{
	const char *priority = call_query(x, "priority"), *since = call_query(x, "since");
	uint16_t number = 0;

	if (!read_states(x, &f->states))
		return false;
	if (priority && (str_to_u16(priority, &number) < 0 || number < 1 || number > 4)) {
		call_error(x, (struct call_problem){ 400, "priority" }, "priority '%s': expected 1..4", priority);
		return false;
	}
	f->priority = number;
	if (since && !acts_read_since(since, &f->since_us)) {
		call_error(x, (struct call_problem){ 400, "since" },
			   "since '%s': expected a duration as \"2h\", or a time as 2026-11-22T03:00", since);
		return false;
	}
	return true;
}

static bool wanted(const struct filter *f, const struct alarm *a)
{
	return f->states & 1u << a->state && (!f->priority || a->priority <= f->priority) &&
	       (!f->since_us || a->since_us >= f->since_us) && (!*f->place || str_match(f->place, a->place));
}

static size_t alarm_count(const struct api *a)
{
	return evaluator_count(a->source->alarms(a->source->context));
}

static json_t *alarm_row(const struct api *a, size_t index, const struct walk_view *view)
{
	const struct alarm *alarm = evaluator_next(a->source->alarms(a->source->context), &index);

	if (!alarm || !party_knows(&view->by, alarm->place))
		return NULL;
	return wanted(view->wish, alarm) ? allow_alarm(a, &view->by, alarm) : json_null();
}

void acts_alarms(struct call *x)
{
	static const struct walk_kind kind = { .count = alarm_count, .row = alarm_row, .whole = true };
	const char *place = call_query(x, "place");
	size_t len = place ? strlen(place) : 0;
	struct filter *f = mem_alloc(sizeof(*f) + len + 1);

	*f = (struct filter){ 0 };
	memcpy(f->place, place ? place : "", len + 1);
	if (read_filter(x, f))
		walk_start_wish(x, &kind, f);
	else
		free(f);
}

int acts_status(int error)
{
	switch (error) {
	case -ENOENT: return 404;
	case -EALREADY:
	case -EBUSY:
	case -EINVAL: return 409;
	case -EACCES:
	case -EPERM: return 403;
	case -ENOSPC:
	case -EAGAIN: return 503;
	default: return 500;
	}
}

/* What is wrong, where the input and the state say it better than the error alone. */
static const char *sentence_of(int error, enum alarm_input input, const struct alarm *a)
{
	if (error == -EPERM)
		return "alarm '%s' protects life: it is never shelved; acknowledge it, or put its device in test: "
		       "estatectl "
		       "test";
	if (input == ALARM_IN_UNSHELVE && error == -EALREADY)
		return "alarm '%s' is not shelved";
	if (input == ALARM_IN_SHELVE && error == -EBUSY)
		return "the device of alarm '%s' is out of service: nobody is told of it anyway";
	if (a && a->state == ALARM_SHELVED)
		return "alarm '%s' is shelved: take it off the shelf first: estatectl unshelve";
	if (a && a->state == ALARM_SUPPRESSED)
		return "alarm '%s' is suppressed while another one explains it: look after that one";
	if (a && a->state == ALARM_OUT_OF_SERVICE)
		return "the device of alarm '%s' is out of service: put it back first: estatectl in-service";
	switch (error) {
	case -ENOENT: return "no alarm '%s' is open; see /v1/alarms";
	case -EALREADY: return "alarm '%s' is so already";
	case -EINVAL: return "alarm '%s' must be acknowledged first";
	case -EBUSY: return "the condition of alarm '%s' still holds: it can be closed when that is over";
	default: return NULL;
	}
}

static json_t *problem_of(const char *alarm, int error, const char *text)
{
	struct call_problem problem = { .status = acts_status(error), .field = error == -ENOENT ? "alarm" : NULL };
	struct str_buf said _cleanup_str_buf_ = { 0 };
	const char *mark = text ? strstr(text, "%s") : NULL;

	if (mark)
		str_buf_printf(&said, "%.*s%s%s", (int)(mark - text), text, alarm, mark + 2);
	else if (text && *text)
		str_buf_add(&said, text);
	else
		str_buf_printf(&said, "alarm '%s': %s", alarm, strerror(-error));
	return call_problem_new(problem, str_buf_text(&said));
}

void acts_finish(struct api_pending *p, int error, const char *text)
{
	const char *id = pending_subject(p);
	struct api *a = pending_api(p);
	const struct alarm *alarm;

	if (!a) {
		pending_answer(p, 503, NULL);
	} else if (error < 0) {
		a->errors++;
		pending_answer(p, acts_status(error), problem_of(id, error, text));
	} else {
		json_t *made = pending_made(p);

		alarm = evaluator_find(a->source->alarms(a->source->context), id);
		pending_answer(p, 200,
			       made    ? made
			       : alarm ? rows_alarm(alarm)
				       : json_pack("{ss ss}", "alarm", id, "state", "normal"));
	}
}

/* One that is not open any more is told by its id. */
static bool is_of_home(const struct api *a, const struct alarm *alarm, const char *id)
{
	const char *slash = strchr(id, '/');

	return alarm ? allow_is_of_home(a, alarm) : slash && allow_is_home(a, slash + 1);
}

/* What was said about homes is not for everybody. */
static json_t *chapters_for(const struct api_pending *p, const struct alarm *alarm, json_t *chapters)
{
	json_t *row;
	size_t i;

	if (!api_role_in(pending_role(p), API_FOR_DESK) && is_of_home(pending_api(p), alarm, pending_subject(p)))
		json_array_foreach(chapters, i, row) allow_veil_alarm(row);
	return chapters;
}

void acts_finish_story(struct api_pending *p, int error, json_t *chapters)
{
	const char *id = pending_subject(p);
	struct api *a = pending_api(p);
	const struct alarm *alarm = a ? evaluator_find(a->source->alarms(a->source->context), id) : NULL;
	json_t *answer;

	if (!a || error < 0 || (!alarm && json_array_size(chapters) == 0)) {
		json_decref(chapters);
		error = error < 0 ? error : -ENOENT;
		pending_answer(p, error == -ENOENT ? 404 : 503,
			       a ? problem_of(id, error == -ENOENT ? error : -EAGAIN,
					      error == -ENOENT ? "no alarm '%s' is open, and none ever was"
							       : "the history cannot be read now: check the disk: "
								 "estatectl status")
				 : NULL);
		return;
	}
	answer = alarm ? rows_alarm(alarm) : json_pack("{ss ss}", "alarm", id, "state", "normal");
	json_object_set_new(answer, "story", chapters_for(p, alarm, chapters));
	if (!api_role_in(pending_role(p), API_FOR_DESK) && is_of_home(a, alarm, id))
		allow_veil_alarm(answer);
	if (a->source->told)
		json_object_set_new(answer, "told",
				    people_told_to(pending_role(p), a->source->told(a->source->context, id)));
	pending_answer(p, 200, answer);
}

void acts_story(struct call *x)
{
	const struct api_source *source = x->api->source;
	const char *id = router_value(&x->match, "alarm");
	struct api_pending *p = pending_new(x, id);
	int r;

	if (!allow_knows_alarm(x, id)) {
		acts_finish_story(p, -ENOENT, NULL);
		return;
	}
	r = source->story ? source->story(source->context, id, p) : -ENOSYS;

	if (r < 0)
		acts_finish_story(p, -EAGAIN, NULL);
}

/* Hands a person's input to the engine and answers, now or when it is durable. */
static void command(struct call *x, struct evaluator_command c)
{
	const struct api_source *source = x->api->source;
	const struct alarm *alarm;
	struct api_pending *p;
	int r;

	c.alarm = router_value(&x->match, "alarm");
	c.who = c.who ? c.who : x->by.who;
	p = pending_new(x, c.alarm);
	r = allow_knows_alarm(x, c.alarm) ? source->command(source->context, &c, p) : -ENOENT;
	if (r == 0)
		return;
	alarm = r == -ENOENT ? NULL : evaluator_find(source->alarms(source->context), c.alarm);
	acts_finish(p, r, sentence_of(r, c.input, alarm));
}

static bool is_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (const char *at = words; len && (at = strstr(at, text)); at += len)
		if ((at == words || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
			return true;
	return false;
}

static bool key_good(struct call *x, const struct acts_key *key, const json_t *value)
{
	struct call_problem problem = { 400, key->name };

	if (!value && !key->needed)
		return true;
	if (key->words && (!json_is_string(value) || !is_word(key->words, json_string_value(value))))
		call_error(x, problem, "%s: expected one of: %s", key->name, key->words);
	else if (!json_is_string(value))
		call_error(x, problem, "%s: expected a text", key->name);
	else if (json_string_length(value) > NOTE_MAX)
		call_error(x, problem, "%s: %zu bytes: expected at most %d", key->name, json_string_length(value),
			   NOTE_MAX);
	else
		return true;
	return false;
}

json_t *acts_body(struct call *x, const struct acts_key *keys)
{
	json_t *body = call_body(x), *value;
	const char *name;

	if (!body)
		return NULL;
	json_object_foreach(body, name, value)
	{
		struct str_nearest nearest = { .word = name };
		const struct acts_key *key = keys;

		for (; key->name && !str_equal(key->name, name); key++)
			str_nearest_try(&nearest, key->name);
		if (!key->name) {
			call_error(x, (struct call_problem){ 400, name }, "unknown key '%s'%s%s%s", name,
				   nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "",
				   nearest.best ? "'?" : "");
			json_decref(body);
			return NULL;
		}
	}
	for (const struct acts_key *key = keys; key->name; key++)
		if (!key_good(x, key, json_object_get(body, key->name))) {
			json_decref(body);
			return NULL;
		}
	return body;
}

static const char *text_at(const json_t *body, const char *key)
{
	return json_string_value(json_object_get(body, key));
}

bool acts_for(struct call *x, const json_t *body, const struct acts_length *bounds, int64_t *ret_us)
{
	const char *text = text_at(body, "for");
	char least[STR_DURATION_MAX], most[STR_DURATION_MAX];
	int64_t us = bounds->fallback_us;

	if (text && str_to_duration(text, &us) < 0)
		us = -1;
	if (us >= bounds->least_us && us <= bounds->most_us) {
		*ret_us = us;
		return true;
	}
	call_error(x, (struct call_problem){ 400, "for" }, "for '%s': expected a duration of %s to %s, as \"2h\"",
		   text ? text : "", str_from_duration(bounds->least_us, least),
		   str_from_duration(bounds->most_us, most));
	return false;
}

/* One that needs no more than a note. */
static void noted(struct call *x, enum alarm_input input, bool needed)
{
	const struct acts_key keys[] = { { "note", NULL, needed }, { 0 } };
	json_t *body = acts_body(x, keys);

	if (!body)
		return;
	command(x, (struct evaluator_command){ .input = input, .note = text_at(body, "note") });
	json_decref(body);
}

void acts_ack(struct call *x)
{
	noted(x, ALARM_IN_ACK, false);
}

void acts_unshelve(struct call *x)
{
	noted(x, ALARM_IN_UNSHELVE, false);
}

void acts_comment(struct call *x)
{
	noted(x, ALARM_IN_COMMENT, true);
}

/* Whoever is there may not be the one who says so. */
void acts_arrive(struct call *x)
{
	static const struct acts_key keys[] = { { "by", NULL, false }, { "note", NULL, false }, { 0 } };
	json_t *body = acts_body(x, keys);
	struct str_buf who _cleanup_str_buf_ = { 0 };

	if (!body)
		return;
	if (text_at(body, "by"))
		str_buf_printf(&who, "%s (%s)", text_at(body, "by"), x->by.who);
	command(x,
		(struct evaluator_command){ .input = ALARM_IN_ARRIVE, .note = text_at(body, "note"), .who = who.text });
	json_decref(body);
}

/* "18:00" is the next one, in the estate's own time; else a moment. */
static bool read_moment(const char *text, int64_t now_us, int64_t *ret_us)
{
	bool hour = strlen(text) == 5 && text[2] == ':';

	for (int day = 0; hour && day < 2; day++) {
		char iso[CLOCK_ISO_MAX];
		struct str_buf moment _cleanup_str_buf_ = { 0 };

		str_buf_printf(&moment, "%.10sT%s", clock_format_iso(now_us + day * DAY, iso), text);
		if (clock_parse(str_buf_text(&moment), ret_us) < 0)
			return false;
		if (*ret_us > now_us)
			return true;
	}
	return !hour && clock_parse(text, ret_us) == 0;
}

/* The moment that the body says. */
static bool read_until(struct call *x, const json_t *body, const struct acts_length *bounds, int64_t *ret_us)
{
	const char *text = text_at(body, "until");
	int64_t now_us = clock_wall_us(), until_us = 0;
	char most[STR_DURATION_MAX];

	if (json_object_get(body, "for")) {
		call_error(x, (struct call_problem){ 400, "until" }, "expected either `for` or `until`");
		return false;
	}
	if (now_us < CLOCK_ERA_US) {
		call_error(x, (struct call_problem){ 409, "until" },
			   "the clock of this box is not set: say for how long instead, as \"2h\"");
		return false;
	}
	if (read_moment(text, now_us, &until_us) && until_us - now_us >= bounds->least_us &&
	    until_us - now_us <= bounds->most_us) {
		*ret_us = until_us;
		return true;
	}
	call_error(x, (struct call_problem){ 400, "until" },
		   "until '%s': expected a time in the next %s, as 18:00 or \"2026-11-22 18:00\"", text,
		   str_from_duration(bounds->most_us, most));
	return false;
}

void acts_shelve(struct call *x)
{
	static const struct acts_key keys[] = {
		{ "for", NULL, false }, { "until", NULL, false }, { "reason", NULL, true }, { 0 }
	};
	static const struct acts_length bounds = { S, ALARM_SHELF_MAX, 0 };
	json_t *body = acts_body(x, keys);
	struct evaluator_command c = { .input = ALARM_IN_SHELVE };

	if (!body)
		return;
	c.note = text_at(body, "reason");
	if (text_at(body, "until") ? read_until(x, body, &bounds, &c.until_us) : acts_for(x, body, &bounds, &c.for_us))
		command(x, c);
	json_decref(body);
}

void acts_close(struct call *x)
{
	static const struct acts_key keys[] = {
		{ "outcome", "real false test duplicate", true },
		{ "note", NULL, false },
		{ 0 },
	};
	json_t *body = acts_body(x, keys);
	struct str_buf note _cleanup_str_buf_ = { 0 };
	const char *said, *outcome;

	if (!body)
		return;
	/* The record of a reset keeps one note: the outcome leads it. */
	said = text_at(body, "note");
	outcome = text_at(body, "outcome");
	str_buf_add(&note, outcome);
	if (said && *said)
		str_buf_printf(&note, ": %s", said);
	command(x,
		(struct evaluator_command){ .input = ALARM_IN_RESET, .outcome = outcome, .note = str_buf_text(&note) });
	json_decref(body);
}
