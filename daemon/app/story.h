/* story.h: who waits for the story of an alarm: asked of the store, answered to the API. Main thread. */
#pragma once

#include "api/api.h"
#include "store/store.h"

struct story;

struct story *story_new(void);
/* Nobody is told any more; whoever still waits is let go of. */
void story_free(struct story *s);
/* 0: api_finish_story comes later; -EBUSY: too many ask; -ENOSPC: the store is. */
int story_ask(struct story *s, struct store *store, const char *alarm, struct api_pending *pending);
/* A STORE_STORY completion. */
void story_done(struct story *s, const struct store_done *done);
