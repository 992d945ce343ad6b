/* schedule.h: which request of a bus is next. Pure: the plan holds the due times, now is an argument.
 *
 * Of the requests that are due, those of the better class go first (below); within a class the one whose period ends
 * first (earliest deadline): fast before slow, but a slow one that waited long enough overtakes. Nobody starves: after
 * SCHEDULE_STREAK requests in a row that went before others for their class, one of the others is next. Of a unit in
 * doubt only what was answered best is asked, behind the others: who answers is served before who does not. A request that is late is asked once, on its old grid; what was missed is
 * counted and never made up for in a burst: two askings are at least half a period apart. */
#pragma once

#include <stdint.h>

#include "field/plan.h"

#define SCHEDULE_STREAK 3

enum schedule_class {
	SCHEDULE_UNKNOWN, /* not looked at yet */
	SCHEDULE_AGAIN,   /* the second reading of what changed */
	SCHEDULE_URGENT,  /* a life-safety rule reads something of it */
	SCHEDULE_PLAIN,
	SCHEDULE_PROBE, /* of a unit in doubt: when nobody else is due, or when it has waited for SCHEDULE_PATIENCE_US */
	SCHEDULE_CLASSES
};
#define SCHEDULE_PATIENCE_US (2 * S)

struct schedule_turn {
	struct plan_request *request; /* NULL: nothing is due */
	int64_t wake_us;              /* when something will be; INT64_MAX: never */
	int64_t lag_us;               /* how late the most overdue one is */
};

struct schedule_turn schedule_next(struct plan *p, int64_t now_us);
/* The request was asked at started_us: its next turn on its grid, or half a period after this one where that is later.
 * Returns how many turns were missed. */
unsigned schedule_advance(struct plan *p, struct plan_request *r, int64_t started_us);
/* A unit in doubt will be asked again at at_us: has one of its requests due then, the one that was answered best, and
 * keeps back those that were answered worse. Clear in_doubt when it answers. */
void schedule_probe(struct plan *p, unsigned unit, int64_t at_us);
/* Whether a life-safety rule reads something of it. */
bool schedule_is_urgent(const struct plan *p, struct plan_request *r);
