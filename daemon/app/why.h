/* why.h: all that is known of one point on one page: why it is as it is, which request carries it, what went over the
 * wire, how its unit does, how its registers become its value, which rules read it. Main thread; reads only. */
#pragma once

#include "app/lookup.h"

/* NULL: the point is gone with a reload. The caller owns it. */
json_t *why_json(const struct lookup *at);
