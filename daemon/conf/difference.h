/* difference.h: what a new configuration changes: rows added, removed, changed, by group and id. Pure; never logs.
 *
 * Rows are compared by what they say after defaults, not by their text or place: a moved comment changes nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

enum difference_kind { DIFFERENCE_ADDED, DIFFERENCE_REMOVED, DIFFERENCE_CHANGED };

struct difference_row {
	enum difference_kind kind;
	const char *group;     /* estate log outbox audit history places classes profiles buses plugins devices contacts
				* holidays ladders rules */
	const char *id;        /* lent from one of the two */
	const void *from, *to; /* the rows themselves: struct bus, struct device …; NULL where there is none */
};

struct difference {
	struct difference_row *rows;
	size_t count;
};

/* Groups in the order above, ids in the order of the files. */
void difference_find(const struct conf *from, const struct conf *to, struct difference *ret_difference);
void difference_fini(struct difference *d);
const char *difference_kind_name(enum difference_kind kind); /* added removed changed */

bool difference_same_point(const struct profile_point *a, const struct profile_point *b);
