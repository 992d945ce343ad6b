#include "gate/visitor.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/complain.h"
#include "base/mem.h"
#include "base/str.h"

#define PATIENCE_US (1 * S) /* a newcomer takes nobody's place before he has had that long */

struct visitor_table {
	struct event_base *base;
	struct visitor_limits limits;
	struct visitor *visitors;  /* connections */
	struct event *look, *mend; /* activated when there are new ones, or an answer may be evhttp's own */
	struct bufferevent **news; /* accepted in this turn of the loop, not looked at yet */
	size_t new_count, new_room;
	struct visitor_counts counts;
	struct complaint full, greedy;
};

static uint64_t identity_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0 ? cookie : 0;
}

static bool is_there(const struct visitor *v)
{
	return v->state != VISITOR_GONE && identity_of(v->fd) == v->identity;
}

static void release(struct visitor *v)
{
	if (v->deadline)
		event_free(v->deadline);
	v->deadline = NULL;
	v->state = VISITOR_GONE;
	v->suspect = false;
}

static void set_deadline(struct visitor *v, int64_t after_us)
{
	struct timeval after = { .tv_sec = after_us / S, .tv_usec = after_us % S };

	evtimer_add(v->deadline, &after);
}

static void enter(struct visitor *v, enum visitor_state state, int64_t deadline_us)
{
	v->state = state;
	v->since_us = clock_mono_us();
	v->blank = 0;
	set_deadline(v, deadline_us);
}

static void expire(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct visitor *v = arg;

	if (!is_there(v))
		return;
	v->table->counts.expired++;
	shutdown(v->fd, SHUT_RDWR);
}

/* ---- where a request is ---- */

/* Goes over the new bytes; true when the empty line behind the headers is among them. */
static bool headers_end(struct visitor *v, struct evbuffer *in, size_t added)
{
	struct evbuffer_iovec parts[8];
	struct evbuffer_ptr from;
	int count;

	if (evbuffer_ptr_set(in, &from, evbuffer_get_length(in) - added, EVBUFFER_PTR_SET) < 0)
		return false;
	count = evbuffer_peek(in, (ev_ssize_t)added, &from, parts, ARRAY_SIZE(parts));
	for (int i = 0; i < MIN(count, (int)ARRAY_SIZE(parts)); i++)
		for (const char *c = parts[i].iov_base, *end = c + parts[i].iov_len; c < end; c++) {
			if (*c == '\n' && v->blank)
				return true;
			v->blank = *c == '\n' || (*c == '\r' && v->blank);
		}
	return false;
}

static void look_at_input(struct visitor *v, struct evbuffer *in, size_t added)
{
	int64_t left_us;

	if (v->state == VISITOR_IDLE)
		enter(v, VISITOR_HEADERS, v->table->limits.headers_us);
	if (v->state != VISITOR_HEADERS || !headers_end(v, in, added))
		return;
	v->state = VISITOR_BODY;
	left_us = v->since_us + v->table->limits.request_us - clock_mono_us();
	set_deadline(v, MAX(left_us, 1));
}

static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	if (info->n_added)
		look_at_input(arg, in, MIN(info->n_added, evbuffer_get_length(in)));
}

/* ---- in our own words ---- */

#define PEEK 1024

static void mend_answer(struct visitor *v)
{
	struct evbuffer *out = bufferevent_get_output(v->bev);
	_cleanup_str_buf_ struct str_buf body = { 0 };
	char head[PEEK] = "";
	ev_ssize_t len = evbuffer_copyout(out, head, sizeof(head) - 1);
	const char *line_end = strstr(head, "\r\n");

	if (len < 13 || !line_end || !strstr(head, "\r\nContent-Type: text/html"))
		return;
	str_buf_printf(
		&body,
		"{\"error\":{\"status\":%.3s,\"text\":\"no request that can be understood: expected HTTP/1.1 with at "
		"most 8 KiB of headers and 64 KiB of body\"}}\n",
		head + 9);
	evbuffer_unfreeze(out, 1);
	evbuffer_drain(out, evbuffer_get_length(out));
	evbuffer_add_printf(out,
			    "%.*s\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
			    "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
			    (int)(line_end - head), head, body.len, body.text);
	evbuffer_freeze(out, 1);
}

