/* aside.h: requests that are waited for aside: on TCP an answer says by its transaction id what it answers, so a unit
 * that is slow or mute need not be waited for with the others standing in line. Pure. One per unit; bus's thread.
 *
 *   --no answer soon, aside_park--> PARKED --its answer, aside_is--> taken as any other
 *                                     '-----the timeout has passed, aside_over--> a miss */
#pragma once

#include "field/exchange.h"
#include "field/plan.h"

#define ASIDE_MAX 3 /* so many units of a bus at a time: a gateway's queue is short */

struct aside {
	bool parked;
	struct frame_request asked;
	uint16_t transaction;
	uint32_t first, asked_end; /* cells of the plan's request */
	uint32_t group;
	enum answer_fault fault;
	bool shorter;
	int64_t started_us, until_us, spent_us; /* spent: with the others standing in line */
};

void aside_park(struct aside *a, const struct plan *p, const struct plan_request *r, const struct exchange_result *x);
/* Is this frame the answer that is waited for? */
bool aside_is(const struct aside *a, const struct answer_frame *f);
/* The request in the plan; NULL where it was cut or planned anew meanwhile. */
struct plan_request *aside_find(const struct aside *a, const struct plan *p);
/* What the exchange came to: with the frame of its answer, or NULL: none in time. */
struct exchange_result aside_result(const struct aside *a, const struct answer_frame *f, int64_t now_us);
