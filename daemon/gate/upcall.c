#include "gate/upcall.h"

#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"

#define CONNECTIONS  24L /* of the 64 that the daemon takes; further calls wait */
#define CONNECT_MS   5000L
#define ANSWER_MS    30000L
#define HEADERS_MAX  24
#define HEADER_BYTES 2048

struct upcall {
	struct upcall_desk *desk;
	struct upcall *next;
	CURLM *multi;
	CURL *curl;
	struct curl_slist *headers;
	struct upcall_handler handler;
	char *names[2 * HEADERS_MAX + 1];
	size_t name_count;
	bool over; /* done was called, or nobody wants to hear */
};

struct upcall_desk {
	struct event_base *base;
	char *socket_path;
	CURLM *multis[2]; /* answers, streams: one may not wait for the other */
	struct event *timers[2];
	struct event *bury; /* what is over is taken apart outside of libcurl's own calls */
	struct upcall *calls;
};

static struct upcall_head head_of(struct upcall *u)
{
	struct upcall_head head = { .headers = (const char *const *)u->names };

	curl_easy_getinfo(u->curl, CURLINFO_RESPONSE_CODE, &head.status);
	return head;
}

const char *upcall_header(const struct upcall_head *head, const char *name)
{
	for (const char *const *h = head->headers; *h; h += 2)
		if (strcasecmp(h[0], name) == 0)
			return h[1];
	return NULL;
}

/* ---- what comes ---- */

static void forget_headers(struct upcall *u)
{
	for (size_t i = 0; i < u->name_count; i++)
		free(u->names[i]);
	memset(u->names, 0, sizeof(u->names));
	u->name_count = 0;
}

static size_t header_came(char *line, size_t size, size_t count, void *arg)
{
	size_t len = size * count, end = len;
	const char *colon = memchr(line, ':', len), *value;
	struct upcall *u = arg;

	if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
		forget_headers(u); /* what was before was no last answer */
	if (!colon || len > HEADER_BYTES || u->name_count + 2 > 2 * HEADERS_MAX)
		return len;
	while (end && (line[end - 1] == '\r' || line[end - 1] == '\n' || line[end - 1] == ' '))
		end--;
	value = colon + 1;
	while (value < line + end && *value == ' ')
		value++;
	if (value > line + end)
		return len;
	u->names[u->name_count++] = mem_strndup(line, (size_t)(colon - line));
	u->names[u->name_count++] = mem_strndup(value, (size_t)(line + end - value));
	return len;
}

static size_t bytes_came(char *bytes, size_t size, size_t count, void *arg)
{
	struct upcall *u = arg;
	struct upcall_head head = head_of(u);

	if (u->over)
		return 0;
	switch (u->handler.bytes(u->handler.context, &head, bytes, size * count)) {
	case UPCALL_TAKEN: return size * count;
	case UPCALL_PAUSE: return CURL_WRITEFUNC_PAUSE;
	default: return 0;
	}
}

/* ---- the end ---- */

static void free_call(struct upcall *u)
{
	curl_multi_remove_handle(u->multi, u->curl);
	curl_easy_cleanup(u->curl);
	curl_slist_free_all(u->headers);
	forget_headers(u);
	free(u);
}

/* Runs on a turn of its own. */
static void bury(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct upcall_desk *d = arg;

	for (struct upcall **link = &d->calls; *link;) {
		struct upcall *u = *link;

		if (!u->over) {
			link = &u->next;
			continue;
		}
		*link = u->next;
		free_call(u);
	}
}

static void finish(struct upcall *u, CURLcode code)
{
	struct upcall_head head = head_of(u);
	int error = 0;

	if (u->over)
		return;
	u->over = true;
	if (code == CURLE_COULDNT_CONNECT)
		error = -ENOTCONN;
	else if (code == CURLE_OPERATION_TIMEDOUT)
		error = -ETIMEDOUT;
	else if (code != CURLE_OK)
		error = -EIO;
	u->handler.done(u->handler.context, &head, error);
	event_active(u->desk->bury, EV_TIMEOUT, 1);
}