/* Runs in the turn in which the answer was written, before any of its bytes is sent. */
static void mend(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct visitor_table *t = arg;

	for (size_t i = 0; i < t->limits.connections; i++) {
		struct visitor *v = &t->visitors[i];

		if (v->suspect && is_there(v))
			mend_answer(v);
		v->suspect = false;
	}
}

static void on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
	static const char refusal[] = "HTTP/1.1 4";
	char head[sizeof(refusal) - 1];
	struct visitor *v = arg;

	if (info->orig_size || info->n_added < sizeof(head) || v->suspect ||
	    evbuffer_copyout(out, head, sizeof(head)) != (ev_ssize_t)sizeof(head) ||
	    memcmp(head, refusal, sizeof(head)) != 0)
		return;
	v->suspect = true;
	event_active(v->table->mend, EV_TIMEOUT, 1);
}

/* ---- new ones ---- */

/* As text; true: of this machine itself. */
static bool read_address(int fd, char ret_address[static VISITOR_ADDRESS_MAX])
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
	struct in_addr four;

	snprintf(ret_address, VISITOR_ADDRESS_MAX, "?");
	if (getpeername(fd, (struct sockaddr *)&address, &len) < 0)
		return false;
	if (address.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		inet_ntop(AF_INET6, &six->sin6_addr, ret_address, VISITOR_ADDRESS_MAX);
		return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	}
	if (address.ss_family == AF_INET6)
		memcpy(&four, six->sin6_addr.s6_addr + 12, sizeof(four));
	else if (address.ss_family == AF_INET)
		memcpy(&four, &((const struct sockaddr_in *)&address)->sin_addr, sizeof(four));
	else
		return false;
	inet_ntop(AF_INET, &four, ret_address, VISITOR_ADDRESS_MAX);
	return ntohl(four.s_addr) >> 24 == 127;
}

static void refuse(struct visitor_table *t, int fd)
{
	static const char answer[] =
		"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Type: "
		"application/json\r\n"
		"Content-Length: 85\r\n\r\n"
		"{\"error\":{\"status\":503,\"text\":\"too many connections; try again when one is closed\"}}\n";

	t->counts.refused++;
	/* As much as the socket takes now: who is refused is not waited for. */
	if (!t->limits.tls)
		(void)send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_RDWR);
}

struct survey {
	struct visitor *room, *oldest; /* a free entry; who has waited longest without a whole request; or NULL */
	size_t used, same;             /* same: of the address */
};

static struct survey survey(struct visitor_table *t, const char *address)
{
	struct survey s = { 0 };

	for (size_t i = 0; i < t->limits.connections; i++) {
		struct visitor *v = &t->visitors[i];

		if (v->state != VISITOR_GONE && !is_there(v))
			release(v);
		if (v->state == VISITOR_GONE) {
			s.room = v;
			continue;
		}
		s.used++;
		s.same += str_equal(v->address, address);
		if ((v->state == VISITOR_HEADERS || v->state == VISITOR_IDLE) &&
		    (!s.oldest || v->since_us < s.oldest->since_us))
			s.oldest = v;
	}
	return s;
}

/* Its place is free; evhttp finds the end of the connection. */
static void displace(struct visitor *v)
{
	v->table->counts.displaced++;
	evbuffer_remove_cb_entry(bufferevent_get_input(v->bev), v->on_input);
	evbuffer_remove_cb_entry(bufferevent_get_output(v->bev), v->on_output);
	shutdown(v->fd, SHUT_RDWR);
	release(v);
}

static struct visitor *find_room(struct visitor_table *t, const char *address, size_t most)
{
	struct survey s = survey(t, address);

	if (s.same >= most) {
		complain(&t->greedy, "web: %s has %zu connections: further ones of it are refused", address, s.same);
		return NULL;
	}
	if (s.room) {
		if (s.used < t->limits.connections * 3 / 4) {
			complain_resolved(&t->full, "web: takes all clients again");
			complain_resolved(&t->greedy, "web: takes all clients again");
		}
		return s.room;
	}
	complain(&t->full, "web: all %zu connections are taken: who says nothing gives way; see who holds them: ss -tp",
		 t->limits.connections);
	if (!s.oldest || clock_mono_us() - s.oldest->since_us < PATIENCE_US)
		return NULL;
	displace(s.oldest);
	return s.oldest;
}

