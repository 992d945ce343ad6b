/* relay_inside.h: what relay.c (a relay and its stream from the daemon) and relay_client.c (a browser on it) share. */
#pragma once

#include "base/backoff.h"
#include "gate/crumb.h"
#include "gate/cutter.h"
#include "gate/relay.h"

struct evbuffer;
struct relay;

#define RELAY_KEEPALIVE_US (3 * S)

struct relay_client {
	struct relay_client *next, *next_asking; /* of its relay; of those without one yet */
	struct relay_desk *desk;
	struct relay *relay; /* NULL: who it is, is being asked */
	struct evhttp_request *http;
	struct upcall *ask; /* the question who it is, and its answer */
	struct evbuffer *answer, *staged;
	char *query, token[CRUMB_TOKEN_MAX], address[VISITOR_ADDRESS_MAX];
	bool began, welcomed;         /* has its 200; has been told what it missed */
	bool wall;                    /* its session lasts as long as the page is open */
	uint64_t last_id, seen_id;    /* last_id: what it says it has seen, 0: nothing */
	int64_t asked_us, excused_us; /* excused: until then nobody waits for it */
};

struct relay_frame {
	uint64_t id;
	char *text;
	size_t len;
};

#define RELAY_RING       1000
#define RELAY_RING_BYTES (512 * 1024)
#define RELAY_CROWDED    (WEB_BUFFER_BYTES / 2) /* what waits for a client */

struct relay {
	struct relay *next;
	struct relay_desk *desk;
	char *key, *query;
	struct relay_client *clients;
	struct upcall *up;           /* NULL: there is none now */
	char token[CRUMB_TOKEN_MAX]; /* of the session that it goes by */
	struct evbuffer *refusal;
	struct event *due;    /* connect again, or give up */
	struct event *breath; /* the daemon's stream rests while clients read */
	struct backoff backoff;
	struct cutter cutter;
	bool live, ever_live, told_lost, resting;
	int64_t heard_us, told_us, resting_us;
	/* All that came after from_id is in the ring; 0: nobody knows yet where the stream stands. */
	uint64_t from_id, last_id;
	struct relay_frame ring[RELAY_RING];
	size_t first, count, bytes;
};

struct relay_desk {
	struct web *web;
	struct relay *relays;
	struct relay_client *asking;
	struct event *tick;
	struct event *doubt; /* a session has ended: whose? */
	int64_t doubted_us;
	struct relay_counts counts;
	bool closing;
};

/* relay.c */
/* From now on it is on the relay of that key, if there is room; answers it if not. */
void relay_take(struct relay_desk *d, struct relay_client *c, const char *key);
/* Off its relay, or off the list of those who have none yet. */
void relay_leave(struct relay_client *c);

/* relay_client.c */
/* Asks the daemon who it is; then it joins, or stays, or is sent away. */
void relay_client_ask(struct relay_client *c);
struct relay_client *relay_client_new(struct relay_desk *d, struct web_call *call, const char *token);
void relay_client_free(struct relay_client *c);
void relay_client_begin(struct relay_client *c);
size_t relay_client_unsent(const struct relay_client *c);
void relay_client_welcome(struct relay_client *c);
void relay_client_stage(struct relay_client *c, const char *text, size_t len);
/* Sends what is staged; one that does not read is dropped. */
void relay_client_flush(struct relay_client *c);
/* Answers one that has no 200 yet, and forgets it. */
void relay_client_refuse(struct relay_client *c, int status, struct evbuffer *body);
/* Its session has ended: says so and ends its stream. */
void relay_client_end(struct relay_client *c);
