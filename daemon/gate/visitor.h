/* visitor.h: who is connected: counted, a few for each address, each with one absolute deadline. Main thread.
 *
 *   HEADERS --blank line--> BODY --whole--> WORKING --answered--> IDLE --a byte--> HEADERS …
 *    10 s                   30 s            60 s  '--stream--> STREAM (no deadline)
 *
 * evhttp counts nothing, and its timeouts are renewed by every byte. Here a deadline is absolute: when it passes the socket is
 * shut down, and evhttp, which owns it, finds the end and cleans up. It tells nobody when a connection goes: so an entry is known
 * by descriptor *and* socket cookie, which the kernel does not use twice. When all places are taken, who has waited longest
 * without a whole request gives his to the newcomer: nobody is kept out by clients that say nothing.
 *
 * What evhttp refuses by itself it answers in HTML; before that leaves it is made a problem like all others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

#define VISITOR_ADDRESS_MAX 48

struct bufferevent;
struct event_base;
struct evhttp_request;
struct visitor_table;

enum visitor_state { VISITOR_GONE, VISITOR_HEADERS, VISITOR_BODY, VISITOR_WORKING, VISITOR_IDLE, VISITOR_STREAM };

struct visitor {
	char address[VISITOR_ADDRESS_MAX]; /* of IPv4 as such, also where it came through IPv6 */
	/* The table's: */
	struct visitor_table *table;
	enum visitor_state state; /* GONE: the entry is free */
	struct event *deadline;
	struct bufferevent *bev;
	struct evbuffer_cb_entry *on_input, *on_output;
	int fd;
	uint64_t identity;
	int64_t since_us; /* in HEADERS: since the first moment of the request; else since the state began */
	int blank;        /* how much of the empty line behind the headers was seen */
	bool suspect;     /* what is sent may be evhttp's own words */
};

struct visitor_limits {
	size_t connections, per_address, per_loopback;
	int64_t headers_us, request_us, idle_us, answer_us;
	size_t read_bytes; /* unread bytes of a connection */
	bool tls;          /* who is refused cannot be told so */
};

struct visitor_counts {
	uint64_t accepted, refused, expired, displaced;
	size_t now, streams;
};

struct visitor_table *visitor_table_new(struct event_base *base, const struct visitor_limits *limits);
void visitor_table_free(struct visitor_table *t);
/* A new connection, within evhttp's bufferevent callback: looked at in the same turn, as soon as it has its descriptor. */
void visitor_table_expect(struct visitor_table *t, struct bufferevent *bev);
/* Who asks; NULL: he was refused. */
struct visitor *visitor_table_find(struct visitor_table *t, struct evhttp_request *request);
struct visitor_counts visitor_table_counts(struct visitor_table *t);

void visitor_begins_work(struct visitor *v);
void visitor_begins_stream(struct visitor *v);
void visitor_is_answered(struct visitor *v);
