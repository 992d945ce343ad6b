/* sim_out.c: see sim_out.h. Small writes to a pipe after POLLOUT cannot block, so stdout keeps its own mode: it may be
 * somebody's terminal. */
#include "sim_out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define OUT_PENDING_MAX (4 << 20)

struct sim_out {
	int fd;
	struct event *writable; /* NULL where fd is a file: those are always ready */
	struct evbuffer *pending;
	uint64_t dropped;
};

/* Writes what goes without waiting longer than timeout_ms for each piece. */
static void drain(struct sim_out *o, int timeout_ms)
{
	while (evbuffer_get_length(o->pending)) {
		struct pollfd ready = { .fd = o->fd, .events = POLLOUT };
		size_t len = MIN(evbuffer_get_length(o->pending), (size_t)PIPE_BUF);
		ssize_t n;

		if (poll(&ready, 1, timeout_ms) <= 0)
			return;
		n = write(o->fd, evbuffer_pullup(o->pending, (ev_ssize_t)len), len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) { /* nobody will ever read it */
			evbuffer_drain(o->pending, evbuffer_get_length(o->pending));
			return;
		}
		evbuffer_drain(o->pending, (size_t)n);
	}
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct sim_out *o = arg;

	(void)fd;
	(void)what;
	drain(o, 0);
	if (evbuffer_get_length(o->pending))
		event_add(o->writable, NULL);
}

struct sim_out *sim_out_new(struct event_base *base, int fd)
{
	struct sim_out *o = MEM_NEW(struct sim_out);

	o->fd = fd;
	o->pending = evbuffer_new();
	o->writable = event_new(base, fd, EV_WRITE, on_writable, o);
	return o;
}

void sim_out_free(struct sim_out *o)
{
	drain(o, 1000);
	event_free(o->writable);
	evbuffer_free(o->pending);
	free(o);
}

char *sim_out_stamped(json_t *object)
{
	char *text;

	json_object_set_new(object, "time", json_real((double)clock_wall_us() / 1e6));
	text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(16));
	json_decref(object);
	return text ? text : mem_strdup("{\"ok\":false,\"error\":\"expected UTF-8 text\"}");
}

void sim_out_line(struct sim_out *o, json_t *object)
{
	_cleanup_(freep) char *text = NULL;

	if (o->dropped)
		json_object_set_new(object, "lines_dropped", json_integer((json_int_t)o->dropped));
	text = sim_out_stamped(object);
	if (evbuffer_get_length(o->pending) > OUT_PENDING_MAX) {
		o->dropped++;
		return;
	}
	evbuffer_add(o->pending, text, strlen(text));
	evbuffer_add(o->pending, "\n", 1);
	drain(o, 0);
	if (evbuffer_get_length(o->pending))
		event_add(o->writable, NULL);
}

void sim_out_event(struct sim_out *o, const char *name, json_t *details)
{
	json_t *line = json_pack("{s:s}", "event", name);

	if (details) {
		json_object_update(line, details);
		json_decref(details);
	}
	sim_out_line(o, line);
}

json_t *sim_out_ok(void)
{
	return json_pack("{s:b}", "ok", 1);
}

json_t *sim_out_error(const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	va_list ap;
	json_t *reply;

	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	reply = json_pack("{s:b}", "ok", 0);
	/* What came may be no UTF-8 at all; the answer always is. */
	if (str_is_utf8(str_buf_text(&text), text.len))
		json_object_set_new(reply, "error", json_string(str_buf_text(&text)));
	else
		json_object_set_new(reply, "error", json_string("expected UTF-8 text"));
	return reply;
}
