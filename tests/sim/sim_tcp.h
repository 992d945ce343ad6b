/* sim_tcp.h: a Modbus TCP server socket (or RTU over TCP), several clients at once. Owned by its slave. */
#pragma once

#include <stdint.h>

#include "sim_transport.h"

struct sim_slave;
struct sim_tcp;

struct sim_tcp_options {
	const char *host; /* numeric */
	uint16_t port;    /* 0: the kernel's choice */
	unsigned max_clients;
	int64_t idle_close_us; /* 0: never */
};

extern const struct sim_transport sim_tcp_transport;

/* Listens. 0 or -errno. The host is copied. */
int sim_tcp_new(struct sim_slave *slave, const struct sim_tcp_options *options, struct sim_tcp **ret_tcp);
