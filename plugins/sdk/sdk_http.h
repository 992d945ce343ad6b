/* sdk_http.h: requests to web servers within the plugin's loop: nothing waits. libcurl does the protocol. Main thread.
 *
 *   start --answer, error or time-out--> done (once, from the loop) │ --cancel--> nothing
 *
 * What a server may do is bounded: the time, its answer's headers (by the library) and body. No redirect is followed, no
 * proxy of the environment is used, no certificate goes unchecked. Connections are kept for the next request. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sdk/sdk_loop.h"
#include "sdk/sdk_tls.h"

#define SDK_HTTP_ANSWER_MAX ((size_t)65536)
#define SDK_HTTP_WHY_MAX    300

struct sdk_http;
struct sdk_http_exchange;

enum sdk_http_result {
	SDK_HTTP_ANSWERED,    /* status is set */
	SDK_HTTP_UNRESOLVED,  /* no address for the name */
	SDK_HTTP_REFUSED,     /* nothing listens there */
	SDK_HTTP_UNREACHABLE, /* no way to it */
	SDK_HTTP_SILENT,      /* no whole answer in time */
	SDK_HTTP_FAILED,      /* anything else: TLS, no HTTP, a body that is too long */
};

struct sdk_http_answer { /* lent during the call */
	enum sdk_http_result result;
	int status;
	char why[SDK_HTTP_WHY_MAX]; /* where it is not answered */
	int64_t retry_after_us;     /* what the server asks for; 0: nothing */
	const char *body;           /* NUL behind it */
	size_t len;
};

struct sdk_http_request {
	const char *method, *url;
	const char *body; /* lent until done; NULL: none */
	size_t len;
	const char *const *headers;      /* "Name: value", NULL ends them */
	const struct sdk_tls_paths *tls; /* NULL: none given */
	const char *username, *password; /* NULL: none */
	int64_t timeout_us;
	void (*done)(void *user, const struct sdk_http_answer *answer);
	void *user;
};

/* For the option table: NULL or what was expected. */
const char *sdk_http_check_url(const char *url);
/* The URL for people: without what may be secret behind '?'. The caller frees. */
char *sdk_http_shown(const char *url);

struct sdk_http *sdk_http_new(struct sdk_loop *loop);
void sdk_http_free(struct sdk_http *h); /* cancels what is under way */
/* Copies what it needs but for the body. The exchange ends with done or cancel. */
struct sdk_http_exchange *sdk_http_start(struct sdk_http *h, const struct sdk_http_request *request);
void sdk_http_cancel(struct sdk_http_exchange *x);
