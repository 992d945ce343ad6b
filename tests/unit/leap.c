#include "leap.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/util.h"
#include "field/link.h"

#define WAIT_MS   20000 /* for bytes that are on their way */
#define AHEAD_MAX 64    /* messages */

struct leap {
	const struct bus *bus;
	struct rogue *rogue;
	struct queue *messages;
	struct link *_Atomic link; /* set by who starts the worker, while those of others look for theirs */
	/* The rest is the bus's thread's. */
	int64_t now_us;
	uint64_t sent, heard; /* bytes, on this connection */
	unsigned opened;      /* TCP connections so far */
	bool open;
};

static struct leap leaps[LEAP_MAX];
static size_t leap_count;
static _Thread_local struct leap *mine; /* NULL: real time */

int64_t __real_clock_mono_us(void);
int64_t __wrap_clock_mono_us(void);
int __real_clock_poll_many(struct pollfd *fds, size_t count, int64_t deadline_us);
int __wrap_clock_poll_many(struct pollfd *fds, size_t count, int64_t deadline_us);
struct link *__real_link_new(const struct bus *bus);
struct link *__wrap_link_new(const struct bus *bus);
int __real_link_open(struct link *l, struct waiter *w);
int __wrap_link_open(struct link *l, struct waiter *w);
void __real_link_close(struct link *l);
void __wrap_link_close(struct link *l);
int __real_link_send(struct link *l, const struct frame_request *r, uint16_t transaction);
int __wrap_link_send(struct link *l, const struct frame_request *r, uint16_t transaction);
int __real_link_receive(struct link *l, uint8_t *bytes, size_t len);
int __wrap_link_receive(struct link *l, uint8_t *bytes, size_t len);

void leap_join(const struct bus *bus, struct rogue *r, struct queue *messages)
{
	if (leap_count == LEAP_MAX)
		abort();
	leaps[leap_count++] = (struct leap){ .bus = bus, .rogue = r, .messages = messages };
}

void leap_end(void)
{
	leap_count = 0;
}

int64_t __wrap_clock_mono_us(void)
{
	return mine ? mine->now_us : __real_clock_mono_us();
}

/* -------- the link -------- */

/* The worker has a copy. */
static bool same_way(const struct bus *a, const struct bus *b)
{
	return a->type == b->type && (a->type == BUS_RTU ? str_equal(a->path, b->path) : a->port == b->port);
}

struct link *__wrap_link_new(const struct bus *bus)
{
	struct link *l = __real_link_new(bus);

	for (size_t i = 0; i < leap_count; i++)
		if (same_way(leaps[i].bus, bus))
			leaps[i].link = l;
	return l;
}

int __wrap_link_open(struct link *l, struct waiter *w)
{
	struct leap *p = NULL;
	int r;

	for (size_t i = 0; i < leap_count; i++)
		if (leaps[i].link == l)
			p = &leaps[i];
	mine = NULL; /* the kernel takes its own time for it */
	r = __real_link_open(l, w);
	mine = p;
	if (!p)
		return r;
	if (p->now_us == 0)
		p->now_us = __real_clock_mono_us();
	p->open = r == 0;
	p->opened += r == 0 && p->bus->type != BUS_RTU;
	/* What was on a serial line before is gone. */
	p->sent = p->bus->type == BUS_RTU ? rogue_taken(p->rogue) : 0;
	p->heard = p->bus->type == BUS_RTU ? rogue_said(p->rogue) : 0;
	return r;
}

void __wrap_link_close(struct link *l)
{
	if (mine)
		mine->open = false;
	__real_link_close(l);
}

int __wrap_link_send(struct link *l, const struct frame_request *r, uint16_t transaction)
{
	uint8_t bytes[FRAME_MAX];
	int result = __real_link_send(l, r, transaction);

	if (mine && result == 0)
		mine->sent += link_framing(l) == FRAME_TCP ? frame_compose_tcp(r, transaction, bytes)
							   : frame_compose_rtu(r, bytes);
	return result;
}

int __wrap_link_receive(struct link *l, uint8_t *bytes, size_t len)
{
	int n = __real_link_receive(l, bytes, len);

	if (mine && n > 0)
		mine->heard += (uint64_t)n;
	return n;
}

/* -------- time -------- */

/* Something that was said, or done, has not come to the other side yet. */
static bool on_the_way(const struct leap *p)
{
	if (!p->open)
		return false;
	if (p->bus->type != BUS_RTU && rogue_connections(p->rogue) != p->opened)
		return true;
	return p->sent > rogue_taken(p->rogue) || rogue_said(p->rogue) > p->heard || !rogue_has_line(p->rogue);
}

static void wait_for_it(const struct leap *p, const struct pollfd *fds, size_t count)
{
	struct pollfd all[8];
	int slave[2];

	if (count + 2 > ARRAY_SIZE(all))
		abort();
	rogue_fds(p->rogue, slave);
	for (size_t i = 0; i < count; i++)
		all[i] = fds[i];
	for (size_t i = 0; i < ARRAY_SIZE(slave); i++)
		all[count + i] = (struct pollfd){ .fd = slave[i], .events = POLLIN };
	if (poll(all, count + 2, WAIT_MS) == 0)
		abort(); /* it will never come */
}

int __wrap_clock_poll_many(struct pollfd *fds, size_t count, int64_t deadline_us)
{
	struct leap *p = mine;

	if (!p)
		return __real_clock_poll_many(fds, count, deadline_us);
	for (;;) {
		int64_t next_us = rogue_turn(p->rogue);
		int n = poll(fds, count, 0);

		if (n != 0)
			return n < 0 ? -errno : n;
		if (on_the_way(p)) {
			wait_for_it(p, fds, count);
			continue;
		}
		if (p->now_us >= deadline_us)
			return 0;
		/* Not hours ahead of those who look at what comes out. */
		if (queue_len(p->messages) > AHEAD_MAX)
			poll(fds, count, 1);
		p->now_us = MIN(next_us, deadline_us);
	}
}
