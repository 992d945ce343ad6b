#include "api/conn.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/complain.h"
#include "base/mem.h"
#include "base/str.h"

struct conn_table {
	struct event_base *base;
	struct conn_limits limits;
	struct peer_rule rule;
	struct conn *conns;        /* connections and streams */
	struct event *mend;        /* activated when an answer may be evhttp's own */
	struct event *look;        /* activated when there are new ones */
	struct bufferevent **news; /* accepted in this turn of the loop, not looked at yet */
	size_t new_count, new_room;
	struct conn_counts counts;
	struct complaint full;
};

/* The kernel's number of an open socket, used once only; where it has none, that of its inode; 0: no socket. */
static uint64_t identity_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	struct stat st;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0)
		return cookie;
	if (errno != ENOPROTOOPT)
		return 0;
	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) ? st.st_ino : 0;
}

static size_t places(const struct conn_table *t)
{
	return t->limits.connections + t->limits.streams;
}

static void release(struct conn *c)
{
	if (c->deadline)
		event_free(c->deadline);
	c->deadline = NULL;
	c->streams = c->suspect = false;
}

/* Frees the entries whose connection is gone; returns how many are left that stream, or do not, and a free entry, or NULL. */
struct used {
	size_t plain, streams;
};
static struct used reap(struct conn_table *t, struct conn **ret_free)
{
	struct used used = { 0 };

	*ret_free = NULL;
	for (size_t i = 0; i < places(t); i++) {
		struct conn *c = &t->conns[i];

		if (c->deadline && identity_of(c->fd) != c->identity)
			release(c);
		if (c->deadline && c->streams)
			used.streams++;
		else if (c->deadline)
			used.plain++;
		else if (!*ret_free)
			*ret_free = c;
	}
	return used;
}

static void expire(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct conn *c = arg;

	if (identity_of(c->fd) != c->identity)
		return;
	c->table->counts.expired++;
	shutdown(c->fd, SHUT_RDWR);
}

static void refuse(struct conn_table *t, int fd)
{
	static const char body[] =
		"{\"error\":{\"status\":503,\"text\":\"too many connections; try again when one is closed\"}}\n";
	struct str_buf answer _cleanup_str_buf_ = { 0 };

	str_buf_printf(&answer,
		       "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		       sizeof(body) - 1, body);
	t->counts.refused++;
	/* As much as the socket takes now: a refused peer is not waited for. */
	(void)send(fd, answer.text, answer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_RDWR);
}

/* ---- in our own words ---- */

#define PEEK 1024

static void mend_answer(struct conn *c)
{
	static const char text[] =
		"the request is too long, or none that can be understood: at most 64 KiB of body and 8 KiB "
		"of headers";
	struct evbuffer *out = bufferevent_get_output(c->bev);
	_cleanup_str_buf_ struct str_buf body = { 0 };
	char head[PEEK] = "", *end;
	ev_ssize_t len = evbuffer_copyout(out, head, sizeof(head) - 1);
	int status = len > 12 ? (head[9] - '0') * 100 + (head[10] - '0') * 10 + head[11] - '0' : 0;

	end = strstr(head, "\r\n");
	if (!end || !strstr(head, "\r\nContent-Type: text/html"))
		return;
	str_buf_printf(&body, "{\"error\":{\"status\":%d,\"text\":\"%s\"}}\n", status, text);
	evbuffer_unfreeze(out, 1);
	evbuffer_drain(out, evbuffer_get_length(out));
	evbuffer_add_printf(out,
			    "%.*s\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
			    "%zu\r\n\r\n%s",
			    (int)(end - head), head, body.len, body.text);
	evbuffer_freeze(out, 1);
}

/* Runs in the turn of the loop in which the answer was written, before any of its bytes is sent. */
static void mend(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct conn_table *t = arg;

	for (size_t i = 0; i < places(t); i++) {
		struct conn *c = &t->conns[i];

		if (c->suspect && c->deadline && identity_of(c->fd) == c->identity)
			mend_answer(c);
		c->suspect = false;
	}
}

/* The first bytes of an answer that is an error. */
static void on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
	static const char error[] = "HTTP/1.1 4";
	struct conn *c = arg;
	char head[sizeof(error) - 1];

	if (info->orig_size > 0 || info->n_added < sizeof(head) || c->suspect ||
	    evbuffer_copyout(out, head, sizeof(head)) != (ev_ssize_t)sizeof(head) ||
	    memcmp(head, error, sizeof(head)) != 0)
		return;
	c->suspect = true;
	event_active(c->table->mend, EV_TIMEOUT, 1);
}

