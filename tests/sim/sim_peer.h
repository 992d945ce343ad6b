/* sim_peer.h: one client's way back: a TCP connection or the serial line. Answers leave late, dripping, or in a flood.
 *
 * Owned by its transport, which embeds it. One transmitter: what has begun to leave is finished first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct event_base;
struct sim_peer;
struct sim_piece;
struct sim_slave;

struct sim_peer_ops {
	/* Takes what fits now and says how much; the rest is lost unless the caller tries again after drained. */
	size_t (*write)(struct sim_peer *p, const uint8_t *data, size_t len);
	/* Asks for one sim_peer_drained when write may take something again. */
	void (*want_drained)(struct sim_peer *p);
	/* Ends the connection at once. May be NULL. The peer lives on until the loop turns. */
	void (*reset)(struct sim_peer *p);
};

struct sim_peer {
	const struct sim_peer_ops *ops;
	struct sim_slave *slave;
	struct event *timer;
	struct sim_piece *first;
	size_t pieces;
	int64_t flood_left;
	uint64_t rand;
};

struct sim_peer_timing {
	int64_t delay_us; /* before the first byte */
	int64_t gap_us;   /* between bytes; 0: all at once */
};

void sim_peer_init(struct sim_peer *p, struct event_base *base);
void sim_peer_fini(struct sim_peer *p);
void sim_peer_send(struct sim_peer *p, const uint8_t *data, size_t len, const struct sim_peer_timing *timing);
/* Random bytes, as fast as they go. */
void sim_peer_flood(struct sim_peer *p, int64_t bytes);
void sim_peer_drained(struct sim_peer *p);
/* Forgets what has not left yet. */
void sim_peer_clear(struct sim_peer *p);
void sim_peer_reset(struct sim_peer *p);
