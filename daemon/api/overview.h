/* overview.h: the whole in one look: counts of everything, for /v1/status and /metrics. Main thread; nothing is kept. */
#pragma once

#include "api/inside.h"

#define OVERVIEW_QUALITIES 5
#define OVERVIEW_STATES    8

struct overview {
	bool ready;
	int64_t started_us, now_us;
	size_t points, devices, quality[OVERVIEW_QUALITIES], test;
	size_t never_said; /* of the lost points: named by a class alone, and their device speaks without them */
	size_t buses, buses_up, plugins, plugins_up;
	size_t open;        /* alarms that are not normal */
	size_t standing;    /* of them: not shelved, suppressed or out of service */
	size_t unacked;     /* of them: nobody has looked yet */
	size_t priority[5]; /* standing, by priority 1..4 */
	size_t state[OVERVIEW_STATES];
	uint64_t readings, pending, pending_bytes;
	int64_t pending_oldest_us; /* 0: nothing waits */
	struct status_store store;
};

void overview_read(const struct api *a, const struct party *by, struct overview *ret_overview);
