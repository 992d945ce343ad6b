#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "gate/relay_inside.h"
#include "gate/respond.h"

#define UNREAD_BYTES 8192 /* what a client of a stream sends is not read: it has nothing to say */
#define ANSWER_BYTES 65536

void relay_client_free(struct relay_client *c)
{
	relay_leave(c);
	if (c->ask)
		upcall_cancel(c->ask);
	evbuffer_free(c->answer);
	evbuffer_free(c->staged);
	free(c->query);
	explicit_bzero(c->token, sizeof(c->token));
	free(c);
}

static void gone(struct evhttp_connection *connection _unused_, void *arg)
{
	struct relay_client *c = arg;

	/* Taken from its connection: ours to free. Still on it: evhttp frees it. */
	if (!evhttp_request_get_connection(c->http))
		evhttp_request_free(c->http);
	relay_client_free(c);
}

struct relay_client *relay_client_new(struct relay_desk *d, struct web_call *call, const char *token)
{
	const char *last = respond_asked(call->http, "Last-Event-ID");
	struct relay_client *c = MEM_NEW(struct relay_client);
	int64_t id = 0;

	if (last && str_to_i64(last, &id) == 0 && id > 0)
		c->last_id = (uint64_t)id;
	c->desk = d;
	c->http = call->http;
	c->query = mem_strdup(evhttp_uri_get_query(evhttp_request_get_evhttp_uri(call->http)));
	snprintf(c->token, sizeof(c->token), "%s", token);
	snprintf(c->address, sizeof(c->address), "%s", call->visitor->address);
	c->answer = evbuffer_new();
	c->staged = evbuffer_new();
	if (!c->answer || !c->staged)
		abort();
	c->next_asking = d->asking;
	d->asking = c;
	evhttp_connection_set_closecb(evhttp_request_get_connection(c->http), gone, c);
	return c;
}

/* ---- who it is ---- */

static enum upcall_taken take_answer(void *context, const struct upcall_head *head _unused_, const char *bytes,
				     size_t len)
{
	struct relay_client *c = context;

	if (evbuffer_get_length(c->answer) + len > ANSWER_BYTES)
		return UPCALL_ENOUGH;
	evbuffer_add(c->answer, bytes, len);
	return UPCALL_TAKEN;
}

/* What all that a relay is of have in common. */
static char *key_of(struct relay_client *c, long status)
{
	size_t len = evbuffer_get_length(c->answer);
	json_t *session = json_loadb((const char *)evbuffer_pullup(c->answer, -1), len, 0, NULL);
	const char *role = json_string_value(json_object_get(session, "role"));
	char *scope = json_dumps(json_object_get(session, "scope"), JSON_COMPACT | JSON_ENCODE_ANY);
	struct str_buf key = { 0 };

	c->wall = json_is_true(json_object_get(session, "wall"));
	/* A daemon that does not say who somebody is: nobody shares his stream. */
	if (status == 200 && role && scope)
		str_buf_printf(&key, "role %s\n%s\n%s", role, scope, c->query ? c->query : "");
	else
		str_buf_printf(&key, "session %s\n%s", c->token, c->query ? c->query : "");
	free(scope);
	json_decref(session);
	return str_buf_take(&key);
}

static void judge(struct relay_client *c, long status)
{
	_cleanup_(freep) void *key = key_of(c, status);

	if (!c->relay)
		relay_take(c->desk, c, key);
	else if (!str_equal(c->relay->key, key))
		relay_client_end(c); /* another role or scope by now: it comes back as that */
}

static void asked(void *context, const struct upcall_head *head, int error)
{
	struct relay_client *c = context;
	bool ended = head->status == 401 || head->status == 403;

	c->ask = NULL;
	c->asked_us = clock_mono_us();
	if (c->desk->closing)
		return;
	if (error < 0 || head->status == 0) {
		if (!c->relay)
			relay_client_refuse(c, 503, NULL);
	} else if (head->status == 200 || head->status == 404) {
		judge(c, head->status);
	} else if (!c->began) {
		relay_client_refuse(c, (int)head->status, c->answer);
	} else if (ended) {
		relay_client_end(c);
	}
}

void relay_client_ask(struct relay_client *c)
{
	evbuffer_drain(c->answer, evbuffer_get_length(c->answer));
	/* clang-format off */
	c->ask = upcall_start(c->desk->web->upcalls, &(struct upcall_setup){
		.method = "GET", .path = "/v1/session", .handler = { c, take_answer, asked },
		.headers = (const char *const[]){
			"X-Estate-Client",  c->address,
			"X-Estate-Session", c->token,
			/* Nobody has done anything: a session that is idle stays so. */
			"X-Estate-Idle",    c->relay && !c->wall ? "1" : NULL,
			NULL } });
	/* clang-format on */
}

