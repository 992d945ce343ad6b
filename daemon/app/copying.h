/* copying.h: the backup under way: begun, shown and ended for the API; and a restore that was cut off, ended at start. Main thread.
 *
 * estatectl asks how far it is while it waits and while it packs: when nobody asks any more the copies are removed. */
#pragma once

#include "api/api.h"

struct live;
struct copying;

struct copying *copying_new(struct live *l);
/* Ends what is under way, before the store is closed. */
void copying_free(struct copying *c);
/* 0 with an answer; -EBUSY: one is under way; -ENOENT: none is; other -errno. */
int copying_act(struct copying *c, const struct api_backup *act, json_t **ret_answer);
void copying_tick(struct copying *c, int64_t mono_us);

/* Before the configuration is read. 0, or -errno: estated must not start (logged). */
int copying_resume(const struct live *l);
