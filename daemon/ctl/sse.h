/* sse.h: the events in a stream of server-sent events, however its bytes are cut. Pure; the caller owns it. */
#pragma once

#include "base/str.h"

#define SSE_EVENT_MAX 262144 /* a longer one is refused: nothing that estated sends comes near */

struct sse {
	struct str_buf line, data;
	char event[32]; /* of the event that is being read; "" until it is named */
	char id[32];    /* the last one seen: what a reconnecting client sends as Last-Event-ID */
};

struct sse_event {
	const char *event, *id, *data; /* lent for the call */
};

struct sse_handler {
	void *context;
	int (*event)(void *context, const struct sse_event *e); /* not 0 ends the feeding */
};

void sse_fini(struct sse *s);
/* Forgets a half-read event (the connection was lost), keeps the id. */
void sse_reset(struct sse *s);
/* 0; -EMSGSIZE; or what the handler said. */
int sse_feed(struct sse *s, const char *bytes, size_t len, const struct sse_handler *handler);
