/* store_inside.h: what the files of the store's main-thread side share. No other room includes it.
 *
 * store.c opens, closes and shows; store_submit.c hands over; store_next.c takes back; store_view.c remembers what every
 * lane of the outbox looked like in the last answer. Main thread only. */
#pragma once

#include "base/complain.h"
#include "store/restore.h"
#include "store/store.h"
#include "store/writer.h"

#define STORE_OPS_MAX     2048 /* under way: queued, in work, answered but not taken */
#define STORE_BYTES_MAX   ((size_t)8 * 1024 * 1024)
#define STORE_SAMPLES_MAX 8192

/* A row of store_outbox, as of the last answer taken. */
struct store_view {
	char uplink[STORE_OP_UPLINK_MAX];
	enum envelope_lane lane;
	struct store_op_lane now;
	uint64_t refused;
};

struct store {
	int lock_fd; /* one process a directory */
	char *state_path, *history_path, *estate;
	struct queue *ops, *done, *samples;
	struct store_counters counters;
	struct complaint samples_full;
	struct writer *writer;
	struct restore *restore; /* until it was played */
	int unread;              /* why state.db was not read at open, in words too; 0: it was */
	char unread_text[256];
	struct state *state;         /* until the thread has it */
	struct history *history;     /* likewise */
	size_t under_way, bytes;     /* operations handed over and not yet taken back */
	struct store_op *answer;     /* the one being unpacked */
	size_t unpacked;             /* completions made of it */
	char *fault;                 /* NULL: none */
	struct history_names *names; /* not handed over yet */
	int64_t floor_us;            /* of the clock, at open */
	enum clock_quality clock;    /* now */
	unsigned since_nudge;
	struct store_view **views; /* each stays where it is: its uplink's name is lent out */
	size_t view_count;
	struct audit_head audit_head;
};

/* store_view.c: the row of a lane, made when there is none; NULL: too long a name. */
struct store_view *store_view_get(struct store *s, const char *uplink, enum envelope_lane lane);
/* As state.db has them, before its thread starts. */
void store_view_fill(struct store *s);
void store_view_fini(struct store *s);

/* store_submit.c: the wall clock was set, by so much, to that. */
void store_submit_back(struct store *s, int64_t wall_us, int64_t step_us);
/* store_submit.c: takes op. 0; -ENOSPC: too much is under way. */
int store_submit_op(struct store *s, struct store_op *op);

/* store_next.c: the next answer as the store thread gave it, no longer under way; NULL: none. The caller frees. */
struct store_op *store_next_op(struct store *s);
