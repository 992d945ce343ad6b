#include "gate/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "gate/certs.h"
#include "gate/crumb.h"
#include "gate/pages.h"
#include "gate/passage.h"
#include "gate/relay.h"
#include "gate/respond.h"
#include "gate/web_inside.h"

#define BACKLOG   256
#define PAUSE_S   1
#define SPARE_FDS 96 /* beside the clients: the daemon's socket, streams, files that are being read */

/* Rule 15: evhttp puts its own pointer where that of a listener's error callback would stand; there is one web server. */
static struct web *the_web;

/* ---- requests ---- */

static void answered(struct evhttp_request *http, void *arg)
{
	struct web *w = arg;
	struct visitor *v = visitor_table_find(w->visitors, http);

	if (v)
		visitor_is_answered(v);
}

/* Is that one of the names by which we are called? */
static bool is_our_name(const struct web *w, struct evhttp_request *http)
{
	const char *host = evhttp_find_header(evhttp_request_get_input_headers(http), "Host");

	for (size_t i = 0; host && i < w->setup.name_count; i++)
		if (crumb_is_name(host, w->setup.names[i]))
			return true;
	return w->setup.name_count == 0;
}

static void dispatch(struct evhttp_request *http, void *arg)
{
	struct web *w = arg;
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(http));
	struct web_call c = { w, visitor_table_find(w->visitors, http), http, path && *path ? path : "/" };

	if (!c.visitor) {
		/* Refused and shut down, but its request had arrived before. */
		evhttp_send_error(http, 503, "Service Unavailable");
		return;
	}
	evhttp_request_set_on_complete_cb(http, answered, w);
	visitor_begins_work(c.visitor);
	respond_harden(http, w->certs != NULL);
	log_debug("web: %s asks %s %s", c.visitor->address, respond_method(http), c.path);
	if (!is_our_name(w, http))
		respond_error(http, (struct respond_problem){ 421, "Host" }, "we are not called that: see --name");
	else if (str_starts(c.path, "/v1/") || str_equal(c.path, "/metrics"))
		passage_api(&c);
	else if (str_starts(c.path, "/hook/"))
		passage_hook(&c);
	else
		pages_serve(w->pages, &c);
}

/* ---- connections ---- */

static struct bufferevent *accepted(struct event_base *base, void *arg)
{
	struct web *w = arg;
	struct bufferevent *bev =
		w->certs ? certs_accept(w->certs, base) : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	if (!bev)
		abort();
	complain_resolved(&w->accept_trouble, "web: accepts again");
	visitor_table_expect(w->visitors, bev);
	return bev;
}

static void accept_failed(struct evconnlistener *listener _unused_, void *arg _unused_)
{
	struct web *w = the_web;

	/* No descriptor left: a listener that is always ready would turn the loop for nothing. */
	complain(&w->accept_trouble, "web: cannot accept: %s", strerror(errno));
	for (size_t i = 0; i < w->listener_count; i++)
		evconnlistener_disable(w->listeners[i]);
	evtimer_add(w->resume, &(struct timeval){ .tv_sec = PAUSE_S });
}

static void resume(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct web *w = arg;

	for (size_t i = 0; i < w->listener_count; i++)
		evconnlistener_enable(w->listeners[i]);
}

/* ---- where to listen ---- */

static bool split_address(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	const char *colon = strrchr(text, ':');
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	char host[64];
	uint16_t port;

	if (!colon || (size_t)(colon - text) >= sizeof(host) || str_to_u16(colon + 1, &port) < 0)
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	memset(ret_address, 0, sizeof(*ret_address));
	if (*host == '[' && colon[-1] == ']') {
		host[strlen(host) - 1] = '\0';
		six.sin6_port = htons(port);
		memcpy(ret_address, &six, sizeof(six));
		*ret_len = sizeof(six);
		return inet_pton(AF_INET6, host + 1, &((struct sockaddr_in6 *)ret_address)->sin6_addr) == 1;
	}
	four.sin_port = htons(port);
	memcpy(ret_address, &four, sizeof(four));
	*ret_len = sizeof(four);
	return inet_pton(AF_INET, host, &((struct sockaddr_in *)ret_address)->sin_addr) == 1;
}

bool web_is_address(const char *text)
{
	struct sockaddr_storage address;
	socklen_t len;

	return split_address(text, &address, &len);
}

