/* dial.h: can these addresses be reached? Names are looked up and connections made all at once, within one limit; a
 * connection is closed as soon as it stands, nothing is sent. One thread; blocks for at most the limit. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DIAL_MAX 256 /* at once */

enum dial_result {
	DIAL_REACHED,
	DIAL_UNKNOWN_NAME, /* the name service says: no such name */
	DIAL_NO_NAMES,     /* it did not answer in time */
	DIAL_REFUSED,      /* the host is there, the port is closed */
	DIAL_NO_ROUTE,     /* nobody on the way knows it */
	DIAL_SILENT,       /* no answer at all */
	DIAL_FAILED,       /* error says */
};

struct dial {
	const char *host; /* lent */
	uint16_t port;
	/* Afterwards: */
	enum dial_result result;
	int error; /* -errno behind refused, no route, failed */
	int64_t took_us;
};

/* At most DIAL_MAX. */
void dial_all(struct dial *dials, size_t count, int64_t limit_us);
/* By the -errno of a connect. */
enum dial_result dial_judge(int error);
