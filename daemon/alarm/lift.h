/* lift.h: is somebody trapped in this lift (困人)? Inferred from what a lift monitor sees. Pure; the caller owns it.
 *
 *   trapped by its controller's own word, at once; else
 *   somebody inside, doors closed, not moving, not under inspection: level_for at a landing, between_for between floors
 *
 * - A person can neither appear nor vanish while the doors are shut: a change of the occupancy sensor counts only when
 *   it came around a door opening (10 s) and lasted 10 s. So a sensor that flaps changes nothing.
 * - The alarm key in the car says that somebody is inside, and counts under inspection too.
 * - What is not known makes the result unknown and stops the clock. What a make does not have at all is LIFT_NO. */
#pragma once

#include <stdint.h>

#include "alarm/hold.h"

enum lift_known { LIFT_NO, LIFT_YES, LIFT_UNKNOWN };

/* What the monitor says now. */
struct lift_moment {
	enum lift_known occupied, door_open, moving;
	enum lift_known door_zone; /* at a landing */
	enum lift_known inspection, alarm_key, trapped;
};

struct lift_limits {
	int64_t level_for_us, between_for_us;
};

#define LIFT_SETTLE_US (10 * S)

struct lift {
	struct lift_moment now;
	enum lift_known inside; /* after the rules of doors and time */
	int64_t sensed_us;      /* since when the occupancy sensor says what it says */
	int64_t opened_us;      /* when the doors were last open */
	struct hold stuck;
};

void lift_init(struct lift *l);
/* Something changed, or lift_due has come. Whether somebody is trapped: LIFT_NO also while the delay runs. */
enum lift_known lift_feed(struct lift *l, const struct lift_moment *m, const struct lift_limits *limits,
			  int64_t now_us);
/* When to feed the same moment again; INT64_MAX: only when something changes. */
int64_t lift_due(const struct lift *l, const struct lift_limits *limits);
