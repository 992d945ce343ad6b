/* caller.h: who may be in a lift: the resident whose card called it of late. Pure. It decides nothing: cards are lent, and people walk on. */
#pragma once

#include "care/tenants.h"
#include "model/point.h"

#define CALLER_WITHIN (5 * MINUTE)

/* By the lift's own point `card`, whose text is one of a resident's cards, or the id; wall_us: the moment in question. NULL: nobody that is known. */
const struct resident *caller_of(const struct point_table *t, const struct device *lift, const struct tenants *all,
				 int64_t wall_us);
