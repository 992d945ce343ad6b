/* web_inside.h: what the files of gate/ share. No other room includes it. */
#pragma once

#include <event2/http.h>

#include "base/complain.h"
#include "gate/upcall.h"
#include "gate/visitor.h"
#include "gate/web.h"

#define WEB_HEADER_BYTES 8192
#define WEB_BODY_BYTES   65536
#define WEB_UNREAD_BYTES (WEB_BODY_BYTES + 2 * WEB_HEADER_BYTES)
#define WEB_BUFFER_BYTES (256 * 1024) /* what may wait for a client that does not read */

struct certs;
struct event;
struct evconnlistener;
struct pages;
struct relay_desk;

struct web {
	struct web_setup setup;
	struct event_base *base;
	struct evhttp *http;
	struct evconnlistener *listeners[WEB_LISTENERS_MAX];
	char *at[WEB_LISTENERS_MAX + 1]; /* as texts */
	size_t listener_count;
	struct certs *certs; /* NULL: without TLS */
	struct visitor_table *visitors;
	struct upcall_desk *upcalls;
	struct relay_desk *relays;
	struct pages *pages;
	struct event *resume, *tick, *alive, *signals[3];
	struct complaint accept_trouble, daemon_trouble;
};

/* A request on its way to somewhere. */
struct web_call {
	struct web *web;
	struct visitor *visitor;
	struct evhttp_request *http;
	const char *path; /* lent with http; without the query */
};