/* As a text; *ret_near: of this machine only. */
static char *name_of(int fd, bool *ret_near)
{
	struct sockaddr_storage address = { 0 };
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
	const struct sockaddr_in *four = (const struct sockaddr_in *)&address;
	socklen_t len = sizeof(address);
	struct str_buf name = { 0 };
	char host[VISITOR_ADDRESS_MAX] = "?";

	*ret_near = false;
	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return NULL;
	if (address.ss_family == AF_INET6) {
		*ret_near = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
		inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
		str_buf_printf(&name, "[%s]:%u", host, ntohs(six->sin6_port));
	} else if (address.ss_family == AF_INET) {
		*ret_near = ntohl(four->sin_addr.s_addr) >> 24 == 127;
		inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
		str_buf_printf(&name, "%s:%u", host, ntohs(four->sin_port));
	} else {
		return NULL;
	}
	return str_buf_take(&name);
}

static int take_listener(struct web *w, int fd, char why[static WEB_WHY_MAX])
{
	bool near;
	char *name = name_of(fd, &near);
	struct evconnlistener *listener;

	if (!name) {
		snprintf(why, WEB_WHY_MAX, "descriptor %d is no socket of a network", fd);
		return -EPROTO;
	}
	w->at[w->listener_count] = name;
	if (!w->certs && !near && !w->setup.plain_anywhere) {
		snprintf(why, WEB_WHY_MAX,
			 "%s: without TLS others could listen in: name --certificate and --key, listen on 127.0.0.1, "
			 "or say "
			 "--plain-anywhere where something else protects the way",
			 name);
		return -EPERM;
	}
	evutil_make_socket_nonblocking(fd);
	listener = evconnlistener_new(w->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
	if (!listener || !evhttp_bind_listener(w->http, listener))
		abort();
	evconnlistener_set_error_cb(listener, accept_failed);
	w->listeners[w->listener_count++] = listener;
	return 0;
}

static int listen_on(const char *text, int *ret_fd, char why[static WEB_WHY_MAX])
{
	struct sockaddr_storage address;
	socklen_t len;
	int fd, one = 1, error;

	if (!split_address(text, &address, &len)) {
		snprintf(why, WEB_WHY_MAX, "%.100s: expected an address and a port, 0.0.0.0:443 or [::]:443", text);
		return -EINVAL;
	}
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    bind(fd, (const struct sockaddr *)&address, len) == 0 && listen(fd, BACKLOG) == 0) {
		*ret_fd = fd;
		return 0;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	snprintf(why, WEB_WHY_MAX, "cannot listen on %.100s: %s", text, strerror(error));
	return -error;
}

static int open_listeners(struct web *w, char why[static WEB_WHY_MAX])
{
	int fd = -1, r;

	for (size_t i = 0; i < w->setup.fd_count; i++) {
		r = take_listener(w, w->setup.fds[i], why);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < w->setup.listen_count; i++) {
		r = listen_on(w->setup.listens[i], &fd, why);
		if (r < 0)
			return r;
		r = take_listener(w, fd, why);
		if (r < 0) {
			close(fd);
			return r;
		}
	}
	return 0;
}

/* ---- life ---- */

static void reload(struct web *w)
{
	struct pages *old = w->pages;
	char why[CERTS_WHY_MAX];

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_awake_us());
	if (w->certs && certs_reload(w->certs, why) < 0)
		log_error("web: the old certificate stays: %s", why);
	w->pages = pages_read(w->setup.page_dir);
	pages_free(old);
	log_notice("web: certificate and page are read anew, %zu files", pages_count(w->pages));
	sd_notify(0, "READY=1");
}

static void signalled(evutil_socket_t number, short what _unused_, void *arg)
{
	struct web *w = arg;

	if (number == SIGHUP)
		reload(w);
	else
		event_base_loopbreak(w->base);
}

static void tick(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct web *w = arg;
	struct visitor_counts v = visitor_table_counts(w->visitors);

	log_tick(clock_mono_us());
	sd_notifyf(0, "STATUS=%zu connections, %zu of them streams; %llu refused, %llu timed out", v.now, v.streams,
		   (unsigned long long)v.refused, (unsigned long long)v.expired);
}

static void alive(evutil_socket_t fd _unused_, short what _unused_, void *arg _unused_)
{
	sd_notify(0, "WATCHDOG=1");
}

