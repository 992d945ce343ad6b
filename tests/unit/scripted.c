#include "scripted.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "loopback.h"
#include "slave.h"

#define ASKS    65536
#define PENDING 64

struct scripted {
	struct scripted_setup setup;
	int listener, line, keep, stop; /* keep: the pseudo terminal's other end, so that it is never hung up */
	uint16_t port;
	char path[LOOPBACK_PATH_MAX];
	struct thread *thread;
	struct slave_input in;
	struct {
		int64_t at_us; /* 0: free */
		unsigned connection;
		struct scripted_reply reply;
	} out[PENDING];
	unsigned cut; /* connection on which nothing comes any more */
	atomic_uint count, connections;
	atomic_bool connected, hang_up;
	struct scripted_ask asks[ASKS];
};

/* pdu: from the function on. */
static void add_frame(const struct scripted_setup *s, const struct scripted_ask *q, struct scripted_reply *to,
		      const uint8_t *pdu, size_t len)
{
	uint8_t *frame = to->bytes + to->len;
	uint16_t crc;

	if (!s->rtu) {
		const uint8_t head[] = { (uint8_t)(q->transaction >> 8), (uint8_t)q->transaction, 0,      0,
					 (uint8_t)((len + 1) >> 8),      (uint8_t)(len + 1),      q->unit };

		memcpy(frame, head, sizeof(head));
		memcpy(frame + sizeof(head), pdu, len);
		to->len += sizeof(head) + len;
		return;
	}
	frame[0] = q->unit;
	memcpy(frame + 1, pdu, len);
	crc = slave_crc(frame, len + 1);
	frame[len + 1] = (uint8_t)crc;
	frame[len + 2] = (uint8_t)(crc >> 8);
	to->len += len + 3;
}

void scripted_right(const struct scripted_setup *s, const struct scripted_ask *ask, struct scripted_reply *reply,
		    uint16_t (*value)(unsigned unit, unsigned address))
{
	uint8_t pdu[256] = { ask->function };
	size_t n = 2;

	if (ask->function <= 2) {
		for (unsigned i = 0; i < ask->count; i++)
			pdu[2 + i / 8] |= (uint8_t)((value(ask->unit, ask->address + i) & 1) << i % 8);
		n += (ask->count + 7) / 8;
	} else {
		for (unsigned i = 0; i < ask->count; i++) {
			pdu[n++] = (uint8_t)(value(ask->unit, ask->address + i) >> 8);
			pdu[n++] = (uint8_t)value(ask->unit, ask->address + i);
		}
	}
	pdu[1] = (uint8_t)(n - 2);
	add_frame(s, ask, reply, pdu, n);
}

void scripted_refuse(const struct scripted_setup *s, const struct scripted_ask *ask, struct scripted_reply *reply,
		     uint8_t code)
{
	const uint8_t pdu[] = { (uint8_t)(ask->function | 0x80), code };

	add_frame(s, ask, reply, pdu, sizeof(pdu));
}

static void shut(struct scripted *s)
{
	if (s->setup.pty)
		return;
	if (s->line >= 0)
		close(s->line);
	s->line = -1;
	s->in.len = 0;
	atomic_store(&s->connected, false);
}

static void answer(struct scripted *s, const struct scripted_ask *q)
{
	struct scripted_reply reply = { 0 };

	s->setup.answer(s->setup.context, q, &reply);
	if (reply.close) {
		shut(s);
		return;
	}
	for (size_t i = 0; i < PENDING && reply.len > 0; i++)
		if (s->out[i].at_us == 0) {
			s->out[i].at_us = clock_mono_us() + reply.after_us;
			s->out[i].connection = atomic_load(&s->connections);
			s->out[i].reply = reply;
			return;
		}
}

static bool next_ask(struct scripted *s, struct scripted_ask *q)
{
	size_t head = s->setup.rtu ? 0 : 6, whole = s->setup.rtu ? 8 : 12;
	const uint8_t *b = s->in.bytes + head;

	if (s->in.len < whole)
		return false;
	*q = (struct scripted_ask){ .number = atomic_load(&s->count),
				    .connection = atomic_load(&s->connections),
				    .at_us = clock_mono_us(),
				    .unit = b[0],
				    .function = b[1],
				    .transaction = (uint16_t)(s->in.bytes[0] << 8 | s->in.bytes[1]),
				    .address = (uint16_t)(b[2] << 8 | b[3]),
				    .count = (uint16_t)(b[4] << 8 | b[5]) };
	slave_take(&s->in, whole);
	s->asks[q->number % ASKS] = *q;
	atomic_store(&s->count, q->number + 1);
	return true;
}

