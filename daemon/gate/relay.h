/* relay.h: GET /v1/stream for many browsers: one stream from the daemon for all of the same role, scope and filter. Main thread.
 *
 *   a client --ask the daemon who he is--> joins the relay of his kind, or begins it
 *   the daemon's stream --> whole frames --> a ring (a client that was away catches up) --> every client
 *                       '--ends--> clients hear `daemon`: lost; connected to anew, from the last id; `daemon`: back
 *
 * The daemon filters: a relay is only of those who may see the same. Each client's session is asked for once a minute, and at
 * once where somebody logs out: who has none any more, or another role, is sent away. A client that does not read is dropped. */
#pragma once

#include "gate/web_inside.h"

struct relay_desk;

struct relay_counts {
	size_t relays, clients;
	uint64_t dropped;
};

struct relay_desk *relay_desk_new(struct web *w);
void relay_desk_free(struct relay_desk *d);
/* Answers, later; token is copied. */
void relay_join(struct relay_desk *d, struct web_call *c, const char *token);
/* That session has ended: its clients go. */
void relay_end_session(struct relay_desk *d, const char *token);
struct relay_counts relay_counts(const struct relay_desk *d);
