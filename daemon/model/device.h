/* device.h: one thing at one place, reached by a bus or a plugin. Rows of the configuration; immutable. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "model/bus.h"
#include "model/place.h"
#include "model/plugin.h"
#include "model/profile.h"

struct device {
	const char *id, *name; /* name falls back to the id */
	const char *place;     /* path */
	const char *room;      /* "" where none */
	bool entrance;
	const struct class *class;
	const struct profile *profile; /* never NULL */
	const struct bus *bus;         /* NULL: not on a bus */
	uint8_t unit;
	const struct plugin *plugin;      /* NULL: not behind a plugin */
	const char *address;              /* at the plugin */
	int64_t max_age_us;               /* overrides its points'; 0: not said */
	uint16_t max_registers, max_bits; /* in one request; 125 and 2000 where not said */
	int64_t late_bound_us;            /* how late an answer can still come; 2 s where not said */
	int64_t min_interval_us;          /* between two requests to it; 0: none needed */
	bool writes;                      /* its writable points may be written */
	bool loose;                       /* tid = "loose": behind a gateway that numbers its answers itself */
	const bool *urgent;               /* by point: a life-safety rule reads it; NULL: none is */
	uint32_t first_point; /* its points are first_point … + profile->point_count - 1 of the point table */
	struct diag_at at;
};

/* What it reads is of people at home: it stands in a room or is a flat's own door, or its place is a dwelling. */
static inline bool device_is_home(const struct device *d)
{
	return d->room[0] || d->entrance || place_floor(d->place) > 0;
}

struct device_list {
	const struct device *devices;
	size_t count;
};
