#include "api/walk.h"

#include <event2/buffer.h>
#include <event2/event.h>

#include "base/mem.h"
#include "upstream/alarm_json.h"

#define PIECE_BYTES 32768 /* a piece is sent when it has grown to this */
#define PIECE_ROWS  2000  /* rows looked at in one turn */

struct walk {
	struct walk *next;
	struct api *api;
	struct evhttp_request *http;
	const struct walk_kind *kind;
	char *match;
	uint32_t *order; /* NULL: all, as they stand */
	size_t order_count;
	size_t position, sent;
	struct evbuffer *piece;
	struct event *turn;
	bool started; /* the head of the answer has gone */
};

static void walk_free(struct walk *w)
{
	for (struct walk **link = &w->api->walks; *link; link = &(*link)->next)
		if (*link == w) {
			*link = w->next;
			break;
		}
	event_free(w->turn);
	evbuffer_free(w->piece);
	free(w->match);
	free(w->order);
	free(w);
}

static void gone(struct evhttp_connection *connection _unused_, void *arg)
{
	struct walk *w = arg;

	/* Taken from its connection: ours to free. Still on it: evhttp frees it. */
	if (!evhttp_request_get_connection(w->http))
		evhttp_request_free(w->http);
	walk_free(w);
}

/* Adds rows to the piece; true when the list is complete. */
static bool fill(struct walk *w)
{
	size_t count = w->order ? w->order_count : w->kind->count(w->api);

	for (size_t looked = 0; looked < PIECE_ROWS && evbuffer_get_length(w->piece) < PIECE_BYTES; looked++) {
		json_t *row;
		char *text;

		if (w->position >= count)
			break;
		row = w->kind->row(w->api, w->order ? w->order[w->position] : w->position, w->match);
		w->position++;
		if (!row)
			continue;
		evbuffer_add(w->piece, w->sent++ ? "," : "[", 1);
		text = alarm_json_text(row);
		evbuffer_add(w->piece, text, strlen(text));
		free(text);
		json_decref(row);
	}
	if (w->position < count)
		return false;
	evbuffer_add_printf(w->piece, "%s]\n", w->sent ? "" : "[");
	return true;
}

static void head(struct walk *w)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(w->http);

	evhttp_add_header(headers, "Content-Type", "application/json");
	evhttp_add_header(headers, "Cache-Control", "no-store");
}

static void advance(struct walk *w);

static void piece_left(struct evhttp_connection *connection _unused_, void *arg)
{
	advance(arg);
}

static void next_turn(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	advance(arg);
}

static void advance(struct walk *w)
{
	bool complete = fill(w);
	struct evhttp_connection *connection = evhttp_request_get_connection(w->http);

	if (complete && !w->started) {
		head(w);
		evhttp_connection_set_closecb(connection, NULL, NULL);
		evhttp_send_reply(w->http, 200, "OK", w->piece);
		walk_free(w);
		return;
	}
	if (!w->started) {
		head(w);
		evhttp_send_reply_start(w->http, 200, "OK");
		w->started = true;
	}
	if (complete) {
		evhttp_send_reply_chunk(w->http, w->piece);
		evhttp_connection_set_closecb(connection, NULL, NULL);
		evhttp_send_reply_end(w->http);
		walk_free(w);
	} else if (evbuffer_get_length(w->piece)) {
		evhttp_send_reply_chunk_with_cb(w->http, w->piece, piece_left, w);
	} else {
		evtimer_add(w->turn, &(struct timeval){ 0 });
	}
}

void walk_start(struct call *x, const struct walk_kind *kind)
{
	walk_start_ordered(x, kind, NULL, 0);
}

void walk_start_ordered(struct call *x, const struct walk_kind *kind, uint32_t *order, size_t count)
{
	struct walk *w = MEM_NEW(struct walk);
	const char *match = call_query(x, "match");

	w->api = x->api;
	w->http = x->http;
	w->kind = kind;
	w->order = order;
	w->order_count = count;
	w->match = mem_strdup(match);
	w->piece = evbuffer_new();
	w->turn = evtimer_new(x->api->base, next_turn, w);
	if (!w->piece || !w->turn)
		abort();
	w->next = x->api->walks;
	x->api->walks = w;
	evhttp_connection_set_closecb(evhttp_request_get_connection(x->http), gone, w);
	advance(w);
}

void walk_stop(struct api *a)
{
	while (a->walks) {
		evhttp_connection_set_closecb(evhttp_request_get_connection(a->walks->http), NULL, NULL);
		walk_free(a->walks);
	}
}
