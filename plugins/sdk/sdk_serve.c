#include "sdk/sdk_serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"

#define BACKLOG    64
#define FIRST_FD   3
#define LAST_FD    256 /* a plugin may have no more */
#define HOST_MAX   64
#define READ_EXTRA 4096

/* A connection is known by descriptor and the kernel's number of its socket: the library tells nobody when it closes one. */
struct connection {
	int fd;
	uint64_t cookie; /* 0: the entry is free */
	int64_t until_us;
};

struct sdk_serve {
	struct sdk_serve_setup setup;
	struct event_base *base;
	struct evhttp *http;
	struct sdk_watch watch; /* of the library's own epoll: it has something to do */
	struct sdk_timer deadline;
	struct connection connections[SDK_SERVE_CONNECTIONS];
	struct event *look;                /* active when there are new ones */
	struct bufferevent *news[LAST_FD]; /* accepted in this turn, not looked at yet */
	unsigned new_count;
	uint16_t port;
	struct sdk_serve_call *calls;
	struct sdk_serve_counts counts;
};

struct sdk_serve_call {
	struct sdk_serve *serve;
	struct sdk_serve_call *next;
	struct evhttp_request *request;
	struct evkeyvalq query;
	char *path;
};

/* ---- where to listen ---- */

/* "127.0.0.1:8481" or "[::1]:8481": a loopback address and a port. */
static bool split_listen(const char *listen, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	const char *colon = strrchr(listen, ':'), *from = listen;
	size_t len = colon ? (size_t)(colon - listen) : 0;
	bool six = len > 2 && listen[0] == '[' && colon[-1] == ']';
	char host[HOST_MAX];
	long port = 0;

	if (six) {
		from++;
		len -= 2;
	}
	if (!colon || len == 0 || len >= sizeof(host) || !colon[1] || strlen(colon + 1) > 5)
		return false;
	for (const char *c = colon + 1; *c; c++) {
		if (*c < '0' || *c > '9')
			return false;
		port = port * 10 + (*c - '0');
	}
	memcpy(host, from, len);
	host[len] = '\0';
	memset(ret_address, 0, sizeof(*ret_address));
	if (six) {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)ret_address;

		*ret_len = sizeof(*a);
		a->sin6_family = AF_INET6;
		a->sin6_port = htons((uint16_t)port);
		return port <= 65535 && inet_pton(AF_INET6, host, &a->sin6_addr) == 1 &&
		       IN6_IS_ADDR_LOOPBACK(&a->sin6_addr);
	}
	struct sockaddr_in *a = (struct sockaddr_in *)ret_address;

	*ret_len = sizeof(*a);
	a->sin_family = AF_INET;
	a->sin_port = htons((uint16_t)port);
	return port <= 65535 && inet_pton(AF_INET, host, &a->sin_addr) == 1 && ntohl(a->sin_addr.s_addr) >> 24 == 127;
}

const char *sdk_serve_check_listen(const char *listen)
{
	struct sockaddr_storage address;
	socklen_t len;

	return split_listen(listen, &address, &len) ? NULL
						    : "a loopback address with a port, 127.0.0.1:8481 or [::1]:8481; "
						      "the network meets estated-web only";
}

/* ---- the library within our loop ---- */

/* libevent does not tell its descriptor; it is the only epoll of this process. */
static int find_epoll(void)
{
	char path[32], target[64];

	for (int fd = FIRST_FD; fd < LAST_FD; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (strcmp(target, "anon_inode:[eventpoll]") == 0)
			return fd;
	}
	return -ENOSYS;
}

static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (!config)
		abort();
	event_config_avoid_method(config, "select");
	event_config_avoid_method(config, "poll");
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static void log_line(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		sdk_log_warning("libevent: %s", text);
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

static void arm_deadline(struct sdk_serve *s, int64_t now_us)
{
	int64_t first_us = INT64_MAX;

	for (unsigned i = 0; i < SDK_SERVE_CONNECTIONS; i++)
		if (s->connections[i].cookie && s->connections[i].until_us < first_us)
			first_us = s->connections[i].until_us;
	if (first_us == INT64_MAX)
		sdk_loop_disarm(s->setup.loop, &s->deadline);
	else
		sdk_loop_arm(s->setup.loop, &s->deadline, first_us - now_us);
}

static void admit(struct sdk_serve *s, int fd, int64_t now_us)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
	struct connection *room = NULL;

	for (unsigned i = 0; i < SDK_SERVE_CONNECTIONS; i++) {
		struct connection *c = &s->connections[i];

		if (c->cookie && cookie_of(c->fd) != c->cookie)
			c->cookie = 0;
		if (!c->cookie)
			room = c;
	}
	if (room) {
		*room = (struct connection){ .fd = fd, .cookie = cookie_of(fd), .until_us = now_us + s->setup.life_us };
		return;
	}
	s->counts.refused++;
	/* As much as the socket takes now: who is one too many is not waited for. */
	(void)send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_RDWR);
}

