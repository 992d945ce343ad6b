/* cause.h: why requests fail, counted, and in plain words what to do about each. Pure. */
#pragma once

#include "field/exchange.h"

enum cause {
	CAUSE_SILENT, /* no answer in time */
	CAUSE_LATE,   /* an answer after its time */
	CAUSE_CRC,
	CAUSE_TRANSACTION, /* answers that were not to the request: the first check that failed */
	CAUSE_PROTOCOL,
	CAUSE_UNIT,
	CAUSE_FUNCTION,
	CAUSE_LENGTH,
	CAUSE_HALF,
	CAUSE_GARBAGE,
	CAUSE_FLOOD,
	CAUSE_ILLEGAL,   /* exceptions 1, 2, 3 */
	CAUSE_FAILURE,   /* 4, and those that have no name */
	CAUSE_BUSY,      /* 5, 6 */
	CAUSE_NO_PATH,   /* 10 */
	CAUSE_NO_ANSWER, /* 11 */
	CAUSE_LINK,      /* the connection or the adapter went away */
	CAUSE_REFUSED,   /* it could not be opened */
	CAUSE_NOISE,     /* a second reading did not agree with the first */
	CAUSE_SKIPPED,   /* the bus was too busy to ask */
	CAUSES
};

/* Of an exchange that did not end with an answer. */
enum cause cause_of(const struct exchange_result *x);
enum cause cause_of_fault(enum answer_fault f);
const char *cause_name(enum cause c); /* "silent", "late", "crc" … */
const char *cause_text(enum cause c); /* what it is, and what to do */
