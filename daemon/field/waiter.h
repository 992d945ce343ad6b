/* waiter.h: the one place where a bus's thread waits: for its line, for the time, or for the engine. Bus's thread.
 *
 * A plan that arrives meanwhile is taken in (the newest wins) and the wait goes on; a closed inbox ends every wait at
 * once. So the thread ends within one system call, whatever the slave does. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/queue.h"
#include "field/plan.h"

struct waiter {
	struct queue *inbox;        /* of struct plan *, owned by whoever pops; closed: end */
	struct plan *mail;          /* the newest that came; owned until taken */
	atomic_uint_fast64_t turns; /* Rule 15: a counter. Grows while the thread is alive */
};

void waiter_init(struct waiter *w);
void waiter_fini(struct waiter *w);
/* Waits until fd (-1: none) is ready for events. Returns revents, 0 at the deadline, -ECANCELED when the thread is to
 * end, -errno. */
int waiter_wait(struct waiter *w, int fd, short events, int64_t deadline_us);
/* The same, but a plan that arrives ends it too (0): for when there is nothing else to do. */
int waiter_idle(struct waiter *w, int fd, int64_t deadline_us);
bool waiter_ended(const struct waiter *w);
void waiter_turn(struct waiter *w);
