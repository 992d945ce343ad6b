/* plan_carry.h: what one plan knows goes on in the next one, where nothing about it changed: the moment of the next turn of
 * a request, so that a new configuration makes no gap and no burst; the last state of an event, so that a button that is
 * held is not pressed again; what a device was found to refuse (split.h), so that it is not looked for again. Pure. Bus's
 * thread. */
#pragma once

#include "field/plan.h"

void plan_carry(struct plan *to, const struct plan *from, int64_t now_us);
