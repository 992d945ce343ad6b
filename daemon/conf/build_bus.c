/* build_bus.c: serial lines and Modbus gateways. */
#include "conf/build.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum bus_type types[] = { BUS_TCP, BUS_RTU, BUS_RTU_OVER_TCP, BUS_DIAL_IN };

/* Keys that mean something for one kind of bus only. */
static const char *const serial_keys[] = { "baud",  "parity",       "data_bits",  "stop_bits",
					   "rs485", "rs485_before", "rs485_after" };
static const char *const network_keys[] = { "host" };
static const char *const client_keys[] = { "standby", "standby_port", "idle_close" };
static const char *const dial_in_keys[] = { "registration", "framing" };

static void warn_useless(struct fields *f, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fields_said(f, keys[i]))
			fields_warning(f, keys[i], "has no effect on a bus of this type");
}

static void read_port(struct fields *f, struct bus *bus)
{
	const config_setting_t *port = fields_get(f, "port")->setting;
	long long number = port ? config_setting_get_int64(port) : 502;

	if (port && config_setting_type(port) != CONFIG_TYPE_INT && config_setting_type(port) != CONFIG_TYPE_INT64)
		fields_error(f, "port", "expected 1..65535%s",
			     config_setting_type(port) == CONFIG_TYPE_STRING ? ", without quotes" : "");
	else if (number < 1 || number > 65535)
		fields_error(f, "port", "expected 1..65535");
	bus->port = (uint16_t)number;
}

static void read_standby(struct build *b, struct fields *f, struct bus *bus)
{
	bus->standby = build_text(b, fields_text(f, "standby"));
	bus->standby_port = fields_said(f, "standby_port") ? (uint16_t)fields_int(f, "standby_port") : bus->port;
	if (!bus->standby && fields_said(f, "standby_port"))
		fields_warning(f, "standby_port", "has no effect without standby");
	if (bus->standby && bus->host && str_equal(bus->standby, bus->host) && bus->standby_port == bus->port)
		fields_error(f, "standby", "that is the first address: expected another one");
}

