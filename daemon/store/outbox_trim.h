/* outbox_trim.h: the bounds of the outbox: by bytes for each uplink, by age for what is no alarm.
 *
 * Owner: the store thread. What is over a bound goes from the oldest on, at most OUTBOX_TRIM_ROWS a transaction, and the last
 * of what went becomes the gap record that tells the receiver so: {"kind":"gap","lane":…,"from":…,"to":…}, with the seq of
 * "to". So the record stands where the messages stood, in order, before what came after them; a longer outage makes it
 * longer, never more of them.
 *
 * Invariant: no row of lane alarm is dropped while its uplink has one of lane data (other than a gap record). */
#pragma once

#include "store/outbox.h"

#define OUTBOX_TRIM_ROWS 100

/* Now, on the clocks of this boot; the quality is the wall clock's. */
struct outbox_trim_clock {
	struct clock_now at;
	enum clock_quality quality;
};

/* What one step has dropped. */
struct outbox_trim_drop {
	struct outbox_lane *lane; /* NULL: nothing; lent until the next call */
	uint64_t from, to, rows; /* rows: lost messages, those of older gap records not counted again: 0 where only such
				   * became one */
	const char *reason;      /* as the gap record says it */
};

/* Within the caller's transaction: one step for the uplink, when it has more than limits->bytes. */
int outbox_trim_bytes(struct outbox *o, const char *uplink, const struct store_limits *limits,
		      struct outbox_trim_drop *ret_drop);
/* Within the caller's transaction: one step for what is older than limits->age_us, of any uplink. Looks at every lane. */
int outbox_trim_age(struct outbox *o, const struct outbox_trim_clock *now, const struct store_limits *limits,
		    struct outbox_trim_drop *ret_drop);
/* Within the caller's transaction: the row of that seq can never be delivered: a gap record takes its place. -ERANGE: it
 * is not there (any more). */
int outbox_trim_aside(struct outbox *o, const struct store_aside *aside, struct outbox_trim_drop *ret_drop);
