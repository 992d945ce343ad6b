#include "config.h"

#include "api/api.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/acts.h"
#include "api/pending.h"
#include "api/allow.h"
#include "api/inside.h"
#include "api/login.h"
#include "api/routes.h"
#include "api/rows.h"
#include "api/stream.h"
#include "api/walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "care/care.h"

#define HEADER_BYTES 8192
#define BODY_BYTES   65536
#define BACKLOG      64
#define PAUSE_US     (1 * S)

const struct api_limits api_limits_usual = {
	.connections = 64,
	.streams = 64,
	.first_request_us = 10 * S,
	.idle_us = 60 * S,
	.answer_us = 60 * S,
	.pending_us = 20 * S,
	.keepalive_us = 3 * S, /* a page that hears nothing for longer says that it is out of date */
	.stream_bytes = 256 * 1024,
};

static const char *const role_names[API_ROLES] = {
	[API_NOBODY] = "nobody", [API_VIEWER] = "viewer",         [API_OPERATOR] = "operator",
	[API_CARE] = "care",     [API_TECHNICIAN] = "technician", [API_ADMIN] = "admin",
};

const char *api_role_name(enum api_role role)
{
	return role_names[role];
}

json_t *api_scope_json(const struct scope *s)
{
	json_t *list = json_array();

	if (s->whole)
		json_array_append_new(list, json_string("*"));
	for (size_t i = 0; !s->whole && i < s->count; i++)
		json_array_append_new(list, json_string(s->places[i]));
	return list;
}

int api_role_parse(const char *name, enum api_role *ret_role)
{
	for (int i = API_VIEWER; i < API_ROLES; i++)
		if (str_equal(name, role_names[i])) {
			*ret_role = (enum api_role)i;
			return 0;
		}
	return -EINVAL;
}

static void serve(struct call *x)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(x->http);
	const char *path = evhttp_uri_get_path(uri);
	const struct route *fits = NULL, *route;

	route = routes_find(x, path ? path : "/", &fits);
	if (!allow_identify(x) || !allow_route(x, route))
		return;
	if (!route) {
		routes_answer_none(x, path ? path : "/", fits);
		return;
	}
	if (!routes_query_good(x, route, evhttp_uri_get_query(uri)))
		return;
	conn_set_deadline(x->conn, route->lasting == STREAMS ? 0 : x->api->limits.answer_us);
	route->handle(x);
}

/* The answer has left: the connection may wait for its next request. */
static void answered(struct evhttp_request *http, void *arg)
{
	struct api *a = arg;
	struct evhttp_connection *connection = evhttp_request_get_connection(http);
	struct conn *c;

	if (evhttp_request_get_response_code(http) >= 400)
		a->errors++;
	if (!connection)
		return;
	c = conn_table_find(a->conns, bufferevent_getfd(evhttp_connection_get_bufferevent(connection)));
	if (c)
		conn_set_deadline(c, a->limits.idle_us);
}

static void dispatch(struct evhttp_request *http, void *arg)
{
	struct api *a = arg;
	struct evhttp_connection *connection = evhttp_request_get_connection(http);
	struct call x = { .api = a, .http = http };

	a->requests++;
	TAILQ_INIT(&x.query);
	x.conn = conn_table_find(a->conns, bufferevent_getfd(evhttp_connection_get_bufferevent(connection)));
	if (!x.conn) {
		/* Refused and shut down, but its request had arrived before. */
		evhttp_send_error(http, 503, "Service Unavailable");
		return;
	}
	log_debug("api: %s asks %s", x.conn->peer.who, evhttp_request_get_uri(http));
	evhttp_request_set_on_complete_cb(http, answered, a);
	conn_set_deadline(x.conn, a->limits.answer_us);
	serve(&x);
	evhttp_clear_headers(&x.query);
}

/* The socket. */

/* The folder of the socket, where nobody has made it yet (systemd makes it for the service). */
static int make_folder(const char *socket_path)
{
	_cleanup_(freep) void *copy = mem_strdup(socket_path);
	char *path = copy;

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST && access(path, F_OK) < 0)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* Is the path free for us? Removes a socket that nobody listens on. */
static int make_room(const struct sockaddr_un *address, const char **ret_text)
{
	struct stat st;
	int fd, r;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode)) {
		*ret_text = "something that is no socket is in its place: remove it";
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	close(fd);
	if (r == 0 || r == -EAGAIN) {
		*ret_text = "another estated listens there: stop it first";
		return -EADDRINUSE;
	}
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

/* Members of the group may connect; without such a group only root and the daemon's own user. */
static void open_to_group(const char *path)
{
	const struct group *group = getgrnam("estated");

	/* A daemon without root may not give the file away, unless it is in the group: then its own group stays. */
	if (group && lchown(path, (uid_t)-1, group->gr_gid) < 0)
		log_debug("api: %s: group estated: %s", path, strerror(errno));
}

static int listen_on(struct api *a, const char *path, const char **ret_text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t mask;
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path)) {
		*ret_text = "a socket's path has at most 107 bytes: choose a shorter --runtime-dir";
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	r = make_folder(path);
	if (r == 0)
		r = make_room(&address, ret_text);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0117);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 && (lstat(path, &st) < 0 || listen(fd, BACKLOG) < 0))
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	open_to_group(path);
	a->socket_path = mem_strdup(path);
	a->socket_inode = st.st_ino;
	return fd;
}

