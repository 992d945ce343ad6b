/* bus.h: a serial line or a TCP gateway: a row of the configuration. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

enum bus_type { BUS_TCP, BUS_RTU, BUS_RTU_OVER_TCP, BUS_DIAL_IN };

struct bus {
	const char *id, *name;
	enum bus_type type;
	const char *host; /* tcp: numeric address or name */
	uint16_t port;    /* tcp */
	const char *path; /* rtu: "/dev/serial/by-id/…" */
	int baud, data_bits, stop_bits;
	char parity;        /* 'N' 'E' 'O' */
	int64_t timeout_us; /* longest wait for a whole answer, wire time included */
	int64_t pause_after_connect_us;
	int64_t min_interval_us; /* between two requests; 0: what the standard asks of the line */
	struct diag_at at;
};
const char *bus_type_name(enum bus_type t); /* tcp rtu rtu-over-tcp dial-in */
