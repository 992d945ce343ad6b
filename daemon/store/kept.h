/* kept.h: last values and running delays, in state.db; and the moments of another boot brought onto this boot's clock.
 *
 * Owner: the store thread. Invariant: the table delay holds the delays of the last committed kept_put_delays, no others. */
#pragma once

#include "alarm/evaluator.h"
#include "store/database.h"
#include "store/store_op.h"

extern const char kept_schema_1[];

#define KEPT_STATEMENTS 7
struct kept {
	sqlite3_stmt *statements[KEPT_STATEMENTS];
};

int kept_init(struct kept *k, struct database *db);
void kept_fini(struct kept *k);

/* Within the caller's transaction. */
int kept_put_value(struct kept *k, const struct store_op_value *v, const char *boot);
struct kept_delays {
	struct evaluator_delay *delays; /* put in order by the call */
	size_t count;
	struct clock_now now; /* when their since_us was true */
	const char *boot;
};
int kept_put_delays(struct kept *k, const struct kept_delays *d);
/* A row whose writing proves that the disk works. */
int kept_prove(struct kept *k, int64_t wall_us);

/* A moment that was written down, and when that was. */
struct kept_moment {
	const char *boot;
	struct clock_now at;
	int64_t age_us; /* how old it already was when it was written down */
};
/* Where it lies on this boot's monotonic clock: as it is in the same boot; else by the wall clocks, where the time between
 * them can be believed (0 … 30 days), else only by the age it had then. Never in the future. Pure. */
int64_t kept_mono(const struct kept_moment *m, const char *boot, struct clock_now now);

/* Calls with everything; all is lent. */
struct kept_reader {
	void *context;
	const char *boot; /* this one */
	struct clock_now now;
	void (*delay)(void *context, const struct evaluator_delay *d);
	void (*value)(void *context, const char *point, const struct reading *r);
};
int kept_read(struct kept *k, const struct kept_reader *reader);
