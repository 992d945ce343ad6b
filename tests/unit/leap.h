/* leap.h: a bus whose time leaps. Its thread and its link are real; its slave is a rogue without a thread, driven by the
 * bus's own waits. Time passes only when all that was said has been heard and nobody has anything to say, and then at once:
 * a machine may be as slow as it likes, and no answer is late for it. The program is linked with --wrap of what is wrapped
 * here; buses that are not named here are as ever. */
#pragma once

#include "base/queue.h"
#include "model/bus.h"
#include "rogue.h"

#define LEAP_MAX 64

/* Before the bus's worker starts. r was made by rogue_new; the worker waits for whoever takes its messages. */
void leap_join(const struct bus *bus, struct rogue *r, struct queue *messages);
/* After all workers have ended. */
void leap_end(void);
