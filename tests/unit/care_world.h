/* care_world.h: a dwelling with sensors, its rules and an evaluator, for the tests of care: a clock that only they move, and
 * somebody who lives there. Days are counted from a Monday, in UTC. */
#pragma once

#include "alarm_world.h"

#include "care/care.h"

#define CARE_WORLD_HOME "b3/u1/1204"
#define CARE_WORLD_CARD "C-0117" /* of one who works here */

struct care_world {
	struct alarm_world w;
	struct care *care;
	struct care_turn turn;
	struct str_buf said; /* what happened since it was taken last */
	uint32_t seed;
	bool clock_unknown;
	const char *dead; /* the room whose sensor says nothing (any more), or "entrance"; NULL: none */
};

/* m-bedroom m-bathroom m-kitchen m-living m-hall (motion), front (contact, entrance), bed (bed), chair (seat), w (water), sos,
 * leak; who lives there is watched by these categories ("独居") from the beginning. */
void care_world_init(struct care_world *c, const char *categories);
void care_world_fini(struct care_world *c);
/* The same for one case of cmocka: *state is the world of somebody who lives alone and was never heard yet. */
int care_world_enter(void **state);
int care_world_leave(void **state);
/* The register: one resident, or none where categories is NULL. */
void care_world_register(struct care_world *c, const struct resident *r);
/* As kill -9 and a new start at once. */
void care_world_restart(struct care_world *c);
/* The same, and nobody watched for so long: time passes, and all moments are moved by it. */
void care_world_dark(struct care_world *c, int64_t us);

/* Until that time of that day, everything that is due on the way. */
void care_world_until(struct care_world *c, int day, int hour, int minute);
void care_world_pass(struct care_world *c, int64_t us);
void care_world_step_clock(struct care_world *c, int64_t by_us); /* the wall clock alone */

void care_world_read(struct care_world *c, const char *point, bool on);
void care_world_quality(struct care_world *c, const char *point, enum quality q);
void care_world_move(struct care_world *c, const char *room); /* on, and off 5 s later */
void care_world_door(struct care_world *c);                   /* opens, and closes 8 s later */
void care_world_hear(struct care_world *c, const char *rule, const char *outcome);
void care_world_card(struct care_world *c, const char *place); /* somebody who works here, at the door of that place */
/* An ordinary day from midnight to midnight: up at about half past six, out in the morning, to bed at about ten; at random. */
void care_world_day(struct care_world *c, int day);
void care_world_morning(struct care_world *c, int day); /* the same until 09:00 */
void care_world_night(struct care_world *c, int day);   /* the same until about half past two: once to the bathroom */

/* "05 22:10 welfare unacked p2 s2\n05 22:10 away\n": since the last call. Lent until the next. */
const char *care_world_said(struct care_world *c);
/* How many lines of it have that word; forgets nothing. */
size_t care_world_count(const struct care_world *c, const char *word);
void care_world_forget(struct care_world *c);
const struct home *care_world_home(const struct care_world *c);
