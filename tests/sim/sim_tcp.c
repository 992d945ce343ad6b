/* sim_tcp.c: see sim_tcp.h. */
#include "sim_tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "base/mem.h"
#include "base/util.h"
#include "sim_peer.h"
#include "sim_rx.h"
#include "sim_slave.h"
#include "sim_world.h"

#define OUTPUT_MAX (256 << 10) /* a client that does not read loses answers beyond this */
#define REBIND_US  (200 * MS)
#define BACKLOG    128

struct conn {
	struct sim_peer peer;
	struct sim_rx rx;
	struct sim_tcp *tcp;
	struct bufferevent *bev;
	struct conn *next;
	bool doomed;
};

struct sim_tcp {
	struct sim_slave *slave;
	char *host;
	struct sim_tcp_options options;
	struct evconnlistener *listener;
	struct event *reaper; /* frees doomed connections outside their own callbacks */
	struct event *back;   /* the end of a flap */
	struct conn *conns;
	unsigned connected;
	uint64_t accepted, refused;
};

static void conn_free(struct conn *c)
{
	sim_peer_fini(&c->peer);
	sim_rx_fini(&c->rx);
	bufferevent_free(c->bev);
	free(c);
}

static void doom(struct conn *c)
{
	if (c->doomed)
		return;
	c->doomed = true;
	c->tcp->connected--;
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	event_active(c->tcp->reaper, EV_TIMEOUT, 0);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct sim_tcp *t = arg;

	(void)fd;
	(void)what;
	for (struct conn **at = &t->conns; *at;) {
		struct conn *c = *at;

		if (!c->doomed) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		conn_free(c);
	}
}

static size_t conn_write(struct sim_peer *p, const uint8_t *data, size_t len)
{
	struct conn *c = CONTAINER_OF(p, struct conn, peer);

	if (c->doomed || evbuffer_get_length(bufferevent_get_output(c->bev)) + len > OUTPUT_MAX)
		return 0;
	bufferevent_write(c->bev, data, len);
	return len;
}

static void conn_want_drained(struct sim_peer *p)
{
	(void)p; /* the write callback comes anyway */
}

static void conn_reset(struct sim_peer *p)
{
	struct conn *c = CONTAINER_OF(p, struct conn, peer);
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	doom(c);
}

static const struct sim_peer_ops conn_ops = { conn_write, conn_want_drained, conn_reset };

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct conn *c = arg;
	uint8_t data[4096];

	while (!c->doomed && evbuffer_get_length(in)) {
		int n = evbuffer_remove(in, data, sizeof(data));

		if (n <= 0 || sim_rx_feed(&c->rx, data, (size_t)n) < 0)
			doom(c);
	}
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if (!c->doomed)
		sim_peer_drained(&c->peer);
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		doom(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
	struct sim_tcp *t = arg;
	struct sim_world *w = t->slave->world;
	struct timeval idle = { .tv_sec = t->options.idle_close_us / S, .tv_usec = t->options.idle_close_us % S };
	struct conn *c;
	int one = 1;

	(void)listener, (void)from, (void)len;
	if (t->connected >= t->options.max_clients ||
	    sim_fault_take_one(&t->slave->faults, SIM_FAULT_FLAP, sim_world_now_us(w))) {
		t->refused++;
		evutil_closesocket(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c = MEM_NEW(struct conn);
	c->tcp = t;
	c->peer.ops = &conn_ops;
	c->peer.slave = t->slave;
	c->peer.rand = w->seed + t->accepted;
	c->bev = bufferevent_socket_new(w->base, fd, BEV_OPT_CLOSE_ON_FREE);
	sim_peer_init(&c->peer, w->base);
	sim_rx_init(&c->rx, &c->peer, w->base);
	bufferevent_setcb(c->bev, on_read, on_written, on_end, c);
	if (t->options.idle_close_us)
		bufferevent_set_timeouts(c->bev, &idle, NULL);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	c->next = t->conns;
	t->conns = c;
	t->connected++;
	t->accepted++;
}

static int address_of(const struct sim_tcp *t, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	if (inet_pton(AF_INET, t->host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(t->options.port);
		*ret_len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, t->host, &v6->sin6_addr) != 1)
		return -EINVAL;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(t->options.port);
	*ret_len = sizeof(*v6);
	return 0;
}

static int tcp_listen(struct sim_tcp *t)
{
	struct sockaddr_storage address;
	socklen_t len;
	int r = address_of(t, &address, &len);

	if (r < 0)
		return r;
	errno = 0;
	t->listener = evconnlistener_new_bind(t->slave->world->base, on_accept, t,
					      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
					      BACKLOG, (struct sockaddr *)&address, (int)len);
	if (!t->listener)
		return errno ? -errno : -EIO;
	len = sizeof(address);
	if (getsockname(evconnlistener_get_fd(t->listener), (struct sockaddr *)&address, &len) < 0)
		return -errno;
	/* Both families keep the port at the same place. */
	t->options.port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	return 0;
}

static void on_back(evutil_socket_t fd, short what, void *arg)
{
	struct sim_tcp *t = arg;

	(void)fd;
	(void)what;
	if (!t->listener && tcp_listen(t) < 0)
		sim_world_arm_real(t->back, REBIND_US); /* somebody has the port: until it is free again */
}

static void tcp_flap(void *transport, int64_t down_us)
{
	struct sim_tcp *t = transport;

	for (struct conn *c = t->conns; c; c = c->next)
		if (!c->doomed)
			sim_peer_reset(&c->peer);
	if (!down_us)
		return;
	if (t->listener)
		evconnlistener_free(t->listener);
	t->listener = NULL;
	sim_world_arm_real(t->back, down_us);
}

static size_t tcp_inject(void *transport, const uint8_t *data, size_t len)
{
	struct sim_tcp *t = transport;

	for (struct conn *c = t->conns; c; c = c->next)
		if (!c->doomed)
			sim_peer_send(&c->peer, data, len, &(struct sim_peer_timing){ 0 });
	return t->connected;
}

static json_t *tcp_describe(const void *transport)
{
	const struct sim_tcp *t = transport;

	return json_pack("{s:s, s:i}", "host", t->host, "port", t->options.port);
}

static void tcp_stats(const void *transport, json_t *into)
{
	const struct sim_tcp *t = transport;

	json_object_set_new(into, "connections", json_integer(t->connected));
	json_object_set_new(into, "accepted", json_integer((json_int_t)t->accepted));
	json_object_set_new(into, "refused", json_integer((json_int_t)t->refused));
}

static void tcp_free(void *transport)
{
	struct sim_tcp *t = transport;

	while (t->conns) {
		struct conn *c = t->conns;

		t->conns = c->next;
		conn_free(c);
	}
	if (t->listener)
		evconnlistener_free(t->listener);
	event_free(t->reaper);
	event_free(t->back);
	free(t->host);
	free(t);
}

const struct sim_transport sim_tcp_transport = { tcp_describe, tcp_flap, tcp_inject, tcp_stats, tcp_free };

int sim_tcp_new(struct sim_slave *slave, const struct sim_tcp_options *options, struct sim_tcp **ret_tcp)
{
	struct sim_tcp *t = MEM_NEW(struct sim_tcp);
	int r;

	t->slave = slave;
	t->options = *options;
	t->host = mem_strdup(options->host);
	t->reaper = evtimer_new(slave->world->base, on_reap, t);
	t->back = evtimer_new(slave->world->base, on_back, t);
	r = tcp_listen(t);
	if (r < 0) {
		tcp_free(t);
		return r;
	}
	*ret_tcp = t;
	return 0;
}
