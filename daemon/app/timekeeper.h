/* timekeeper.h: how far the wall clock can be trusted, and what every step of it meant.
 *
 * Main thread. Reads clocks through the functions it is given (so a test has its own), keeps no timer: the caller calls
 * timekeeper_check once a second and at every step; the time service is asked once a minute and at a step. Delays never
 * hang on what happens here: they are monotonic.
 *
 *               below the floor            nobody steers it              a time service has it
 *   (start) --> UNSET ----- set, NTP ----> RESTORED <-- service lost --- SYNCHRONISED
 *                  '-------------------------'------- synchronised ----------^
 *
 * The floor (build date, newest stored time) counts until the clock has been trusted once: whoever sets it later means it.
 * A boot is cut into segments at each step and change; when the clock becomes better, what was stamped in worse segments
 * is shifted (in memory; the store mends its own when it is read). */
#pragma once

#include "base/clock.h"
#include "base/util.h"
#include "model/status.h"

struct timekeeper;

/* What was learned. Lent for the call. */
struct timekeeper_news {
	struct clock_now at;
	enum clock_quality before, quality; /* the same at the first check */
	int64_t step_us;                    /* 0: no step */
	const char *who;                    /* the person who set it, or NULL */
	struct clock_shifts shifts;         /* of what is in memory */
	const char *text;                   /* one sentence */
};

struct timekeeper_setup {
	void *context;
	struct clock_now (*now)(void *context);
	void (*sync)(void *context, struct clock_sync *ret_sync);
	int (*set)(void *context, int64_t wall_us); /* -errno */
	void (*learned)(void *context, const struct timekeeper_news *news);
	/* How far such a clock can be trusted; NULL: clock_judge. */
	enum clock_quality (*judge)(const struct clock_sync *sync, int64_t wall_us, int64_t floor_us);
	int64_t floor_us; /* newest stored time; 0: nothing is stored */
};

struct timekeeper *timekeeper_new(const struct timekeeper_setup *setup);
void timekeeper_free(struct timekeeper *t);
UTIL_DEFINE_CLEANUP(struct timekeeper *, timekeeper_free);

/* Looks whether there was a step, or another quality. The first call always has news. */
void timekeeper_check(struct timekeeper *t);
/* Somebody has set the clock, says the system: also to what it was. */
void timekeeper_stepped(struct timekeeper *t);
/* A person sets the clock. 0, with the news told; -ERANGE: before this program was built; -EPERM: the system refuses. */
int timekeeper_set(struct timekeeper *t, int64_t wall_us, const char *who);
/* A person is about to set it, because we may not: the next step to that moment is that person's. 0 or -ERANGE. */
int timekeeper_expect(struct timekeeper *t, int64_t wall_us, const char *who);

enum clock_quality timekeeper_quality(const struct timekeeper *t);
/* Of the wall clock at an earlier moment of this boot: a stamp that is only handled now. */
enum clock_quality timekeeper_quality_at(const struct timekeeper *t, int64_t mono_us);
void timekeeper_status(const struct timekeeper *t, struct status_clock *ret_status);
