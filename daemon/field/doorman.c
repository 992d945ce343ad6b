#include "field/doorman.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/thread.h"
#include "field/waiter.h"

#define ORDERS_ROOM  64
#define BACKLOG      16
#define RETRY_US     (5 * S)
#define SAY_US       MINUTE                     /* unknown callers at one door are told so often */
#define CALLER_BYTES (BUS_REGISTRATION_MAX + 4) /* with what stands behind it: CR LF */

struct guest {
	struct queue *inbox; /* NULL: free */
	int door;
	uint8_t registration[BUS_REGISTRATION_MAX];
	size_t len;
};

struct door {
	char host[64]; /* "": free */
	uint16_t port;
	int fd; /* -1: cannot be listened at, until retry_us */
	int64_t retry_us, said_us;
	unsigned unknown; /* callers since it was said */
};

struct caller {
	int fd; /* -1: free */
	int door;
	int64_t until_us;
	bool known; /* what was said so far is a whole registration */
	uint8_t bytes[CALLER_BYTES];
	size_t len;
};

struct order {
	enum { ORDER_EXPECT, ORDER_FORGET } kind;
	struct guest guest;
	char host[64];
	uint16_t port;
	struct queue *done; /* FORGET: gets a byte */
};

struct doorman {
	struct queue *orders;
	struct thread *thread; /* NULL: nobody has been expected yet */
	/* The rest is the thread's. */
	struct guest guests[DOORMAN_GUESTS];
	struct door doors[DOORMAN_DOORS];
	struct caller callers[DOORMAN_CALLERS];
};

struct doorman *doorman_new(void)
{
	struct doorman *d = MEM_NEW(struct doorman);

	d->orders = queue_new(sizeof(struct order), ORDERS_ROOM);
	for (size_t i = 0; i < DOORMAN_DOORS; i++)
		d->doors[i].fd = -1;
	for (size_t i = 0; i < DOORMAN_CALLERS; i++)
		d->callers[i].fd = -1;
	return d;
}

/* -------- doors -------- */

static int door_socket(const struct door *door)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *a = NULL;
	int fd, one = 1, r = 0;
	char port[8];

	snprintf(port, sizeof(port), "%u", door->port);
	if (getaddrinfo(door->host, port, &hints, &a) != 0)
		return -EINVAL;
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		r = -errno;
	freeaddrinfo(a);
	if (r == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return r;
}

static void tell_deaf(struct doorman *d, int door, int error)
{
	struct waiter_mail m = { .kind = WAITER_DEAF, .error = error };

	for (size_t i = 0; i < DOORMAN_GUESTS; i++)
		if (d->guests[i].inbox && d->guests[i].door == door)
			queue_push(d->guests[i].inbox, &m);
}

static void open_door(struct doorman *d, int number)
{
	struct door *door = &d->doors[number];
	int fd = door_socket(door);

	if (fd >= 0) {
		door->fd = fd;
		log_info("listening at %s:%u for modems", door->host, door->port);
		return;
	}
	if (door->retry_us == 0)
		log_error("cannot listen at %s:%u for modems: %s", door->host, door->port, strerrordesc_np(-fd));
	door->retry_us = clock_mono_us() + RETRY_US;
	tell_deaf(d, number, -fd);
}

static int find_door(struct doorman *d, const struct order *o)
{
	int free_one = -ENOSPC;

	for (int i = 0; i < DOORMAN_DOORS; i++) {
		if (str_equal(d->doors[i].host, o->host) && d->doors[i].port == o->port)
			return i;
		if (free_one < 0 && !d->doors[i].host[0])
			free_one = i;
	}
	return free_one;
}

static void close_door_if_unused(struct doorman *d, int number)
{
	struct door *door = &d->doors[number];

	for (size_t i = 0; i < DOORMAN_GUESTS; i++)
		if (d->guests[i].inbox && d->guests[i].door == number)
			return;
	for (size_t i = 0; i < DOORMAN_CALLERS; i++)
		if (d->callers[i].fd >= 0 && d->callers[i].door == number) {
			close(d->callers[i].fd);
			d->callers[i].fd = -1;
		}
	if (door->fd >= 0)
		close(door->fd);
	*door = (struct door){ .fd = -1 };
}

/* -------- orders -------- */

static void expect(struct doorman *d, const struct order *o)
{
	int number = find_door(d, o);
	struct guest *g = NULL;

	for (size_t i = 0; i < DOORMAN_GUESTS && !g; i++)
		if (!d->guests[i].inbox)
			g = &d->guests[i];
	if (number < 0 || !g) {
		struct waiter_mail m = { .kind = WAITER_DEAF, .error = ENOSPC };

		queue_push(o->guest.inbox, &m);
		return;
	}
	*g = o->guest;
	g->door = number;
	if (d->doors[number].host[0])
		return;
	d->doors[number] = (struct door){ .port = o->port, .fd = -1 };
	snprintf(d->doors[number].host, sizeof(d->doors[number].host), "%s", o->host);
	open_door(d, number);
}

