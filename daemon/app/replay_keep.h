/* replay_keep.h: a restart within a replay: what state.db would hold at this moment, written by the store's own code into
 * a database in memory, and read back into a new engine as at a start after kill -9.
 *
 * Owned by the replay's world. Until there is a restart it only remembers the last transition of each open alarm, as the
 * table does, and what was learned of the clock: memory goes with open alarms. */
#pragma once

#include "app/engine.h"
#include "model/clockmap.h"
#include "store/store.h"

struct replay_keep;

struct replay_keep *replay_keep_new(void);
void replay_keep_free(struct replay_keep *k);
UTIL_DEFINE_CLEANUP(struct replay_keep *, replay_keep_free);

/* Each transition, each row of the clock, in order. Takes what t owns. */
void replay_keep_transition(struct replay_keep *k, struct alarm_transition *t, enum clock_quality clock);
void replay_keep_clock(struct replay_keep *k, const struct store_clock *row);

struct replay_keep_moment {
	struct clock_now now;
	enum clock_quality clock;
	struct evaluator_delay *delays; /* of watch_keep_delays */
	size_t delay_count;
	struct watch *watch; /* of the new daemon */
};
/* What `from` leaves behind goes into `to`, which is new: alarms, modes, values (lost until their source is back), delays.
 * 0, or -errno with problem. */
int replay_keep_restart(struct replay_keep *k, struct engine *from, struct engine *to,
			const struct replay_keep_moment *moment, struct str_buf *problem);
