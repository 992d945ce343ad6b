/* sim_dial.c: see sim_dial.h. */
#include "sim_dial.h"

#include <errno.h>

#include <event2/event.h>

#include "base/mem.h"
#include "base/util.h"
#include "sim_conn.h"
#include "sim_slave.h"
#include "sim_world.h"

struct sim_dial {
	struct sim_slave *slave;
	char *host;
	struct sim_dial_options options;
	struct sockaddr_storage address;
	socklen_t address_len;
	struct event *call, *beat;
	struct sim_conn *conn; /* NULL: none, and call is armed */
	bool connected;
	int64_t down_us; /* of a flap, instead of the wait until the next call */
	uint64_t calls, failed;
};

static void say(struct sim_dial *d, const struct sim_dial_packet *p)
{
	sim_peer_send(&d->conn->peer, p->bytes, p->len, &(struct sim_peer_timing){ 0 });
}

static void on_made(void *context)
{
	struct sim_dial *d = context;

	d->connected = true;
	d->calls++;
	say(d, &d->options.registration);
	if (d->options.heartbeat_us > 0)
		sim_world_arm_real(d->beat, d->options.heartbeat_us);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct sim_dial *d = arg;

	(void)fd, (void)what;
	if (!d->connected)
		return;
	say(d, &d->options.heartbeat);
	sim_world_arm_real(d->beat, d->options.heartbeat_us);
}

/* The connection is freed when it calls again, outside of its own callbacks. */
static void on_ended(void *context)
{
	struct sim_dial *d = context;

	d->failed += !d->connected;
	d->connected = false;
	event_del(d->beat);
	sim_world_arm_real(d->call, d->down_us > 0 ? d->down_us : d->options.redial_us);
	d->down_us = 0;
}

static void on_call(evutil_socket_t fd, short what, void *arg)
{
	struct sim_dial *d = arg;

	(void)fd, (void)what;
	if (d->conn)
		sim_conn_free(d->conn);
	d->conn = sim_conn_new(d->slave, -1,
			       &(struct sim_conn_owner){ .made = on_made, .ended = on_ended, .context = d });
	d->conn->peer.rand = d->slave->world->seed + d->calls;
	if (sim_conn_dial(d->conn, (struct sockaddr *)&d->address, (int)d->address_len) < 0 && !d->conn->doomed) {
		sim_conn_free(d->conn);
		d->conn = NULL;
		on_ended(d);
	}
}

static json_t *dial_describe(const void *transport)
{
	const struct sim_dial *d = transport;

	return json_pack("{s:s, s:i, s:b}", "host", d->host, "port", d->options.port, "dials", 1);
}

static void dial_flap(void *transport, int64_t down_us)
{
	struct sim_dial *d = transport;

	d->down_us = down_us;
	if (d->connected)
		sim_peer_reset(&d->conn->peer);
	else
		sim_world_arm_real(d->call, MAX(down_us, d->options.redial_us));
}

static size_t dial_inject(void *transport, const uint8_t *data, size_t len)
{
	struct sim_dial *d = transport;

	if (d->connected)
		sim_peer_send(&d->conn->peer, data, len, &(struct sim_peer_timing){ 0 });
	return d->connected;
}

static void dial_stats(const void *transport, json_t *into)
{
	const struct sim_dial *d = transport;

	json_object_set_new(into, "connections", json_integer(d->connected));
	json_object_set_new(into, "calls", json_integer((json_int_t)d->calls));
	json_object_set_new(into, "failed_calls", json_integer((json_int_t)d->failed));
}

static void dial_free(void *transport)
{
	struct sim_dial *d = transport;

	if (d->conn)
		sim_conn_free(d->conn);
	event_free(d->call);
	event_free(d->beat);
	free(d->host);
	free(d);
}

const struct sim_transport sim_dial_transport = { dial_describe, dial_flap, dial_inject, dial_stats, dial_free };

int sim_dial_new(struct sim_slave *slave, const struct sim_dial_options *options, struct sim_dial **ret_dial)
{
	struct sim_dial *d = MEM_NEW(struct sim_dial);

	d->slave = slave;
	d->options = *options;
	d->host = mem_strdup(options->host);
	d->call = evtimer_new(slave->world->base, on_call, d);
	d->beat = evtimer_new(slave->world->base, on_beat, d);
	if (sim_conn_address(d->host, options->port, &d->address, &d->address_len) < 0) {
		dial_free(d);
		return -EINVAL;
	}
	sim_world_arm_real(d->call, 0);
	*ret_dial = d;
	return 0;
}
