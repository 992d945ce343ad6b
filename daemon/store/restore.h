/* restore.h: what state.db held at start, in memory until the engine has asked for it. Main thread, before the store thread. */
#pragma once

#include "store/state.h"
#include "store/store.h"

struct restore;

/* Reads all of it; now: this boot, and how far its wall clock is trusted. 0 or -errno. */
int restore_new(struct state *state, const struct clockmap_stamp *now, struct restore **ret_restore);
void restore_free(struct restore *r);
UTIL_DEFINE_CLEANUP(struct restore *, restore_free);

/* What an erasure has left to do when estated ended; NULL: nothing. Once; the caller has it. */
struct store_op *restore_erasure(struct restore *r);
void restore_play(const struct restore *r, const struct store_kept *kept);