static void take_in(struct scripted *s)
{
	struct scripted_ask q;

	if (!slave_read(s->line, &s->in)) {
		shut(s);
		return;
	}
	while (s->line >= 0 && next_ask(s, &q))
		answer(s, &q);
}

/* What goes out now; what stays for later moves to the front. */
static size_t first_piece(struct scripted_reply *r)
{
	return r->rest_us > 0 ? r->len / 2 : r->len;
}

static int64_t send_out(struct scripted *s)
{
	int64_t now_us = clock_mono_us(), next_us = now_us + 20 * MS;

	for (size_t i = 0; i < PENDING; i++) {
		if (s->out[i].at_us == 0)
			continue;
		if (s->out[i].at_us > now_us) {
			next_us = MIN(next_us, s->out[i].at_us);
			continue;
		}
		if (s->line >= 0 && s->out[i].connection == atomic_load(&s->connections) &&
		    s->out[i].connection != s->cut &&
		    write(s->line, s->out[i].reply.bytes, first_piece(&s->out[i].reply)) < 0)
			shut(s);
		if (s->out[i].reply.rest_us > 0) {
			struct scripted_reply *r = &s->out[i].reply;
			size_t sent = first_piece(r);

			memmove(r->bytes, r->bytes + sent, r->len - sent);
			r->len -= sent;
			s->out[i].at_us = now_us + r->rest_us;
			next_us = MIN(next_us, s->out[i].at_us);
			r->rest_us = 0;
			continue;
		}
		if (s->out[i].reply.last)
			s->cut = s->out[i].connection;
		s->out[i].at_us = 0;
	}
	return next_us;
}

static void begin(struct scripted *s, int fd)
{
	int one = 1;

	shut(s);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	s->line = fd;
	atomic_fetch_add(&s->connections, 1);
	if (s->setup.registration && send(fd, s->setup.registration, strlen(s->setup.registration), MSG_NOSIGNAL) < 0)
		shut(s);
	else
		atomic_store(&s->connected, true);
}

static void dial(struct scripted *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(s->setup.dial_port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	begin(s, fd);
}

static void scripted_main(void *arg)
{
	struct scripted *s = arg;

	for (;;) {
		int64_t next_us = send_out(s);
		struct pollfd fds[3];

		if (atomic_exchange(&s->hang_up, false))
			shut(s);
		if (s->setup.dial_port && s->line < 0)
			dial(s);
		fds[0] = (struct pollfd){ .fd = s->stop, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = s->listener, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = s->line, .events = POLLIN };
		clock_poll_many(fds, 3, next_us);
		if (fds[0].revents)
			return;
		if (fds[2].revents)
			take_in(s);
		if (fds[1].revents) {
			int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

			if (fd >= 0)
				begin(s, fd);
		}
	}
}

struct scripted *scripted_start(const struct scripted_setup *setup)
{
	struct scripted *s = MEM_NEW(struct scripted);

	s->setup = *setup;
	s->listener = s->line = s->keep = -1;
	s->cut = UINT_MAX;
	s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (setup->pty) {
		s->line = loopback_open_line(&s->keep, s->path);
		atomic_store(&s->connected, true);
	} else if (!setup->dial_port) {
		s->listener = loopback_listen(&s->port);
	}
	if (thread_start("scripted", scripted_main, s, &s->thread) < 0)
		abort();
	return s;
}

void scripted_stop(struct scripted *s)
{
	if (!s)
		return;
	if (write(s->stop, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0)
		abort();
	thread_join(s->thread);
	if (s->line >= 0)
		close(s->line);
	if (s->keep >= 0)
		close(s->keep);
	if (s->listener >= 0)
		close(s->listener);
	close(s->stop);
	free(s);
}

const char *scripted_path(const struct scripted *s)
{
	return s->path;
}

uint16_t scripted_port(const struct scripted *s)
{
	return s->port;
}

unsigned scripted_connections(const struct scripted *s)
{
	return atomic_load(&s->connections);
}

bool scripted_connected(const struct scripted *s)
{
	return atomic_load(&s->connected);
}

unsigned scripted_count(const struct scripted *s)
{
	return atomic_load(&s->count);
}

const struct scripted_ask *scripted_ask(const struct scripted *s, unsigned n)
{
	return &s->asks[n % ASKS];
}

void scripted_hang_up(struct scripted *s)
{
	atomic_store(&s->hang_up, true);
}
