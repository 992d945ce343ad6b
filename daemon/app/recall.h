/* recall.h: who waits for the history of a point: what the store still has in memory is staged, the reader thread reads, the API
 * is answered. Main thread. Bounded: so many at a time, so many rows in one answer. */
#pragma once

#include "api/api.h"
#include "store/store.h"

struct live;
struct recall;

struct recall *recall_new(struct live *l);
/* Nobody is told any more. After offload_free, which ends what is under way. */
void recall_free(struct recall *r);
/* 0: api_finish_json comes later; -EBUSY: too many ask. */
int recall_ask(struct recall *r, const struct api_history *ask);
/* A STORE_STAGED completion. */
void recall_staged(struct recall *r, uint64_t token);
