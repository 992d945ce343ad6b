/* state.h: state.db as a whole: what one transaction is made of, and what is known of it when the disk has failed.
 *
 * Owner: the store thread (before it starts: store_open). Invariant: outside a transaction the counters are those of the
 * last COMMIT. */
#pragma once

#include "base/complain.h"
#include "store/account_table.h"
#include "store/alarm_table.h"
#include "store/audit.h"
#include "store/clock_table.h"
#include "store/database.h"
#include "store/home_table.h"
#include "store/kept.h"
#include "store/ladder_table.h"
#include "store/mode_table.h"
#include "store/outbox_trim.h"
#include "store/resident_table.h"
#include "store/summary_table.h"
#include "store/visit_table.h"

struct state {
	struct database *db;
	struct alarm_table alarms;
	struct outbox outbox;
	struct audit audit;
	struct audit_head_file audit_file;
	struct kept kept;
	struct mode_table modes;
	struct ladder_table ladders;
	struct summary_table summaries;
	struct resident_table residents;
	struct visit_table visits;
	struct account_table accounts;
	struct home_table homes;
	struct clock_table clocks;
	struct outbox_clock outbox_clock;
	const char *estate; /* lent */
	char boot[CLOCKMAP_BOOT_MAX];
	int64_t transition_id, transition_id_before; /* highest given; _before: to roll back to */
	struct store_limits limits;                  /* bytes 0: not said yet */
	struct complaint dropping;
	int64_t told_us;              /* dropped_us when the lanes' counters were last reported */
	int64_t dropped_us, swept_us; /* monotonic: the last drop; the last look for what is too old or too much */
	bool sweeping;                /* that look found something: look again at once */
	char *audit_path;
	uint64_t found_n; /* the audit's newest record when the file was opened */
	bool erased;      /* somebody was: the WAL has it still */
	bool rescued;     /* it is a new one with what was whole in a damaged one: its lanes know where they are */
	size_t mended;    /* open alarms whose rows were damaged then */
};

/* How far the file had come: nothing may ever be given twice, and an attempt whose COMMIT failed may still be found in the
 * file when it is opened again. */
struct state_marks {
	struct audit_head audit;
	struct outbox_lane *lanes; /* owned */
	size_t lane_count;
};
void state_marks_fini(struct state_marks *m);

/* ANYWAY: it opens, but was found to be damaged. NEVER: then -EUCLEAN. */
enum state_mend { STATE_MEND_NEEDED, STATE_MEND_ANYWAY, STATE_MEND_NEVER };

struct state_setup {
	const char *path, *estate;
	enum state_mend mend;
	const struct state_marks *marks; /* NULL at start: else what memory knows, for a file that must be made anew */
	struct store_limits limits;      /* those of before it was closed */
};
/* A damaged file is set aside and a new one is made, its lanes going on where they were as far as that is known: 1, and what says
 * so; else 0, or -errno with what. */
int state_open(const struct state_setup *setup, struct state **ret_state, struct str_buf *what);
extern const struct migration_list state_migrations;
size_t state_schema(void); /* the newest version that is known */
void state_close(struct state *s);
UTIL_DEFINE_CLEANUP(struct state *, state_close);

int state_begin(struct state *s);
int state_apply(struct state *s, struct store_op *op); /* fills op's reports but their counters */
int state_commit(struct state *s);
void state_rollback(struct state *s);
/* A commit of its own that proves that the disk works. */
int state_prove(struct state *s);

int state_fetch(struct state *s, struct store_op *op);
void state_report(struct state *s, struct store_op *op); /* the counters of op's reports as they are now */
void state_mark(const struct state *s, struct state_marks *ret_marks);
/* The file has come further than the marks: the attempt after them was committed all the same. */
bool state_is_past(struct state *s, const struct state_marks *marks);
/* One bounded step of deleting delivered rows, and what is over the bounds; 1 when there are more, 0, -errno. */
int state_purge(struct state *s);
/* The audit's head after a COMMIT goes beside the file. */
void state_witness(struct state *s, int64_t mono_us);
