/* mapping.h: the fields of one JSON message of a device to readings of its points. Pure.
 *
 * JSON itself is not known here: whoever decodes a message hands its fields over flattened ("object.temperature"). */
#pragma once

#include <stddef.h>

#include "model/device.h"
#include "model/record.h"

struct mapping_field {
	const char *path;   /* lent */
	struct value value; /* number, bool, text; VALUE_NONE for null */
};

struct mapping_message {
	const struct device *device;
	const struct mapping_field *fields;
	size_t field_count;
	struct clock_now at;
	bool test;
	bool kept;      /* somebody in between had kept it: no sign of life, a first value at best */
	int64_t age_us; /* of what was kept; < 0: nobody knows */
};

/* Fills at most max readings; returns how many. A field that no point wants is ignored. A field of the wrong type
 * (a text where a number is expected and it is not one) gives a bad reading of that point. An event point fires only
 * when its field is there with the wanted text (or, without `equals`, true or a non-empty text): an empty string or its
 * absence clears nothing, and gives no reading (point.h: the device's other readings make it good). */
size_t mapping_apply(const struct mapping_message *message, struct reading *readings, size_t max);
