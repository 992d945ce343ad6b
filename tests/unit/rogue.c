#include "rogue.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "loopback.h"
#include "slave.h"

#define UNITS   16
#define PENDING 64

struct answer_out {
	int64_t at_us; /* 0: free */
	size_t len, sent;
	int64_t drip_us; /* between bytes; 0: all at once */
	unsigned connection;
	uint8_t bytes[300];
};

struct rogue {
	enum rogue_wire wire;
	int listener, line, keep, stop; /* keep: the other end of the pseudo terminal, so that it is never hung up */
	uint16_t port;
	char path[LOOPBACK_PATH_MAX];
	struct thread *thread; /* NULL: somebody else drives it */
	struct slave_input in;
	uint64_t said, taken; /* bytes on this connection */
	uint32_t seed;
	struct answer_out out[PENDING];
	atomic_uint fault[UNITS], argument[UNITS], polls[UNITS], connections;
	atomic_int illegal;
	atomic_bool echo;
};

uint16_t rogue_value(unsigned unit, unsigned address)
{
	return (uint16_t)(unit * 4096 + address);
}

bool rogue_bit(unsigned unit, unsigned address)
{
	return (unit + address) % 3 == 0;
}

struct request {
	uint8_t transaction[2];
	unsigned unit, function, address, count;
};

static struct answer_out *free_slot(struct rogue *r)
{
	for (size_t i = 0; i < PENDING; i++)
		if (r->out[i].at_us == 0)
			return &r->out[i];
	return &r->out[0];
}

/* Function, byte count, data; returns the length. */
static size_t put_body(const struct rogue *r, const struct request *q, uint8_t *to)
{
	int illegal = atomic_load(&r->illegal);
	size_t n = 2;

	if (illegal >= (int)q->address && illegal < (int)(q->address + q->count)) {
		to[0] = (uint8_t)(q->function | 0x80);
		to[1] = 2;
		return 2;
	}
	to[0] = (uint8_t)q->function;
	if (q->function <= 2) {
		memset(to + 2, 0, (q->count + 7) / 8);
		for (unsigned i = 0; i < q->count; i++)
			to[2 + i / 8] |= (uint8_t)(rogue_bit(q->unit, q->address + i) << i % 8);
		n += (q->count + 7) / 8;
	}
	for (unsigned i = 0; q->function > 2 && i < q->count; i++) {
		to[n++] = (uint8_t)(rogue_value(q->unit, q->address + i) >> 8);
		to[n++] = (uint8_t)rogue_value(q->unit, q->address + i);
	}
	to[1] = (uint8_t)(n - 2);
	return n;
}

static void compose(const struct rogue *r, const struct request *q, enum rogue_fault fault, struct answer_out *o)
{
	struct request sent = *q;
	uint8_t body[260];
	size_t len, head = r->wire == ROGUE_TCP ? 6 : 0;

	if (fault == ROGUE_WRONG_LENGTH && q->count > 1)
		sent.count--;
	len = put_body(r, &sent, body);
	if (fault == ROGUE_EXCEPTION) {
		body[0] = (uint8_t)(q->function | 0x80);
		body[1] = (uint8_t)atomic_load(&r->argument[q->unit]);
		len = 2;
	}
	o->bytes[head] = (uint8_t)(fault == ROGUE_WRONG_UNIT ? q->unit % 15 + 1 : q->unit);
	memcpy(o->bytes + head + 1, body, len);
	o->len = head + 1 + len;
	if (r->wire == ROGUE_TCP) {
		o->bytes[0] = q->transaction[0];
		o->bytes[1] = (uint8_t)(q->transaction[1] + (fault == ROGUE_WRONG_TRANSACTION));
		o->bytes[2] = 0;
		o->bytes[3] = fault == ROGUE_WRONG_PROTOCOL;
		o->bytes[4] = (uint8_t)((len + 1) >> 8);
		o->bytes[5] = (uint8_t)(len + 1);
	} else {
		uint16_t crc = slave_crc(o->bytes, o->len);

		o->bytes[o->len++] = (uint8_t)(crc ^ (fault == ROGUE_BAD_CRC));
		o->bytes[o->len++] = (uint8_t)(crc >> 8);
	}
}

static void shut(struct rogue *r)
{
	if (r->wire == ROGUE_RTU || r->line < 0)
		return;
	close(r->line);
	r->line = -1;
	r->in.len = 0;
}

static ssize_t say(struct rogue *r, const uint8_t *bytes, size_t len)
{
	ssize_t n = write(r->line, bytes, len);

	r->said += n > 0 ? (uint64_t)n : 0;
	return n;
}

static void flood(struct rogue *r, uint8_t filler)
{
	uint8_t noise[4096];

	memset(noise, filler, sizeof(noise));
	for (int i = 0; i < 16; i++)
		if (say(r, noise, sizeof(noise)) < (ssize_t)sizeof(noise))
			return;
}

static bool one_in_sixteen(struct rogue *r)
{
	r->seed = r->seed * 1103515245u + 12345u;
	return (r->seed >> 16) % 16 == 0;
}

static void answer(struct rogue *r, const struct request *q)
{
	enum rogue_fault fault = atomic_load(&r->fault[q->unit]);
	unsigned argument = atomic_load(&r->argument[q->unit]);
	struct answer_out *o = free_slot(r);

	atomic_fetch_add(&r->polls[q->unit], 1);
	if (fault == ROGUE_MUTE)
		return;
	if (fault == ROGUE_CLOSE) {
		shut(r);
		return;
	}
	if (fault == ROGUE_FLOOD || fault == ROGUE_GARBAGE) {
		flood(r, fault == ROGUE_FLOOD ? 0 : 0xff);
		return;
	}
	compose(r, q, fault, o);
	o->sent = 0;
	o->drip_us = fault == ROGUE_DRIP ? argument * MS : 0;
	o->connection = atomic_load(&r->connections);
	o->at_us = clock_mono_us();
	if (fault == ROGUE_LATE || (fault == ROGUE_LATE_SOMETIMES && one_in_sixteen(r)))
		o->at_us += argument * MS;
	if (fault == ROGUE_HALF)
		o->len /= 2;
}

