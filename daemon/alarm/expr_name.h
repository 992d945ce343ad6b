/* expr_name.h: what a name in a rule expression means: a point of the rule's class, or a point of one device, or of a
 * device of another class around it. Pure.
 *
 * Private to expr_parse.c. */
#pragma once

#include "alarm/expr.h"

struct expr_name_found {
	const char *device;   /* lent; NULL: the asset's own point */
	bool parent;          /* `device` is the class of a device around it */
	const char *point;    /* lent */
	enum value_type type; /* an event is a bool */
	bool event;
};

/* word: "level", "lift-1.door_zone" or "parent.power.mains". 0, or -ENOENT with an error in d, if not forgiven. */
int expr_name_find(const char *word, const struct expr_scope *scope, struct diag *d, struct expr_name_found *ret_found);
