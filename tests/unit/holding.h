/* holding.h: points on holding registers, as the tests of a bus ask for them. */
#pragma once

#include "model/profile.h"

/* A number of that type at the address, as it stands on the wire. */
static inline struct profile_point holding_point(enum codec_type type, unsigned address, int64_t period_us)
{
	return (struct profile_point){
		.name = "p",
		.type = VALUE_NUMBER,
		.period_us = period_us,
		.wire = { .table = CODEC_HOLDING,
			  .address = (uint16_t)address,
			  .type = type,
			  .registers = (uint8_t)codec_type_registers(type),
			  .scale = 1,
			  .bit_low = -1,
			  .bit_high = -1 },
	};
}
