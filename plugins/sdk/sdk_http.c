#include "sdk/sdk_http.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"

#define CONNECT_LIMIT_US (10 * SDK_CLOCK_S)
#define RETRY_AFTER_MAX  (3600 * SDK_CLOCK_S)

struct sdk_http {
	struct sdk_loop *loop;
	CURLM *multi;
	struct sdk_timer timer;
	struct sdk_http_exchange *exchanges;
};

struct sdk_http_exchange {
	struct sdk_http *http;
	struct sdk_http_exchange *next;
	CURL *easy;
	struct curl_slist *headers;
	void (*done)(void *user, const struct sdk_http_answer *answer);
	void *user;
	char error[CURL_ERROR_SIZE];
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

/* ---- the library and the loop ---- */

static enum sdk_http_result result_of(CURLcode code, long error)
{
	switch (code) {
	case CURLE_OK: return SDK_HTTP_ANSWERED;
	case CURLE_COULDNT_RESOLVE_HOST: return SDK_HTTP_UNRESOLVED;
	case CURLE_OPERATION_TIMEDOUT: return SDK_HTTP_SILENT;
	case CURLE_COULDNT_CONNECT:
		if (error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN || error == ENETDOWN)
			return SDK_HTTP_UNREACHABLE;
		return error == ETIMEDOUT ? SDK_HTTP_SILENT : SDK_HTTP_REFUSED;
	default: return SDK_HTTP_FAILED;
	}
}

/* The library's own texts count the milliseconds: no two are the same. */
static const char *const reasons[] = {
	[SDK_HTTP_UNRESOLVED] = "its name is not known",
	[SDK_HTTP_REFUSED] = "nothing listens there",
	[SDK_HTTP_UNREACHABLE] = "there is no way to it",
	[SDK_HTTP_SILENT] = "no whole answer in time",
	[SDK_HTTP_FAILED] = NULL,
};

static void read_answer(const struct sdk_http_exchange *x, CURLcode code, struct sdk_http_answer *a)
{
	long status = 0, error = 0;
	curl_off_t retry_after = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &error);
	curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &retry_after);
	*a = (struct sdk_http_answer){ .result = result_of(code, error), .body = x->body, .len = x->len };
	if (a->result == SDK_HTTP_ANSWERED) {
		a->status = (int)status;
		if (retry_after > 0)
			a->retry_after_us = retry_after > RETRY_AFTER_MAX / SDK_CLOCK_S
						    ? RETRY_AFTER_MAX
						    : (int64_t)retry_after * SDK_CLOCK_S;
	} else if (x->too_long) {
		snprintf(a->why, sizeof(a->why), "its answer is longer than %zu bytes", SDK_HTTP_ANSWER_MAX);
	} else {
		snprintf(a->why, sizeof(a->why), "%s",
			 reasons[a->result] ? reasons[a->result]
			 : x->error[0]      ? x->error
					    : curl_easy_strerror(code));
	}
}

static void exchange_free(struct sdk_http_exchange *x)
{
	struct sdk_http_exchange **at = &x->http->exchanges;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	curl_multi_remove_handle(x->http->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	free(x->body);
	free(x);
}

/* Each done may start others, cancel them, and even free all. */
static void take_finished(struct sdk_http *h)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(h->multi, &left))) {
		struct sdk_http_exchange *x = NULL, finished;
		struct sdk_http_answer answer;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&x);
		read_answer(x, message->data.result, &answer);
		finished = *x; /* its body outlives it: from here on nobody can cancel it */
		x->body = NULL;
		exchange_free(x);
		finished.done(finished.user, &answer);
		free(finished.body);
	}
}

static void socket_ready(struct sdk_watch *w, short revents)
{
	struct sdk_http *h = w->user;
	int running, what = (revents & POLLIN ? CURL_CSELECT_IN : 0) | (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
			    (revents & (POLLERR | POLLHUP | POLLNVAL) ? CURL_CSELECT_ERR : 0);

	curl_multi_socket_action(h->multi, w->fd, what, &running);
	take_finished(h);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *watch)
{
	struct sdk_http *h = user;
	struct sdk_watch *w = watch;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			sdk_loop_unwatch(h->loop, w);
		free(w);
		curl_multi_assign(h->multi, fd, NULL);
		return 0;
	}
	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w)
			abort();
		*w = (struct sdk_watch){ .fd = fd, .ready = socket_ready, .user = h };
		sdk_loop_watch(h->loop, w);
		curl_multi_assign(h->multi, fd, w);
	}
	w->events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
	return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *user)
{
	struct sdk_http *h = user;

	(void)multi;
	if (timeout_ms < 0)
		sdk_loop_disarm(h->loop, &h->timer);
	else
		sdk_loop_arm(h->loop, &h->timer, timeout_ms * SDK_CLOCK_MS);
	return 0;
}

static void timer_due(struct sdk_timer *t)
{
	struct sdk_http *h = t->user;
	int running;

	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_finished(h);
}

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
	struct sdk_http_exchange *x = user;
	size_t len = size * count;

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

	if (!h || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	h->loop = loop;
	h->timer = (struct sdk_timer){ .due = timer_due, .user = h };
	h->multi = curl_multi_init();
	if (!h->multi)
		abort();
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	return h;
}

void sdk_http_free(struct sdk_http *h)
{
	if (!h)
		return;
	while (h->exchanges)
		exchange_free(h->exchanges);
	curl_multi_cleanup(h->multi);
	sdk_loop_disarm(h->loop, &h->timer);
	free(h);
	curl_global_cleanup();
}

static void set_limits(CURL *easy, const struct sdk_http_request *r)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(CONNECT_LIMIT_US / SDK_CLOCK_MS));
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(r->timeout_us / SDK_CLOCK_MS));
}

static void set_tls(CURL *easy, const struct sdk_tls_paths *tls)
{
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (tls && tls->ca) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, tls->ca);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (tls && tls->certificate) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->certificate);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->key);
		curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ""); /* else OpenSSL would ask at the terminal */
	}
}

static void set_body(struct sdk_http_exchange *x, const struct sdk_http_request *r)
{
	if (r->body) {
		curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->len);
		curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, r->body);
	}
	curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, r->method);
	for (const char *const *header = r->headers; header && *header; header++)
		x->headers = curl_slist_append(x->headers, *header);
	x->headers = curl_slist_append(x->headers, "Expect:");
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
}

struct sdk_http_exchange *sdk_http_start(struct sdk_http *h, const struct sdk_http_request *r)
{
	struct sdk_http_exchange *x = calloc(1, sizeof(*x));

	if (!x)
		abort();
	*x = (struct sdk_http_exchange){
		.http = h, .next = h->exchanges, .easy = curl_easy_init(), .done = r->done, .user = r->user
	};
	h->exchanges = x;
	if (!x->easy)
		abort();
	curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(x->easy, CURLOPT_URL, r->url);
	set_limits(x->easy, r);
	set_tls(x->easy, r->tls);
	set_body(x, r);
	if (r->username) {
		curl_easy_setopt(x->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(x->easy, CURLOPT_USERNAME, r->username);
		curl_easy_setopt(x->easy, CURLOPT_PASSWORD, r->password ? r->password : "");
	}
	curl_multi_add_handle(h->multi, x->easy); /* asks for the timer: it begins from within the loop */
	return x;
}

void sdk_http_cancel(struct sdk_http_exchange *x)
{
	if (x)
		exchange_free(x);
}