static void take_results(struct upcall_desk *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(d->multis); i++) {
		CURLMsg *message;
		int left;

		while ((message = curl_multi_info_read(d->multis[i], &left))) {
			CURLcode code = message->data.result;
			char *u = NULL;

			if (message->msg != CURLMSG_DONE)
				continue;
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &u);
			finish((struct upcall *)u, code);
		}
	}
}

/* ---- libcurl within libevent ---- */

struct watched {
	struct upcall_desk *desk;
	CURLM *multi;
	struct event *event;
};

static void socket_ready(evutil_socket_t fd, short what, void *arg)
{
	const struct watched *w = arg;
	struct upcall_desk *d = w->desk;
	int running, action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(w->multi, fd, action, &running); /* w may be gone after it */
	take_results(d);
}

static int watch(CURL *curl _unused_, curl_socket_t fd, int what, void *desk, void *arg)
{
	struct upcall_desk *d = desk;
	struct watched *w = arg;
	char *u = NULL;

	if (what == CURL_POLL_REMOVE) {
		if (w) {
			event_free(w->event);
			free(w);
		}
		return 0;
	}
	if (w) {
		event_free(w->event);
	} else {
		curl_easy_getinfo(curl, CURLINFO_PRIVATE, &u);
		w = MEM_NEW(struct watched);
		w->desk = d;
		w->multi = ((struct upcall *)u)->multi;
		curl_multi_assign(w->multi, fd, w);
	}
	w->event = event_new(
		d->base, fd,
		(short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0)),
		socket_ready, w);
	if (!w->event)
		abort();
	event_add(w->event, NULL);
	return 0;
}

static void timer_due(struct upcall_desk *d, size_t which)
{
	int running;

	curl_multi_socket_action(d->multis[which], CURL_SOCKET_TIMEOUT, 0, &running);
	take_results(d);
}

static void answers_due(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	timer_due(arg, UPCALL_ANSWERS);
}

static void streams_due(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	timer_due(arg, UPCALL_STREAMS);
}

static int set_timer(CURLM *multi _unused_, long after_ms, void *arg)
{
	struct timeval after = { .tv_sec = after_ms / 1000, .tv_usec = after_ms % 1000 * 1000 };
	struct event *timer = arg;

	if (after_ms < 0)
		evtimer_del(timer);
	else
		evtimer_add(timer, &after);
	return 0;
}

static void add_multi(struct upcall_desk *d, enum upcall_kind kind)
{
	CURLM *multi = curl_multi_init();
	struct event *timer = evtimer_new(d->base, kind == UPCALL_ANSWERS ? answers_due : streams_due, d);

	if (!multi || !timer)
		abort();
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, d);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, timer);
	if (kind == UPCALL_ANSWERS)
		curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS);
	d->multis[kind] = multi;
	d->timers[kind] = timer;
}

struct upcall_desk *upcall_desk_new(struct event_base *base, const char *socket_path)
{
	struct upcall_desk *d = MEM_NEW(struct upcall_desk);

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	d->base = base;
	d->socket_path = mem_strdup(socket_path);
	d->bury = event_new(base, -1, 0, bury, d);
	if (!d->bury)
		abort();
	add_multi(d, UPCALL_ANSWERS);
	add_multi(d, UPCALL_STREAMS);
	return d;
}

void upcall_desk_free(struct upcall_desk *d)
{
	if (!d)
		return;
	while (d->calls) {
		struct upcall *u = d->calls;
		struct upcall_head head = { .headers = (const char *const *)u->names };

		d->calls = u->next;
		if (!u->over)
			u->handler.done(u->handler.context, &head, -ECANCELED);
		free_call(u);
	}
	for (size_t i = 0; i < ARRAY_SIZE(d->multis); i++) {
		curl_multi_cleanup(d->multis[i]);
		event_free(d->timers[i]);
	}
	event_free(d->bury);
	free(d->socket_path);
	free(d);
	curl_global_cleanup();
}

