/* sdk_http.h: requests to web servers within the plugin's loop: nothing waits. libcurl does the protocol. Main thread.
 *
 *   start --answer, error or time-out--> done (once, from the loop) │ --cancel--> nothing
 *
 * What a server may do is bounded: the time, its answer's headers (by the library) and body. No redirect is followed, no
 * proxy of the environment is used, no certificate goes unchecked. Connections are kept for the next request. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sdk/sdk_curl.h"

#define SDK_HTTP_ANSWER_MAX ((size_t)65536)
#define SDK_HTTP_WHY_MAX    SDK_CURL_WHY_MAX
/* As method: no request is sent; only whether the server is there, and is the one that its certificate names. Status 0. */
#define SDK_HTTP_LOOK "LOOK"

struct sdk_http;
struct sdk_http_exchange;

enum sdk_http_result {
	SDK_HTTP_ANSWERED = SDK_CURL_OK, /* status is set */
	SDK_HTTP_UNRESOLVED = SDK_CURL_UNRESOLVED,
	SDK_HTTP_REFUSED = SDK_CURL_REFUSED,
	SDK_HTTP_UNREACHABLE = SDK_CURL_UNREACHABLE,
	SDK_HTTP_SILENT = SDK_CURL_SILENT,
	SDK_HTTP_FAILED = SDK_CURL_FAILED, /* TLS, no HTTP, a body that is too long … */
};

/* Who we are is said as the server asks for it: digest only to one that asks for digest. */
enum sdk_http_auth { SDK_HTTP_BASIC, SDK_HTTP_DIGEST };

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
	enum sdk_http_auth auth;
	int64_t timeout_us; /* 0: none, for a stream */
	/* A kept connection that dies under a request makes the library send it again, though the server may have heard it. True:
	 * this one is sent once, on a connection of its own. */
	bool once;
	/* Of a stream, whose body never ends: each piece of a 2xx as it comes, instead of the answer's body. False ends it. It may not
	 * cancel. NULL: the body is kept for done. */
	bool (*take)(void *user, const char *data, size_t len);
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
