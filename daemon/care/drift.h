/* drift.h: rule 11, drift: slow changes of how much somebody moves, and of how often he is in the bathroom at night. Pure; the
 * caller owns it; never logs.
 *
 * One figure a day, against median and MAD of the 28 days that ended a week ago: standardised, and summed by a two-sided CUSUM. A
 * day counts only when somebody was in and the sensors were well. It speaks once a week. */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

#define DRIFT_BASE   28
#define DRIFT_RECENT 7 /* not yet compared with */
#define DRIFT_RING   (DRIFT_BASE + DRIFT_RECENT)
#define DRIFT_LEAST  14 /* days to compare with before anything is said */

enum drift_series { DRIFT_ACTIVITY, DRIFT_NIGHTS, DRIFT_SERIES };

struct drift_sum {
	float up, down;               /* CUSUM */
	uint8_t up_days, down_days;   /* since it was zero */
	uint8_t up_clear, down_clear; /* of them, those that were clearly beyond */
};

struct drift {
	int64_t bathroom_us;                     /* mono: the latest sign there: one visit has many */
	int64_t active_us;                       /* mono: the latest stretch of activity began */
	int64_t noted_us;                        /* mono: the latest look */
	int64_t away_us, blind_us;               /* how much of today nobody was in, or nothing could be seen */
	uint16_t ring[DRIFT_SERIES][DRIFT_RING]; /* the oldest first */
	uint16_t today[DRIFT_SERIES];
	struct drift_sum sums[DRIFT_SERIES];
	float median, now;           /* of what is told */
	uint16_t evening;            /* night visits before midnight, which count for the next day */
	uint8_t count[DRIFT_SERIES]; /* in the ring */
	uint8_t motion_usual;        /* healthy motion sensors, on the latest day that counted */
	uint8_t motion_least;        /* of today; 255: not seen yet */
	uint8_t told;                /* 0: nothing; 1 + series * 2 + (0: more, 1: less) */
	uint8_t days_to_report;      /* until the weekly look */
	uint8_t told_days;           /* that the change has lasted */
	uint8_t spare[6];
};

void drift_init(struct drift *d);
void drift_sign(struct drift *d, const struct sign *s, const struct home_view *v);
void drift_judge(struct drift *d, const struct home_view *v, struct verdict *ret_verdict);
int64_t drift_due(const struct drift *d, const struct home_view *v);
void drift_day(struct drift *d, const struct home_view *v);
void drift_move(struct drift *d, int64_t by_us);
