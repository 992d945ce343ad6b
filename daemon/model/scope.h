/* scope.h: the places that somebody may see and act on (分域): the whole estate, or some places and all below them. Pure.
 *
 * An empty one covers nothing. A value: copied, never shared. */
#pragma once

#include "model/place.h"

#define SCOPE_PLACES 16

struct scope {
	bool whole;
	size_t count;
	char places[SCOPE_PLACES][PLACE_PATH_MAX];
};

/* NULL or "" is what belongs to no place: the whole estate's only. */
bool scope_covers(const struct scope *s, const char *place);
/* A place that is in it, or that has something of it below: b3 for a scope of b3/u1. */
bool scope_touches(const struct scope *s, const char *place);
/* "b3,b4/u1"; "" or "*": the whole estate. 0; -EINVAL: no place; -E2BIG: too many. */
int scope_parse(const char *text, struct scope *ret_scope);
struct str_buf;
void scope_write(const struct scope *s, struct str_buf *to); /* as it is parsed; the whole estate is "*" */
