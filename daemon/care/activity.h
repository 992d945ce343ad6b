/* activity.h: what stirred in a dwelling on the days before, by quarters of an hour and rooms, out of kept samples: the picture of a
 * person's days. Pure; the caller owns it; never logs. Nothing of it is kept: it is made anew whenever somebody looks.
 *
 * A tick is what care took for a sign of life (senses.h), read again from the samples; the dwelling's own door ticks in the
 * entrance. A sample that says only that its point is still as it was is no tick, but the quarter was heard of: where nothing was,
 * nobody knows what happened there. Samples come in order of time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "care/home.h"
#include "model/value.h"

#define ACTIVITY_DAYS         60
#define ACTIVITY_SLOTS        96
#define ACTIVITY_SLOT_MINUTES 15
#define ACTIVITY_MOST         UINT8_MAX /* ticks of a room and slot that are told apart */

struct activity;

/* Of the sensors as they are now; no device is asked for later. */
struct activity *activity_new(const struct home *h);
void activity_free(struct activity *a);
UTIL_DEFINE_CLEANUP(struct activity *, activity_free);

/* The points whose samples are wanted: device and name within it, lent until the configuration changes. */
struct activity_source {
	const struct device *device;
	const char *point;
};
size_t activity_count(const struct activity *a);
struct activity_source activity_source(const struct activity *a, size_t index);

struct activity_sample {
	size_t source; /* index */
	const struct value *value;
	bool good;
	bool repeats;       /* at a moment at which points only say that they are as they were */
	bool test;          /* said while it was in test */
	unsigned day, slot; /* days ago, of the estate's day; < ACTIVITY_DAYS, < ACTIVITY_SLOTS */
};
void activity_take(struct activity *a, const struct activity_sample *s);

uint8_t activity_ticks(const struct activity *a, unsigned day, unsigned slot, enum sign_room room);
bool activity_heard(const struct activity *a, unsigned day, unsigned slot);
