/* more.h: what somebody else knows of an alarm that is being told, to stand at the end of its text: the way there, who is to be
 * fetched. Given to the evaluator by its owner. Pure: it may look at what there is, and change nothing. */
#pragma once

#include "alarm/alarm.h"
#include "alarm/rule.h"

struct str_buf;
struct more {
	void *context; /* lent, as long as the evaluator lives */
	void (*add)(void *context, const struct rule *rule, const struct alarm *a, struct str_buf *zh,
		    struct str_buf *en); /* NULL: nobody knows more */
};
