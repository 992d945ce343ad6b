/* deliver.h: from the bytes of an answer to readings in the engine's queue. Bus's thread; readings leave by value.
 *
 * A full queue is back-pressure: the bus waits until there is room for all that one answer says, nothing is dropped or told
 * by halves while the thread lives. */
#pragma once

#include "field/answer.h"
#include "field/plan.h"
#include "field/waiter.h"
#include "field/worker.h"

struct deliver {
	struct queue *messages; /* lent */
	struct waiter *waiter;  /* lent */
	uint32_t bus;
};

/* Fills in bus and generation, and sends. False: the thread is to end. */
bool deliver_message(const struct deliver *d, const struct plan *p, struct worker_message *m);
/* What came of the values that protect life (agree.h). */
struct deliver_outcome {
	unsigned doubts; /* changed, and not told yet: a second reading is wanted */
	unsigned noise;  /* had changed, and the second reading did not confirm it */
};
/* A reading for each value that was asked, from the data of the answer to plan_frame(p, r). */
struct deliver_outcome deliver_answer(const struct deliver *d, struct plan *p, const struct plan_request *r,
				      const struct answer_frame *frame);
/* The second reading did not come or did not agree: tells those in doubt that they are suspect. */
void deliver_unconfirmed(const struct deliver *d, struct plan *p, const struct plan_request *r);
/* Tells all values of the request that they are bad or lost; lost only where that was not said already. */
void deliver_quality(const struct deliver *d, struct plan *p, const struct plan_request *r, enum quality quality);
/* The same for all requests of a unit (index). */
void deliver_unit_lost(const struct deliver *d, struct plan *p, unsigned unit);
