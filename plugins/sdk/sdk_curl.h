/* sdk_curl.h: transfers of libcurl within the plugin's loop: nothing waits. What is the same for HTTP and for mail: sockets,
 * timers, TLS, and why a transfer failed. Main thread.
 *
 *   start --ended by itself--> done (once, from the loop; it ends the transfer) │ --end--> nothing
 *
 * No proxy of the environment is used, no certificate goes unchecked, connections are kept for the next transfer and are
 * bounded in number: what is more waits within the library. */
#pragma once

#include <curl/curl.h>

#include "sdk/sdk_loop.h"
#include "sdk/sdk_tls.h"

#define SDK_CURL_WHY_MAX 300

struct sdk_curl;

struct sdk_curl_transfer { /* the owner's; of it he sets done, and the options of easy */
	CURL *easy;
	void (*done)(struct sdk_curl_transfer *t, CURLcode code);
	char error[CURL_ERROR_SIZE];
};

enum sdk_curl_result {
	SDK_CURL_OK,
	SDK_CURL_UNRESOLVED,  /* no address for the name */
	SDK_CURL_REFUSED,     /* nothing listens there */
	SDK_CURL_UNREACHABLE, /* no way to it */
	SDK_CURL_SILENT,      /* no whole answer in time */
	SDK_CURL_FAILED,      /* anything else */
};

struct sdk_curl *sdk_curl_new(struct sdk_loop *loop);
void sdk_curl_free(struct sdk_curl *c); /* when all its transfers have ended */

/* Makes t->easy with what is the same for all; then its own options; then start. */
void sdk_curl_init(struct sdk_curl_transfer *t, int64_t timeout_us);
void sdk_curl_set_tls(struct sdk_curl_transfer *t, const struct sdk_tls_paths *tls); /* tls may be NULL */
void sdk_curl_start(struct sdk_curl *c, struct sdk_curl_transfer *t);
void sdk_curl_end(struct sdk_curl *c, struct sdk_curl_transfer *t);

/* In done: of what kind it is, and in words where it is not OK. */
enum sdk_curl_result sdk_curl_result(const struct sdk_curl_transfer *t, CURLcode code,
				     char ret_why[static SDK_CURL_WHY_MAX]);
/* As plugins/README.md names it where a probe ends: "unresolved" … "failed"; "reached" for OK. */
const char *sdk_curl_word(enum sdk_curl_result result);
