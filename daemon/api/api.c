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
#include "api/audits.h"
#include "api/backups.h"
#include "api/bids.h"
#include "api/pending.h"
#include "api/recalls.h"
#include "api/recordings.h"
#include "api/settings.h"
#include "api/summaries.h"
#include "api/devices.h"
#include "api/inside.h"
#include "api/loglevel.h"
#include "api/look.h"
#include "api/measures.h"
#include "api/modes.h"
#include "api/people.h"
#include "api/rows.h"
#include "api/rules.h"
#include "api/stream.h"
#include "api/timeset.h"
#include "api/tools.h"
#include "api/walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

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
	.keepalive_us = 15 * S,
	.stream_bytes = 256 * 1024,
};

/* How long an answer may take: a stream lasts, a command waits for the disk. */
enum lasting { ANSWERS, STREAMS };

struct route {
	enum evhttp_cmd_type method;
	const char *pattern;
	enum api_role role;
	const char *query; /* the parameters it takes, separated by blanks, or NULL */
	void (*handle)(struct call *x);
	enum lasting lasting;
};

/* clang-format off */
static const struct route routes[] = {
	/* method           pattern                      role             query    handler          lasting */
	{ EVHTTP_REQ_GET,   "/v1/status",                API_VIEWER,      NULL,    overview_get,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/buses",                 API_VIEWER,      NULL,    lists_buses,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/buses/{bus}/frames",    API_TECHNICIAN,  "since", look_frames,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/buses/{bus}/sheet",     API_VIEWER,      "from",  look_sheet,      ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/devices",               API_VIEWER,      "match discovered battery", devices_get, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/profiles",              API_VIEWER,      "match", devices_profiles, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/points",                API_VIEWER,      "match", lists_points,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/points/{point}",        API_VIEWER,      NULL,    lists_point,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/points/{point}/why",    API_VIEWER,      NULL,    look_why,        ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/points/{point}/history", API_VIEWER,     "since until every limit", recalls_get, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/summary",               API_VIEWER,      "day hour", summaries_get, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/recording",             API_TECHNICIAN,  "since until after", recordings_get, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/alarms",                API_VIEWER,      "all state priority place since", acts_alarms, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/alarms/health",         API_VIEWER,      NULL,    measures_get,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/alarms/{alarm+}/story", API_VIEWER,      NULL,    acts_story,      ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/ack",   API_OPERATOR,    NULL,    acts_ack,        ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/close", API_OPERATOR,    NULL,    acts_close,      ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/buses/{bus}/read",      API_TECHNICIAN,  NULL,    tools_read,      ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/buses/{bus}/probe",     API_TECHNICIAN,  NULL,    tools_probe,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/buses/{bus}/pause",     API_TECHNICIAN,  NULL,    tools_pause,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/buses/{bus}/resume",    API_TECHNICIAN,  NULL,    tools_resume,    ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/points/{point}/write",  API_TECHNICIAN,  NULL,    tools_write,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/shelve", API_OPERATOR,   NULL,    acts_shelve,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/unshelve", API_OPERATOR, NULL,    acts_unshelve,   ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/comment", API_OPERATOR,  NULL,    acts_comment,    ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/arrive", API_OPERATOR,   NULL,    acts_arrive,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/contacts",              API_OPERATOR,    NULL,    people_contacts, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/duty",                  API_OPERATOR,    "place", people_on_duty,  ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/handover",              API_OPERATOR,    NULL,    people_handover, ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/handover",              API_OPERATOR,    NULL,    people_hand_over, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/modes",                 API_VIEWER,      NULL,    modes_get,       ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/out-of-service/{device}", API_TECHNICIAN, NULL,   modes_service,   ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/test/{subject+}",       API_TECHNICIAN,  NULL,    modes_test,      ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/rules",                 API_VIEWER,      NULL,    rules_list,      ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/rules/{rule}",          API_VIEWER,      "asset", rules_explain,   ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/plugins",               API_VIEWER,      NULL,    lists_plugins,   ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/plugins/{plugin}/command", API_OPERATOR, NULL,    bids_post,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/outbox",                API_VIEWER,      NULL,    lists_outbox,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/audit",                 API_TECHNICIAN,  "since kind who limit", audits_show, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/audit/chain",           API_TECHNICIAN,  "after", audits_chain,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/backup",                API_ADMIN,       NULL,    backups_get,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/backup",                API_ADMIN,       NULL,    backups_begin,   ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/backup/end",            API_ADMIN,       NULL,    backups_end,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/config/diff",           API_TECHNICIAN,  NULL,    settings_diff,   ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/config/reload",         API_TECHNICIAN,  NULL,    settings_reload, ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/config/confirm",        API_TECHNICIAN,  NULL,    settings_confirm, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/clock",                 API_VIEWER,      NULL,    timeset_get,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/clock",                 API_ADMIN,       NULL,    timeset_post,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/log",                   API_VIEWER,      NULL,    loglevel_get,    ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/log",                   API_TECHNICIAN,  NULL,    loglevel_post,   ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/stream",                API_VIEWER,      "match page", stream_get,      STREAMS },
	{ EVHTTP_REQ_GET,   "/metrics",                  API_VIEWER,      NULL,    metrics_get,     ANSWERS },
};
/* clang-format on */

