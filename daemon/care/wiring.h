/* wiring.h: which point of the estate says something of which dwelling: dense by point number, so that a reading finds it at once.
 * Pure; owned by care.c; made anew with the register and the configuration. */
#pragma once

#include "care/watched.h"
#include "care/senses.h"

struct wiring_sense {
	uint32_t home;                /* index of the dwelling, of the building for a pump */
	uint16_t device;              /* of a pump: its number */
	const struct senses_row *row; /* NULL: a pump's fault */
	uint32_t better; /* the device's point that says the same better, once it has spoken; WIRING_NONE */
};
#define WIRING_NONE UINT32_MAX
struct wiring {
	uint32_t *of; /* by point: number in senses + 1; 0: none. NULL while nobody is watched */
	size_t points;
	struct wiring_sense *senses;
	size_t count, room;
	uint16_t pumps;
	const char *last_place; /* while it is made: of the device before, and its dwelling */
	struct home *last_home;
};

void wiring_fini(struct wiring *w);
/* Binds the sensors of all dwellings. */
void wiring_make(struct wiring *w, const struct watched *watched, struct device_list devices, size_t points);
const struct wiring_sense *wiring_find(const struct wiring *w, uint32_t point); /* or NULL */
