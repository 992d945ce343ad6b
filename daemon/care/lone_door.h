/* lone_door.h: rule door-lone: a door is forced at night where somebody lives alone who is in, or may be. Pure; never logs.
 *
 * It is the door-forced alarm of another urgency: a call-out, and nothing may be heard of it there. It ends with that one. */
#pragma once

#include "care/roll.h"

#define LONE_DOOR_RULE   "door-lone"
#define LONE_DOOR_FORCED "door-forced"

/* Those behind a door at that place who live alone and are not presumed away, and for whom it is night now (night-exit.from, .to). */
void lone_door_list(const struct roll_source *s, const char *at, struct roll *ret_roll);
/* "2户独居住户可能在家：…"; never who. */
void lone_door_say(const struct roll *r, struct str_buf *zh, struct str_buf *en);
