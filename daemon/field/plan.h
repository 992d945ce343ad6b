/* plan.h: the points of one bus as the cheapest set of read requests.
 *
 * Pure but for memory; self-contained: nothing of the configuration is referred to after plan_build. Built on the main
 * thread, then owned by the bus's thread. Points of one unit, table and period form a group; a group's values, sorted by
 * address, are cells (values that share registers are one cell); a request reads a run of cells.
 *
 * Invariant: within a group the requests cover all cells in order without overlap; no cell, so no value, is ever split.
 *
 *   cells     | 0 | 1 |     | 12 |          |  200   |
 *   requests  [----- holding:0+13 -----]    [holding:200+2]      the gap costs less than a second request, or more */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field/frame.h"
#include "model/bus.h"
#include "model/codec.h"
#include "model/point.h"

/* What the line costs: nanoseconds a request, and a byte of data in its answer. */
struct plan_cost {
	int64_t request_ns, byte_ns;
	uint16_t max_bytes; /* of data: an answer that fits into the timeout with room for the device to think */
};

struct plan_item {
	const struct codec_wire *wire;
	uint32_t point;
	uint32_t event_last; /* an event's last state: 0 off, else a digest of its value */
	bool event;
	uint8_t told; /* enum quality of the last reading that was sent */
};

struct plan_cell {
	uint16_t address, width; /* registers or bits */
	uint32_t first_item, item_count;
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
	uint8_t misses, busy;
	int64_t due_us;
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
	int64_t late_bound_us;
	int64_t gate_us; /* none of its requests before; its health says so */
	bool in_doubt;   /* only its requests with no more than least_misses are asked (schedule.h) */
	uint8_t least_misses;
};

struct plan {
	struct arena *arena;
	uint32_t generation;
	uint16_t phase; /* where in a period this bus asks, in 1024ths: many buses do not ask all at the same moment */
	struct plan_cost cost;
	struct plan_unit *units;
	struct plan_group *groups;
	struct plan_cell *cells;
	struct plan_request *requests; /* room for one a cell */
	struct plan_item *items;
	size_t unit_count, group_count, cell_count, item_count;
	size_t refused_items; /* values that no request can carry: left out */
};

/* What a technician wants to know of it. */
struct plan_load {
	size_t points, units, requests; /* requests: of one pass over all points */
	double requests_per_s;
	double share;     /* of the line's time, 1 = fully booked; for TCP an estimate */
	int64_t cycle_us; /* time of one pass */
	int64_t shortest_period_us;
	double longest_share; /* the longest request, as a share of the shortest period: above 1 a cycle cannot fit */
};

/* Cost of a serial line; of TCP: a gateway with a fast line behind it. */
void plan_cost_of_bus(const struct bus *bus, struct plan_cost *ret_cost);
/* Time of one request and its answer. */
int64_t plan_cost_us(const struct plan_cost *cost, uint8_t function, uint16_t count);

/* The points of those devices that are on this bus. Never fails: what cannot be read is counted in refused_items. */
struct plan *plan_build(const struct bus *bus, struct device_list devices);
void plan_free(struct plan *p);
UTIL_DEFINE_CLEANUP(struct plan *, plan_free);

/* Plans a group anew, without what was learned; all its requests are due at due_us. */
void plan_group_requests(struct plan *p, struct plan_group *g, int64_t due_us);
static inline struct plan_request *plan_first_request(const struct plan *p, const struct plan_group *g)
{
	return &p->requests[g->first_cell];
}
/* What goes to the wire for the cells first … asked_end of a request. */
struct frame_request plan_frame(const struct plan *p, const struct plan_request *r);
size_t plan_request_count(const struct plan *p);
struct plan_load plan_measure(const struct plan *p);
/* "holding:0+13" of the whole request, without unit and period; appended. */
void plan_describe_request(const struct plan *p, const struct plan_request *r, struct str_buf *to);
/* One line a request: "unit 4: holding:0+13 every 1s, 12 values". */
void plan_describe(const struct plan *p, struct str_buf *to);
