#include "sdk/sdk_curl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"

#define CONNECT_LIMIT_US (10 * SDK_CLOCK_S)
#define CONNECTIONS_MAX  40L /* each is one watch of the loop, two while it tries both IPv6 and IPv4 */

struct sdk_curl {
	struct sdk_loop *loop;
	CURLM *multi;
	struct sdk_timer timer;
};

/* ---- why not ---- */

static enum sdk_curl_result result_of(CURLcode code, long error)
{
	switch (code) {
	case CURLE_OK: return SDK_CURL_OK;
	case CURLE_COULDNT_RESOLVE_HOST: return SDK_CURL_UNRESOLVED;
	case CURLE_OPERATION_TIMEDOUT: return SDK_CURL_SILENT;
	case CURLE_COULDNT_CONNECT:
		if (error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN || error == ENETDOWN)
			return SDK_CURL_UNREACHABLE;
		return error == ETIMEDOUT ? SDK_CURL_SILENT : SDK_CURL_REFUSED;
	default: return SDK_CURL_FAILED;
	}
}

/* The library's own texts count the milliseconds: no two are the same. */
static const struct {
	const char *word, *why;
} results[] = {
	[SDK_CURL_OK] = { "reached", "" },
	[SDK_CURL_UNRESOLVED] = { "unresolved", "its name is not known" },
	[SDK_CURL_REFUSED] = { "refused", "nothing listens there" },
	[SDK_CURL_UNREACHABLE] = { "unreachable", "there is no way to it" },
	[SDK_CURL_SILENT] = { "silent", "no whole answer in time" },
	[SDK_CURL_FAILED] = { "failed", NULL },
};

enum sdk_curl_result sdk_curl_result(const struct sdk_curl_transfer *t, CURLcode code,
				     char ret_why[static SDK_CURL_WHY_MAX])
{
	enum sdk_curl_result result;
	long error = 0;

	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &error);
	result = result_of(code, error);
	snprintf(ret_why, SDK_CURL_WHY_MAX, "%s",
		 results[result].why ? results[result].why
		 : t->error[0]       ? t->error
				     : curl_easy_strerror(code));
	return result;
}

const char *sdk_curl_word(enum sdk_curl_result result)
{
	return results[result].word;
}

/* ---- the library and the loop ---- */

/* Each done may start others and end them. */
static void take_finished(struct sdk_curl *c)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(c->multi, &left))) {
		struct sdk_curl_transfer *t = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		t->done(t, message->data.result);
	}
}

static void socket_ready(struct sdk_watch *w, short revents)
{
	struct sdk_curl *c = w->user;
	int running, what = (revents & POLLIN ? CURL_CSELECT_IN : 0) | (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
			    (revents & (POLLERR | POLLHUP | POLLNVAL) ? CURL_CSELECT_ERR : 0);

	curl_multi_socket_action(c->multi, w->fd, what, &running);
	take_finished(c);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *watch)
{
	struct sdk_curl *c = user;
	struct sdk_watch *w = watch;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			sdk_loop_unwatch(c->loop, w);
		free(w);
		curl_multi_assign(c->multi, fd, NULL);
		return 0;
	}
	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w)
			abort();
		*w = (struct sdk_watch){ .fd = fd, .ready = socket_ready, .user = c };
		sdk_loop_watch(c->loop, w);
		curl_multi_assign(c->multi, fd, w);
	}
	w->events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
	return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *user)
{
	struct sdk_curl *c = user;

	(void)multi;
	if (timeout_ms < 0)
		sdk_loop_disarm(c->loop, &c->timer);
	else
		sdk_loop_arm(c->loop, &c->timer, timeout_ms * SDK_CLOCK_MS);
	return 0;
}

static void timer_due(struct sdk_timer *t)
{
	struct sdk_curl *c = t->user;
	int running;

	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_finished(c);
}

struct sdk_curl *sdk_curl_new(struct sdk_loop *loop)
{
	struct sdk_curl *c = calloc(1, sizeof(*c));

	if (!c || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	c->loop = loop;
	c->timer = (struct sdk_timer){ .due = timer_due, .user = c };
	c->multi = curl_multi_init();
	if (!c->multi)
		abort();
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS_MAX);
	return c;
}

void sdk_curl_free(struct sdk_curl *c)
{
	if (!c)
		return;
	curl_multi_cleanup(c->multi);
	sdk_loop_disarm(c->loop, &c->timer);
	free(c);
	curl_global_cleanup();
}

/* ---- one transfer ---- */

void sdk_curl_init(struct sdk_curl_transfer *t, int64_t timeout_us)
{
	t->easy = curl_easy_init();
	if (!t->easy)
		abort();
	t->error[0] = '\0';
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(CONNECT_LIMIT_US / SDK_CLOCK_MS));
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(timeout_us / SDK_CLOCK_MS));
	sdk_curl_set_tls(t, NULL);
}

void sdk_curl_set_tls(struct sdk_curl_transfer *t, const struct sdk_tls_paths *tls)
{
	curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (tls && tls->ca) {
		curl_easy_setopt(t->easy, CURLOPT_CAINFO, tls->ca);
		curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
	}
	if (tls && tls->certificate) {
		curl_easy_setopt(t->easy, CURLOPT_SSLCERT, tls->certificate);
		curl_easy_setopt(t->easy, CURLOPT_SSLKEY, tls->key);
		curl_easy_setopt(t->easy, CURLOPT_KEYPASSWD, ""); /* else OpenSSL would ask at the terminal */
	}
}

void sdk_curl_start(struct sdk_curl *c, struct sdk_curl_transfer *t)
{
	curl_multi_add_handle(c->multi, t->easy); /* asks for the timer: it begins from within the loop */
}

void sdk_curl_end(struct sdk_curl *c, struct sdk_curl_transfer *t)
{
	curl_multi_remove_handle(c->multi, t->easy);
	curl_easy_cleanup(t->easy);
	t->easy = NULL;
}
