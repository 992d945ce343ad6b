/* sim_conn.c: see sim_conn.h. */
#include "sim_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "base/util.h"
#include "sim_slave.h"
#include "sim_world.h"

#define OUTPUT_MAX (256 << 10) /* a client that does not read loses answers beyond this */

void sim_conn_free(struct sim_conn *c)
{
	sim_peer_fini(&c->peer);
	sim_rx_fini(&c->rx);
	bufferevent_free(c->bev);
	free(c);
}

static void doom(struct sim_conn *c)
{
	if (c->doomed)
		return;
	c->doomed = true;
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	c->owner.ended(c->owner.context);
}

static size_t conn_write(struct sim_peer *p, const uint8_t *data, size_t len)
{
	struct sim_conn *c = CONTAINER_OF(p, struct sim_conn, peer);

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
	struct sim_conn *c = CONTAINER_OF(p, struct sim_conn, peer);
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	doom(c);
}

static const struct sim_peer_ops conn_ops = { conn_write, conn_want_drained, conn_reset };

static void on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct sim_conn *c = arg;
	uint8_t data[4096];

	while (!c->doomed && evbuffer_get_length(in)) {
		int n = evbuffer_remove(in, data, sizeof(data));

		if (n <= 0 || sim_rx_feed(&c->rx, data, (size_t)n) < 0)
			doom(c);
	}
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct sim_conn *c = arg;

	(void)bev;
	if (!c->doomed)
		sim_peer_drained(&c->peer);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct sim_conn *c = arg;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED && !c->doomed)
		c->owner.made(c->owner.context);
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		doom(arg);
}

struct sim_conn *sim_conn_new(struct sim_slave *slave, evutil_socket_t fd, const struct sim_conn_owner *owner)
{
	struct sim_conn *c = MEM_NEW(struct sim_conn);
	int one = 1;

	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->owner = *owner;
	c->peer.ops = &conn_ops;
	c->peer.slave = slave;
	c->bev = bufferevent_socket_new(slave->world->base, fd, BEV_OPT_CLOSE_ON_FREE);
	sim_peer_init(&c->peer, slave->world->base);
	sim_rx_init(&c->rx, &c->peer, slave->world->base);
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	return c;
}

int sim_conn_dial(struct sim_conn *c, const struct sockaddr *to, int len)
{
	int r = bufferevent_socket_connect(c->bev, to, len), one = 1;

	if (r == 0)
		setsockopt(bufferevent_getfd(c->bev), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return r;
}

void sim_conn_close_when_idle(struct sim_conn *c, int64_t idle_us)
{
	bufferevent_set_timeouts(c->bev, &(struct timeval){ .tv_sec = idle_us / S, .tv_usec = idle_us % S }, NULL);
}

int sim_conn_address(const char *host, uint16_t port, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*ret_len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
		return -EINVAL;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	*ret_len = sizeof(*v6);
	return 0;
}
