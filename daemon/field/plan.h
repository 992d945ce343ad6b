/* plan.h: the points of one bus as the cheapest set of read requests.
 *
 * Pure but for memory; self-contained: nothing of the configuration is referred to after plan_build. Built on any
 * thread, then owned by the bus's thread. Points of one unit, table and period form a group (a slower one that rides
 * along for less belongs to the faster group, plan_fit.h); a group's values, sorted by address, are cells (a value inside
 * another's registers shares its cell); a request reads a run of cells.
 *
 * Invariant: within a group the requests cover all cells in order, each once; no cell, so no value, is ever split; no
 * forbidden address is read on the way; nothing is ever written.
 *
 *   cells     | 0 | 1 |     | 12 |          |  200   |
 *   requests  [----- holding:0+13 -----]    [holding:200+2]      the gap costs less than a second request, or more */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field/frame.h"
#include "field/plan_cost.h"
#include "field/plan_fit.h"
#include "model/bus.h"
#include "model/codec.h"
#include "model/point.h"

struct plan_item {
	const struct codec_wire *wire;
	struct agree *agree; /* a life-safety rule reads it: a change needs a second reading (agree.h); else NULL */
	uint32_t point;
	int64_t period_us;   /* its own, where it rides along with a faster group: told so often only; else 0 */
	int64_t tell_us;     /* not told before, unless something is wrong with it */
	uint32_t event_last; /* an event's last state: 0 off, else a digest of its value */
	bool event;
	uint8_t told; /* enum quality of the last reading that was sent */
};

struct plan_cell {
	uint16_t address, width; /* registers or bits */
	uint32_t first_item, item_count;
	uint32_t raw;    /* index of what was read last in the plan's raw */
	int64_t read_us; /* monotonic; 0: not yet */
};

struct plan_request {
	uint32_t group;
	uint32_t first, end;         /* cells */
	uint32_t asked_end;          /* = end, but while the illegal register in it is searched (split.h) */
	uint32_t good_end, bad_end;  /* of that search */
	bool searching, after_split; /* after_split: its first cell is the likeliest illegal one */
	bool refused;                /* a single cell that the device calls illegal */
	bool asked;                  /* at least once since the plan began */
	bool lost;                   /* its points were told lost */
	bool again;                  /* a second reading of what changed is wanted at once */
	uint8_t agains, shorts;      /* such in a row; answers in a row of less than was asked */
	uint8_t class;               /* enum schedule_class; 0: not known yet */
	uint8_t misses, busy;
	uint8_t ended, exception; /* how the last asking ended, INSIGHT_ENDED_… (insight.h) */
	uint16_t held;            /* so many 1024ths of its period is due_us behind the grid (schedule.c) */
	int64_t due_us;
	int64_t ended_us; /* when; 0: never */
};

struct plan_group {
	uint16_t unit; /* index into units */
	uint8_t function;
	enum codec_table table;
	int64_t period_us;
	uint32_t first_cell, cell_count;
	uint32_t request_count; /* the requests stand at first_cell … of the plan's requests */
	int64_t renew_us;       /* when learned splits are forgotten; 0: none */
};

struct plan_unit {
	uint8_t unit;
	char name[60]; /* of its devices, for people */
	uint16_t max_registers, max_bits;
	struct plan_fit_hole *holes[4]; /* addresses never to be read, by function - 1; rising, apart */
	uint32_t hole_count[4];
	int64_t late_bound_us, min_interval_us;
	bool loose;      /* its gateway numbers the answers itself */
	int64_t gate_us; /* none of its requests before; its health says so */
	bool in_doubt;   /* only its requests with no more than least_misses are asked (schedule.h) */
	uint8_t least_misses;
};

/* What a reload may change of a bus while its connection stays (schema: live) comes with the plan, not from the bus. */
struct plan_tempo {
	int64_t timeout_us, pause_after_connect_us, min_interval_us, idle_close_us;
};

struct plan {
	struct arena *arena;
	uint32_t generation;
	struct plan_tempo tempo;
	uint8_t streak; /* requests in a row that went before others for their class (schedule.h) */
	uint16_t phase; /* where in a period this bus asks, in 1024ths: many buses do not ask all at the same moment */
	struct plan_cost cost;
	struct plan_unit *units;
	struct plan_group *groups;
	struct plan_cell *cells;
	struct plan_request *requests; /* room for one a cell */
	struct plan_item *items;
	uint16_t *raw; /* registers (or bits) as they were read last, cell after cell */
	size_t unit_count, group_count, cell_count, item_count;
	size_t refused_items; /* values that no request can carry: left out */
};

/* The points of those devices that are on this bus. Never fails: what cannot be read is counted in refused_items. */
struct plan *plan_build(const struct bus *bus, struct device_list devices);
void plan_free(struct plan *p);
UTIL_DEFINE_CLEANUP(struct plan *, plan_free);

/* Plans a group anew, without what was learned; all its requests are due at due_us. */
void plan_group_requests(struct plan *p, struct plan_group *g, int64_t due_us);
/* Whether a good value that rides along with a faster group is to be told now: as often as it was asked for. */
static inline bool plan_item_due(struct plan_item *item, int64_t group_period_us, int64_t now_us)
{
	if (item->period_us == 0)
		return true;
	if (item->told == QUALITY_GOOD && now_us < item->tell_us)
		return false;
	item->tell_us = now_us + item->period_us - group_period_us / 2;
	return true;
}
/* How much one request may ask for: the device's limit and the line's. */
static inline struct plan_fit plan_fit_of(const struct plan *p, unsigned unit, uint8_t function)
{
	const struct plan_unit *u = &p->units[unit];

	return (struct plan_fit){
		.cost = p->cost,
		.function = function,
		.cap = function <= 2 ? MIN(u->max_bits, p->cost.max_bytes * 8)
				     : MIN(u->max_registers, p->cost.max_bytes / 2),
		.holes = u->holes[function - 1],
		.hole_count = u->hole_count[function - 1],
	};
}

static inline struct plan_request *plan_first_request(const struct plan *p, const struct plan_group *g)
{
	return &p->requests[g->first_cell];
}
/* What goes to the wire for the cells first … asked_end of a request. */
struct frame_request plan_frame(const struct plan *p, const struct plan_request *r);
/* How many registers, or bits, those cells span. */
uint32_t plan_span(const struct plan *p, uint32_t first, uint32_t end);
size_t plan_request_count(const struct plan *p);