static void forget(struct doorman *d, const struct order *o)
{
	for (size_t i = 0; i < DOORMAN_GUESTS; i++)
		if (d->guests[i].inbox == o->guest.inbox) {
			d->guests[i].inbox = NULL;
			close_door_if_unused(d, d->guests[i].door);
		}
	queue_push(o->done, &(uint8_t){ 0 });
}

static void take_orders(struct doorman *d)
{
	struct order o;

	while (queue_pop(d->orders, &o)) {
		if (o.kind == ORDER_EXPECT)
			expect(d, &o);
		else
			forget(d, &o);
	}
}

/* -------- callers -------- */

static void hang_up(struct caller *c)
{
	close(c->fd);
	c->fd = -1;
}

/* What stands behind a registration and means nothing. */
static size_t trimmed(const struct caller *c)
{
	size_t len = c->len;

	while (len > 0 && memchr("\r\n ", c->bytes[len - 1], 4))
		len--;
	return len;
}

enum acquaintance { STRANGER, PERHAPS, KNOWN };

/* Of two buses with the same registration (an old one may be ending) the later is meant. */
static enum acquaintance recognise(const struct doorman *d, const struct caller *c, const struct guest **ret_guest)
{
	enum acquaintance best = c->len == 0 ? PERHAPS : STRANGER;

	for (size_t i = 0; i < DOORMAN_GUESTS; i++) {
		const struct guest *g = &d->guests[i];

		if (!g->inbox || g->door != c->door || queue_closed(g->inbox))
			continue;
		if ((g->len == c->len || g->len == trimmed(c)) && memcmp(g->registration, c->bytes, g->len) == 0) {
			best = KNOWN;
			*ret_guest = g;
		} else if (c->len < g->len && memcmp(g->registration, c->bytes, c->len) == 0 && best == STRANGER) {
			best = PERHAPS;
		}
	}
	return best;
}

/* Said now and then: a technician reads there what his modem says. */
static void say_stranger(struct door *door, const struct caller *c, const char *why)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	int64_t now_us = clock_mono_us();

	door->unknown++;
	if (door->said_us && now_us - door->said_us < SAY_US)
		return;
	for (size_t i = 0; i < c->len; i++)
		str_buf_printf(&text, "%s%02x", i ? " " : "", c->bytes[i]);
	log_event(LOGID_CALLER_REFUSED, NULL,
		  "%s:%u: a caller was sent away, %s: he said %s%s (%u since this was last said)", door->host,
		  door->port, why, c->len ? "hex:" : "nothing", str_buf_text(&text), door->unknown);
	door->said_us = now_us;
	door->unknown = 0;
}

static void send_away(struct doorman *d, struct caller *c, const char *why)
{
	say_stranger(&d->doors[c->door], c, why);
	hang_up(c);
}

static void hand_over(struct doorman *d, struct caller *c)
{
	struct waiter_mail m = { .kind = WAITER_CALLER, .fd = c->fd };
	const struct guest *g = NULL;

	if (recognise(d, c, &g) != KNOWN) {
		send_away(d, c, "his bus is gone");
		return;
	}
	/* A bus that cannot take him now hears him when he calls again. */
	if (queue_len(g->inbox) > queue_capacity(g->inbox) / 2 || queue_push(g->inbox, &m) < 0)
		hang_up(c);
	c->fd = -1;
}

static void listen_to(struct doorman *d, struct caller *c)
{
	ssize_t n = read(c->fd, c->bytes + c->len, sizeof(c->bytes) - c->len);
	const struct guest *g;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	c->len += (size_t)n;
	switch (recognise(d, c, &g)) {
	case STRANGER: send_away(d, c, "his registration is unknown"); return;
	case PERHAPS: c->known = false; break;
	case KNOWN:
		c->known = true;
		c->until_us = clock_mono_us() + DOORMAN_QUIET_US;
		break;
	}
	if (c->len == sizeof(c->bytes))
		send_away(d, c, "he says too much");
}

/* A place for a new one: a free one, or that of the oldest who is not known. */
static struct caller *place(struct doorman *d)
{
	struct caller *oldest = NULL;

	for (size_t i = 0; i < DOORMAN_CALLERS; i++) {
		struct caller *c = &d->callers[i];

		if (c->fd < 0)
			return c;
		if (!c->known && (!oldest || c->until_us < oldest->until_us))
			oldest = c;
	}
	if (oldest)
		send_away(d, oldest, "there are too many");
	return oldest;
}