/* ---- a call ---- */

static void add_header(struct upcall *u, const char *name, const char *value)
{
	struct str_buf line _cleanup_str_buf_ = { 0 };
	struct curl_slist *longer;

	str_buf_printf(&line, "%s: %s", name, value);
	longer = curl_slist_append(u->headers, line.text);
	if (!longer)
		abort();
	u->headers = longer;
}

static void set_target(struct upcall *u, const struct upcall_setup *setup)
{
	struct str_buf url _cleanup_str_buf_ = { 0 };

	str_buf_printf(&url, "http://%s%s", setup->host ? setup->host : "estated", setup->path);
	curl_easy_setopt(u->curl, CURLOPT_URL, url.text);
	curl_easy_setopt(u->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(u->curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(u->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(u->curl, CURLOPT_NOSIGNAL, 1L);
	if (!setup->host)
		curl_easy_setopt(u->curl, CURLOPT_UNIX_SOCKET_PATH,
				 setup->socket ? setup->socket : u->desk->socket_path);
	curl_easy_setopt(u->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	if (setup->kind == UPCALL_ANSWERS)
		curl_easy_setopt(u->curl, CURLOPT_TIMEOUT_MS, ANSWER_MS);
}

static void set_request(struct upcall *u, const struct upcall_setup *setup)
{
	for (const char *const *h = setup->headers; h && *h; h += 2)
		if (h[1])
			add_header(u, h[0], h[1]);
	if (setup->body_len || str_equal(setup->method, "POST")) {
		curl_easy_setopt(u->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)setup->body_len);
		curl_easy_setopt(u->curl, CURLOPT_COPYPOSTFIELDS, setup->body_len ? setup->body : "");
	}
	/* What changes something is not sent a second time where a kept connection turns out to be dead. */
	if (!str_equal(setup->method, "GET"))
		curl_easy_setopt(u->curl, CURLOPT_FRESH_CONNECT, 1L);
	if (str_equal(setup->method, "HEAD"))
		curl_easy_setopt(u->curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(u->curl, CURLOPT_CUSTOMREQUEST, setup->method);
	curl_easy_setopt(u->curl, CURLOPT_HTTPHEADER, u->headers);
}

struct upcall *upcall_start(struct upcall_desk *d, const struct upcall_setup *setup)
{
	struct upcall *u = MEM_NEW(struct upcall);

	u->desk = d;
	u->handler = setup->handler;
	u->multi = d->multis[setup->kind];
	u->curl = curl_easy_init();
	if (!u->curl)
		abort();
	set_target(u, setup);
	set_request(u, setup);
	curl_easy_setopt(u->curl, CURLOPT_PRIVATE, (char *)u);
	curl_easy_setopt(u->curl, CURLOPT_WRITEFUNCTION, bytes_came);
	curl_easy_setopt(u->curl, CURLOPT_WRITEDATA, u);
	curl_easy_setopt(u->curl, CURLOPT_HEADERFUNCTION, header_came);
	curl_easy_setopt(u->curl, CURLOPT_HEADERDATA, u);
	u->next = d->calls;
	d->calls = u;
	if (curl_multi_add_handle(u->multi, u->curl) != CURLM_OK)
		abort();
	return u;
}

void upcall_cancel(struct upcall *u)
{
	u->over = true;
	event_active(u->desk->bury, EV_TIMEOUT, 1);
}

void upcall_resume(struct upcall *u)
{
	struct upcall_desk *d = u->desk;

	if (u->over)
		return;
	curl_easy_pause(u->curl, CURLPAUSE_CONT);
	/* What it had kept back may have been the last of it. */
	take_results(d);
}
