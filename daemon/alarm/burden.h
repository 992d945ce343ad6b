/* burden.h: how well the alarms serve the people who get them (ISA-18.2, EEMUA 191): how often they are told something,
 * how much of the time in a flood, what stands for long, what chatters, which sources tell most, how urgent it all is.
 * Pure: time is an argument; the caller owns it; never logs.
 *
 * - Told is what asks for somebody's eyes: an alarm that becomes unacked, or an event that is told anew. What is out of the
 *   way, what merges with the call before, and what is in test is not.
 * - Looks back over BURDEN_SPAN on the monotonic clock, so that setting the wall clock moves nothing. What was told before
 *   a restart is fed in again from the kept transitions, oldest first.
 * - Constant time for each, and bounded: 1,008 slots of ten minutes, BURDEN_SOURCES_MAX sources; where there are more, the
 *   one that told least of late makes room. */
#pragma once

#include "alarm/alarm.h"
#include "base/util.h"

#define BURDEN_SPAN        (7 * DAY)
#define BURDEN_SLOT        (10 * MINUTE)
#define BURDEN_FLOOD       10 /* more than so many in ten minutes are a flood */
#define BURDEN_STANDING    DAY
#define BURDEN_CHATTER     3 /* so often in a minute */
#define BURDEN_SOURCES_MAX 1000
#define BURDEN_TOP         10

struct burden;

/* began_us: monotonic; since when it is known what was told. */
struct burden *burden_new(int64_t began_us);
void burden_free(struct burden *h);
UTIL_DEFINE_CLEANUP(struct burden *, burden_free);

/* Whether people were told of it. */
bool burden_counts(const struct alarm_transition *t);

struct burden_told {
	const char *alarm; /* id */
	int priority;
	int64_t at_us; /* monotonic of this boot; may lie before it */
};
/* In order of time; what is older than the span, or than the one before, is taken for as old as that. */
void burden_told(struct burden *h, const struct burden_told *t);

struct burden_source {
	const char *alarm; /* lent until the next burden_told */
	uint32_t count;
};
struct burden_report {
	int64_t over_us;         /* how long the span is that is known */
	uint64_t told;           /* in it */
	double per_slot;         /* mean of ten minutes */
	uint32_t last;           /* in the last ten minutes */
	uint32_t peak;           /* the most in ten minutes of the grid */
	double flood;            /* share of the time */
	size_t standing;         /* for more than a day */
	size_t chattering;       /* sources that chattered in the last day */
	uint64_t by_priority[5]; /* [1]..[4] */
	struct burden_source top[BURDEN_TOP];
	size_t top_count;
};
/* standing is the caller's: burden_stands over the alarms that there are. */
void burden_read(struct burden *h, int64_t now_us, struct burden_report *ret_report);
/* It is open, not out of the way, and has been for more than a day. */
bool burden_stands(const struct alarm *a, int64_t now_wall_us);

/* The measures with their targets, as tables, pages and metrics say them. */
struct burden_measure {
	const char *name; /* "alarms_per_10min" */
	double target;    /* at most; for the last one at least */
	const char *help; /* of the metric */
	bool at_least;
};
#define BURDEN_MEASURES 7
extern const struct burden_measure burden_measures[BURDEN_MEASURES];
/* The value of measure i. False: nothing was told, so that there are no shares. */
bool burden_value(const struct burden_report *r, size_t i, double *ret_value);
bool burden_met(size_t i, double value);
