/* outbox.h: what has not been delivered yet, by uplink and lane, in state.db.
 *
 * Owner: the store thread. Invariant: seq of a lane runs from 1 without a hole and is never given twice: it is taken from
 * lane.last_seq in the transaction that queues the row. Rows after delivered_seq are all there, but for those that were
 * dropped to keep the bounds (outbox_trim.h): a gap record stands in the place of the last of them. Rows up to
 * delivered_seq are on their way out, at most OUTBOX_PURGE_ROWS a transaction. */
#pragma once

#include "model/clockmap.h"
#include "store/database.h"
#include "store/store_op.h"

extern const char outbox_schema_1[], outbox_schema_2[], outbox_schema_4[];

#define OUTBOX_PURGE_ROWS 100
#define OUTBOX_STATEMENTS 18

struct outbox_lane {
	char uplink[STORE_OP_UPLINK_MAX];
	enum envelope_lane lane;
	int64_t id; /* 0: no row yet */
	uint64_t last_seq, delivered_seq, purged_seq;
	uint64_t rows, bytes; /* not delivered; payloads only */
	uint64_t audited_seq; /* deliveries up to here are in the audit record */
	int64_t audited_us;   /* monotonic: the last of those records; 0: none in this life */
	int64_t oldest_us;    /* wall time of the first undelivered row, mended; 0: none */
	bool touched;         /* by the transaction in work */
	bool untold;          /* its counters changed, and no operation has reported them yet */
};

/* A lane as it was when the transaction began. */
struct outbox_undo {
	size_t index;
	struct outbox_lane lane;
};

struct outbox {
	sqlite3_stmt *statements[OUTBOX_STATEMENTS];
	struct outbox_lane *lanes; /* of all uplinks that there ever were: their numbers go on if they come back */
	size_t lane_count, lane_room, before_count;
	struct outbox_undo *undo;
	size_t undo_count, undo_room;
	const struct outbox_clock *clock;
	uint64_t
		floor_seq; /* lanes begin behind it: before a restore or a damage they may have given all up to there; 0: none */
};

/* The clock of this boot, and what mends the times of rows that were queued while it was wrong. */
struct outbox_clock {
	const char *boot;
	const struct clockmap *map;
};

/* Reads the lanes. clock is lent. */
int outbox_init(struct outbox *o, struct database *db, const struct outbox_clock *clock);
void outbox_fini(struct outbox *o);

/* Beside BEGIN and ROLLBACK: the counters follow the transaction. */
void outbox_begin(struct outbox *o);
void outbox_rollback(struct outbox *o);

/* Within the caller's transaction. */
int outbox_add_uplink(struct outbox *o, const char *name);                             /* known ones are fine */
int outbox_add(struct outbox *o, const struct store_op_message *m, uint64_t *ret_seq); /* -EINVAL: bad payload */
/* -ERANGE: up to a seq that was never given. */
int outbox_deliver(struct outbox *o, const char *uplink, enum envelope_lane lane, uint64_t up_to_seq);
/* A new file after a damaged one: the lane as memory knows it. What waits in it goes on waiting, but for what the receiver has;
 * a gap record stands for what is not there any more. */
int outbox_raise(struct outbox *o, const struct outbox_lane *known, struct clock_now now);
/* Numbers that will never be given here: a gap record for those up to `to` takes the place of its last. */
struct outbox_skip {
	uint64_t to; /* beyond the lane's last */
	const char *reason;
	struct clock_now at;
	enum clock_quality clock;
};
int outbox_skip(struct outbox *o, struct outbox_lane *l, const struct outbox_skip *skip);
/* Lanes that are made from now on begin behind that number, with such a record. */
int outbox_set_floor(struct outbox *o, uint64_t seq);
/* Deletes one step of delivered rows of any lane. */
int outbox_purge(struct outbox *o);
bool outbox_can_purge(const struct outbox *o); /* there are delivered rows left */
/* The lane's deliveries are in the audit record up to what is delivered. */
int outbox_note_audited(struct outbox *o, struct outbox_lane *l, int64_t mono_us);

/* More is known of the clock: the lanes' oldest times anew, each reported in op. */
int outbox_mend(struct outbox *o, struct store_op *op);

/* Fills op's batch with envelopes. Rows stay as they were queued; what leaves has its times mended, and the mark of a
 * clock that nobody has confirmed since. */
int outbox_fetch(struct outbox *o, struct store_op *op, const char *estate);
/* There is a message of the very next number. */
bool outbox_has_next(struct outbox *o, const struct outbox_lane *l, uint64_t seq);
struct outbox_lane *outbox_find(struct outbox *o, const char *uplink, enum envelope_lane lane); /* or NULL */
void outbox_fill(const struct outbox_lane *l, struct store_op_lane *ret_now);

/* Calls with every uplink's name. */
struct outbox_reader {
	void *context;
	void (*uplink)(void *context, const char *name);
};
int outbox_read(struct outbox *o, const struct outbox_reader *reader);
/* What a damaged file still tells of its lanes; the caller frees the list. Never fails. */
size_t outbox_salvage(const char *path, struct outbox_lane **ret_lanes);
