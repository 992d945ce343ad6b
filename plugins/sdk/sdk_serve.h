/* sdk_serve.h: a small web server on this machine's own address, within the plugin's loop: who calls us. libevent's evhttp does
 * the protocol. Main thread.
 *
 *   a request --whole--> take() --sdk_serve_answer, at once or later--> answered, the connection closed
 *             '--not whole in time, too long, no HTTP--> closed by the library or the deadline
 *
 * One connection carries one request. Bounded: connections, their life, headers, bodies. It listens on a loopback address only:
 * what the network may reach is estated-web's business.
 *
 * Invariant: each request that was taken is answered once, or the server is freed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sdk/sdk_loop.h"

#define SDK_SERVE_CONNECTIONS 32
#define SDK_SERVE_HEADERS_MAX 8192
#define SDK_SERVE_WHY_MAX     200

struct sdk_serve;
struct sdk_serve_call; /* a request that is not answered yet */

struct sdk_serve_setup {
	struct sdk_loop *loop;
	const char *listen; /* "127.0.0.1:8481", "[::1]:0"; 0: any free port */
	size_t body_max;
	int64_t life_us; /* of a connection, from its beginning to the answer */
	/* A whole POST. Texts are lent until the answer; they are never NULL. */
	void (*take)(void *user, struct sdk_serve_call *call);
	void *user;
};

struct sdk_serve_counts {
	uint64_t requests, refused, expired; /* refused: connections beyond the limit */
};

/* For the option table: NULL or what was expected. */
const char *sdk_serve_check_listen(const char *listen);
/* 0, or -errno with why: -EADDRINUSE … */
int sdk_serve_new(const struct sdk_serve_setup *setup, struct sdk_serve **ret_serve,
		  char ret_why[static SDK_SERVE_WHY_MAX]);
void sdk_serve_free(struct sdk_serve *s); /* what was not answered never is */
uint16_t sdk_serve_port(const struct sdk_serve *s);
struct sdk_serve_counts sdk_serve_counts(const struct sdk_serve *s);

const char *sdk_serve_path(const struct sdk_serve_call *call);                     /* decoded, begins with '/' */
const char *sdk_serve_query(const struct sdk_serve_call *call, const char *name);  /* decoded; NULL: not there */
const char *sdk_serve_header(const struct sdk_serve_call *call, const char *name); /* NULL: not there */
const char *sdk_serve_body(struct sdk_serve_call *call, size_t *ret_len);

/* body: JSON; header and value may be NULL. The call ends with it. */
struct sdk_serve_reply {
	int status;
	const char *body, *header, *value;
};
void sdk_serve_answer(struct sdk_serve_call *call, const struct sdk_serve_reply *reply);
