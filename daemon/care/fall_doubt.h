/* fall_doubt.h: rule 2, falls that are not sure: who is seen upright after it did not stay down; who may have fallen is asked in the
 * home; a sensor that is wrong again and again is told of once (fall-review). Pure; never logs; one for each sensor.
 *
 *           fall or maybe_fall begins        upright or moving, said since then
 *   NOTHING ------------------------> DOWN -----------------------------------> UP: its alarms, not yet raised, are pardoned
 *      ^------------- both are over --' ^------ low or lying again -------------'
 *
 * Only what is said after the fall counts: a posture of before it says nothing. After a restart UP is what the alarms are that are
 * pardoned still (fall_doubt_recall), before the first word of the sensor. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/point.h"

#define FALL_DOUBT_REVIEW "fall-review"

struct fall_doubt {
	bool fell, maybe, up;
};
enum fall_doubt_news {
	FALL_DOUBT_NOTHING,
	FALL_DOUBT_ASK,     /* somebody may be down: ask in the home */
	FALL_DOUBT_ASKED,   /* the asking is over */
	FALL_DOUBT_PARDON,  /* he is up again */
	FALL_DOUBT_CONDEMN, /* and down again */
};
/* That point of the sensor was said now. */
enum fall_doubt_news fall_doubt_hear(struct fall_doubt *f, const struct point *p);
/* What the evaluator has kept of it: whether its fall, its maybe_fall are pardoned. */
static inline struct fall_doubt fall_doubt_recall(bool fell, bool maybe)
{
	return (struct fall_doubt){ .fell = fell, .maybe = maybe, .up = fell || maybe };
}
/* Whether that point has a say in it. */
bool fall_doubt_reads(const char *point);
/* Whether an alarm of that rule says that somebody fell. */
bool fall_doubt_is_of(const char *rule);