static void let_in(struct doorman *d, int number)
{
	struct door *door = &d->doors[number];
	int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct caller *c;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
		/* It stays readable: closed for a while, it does not spin. */
		close(door->fd);
		door->fd = -1;
		door->retry_us = clock_mono_us() + RETRY_US;
	}
	if (fd < 0)
		return;
	c = place(d);
	if (!c) {
		close(fd);
		return;
	}
	*c = (struct caller){ .fd = fd, .door = number, .until_us = clock_mono_us() + DOORMAN_WAIT_US };
}

/* -------- the thread -------- */

/* What is due by the clock; returns when the next is. */
static int64_t look_at_clock(struct doorman *d)
{
	int64_t now_us = clock_mono_us(), next_us = INT64_MAX;

	for (size_t i = 0; i < DOORMAN_CALLERS; i++) {
		struct caller *c = &d->callers[i];

		if (c->fd >= 0 && c->until_us <= now_us) {
			if (c->known)
				hand_over(d, c);
			else
				send_away(d, c, "he took too long");
		}
		if (c->fd >= 0)
			next_us = MIN(next_us, c->until_us);
	}
	for (int i = 0; i < DOORMAN_DOORS; i++) {
		if (!d->doors[i].host[0] || d->doors[i].fd >= 0)
			continue;
		if (d->doors[i].retry_us <= now_us)
			open_door(d, i);
		if (d->doors[i].fd < 0)
			next_us = MIN(next_us, d->doors[i].retry_us);
	}
	return next_us;
}

static void doorman_main(void *arg)
{
	struct doorman *d = arg;
	struct pollfd fds[1 + DOORMAN_DOORS + DOORMAN_CALLERS];
	struct pollfd *of_doors = fds + 1, *of_callers = of_doors + DOORMAN_DOORS;

	while (!queue_closed(d->orders)) {
		int64_t next_us = look_at_clock(d);

		fds[0] = (struct pollfd){ .fd = queue_fd(d->orders), .events = POLLIN };
		for (int i = 0; i < DOORMAN_DOORS; i++)
			of_doors[i] = (struct pollfd){ .fd = d->doors[i].fd, .events = POLLIN };
		for (int i = 0; i < DOORMAN_CALLERS; i++)
			of_callers[i] = (struct pollfd){ .fd = d->callers[i].fd, .events = POLLIN };
		if (clock_poll_many(fds, ARRAY_SIZE(fds), next_us) < 0)
			continue;
		for (int i = 0; i < DOORMAN_CALLERS; i++)
			if (of_callers[i].revents && d->callers[i].fd >= 0)
				listen_to(d, &d->callers[i]);
		for (int i = 0; i < DOORMAN_DOORS; i++)
			if (of_doors[i].revents && d->doors[i].fd >= 0)
				let_in(d, i);
		if (fds[0].revents)
			take_orders(d);
	}
	take_orders(d);
}

/* -------- for the buses -------- */

int doorman_expect(struct doorman *d, const struct bus *bus, struct queue *inbox)
{
	struct order o = { .kind = ORDER_EXPECT, .port = bus->port };
	int r;

	o.guest.inbox = inbox;
	o.guest.len = MIN(bus->registration_len, sizeof(o.guest.registration));
	memcpy(o.guest.registration, bus->registration, o.guest.len);
	snprintf(o.host, sizeof(o.host), "%s", bus->host);
	if (!d->thread) {
		r = thread_start("doorman", doorman_main, d, &d->thread);
		if (r < 0)
			return r;
	}
	return queue_push_wait(d->orders, &o, clock_mono_us() + S);
}

void doorman_forget(struct doorman *d, struct queue *inbox)
{
	struct order o = { .kind = ORDER_FORGET, .guest = { .inbox = inbox }, .done = queue_new(1, 1) };
	uint8_t done;

	/* Its thread never waits for anybody: it answers within a moment. */
	while (queue_push_wait(d->orders, &o, clock_mono_us() + S) == -ETIMEDOUT)
		;
	while (!queue_pop_wait(o.done, &done, clock_mono_us() + S) && !queue_closed(d->orders))
		;
	queue_free(o.done);
}

void doorman_free(struct doorman *d)
{
	if (!d)
		return;
	queue_close(d->orders);
	thread_join(d->thread);
	for (size_t i = 0; i < DOORMAN_CALLERS; i++)
		if (d->callers[i].fd >= 0)
			close(d->callers[i].fd);
	for (size_t i = 0; i < DOORMAN_DOORS; i++)
		if (d->doors[i].fd >= 0)
			close(d->doors[i].fd);
	queue_free(d->orders);
	free(d);
}
