/* recording.h: who waits for a piece of what was recorded: the history of all points as lines that a replay reads
 * (replay_line.h). What the store still has in memory is staged, the reader thread reads, the API is answered. Main thread.
 *
 * A piece is bounded in samples, so that neither memory nor the loop feels a year of them; the client asks on from `next`. */
#pragma once

#include "api/api.h"
#include "store/store.h"

struct live;
struct recording;

struct recording *recording_new(struct live *l);
/* Nobody is told any more. After offload_free, which ends what is under way. */
void recording_free(struct recording *r);
/* 0: api_finish_json comes later; -EBUSY: somebody else is recording. */
int recording_ask(struct recording *r, const struct api_recording *ask);
/* A STORE_STAGED completion. */
void recording_staged(struct recording *r, uint64_t token);
