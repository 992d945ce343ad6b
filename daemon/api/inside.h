/* inside.h: what the files of api/ share: the API itself and its handlers. No other room includes it. */
#pragma once

#include "api/api.h"
#include "api/exchange.h"
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
	struct event *resume;	/* accepting again after the system had no descriptor left */
	struct complaint accept_trouble;
	char *socket_path;	/* NULL: the descriptor was given to us */
	ino_t socket_inode;
	struct stream *stream;
	struct api_pending *pendings; /* list */
	struct walk *walks;	      /* list */
	uint64_t requests, errors;
};

/* Handlers of the routes. */
void overview_get(struct exchange *x);
void metrics_get(struct exchange *x);
void lists_buses(struct exchange *x);
void lists_devices(struct exchange *x);
void lists_points(struct exchange *x);
void lists_point(struct exchange *x);
void lists_plugins(struct exchange *x);
void lists_outbox(struct exchange *x);
void acts_alarms(struct exchange *x);
void acts_ack(struct exchange *x);
void acts_close(struct exchange *x);
void stream_get(struct exchange *x);
