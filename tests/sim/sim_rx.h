/* sim_rx.h: requests out of a stream of bytes. Embedded by the transport of a peer. */
#pragma once

#include "sim_frame.h"

struct event;
struct event_base;
struct sim_peer;

struct sim_rx {
	struct sim_peer *peer;
	struct event *silence; /* RTU only */
	int64_t silence_us;
	bool deaf; /* RTU after a bad frame: until the line is silent */
	size_t len;
	uint8_t buf[1024];
};

void sim_rx_init(struct sim_rx *rx, struct sim_peer *peer, struct event_base *base);
void sim_rx_fini(struct sim_rx *rx);
/* 0, or -EBADMSG where a TCP stream makes no sense any more and should be closed. */
int sim_rx_feed(struct sim_rx *rx, const uint8_t *data, size_t len);
void sim_rx_clear(struct sim_rx *rx);
