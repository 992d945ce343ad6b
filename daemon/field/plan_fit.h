/* plan_fit.h: the cheapest reads of one table of one unit, where values have different periods. Pure but for memory.
 *
 * A value may be read more often than it must be: it rides along with a faster one where that costs less time on the
 * wire than a request of its own, in a gap that is read anyway, or a little further.
 *
 *   every 1s  | a |     | b |          60s: c, d, e       holding:0+3 every 1s   a c b
 *   values      0   1c    2     40d e                     holding:40+2 every 60s d e
 *
 * The values are passed once in the order of their addresses. A state says for each period where its open request began;
 * of two states the one that costs more and can do less is dropped. What is left at the end is the optimum, exactly.
 * Hundreds of values with five or six periods in a muddle may need more than PLAN_FIT_STATES states: then it is the
 * cheaper of a good plan and of one in which each period has its own requests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field/plan_cost.h"

#define PLAN_FIT_LEVELS 6 /* different periods; with more, each has its own requests */
#define PLAN_FIT_STATES 256

struct plan_fit_cell {
	uint32_t address, width;
	uint8_t level; /* its own period's number */
	uint8_t with;  /* out: the number of the period with which it is read: its own, or a shorter one */
};

/* Addresses that no request may touch. */
struct plan_fit_hole {
	uint32_t first, last;
};

struct plan_fit {
	struct plan_cost cost;
	uint8_t function;
	uint32_t cap;                       /* registers or bits in one request */
	int64_t period_us[PLAN_FIT_LEVELS]; /* rising */
	unsigned level_count;
	const struct plan_fit_hole *holes; /* rising, apart */
	size_t hole_count;
};

/* Whether a request from first to before end touches a hole. */
bool plan_fit_blocked(const struct plan_fit *f, uint32_t first, uint32_t end);
/* The share of the line's time that it takes at best; fills in `with`. Cells by address, at equal addresses the wider
 * first. */
double plan_fit_solve(const struct plan_fit *f, struct plan_fit_cell *cells, size_t count);
