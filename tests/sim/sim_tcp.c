/* sim_tcp.c: see sim_tcp.h. */
#include "sim_tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "base/mem.h"
#include "base/util.h"
#include "sim_conn.h"
#include "sim_slave.h"
#include "sim_world.h"

#define REBIND_US (200 * MS)
#define BACKLOG   128

struct sim_tcp {
	struct sim_slave *slave;
	char *host;
	struct sim_tcp_options options;
	struct evconnlistener *listener;
	struct event *reaper; /* frees doomed connections outside their own callbacks */
	struct event *back;   /* the end of a flap */
	struct sim_conn *conns;
	unsigned connected;
	uint64_t accepted, refused;
};

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct sim_tcp *t = arg;

	(void)fd;
	(void)what;
	for (struct sim_conn **at = &t->conns; *at;) {
		struct sim_conn *c = *at;

		if (!c->doomed) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		sim_conn_free(c);
	}
}

static void on_ended(void *context)
{
	struct sim_tcp *t = context;

	t->connected--;
	event_active(t->reaper, EV_TIMEOUT, 0);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
	struct sim_tcp *t = arg;
	struct sim_world *w = t->slave->world;
	struct sim_conn *c;

	(void)listener, (void)from, (void)len;
	if (t->connected >= t->options.max_clients ||
	    sim_fault_take_one(&t->slave->faults, SIM_FAULT_FLAP, sim_world_now_us(w))) {
		t->refused++;
		evutil_closesocket(fd);
		return;
	}
	c = sim_conn_new(t->slave, fd, &(struct sim_conn_owner){ .ended = on_ended, .context = t });
	c->peer.rand = w->seed + t->accepted;
	if (t->options.idle_close_us)
		sim_conn_close_when_idle(c, t->options.idle_close_us);
	c->next = t->conns;
	t->conns = c;
	t->connected++;
	t->accepted++;
}

static int tcp_listen(struct sim_tcp *t)
{
	struct sockaddr_storage address;
	socklen_t len;
	int r = sim_conn_address(t->host, t->options.port, &address, &len);

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

	for (struct sim_conn *c = t->conns; c; c = c->next)
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

	for (struct sim_conn *c = t->conns; c; c = c->next)
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
		struct sim_conn *c = t->conns;

		t->conns = c->next;
		sim_conn_free(c);
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
