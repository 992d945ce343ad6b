/* outbox_inside.h: what the files of the outbox share: its statements (prepared by outbox.c, where the SQL stands). No
 * other file includes it. */
#pragma once

#include "store/outbox.h"

enum {
	ADD_UPLINK,
	READ_UPLINKS,
	ADD_LANE,
	READ_LANES,
	SET_LANE,
	ADD_ROW,
	READ_ROWS,
	SUM_ROWS,
	FIRST_ROW,
	FIRST_SEQ,
	PURGE_STEP,
	DROP_ROWS,
	OLDEST_ROWS,
	MAKE_GAP,
	GET_FLOOR,
	SET_FLOOR,
	READ_ABOUT,
	SET_PAYLOAD,
};

/* When a row was queued: columns time, boot, mono, clock. *ret_known: its clock's quality was noted. */
struct clockmap_stamp outbox_stamp(sqlite3_stmt *s, bool *ret_known);
/* The lane is about to change: what it was is kept for a rollback. */
void outbox_touch(struct outbox *o, struct outbox_lane *l);
/* Its counters into its row. */
int outbox_set_lane(struct outbox *o, const struct outbox_lane *l);
int outbox_find_oldest(struct outbox *o, struct outbox_lane *l);