/* ---- new ones ---- */

static void admit(struct conn_table *t, struct bufferevent *bev)
{
	int fd = bufferevent_getfd(bev);
	struct conn *c;
	size_t used = reap(t, &c).plain;

	if (used >= t->limits.connections)
		c = NULL;
	if (!c)
		complain_as(
			&t->full, LOGID_API_FLOOD, NULL,
			"api: all %zu connections are taken: further clients are refused; see who holds them: ss -xp",
			t->limits.connections);
	else if (used < t->limits.connections * 3 / 4)
		complain_resolved_as(&t->full, LOGID_API_CALM, NULL, "api: takes all clients again");
	if (!c || peer_identify(&t->rule, fd, &c->peer) < 0) {
		refuse(t, fd);
		return;
	}
	c->table = t;
	c->fd = fd;
	c->bev = bev;
	evbuffer_add_cb(bufferevent_get_output(bev), on_output, c);
	c->identity = identity_of(fd);
	c->deadline = evtimer_new(t->base, expire, c);
	if (!c->deadline)
		abort();
	t->counts.accepted++;
	conn_set_deadline(c, t->limits.first_request_us);
}

/* Runs in the turn of the loop in which the connections were accepted, before any of their bytes is read. */
static void look(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct conn_table *t = arg;

	for (size_t i = 0; i < t->new_count; i++) {
		struct bufferevent *bev = t->news[i];

		/* A body is taken out of the buffer only when it is whole, so this must be above the largest. */
		bufferevent_setwatermark(bev, EV_READ, 0, t->limits.read_bytes);
		admit(t, bev);
	}
	t->new_count = 0;
}

struct conn_table *conn_table_new(struct event_base *base, const struct conn_limits *limits)
{
	struct conn_table *t = MEM_NEW(struct conn_table);

	t->base = base;
	t->limits = *limits;
	t->rule = peer_rule_read(limits->gate_user);
	t->conns = mem_array(places(t), sizeof(*t->conns));
	t->look = event_new(base, -1, 0, look, t);
	t->mend = event_new(base, -1, 0, mend, t);
	if (!t->look || !t->mend)
		abort();
	return t;
}

void conn_table_set_gate(struct conn_table *t, const char *gate_user)
{
	t->rule = peer_rule_read(gate_user);
}

void conn_table_free(struct conn_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < places(t); i++)
		release(&t->conns[i]);
	event_free(t->look);
	event_free(t->mend);
	free(t->conns);
	free(t->news);
	free(t);
}

struct bufferevent *conn_table_accept(struct event_base *base, void *table)
{
	struct conn_table *t = table;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	if (!bev)
		abort();
	if (t->new_count == t->new_room) {
		/* Bounded by the descriptors that the process may have. */
		t->new_room = MAX(2 * t->new_room, (size_t)16);
		t->news = mem_realloc(t->news, t->new_room, sizeof(struct bufferevent *));
	}
	t->news[t->new_count++] = bev;
	event_active(t->look, EV_TIMEOUT, 1);
	return bev;
}

struct conn *conn_table_find(struct conn_table *t, int fd)
{
	uint64_t identity = identity_of(fd);

	for (size_t i = 0; identity && i < places(t); i++)
		if (t->conns[i].deadline && t->conns[i].fd == fd && t->conns[i].identity == identity)
			return &t->conns[i];
	return NULL;
}

size_t conn_table_count(struct conn_table *t)
{
	struct conn *unused;
	struct used used = reap(t, &unused);

	return used.plain + used.streams;
}

bool conn_begin_stream(struct conn *c)
{
	struct conn *unused;

	if (!c->streams && reap(c->table, &unused).streams >= c->table->limits.streams)
		return false;
	c->streams = true;
	return true;
}

struct conn_counts conn_table_counts(const struct conn_table *t)
{
	return t->counts;
}

void conn_set_deadline(struct conn *c, int64_t after_us)
{
	struct timeval after = { .tv_sec = after_us / S, .tv_usec = after_us % S };

	if (after_us == 0)
		evtimer_del(c->deadline);
	else
		evtimer_add(c->deadline, &after);
}