/* Rule 15: evhttp_bind_listener puts its own pointer where that of a listener's error callback would stand. Main thread. */
static struct api *listening;

static void accept_failed(struct evconnlistener *listener, void *arg _unused_)
{
	struct api *a = listening;

	/* No descriptor left: a listener that is always ready would turn the loop for nothing. */
	complain_as(&a->accept_trouble, LOGID_API_FLOOD, NULL, "api: cannot accept: %s", strerror(errno));
	evconnlistener_disable(listener);
	evtimer_add(a->resume, &(struct timeval){ .tv_sec = PAUSE_US / S });
}

static void resume(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct api *a = arg;

	evconnlistener_enable(a->listener);
}

static struct bufferevent *accepted(struct event_base *base, void *arg)
{
	struct api *a = arg;

	complain_resolved_as(&a->accept_trouble, LOGID_API_CALM, NULL, "api: accepts again");
	return conn_table_accept(base, a->conns);
}

static void start_http(struct api *a, int fd)
{
	a->http = evhttp_new(a->base);
	a->listener = evconnlistener_new(a->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	a->resume = evtimer_new(a->base, resume, a);
	if (!a->http || !a->listener || !a->resume || !evhttp_bind_listener(a->http, a->listener))
		abort();
	evconnlistener_set_error_cb(a->listener, accept_failed);
	listening = a;
	evhttp_set_bevcb(a->http, accepted, a);
	evhttp_set_gencb(a->http, dispatch, a);
	evhttp_set_max_headers_size(a->http, HEADER_BYTES);
	evhttp_set_max_body_size(a->http, BODY_BYTES);
	/* All that it knows, so that a wrong one gets our answer. */
	evhttp_set_allowed_methods(a->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
						    EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
}

int api_open(const struct api_setup *setup, struct api **ret_api, const char **ret_text)
{
	struct api *a = MEM_NEW(struct api);
	const char *text = NULL;
	int fd = setup->listen_fd;

	a->base = setup->base;
	a->source = setup->source;
	a->limits = setup->limits ? *setup->limits : api_limits_usual;
	if (fd < 0)
		fd = listen_on(a, setup->socket_path, &text);
	if (fd < 0) {
		*ret_text = text; /* NULL: the error says it all */
		free(a);
		return fd;
	}
	evutil_make_socket_nonblocking(fd);
	a->conns = conn_table_new(a->base, &(struct conn_limits){ .connections = a->limits.connections,
								  .streams = a->limits.streams,
								  .first_request_us = a->limits.first_request_us,
								  .read_bytes = BODY_BYTES + 2 * HEADER_BYTES,
								  .gate_user = setup->gate_user });
	a->stream = stream_new(a);
	start_http(a, fd);
	*ret_api = a;
	return 0;
}

void api_close(struct api *a)
{
	struct stat st;

	if (!a)
		return;
	pending_stop(a);
	walk_stop(a);
	stream_free(a->stream);
	event_free(a->resume);
	evhttp_free(a->http); /* closes the listener and all connections */
	conn_table_free(a->conns);
	if (a->socket_path && lstat(a->socket_path, &st) == 0 && st.st_ino == a->socket_inode)
		unlink(a->socket_path);
	free(a->socket_path);
	free(a);
}

void api_finish(struct api_pending *p, int error, const char *text)
{
	acts_finish(p, error, text);
}

void api_finish_json(struct api_pending *p, int status, json_t *body)
{
	pending_answer(p, status, body);
}

void api_finish_login(struct api_pending *p, const struct api_session *session, const char *token)
{
	login_finish(p, session, token);
}

void api_finish_story(struct api_pending *p, int error, json_t *chapters)
{
	acts_finish_story(p, error, chapters);
}

void api_point_changed(struct api *a, const struct point *p)
{
	stream_point(a->stream, p);
}

void api_alarm_changed(struct api *a, const struct alarm_transition *t)
{
	stream_alarm(a->stream, t);
}

void api_next_changed(struct api *a, const char *alarm)
{
	stream_next(a->stream, alarm);
}

void api_home_changed(struct api *a, const struct care_presence *p)
{
	stream_home(a->stream, p->place,
		    json_pack("{s:s, s:s, s:o, s:{s:s, s:s}}", "place", p->place, "mode", home_view_mode_name(p->mode),
			      "at", rows_time(p->at.wall_us), "why", "zh", p->why_zh, "en", p->why_en));
}

void api_health_changed(struct api *a, const char *what, const char *id, const char *state, const char *text)
{
	json_t *data =
		json_pack("{ss ss ss so}", "what", what, "id", id, "state", state, "at", rows_time(clock_wall_us()));

	/* What a plugin says may not be UTF-8: the change is told without it then. */
	json_object_set_new(data, "text",
			    text && str_is_utf8(text, strlen(text)) ? json_string(text) : json_string(""));
	stream_health(a->stream, id, data);
}

void api_set_gate(struct api *a, const char *gate_user)
{
	conn_table_set_gate(a->conns, gate_user);
}

void api_session_ended(struct api *a, uint64_t session)
{
	stream_end_session(a->stream, session);
}

size_t api_clients(const struct api *a)
{
	return stream_counts(a->stream).clients;
}

size_t api_pages(const struct api *a, const char *place)
{
	return stream_pages(a->stream, place);
}
