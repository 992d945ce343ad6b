/* happened.h: an event as it leaves the estate: {"point","device","place","class","value","at",…}, and how many leave. Pure: time
 * is an argument. The caller owns it.
 *
 * What happens in a home stays in the box: a button in a flat leaves as the alarm that it raised. Who opened a door stays too:
 * of events of the class door only that they happened. A point that does not stop to tell (a contact that chatters) is
 * brought down to HAPPENED_PER_MINUTE; "skipped" says how many have not left since the last one that did. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/point.h"

#define HAPPENED_AT_ONCE    60
#define HAPPENED_PER_MINUTE 10

struct happened {
	int64_t allowed_us; /* of time: each that leaves takes a minute's part of it */
	int64_t at_us;      /* monotonic: as of then */
	uint64_t skipped;
};
/* Whether it leaves; *ret_skipped: before it. Zero-initialised: all that may go at once may. */
bool happened_leaves(struct happened *h, int64_t now_us, uint64_t *ret_skipped);

/* False: nothing that happens there leaves. */
bool happened_may_leave(const struct point *p);
/* As JSON text; the caller frees. */
char *happened_payload(const struct point *p, uint64_t skipped);