static void admit(struct visitor_table *t, struct bufferevent *bev)
{
	int fd = bufferevent_getfd(bev);
	char address[VISITOR_ADDRESS_MAX];
	bool near = read_address(fd, address);
	struct visitor *v = find_room(t, address, near ? t->limits.per_loopback : t->limits.per_address);

	if (!v) {
		refuse(t, fd);
		return;
	}
	*v = (struct visitor){ .table = t, .bev = bev, .fd = fd, .identity = identity_of(fd) };
	memcpy(v->address, address, sizeof(address));
	v->deadline = evtimer_new(t->base, expire, v);
	v->on_input = evbuffer_add_cb(bufferevent_get_input(bev), on_input, v);
	v->on_output = evbuffer_add_cb(bufferevent_get_output(bev), on_output, v);
	if (!v->deadline || !v->on_input || !v->on_output)
		abort();
	t->counts.accepted++;
	enter(v, VISITOR_HEADERS, t->limits.headers_us);
}

/* Runs in the turn in which they were accepted, before any of their bytes is read. */
static void look(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct visitor_table *t = arg;

	for (size_t i = 0; i < t->new_count; i++) {
		/* A body is taken out of the buffer only when it is whole, so this must be above the largest. */
		bufferevent_setwatermark(t->news[i], EV_READ, 0, t->limits.read_bytes);
		admit(t, t->news[i]);
	}
	t->new_count = 0;
}

struct visitor_table *visitor_table_new(struct event_base *base, const struct visitor_limits *limits)
{
	struct visitor_table *t = MEM_NEW(struct visitor_table);

	t->base = base;
	t->limits = *limits;
	t->visitors = mem_array(limits->connections, sizeof(*t->visitors));
	t->look = event_new(base, -1, 0, look, t);
	t->mend = event_new(base, -1, 0, mend, t);
	if (!t->look || !t->mend)
		abort();
	return t;
}

void visitor_table_free(struct visitor_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->limits.connections; i++)
		release(&t->visitors[i]);
	event_free(t->look);
	event_free(t->mend);
	free(t->visitors);
	free(t->news);
	free(t);
}

void visitor_table_expect(struct visitor_table *t, struct bufferevent *bev)
{
	if (t->new_count == t->new_room) {
		/* Bounded by the descriptors that the process may have. */
		t->new_room = MAX(2 * t->new_room, (size_t)16);
		t->news = mem_realloc(t->news, t->new_room, sizeof(*t->news));
	}
	t->news[t->new_count++] = bev;
	event_active(t->look, EV_TIMEOUT, 1);
}

struct visitor *visitor_table_find(struct visitor_table *t, struct evhttp_request *request)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(request);
	int fd = connection ? bufferevent_getfd(evhttp_connection_get_bufferevent(connection)) : -1;
	uint64_t identity = identity_of(fd);

	for (size_t i = 0; identity && i < t->limits.connections; i++)
		if (t->visitors[i].state != VISITOR_GONE && t->visitors[i].fd == fd &&
		    t->visitors[i].identity == identity)
			return &t->visitors[i];
	return NULL;
}

struct visitor_counts visitor_table_counts(struct visitor_table *t)
{
	struct visitor_counts counts = t->counts;

	for (size_t i = 0; i < t->limits.connections; i++) {
		counts.now += is_there(&t->visitors[i]);
		counts.streams += t->visitors[i].state == VISITOR_STREAM && is_there(&t->visitors[i]);
	}
	return counts;
}

void visitor_begins_work(struct visitor *v)
{
	enter(v, VISITOR_WORKING, v->table->limits.answer_us);
}

void visitor_begins_stream(struct visitor *v)
{
	enter(v, VISITOR_STREAM, v->table->limits.answer_us);
	evtimer_del(v->deadline);
}

void visitor_is_answered(struct visitor *v)
{
	struct evbuffer *in = bufferevent_get_input(v->bev);
	size_t waiting = evbuffer_get_length(in);

	enter(v, VISITOR_IDLE, v->table->limits.idle_us);
	if (waiting) /* the next request is here already */
		look_at_input(v, in, waiting);
}
