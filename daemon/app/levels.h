/* levels.h: which lines the log gets, room by room: as configured, until somebody asks for another level for a while.
 *
 *   as configured --levels_set--> set by hand --its time is up, or levels_set with no level--> as configured
 *
 * A restart forgets what was set by hand: a box that was left at debug is not for ever. Main thread; sets the levels of
 * base/log.h. */
#pragma once

#include "base/log.h"
#include "model/status.h"

struct levels;

#define LEVELS_FOR HOUR /* where nobody says how long */

/* command_line: the level that stands for what is not configured of all rooms, 0: none. */
struct levels *levels_new(enum log_level command_line);
void levels_free(struct levels *l);
void levels_apply(struct levels *l,
		  const struct log_plan *plan); /* what is configured now; what was set by hand stays */

struct levels_change {
	int room;             /* enum log_room, or -1: all of them */
	enum log_level level; /* 0: as configured */
	int64_t for_us;       /* 0: LEVELS_FOR */
	const char *who;
};
void levels_set(struct levels *l, const struct levels_change *c);
void levels_tick(struct levels *l, int64_t now_us);                        /* about once a second */
void levels_status(const struct levels *l, struct status_log *ret_status); /* lends texts */
