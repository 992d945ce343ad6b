/* audit.h: what was done, by whom, when and why, in state.db: append-only, each record chained to the one before it.
 *
 *   hash(n) = SHA-256( hash(n - 1) as 64 hex digits, then the record's text as it stands )      hash(0) = 64 zeros
 *
 * A record is one JSON object, written once and never again. It goes into the same transaction as what it tells of: there is
 * no change without its record, and no record without its change. Old records go from the oldest on; an anchor (number and
 * hash of the last that went) is kept and is itself a record, so that the rest still proves itself.
 *
 * The head (number and hash of the newest) stands a second time in the file audit.head beside state.db (audit_head.h), and
 * leaves the estate: who cuts the newest records off must change these too. What does not fit at start is itself recorded.
 *
 * Owner: the store thread (before it starts: store_open). Costs O(1) a record. */
#pragma once

#include "alarm/alarm.h"
#include "alarm/mode.h"
#include "store/audit_head.h"
#include "store/database.h"
#include "store/store_op.h"

extern const char audit_schema_4[];

#define AUDIT_STATEMENTS 11
#define AUDIT_PRUNE_ROWS 100

struct audit {
	sqlite3_stmt *statements[AUDIT_STATEMENTS];
	struct audit_head head, head_before; /* _before: to roll back to */
	struct audit_head anchor, anchor_before;
	const char *boot; /* lent */
};

/* Reads head and anchor. */
int audit_init(struct audit *a, struct database *db, const char *boot);
void audit_fini(struct audit *a);
void audit_begin(struct audit *a);
void audit_rollback(struct audit *a);

/* The record after that head is there, and proves it by its hash. */
bool audit_follows(struct audit *a, const struct audit_head *head);

/* When it happened, on the clocks of this boot. */
struct audit_time {
	struct clock_now at;
	enum clock_quality quality;
};

/* All below: within the caller's transaction. */
int audit_add(struct audit *a, const struct store_audit *entry, const struct audit_time *when);
int audit_add_transition(struct audit *a, const struct alarm_transition *t, enum clock_quality quality);
int audit_add_mode(struct audit *a, const struct mode *m, const struct audit_time *when);

/* At start: is the newest record the one that audit.head tells of, or a later one? Is there a number that nothing can have given?
 * What is found is a record. */
int audit_compare(struct audit *a, const struct audit_head *witness, const struct audit_time *when);

/* One step of what is too old or too many: 1: something went and more may; 0: nothing is due; -errno. */
struct audit_limits {
	int64_t age_us;
	uint64_t rows;
};
int audit_prune(struct audit *a, const struct audit_limits *limits, const struct audit_time *now);

/* Fills op's batch with records as they are exported, one JSON object each with "prev" and "hash" at its end. */
int audit_read(struct audit *a, struct store_op *op);
