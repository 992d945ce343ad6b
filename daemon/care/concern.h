/* concern.h: which rules are awake for a dwelling, and why: by the categories and wishes of who lives there. Pure;
 * by value. Nobody outside a category that asks for it is watched, and nobody who refused it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/resident.h"

/* The rules about people that have no expression. The order is that of the settings table and of the states on disk: append. */
enum concern_rule {
	CONCERN_WELFARE,
	CONCERN_BATHROOM,
	CONCERN_NO_START,
	CONCERN_LONG_ABSENCE,
	CONCERN_NIGHT_EXIT,
	CONCERN_BED_NO_RETURN,
	CONCERN_DRIFT,
	CONCERN_STOVE,
	CONCERN_NO_UTILITY,
	CONCERN_WEARABLE,
	CONCERN_VISIT,
	CONCERN_RULES,
};
const char *concern_rule_id(enum concern_rule r); /* "welfare", as in rules; */

struct concern {
	unsigned rules;      /* set, 1 << enum concern_rule */
	unsigned categories; /* of all who live there, 1 << enum resident_category */
	unsigned needs;
	size_t residents; /* who live there and are watched */
	bool only_alone;  /* 空巢, 留守: watched only while everybody else is out */
};

/* Of the residents of one dwelling. */
void concern_of(const struct resident *const *residents, size_t count, struct concern *ret_concern);
