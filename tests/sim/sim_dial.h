/* sim_dial.h: a slave behind a modem that dials in: it connects to the one that polls it, says its registration, and is then
 * asked as any other. Calls again when it was cut off, and never stops. Owned by its slave. */
#pragma once

#include <stdint.h>

#include "sim_transport.h"

#define SIM_DIAL_PACKET_MAX 160

struct sim_slave;
struct sim_dial;

struct sim_dial_packet {
	uint8_t bytes[SIM_DIAL_PACKET_MAX];
	size_t len;
};

struct sim_dial_options {
	const char *host; /* numeric; who polls it */
	uint16_t port;
	int64_t redial_us;
	struct sim_dial_packet registration, heartbeat;
	int64_t heartbeat_us; /* 0: none */
};

extern const struct sim_transport sim_dial_transport;

/* Begins to call. 0 or -EINVAL: the host is not numeric. */
int sim_dial_new(struct sim_slave *slave, const struct sim_dial_options *options, struct sim_dial **ret_dial);
