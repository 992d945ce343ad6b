/* lift_need.h: rule lift-need: every lift of a unit is out, and somebody high up needs one. Pure; never logs.
 *
 * One alarm a unit, whose asset is the unit ("b3/u1"). After the rule's `for` it lists them in order of need; where somebody has
 * dialysis, or a visit is due there today, as soon as the outage itself is told, and more urgent. A lift of which nothing is
 * heard is not out: then nobody can tell, and what runs stands still. */
#pragma once

#include "care/lifts.h"
#include "care/roll.h"
#include "care/verdict.h"

#define LIFT_NEED_RULE    "lift-need"
#define LIFT_NEED_FLOOR   3      /* from there on the stairs are too many */
#define LIFT_NEED_AT_ONCE MINUTE /* as long as lift-out takes to be told itself */

/* The lifts of one unit. */
struct lift_need_lifts {
	const enum lifts_state *states;
	size_t count;
};
enum lift_need_result { LIFT_NEED_UNKNOWN, LIFT_NEED_NO, LIFT_NEED_YES };
enum lift_need_result lift_need_judge(const struct lift_need_lifts *l);

/* Those of the unit who need a lift and are expected there, those first who need it most. */
void lift_need_list(const struct roll_source *s, const char *stair, struct roll *ret_roll);
/* Somebody there has dialysis, or a visit is due there today. */
bool lift_need_is_pressing(const struct roll *r);
/* "2部电梯全部不能用（停用、检修）；需要电梯的有3户：b3/u1/1802、…" */
void lift_need_say(const struct lift_need_lifts *l, const struct roll *r, struct str_buf *zh, struct str_buf *en);
/* Whether he could not do without one, wherever he lives. */
bool lift_need_needs(const struct resident *r);