/* An address or a name; what else stands there was pasted, or is a URL. */
static void check_host(struct fields *f, const char *key)
{
	const char *host = fields_text(f, key);

	if (host && host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%")])
		fields_error(f, key, "expected an address or a name, as \"192.168.1.20\"; the port stands in port");
}

static void read_network(struct build *b, struct fields *f, struct bus *bus)
{
	bus->host = build_text(b, fields_text(f, "host"));
	if (!bus->host && !fields_get(f, "host")->setting)
		fields_error(f, "host", "missing: expected the gateway's address, as \"192.168.1.20\"");
	check_host(f, "host");
	check_host(f, "standby");
	read_port(f, bus);
	read_standby(b, f, bus);
	bus->idle_close_us = fields_int(f, "idle_close");
	warn_useless(f, serial_keys, ARRAY_SIZE(serial_keys));
	warn_useless(f, dial_in_keys, ARRAY_SIZE(dial_in_keys));
}

/* "hex:4c 49 46 54" to bytes. False: it is not. */
static bool read_hex(const char *text, uint8_t *bytes, size_t *ret_len)
{
	size_t len = 0;

	for (; *text; text += 2) {
		char pair[3];
		char *end;

		while (*text == ' ')
			text++;
		if (!*text)
			break;
		snprintf(pair, sizeof(pair), "%.2s", text);
		if (len == BUS_REGISTRATION_MAX || !isxdigit((unsigned char)pair[0]) ||
		    !isxdigit((unsigned char)pair[1]))
			return false;
		bytes[len++] = (uint8_t)strtoul(pair, &end, 16);
	}
	*ret_len = len;
	return len > 0;
}

static void read_registration(struct build *b, struct fields *f, struct bus *bus)
{
	const char *text = fields_text(f, "registration");
	uint8_t bytes[BUS_REGISTRATION_MAX];
	size_t len = text ? strlen(text) : 0;
	uint8_t *copy;

	if (!text) {
		if (!fields_get(f, "registration")->setting)
			fields_error(f, "registration", "missing: expected what the modem says first, as \"lift-17\"");
		return;
	}
	if (str_starts(text, "hex:")) {
		if (!read_hex(text + strlen("hex:"), bytes, &len)) {
			fields_error(f, "registration", "expected 1..%d bytes, as \"hex:4c 49 46 54\"",
				     BUS_REGISTRATION_MAX);
			return;
		}
	} else if (len > BUS_REGISTRATION_MAX) {
		fields_error(f, "registration", "expected at most %d bytes", BUS_REGISTRATION_MAX);
		return;
	} else {
		memcpy(bytes, text, len);
	}
	copy = ARENA_ARRAY(b->arena, len, uint8_t);
	memcpy(copy, bytes, len);
	bus->registration = copy;
	bus->registration_len = len;
}

static void read_dial_in(struct build *b, struct fields *f, struct bus *bus)
{
	struct in6_addr six;
	struct in_addr four;

	bus->host = build_text(b, fields_text(f, "host"));
	if (!fields_get(f, "host")->setting)
		fields_error(f, "host", "missing: expected the address of this box where the modems dial in");
	else if (bus->host && inet_pton(AF_INET, bus->host, &four) != 1 && inet_pton(AF_INET6, bus->host, &six) != 1)
		fields_error(f, "host", "expected an address of this box, as \"192.168.1.10\"");
	if (!fields_get(f, "port")->setting)
		fields_error(f, "port", "missing: expected the port where the modems dial in");
	read_port(f, bus);
	read_registration(b, f, bus);
	bus->tcp_frames = fields_int(f, "framing") == 1;
	warn_useless(f, serial_keys, ARRAY_SIZE(serial_keys));
	warn_useless(f, client_keys, ARRAY_SIZE(client_keys));
}

/* Others a serial line does not know: it would silently run at 9600. */
static void check_baud(struct fields *f, int baud)
{
	static const int known[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200 };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i] == baud)
			return;
	fields_error(f, "baud", "expected 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200");
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
	if (!fields_get(f, "baud")->wrong)
		check_baud(f, bus->baud);
	bus->parity = parities[fields_int(f, "parity")];
	bus->data_bits = (int)fields_int(f, "data_bits");
	bus->stop_bits = (int)fields_int(f, "stop_bits");
	if (bus->data_bits != 8)
		fields_error(f, "data_bits", "Modbus RTU needs 8; Modbus ASCII is not supported");
	bus->rs485 = (enum bus_rs485)fields_int(f, "rs485");
	bus->rs485_before_us = fields_int(f, "rs485_before");
	bus->rs485_after_us = fields_int(f, "rs485_after");
	if (bus->rs485 == BUS_RS485_ADAPTER)
		warn_useless(f, serial_keys + 5, 2);
	warn_useless(f, network_keys, ARRAY_SIZE(network_keys));
	warn_useless(f, client_keys, ARRAY_SIZE(client_keys));
	warn_useless(f, dial_in_keys, ARRAY_SIZE(dial_in_keys));
}

/* The one name of a line that may have several. Of one that is not plugged in now the folder is resolved. */
static const char *name_of_line(struct build *b, const char *path)
{
	_cleanup_(freep) char *resolved = realpath(path, NULL), *folder = NULL;
	_cleanup_str_buf_ struct str_buf text = { 0 };
	const char *slash = strrchr(path, '/');

	if (resolved || !slash || slash == path)
		return build_text(b, resolved ? resolved : path);
	str_buf_printf(&text, "%.*s", (int)(slash - path), path);
	folder = realpath(str_buf_text(&text), NULL);
	if (!folder)
		return build_text(b, path);
	str_buf_fini(&text);
	str_buf_printf(&text, "%s%s", folder, slash);
	return build_text(b, str_buf_text(&text));
}

