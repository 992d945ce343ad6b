#include "sdk/sdk_http.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_curl.h"

#define RETRY_AFTER_MAX (3600 * SDK_CLOCK_S)

struct sdk_http {
	struct sdk_curl *curl;
	struct sdk_http_exchange *exchanges;
};

struct sdk_http_exchange {
	struct sdk_curl_transfer transfer; /* the first member */
	struct sdk_http *http;
	struct sdk_http_exchange *next;
	struct curl_slist *headers;
	void (*done)(void *user, const struct sdk_http_answer *answer);
	bool (*take)(void *user, const char *data, size_t len);
	void *user;
	char *body;
	size_t len;
	bool too_long;
};

/* ---- URLs ---- */

static char *url_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

const char *sdk_http_check_url(const char *url)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *user = NULL;
	bool fine = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK;

	if (fine) {
		scheme = url_part(parts, CURLUPART_SCHEME);
		user = url_part(parts, CURLUPART_USER);
		fine = scheme && !user && (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0);
	}
	curl_free(scheme);
	curl_free(user);
	curl_url_cleanup(parts);
	return fine ? NULL : "https://host[:port]/path, the user name in its own option";
}

char *sdk_http_shown(const char *url)
{
	char *shown = strndup(url, strcspn(url, "?#"));

	if (!shown)
		abort();
	return shown;
}

/* ---- what came of it ---- */

static void read_answer(const struct sdk_http_exchange *x, CURLcode code, struct sdk_http_answer *a)
{
	curl_off_t retry_after = 0;
	long status = 0;

	*a = (struct sdk_http_answer){ .body = x->body, .len = x->len };
	a->result = (enum sdk_http_result)sdk_curl_result(&x->transfer, code, a->why);
	if (a->result == SDK_HTTP_ANSWERED) {
		curl_easy_getinfo(x->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(x->transfer.easy, CURLINFO_RETRY_AFTER, &retry_after);
		a->status = (int)status;
		if (retry_after > 0)
			a->retry_after_us = retry_after > RETRY_AFTER_MAX / SDK_CLOCK_S
						    ? RETRY_AFTER_MAX
						    : (int64_t)retry_after * SDK_CLOCK_S;
	} else if (x->too_long) {
		snprintf(a->why, sizeof(a->why), "its answer is longer than %zu bytes", SDK_HTTP_ANSWER_MAX);
	}
}

static void exchange_free(struct sdk_http_exchange *x)
{
	struct sdk_http_exchange **at = &x->http->exchanges;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	sdk_curl_end(x->http->curl, &x->transfer);
	curl_slist_free_all(x->headers);
	free(x->body);
	free(x);
}

/* Its done may start others and cancel them. */
static void transfer_done(struct sdk_curl_transfer *t, CURLcode code)
{
	struct sdk_http_exchange *x = (struct sdk_http_exchange *)t;
	struct sdk_http_answer answer;
	void (*done)(void *user, const struct sdk_http_answer *answer) = x->done;
	void *user = x->user;
	char *body = x->body; /* outlives it: from here on nobody can cancel it */

	read_answer(x, code, &answer);
	x->body = NULL;
	exchange_free(x);
	done(user, &answer);
	free(body);
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
	struct sdk_http_exchange *x = user;
	size_t len = size * count;
	long status = 0;

	curl_easy_getinfo(x->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
	if (x->take && status >= 200 && status < 300)
		return x->take(x->user, data, len) ? len : 0;
	if (x->len + len > SDK_HTTP_ANSWER_MAX) {
		x->too_long = true;
		return 0;
	}
	x->body = realloc(x->body, x->len + len + 1);
	if (!x->body)
		abort();
	memcpy(x->body + x->len, data, len);
	x->len += len;
	x->body[x->len] = '\0';
	return len;
}

/* ---- for the owner ---- */

struct sdk_http *sdk_http_new(struct sdk_loop *loop)
{
	struct sdk_http *h = calloc(1, sizeof(*h));

	if (!h)
		abort();
	h->curl = sdk_curl_new(loop);
	return h;
}

void sdk_http_free(struct sdk_http *h)
{
	if (!h)
		return;
	while (h->exchanges)
		exchange_free(h->exchanges);
	sdk_curl_free(h->curl);
	free(h);
}

static void set_limits(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void set_body(struct sdk_http_exchange *x, const struct sdk_http_request *r)
{
	CURL *easy = x->transfer.easy;

	if (r->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, r->method && strcmp(r->method, SDK_HTTP_LOOK) == 0 ? 1L : 0L);
	for (const char *const *header = r->headers; header && *header; header++)
		x->headers = curl_slist_append(x->headers, *header);
	x->headers = curl_slist_append(x->headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
}

struct sdk_http_exchange *sdk_http_start(struct sdk_http *h, const struct sdk_http_request *r)
{
	struct sdk_http_exchange *x = calloc(1, sizeof(*x));
	CURL *easy;

	if (!x)
		abort();
	*x = (struct sdk_http_exchange){ .transfer.done = transfer_done,
					 .http = h,
					 .next = h->exchanges,
					 .done = r->done,
					 .take = r->take,
					 .user = r->user };
	h->exchanges = x;
	sdk_curl_init(&x->transfer, r->timeout_us);
	sdk_curl_set_tls(&x->transfer, r->tls);
	easy = x->transfer.easy;
	curl_easy_setopt(easy, CURLOPT_URL, r->url);
	set_limits(easy);
	set_body(x, r);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, r->once ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, r->once ? 1L : 0L);
	if (r->username) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH,
				 (long)(r->auth == SDK_HTTP_DIGEST ? CURLAUTH_DIGEST : CURLAUTH_BASIC));
		curl_easy_setopt(easy, CURLOPT_USERNAME, r->username);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, r->password ? r->password : "");
	}
	sdk_curl_start(h->curl, &x->transfer);
	return x;
}

void sdk_http_cancel(struct sdk_http_exchange *x)
{
	if (x)
		exchange_free(x);
}
