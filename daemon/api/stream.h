/* stream.h: GET /v1/stream: changes of points, alarms and health as server-sent events. Main thread.
 *
 * Alarms, health and events of points leave at once. Other point changes are collected for 50 ms and then sent as they
 * are, each point once, so a thousand changes a second are rendered once for all clients; what is too much for one turn of
 * the loop goes in slices. With no client (and none in the last minute) they are not looked at. A client gets what it has
 * missed by its Last-Event-ID, or an event `gap`: what lies between is no longer known, read the lists again. A client
 * that does not read is dropped when too much waits for it; it comes back and catches up. A client that says page=1 is
 * the page at the desk: alarms are told there. Each client gets what its role and scope let it know, also of what it missed. */
#pragma once

#include "api/api.h"

struct stream;

struct stream_counts {
	size_t clients, pages; /* pages: of the clients */
	uint64_t dropped, events;
};

struct stream *stream_new(struct api *a);
/* evhttp frees the requests of the clients. */
void stream_free(struct stream *s);
void stream_point(struct stream *s, const struct point *p);
void stream_alarm(struct stream *s, const struct alarm_transition *t);
/* Who is told of it next, and when, has become another. Kept as points are: while somebody listens. */
void stream_next(struct stream *s, const char *alarm);
void stream_health(struct stream *s, const char *name, json_t *data); /* takes data */
void stream_home(struct stream *s, const char *place, json_t *data);  /* likewise; a dwelling's presence changed */
/* Its clients are told no more: it is over, or means something else now. 0: those of all sessions. Streams of other sessions
 * get the comment "sessions": the gate, where several share one, asks then whose session it was. */
void stream_end_session(struct stream *s, uint64_t session);
struct stream_counts stream_counts(const struct stream *s);
/* Those of the pages that are told of what happens there; place NULL: of the whole estate. */
size_t stream_pages(const struct stream *s, const char *place);
