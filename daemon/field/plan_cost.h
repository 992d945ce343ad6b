/* plan_cost.h: what a request costs in time on the wire: the measure of the plan and of what --check foretells. Pure.
 *
 *   |<- silence ->|<- request: 8 bytes ->|<- turnaround ->|<- answer: 5 bytes + data ->|
 *
 * A serial line is arithmetic; of a gateway only the order of size is known: a fast line with a device on it. */
#pragma once

#include <stdint.h>

#include "model/bus.h"

struct plan_cost {
	int64_t request_ns; /* of a request and its answer but for the data: silence, turnaround, their own bytes */
	int64_t idle_ns;    /* of that: nothing on the wire */
	int64_t silence_ns; /* of that: before the request, in which other units may not be asked either */
	int64_t byte_ns;    /* of data in the answer */
	uint16_t max_bytes; /* of data: an answer that fits into the timeout with room for the device to think */
};

void plan_cost_of_bus(const struct bus *bus, struct plan_cost *ret_cost);
int64_t plan_cost_ns(const struct plan_cost *cost, uint8_t function, uint32_t count);
/* Time of one request and its answer. */
int64_t plan_cost_us(const struct plan_cost *cost, uint8_t function, uint16_t count);
