/* logline.h: one line of the log by value, as it waits in the queue of the log thread: its text, its fields, packed.
 * Pure; never logs. The fields are those of the journal:
 *
 *   MESSAGE  PRIORITY  MESSAGE_ID  CODE_FILE  CODE_LINE  CODE_FUNC  ESTATE_ROOM  ESTATE_EVENT  ESTATE_UNIT
 *   ESTATE_BUS  ESTATE_DEVICE  ESTATE_PLUGIN  ESTATE_ALARM  ESTATE_RULE  ESTATE_UPLINK  ESTATE_FILE  ESTATE_WHO */
#pragma once

#include <sys/uio.h>

#include "base/log.h"

#define LOGLINE_TEXT_MAX   1000
#define LOGLINE_FIELDS_MAX 400
#define LOGLINE_IOVEC_MAX  20
#define LOGLINE_WORDS_MAX  512

struct logline {
	enum log_level level;
	enum logid id;
	enum log_room room;
	unsigned unit;
	int line;
	int64_t wall_us;
	const char *file, *func; /* live for ever */
	size_t fields_len;
	char fields[LOGLINE_FIELDS_MAX]; /* "ESTATE_BUS=gw\0ESTATE_WHO=root\0" */
	char text[LOGLINE_TEXT_MAX];     /* begins with "MESSAGE=": the journal takes a field as one piece */
};

#define LOGLINE_MESSAGE "MESSAGE="

struct logline logline_of(const struct log_entry *entry, int64_t wall_us);
/* For sd_journal_sendv; returns how many. They point into line and words (of LOGLINE_WORDS_MAX bytes). */
int logline_compose(const struct logline *line, char *words, struct iovec *ret_parts);
/* "2026-11-22T03:00:00.120+08:00 warning: text\n"; returns the length. buf of LOGLINE_TEXT_MAX + 100. */
size_t logline_format(const struct logline *line, char *buf);
