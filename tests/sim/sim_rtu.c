/* sim_rtu.c: see sim_rtu.h. The read event is edge-triggered: while no client has the line open, a level-triggered one
 * would report the hang-up in a busy loop. */
#include "sim_rtu.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "base/util.h"
#include "sim_peer.h"
#include "sim_rx.h"
#include "sim_slave.h"
#include "sim_world.h"

struct sim_rtu {
	struct sim_peer peer;
	struct sim_rx rx;
	char *link;
	char pts[64];
	int master;
	bool hung;
	struct event *readable, *writable;
	struct event *back; /* the end of a flap */
	uint64_t closed;    /* how often a client left */
};

/* What the last client did not read must not greet the next one. */
static void forget_unread(struct sim_rtu *t)
{
	int fd = open(t->pts, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	tcflush(fd, TCIFLUSH);
	close(fd);
}

static void on_hang_up(struct sim_rtu *t)
{
	if (t->hung)
		return;
	t->hung = true;
	t->closed++;
	sim_rx_clear(&t->rx);
	t->peer.flood_left = 0;
	forget_unread(t);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct sim_rtu *t = arg;
	uint8_t data[1024];

	(void)what;
	for (;;) {
		ssize_t n = read(fd, data, sizeof(data));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EIO)
			on_hang_up(t);
		if (n <= 0)
			return;
		t->hung = false;
		sim_rx_feed(&t->rx, data, (size_t)n);
		if (t->master != fd) /* a flap came meanwhile */
			return;
	}
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct sim_rtu *t = arg;

	(void)fd;
	(void)what;
	sim_peer_drained(&t->peer);
}

static size_t line_write(struct sim_peer *p, const uint8_t *data, size_t len)
{
	struct sim_rtu *t = CONTAINER_OF(p, struct sim_rtu, peer);
	struct pollfd state = { .fd = t->master, .events = POLLOUT };
	ssize_t n;

	if (t->master < 0 || poll(&state, 1, 0) < 0 || (state.revents & POLLHUP))
		return 0;
	n = write(t->master, data, len);
	return n < 0 ? 0 : (size_t)n;
}

static void line_want_drained(struct sim_peer *p)
{
	struct sim_rtu *t = CONTAINER_OF(p, struct sim_rtu, peer);
	struct pollfd state = { .fd = t->master };

	if (t->master < 0 || poll(&state, 1, 0) < 0 || (state.revents & POLLHUP))
		p->flood_left = 0;
	else
		event_add(t->writable, NULL);
}

static const struct sim_peer_ops line_ops = { line_write, line_want_drained, NULL };

static int make_link(const struct sim_rtu *t)
{
	struct stat st;

	/* An old link of an earlier run is replaced; anything else there is not ours to remove. */
	if (lstat(t->link, &st) == 0) {
		if (!S_ISLNK(st.st_mode))
			return -EEXIST;
		unlink(t->link);
	}
	return symlink(t->pts, t->link) < 0 ? -errno : 0;
}

static void line_down(struct sim_rtu *t)
{
	char target[sizeof(t->pts)] = "";

	if (t->readable)
		event_free(t->readable);
	if (t->writable)
		event_free(t->writable);
	t->readable = t->writable = NULL;
	if (t->master >= 0)
		close(t->master);
	t->master = -1;
	sim_peer_clear(&t->peer);
	sim_rx_clear(&t->rx);
	if (readlink(t->link, target, sizeof(target) - 1) > 0 && strcmp(target, t->pts) == 0)
		unlink(t->link);
}

static int line_open(struct sim_rtu *t)
{
	struct termios raw;

	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (t->master < 0 || grantpt(t->master) < 0 || unlockpt(t->master) < 0 ||
	    ptsname_r(t->master, t->pts, sizeof(t->pts)) != 0 || tcgetattr(t->master, &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	if (tcsetattr(t->master, TCSANOW, &raw) < 0)
		return -errno;
	t->hung = true;
	return 0;
}

static int line_up(struct sim_rtu *t)
{
	struct event_base *base = t->peer.slave->world->base;
	int r = line_open(t);

	if (r == 0)
		r = make_link(t);
	if (r < 0) {
		line_down(t);
		return r;
	}
	t->readable = event_new(base, t->master, EV_READ | EV_PERSIST | EV_ET, on_readable, t);
	t->writable = event_new(base, t->master, EV_WRITE, on_writable, t);
	event_add(t->readable, NULL);
	return 0;
}

static void on_back(evutil_socket_t fd, short what, void *arg)
{
	struct sim_rtu *t = arg;

	(void)fd;
	(void)what;
	if (t->master < 0 && line_up(t) < 0)
		sim_world_arm_real(t->back, S);
}

static void rtu_flap(void *transport, int64_t down_us)
{
	struct sim_rtu *t = transport;

	line_down(t);
	sim_world_arm_real(t->back, down_us ? down_us : S);
}

static size_t rtu_inject(void *transport, const uint8_t *data, size_t len)
{
	struct sim_rtu *t = transport;

	sim_peer_send(&t->peer, data, len, &(struct sim_peer_timing){ 0 });
	return t->hung ? 0 : 1;
}

static json_t *rtu_describe(const void *transport)
{
	const struct sim_rtu *t = transport;

	return json_pack("{s:s}", "path", t->link);
}

static void rtu_stats(const void *transport, json_t *into)
{
	const struct sim_rtu *t = transport;

	json_object_set_new(into, "up", json_boolean(t->master >= 0));
	json_object_set_new(into, "connections", json_integer(t->master >= 0 && !t->hung));
	json_object_set_new(into, "closed", json_integer((json_int_t)t->closed));
}

static void rtu_free(void *transport)
{
	struct sim_rtu *t = transport;

	line_down(t);
	event_free(t->back);
	sim_rx_fini(&t->rx);
	sim_peer_fini(&t->peer);
	free(t->link);
	free(t);
}

const struct sim_transport sim_rtu_transport = { rtu_describe, rtu_flap, rtu_inject, rtu_stats, rtu_free };

int sim_rtu_new(struct sim_slave *slave, const char *link, struct sim_rtu **ret_rtu)
{
	struct sim_rtu *t = MEM_NEW(struct sim_rtu);
	int r;

	t->master = -1;
	t->link = mem_strdup(link);
	t->peer.ops = &line_ops;
	t->peer.slave = slave;
	t->peer.rand = slave->world->seed;
	sim_peer_init(&t->peer, slave->world->base);
	sim_rx_init(&t->rx, &t->peer, slave->world->base);
	t->back = evtimer_new(slave->world->base, on_back, t);
	r = line_up(t);
	if (r < 0) {
		rtu_free(t);
		return r;
	}
	*ret_rtu = t;
	return 0;
}
