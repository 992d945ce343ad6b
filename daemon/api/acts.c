#include "api/acts.h"

#include <errno.h>
#include <event2/event.h>

#include "base/mem.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

#define NOTE_MAX 500 /* bytes */

struct api_pending {
	struct api_pending *next;
	struct api *api;             /* NULL: the API has ended, acts_finish only frees */
	struct evhttp_request *http; /* NULL: the client has gone, or was told that it took too long */
	struct event *patience;
	char *alarm;
};

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

static void unlink_pending(struct api_pending *p)
{
	for (struct api_pending **link = &p->api->pendings; *link; link = &(*link)->next)
		if (*link == p) {
			*link = p->next;
			return;
		}
}

/* The pending request has no client any more; the engine still has to finish it. */
static void detach(struct api_pending *p)
{
	evtimer_del(p->patience);
	p->http = NULL;
}

static void pending_free(struct api_pending *p)
{
	if (p->api) {
		unlink_pending(p);
		event_free(p->patience);
	}
	free(p->alarm);
	free(p);
}

static void gone(struct evhttp_connection *connection _unused_, void *arg)
{
	struct api_pending *p = arg;

	if (!evhttp_request_get_connection(p->http))
		evhttp_request_free(p->http);
	detach(p);
}

static void answer(struct api_pending *p, int status, json_t *body)
{
	struct evhttp_request *http = p->http;
	struct evhttp_connection *connection = evhttp_request_get_connection(http);

	if (connection)
		evhttp_connection_set_closecb(connection, NULL, NULL);
	detach(p);
	call_answer(http, status, body);
}

static void out_of_patience(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct api_pending *p = arg;

	answer(p, 504,
	       call_problem_new(
		       (struct call_problem){ 504, NULL },
		       "it is done but not on disk yet; look at the alarm again, and at the disk: estatectl status"));
}

static struct api_pending *pending_new(struct call *x, const char *alarm)
{
	struct api_pending *p = MEM_NEW(struct api_pending);
	int64_t wait_us = x->api->limits.pending_us;
	struct timeval wait = { .tv_sec = wait_us / S, .tv_usec = wait_us % S };

	p->api = x->api;
	p->http = x->http;
	p->alarm = mem_strdup(alarm);
	p->patience = evtimer_new(x->api->base, out_of_patience, p);
	if (!p->patience)
		abort();
	evtimer_add(p->patience, &wait);
	p->next = x->api->pendings;
	x->api->pendings = p;
	evhttp_connection_set_closecb(evhttp_request_get_connection(x->http), gone, p);
	return p;
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
	const struct alarm *alarm;

	if (p->http && error < 0) {
		p->api->errors++;
		answer(p, status_of(error), problem_of(p->alarm, error, text));
	} else if (p->http) {
		alarm = evaluator_find(p->api->source->alarms(p->api->source->context), p->alarm);
		answer(p, 200,
		       alarm ? alarm_json_new(alarm) : json_pack("{ss ss}", "alarm", p->alarm, "state", "normal"));
	}
	pending_free(p);
}

void acts_stop(struct api *a)
{
	for (struct api_pending *p = a->pendings, *next; p; p = next) {
		next = p->next;
		if (p->http)
			evhttp_connection_set_closecb(evhttp_request_get_connection(p->http), NULL, NULL);
		event_free(p->patience);
		p->api = NULL;
		p->http = NULL;
	}
	a->pendings = NULL;
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
