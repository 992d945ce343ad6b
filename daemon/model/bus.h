/* bus.h: a serial line or a TCP gateway: a row of the configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

enum bus_type { BUS_TCP, BUS_RTU, BUS_RTU_OVER_TCP, BUS_DIAL_IN };

/* Who turns an RS-485 line round: the adapter by itself, or the kernel with RTS, which is high or low while it sends. */
enum bus_rs485 { BUS_RS485_ADAPTER, BUS_RS485_RTS_HIGH, BUS_RS485_RTS_LOW };

#define BUS_REGISTRATION_MAX 64 /* bytes of a modem's registration packet */

struct bus {
	const char *id, *name;
	enum bus_type type;
	const char *host;    /* tcp: numeric address or name; dial-in: this box's own address, where modems dial in */
	uint16_t port;       /* tcp, dial-in */
	const char *standby; /* tcp: a second address of the same devices; NULL: none */
	uint16_t standby_port;
	const char *path; /* rtu: "/dev/serial/by-id/…" */
	int baud, data_bits, stop_bits;
	char parity; /* 'N' 'E' 'O' */
	enum bus_rs485 rs485;
	int64_t rs485_before_us, rs485_after_us; /* RTS stands so long before and after a frame; whole milliseconds */
	const uint8_t *registration;             /* dial-in: what the modem says first */
	size_t registration_len;
	bool tcp_frames;    /* dial-in: Modbus TCP on the connection, not RTU */
	int64_t timeout_us; /* longest wait for a whole answer, wire time included */
	int64_t pause_after_connect_us;
	int64_t idle_close_us;   /* tcp: a connection that has been idle so long is closed; 0: never */
	int64_t min_interval_us; /* between two requests; 0: what the standard asks of the line */
	int64_t turnaround_us;   /* how long its devices think before they answer, for the plan; 0: not said */
	struct diag_at at;
};
const char *bus_type_name(enum bus_type t); /* tcp rtu rtu-over-tcp dial-in */
