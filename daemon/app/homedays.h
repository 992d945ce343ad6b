/* homedays.h: who waits for the picture of a dwelling's days (care/activity.h): what the store still has in memory is staged, the
 * reader thread reads the kept samples of its sensors, a few days a turn, and the API is answered. Main thread. Bounded: so many at
 * a time. */
#pragma once

#include "api/api.h"
#include "store/store.h"

struct live;
struct homedays;

struct homedays *homedays_new(struct live *l);
/* Nobody is told any more. After offload_free, which ends what is under way. */
void homedays_free(struct homedays *h);
/* 0: api_finish_json comes later; -EBUSY: too many ask; -ENOENT: nobody is watched there. */
int homedays_ask(struct homedays *h, const struct api_activity *ask);
/* A STORE_STAGED completion. */
void homedays_staged(struct homedays *h, uint64_t token);
