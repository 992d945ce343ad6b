/* conn.h: the connections of the API: counted, identified, each with one absolute deadline. Main thread.
 *
 * evhttp has no connection count and its timeouts are renewed by every byte, so a header of one byte a second would hold
 * a connection for ever. Here a deadline is absolute: when it passes, the socket is shut down and evhttp, which owns it,
 * finds the end of the stream and cleans up. evhttp tells nobody when a connection goes; so an entry is known by
 * descriptor *and* socket cookie, which the kernel does not use twice: an entry whose descriptor is closed, or is
 * another socket by now, is free.
 *
 * What evhttp refuses by itself (a body that is too long, a request that it does not understand) it answers in HTML; before that
 * leaves it is made a problem like all others. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "api/peer.h"

struct bufferevent;
struct conn_table;

struct conn {
	struct peer peer;
	/* The table's: */
	struct conn_table *table;
	struct event *deadline; /* NULL: the entry is free */
	int fd;
	uint64_t identity;
	bool streams; /* it lasts, and has a limit of its own */
	struct bufferevent *bev;
	bool suspect; /* what is sent may be evhttp's own words */
};

struct conn_limits {
	size_t connections;       /* that do not stream */
	size_t streams;           /* beside them */
	int64_t first_request_us; /* a new connection has sent a whole request by then */
	size_t read_bytes;        /* unread bytes of a connection */
	const char *gate_user;    /* NULL: there is no gate */
};

struct conn_counts {
	uint64_t accepted, refused, expired;
};

struct conn_table *conn_table_new(struct event_base *base, const struct conn_limits *limits);
void conn_table_set_gate(struct conn_table *t, const char *gate_user);
void conn_table_free(struct conn_table *t);
UTIL_DEFINE_CLEANUP(struct conn_table *, conn_table_free);
/* evhttp's bufferevent callback: gives the new connection its buffers and looks at it as soon as it has its descriptor.
 * One connection too many is answered 503 and shut down. */
struct bufferevent *conn_table_accept(struct event_base *base, void *table);
/* From now on it is a stream, and gives its place to another one. False: there are too many. */
bool conn_begin_stream(struct conn *c);
struct conn *conn_table_find(struct conn_table *t, int fd); /* NULL: refused */
size_t conn_table_count(struct conn_table *t);
struct conn_counts conn_table_counts(const struct conn_table *t);

/* Shuts the connection down after that time; replaces the deadline before; 0: none. */
void conn_set_deadline(struct conn *c, int64_t after_us);