/* Runs in the turn in which they were accepted, before any of their bytes is read. */
static void look(evutil_socket_t fd, short what, void *user)
{
	struct sdk_serve *s = user;
	int64_t now_us = sdk_clock_now_us();

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < s->new_count; i++)
		admit(s, bufferevent_getfd(s->news[i]), now_us);
	s->new_count = 0;
}

static void turn(struct sdk_serve *s)
{
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	arm_deadline(s, sdk_clock_now_us());
}

static void epoll_ready(struct sdk_watch *w, short revents)
{
	(void)revents;
	turn(w->user);
}

/* The socket is shut down: the library, which owns it, finds the end of the stream and cleans up. */
static void deadline_due(struct sdk_timer *t)
{
	struct sdk_serve *s = t->user;
	int64_t now_us = sdk_clock_now_us();

	for (unsigned i = 0; i < SDK_SERVE_CONNECTIONS; i++) {
		struct connection *c = &s->connections[i];

		if (!c->cookie || c->until_us > now_us)
			continue;
		if (cookie_of(c->fd) == c->cookie) {
			s->counts.expired++;
			shutdown(c->fd, SHUT_RDWR);
		}
		c->cookie = 0;
	}
	turn(s);
}

static struct bufferevent *accepted(struct event_base *base, void *user)
{
	struct sdk_serve *s = user;
	struct bufferevent *bev;

	bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!bev)
		abort();
	/* A body is taken only when it is whole, so this must be above the largest. */
	bufferevent_setwatermark(bev, EV_READ, 0, s->setup.body_max + SDK_SERVE_HEADERS_MAX + READ_EXTRA);
	if (s->new_count == LAST_FD)
		abort(); /* more than there are descriptors */
	s->news[s->new_count++] = bev;
	event_active(s->look, EV_TIMEOUT, 1);
	return bev;
}

/* ---- requests ---- */

static void call_free(struct sdk_serve_call *call)
{
	struct sdk_serve_call **at = &call->serve->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	evhttp_clear_headers(&call->query);
	free(call->path);
	free(call);
}

static void request_came(struct evhttp_request *request, void *user)
{
	struct sdk_serve *s = user;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL, *query = uri ? evhttp_uri_get_query(uri) : NULL;
	struct sdk_serve_call *call = calloc(1, sizeof(*call));

	if (!call)
		abort();
	s->counts.requests++;
	*call = (struct sdk_serve_call){ .serve = s, .next = s->calls, .request = request };
	s->calls = call;
	TAILQ_INIT(&call->query);
	if (query && evhttp_parse_query_str(query, &call->query) < 0)
		TAILQ_INIT(&call->query); /* it has cleared what it had read */
	call->path = evhttp_uridecode(path && path[0] ? path : "/", 0, NULL);
	if (!call->path)
		abort();
	if (evhttp_request_get_command(request) != EVHTTP_REQ_POST)
		sdk_serve_answer(
			call, &(struct sdk_serve_reply){ 405, "{\"error\":{\"status\":405,\"text\":\"expected POST\"}}",
							 "Allow", "POST" });
	else
		s->setup.take(s->setup.user, call);
}

const char *sdk_serve_path(const struct sdk_serve_call *call)
{
	return call->path;
}

const char *sdk_serve_query(const struct sdk_serve_call *call, const char *name)
{
	return evhttp_find_header(&call->query, name);
}

const char *sdk_serve_header(const struct sdk_serve_call *call, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(call->request), name);
}

const char *sdk_serve_body(struct sdk_serve_call *call, size_t *ret_len)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(call->request);

	*ret_len = evbuffer_get_length(body);
	return *ret_len ? (const char *)evbuffer_pullup(body, -1) : "";
}

