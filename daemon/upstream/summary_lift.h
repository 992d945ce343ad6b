/* summary_lift.h: what one lift did in a span of time, from its kept samples: how long it was there for people, how often it
 * went and its doors opened. Pure; the caller owns it.
 *
 * - A state holds until its next sample, but no longer than SUMMARY_LIFT_HOLD_MS: a point that lives says every quarter of an
 *   hour that it is still so, up to a minute late. What nobody knows is neither available nor not.
 * - Known is the time in which in_service, power or fault is. Available is what of it no state speaks against: out of service,
 *   without power, with a fault, with somebody trapped, under inspection.
 * - Trips and door cycles are what the lift's own counters grew by; one that began anew counts from there. A lift without
 *   them: how often it began to move, how often its doors began to open. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

#define SUMMARY_LIFT_HOLD_MS     (16 * MINUTE / MS) /* states are to be fed from so long before the span on */
#define SUMMARY_LIFT_LOOKBACK_MS (DAY / MS) /* the counters: what they grew by while nobody listened counts too */

enum summary_lift_state {
	SUMMARY_LIFT_IN_SERVICE,
	SUMMARY_LIFT_POWER,
	SUMMARY_LIFT_FAULT,
	SUMMARY_LIFT_TRAPPED,
	SUMMARY_LIFT_INSPECTION,
	SUMMARY_LIFT_MOVING,
	SUMMARY_LIFT_DOOR_OPEN,
	SUMMARY_LIFT_STATES
};
enum summary_lift_counter { SUMMARY_LIFT_TRIPS, SUMMARY_LIFT_DOOR_CYCLES, SUMMARY_LIFT_COUNTERS };
extern const char *const summary_lift_states[SUMMARY_LIFT_STATES]; /* the class's points of those names */
extern const char *const summary_lift_counters[SUMMARY_LIFT_COUNTERS];

struct summary_lift {
	int64_t from_ms, to_ms, at_ms; /* at: up to there it is summed */
	struct summary_lift_view {
		bool heard, known, on;
		int64_t until_ms; /* known until then */
	} states[SUMMARY_LIFT_STATES];
	int64_t known_ms, available_ms, inspection_ms;
	struct summary_lift_count {
		bool known; /* there is a counter */
		double last;
		uint64_t grown; /* in the span */
	} counters[SUMMARY_LIFT_COUNTERS];
	uint64_t edges[SUMMARY_LIFT_COUNTERS]; /* moving, door_open: how often they began */
};

void summary_lift_begin(struct summary_lift *l, int64_t from_ms, int64_t to_ms);
/* A sample of a state, in order of time. known: it is good and says something. */
struct summary_lift_seen {
	enum summary_lift_state state;
	int64_t ts_ms;
	bool known, on;
};
void summary_lift_see(struct summary_lift *l, const struct summary_lift_seen *s);
/* A good sample of a counter, in order of time. */
void summary_lift_count(struct summary_lift *l, enum summary_lift_counter counter, int64_t ts_ms, double value);
void summary_lift_end(struct summary_lift *l);
/* False: nothing is known of it. */
bool summary_lift_counted(const struct summary_lift *l, enum summary_lift_counter counter, uint64_t *ret_count);
