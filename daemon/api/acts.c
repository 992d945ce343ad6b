#include "api/acts.h"

#include <errno.h>

#include "api/pending.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

#define NOTE_MAX 500 /* bytes */

void acts_alarms(struct call *x)
{
	const struct evaluator *book = x->api->source->alarms(x->api->source->context);
	const char *all = call_query(x, "all");
	json_t *list = json_array();
	size_t position = 0;
	const struct alarm *alarm;

	while ((alarm = evaluator_next(book, &position)))
		if (alarm->state != ALARM_NORMAL || (all && !str_equal(all, "0")))
			json_array_append_new(list, alarm_json_new(alarm));
	call_json(x, list);
}

static int status_of(int error)
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

static json_t *problem_of(const char *alarm, int error, const char *text)
{
	struct call_problem problem = { .status = status_of(error), .field = error == -ENOENT ? "alarm" : NULL };
	struct str_buf said _cleanup_str_buf_ = { 0 };

	if (text && *text)
		str_buf_add(&said, text);
	else if (error == -ENOENT)
		str_buf_printf(&said, "no alarm '%s' is open; see /v1/alarms", alarm);
	else if (error == -EALREADY)
		str_buf_printf(&said, "alarm '%s' is so already", alarm);
	else if (error == -EINVAL)
		str_buf_printf(&said, "alarm '%s' must be acknowledged first", alarm);
	else if (error == -EBUSY)
		str_buf_printf(&said, "the condition of alarm '%s' still holds: it can be closed when that is over",
			       alarm);
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
		pending_answer(p, status_of(error), problem_of(id, error, text));
	} else {
		alarm = evaluator_find(a->source->alarms(a->source->context), id);
		pending_answer(p, 200,
			       alarm ? alarm_json_new(alarm) : json_pack("{ss ss}", "alarm", id, "state", "normal"));
	}
}

/* Hands a person's input to the engine and answers, now or when it is durable. */
static void command(struct call *x, enum alarm_input input, const char *note)
{
	const struct api_source *source = x->api->source;
	const char *id = router_value(&x->match, "alarm");
	struct evaluator_command c = { .alarm = id, .input = input, .who = x->conn->peer.who, .note = note };
	struct api_pending *p = pending_new(x, id);
	int r = source->command(source->context, &c, p);

	if (r < 0)
		acts_finish(p, r, NULL);
}

struct body_key {
	const char *name;
	const char *words; /* "real false …", NULL: free text */
	bool needed;
};

static bool is_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (const char *at = words; len && (at = strstr(at, text)); at += len)
		if ((at == words || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
			return true;
	return false;
}

static bool key_good(struct call *x, const struct body_key *key, const json_t *value)
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

/* The body, checked against its keys (a row without a name ends them); NULL: answered. */
static json_t *checked_body(struct call *x, const struct body_key *keys)
{
	json_t *body = call_body(x), *value;
	const char *name;

	if (!body)
		return NULL;
	json_object_foreach(body, name, value)
	{
		struct str_nearest nearest = { .word = name };
		const struct body_key *key = keys;

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
	for (const struct body_key *key = keys; key->name; key++)
		if (!key_good(x, key, json_object_get(body, key->name))) {
			json_decref(body);
			return NULL;
		}
	return body;
}

void acts_ack(struct call *x)
{
	static const struct body_key keys[] = { { "note", NULL, false }, { 0 } };
	json_t *body = checked_body(x, keys);

	if (!body)
		return;
	command(x, ALARM_IN_ACK, json_string_value(json_object_get(body, "note")));
	json_decref(body);
}

void acts_close(struct call *x)
{
	static const struct body_key keys[] = {
		{ "outcome", "real false test duplicate", true },
		{ "note", NULL, false },
		{ 0 },
	};
	json_t *body = checked_body(x, keys);
	struct str_buf note _cleanup_str_buf_ = { 0 };
	const char *said;

	if (!body)
		return;
	/* The record of a reset keeps one note: the outcome leads it. */
	said = json_string_value(json_object_get(body, "note"));
	str_buf_add(&note, json_string_value(json_object_get(body, "outcome")));
	if (said && *said)
		str_buf_printf(&note, ": %s", said);
	command(x, ALARM_IN_RESET, str_buf_text(&note));
	json_decref(body);
}
