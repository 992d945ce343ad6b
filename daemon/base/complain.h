/* complain.h: says a trouble once when it begins and once when it is over, with how long it was and how often it came.
 *
 *   quiet --complain--> complaining --complain_resolved--> quiet      The owner of the trouble owns it; one thread.
 *
 * A trouble that comes and goes all the time is said ever more rarely (after five comings and goings: 1 min, 2 min …
 * 30 min apart), and how often it came meanwhile. What was said last may then be out of date, so both calls are made
 * again and again while things stay as they are: the first one that may speak puts it right. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/util.h"

struct complaint {
	bool open;
	int64_t since_us; /* monotonic */
	uint64_t repeats; /* complaints after the first */
	/* What was said: */
	bool said_open;
	int64_t said_us, hold_us; /* when; not again before hold_us have passed */
	unsigned quick;           /* said in quick succession */
	uint64_t unsaid;          /* times that it came and nobody was told */
};

/* Logs a warning (or as the id says) if c was quiet, else counts. Returns true when it logged. */
#define complain(c, ...)                 complain_write(c, LOG_HEAD(LOG_LEVEL_WARNING, LOGID_NONE, NULL), __VA_ARGS__)
#define complain_as(c, id_, about_, ...) complain_write(c, LOG_HEAD((enum log_level)0, id_, about_), __VA_ARGS__)
/* Logs a notice "<text> after 26 min, 52 times" if c was open. Returns true when it logged. */
#define complain_resolved(c, ...) complain_write_resolved(c, LOG_HEAD(LOG_LEVEL_NOTICE, LOGID_NONE, NULL), __VA_ARGS__)
#define complain_resolved_as(c, id_, about_, ...) \
	complain_write_resolved(c, LOG_HEAD((enum log_level)0, id_, about_), __VA_ARGS__)

bool complain_write(struct complaint *c, const struct log_head *head, const char *fmt, ...) _printf_(3, 4);
bool complain_write_resolved(struct complaint *c, const struct log_head *head, const char *fmt, ...) _printf_(3, 4);

/* The same without words, for tests: true when it is to be said at that moment. */
bool complain_opens(struct complaint *c, int64_t now_us);
bool complain_closes(struct complaint *c, int64_t now_us);
