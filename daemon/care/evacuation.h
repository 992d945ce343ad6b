/* evacuation.h: who is to be fetched when a building burns, and in which order. Pure; never logs.
 *
 * The floors where something is in alarm and those next to them first, floor by floor; on each 失能, 失智 and 重残 before all
 * others who cannot get out alone. Who is presumed away stays on the list: presumed is not gone. The list is of now; it is made anew
 * each time that somebody looks. */
#pragma once

#include "alarm/evaluator.h"
#include "care/roll.h"

/* Where it burns: of one building. */
#define EVACUATION_FLOORS 16
struct evacuation_fire {
	char building[PLACE_PATH_MAX];
	int floors[EVACUATION_FLOORS]; /* known ones, each once */
	size_t count;
};

/* Of an alarm of that place and all others of its building that are open: of fire panels (by the words of their zone: 17层, 17F) and
 * detectors (by where they are). */
void evacuation_find(const struct evaluator *e, const struct point_table *t, const char *place,
		     struct evacuation_fire *ret_fire);
/* "17层" "3#楼17F" "F17" → 17; 0: it says no floor. */
int evacuation_floor_of(const char *zone);
void evacuation_list(const struct roll_source *s, const struct evacuation_fire *fire, struct roll *ret_roll);
/* "疏散名单5户，先到17、18、16层（3户）" */
void evacuation_say(const struct evacuation_fire *fire, const struct roll *r, struct str_buf *zh, struct str_buf *en);
