/* tenants.h: the register as care needs it: the residents who have a place, in order of places, dwelling by dwelling. Pure; owned by
 * care.c. The order does not hang on that of the list. What was not changed keeps its texts: one row of many costs little. */
#pragma once

#include <stdbool.h>

#include "model/resident.h"

struct tenants {
	struct resident *all;
	bool *fresh; /* was not so before the last set */
	size_t count;
};

void tenants_fini(struct tenants *r);
void tenants_set(struct tenants *r, const struct resident *rows, size_t count); /* copies */

/* Those of one dwelling, from number `first` on: it has as many as count says. */
struct tenants_dwelling {
	const struct resident *residents; /* lent until the next set */
	size_t count;
	bool fresh; /* one of them is */
};
struct tenants_dwelling tenants_dwelling(const struct tenants *r, size_t first);
