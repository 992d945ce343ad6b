/* profile.h: how a make's registers or JSON fields become the points of its class. Rows of the configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "model/class.h"
#include "model/codec.h"
#include "model/plausible.h"

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
	int64_t period_us;     /* Modbus: how often it is asked */
	int64_t max_age_us;    /* 0: never stale for silence */
	bool writable;         /* a technician may write it, where the device allows it */
	const char *only_when; /* an expression that has to be true for that; NULL: none */
	double deadband;       /* smaller changes of a number are no change; 0: every change */
	struct plausible_limits limits;
	struct diag_at at;
};

/* Addresses that the make does not want to be read, not even in passing. */
struct profile_range {
	enum codec_table table;
	uint16_t first, last;
};

struct profile {
	const char *id;            /* for a device that names a class: "class:<id>", made from the class */
	const char *name;          /* for people; NULL: not said */
	const char *const *models; /* that it describes, as globs */
	size_t model_count;
	const struct class *class;
	const struct profile_point *points;
	size_t point_count;
	const struct profile_range *forbidden;
	size_t forbidden_count;
	bool mask_write; /* its devices know function 22 */
	struct diag_at at;
};

/* It says that it describes this model, in whatever case. NULL: no model. */
bool profile_fits(const struct profile *p, const char *model);
/* Devices behind plugins can have it: its points are JSON fields. */
bool profile_has_fields(const struct profile *p);
