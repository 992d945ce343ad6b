/* plan_measure.h: what a plan asks of its line: requests, time, silence. Pure. Before a bus is started, or of a copy. */
#pragma once

#include "field/plan.h"

/* What a technician wants to know of it. */
struct plan_load {
	size_t points, units, requests; /* requests: of one pass over all points */
	double requests_per_s;
	double share;     /* of the line's time, 1 = fully booked; for TCP an estimate */
	double silence;   /* of that: nothing on the wire, as the line and the devices need it */
	int64_t cycle_us; /* time of one pass */
	uint8_t busiest;  /* the unit that is kept busiest, pauses between its requests (min_interval) reckoned in */
	double busiest_share;
	int64_t shortest_period_us;
	double longest_share; /* the longest request, as a share of the shortest period: above 1 a cycle cannot fit */
};

struct plan_load plan_measure(const struct plan *p);
