/* sim_slaveconf.c: see sim_slaveconf.h. */
#include "sim_slaveconf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "sim_dial.h"
#include "sim_replay.h"
#include "sim_rtu.h"
#include "sim_slave.h"
#include "sim_tcp.h"
#include "sim_words.h"
#include "sim_world.h"

static const char *const types[] = { "tcp", "rtu", "rtu-over-tcp", "dial-in", NULL };
enum { TYPE_TCP, TYPE_RTU, TYPE_RTU_OVER_TCP, TYPE_DIAL_IN };

static const char *const framings[] = { "rtu", "tcp", NULL };

#define KEYS                                                                                                    \
	"id type repeat host port max_clients unknown_unit idle_close link baud parity paced turnaround units " \
	"replay replay_fast registration framing redial heartbeat heartbeat_every"

static void start_tcp(struct sim_slave *slave, const struct sim_setting *s, int64_t port)
{
	struct sim_tcp_options o = {
		.host = sim_setting_text(s, "host", "127.0.0.1"),
		.port = (uint16_t)port,
		.max_clients = (unsigned)sim_setting_int(s, (struct sim_setting_int){ "max_clients", 1, 1000, 16 }),
		.idle_close_us = sim_setting_duration(s, "idle_close", 0),
	};
	struct sim_tcp *tcp;
	int r;

	if (diag_failed(s->diag))
		return;
	r = sim_tcp_new(slave, &o, &tcp);
	if (r < 0) {
		sim_setting_error(s, "port", "cannot listen on %s port %u: %s", o.host, o.port,
				  r == -EINVAL ? "expected a numeric address" : strerror(-r));
		return;
	}
	slave->transport = &sim_tcp_transport;
	slave->wire = tcp;
}

/* A text as it is, or "hex:4c 49 46 54". */
static void read_packet(const struct sim_setting *s, const char *key, struct sim_dial_packet *ret_packet)
{
	const char *text = sim_setting_text(s, key, NULL), *bad;
	struct sim_words words;
	int n;

	if (!text)
		return;
	if (!str_starts(text, "hex:")) {
		ret_packet->len = MIN(strlen(text), sizeof(ret_packet->bytes));
		memcpy(ret_packet->bytes, text, ret_packet->len);
		return;
	}
	n = sim_words_init(&words, text + strlen("hex:"));
	if (n == 0) {
		n = sim_words_bytes(&words, 0, ret_packet->bytes, &bad);
		sim_words_fini(&words);
	}
	if (n < 0)
		sim_setting_error(s, key, "expected a text, or bytes as \"hex:4c 49 46 54\"");
	ret_packet->len = n < 0 ? 0 : (size_t)n;
}

static void start_dial(struct sim_slave *slave, const struct sim_setting *s, int64_t port)
{
	struct sim_dial_options o = {
		.host = sim_setting_text(s, "host", "127.0.0.1"),
		.port = (uint16_t)port,
		.redial_us = sim_setting_duration(s, "redial", S),
		.heartbeat_us = sim_setting_duration(s, "heartbeat_every", 0),
	};
	struct sim_dial *dial;

	read_packet(s, "registration", &o.registration);
	read_packet(s, "heartbeat", &o.heartbeat);
	if (o.registration.len == 0)
		sim_setting_error(s, "registration", "expected what the modem says first, such as \"lift-7\"");
	if (port == 0)
		sim_setting_error(s, "port", "expected the port that the modem dials: that of the bus it belongs to");
	if ((o.heartbeat.len > 0) != (o.heartbeat_us > 0))
		sim_setting_error(s, NULL, "expected heartbeat and heartbeat_every together");
	if (diag_failed(s->diag))
		return;
	if (sim_dial_new(slave, &o, &dial) < 0) {
		sim_setting_error(s, "host", "expected a numeric address");
		return;
	}
	slave->transport = &sim_dial_transport;
	slave->wire = dial;
}

/* With a folder given, the link is made there under its own last name. */
static char *link_path(const struct sim_slave *slave, const struct sim_setting *s, const char *suffix)
{
	const char *link = sim_setting_text(s, "link", NULL), *dir = slave->world->dir;
	const char *slash = link ? strrchr(link, '/') : NULL;
	struct str_buf path = { 0 };

	if (!link && !dir)
		sim_setting_error(s, NULL, "rtu slave '%s': expected link = \"PATH\", or --dir DIR", slave->id);
	if (!link) /* the id has the suffix already */
		str_buf_printf(&path, "%s/%s", dir ? dir : "", slave->id);
	else if (dir)
		str_buf_printf(&path, "%s/%s%s", dir, slash ? slash + 1 : link, suffix);
	else
		str_buf_printf(&path, "%s%s", link, suffix);
	return str_buf_take(&path);
}

static void start_rtu(struct sim_slave *slave, const struct sim_setting *s, const char *suffix)
{
	_cleanup_(freep) char *path = link_path(slave, s, suffix);
	struct sim_rtu *rtu;
	int r;

	if (diag_failed(s->diag))
		return;
	r = sim_rtu_new(slave, path, &rtu);
	if (r < 0) {
		sim_setting_error(s, "link", "cannot make a line at %s: %s", path,
				  r == -EEXIST ? "something else is there" : strerror(-r));
		return;
	}
	slave->transport = &sim_rtu_transport;
	slave->wire = rtu;
}