static const char *reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = { { 200, "OK" },
			{ 400, "Bad Request" },
			{ 401, "Unauthorized" },
			{ 404, "Not Found" },
			{ 405, "Method Not Allowed" },
			{ 413, "Payload Too Large" },
			{ 415, "Unsupported Media Type" },
			{ 429, "Too Many Requests" },
			{ 503, "Service Unavailable" } };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

void sdk_serve_answer(struct sdk_serve_call *call, const struct sdk_serve_reply *reply)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);
	struct evbuffer *body = evbuffer_new();
	struct sdk_serve *s = call->serve;

	if (!body)
		abort();
	evbuffer_add_printf(body, "%s\n", reply->body);
	evhttp_add_header(headers, "Content-Type", "application/json");
	evhttp_add_header(headers, "Connection", "close");
	if (reply->header)
		evhttp_add_header(headers, reply->header, reply->value);
	/* Where the caller has left meanwhile the library only frees it. */
	evhttp_send_reply(call->request, reply->status, reason_of(reply->status), body);
	evbuffer_free(body);
	call_free(call);
	/* What is to be written is written from within the loop: its epoll says so. */
	sdk_loop_arm(s->setup.loop, &s->deadline, 0);
}

/* ---- life ---- */

static int open_listener(struct sdk_serve *s, char why[static SDK_SERVE_WHY_MAX])
{
	struct sockaddr_storage address;
	struct evconnlistener *listener;
	socklen_t len;

	if (!split_listen(s->setup.listen, &address, &len))
		return -EINVAL;
	errno = 0;
	listener = evconnlistener_new_bind(s->base, NULL, NULL,
					   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, BACKLOG,
					   (struct sockaddr *)&address, (int)len);
	if (!listener) {
		int error = errno ? errno : EIO;

		snprintf(why, SDK_SERVE_WHY_MAX, "cannot listen on %.80s: %s", s->setup.listen, strerror(error));
		return -error;
	}
	if (!evhttp_bind_listener(s->http, listener))
		abort();
	if (getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &len) < 0)
		return -errno;
	s->port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						      : ((struct sockaddr_in *)&address)->sin_port);
	return 0;
}

int sdk_serve_new(const struct sdk_serve_setup *setup, struct sdk_serve **ret_serve,
		  char ret_why[static SDK_SERVE_WHY_MAX])
{
	struct sdk_serve *s = calloc(1, sizeof(*s));
	int fd, r;

	if (!s)
		abort();
	s->setup = *setup;
	s->base = new_base();
	fd = s->base ? find_epoll() : -ENOSYS;
	if (fd < 0) {
		snprintf(ret_why, SDK_SERVE_WHY_MAX, "no epoll, or no /proc/self/fd to find it by");
		sdk_serve_free(s);
		return fd;
	}
	s->watch = (struct sdk_watch){ .fd = fd, .events = POLLIN, .ready = epoll_ready, .user = s };
	s->deadline = (struct sdk_timer){ .due = deadline_due, .user = s };
	event_set_log_callback(log_line);
	s->http = evhttp_new(s->base);
	s->look = event_new(s->base, -1, 0, look, s);
	if (!s->http || !s->look)
		abort();
	evhttp_set_bevcb(s->http, accepted, s);
	evhttp_set_gencb(s->http, request_came, s);
	evhttp_set_max_headers_size(s->http, SDK_SERVE_HEADERS_MAX);
	evhttp_set_max_body_size(s->http, (ev_ssize_t)setup->body_max);
	evhttp_set_allowed_methods(s->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT);
	r = open_listener(s, ret_why);
	if (r < 0) {
		sdk_serve_free(s);
		return r;
	}
	sdk_loop_watch(setup->loop, &s->watch);
	*ret_serve = s;
	return 0;
}

void sdk_serve_free(struct sdk_serve *s)
{
	if (!s)
		return;
	sdk_loop_unwatch(s->setup.loop, &s->watch);
	sdk_loop_disarm(s->setup.loop, &s->deadline);
	while (s->calls)
		call_free(s->calls);
	if (s->http)
		evhttp_free(s->http);
	if (s->look)
		event_free(s->look);
	if (s->base)
		event_base_free(s->base);
	free(s);
}

uint16_t sdk_serve_port(const struct sdk_serve *s)
{
	return s->port;
}

struct sdk_serve_counts sdk_serve_counts(const struct sdk_serve *s)
{
	return s->counts;
}