/* Takes one request off the front. False: none is whole. */
static bool next_request(struct rogue *r, struct request *q)
{
	size_t head = r->wire == ROGUE_TCP ? 6 : 0, whole = r->wire == ROGUE_TCP ? 12 : 8;
	const uint8_t *b = r->in.bytes + head;

	if (r->in.len < whole)
		return false;
	*q = (struct request){ { r->in.bytes[0], r->in.bytes[1] },
			       b[0] % UNITS,
			       b[1],
			       (unsigned)(b[2] << 8 | b[3]),
			       (unsigned)(b[4] << 8 | b[5]) };
	if (atomic_load(&r->echo) && say(r, r->in.bytes, whole) < 0)
		perror("echo");
	slave_take(&r->in, whole);
	return true;
}

static void take_in(struct rogue *r)
{
	size_t before = r->in.len;
	struct request q;

	if (!slave_read(r->line, &r->in)) {
		shut(r);
		return;
	}
	r->taken += r->in.len - before;
	while (r->line >= 0 && next_request(r, &q))
		answer(r, &q);
}

/* Sends what is due; returns when the next is. */
static int64_t send_out(struct rogue *r)
{
	int64_t now_us = clock_mono_us(), next_us = INT64_MAX;

	for (size_t i = 0; i < PENDING; i++) {
		struct answer_out *o = &r->out[i];
		size_t n = o->drip_us ? 1 : o->len - o->sent;

		if (o->at_us == 0)
			continue;
		if (r->line < 0 || o->connection != atomic_load(&r->connections)) {
			o->at_us = 0;
			continue;
		}
		if (o->at_us <= now_us) {
			if (say(r, o->bytes + o->sent, n) < 0 && errno != EAGAIN)
				shut(r);
			o->sent += n;
			o->at_us = o->sent < o->len ? now_us + o->drip_us : 0;
		}
		if (o->at_us)
			next_us = MIN(next_us, o->at_us);
	}
	return next_us;
}

static void take_connection(struct rogue *r)
{
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), one = 1;

	if (fd < 0)
		return;
	shut(r);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	r->line = fd;
	r->in.len = 0;
	r->said = r->taken = 0;
	atomic_fetch_add(&r->connections, 1);
}

static void rogue_main(void *arg)
{
	struct rogue *r = arg;

	for (;;) {
		int64_t next_us = send_out(r);
		struct pollfd fds[] = { { .fd = r->stop, .events = POLLIN },
					{ .fd = r->listener, .events = POLLIN },
					{ .fd = r->line, .events = POLLIN } };

		clock_poll_many(fds, 3, MIN(next_us, clock_mono_us() + S));
		if (fds[0].revents)
			return;
		if (fds[2].revents)
			take_in(r);
		if (fds[1].revents)
			take_connection(r);
	}
}

struct rogue *rogue_new(enum rogue_wire wire)
{
	struct rogue *r = MEM_NEW(struct rogue);

	r->wire = wire;
	r->listener = r->line = r->keep = -1;
	atomic_init(&r->illegal, -1);
	r->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wire == ROGUE_RTU)
		r->line = loopback_open_line(&r->keep, r->path);
	else
		r->listener = loopback_listen(&r->port);
	return r;
}

struct rogue *rogue_start(enum rogue_wire wire)
{
	struct rogue *r = rogue_new(wire);

	if (thread_start("rogue", rogue_main, r, &r->thread) < 0)
		abort();
	return r;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void rogue_stop(struct rogue *r)
{
	if (write(r->stop, &(uint64_t){ 1 }, sizeof(uint64_t)) < 0)
		abort();
	if (r->thread)
		thread_join(r->thread);
	close_if_open(r->listener);
	close_if_open(r->line);
	close_if_open(r->keep);
	close_if_open(r->stop);
	free(r);
}

int64_t rogue_turn(struct rogue *r)
{
	if (r->listener >= 0)
		take_connection(r);
	if (r->line >= 0)
		take_in(r);
	return send_out(r);
}

void rogue_fds(const struct rogue *r, int ret_fds[2])
{
	ret_fds[0] = r->listener;
	ret_fds[1] = r->line;
}

bool rogue_has_line(const struct rogue *r)
{
	return r->line >= 0;
}

uint64_t rogue_said(const struct rogue *r)
{
	return r->said;
}

uint64_t rogue_taken(const struct rogue *r)
{
	return r->taken;
}

uint16_t rogue_port(const struct rogue *r)
{
	return r->port;
}

const char *rogue_path(const struct rogue *r)
{
	return r->path;
}

void rogue_set(struct rogue *r, unsigned unit, enum rogue_fault fault, unsigned argument)
{
	atomic_store(&r->argument[unit], argument);
	atomic_store(&r->fault[unit], fault);
}

void rogue_illegal(struct rogue *r, int address)
{
	atomic_store(&r->illegal, address);
}

void rogue_echo(struct rogue *r)
{
	atomic_store(&r->echo, true);
}

unsigned rogue_polls(const struct rogue *r, unsigned unit)
{
	return atomic_load(&r->polls[unit]);
}

unsigned rogue_connections(const struct rogue *r)
{
	return atomic_load(&r->connections);
}