/* The route of a path and method; *ret_fits: the first whose path fits, whatever its method. */
static const struct route *find_route(struct call *x, const char *path, const struct route **ret_fits)
{
	struct router_match match;

	*ret_fits = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!router_match(routes[i].pattern, path, &match))
			continue;
		if (!*ret_fits)
			*ret_fits = &routes[i];
		if (routes[i].method == evhttp_request_get_command(x->http)) {
			x->match = match;
			return &routes[i];
		}
	}
	return NULL;
}

/* Of all routes of its path. */
static const char *methods_of(const struct route *route)
{
	bool get = false, post = false;

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (str_equal(routes[i].pattern, route->pattern)) {
			get = get || routes[i].method == EVHTTP_REQ_GET;
			post = post || routes[i].method == EVHTTP_REQ_POST;
		}
	return get && post ? "GET, POST" : post ? "POST" : "GET";
}

static void answer_no_route(struct call *x, const char *path, const struct route *fits)
{
	struct str_nearest nearest = { .word = path };

	if (fits) {
		const char *allowed = methods_of(fits);

		evhttp_add_header(evhttp_request_get_output_headers(x->http), "Allow", allowed);
		call_error(x, (struct call_problem){ 405, NULL }, "%s takes %s only", fits->pattern, allowed);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		str_nearest_try(&nearest, routes[i].pattern);
	call_error(x, (struct call_problem){ 404, NULL }, "nothing is at '%s'%s%s%s", path,
		   nearest.best ? "; did you mean '" : "; see openapi.yaml for what there is",
		   nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
}

/* Is the parameter one of those that the route takes? */
static bool takes(const struct route *route, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = route->query; len && at && (at = strstr(at, key)); at += len)
		if ((at == route->query || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
			return true;
	return false;
}

/* Reads the query; false: something in it is wrong, and answered. */
static bool query_good(struct call *x, const struct route *route, const char *query)
{
	const struct evkeyval *pair;

	if (query && *query && evhttp_parse_query_str(query, &x->query) < 0) {
		call_error(x, (struct call_problem){ 400, NULL }, "query '%s': expected name=value, joined by &",
			   query);
		return false;
	}
	TAILQ_FOREACH(pair, &x->query, next)
	{
		if (takes(route, pair->key) && str_is_utf8(pair->value, strlen(pair->value)))
			continue;
		call_error(x, (struct call_problem){ 400, pair->key }, "unknown parameter '%s': expected %s%s",
			   pair->key, route->query ? route->query : "none", route->query ? "=…" : " here");
		return false;
	}
	return true;
}

static bool allowed(struct call *x, const struct route *route)
{
	const struct peer *peer = &x->conn->peer;

	if (peer->role >= route->role)
		return true;
	if (route->role == API_ADMIN)
		call_error(x, (struct call_problem){ 403, NULL }, "%s may not do this, only root may: use sudo",
			   peer->who);
	else
		call_error(x, (struct call_problem){ 403, NULL },
			   "%s may not do this; members of group 'estated' and root may: usermod -aG estated %s",
			   peer->who, peer->who);
	return false;
}

static void serve(struct call *x)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(x->http);
	const char *path = evhttp_uri_get_path(uri);
	const struct route *fits = NULL, *route;

	route = find_route(x, path ? path : "/", &fits);
	if (!allowed(x, route ? route : &routes[0]))
		return;
	if (!route) {
		answer_no_route(x, path ? path : "/", fits);
		return;
	}
	if (!query_good(x, route, evhttp_uri_get_query(uri)))
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

static void accept_failed(struct evconnlistener *listener, void *arg)
{
	struct api *a = arg;

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
								  .read_bytes = BODY_BYTES + 2 * HEADER_BYTES });
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

void api_health_changed(struct api *a, const char *what, const char *id, const char *state, const char *text)
{
	json_t *data =
		json_pack("{ss ss ss so}", "what", what, "id", id, "state", state, "at", rows_time(clock_wall_us()));

	/* What a plugin says may not be UTF-8: the change is told without it then. */
	json_object_set_new(data, "text",
			    text && str_is_utf8(text, strlen(text)) ? json_string(text) : json_string(""));
	stream_health(a->stream, id, data);
}

size_t api_clients(const struct api *a)
{
	return stream_counts(a->stream).clients;
}

size_t api_pages(const struct api *a)
{
	return stream_counts(a->stream).pages;
}
