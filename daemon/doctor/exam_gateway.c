/* exam_gateway.c: can the gateways of TCP buses be reached? Only asked while no daemon runs: most take one connection, and
 * the daemon's is the one that counts. */
#include <stdio.h>

#include "base/mem.h"
#include "doctor/exam.h"

#define LIMIT_US (5 * S) /* for all of them together */

void exam_gateway_judge(const struct exam_gateway_facts *x, struct findings *f)
{
	char took[24];

	snprintf(took, sizeof(took), "%lld", (long long)(x->took_us / MS));
	switch (x->result) {
	case DIAL_REACHED:
		finding_ok(f, N_("{target} takes a connection, in {ms} ms"), "target", x->target, "ms", took, NULL);
		break;
	case DIAL_UNKNOWN_NAME:
		finding_fault(f, N_("{target}: the name '{host}' is not known"),
			      N_("correct 'host' of this bus, or write its address; 'getent hosts {host}' asks too"),
			      "target", x->target, "host", x->host, NULL);
		break;
	case DIAL_NO_NAMES:
		finding_fault(f, N_("{target}: no name server answered for '{host}'"),
			      N_("write the gateway's address in place of its name: it works without a name server"),
			      "target", x->target, "host", x->host, NULL);
		break;
	case DIAL_REFUSED:
		finding_fault(
			f, N_("{target}: the host is there and refuses: nothing listens on this port"),
			N_("correct 'port' of this bus, or switch Modbus TCP on in the gateway; some refuse a second "
			   "connection: is another program connected?"),
			"target", x->target, NULL);
		break;
	case DIAL_NO_ROUTE:
		finding_fault(
			f, N_("{target}: there is no way to it: {error}"),
			N_("check its power, the cable and the address; 'ip route get {host}' shows this box's side"),
			"target", x->target, "host", x->host, "error", strerror(-x->error), NULL);
		break;
	case DIAL_SILENT:
		finding_fault(f, N_("{target}: no answer in {ms} ms"),
			      N_("is the address right, is a firewall between? 'ping {host}' and 'ip neigh' tell more"),
			      "target", x->target, "host", x->host, "ms", took, NULL);
		break;
	case DIAL_FAILED:
		finding_fault(f, N_("{target}: {error}"), N_("correct 'host' and 'port' of this bus"), "target",
			      x->target, "error", strerror(-x->error), NULL);
		break;
	}
}

struct gateways {
	struct dial dials[DIAL_MAX];
	const struct bus *bus[DIAL_MAX];
	size_t count, left_out;
};

/* An address that two buses share is asked once: it may take one connection only. */
static void add(struct gateways *g, const struct bus *bus, const char *host, uint16_t port)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->dials[i].port == port && str_equal(g->dials[i].host, host))
			return;
	if (g->count == DIAL_MAX) {
		g->left_out++;
		return;
	}
	g->bus[g->count] = bus;
	g->dials[g->count++] = (struct dial){ .host = host, .port = port };
}

static void collect(const struct conf *conf, struct gateways *g)
{
	for (size_t i = 0; i < conf->bus_count; i++) {
		const struct bus *bus = &conf->buses[i];

		if (bus->type != BUS_TCP && bus->type != BUS_RTU_OVER_TCP)
			continue;
		add(g, bus, bus->host, bus->port);
		if (bus->standby)
			add(g, bus, bus->standby, bus->standby_port);
	}
}

static void judge_all(const struct gateways *g, struct findings *f)
{
	char count[24];

	for (size_t i = 0; i < g->count; i++) {
		const struct dial *d = &g->dials[i];
		_cleanup_str_buf_ struct str_buf target = { 0 };

		str_buf_printf(&target, strchr(d->host, ':') ? "[%s]:%u" : "%s:%u", d->host, d->port);
		finding_about(f, "gateway", g->bus[i]->id);
		exam_gateway_judge(
			&(struct exam_gateway_facts){ target.text, d->host, d->result, d->error, d->took_us }, f);
	}
	snprintf(count, sizeof(count), "%zu", g->left_out);
	finding_about(f, "gateway", "buses");
	if (g->left_out)
		finding_ok(f, N_("{count} further gateways were not asked"), "count", count, NULL);
}

void exam_gateway(struct patient *p, struct findings *f)
{
	_cleanup_(freep) struct gateways *g = MEM_NEW(struct gateways);

	if (p->conf)
		collect(p->conf, g);
	if (g->count == 0)
		return;
	if (p->up) {
		finding_about(f, "gateway", "buses");
		finding_ok(
			f,
			N_("not asked: gateways take one connection, and estated has it; 'estatectl buses' shows how "
			   "they do"),
			NULL);
		return;
	}
	dial_all(g->dials, g->count, LIMIT_US);
	judge_all(g, f);
}
