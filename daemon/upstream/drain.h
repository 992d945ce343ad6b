/* drain.h: how fast a backlog goes out: so many messages a second on the long run, a tenth of that at once. Pure: time is an
 * argument. The caller owns it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct drain {
	int rate;       /* messages a second; 0: no limit */
	double allowed; /* messages that may go, as of at_us */
	int64_t at_us;
};

/* A new rate; what is allowed now stays, at most what the new one allows at once. */
void drain_set(struct drain *d, int rate, int64_t now_us);
/* How many of `most` may go now. Few are not worth a batch: 0 until half of what may go at once is there. */
size_t drain_allows(struct drain *d, size_t most, int64_t now_us);
void drain_take(struct drain *d, size_t count);
/* When drain_allows will say more than 0; now_us when it does already. */
int64_t drain_due(const struct drain *d, int64_t now_us);
