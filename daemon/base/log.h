/* log.h: one sink for all logging of the process. A call never blocks: the sink drops and counts when it cannot write.
 *
 * Log edges, not repeats (complain.h). Every message that a person may act on has a stable id (LOG_ID_…), used as
 * MESSAGE_ID in the journal; 0 elsewhere. Threads: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

/* Numbers are syslog's. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

struct log_sink {
	void (*write)(void *context, enum log_level level, const char *text); /* thread-safe, must not block */
	void *context;
};

/* Without a sink the log goes to stderr as "<3>text" when JOURNAL_STREAM is set, else with the level's name. */
void log_set_sink(const struct log_sink *sink);
void log_set_level(enum log_level level); /* default: info */
enum log_level log_level(void);
int log_level_parse(const char *name, enum log_level *ret_level); /* error warning notice info debug */
uint64_t log_dropped(void);

void log_write(enum log_level level, const char *fmt, ...) _printf_(2, 3);
#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
