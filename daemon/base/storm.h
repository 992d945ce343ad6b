/* storm.h: how often one thing may be said: a burst, then no more until it has become rare again; what was left out is
 * counted. Pure; the caller owns it; never logs. Zero-initialised is calm.
 *
 *          burst used up                          calls rarer than one in every_us, for half a burst
 *   CALM ------------------> STORM (left_out, since) ------------------> CALM: storm_over says so, once  */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct storm_limits {
	int64_t burst;    /* so many at once */
	int64_t every_us; /* and one more in that time */
};

struct storm {
	int64_t paid_until_us; /* when all that was said has been paid for, one every_us each */
	bool on;
	uint64_t left_out; /* since it began */
	int64_t since_us, last_us, said_us;
};

enum storm_verdict {
	STORM_SAY,
	STORM_BEGINS,  /* say this one, and that more are only counted */
	STORM_GOES_ON, /* say this one, as an example, and how many were left out: six times an hour */
	STORM_SILENT,
};

/* One more is to be said. Ask storm_over before. */
enum storm_verdict storm_take(struct storm *s, const struct storm_limits *limits, int64_t now_us);
/* True once when a storm is over; *s keeps its figures (left_out, since_us, last_us) until it is taken again. */
bool storm_over(struct storm *s, const struct storm_limits *limits, int64_t now_us);
