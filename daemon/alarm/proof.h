/* proof.h: whether the ways of help are known to work: every device with which somebody calls for help (the event of a
 * life-safety rule) has a day on which its call was last seen to arrive, and one that was not tried for too long is an
 * alarm. Pure; owned by the evaluator and private to it.
 *
 * - Proven is the way by a call in test, or by one that a person has acknowledged. Of a device that never was, time counts
 *   from when it was first known here (MODE_KNOWN).
 * - One alarm for a building, of the built-in rule "self-test": a thousand buttons are not a thousand alarms.
 * - By the wall clock: it is about weeks. While that is plainly wrong (before 2020), nothing is said. Looked at once an
 *   hour. */
#pragma once

#include "alarm/mode.h"
#include "alarm/roster.h"
#include "base/str.h"

/* The devices of one building. */
struct proof_group {
	char *place; /* the building, or "" */
	const struct device **devices;
	size_t count, room;
};
struct proof {
	struct proof_group *groups;
	size_t count;
	struct map *ways;   /* the devices, by id */
	int64_t longest_us; /* how long a way may go untried; 0: for ever */
	int64_t due_us;     /* monotonic: the next look; INT64_MAX: with the first tick */
};

#define PROOF_RULE  "self-test"
#define PROOF_EVERY HOUR

/* longest_us 0, or no rule "self-test": nothing is ever said. */
void proof_init(struct proof *p, const struct roster *r, int64_t longest_us);
void proof_fini(struct proof *p);

/* Whether somebody calls for help with the device. */
bool proof_is_way(const struct proof *p, const char *device);

/* Notes devices that are new (told as modes in out). */
void proof_note_new(const struct proof *p, struct mode_book *modes, struct clock_now now, struct alarm_effects *out);
/* How many of the group were not proven for too long at that wall time, and which: "3 个：sos-1204、sos-1205、sos-1301";
 * appended. */
struct proof_words {
	struct str_buf zh, en;
};
struct proof_question {
	const struct proof_group *group;
	const struct mode_book *modes;
	int64_t wall_us;
};
size_t proof_overdue(const struct proof *p, const struct proof_question *q, struct proof_words *words);
