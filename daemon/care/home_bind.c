/* home_bind.c: which sensors a dwelling has, and where each stands in what is kept of it; see home.h. */
#include "care/home.h"

#include <string.h>

#include "base/crc32.h"
#include "base/mem.h"
#include "base/str.h"

void home_bind_begin(struct home *h)
{
	h->sensor_count = 0;
}

static uint32_t sum_of(const char *id)
{
	uint32_t sum = crc32_add(0, id, strlen(id));

	return sum ? sum : 1;
}

static uint8_t way_of(const struct home *h, const struct device *d)
{
	for (unsigned i = 0; i < h->sensor_count; i++) {
		const struct device *other = h->sensors[i].device;

		if (other && other != d && other->bus == d->bus && other->plugin == d->plugin && (d->bus || d->plugin))
			return h->sensors[i].way;
	}
	for (unsigned way = 0;; way++) {
		bool taken = false;

		for (unsigned i = 0; i < h->sensor_count; i++)
			taken = taken ||
				(h->sensors[i].device && h->sensors[i].device != d && h->sensors[i].way == way);
		if (!taken)
			return (uint8_t)way;
	}
}

static unsigned slot_of(const struct home *h, uint32_t id)
{
	unsigned unused = HOME_DEVICES;

	for (unsigned i = 0; i < HOME_DEVICES; i++) {
		if (h->state.devices[i].id == id && !home_is_bound(h, i))
			return i;
		if (!h->state.devices[i].id && unused == HOME_DEVICES)
			unused = i;
	}
	return unused;
}

uint16_t home_bind(struct home *h, const struct device *d, uint16_t kinds)
{
	uint32_t id = sum_of(d->id);
	unsigned slot = slot_of(h, id);

	if (slot == HOME_DEVICES)
		return SIGN_DEVICE_NONE;
	if (h->state.devices[slot].id != id)
		h->version++;
	h->state.devices[slot].id = id;
	if (slot >= h->sensor_count) {
		h->sensors = mem_realloc(h->sensors, slot + 1, sizeof(*h->sensors));
		memset(h->sensors + h->sensor_count, 0, (slot + 1 - h->sensor_count) * sizeof(*h->sensors));
		h->sensor_count = slot + 1;
	}
	h->sensors[slot] = (struct home_sensor){ .device = d,
						 .kinds = kinds,
						 .room = sign_room_parse(d->room),
						 .entrance = d->entrance || str_equal(d->class->id, "door") };
	h->sensors[slot].way = way_of(h, d);
	return (uint16_t)slot;
}

void home_bind_end(struct home *h)
{
	for (unsigned i = 0; i < HOME_DEVICES; i++)
		if (h->state.devices[i].id && !home_is_bound(h, i)) {
			h->state.devices[i] = (struct home_device){ .id = 0 };
			hush_forget(&h->state.hush, i);
			h->version++;
		}
	for (unsigned i = 0; i < HOME_METERS; i++) {
		uint16_t device = h->state.meters[i].device;

		if (device && !home_is_bound(h, device - 1U)) {
			h->state.meters[i] = (struct home_meter){ .device = 0 };
			h->version++;
		}
	}
}