static void load_manners(struct sim_slave *slave, const struct sim_setting *s)
{
	static const char *const parities[] = { "none", "even", "odd", NULL };
	static const char *const unknowns[] = { "silent", "exception", NULL };
	int64_t baud = sim_setting_int(s, (struct sim_setting_int){ "baud", 300, 1000000, 9600 });
	int bits = sim_setting_word(s, "parity", parities, 0) ? 11 : 10;

	slave->unknown = sim_setting_word(s, "unknown_unit", unknowns, 0) ? SIM_SLAVE_EXCEPTION : SIM_SLAVE_SILENT;
	slave->turnaround_us = sim_setting_duration(s, "turnaround", 0);
	if (sim_setting_bool(s, "paced", false))
		slave->char_us = bits * S / baud;
}

static void load_unit(struct sim_slave *slave, const struct sim_setting *s, const char *slave_suffix)
{
	int64_t first = sim_setting_int(s, (struct sim_setting_int){ "unit", 0, 255, -1 });
	int64_t repeat = sim_setting_int(s, (struct sim_setting_int){ "repeat", 1, 247, 1 });

	if (first < 0 || first + repeat > 256) {
		sim_setting_error(s, "unit", "expected the unit's number, 0..255%s",
				  repeat > 1 ? ", the last repeated one's too" : "");
		return;
	}
	for (int64_t i = 0; i < repeat; i++) {
		uint8_t id = (uint8_t)(first + i);
		char suffix[32] = "";

		if (slave->by_id[id]) {
			sim_setting_error(s, "unit", "%u: expected a number that no other unit of '%s' has", id,
					  slave->id);
			continue;
		}
		if (repeat > 1)
			snprintf(suffix, sizeof(suffix), "%s-%lld", slave_suffix, (long long)i);
		else
			snprintf(suffix, sizeof(suffix), "%s", slave_suffix);
		slave->units = mem_realloc(slave->units, slave->unit_count + 1, sizeof(struct sim_unit *));
		slave->by_id[id] = sim_unit_new(slave, s, &(struct sim_unit_which){ id, suffix });
		slave->units[slave->unit_count++] = slave->by_id[id];
	}
}

static void load_units(struct sim_slave *slave, const struct sim_setting *s, const char *suffix)
{
	const config_setting_t *list = sim_setting_list(s, "units");

	if (!list || !config_setting_length(list))
		sim_setting_error(s, NULL, "slave '%s': expected units: ( { unit = 1; model = … }, … )", slave->id);
	for (int i = 0; list && i < config_setting_length(list); i++) {
		struct sim_setting row = { config_setting_get_elem(list, (unsigned)i), s->diag };

		if (config_setting_is_group(row.at))
			load_unit(slave, &row, suffix);
		else
			sim_setting_error(&row, NULL, "units: expected a group { unit = 1; model = … }");
	}
}

/* A recording answers, not units. */
static void load_replay(struct sim_slave *slave, const struct sim_setting *s, const char *path)
{
	_cleanup_str_buf_ struct str_buf problem = { 0 };
	struct sim_record record = { 0 };
	bool fast = sim_setting_bool(s, "replay_fast", false);

	if (sim_setting_list(s, "units"))
		sim_setting_error(s, "units", "expected replay or units, not both");
	if (sim_record_read(path, &record, &problem) < 0) {
		sim_setting_error(s, "replay", "%s: %s", path, str_buf_text(&problem));
		return;
	}
	if (record.framing != slave->framing)
		sim_setting_error(s, "type", "the recording was taken with %s frames, expected type = \"%s\"",
				  record.framing == SIM_FRAMING_TCP ? "tcp" : "rtu",
				  record.framing == SIM_FRAMING_TCP ? "tcp" : "rtu\" or \"rtu-over-tcp");
	slave->replay = sim_replay_new(&record, fast ? SIM_REPLAY_FAST : SIM_REPLAY_AS_RECORDED);
}

struct sim_slave *sim_slaveconf_new(struct sim_world *w, const struct sim_setting *s,
				    const struct sim_slaveconf_which *which)
{
	struct sim_slave *slave = MEM_NEW(struct sim_slave);
	int type = sim_setting_word(s, "type", types, TYPE_TCP);
	int64_t port = sim_setting_int(s, (struct sim_setting_int){ "port", 0, 65535, 0 });
	const char *replay = sim_setting_text(s, "replay", NULL);

	port = which->port >= 0 ? which->port : port;
	slave->world = w;
	slave->id = mem_strdup(which->id);
	slave->framing = type == TYPE_TCP || (type == TYPE_DIAL_IN && sim_setting_word(s, "framing", framings, 0))
				 ? SIM_FRAMING_TCP
				 : SIM_FRAMING_RTU;
	sim_setting_keys(s, KEYS, NULL);
	load_manners(slave, s);
	if (replay)
		load_replay(slave, s, replay);
	else
		load_units(slave, s, which->suffix);
	if (type == TYPE_RTU)
		start_rtu(slave, s, which->suffix);
	else if (type == TYPE_DIAL_IN)
		start_dial(slave, s, port);
	else
		start_tcp(slave, s, port);
	if (!slave->wire) {
		sim_slave_free(slave);
		return NULL;
	}
	return slave;
}
