/* waiter.h: the one place where a bus's thread waits: for its line, for the time, or for the engine. Bus's thread.
 *
 * Mail that arrives meanwhile is taken in (the newest of a kind wins) and the wait goes on; a closed inbox ends every
 * wait at once. So the thread ends within one system call, whatever the slave does. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/queue.h"
#include "field/plan.h"

struct order;

enum waiter_kind {
	WAITER_PLAN,   /* what to ask from now on */
	WAITER_CALLER, /* dial-in: the modem has come, and this is its connection */
	WAITER_DEAF,   /* dial-in: nobody can come, since the address cannot be listened at */
	WAITER_ASK,    /* somebody wants to know something (insight.h): answered where the thread waits, whatever for */
	WAITER_ORDER,  /* something is to be done beside the plan (errand.h) */
};

#define WAITER_ORDERS 4 /* so many at a time: worker_order sees to that */

/* By value in the inbox; what it carries is owned by whoever has it. */
struct waiter_mail {
	enum waiter_kind kind;
	union {
		struct plan *plan;
		struct insight *insight;
		struct order *order;
		int fd;
		int error; /* errno */
	};
};

struct waiter {
	struct queue *inbox;                             /* of struct waiter_mail; closed: end */
	struct plan *plan;                               /* the newest that came; owned until taken */
	int caller;                                      /* the newest that came, -1: none; owned until taken */
	int deaf;                                        /* errno of the doorman, 0: none; until taken */
	atomic_uint_fast64_t turns;                      /* Rule 15: a counter. Grows while the thread is alive */
	void (*asked)(void *context, struct insight *i); /* takes it; must not wait for mail; NULL: nobody answers */
	void *asked_context;
	struct order *orders[WAITER_ORDERS]; /* in the order in which they came; owned until taken */
	size_t order_count;
};

void waiter_init(struct waiter *w);
void waiter_fini(struct waiter *w);
/* Waits until fd (-1: none) is ready for events. Returns revents, 0 at the deadline, -ECANCELED when the thread is to
 * end, -errno. */
int waiter_wait(struct waiter *w, int fd, short events, int64_t deadline_us);
/* The same, but mail that is there or arrives ends it too (0): for when there is nothing else to do. */
int waiter_idle(struct waiter *w, int fd, int64_t deadline_us);
bool waiter_ended(const struct waiter *w);
void waiter_turn(struct waiter *w);
/* Anything that was not taken yet? */
bool waiter_has_mail(const struct waiter *w);
/* What came, out of the waiter: -1: nobody. */
int waiter_take_caller(struct waiter *w);
struct order *waiter_take_order(struct waiter *w); /* the oldest; there is one */
/* Ends what it carries. */
void waiter_mail_drop(const struct waiter_mail *m);
