/* building.h: several detectors at once: smoke, carbon monoxide or gas found by two or more detectors of one building is
 * an alarm of the building itself, of the built-in rule "building-fire". Pure; owned by the evaluator and private to it.
 *
 * - A detector is a device of one of those classes; it counts while the condition of one of its life-safety alarms holds,
 *   with the quality as that alarm has it, and not in test. What is over and was only not looked at does not count.
 * - Raised by the second one; each further one counts up and is told anew. Over when none is left: while it burns in one
 *   home nobody gives the all-clear to the others.
 * - Looked at when such an alarm changes, so a reading costs nothing; and once after a start, so that no kill comes
 *   between a detector and its building. */
#pragma once

#include "alarm/roster.h"

#define BUILDING_RULE "building-fire"

struct building {
	char *place;
	struct watcher **watchers; /* those of one device side by side */
	size_t count, room;
	uint64_t raised; /* in which turn it was, last */
};
struct buildings {
	struct roster *roster; /* lent */
	struct map *by_place;  /* those that have a detector */
	uint64_t turn;
	bool reviewed; /* what was restored was looked at */
};

/* r: all of its watchers that read points are there; lent. */
void building_init(struct buildings *b, struct roster *r);
void building_fini(struct buildings *b);

/* What happened of turn->out from that transition on: the alarms of the buildings that it concerns, appended. */
void building_follow(struct buildings *b, size_t from, const struct watcher_turn *turn);
/* With every tick: the first one finds what a kill may have left. */
void building_review(struct buildings *b, const struct watcher_turn *turn);
