/* days.h: what is left of the samples when they go: the sums of every hour, 24 of them in a row of the table day. A year of a
 * point is 365 rows in a run. Made once a day from the chunks' own sums, in small steps. Owner: the store thread. */
#pragma once

#include "store/history.h"

#define DAYS_HOURS 24

struct days_hour {
	uint8_t hour; /* of the day, UTC */
	struct sums sums;
};
/* Pure. Appends; -EBADMSG: it was not packed so. At most DAYS_HOURS. */
void days_pack(const struct days_hour *hours, size_t count, struct str_buf *to);
int days_unpack(const void *bytes, size_t len, struct days_hour *ret_hours, size_t *ret_count);

#define DAYS_STATEMENTS 4
struct days {
	struct history *history; /* lent */
	sqlite3_stmt *statements[DAYS_STATEMENTS];
	int64_t point; /* the last one of the day in work; 0: none yet */
};
int days_init(struct days *d, struct history *h);
void days_fini(struct days *d);
/* Hours since 1970. */
struct days_limits {
	int64_t now, chunked_before; /* hours before that one are chunks */
};
/* 1: there is more to do, 0: not now, -errno. */
int days_step(struct days *d, const struct days_limits *limits);
