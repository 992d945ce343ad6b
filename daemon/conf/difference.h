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
	const char *group; /* estate places classes profiles buses plugins devices rules */
	const char *id;    /* lent from one of the two */
};

struct difference {
	struct difference_row *rows;
	size_t count;
};

/* Groups in the order above, ids in the order of the files. */
void difference_find(const struct conf *from, const struct conf *to, struct difference *ret_difference);
void difference_fini(struct difference *d);
const char *difference_kind_name(enum difference_kind kind); /* added removed changed */

/* Same line, same settings: its connection may stay. */
bool difference_same_bus(const struct bus *a, const struct bus *b);
/* Same program, same options, same devices behind it: its process may stay. */
bool difference_same_plugin(const struct conf *from, const struct plugin *a, const struct conf *to,
			    const struct plugin *b);
