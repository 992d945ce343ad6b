/* plausible.h: whether a number that was read without error can be true. Pure; the caller owns it; time is an argument.
 *
 * What it doubts is suspect and never becomes the value. The last number that was good is what the next is held against.
 *
 *   gauge    outside range, or faster than max_rate since the last good one: suspect
 *   counter  the same, and it only goes up. A step back
 *            - that is a small step up beyond the end of its span is a roll-over: good, counted
 *            - else is suspect; when the next reading goes on from there it was a reset (a new meter): good, counted
 *            - and when the next reading goes on from the last good one it was noise */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct plausible_limits {
	bool has_range, counter;
	double low, high;  /* both are good */
	double max_rate;   /* a second; 0: any */
	double span;       /* of a counter: it begins anew after so much; 0: never */
	int64_t settle_us; /* two readings count as at least so far apart: polls are not quite even */
};

struct plausible {
	double last, doubt; /* doubt: where a counter was found after a step back */
	double gained;      /* by a counter since it was first seen, resets and roll-overs reckoned in */
	int64_t last_us, doubt_us;
	uint32_t resets, rollovers;
	bool known, doubted;
};

enum plausible_verdict { PLAUSIBLE_GOOD, PLAUSIBLE_SUSPECT, PLAUSIBLE_ROLLOVER, PLAUSIBLE_RESET };

/* Whether there is anything to judge. */
bool plausible_limited(const struct plausible_limits *l);
/* One reading; all but PLAUSIBLE_SUSPECT are good. */
enum plausible_verdict plausible_judge(struct plausible *p, const struct plausible_limits *l, double number,
				       int64_t now_us);