static void start_timers(struct web *w)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	uint64_t watchdog_us = 0;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		w->signals[i] = evsignal_new(w->base, numbers[i], signalled, w);
		if (!w->signals[i])
			abort();
		event_add(w->signals[i], NULL);
	}
	w->tick = event_new(w->base, -1, EV_PERSIST, tick, w);
	w->alive = event_new(w->base, -1, EV_PERSIST, alive, w);
	w->resume = evtimer_new(w->base, resume, w);
	if (!w->tick || !w->alive || !w->resume)
		abort();
	event_add(w->tick, &(struct timeval){ .tv_sec = 1 });
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		event_add(w->alive, &(struct timeval){ .tv_sec = (time_t)(watchdog_us / 3 / 1000000),
						       .tv_usec = (suseconds_t)(watchdog_us / 3 % 1000000) });
}

/* So many clients as there are descriptors for: one that is accepted must be served. */
static size_t connections_of(const struct web_setup *setup)
{
	struct rlimit limit;
	size_t most = setup->connections;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < most + SPARE_FDS) {
		most = limit.rlim_cur > 2 * SPARE_FDS ? limit.rlim_cur - SPARE_FDS : limit.rlim_cur / 2;
		log_warning("web: %zu connections instead of %zu: more descriptors are not allowed (LimitNOFILE=)",
			    most, setup->connections);
	}
	return MAX(most, (size_t)1);
}

static void start_http(struct web *w)
{
	const struct web_setup *s = &w->setup;

	w->http = evhttp_new(w->base);
	if (!w->http)
		abort();
	w->visitors = visitor_table_new(w->base, &(struct visitor_limits){
							 .connections = connections_of(s),
							 .per_address = s->per_address,
							 .per_loopback = s->per_loopback,
							 .headers_us = 10 * S,
							 .request_us = 30 * S,
							 .idle_us = 30 * S,
							 .answer_us = 60 * S,
							 .read_bytes = WEB_UNREAD_BYTES,
							 .tls = w->certs != NULL,
						 });
	w->upcalls = upcall_desk_new(w->base, s->socket_path);
	w->relays = relay_desk_new(w);
	evhttp_set_bevcb(w->http, accepted, w);
	evhttp_set_gencb(w->http, dispatch, w);
	evhttp_set_max_headers_size(w->http, WEB_HEADER_BYTES);
	evhttp_set_max_body_size(w->http, WEB_BODY_BYTES);
	/* All that it knows, so that a wrong one gets our answer. */
	evhttp_set_allowed_methods(w->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
						    EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
}

static void library_says(int severity, const char *text)
{
	/* A place of the code of its own: what it says too often is cut short. */
	if (severity >= EVENT_LOG_WARN)
		log_warning("web: libevent: %s", text);
}

int web_open(const struct web_setup *setup, struct web **ret_web, char ret_why[static WEB_WHY_MAX])
{
	_cleanup_(web_closep) struct web *w = MEM_NEW(struct web);
	int r;

	event_set_log_callback(library_says);
	w->setup = *setup;
	w->base = event_base_new();
	if (!w->base)
		abort();
	if (setup->certificate) {
		char why[CERTS_WHY_MAX];

		r = certs_open(setup->certificate, setup->key, &w->certs, why);
		if (r < 0) {
			snprintf(ret_why, WEB_WHY_MAX, "%s", why);
			return r;
		}
	}
	w->pages = pages_read(setup->page_dir);
	start_http(w);
	start_timers(w);
	the_web = w;
	r = open_listeners(w, ret_why);
	if (r < 0)
		return r;
	*ret_web = steal(&w);
	return 0;
}

static void free_event(struct event *e)
{
	if (e)
		event_free(e);
}

void web_close(struct web *w)
{
	if (!w)
		return;
	relay_desk_free(w->relays);
	upcall_desk_free(w->upcalls);
	if (w->http)
		evhttp_free(w->http); /* closes the listeners and all connections */
	visitor_table_free(w->visitors);
	pages_free(w->pages);
	certs_free(w->certs);
	for (size_t i = 0; i < ARRAY_SIZE(w->signals); i++)
		free_event(w->signals[i]);
	free_event(w->tick);
	free_event(w->alive);
	free_event(w->resume);
	for (size_t i = 0; i < ARRAY_SIZE(w->at); i++)
		free(w->at[i]);
	event_base_free(w->base);
	the_web = NULL;
	free(w);
}

void web_run(struct web *w)
{
	for (size_t i = 0; i < w->listener_count; i++)
		log_notice("web: listens on %s://%s/, asks estated on %s, page of %zu files",
			   w->certs ? "https" : "http", w->at[i], w->setup.socket_path, pages_count(w->pages));
	sd_notify(0, "READY=1");
	event_base_dispatch(w->base);
	sd_notify(0, "STOPPING=1");
}

const char *web_listens_at(const struct web *w, size_t index)
{
	return index < w->listener_count ? w->at[index] : NULL;
}
