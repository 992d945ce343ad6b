/* inside.h: what the files of api/ share: the API itself and its handlers. No other room includes it. */
#pragma once

#include "api/api.h"
#include "api/call.h"
#include "base/complain.h"

struct event;
struct evhttp;
struct evconnlistener;
struct stream;

struct api {
	struct event_base *base;
	const struct api_source *source;
	struct api_limits limits;
	struct conn_table *conns;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct event *resume; /* accepting again after the system had no descriptor left */
	struct complaint accept_trouble;
	char *socket_path; /* NULL: the descriptor was given to us */
	ino_t socket_inode;
	struct stream *stream;
	struct api_pending *pendings; /* list */
	struct walk *walks;           /* list */
	uint64_t requests, errors;
};

/* Handlers of the routes. */
void overview_get(struct call *x);
void metrics_get(struct call *x);
void lists_buses(struct call *x);
void lists_devices(struct call *x);
void lists_points(struct call *x);
void lists_point(struct call *x);
/* The point that the path names; NULL: there is none, and it is answered. */
const struct point *lists_wanted_point(struct call *x);
void lists_plugins(struct call *x);
void lists_outbox(struct call *x);
void acts_alarms(struct call *x);
void acts_ack(struct call *x);
void acts_close(struct call *x);
void acts_shelve(struct call *x);
void acts_unshelve(struct call *x);
void acts_comment(struct call *x);
void acts_arrive(struct call *x);
void acts_story(struct call *x);
void stream_get(struct call *x);
