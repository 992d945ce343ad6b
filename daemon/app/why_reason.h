/* why_reason.h: finds out why a point is as it is. Main thread; reads only. */
#pragma once

#include "app/lookup.h"
#include "app/why_say.h"

/* The sentence's parts, the first that holds: what is nearest to the wire speaks first. */
void why_reason_find(const struct lookup *at, const struct point *p, struct why_reason *ret_reason);
