/* retention.h: what is too old, or too much, goes: a hundred rows a step, each step a transaction of its own, so that nothing
 * ever waits for it. Owner: the store thread.
 *
 * Age is judged by a clock of its own, which follows the wall clock but runs ahead at most RETENTION_PACE times as fast as time
 * passes: after a jump by years the wall clock may be set right again before much is gone. Samples of before the clock was
 * ever set say nothing of their age: they go for their bytes only.
 *
 * What a class says of itself counts before what is said of all; samples of homes (KEEPING_HOME) go after keep_homes_us,
 * whatever their class says, and those of lifts (class lift) stay for two days at least: their summaries are made of them. What
 * has gone is noted (history_note_trimmed). The table day is looked at once a day, some points a step; what it takes is reckoned from its
 * first and last row, for reading all of it would take a small disk minutes. */
#pragma once

#include "base/clock.h"
#include "model/keeping.h"
#include "store/history.h"

#define RETENTION_ROWS 100 /* a step */
#define RETENTION_PACE 10

extern const struct keeping retention_usual;

/* A copy of what is wanted, in one piece: free() ends it. */
struct retention_plan {
	struct keeping keeping;
};
struct retention_plan *retention_plan_new(const struct keeping *k);

#define RETENTION_STATEMENTS 14
struct retention {
	struct history *history; /* lent */
	sqlite3_stmt *statements[RETENTION_STATEMENTS];
	const struct keeping *keeping;   /* lent; never NULL */
	int64_t judged_us, judged_at_us; /* the age clock, and when (monotonic) it was so; judged_at_us 0: never */
	int64_t point;                   /* of the table day: looked at up to here in this round */
	int64_t day_round_us;            /* the last round over it, by the age clock */
	int64_t day_bytes, round_bytes;  /* what it takes: as the last round saw it, and of this one so far */
	int64_t round_day;               /* the first one in it, as this round has seen so far */
	int64_t days_before;             /* those go for their bytes; 0: none */
};

int retention_init(struct retention *t, struct history *h);
void retention_fini(struct retention *t);
/* 1: something went, there may be more; 0: nothing is to go now; -errno. */
int retention_step(struct retention *t, struct clock_now now);
/* Bytes of the oldest samples go until so many are free in the file. 1, 0: there are none; -errno. */
int retention_drop_oldest(struct retention *t);