/* ---- what it gets ---- */

void relay_client_begin(struct relay_client *c)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(c->http));
	struct visitor *v = visitor_table_find(c->desk->web->visitors, c->http);

	if (c->began)
		return;
	c->began = true;
	if (v)
		visitor_begins_stream(v);
	respond_add(c->http, "Content-Type", "text/event-stream");
	respond_add(c->http, "Cache-Control", "no-store");
	evhttp_send_reply_start(c->http, 200, "OK");
	/* evhttp reads nothing while it answers; only a reader notices that the client leaves. */
	bufferevent_setwatermark(bev, EV_READ, 0, UNREAD_BYTES);
	bufferevent_enable(bev, EV_READ);
}

void relay_client_stage(struct relay_client *c, const char *text, size_t len)
{
	if (evbuffer_add(c->staged, text, len) < 0)
		abort();
}

static size_t missed_bytes(const struct relay_client *c)
{
	const struct relay *r = c->relay;
	size_t len = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->ring[(r->first + i) % RELAY_RING].id > c->seen_id)
			len += r->ring[(r->first + i) % RELAY_RING].len;
	return len;
}

void relay_client_welcome(struct relay_client *c)
{
	const struct relay *r = c->relay;

	if (c->welcomed || !c->began || !r->from_id)
		return;
	c->welcomed = true;
	c->seen_id = MAX(c->last_id, r->from_id);
	if (!c->last_id) {
		c->seen_id = r->last_id;
		/* An id without data is no event, but says where the client stands should it leave before the first. */
		evbuffer_add_printf(c->staged, "retry: 2000\nid: %llu\n\n", (unsigned long long)r->last_id);
		return;
	}
	evbuffer_add_printf(c->staged, "retry: 2000\n\n");
	/* Very much is read faster as a list. */
	if (c->last_id < r->from_id || missed_bytes(c) > RELAY_CROWDED) {
		c->seen_id = r->last_id;
		evbuffer_add_printf(c->staged, "id: %llu\nevent: gap\ndata: {\"from\":%llu,\"to\":%llu}\n\n",
				    (unsigned long long)r->last_id, (unsigned long long)c->last_id,
				    (unsigned long long)r->last_id);
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		const struct relay_frame *f = &r->ring[(r->first + i) % RELAY_RING];

		if (f->id <= c->seen_id)
			continue;
		relay_client_stage(c, f->text, f->len);
		c->seen_id = f->id;
	}
}

size_t relay_client_unsent(const struct relay_client *c)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(c->http);

	return evbuffer_get_length(bufferevent_get_output(evhttp_connection_get_bufferevent(connection)));
}

void relay_client_flush(struct relay_client *c)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(c->http);

	if (!c->began || evbuffer_get_length(c->staged) == 0)
		return;
	if (relay_client_unsent(c) + evbuffer_get_length(c->staged) <= WEB_BUFFER_BYTES) {
		evhttp_send_reply_chunk(c->http, c->staged);
		return;
	}
	c->desk->counts.dropped++;
	evhttp_connection_set_closecb(connection, NULL, NULL);
	relay_client_free(c);
	evhttp_connection_free(connection); /* with its request */
}

/* ---- the end ---- */

void relay_client_refuse(struct relay_client *c, int status, struct evbuffer *body)
{
	struct evhttp_request *http = c->http;
	size_t len = body ? evbuffer_get_length(body) : 0;

	evhttp_connection_set_closecb(evhttp_request_get_connection(http), NULL, NULL);
	if (len) {
		respond_add(http, "Content-Type", "application/json");
		respond_add(http, "Cache-Control", "no-store");
		respond_send(http, status, evbuffer_pullup(body, -1), len);
	} else if (status == 401) {
		respond_error(http, (struct respond_problem){ status, NULL },
			      "the session has ended: POST /v1/login first");
	} else {
		respond_add(http, "Retry-After", "2");
		respond_error(http, (struct respond_problem){ status, NULL },
			      "estated does not answer, or has too many streams; alarms are not told on this page");
	}
	relay_client_free(c);
}

void relay_client_end(struct relay_client *c)
{
	static const char last_words[] = "event: session\ndata: {\"state\":\"ended\"}\n\n";
	struct evhttp_request *http = c->http;

	if (!c->began) {
		relay_client_refuse(c, 401, NULL);
		return;
	}
	relay_client_stage(c, last_words, sizeof(last_words) - 1);
	evhttp_connection_set_closecb(evhttp_request_get_connection(http), NULL, NULL);
	evhttp_send_reply_chunk(http, c->staged);
	relay_client_free(c);
	evhttp_send_reply_end(http);
}
