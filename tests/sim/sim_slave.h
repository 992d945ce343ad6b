/* sim_slave.h: one Modbus slave device or gateway: a transport with units behind it. Owned by the world. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim_frame.h"
#include "sim_transport.h"
#include "sim_unit.h"

struct sim_peer;
struct sim_replay;
struct sim_world;

enum sim_slave_unknown { SIM_SLAVE_SILENT, SIM_SLAVE_EXCEPTION };

#define SIM_SLAVE_LOG 512

/* One request as it came. */
struct sim_slave_seen {
	int64_t at_us; /* since the start */
	uint16_t first, count;
	uint8_t unit, function;
};

struct sim_slave_counts {
	uint64_t bytes_in, bytes_out, bytes_lost, frame_errors, unknown_unit, broadcasts, requests;
};

struct sim_slave {
	struct sim_world *world;
	char *id;
	enum sim_framing framing;
	const struct sim_transport *transport;
	void *wire; /* the transport's */
	struct sim_unit **units;
	size_t unit_count;
	struct sim_unit *by_id[256];
	enum sim_slave_unknown unknown;
	int64_t turnaround_us;
	int64_t char_us; /* one character on the line; 0: bytes are not paced */
	struct sim_faults faults;
	struct sim_slave_counts counts;
	struct sim_slave_seen seen[SIM_SLAVE_LOG]; /* the newest ones, as a ring */
	uint64_t seen_total;
	struct sim_replay *replay; /* answers instead of the units; NULL: they do */
};

void sim_slave_free(struct sim_slave *s);
/* A request came from this peer. */
void sim_slave_take(struct sim_slave *s, struct sim_peer *p, const struct sim_message *rq);
json_t *sim_slave_stats(const struct sim_slave *s);
/* The newest max requests, oldest first. */
json_t *sim_slave_requests(const struct sim_slave *s, size_t max);
void sim_slave_reset_stats(struct sim_slave *s);
