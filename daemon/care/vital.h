/* vital.h: rule 14, wearables and bed pads: a pulse beyond its limits, a wearable that is not worn, a battery that runs out. Pure;
 * the caller owns it; never logs.
 *
 * Three readings beyond the limit within five minutes, and none between them within; the rest of the same by priority: pulse 2,
 * not worn 4, battery 4. */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

#define VITAL_DEVICES 4
#define VITAL_SAMPLES 3

enum vital_pulse { VITAL_WITHIN, VITAL_LOW, VITAL_HIGH };

struct vital_device {
	int64_t beyond_us[VITAL_SAMPLES]; /* mono: readings in a row beyond the limits, the oldest first; 0: none */
	int64_t off_us;                   /* mono: not worn since then; 0: worn */
	int64_t read_us;                  /* mono: the latest pulse */
	int64_t since_wall_us;            /* the first of the readings in a row */
	float pulse;                      /* the latest */
	uint8_t battery;                  /* %, as it said last */
	uint8_t row;                      /* readings in a row are: enum vital_pulse */
	uint8_t alarmed;                  /* three of them in time: enum vital_pulse */
	uint8_t within;                   /* readings in a row within, since */
	uint8_t low_battery;
	uint8_t spare[7];
};

struct vital {
	struct vital_device devices[VITAL_DEVICES];
	uint16_t slots[VITAL_DEVICES];
};

void vital_init(struct vital *x);
void vital_sign(struct vital *x, const struct sign *s, const struct home_view *v);
void vital_judge(struct vital *x, const struct home_view *v, struct verdict *ret_verdict);
int64_t vital_due(const struct vital *x, const struct home_view *v);
void vital_day(struct vital *x, const struct home_view *v);
void vital_move(struct vital *x, int64_t by_us);
