/* build_bus.c: serial lines and Modbus gateways. */
#include "conf/build.h"

#include <stdlib.h>

static const enum bus_type types[] = { BUS_TCP, BUS_RTU, BUS_RTU_OVER_TCP, BUS_DIAL_IN };

/* Keys that mean something for one kind of bus only. */
static const char *const serial_keys[] = { "baud", "parity", "data_bits", "stop_bits" };
static const char *const network_keys[] = { "host", "idle_close" };

static void warn_useless(struct fields *f, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fields_said(f, keys[i]))
			fields_warning(f, keys[i], "has no effect on a bus of this type");
}

static void read_network(struct build *b, struct fields *f, struct bus *bus)
{
	const config_setting_t *port = fields_get(f, "port")->setting;
	long long number = port ? config_setting_get_int64(port) : 502;

	bus->host = build_text(b, fields_text(f, "host"));
	if (!bus->host && !fields_get(f, "host")->setting)
		fields_error(f, "host", "missing: expected the gateway's address, as \"192.168.1.20\"");
	if (port && config_setting_type(port) != CONFIG_TYPE_INT && config_setting_type(port) != CONFIG_TYPE_INT64)
		fields_error(f, "port", "expected 1..65535%s",
			     config_setting_type(port) == CONFIG_TYPE_STRING ? ", without quotes" : "");
	else if (number < 1 || number > 65535)
		fields_error(f, "port", "expected 1..65535");
	bus->port = (uint16_t)number;
	warn_useless(f, serial_keys, ARRAY_SIZE(serial_keys));
}

static void read_serial(struct build *b, struct fields *f, struct bus *bus)
{
	static const char parities[] = { 'N', 'E', 'O' };
	const config_setting_t *port = fields_get(f, "port")->setting;
	const char *path = port ? config_setting_get_string(port) : NULL;

	if (!port)
		fields_error(f, "port", "missing: expected the serial line, as \"/dev/serial/by-id/…\"");
	else if (!path || path[0] != '/')
		fields_error(f, "port", "expected the serial line, as \"/dev/serial/by-id/…\"");
	else if (str_starts(path, "/dev/ttyUSB") || str_starts(path, "/dev/ttyACM"))
		fields_warning(f, "port",
			       "this name can change at the next start: "
			       "use the one in /dev/serial/by-id/ or /dev/serial/by-path/");
	bus->path = build_text(b, path);
	bus->baud = (int)fields_int(f, "baud");
	bus->parity = parities[fields_int(f, "parity")];
	bus->data_bits = (int)fields_int(f, "data_bits");
	bus->stop_bits = (int)fields_int(f, "stop_bits");
	if (bus->data_bits != 8)
		fields_error(f, "data_bits", "Modbus RTU needs 8; Modbus ASCII is not supported");
	warn_useless(f, network_keys, ARRAY_SIZE(network_keys));
}

/* Two names of one line are one line. */
static void check_same_line(struct build *b, struct fields *f, const struct bus *bus, struct map *lines)
{
	_cleanup_(freep) char *resolved = realpath(bus->path, NULL);
	const char *line = build_text(b, resolved ? resolved : bus->path);
	const struct bus *other = map_find(lines, line);

	if (other)
		fields_error(f, "port", "bus '%s' at %s:%u has this line already", other->id, other->at.file,
			     other->at.line);
	else
		map_put(lines, line, (void *)bus);
}

static void check_same_gateway(struct build *b, struct fields *f, const struct bus *bus, struct map *lines)
{
	_cleanup_str_buf_ struct str_buf target = { 0 };
	const struct bus *other;

	str_buf_printf(&target, "%s:%u", bus->host, bus->port);
	other = map_find(lines, str_buf_text(&target));
	if (other)
		fields_warning(f, "host",
			       "bus '%s' at %s:%u has this gateway already; units behind one gateway share "
			       "one bus",
			       other->id, other->at.file, other->at.line);
	else
		map_put(lines, build_text(b, str_buf_text(&target)), (void *)bus);
}

static void read_bus(struct build *b, struct fields *f, struct bus *bus)
{
	bus->name = fields_said(f, "name") ? build_text(b, fields_text(f, "name")) : bus->id;
	bus->type = types[fields_int(f, "type")];
	bus->timeout_us = fields_int(f, "timeout");
	bus->pause_after_connect_us = fields_int(f, "pause_after_connect");
	bus->min_interval_us = fields_int(f, "min_interval");
	bus->at = f->at;
	switch (bus->type) {
	case BUS_TCP:
	case BUS_RTU_OVER_TCP: read_network(b, f, bus); break;
	case BUS_RTU: read_serial(b, f, bus); break;
	case BUS_DIAL_IN:
		fields_error(f, "type", "not supported by this version; expected tcp, rtu or rtu-over-tcp");
		break;
	}
}

void build_bus_all(struct build *b, const struct build_entries *e)
{
	_cleanup_(map_freep) struct map *lines = map_new();
	struct conf *c = b->conf;

	c->buses = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct bus);
	for (size_t i = 0; i < e->count; i++) {
		struct bus *bus = &c->buses[c->bus_count];
		struct ident *id;
		struct fields f;

		build_read(b, "buses", &e->entries[i], &f);
		id = build_declare(b, &b->buses, &f);
		if (!id)
			continue;
		id->object = bus;
		bus->id = id->id;
		c->bus_count++;
		if (!fields_complete(&f))
			continue;
		read_bus(b, &f, bus);
		if (bus->type == BUS_RTU && bus->path)
			check_same_line(b, &f, bus, lines);
		else if (bus->type != BUS_RTU && bus->host)
			check_same_gateway(b, &f, bus, lines);
	}
}
