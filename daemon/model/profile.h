/* profile.h: how a make's registers or JSON fields become the points of its class. Rows of the configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "model/class.h"
#include "model/codec.h"

/* Where a point stands in a JSON message. */
struct profile_field {
	const char *path; /* "action", "object.temperature"; NULL: not a JSON point */
	const char
		*equals; /* bool and event points: true (has happened) when the field has this text; NULL: as it is */
	bool invert;     /* of bools: zigbee2mqtt's contact is true when closed */
	double scale, offset; /* number = scale * field + offset */
};

struct profile_point {
	const char *name;
	enum value_type type; /* of the point: the class's type, or that derived from the wire */
	const char *unit;     /* "" where none */
	bool event;
	struct codec_wire wire; /* table CODEC_TABLE_NONE: not a Modbus point */
	struct profile_field field;
	int64_t period_us;  /* Modbus: how often it is asked */
	int64_t max_age_us; /* 0: never stale for silence */
	double deadband;    /* smaller changes of a number are no change; 0: every change */
	struct diag_at at;
};

struct profile {
	const char *id; /* for a device that names a class: "class:<id>", made from the class */
	const struct class *class;
	const struct profile_point *points;
	size_t point_count;
	struct diag_at at;
};
