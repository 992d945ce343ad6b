#include "field/plan_cost.h"

#include "base/util.h"
#include "field/frame.h"

#define NS_PER_S            INT64_C(1000000000)
#define REQUEST_BYTES       13                    /* 8 of the request, 5 around the data of the answer */
#define TURNAROUND_NS       (5 * NS_PER_S / 1000) /* where the bus does not say it */
#define TCP_BAUD            115200 /* what usually stands behind a gateway, or a device as fast as that */
#define TCP_TURNAROUND_NS   (2 * NS_PER_S / 1000)
#define MODEM_TURNAROUND_NS (150 * NS_PER_S / 1000) /* there and back over a radio network */

static int64_t char_ns(const struct bus *bus)
{
	int bits = 1 + bus->data_bits + (bus->parity == 'N' ? 0 : 1) + bus->stop_bits;

	return bits * NS_PER_S / MAX(bus->baud, 1);
}

/* The silence that must stand before a frame: 3.5 characters, 1.75 ms above 19,200 baud. */
static int64_t silence_ns(const struct bus *bus)
{
	return bus->baud > 19200 ? 1750000 : char_ns(bus) * 7 / 2;
}

static int64_t turnaround_ns(const struct bus *bus)
{
	if (bus->turnaround_us > 0)
		return bus->turnaround_us * 1000;
	if (bus->type == BUS_DIAL_IN)
		return MODEM_TURNAROUND_NS;
	return bus->type == BUS_RTU ? TURNAROUND_NS : TCP_TURNAROUND_NS;
}

void plan_cost_of_bus(const struct bus *bus, struct plan_cost *ret_cost)
{
	struct plan_cost c = { .max_bytes = 2 * FRAME_REGISTERS };

	if (bus->type == BUS_RTU) {
		/* Six tenths of the timeout for the wire, the rest for the device: a longer answer could never arrive. */
		int64_t wire_ns = bus->timeout_us * 600 - REQUEST_BYTES * char_ns(bus);

		c.byte_ns = char_ns(bus);
		c.silence_ns = MAX(silence_ns(bus), bus->min_interval_us * 1000);
		c.max_bytes = (uint16_t)CLAMP(wire_ns / c.byte_ns, (int64_t)2, (int64_t)2 * FRAME_REGISTERS);
	} else {
		c.byte_ns = 10 * NS_PER_S / TCP_BAUD;
		c.silence_ns = bus->min_interval_us * 1000;
	}
	c.idle_ns = c.silence_ns + turnaround_ns(bus);
	c.request_ns = REQUEST_BYTES * c.byte_ns + c.idle_ns;
	*ret_cost = c;
}

int64_t plan_cost_ns(const struct plan_cost *cost, uint8_t function, uint32_t count)
{
	return cost->request_ns + cost->byte_ns * frame_answer_bytes(function, (uint16_t)count);
}

int64_t plan_cost_us(const struct plan_cost *cost, uint8_t function, uint16_t count)
{
	return plan_cost_ns(cost, function, count) / 1000;
}
