/* split.h: finds the register that a device calls illegal, so that its neighbours are read on. Pure.
 *
 * A request that was refused with exception 2 or 3 is searched by halving for its longest beginning that the device
 * accepts; there it is cut, and the rest is asked and searched in the same way. What is left is the least number of cuts:
 * an illegal value stands alone (refused, asked rarely), an illegal gap is no longer bridged, and a device that takes
 * only short requests gets the longest that it takes. Every step of the search reads good values too.
 *
 *      asked whole --refused--> searching [first, asked_end) --found--> cut in two, the rest asked whole
 *
 * The cuts are forgotten after SPLIT_KEEP_US (noise once looked like an illegal address), and soon when a refused value
 * is answered again (a device that was starting). */
#pragma once

#include <stdint.h>

#include "field/plan.h"

#define SPLIT_KEEP_US    HOUR
#define SPLIT_AGAIN_US   (1 * S) /* after a refused value was answered: plan the group anew */
#define SPLIT_REFUSED_US MINUTE  /* how often a refused value is asked */

/* The device refused what was asked of r (exception 2 or 3). May cut r: the pointer stays valid, its end may move, the
 * rest is the request after it. True when r is one value and is now known to be refused. */
bool split_refused(struct plan *p, struct plan_request *r, int64_t now_us);
/* The device answered what was asked of r. True when more of r is to be asked at once (the search goes on). */
bool split_answered(struct plan *p, struct plan_request *r, int64_t now_us);
/* Forgets what is old: plans those groups anew, due at once. Returns when to come again (INT64_MAX: never). */
int64_t split_renew(struct plan *p, int64_t now_us);
