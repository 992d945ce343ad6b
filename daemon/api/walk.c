#include "api/walk.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/reply.h"
#include "base/mem.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

#define PIECE_BYTES 32768 /* a piece is sent when it has grown to this */
#define PIECE_ROWS  2000  /* rows looked at in one turn */

struct walk {
	struct walk *next;
	struct api *api;
	struct evhttp_request *http;
	const struct walk_kind *kind;
	struct walk_view view;
	uint32_t *order; /* NULL: all, as they stand */
	size_t order_count;
	size_t position, sent;
	size_t passed;               /* in part: rows of this page, and those that are his but not wanted */
	size_t limit;                /* rows of a page; 0: all */
	size_t after, skip;          /* in part: rows of the pages before, and those of them that are still to come */
	bool part, more;             /* of a part of the estate; there is a row behind the page */
	struct reply_packer *packer; /* NULL: as it is */
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
	reply_packer_free(w->packer);
	free(w->view.match);
	free(w->view.wish);
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

static bool page_full(const struct walk *w)
{
	return w->limit && w->sent == w->limit;
}

/* Who sees a part has its pages counted in rows that he sees: a position in the list would tell how much there is beside them. */
static bool page_over(const struct walk *w)
{
	return page_full(w) && (!w->part || w->more);
}

/* Is the row one of an earlier page, or of a later one, or none that is wanted? */
static bool is_beside(struct walk *w, const json_t *row)
{
	if (w->skip) {
		w->skip--;
		return true;
	}
	if (json_is_null(row)) {
		w->passed += !page_full(w);
		return true;
	}
	w->more = w->part && page_full(w);
	w->passed += !w->more;
	return w->more;
}

/* Adds rows to the piece; true when the list, or its page, is complete. */
static bool fill(struct walk *w)
{
	size_t count = w->order ? w->order_count : w->kind->count(w->api), had = evbuffer_get_length(w->piece);

	for (size_t looked = 0; looked < PIECE_ROWS && evbuffer_get_length(w->piece) - had < PIECE_BYTES; looked++) {
		json_t *row;
		char *text;

		if (w->position >= count || page_over(w))
			break;
		row = w->kind->row(w->api, w->order ? w->order[w->position] : w->position, &w->view);
		w->position++;
		if (!row || is_beside(w, row)) {
			json_decref(row);
			continue;
		}
		evbuffer_add(w->piece, w->sent++ ? "," : "[", 1);
		text = alarm_json_text(row);
		evbuffer_add(w->piece, text, strlen(text));
		free(text);
		json_decref(row);
	}
	if (w->position < count && !page_over(w))
		return false;
	evbuffer_add_printf(w->piece, "%s]\n", w->sent ? "" : "[");
	return true;
}

static void head(struct walk *w)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(w->http);

	evhttp_add_header(headers, "Content-Type", "application/json");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	if (reply_packs(w->http))
		w->packer = reply_packer_new(w->http);
}

/* It fits one piece, or is a page. */
static void send_whole(struct walk *w)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(w->http);
	char next[32];

	if (w->part ? w->more : w->limit && w->position < (w->order ? w->order_count : w->kind->count(w->api))) {
		snprintf(next, sizeof(next), "%zu", w->part ? w->after + w->passed : w->position);
		evhttp_add_header(headers, WALK_NEXT, next);
	}
	evhttp_connection_set_closecb(evhttp_request_get_connection(w->http), NULL, NULL);
	reply_send(w->http, 200, "application/json", w->piece);
	walk_free(w);
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
		send_whole(w);
		return;
	}
	if (w->limit || w->kind->whole) { /* a page leaves as one: it says where the next one begins */
		evtimer_add(w->turn, &(struct timeval){ 0 });
		return;
	}
	if (!w->started) {
		head(w);
		evhttp_send_reply_start(w->http, 200, "OK");
		w->started = true;
	}
	if (w->packer && (complete || evbuffer_get_length(w->piece)))
		reply_packer_pack(w->packer, w->piece, complete ? REPLY_LAST : REPLY_MORE);
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
	walk_start_wish(x, kind, NULL);
}

/* ?limit= and ?after= of a page; false: wrong, and answered. */
static bool read_page(struct call *x, size_t *ret_limit, size_t *ret_after)
{
	const char *limit = call_query(x, "limit"), *after = call_query(x, "after");
	uint32_t number = 0;

	*ret_limit = *ret_after = 0;
	if (limit && (str_to_u32(limit, &number) < 0 || number < 1 || number > WALK_PAGE)) {
		call_error(x, (struct call_problem){ 400, "limit" }, "limit '%s': expected 1..%d", limit, WALK_PAGE);
		return false;
	}
	*ret_limit = number;
	if (after && (!limit || str_to_u32(after, &number) < 0)) {
		call_error(x, (struct call_problem){ 400, "after" },
			   "after '%s': expected what " WALK_NEXT " of the page before said, and limit", after);
		return false;
	}
	*ret_after = after ? number : 0;
	return true;
}

/* NULL: wrong, and answered. */
static struct walk *walk_new(struct call *x, const struct walk_kind *kind)
{
	const char *match = call_query(x, "match");
	size_t limit, after;
	struct walk *w;

	if (!read_page(x, &limit, &after))
		return NULL;
	w = MEM_NEW(struct walk);
	w->limit = limit;
	w->part = !x->by.scope.whole;
	if (w->part)
		w->after = w->skip = after;
	else
		w->position = after;
	w->api = x->api;
	w->http = x->http;
	w->kind = kind;
	w->view = (struct walk_view){ .by = x->by, .match = mem_strdup(match) };
	w->piece = evbuffer_new();
	w->turn = evtimer_new(x->api->base, next_turn, w);
	if (!w->piece || !w->turn)
		abort();
	w->next = x->api->walks;
	x->api->walks = w;
	evhttp_connection_set_closecb(evhttp_request_get_connection(x->http), gone, w);
	return w;
}

void walk_start_wish(struct call *x, const struct walk_kind *kind, void *wish)
{
	struct walk *w = walk_new(x, kind);

	if (!w) {
		free(wish);
		return;
	}
	w->view.wish = wish;
	advance(w);
}

void walk_start_ordered(struct call *x, const struct walk_kind *kind, uint32_t *order, size_t count)
{
	struct walk *w = walk_new(x, kind);

	if (!w) {
		free(order);
		return;
	}
	w->order = order;
	w->order_count = count;
	advance(w);
}

void walk_stop(struct api *a)
{
	while (a->walks) {
		evhttp_connection_set_closecb(evhttp_request_get_connection(a->walks->http), NULL, NULL);
		walk_free(a->walks);
	}
}
