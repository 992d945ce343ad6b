/* recorder.h: the history side of the store thread: takes samples from their queue, commits them every 10 s, prunes what
 * is too old. When it cannot follow or the file fails, samples are dropped and counted; state.db never notices.
 *
 * Owner: the store thread. Every call is a bounded step, so that a commit of state.db waits a few milliseconds at most. */
#pragma once

#include "base/clock.h"
#include "base/queue.h"
#include "store/history.h"
#include "store/store_counters.h"

/* What stands in the queue: a sample, or (names not NULL) what the numbers of all samples after it mean. */
struct recorder_item {
	struct history_sample sample;
	struct history_names *names; /* owned */
};

struct recorder;

struct recorder_setup {
	const char *path; /* of history.db */
	struct queue *samples;
	struct store_counters *counters;
	struct history *history; /* taken; NULL: opened later */
};

struct recorder *recorder_new(const struct recorder_setup *setup);
void recorder_free(struct recorder *r); /* takes what is queued, commits */
UTIL_DEFINE_CLEANUP(struct recorder *, recorder_free);

void recorder_work(struct recorder *r, struct clock_now now);
int64_t recorder_due(const struct recorder *r); /* monotonic; INT64_MAX */

/* Opens history.db; a damaged one is set aside (what says so). */
int recorder_open(const char *path, struct history **ret_history, struct str_buf *what);
