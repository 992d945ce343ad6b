/* recorder.h: the history side of the store thread: takes samples from their queue, keeps them in memory for a minute, puts
 * them into the ring, and has the ring made into chunks once an hour. When it cannot follow or the disk fails, samples are
 * dropped and counted; state.db never notices.
 *
 * What a crash or a power cut may take: the samples of the last RECORDER_STAGE_US. A point that does not change says every
 * quarter of an hour that it is still as it was, so that a reader can tell "no change" from "nobody looked".
 *
 * Owner: the store thread. Every call is a bounded step, so that a commit of state.db waits a few milliseconds at most. */
#pragma once

#include "base/clock.h"
#include "base/queue.h"
#include "model/keeping.h"
#include "store/history.h"
#include "store/ring.h"
#include "store/store_counters.h"

#define RECORDER_STAGE_US  (60 * S)
#define RECORDER_STAGE_MAX 65536 /* samples in memory: more of them are staged sooner */

/* What stands in the queue: a sample, or (names not NULL) what the numbers of all samples after it mean, or a plan. */
struct recorder_item {
	struct history_sample sample;
	struct history_names *names; /* owned */
	struct retention_plan *plan; /* owned: how long and how much is kept from now on */
	int64_t back_ms; /* not 0: the wall clock was set back when it said this; samples after it may be of a time that was there */
};

struct recorder;

struct recorder_setup {
	const char *path; /* of history.db; the ring stands beside it */
	struct queue *samples;
	struct store_counters *counters;
	struct history *history; /* taken; NULL: opened later */
};

struct recorder *recorder_new(const struct recorder_setup *setup);
void recorder_free(struct recorder *r); /* takes what is queued, stages it */
UTIL_DEFINE_CLEANUP(struct recorder *, recorder_free);

void recorder_work(struct recorder *r, struct clock_now now);
int64_t recorder_due(const struct recorder *r); /* monotonic; INT64_MAX */
/* What is queued and in memory goes into the ring now, so that a reader finds it. 0 or -errno. */
int recorder_stage(struct recorder *r);

/* The samples of those points go, step by step with recorder_work; their names are lent until recorder_erase_busy says false. One
 * erasure at a time. */
void recorder_erase(struct recorder *r, char *const *points, size_t count);
bool recorder_erase_busy(const struct recorder *r);

/* The ring beside the database of that path. */
char *recorder_ring_path(const char *path);
/* For tests: ends as a crash does; what is in memory is gone. */
void recorder_abandon(struct recorder *r);
