/* committer.h: operations on state.db, many in one COMMIT, and what happens when the disk fails.
 *
 * Owner: the store thread. An operation is answered only after the COMMIT that holds it; one that is bad in itself is
 * answered with its error and takes no other with it. When the disk fails all of them wait:
 *
 *   good --failure--> faulty: close, open again, try again --COMMIT--> good       full disk, busy, no memory: try again, no closing
 *                       | two openings within 10 min have not helped
 *                       v
 *                     faulty, tries once a minute; at most COMMITTER_KEPT_MAX operations wait, newer ones are answered
 *                     with the error, so that people are still told
 *
 * A file that is found to be damaged though it passed its check is opened once more, then made anew (state.h); more than twice in
 * an hour it is not the file, and it stands as it is.
 *
 * Each edge is one STORE_OP_FAULT. Invariant: no operation is answered twice, in another order, or with 0 before it is on
 * the disk. */
#pragma once

#include "base/queue.h"
#include "store/state.h"
#include "store/store_counters.h"

#define COMMITTER_KEPT_MAX   1024
#define COMMITTER_KEPT_BYTES ((size_t)4 * 1024 * 1024)
#define COMMITTER_FAULTS_MAX 8 /* on their way to the main thread */

struct committer;

struct committer_setup {
	const char *path, *estate; /* of state.db; for envelopes */
	struct queue *done; /* of struct store_op *; has room for all that are under way and COMMITTER_FAULTS_MAX */
	struct store_counters *counters;
	struct state *state; /* taken; NULL: it could not be opened, for that reason and in words (lent) */
	int error;
	const char *why;
};

struct committer *committer_new(const struct committer_setup *setup);
void committer_free(struct committer *c); /* what still waits is answered with -ECANCELED */
UTIL_DEFINE_CLEANUP(struct committer *, committer_free);

void committer_accept(struct committer *c, struct store_op *op); /* takes it */
/* One group of what waits, or one try to have the disk back; then the fetches. */
void committer_work(struct committer *c, int64_t now_us);
/* The end is near: what waits for a disk that failed is tried at the next call, however lately it was. */
void committer_hurry(struct committer *c);
/* A bounded step of deleting, checkpointing, giving back pages. For when nothing waits. */
void committer_upkeep(struct committer *c, int64_t now_us);
int64_t committer_due(const struct committer *c); /* monotonic time of the next call to committer_work; INT64_MAX */
bool committer_idle(const struct committer *c);   /* nothing waits */
