#include "doctor/dial.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/str.h"

#define SLICE_US (50 * MS) /* how often look-ups are asked for */

/* What libc writes to while it looks up: one that it never ends is left to it. */
struct lookup {
	struct gaicb request;
	struct addrinfo hints;
	char host[256], port[8];
};

struct call {
	struct dial *dial;
	struct lookup *lookup;      /* NULL: done with */
	struct addrinfo *addresses; /* of the look-up */
	const struct addrinfo *next;
	int fd; /* -1: none under way */
	bool done;
	int64_t began_us;
};

enum dial_result dial_judge(int error)
{
	switch (error) {
	case 0: return DIAL_REACHED;
	case -ECONNREFUSED: return DIAL_REFUSED;
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -EHOSTDOWN:
	case -ENETDOWN: return DIAL_NO_ROUTE;
	case -ETIMEDOUT: return DIAL_SILENT;
	default: return DIAL_FAILED;
	}
}

static void finish(struct call *c, enum dial_result result, int error)
{
	c->dial->result = result;
	c->dial->error = error;
	c->dial->took_us = clock_mono_us() - c->began_us;
	c->done = true;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void look_up(struct call *c)
{
	struct lookup *l = MEM_NEW(struct lookup);

	snprintf(l->host, sizeof(l->host), "%s", c->dial->host);
	snprintf(l->port, sizeof(l->port), "%u", c->dial->port);
	l->hints = (struct addrinfo){ .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM };
	l->request = (struct gaicb){ .ar_name = l->host, .ar_service = l->port, .ar_request = &l->hints };
	if (names_ask(&l->request) != 0) {
		free(l);
		finish(c, DIAL_FAILED, -EAGAIN);
		return;
	}
	c->lookup = l;
}

/* Tries the next address; the last one's error is the result. */
static void try_next(struct call *c, int error)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	for (; c->next; error = -errno) {
		const struct addrinfo *a = c->next;

		c->next = a->ai_next;
		c->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (c->fd < 0)
			continue;
		if (connect(c->fd, a->ai_addr, a->ai_addrlen) == 0) {
			finish(c, DIAL_REACHED, 0);
			return;
		}
		if (errno == EINPROGRESS)
			return;
		close(c->fd);
		c->fd = -1;
	}
	finish(c, dial_judge(error), error);
}

static void take_lookup(struct call *c)
{
	int status = gai_error(&c->lookup->request);

	if (status == EAI_INPROGRESS)
		return;
	c->addresses = c->lookup->request.ar_result;
	c->next = c->addresses;
	free(c->lookup);
	c->lookup = NULL;
	if (status == 0 && c->next)
		try_next(c, -ENOENT);
	else if (status == EAI_AGAIN)
		finish(c, DIAL_NO_NAMES, -EAGAIN);
	else
		finish(c, DIAL_UNKNOWN_NAME, -ENOENT);
}

static void take_connection(struct call *c)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error)
		try_next(c, -error);
	else
		finish(c, DIAL_REACHED, 0);
}

/* One look at all of them; false when there is nothing left to wait for. */
static bool turn(struct call *calls, size_t count, int64_t deadline_us)
{
	_cleanup_(freep) struct pollfd *fds = mem_array(count, sizeof(*fds));
	bool waiting = false, looking = false;
	int64_t until_us;

	for (size_t i = 0; i < count; i++) {
		if (calls[i].lookup)
			take_lookup(&calls[i]);
		fds[i] = (struct pollfd){ .fd = calls[i].fd, .events = POLLOUT };
		waiting |= !calls[i].done;
		looking |= calls[i].lookup != NULL;
	}
	if (!waiting)
		return false;
	until_us = looking ? MIN(deadline_us, clock_mono_us() + SLICE_US) : deadline_us;
	if (clock_poll_many(fds, count, until_us) > 0)
		for (size_t i = 0; i < count; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				take_connection(&calls[i]);
	return clock_mono_us() < deadline_us;
}

static void end(struct call *c)
{
	if (!c->done)
		finish(c, c->lookup ? DIAL_NO_NAMES : DIAL_SILENT, -ETIMEDOUT);
	/* One that cannot be cancelled is written to when we are gone: it stays. */
	if (c->lookup && gai_cancel(&c->lookup->request) == EAI_CANCELED)
		free(c->lookup);
	if (c->addresses)
		freeaddrinfo(c->addresses);
}

void dial_all(struct dial *dials, size_t count, int64_t limit_us)
{
	_cleanup_(freep) struct call *calls = mem_array(MAX(count, (size_t)1), sizeof(*calls));
	int64_t now_us = clock_mono_us();

	for (size_t i = 0; i < count; i++) {
		calls[i] = (struct call){ .dial = &dials[i], .fd = -1, .began_us = now_us };
		look_up(&calls[i]);
	}
	while (turn(calls, count, now_us + limit_us))
		;
	for (size_t i = 0; i < count; i++)
		end(&calls[i]);
}
