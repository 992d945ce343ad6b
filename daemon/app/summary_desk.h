/* summary_desk.h: people ask what an hour, a day, or some days came to, and are answered: the store stages its samples, the reader thread
 * computes one span after the other (summary_job.h), the API is told. Main thread, but for the work. */
#pragma once

#include "api/api.h"
#include "base/util.h"

struct live;
struct summary_desk;

struct summary_desk *summary_desk_new(struct live *l);
void summary_desk_free(struct summary_desk *d); /* after offload_free */

/* 0: api_finish_json comes later; -EBUSY: too many ask. */
int summary_desk_ask(struct summary_desk *d, const struct api_summary *ask);
/* A STORE_STAGED completion. */
void summary_desk_staged(struct summary_desk *d, uint64_t token);
