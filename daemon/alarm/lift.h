/* lift.h: is somebody trapped in this lift (困人)? Inferred from what a lift monitor sees. Pure; the caller owns it.
 *
 *   somebody inside, doors shut, not moving, not under inspection: level_for at a landing, between_for between floors
 *
 * - A person can neither appear nor vanish while the doors are shut: a change of the occupancy sensor counts only when
 *   it came around a door opening (10 s) and lasted 10 s. So a sensor that flaps changes nothing. These 10 s are part
 *   of the delay, not in front of it.
 * - The alarm key in the car says that somebody is inside, and counts under inspection too: as long as it is pressed;
 *   where somebody is inside anyway, once pressed until the doors open or the car moves.
 * - What is not known makes the result unknown and stops the clock: nothing is raised or ended by silence. Where the
 *   doors were out of sight for 10 s, people may have come or gone: until the sensor agrees with what was believed
 *   nothing is known; after 10 s its word counts. Who was found trapped stays so until the doors open or the car moves.
 * - What a make does not have at all is LIFT_NO; a door zone that it does not have is LIFT_UNKNOWN (the longer delay).
 * - After a restart (lift_restore) the time of the outage counts, as for every delay that ran. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "alarm/hold.h"

enum lift_known { LIFT_NO, LIFT_YES, LIFT_UNKNOWN };

/* What the monitor says now. */
struct lift_moment {
	enum lift_known occupied, door_open, moving;
	enum lift_known door_zone; /* at a landing */
	enum lift_known inspection, alarm_key;
};

struct lift_limits {
	int64_t level_for_us, between_for_us;
};

#define LIFT_SETTLE_US (10 * S)

struct lift {
	struct lift_moment now;
	enum lift_known inside; /* after the rules of doors and time */
	bool unseen;            /* the doors may have opened since `inside` was last confirmed */
	bool called;            /* the alarm key was pressed since the doors were open or the car moved */
	bool restored;          /* `stuck` ran before a restart; nothing known since */
	int64_t sensed_us;      /* since when the occupancy sensor says what it says */
	int64_t opened_us;      /* when the doors were last open */
	int64_t hidden_us;      /* since when the doors are out of sight; INT64_MAX: they are not */
	struct hold stuck;
};

void lift_init(struct lift *l);
/* Something changed, or lift_due has come. LIFT_YES: somebody is trapped; LIFT_NO also while the delay runs. */
enum lift_known lift_feed(struct lift *l, const struct lift_moment *m, const struct lift_limits *limits,
			  int64_t now_us);
/* When to feed the same moment again; INT64_MAX: only when something changes. */
int64_t lift_due(const struct lift *l, const struct lift_limits *limits);

/* What outlives a restart while the delay runs, or has run off. */
struct lift_kept {
	int64_t since_us; /* of the delay */
	bool inside, called;
	bool found; /* the alarm is up: who is inside stays so until the doors open */
};
/* False: nothing runs. */
bool lift_keep(const struct lift *l, int64_t now_us, struct lift_kept *ret_kept);
void lift_restore(struct lift *l, const struct lift_kept *kept);
