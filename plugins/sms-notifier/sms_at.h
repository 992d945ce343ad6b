/* sms_at.h: what a modem says on its serial line, as lines and words (3GPP TS 27.005, 27.007). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMS_AT_LINE_MAX 1024

enum sms_at_event {
	SMS_AT_NOTHING,
	SMS_AT_LINE,   /* a whole line, without its end; empty ones are passed over */
	SMS_AT_PROMPT, /* "> ": it waits for a PDU */
};

/* Zeroed at first. What is no printable ASCII is left out, so noise on the line makes no odd texts. */
struct sms_at_reader {
	char line[SMS_AT_LINE_MAX];
	size_t len;
	bool done; /* the line was given: the next character begins another */
	bool skipping;
	uint64_t too_long; /* lines skipped */
};

/* One character as it came. After SMS_AT_LINE the line stands in r->line until the next call. */
enum sms_at_event sms_at_take(struct sms_at_reader *r, char c);

enum sms_at_end {
	SMS_AT_MORE, /* not the end of an answer */
	SMS_AT_OK,
	SMS_AT_ERROR,
};

struct sms_at_error {
	enum { SMS_AT_PLAIN, SMS_AT_CME, SMS_AT_CMS } kind;
	int code; /* -1: none was said */
};

/* Is the line the end of an answer? */
enum sms_at_end sms_at_end(const char *line, struct sms_at_error *ret_error);
#define SMS_AT_ERROR_TEXT_MAX 96
/* "no network service (CMS 331)". */
void sms_at_error_text(const struct sms_at_error *e, char ret_text[static SMS_AT_ERROR_TEXT_MAX]);
/* The same message may go a moment later. */
bool sms_at_is_passing(const struct sms_at_error *e);

/* What stands behind "+CSQ:", without blanks; NULL: the line begins otherwise. */
const char *sms_at_behind(const char *line, const char *prefix);
/* The numbers of a list, "0,1,\"1A2B\",7": as many as are asked for and are there, -1 where a member is none. */
unsigned sms_at_numbers(const char *list, unsigned count, int ret_numbers[]);
/* The modem has begun anew by itself: a line that it says at power-up only. */
bool sms_at_is_restart(const char *line);
/* "+CSQ: 17,99" as dBm; 0: not known. */
int sms_at_dbm(int rssi);
