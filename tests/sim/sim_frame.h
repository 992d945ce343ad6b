/* sim_frame.h: frames on the wire: MBAP and RTU, as they should be and as a fault wants them. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sim_access.h"
#include "sim_fault.h"

#define SIM_FRAME_MAX  264 /* the longest answer, with room for what a fault adds */
#define SIM_FRAME_MBAP 7

enum sim_framing { SIM_FRAMING_TCP, SIM_FRAMING_RTU };

/* One request or one answer without its framing. tid has no meaning on RTU. */
struct sim_message {
	uint16_t tid;
	uint8_t unit;
	struct sim_pdu pdu;
};

uint16_t sim_frame_crc(const uint8_t *data, size_t len); /* low byte goes first on the wire */
/* Builds an answer into buf of SIM_FRAME_MAX bytes; returns its length. */
size_t sim_frame_build(enum sim_framing framing, const struct sim_message *m, const struct sim_shape *shape,
		       uint8_t *buf);
/* Takes one request from the start of what came. Bytes used (> 0), 0: more are needed, -EBADMSG: no frame at all
 * (*ret_message is untouched then). */
int sim_frame_take(enum sim_framing framing, const uint8_t *data, size_t len, struct sim_message *ret_message);