static void check_same_line(struct build *b, struct fields *f, const struct bus *bus, struct map *lines)
{
	const char *line = name_of_line(b, bus->path);
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

/* Where one registration begins with another, a modem could be taken for the wrong one. */
static void check_same_modem(struct build *b, struct fields *f, const struct bus *bus)
{
	for (size_t i = 0; i < b->conf->bus_count; i++) {
		const struct bus *other = &b->conf->buses[i];
		size_t len = MIN(bus->registration_len, other->registration_len);

		if (other->type != BUS_DIAL_IN || len == 0 || other->port != bus->port ||
		    memcmp(other->registration, bus->registration, len) != 0)
			continue;
		fields_error(f, "registration", "bus '%s' at %s:%u has it already, or one begins with the other",
			     other->id, other->at.file, other->at.line);
		return;
	}
}

static void read_bus(struct build *b, struct fields *f, struct bus *bus)
{
	bus->name = fields_said(f, "name") ? build_text(b, fields_text(f, "name")) : bus->id;
	bus->type = types[fields_int(f, "type")];
	bus->timeout_us = fields_int(f, "timeout");
	bus->pause_after_connect_us = fields_int(f, "pause_after_connect");
	bus->min_interval_us = fields_int(f, "min_interval");
	bus->turnaround_us = fields_int(f, "turnaround");
	bus->at = f->at;
	switch (bus->type) {
	case BUS_TCP:
	case BUS_RTU_OVER_TCP: read_network(b, f, bus); break;
	case BUS_RTU: read_serial(b, f, bus); break;
	case BUS_DIAL_IN: read_dial_in(b, f, bus); break;
	}
}

/* Of a type that is not known: what would be wrong for each of them. */
static void check_untyped(struct build *b, struct fields *f)
{
	const config_setting_t *port = fields_get(f, "port")->setting;
	long long number = port ? config_setting_get_int64(port) : 0;
	const char *path = port ? config_setting_get_string(port) : NULL;
	struct bus unused = { 0 };

	check_host(f, "host");
	check_host(f, "standby");
	if (fields_said(f, "baud"))
		check_baud(f, (int)fields_int(f, "baud"));
	if (fields_said(f, "registration"))
		read_registration(b, f, &unused);
	if (!port || (path && path[0] == '/'))
		return;
	if ((config_setting_type(port) != CONFIG_TYPE_INT && config_setting_type(port) != CONFIG_TYPE_INT64) ||
	    number < 1 || number > 65535)
		fields_error(f, "port", "expected 1..65535, or the serial line as \"/dev/serial/by-id/…\"");
}

static void read_typed(struct build *b, struct fields *f, struct bus *bus, struct map *lines)
{
	read_bus(b, f, bus);
	if (bus->type == BUS_RTU && bus->path)
		check_same_line(b, f, bus, lines);
	else if (bus->type == BUS_DIAL_IN)
		check_same_modem(b, f, bus);
	else if (bus->host)
		check_same_gateway(b, f, bus, lines);
}

void build_bus_all(struct build *b, const struct build_entries *e)
{
	_cleanup_(map_freep) struct map *lines = map_new();
	struct conf *c = b->conf;

	c->buses = ARENA_ARRAY(b->arena, MAX(e->count, (size_t)1), struct bus);
	for (size_t i = 0; i < e->count; i++) {
		struct bus *bus = ARENA_NEW(b->arena, struct bus);
		size_t errors = b->diag->errors;
		struct ident *id;
		struct fields f;

		build_read(b, "buses", &e->entries[i], &f);
		id = build_declare(b, &b->buses, &f);
		*bus = (struct bus){ .id = id->id };
		if (fields_said(&f, "type"))
			read_typed(b, &f, bus, lines);
		else
			check_untyped(b, &f);
		id->object = bus;
		if (b->diag->errors > errors)
			continue; /* apart from what others may count with */
		c->buses[c->bus_count] = *bus;
		id->object = &c->buses[c->bus_count++];
	}
}
