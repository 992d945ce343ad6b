/* store_op.h: one operation on its way: from the main thread by queue to the store thread, and the same object back with
 * what came of it. So there are never more completions than operations, and the way back cannot overflow.
 *
 * Exactly one thread has it at a time; the main thread makes it and frees it. (STORE_OP_FAULT is made by the store thread.)
 *
 *   main: store_op_new_… --ops queue--> store thread: apply, COMMIT, error and reports --done queue--> main: store_op_free */
#pragma once

#include "alarm/alarm.h"
#include "alarm/evaluator.h"
#include "store/store.h"

#define STORE_OP_UPLINK_MAX 64 /* bytes of an instance's name with the end */

enum store_op_kind {
	STORE_OP_COMMIT,
	STORE_OP_DELAYS,
	STORE_OP_LADDERS, /* how far alarms have climbed */
	STORE_OP_UPLINK,
	STORE_OP_DELIVERED,
	STORE_OP_FETCH,
	STORE_OP_STORY,    /* what happened to one alarm */
	STORE_OP_CLOCK,    /* a row of the clockmap */
	STORE_OP_FLOOR,    /* the clock may not be before this any more */
	STORE_OP_ASIDE,    /* a message can never be delivered */
	STORE_OP_LIMITS,   /* the bounds of outbox and audit */
	STORE_OP_REGISTER, /* a change of the register of residents */
	STORE_OP_ERASE,    /* samples of points; goes into state.db when they have gone */
	STORE_OP_VERSIONS, /* all versions of one of its rows */
	STORE_OP_AUDIT,    /* records of the audit */
	STORE_OP_STAGE,    /* samples in memory are to be put where a reader finds them */
	STORE_OP_NUDGE,    /* come and take the samples */
	STORE_OP_FAULT,    /* back only: the disk fails (error < 0), or works again (0) */
};

struct store_op_message {
	char uplink[STORE_OP_UPLINK_MAX];
	enum envelope_lane lane;
	char *kind, *payload;
	int64_t time_us, mono_us;
	enum clock_quality clock;
	bool quiet;
};

struct store_op_value {
	char *name;
	struct reading reading;
};

struct store_op_ladder {
	char *alarm;
	struct ladder_run *run; /* NULL: it is over */
};

struct store_op_audit {
	char *kind, *who, *what, *why, *detail;
};

struct store_op_summary {
	struct summary_span span;
	char *departed, *devices;
};

struct store_op_visit {
	char *place, *resident, *kind, *worker, *note;
	int64_t at_us;
};

struct store_op_home {
	char *place;
	void *bytes; /* NULL: it goes */
	size_t len;
};

/* What an operation did to a lane, and the lane's counters right after. */
struct store_op_report {
	char uplink[STORE_OP_UPLINK_MAX];
	enum envelope_lane lane;
	uint64_t first_seq, last_seq; /* rows it queued; 0: none */
	uint64_t loud_seq;            /* of them: the last that is not quiet */
	struct store_op_lane {
		uint64_t pending, bytes, delivered, last_seq;
		int64_t oldest_us; /* wall; 0: nothing pending */
	} now;
};

struct store_op {
	struct store_op *next; /* whoever has it may chain it */
	enum store_op_kind kind;
	int error;
	size_t bytes; /* what it holds */

	enum clock_quality clock; /* COMMIT, DELAYS: of the wall times in it */
	/* COMMIT */
	struct store_account *accounts; /* texts owned */
	size_t account_count;
	struct alarm_effects effects;
	struct store_op_message *messages;
	size_t message_count;
	struct store_op_value *values;
	size_t value_count;
	struct store_op_audit *audits;
	size_t audit_count;
	struct store_op_summary *summaries;
	size_t summary_count;
	struct store_op_visit *visits;
	size_t visit_count;
	struct store_op_home *homes;
	size_t home_count;
	uint64_t token;
	struct store_register_copy *reg; /* REGISTER, ERASE; its audits and token as COMMIT */
	/* DELAYS */
	char *delays; /* packed: there may be a great many, and an id is short but for its room */
	size_t delay_count;
	struct clock_now now; /* COMMIT, LADDERS, DELIVERED, ASIDE too */
	/* LADDERS */
	struct store_op_ladder *ladders;
	size_t ladder_count;
	/* CLOCK (now: right after the step; FLOOR: now) */
	int64_t step_us;
	char *who;
	char *subject; /* STORY: the alarm; VERSIONS: a resident; its token as COMMIT. ASIDE: the reason */
	struct store_limits limits;
	struct store_audit_ask ask; /* its kind is subject, its who is who */
	/* UPLINK, DELIVERED, FETCH, ASIDE */
	char uplink[STORE_OP_UPLINK_MAX];
	enum envelope_lane lane;
	uint64_t seq; /* up to, or after */
	size_t max_messages, max_bytes;

	/* what came of it */
	struct store_op_report *reports;
	size_t report_count, report_room;
	char **batch;
	size_t batch_count;
	uint64_t batch_first, batch_last;
	char *text;
	struct store_audit_heads heads; /* AUDIT; of all others: head alone */
};

struct store_op *store_op_new(enum store_op_kind kind);
/* Copies all. -EINVAL: a name that is too long, or missing. */
int store_op_new_commit(const struct store_commit *c, struct store_op **ret_op);
int store_op_new_lane(enum store_op_kind kind, const char *uplink, enum envelope_lane lane, struct store_op **ret_op);
struct store_op *store_op_new_clock(const struct store_clock *row);
struct store_op *store_op_new_delays(const struct evaluator_delay *delays, size_t count, struct clock_now now);
struct store_op *store_op_new_ladders(const struct store_ladder *ladders, size_t count, struct clock_now now);
int store_op_new_register(const struct store_register *change, struct store_op **ret_op);
/* Takes the names and their array. */
struct store_op *store_op_new_erase(char **points, size_t count);
struct store_op *store_op_new_versions(const char *id, uint64_t token);
struct store_op *store_op_new_audit(const struct store_audit_ask *ask);
struct store_op *store_op_new_story(const char *alarm, size_t max, uint64_t token);
/* They as they were given; the caller frees. */
struct evaluator_delay *store_op_delays(const struct store_op *op);
void store_op_free(struct store_op *op);
UTIL_DEFINE_CLEANUP(struct store_op *, store_op_free);

bool store_op_writes(const struct store_op *op); /* belongs into a transaction */
/* Forgets what an attempt has left, for the next one. */
void store_op_forget(struct store_op *op);
/* The report on that lane, made when there is none. */
struct store_op_report *store_op_report(struct store_op *op, const char *uplink, enum envelope_lane lane);
