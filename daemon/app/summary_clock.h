/* summary_clock.h: when summaries are due, and that each leaves once: on the hour and at midnight (the estate's own time), those
 * missed while the box was off at start, and those whose figures have become others since with the next revision.
 *
 *   due, or to be looked at again
 *     → the store stages its samples and commits what was handed over before
 *     → the reader thread computes (summary_job.h) and says what is to leave
 *     → one commit: the messages, and the note that they have left
 *
 * One span at a time, at most one a second. Main thread, never waits. While the clock is unset nothing is due: what is
 * missing then is made when it has been set. What falls due while the store does not work stays due until it does. What was
 * missed while the box was off, and what comes late, is looked at as far back as SUMMARY_CLOCK_HOURS and SUMMARY_CLOCK_DAYS. */
#pragma once

#include "base/clock.h"
#include "base/util.h"

#define SUMMARY_CLOCK_HOURS (7 * DAY)
#define SUMMARY_CLOCK_DAYS  (31 * DAY)

struct live;
struct summary_clock;

struct summary_clock *summary_clock_new(struct live *l);
void summary_clock_free(struct summary_clock *c); /* after offload_free */

void summary_clock_tick(struct summary_clock *c, struct clock_now now); /* once a second */
/* A sample of that time is on its way into the history: where the summaries of then have left they may become others. */
void summary_clock_sample(struct summary_clock *c, int64_t at_us);
/* What is stored of the last day may mean something else now: the clock was put right, the disk took what had waited. */
void summary_clock_recheck(struct summary_clock *c);
/* A STORE_STAGED completion. */
void summary_clock_staged(struct summary_clock *c, uint64_t token);
