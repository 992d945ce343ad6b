/* kept.h: last values and running delays, in state.db; and the moments of another boot brought onto this boot's clock.
 *
 * Owner: the store thread. Invariant: the table delay holds the delays of the last committed kept_put_delays, no others. */
#pragma once

#include "alarm/evaluator.h"
#include "model/clockmap.h"
#include "store/database.h"
#include "store/store_op.h"

extern const char kept_schema_1[], kept_schema_2[];

#define KEPT_STATEMENTS 7
struct kept {
	sqlite3_stmt *statements[KEPT_STATEMENTS];
};

int kept_init(struct kept *k, struct database *db);
void kept_fini(struct kept *k);

/* Which clock a time is of. */
struct kept_clock {
	const char *boot;
	enum clock_quality quality;
};

/* Within the caller's transaction. */
int kept_put_value(struct kept *k, const struct store_op_value *v, const struct kept_clock *clock);
struct kept_delays {
	struct evaluator_delay *delays; /* put in order by the call */
	size_t count;
	struct clock_now now; /* when their since_us was true */
	struct kept_clock clock;
};
int kept_put_delays(struct kept *k, const struct kept_delays *d);
/* A row whose writing proves that the disk works. */
int kept_prove(struct kept *k, int64_t wall_us);

/* A moment that was written down, on that boot's clock, and what is certain when the clocks cannot tell. */
struct kept_moment {
	struct clockmap_stamp stamp;
	int64_t least_us;  /* it is at least that old */
	int64_t unsure_us; /* its age when the clocks cannot tell */
};
/* Of a row: boot, mono and wall from that column on, the clock's quality in clock_column; lent until the next row. */
struct clockmap_stamp kept_stamp(sqlite3_stmt *s, int column, int clock_column);
/* Now, and what is known of the clocks of other boots. */
struct kept_present {
	struct clockmap_stamp now;
	const struct clockmap *map; /* NULL: nothing */
};
/* Where it lies on this boot's monotonic clock: as it is in the same boot; else by the wall clocks, where both (mended)
 * could be trusted and what they say can be believed (0 … 30 days above the least age). Never in the future. Pure. */
int64_t kept_mono(const struct kept_moment *m, const struct kept_present *present);

/* Calls with everything; all is lent. */
struct kept_reader {
	void *context;
	struct kept_present present;
	void (*delay)(void *context, const struct evaluator_delay *d);
	void (*value)(void *context, const char *point, const struct reading *r);
};
int kept_read(struct kept *k, const struct kept_reader *reader);
