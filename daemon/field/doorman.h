/* doorman.h: where modems dial in: listens at the addresses that dial-in buses name, hears what a caller says first, and
 * hands the connection of a known one to its bus. One thread for all, started with the first bus that needs it.
 *
 *   accepted --a known registration, then 100 ms of nothing--> given to the bus
 *       '----unknown bytes, 10 s, or too many others--> closed
 *
 * Nothing else is read of a caller before he is known, and nothing is ever sent. Who says a registration is believed: the
 * port belongs into the modems' own network (APN), not into the internet. Bounded: DOORMAN_CALLERS unknown callers at a
 * time (the oldest goes), DOORMAN_DOORS addresses. */
#pragma once

#include "base/queue.h"
#include "model/bus.h"

#define DOORMAN_CALLERS  32
#define DOORMAN_DOORS    16
#define DOORMAN_GUESTS   512
#define DOORMAN_WAIT_US  (10 * S)   /* for a whole registration */
#define DOORMAN_QUIET_US (100 * MS) /* behind it: else it is the beginning of another */

struct doorman;

struct doorman *doorman_new(void);
void doorman_free(struct doorman *d); /* every bus has forgotten it */
UTIL_DEFINE_CLEANUP(struct doorman *, doorman_free);

/* From now on callers of that bus go to the inbox (waiter.h); so does WAITER_DEAF when its address cannot be listened
 * at (tried again every few seconds). The bus is copied. 0, -ENOSPC or -errno. Main thread. */
int doorman_expect(struct doorman *d, const struct bus *bus, struct queue *inbox);
/* Nothing will come to the inbox any more when it returns. Any thread that may wait a moment. */
void doorman_forget(struct doorman *d, struct queue *inbox);
