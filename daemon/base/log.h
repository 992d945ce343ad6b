/* log.h: one sink for all logging of the process. A call never blocks: the sink drops and counts when it cannot write.
 *
 *   log_info("stopping: %s", name);
 *   log_event(LOGID_BUS_LOST, LOG_ABOUT(.bus = id), "bus %s: no answer", id);
 *
 * Log edges, not repeats (complain.h). Every message that a person may act on has an id (logid.h) that also gives its
 * level, and says what it is about in fields: the journal keeps both apart from the text. Whatever is said too often
 * from one place of the code is cut short and counted (storm.h); only debug and life-safety alarms are not.
 * Threads: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/logid.h"
#include "base/storm.h"
#include "base/util.h"

/* What a line is about; texts are lent for the call. What is not said is NULL, or 0. */
struct log_about {
	const char *bus, *device, *plugin, *alarm, *rule, *uplink, *file, *who;
	unsigned unit;
};
#define LOG_ABOUT(...) (&(const struct log_about){ __VA_ARGS__ })

/* A place of the code that logs; made by the macros below, one each. Ours, under our lock. */
struct log_site {
	const char *file;
	int line, room; /* room: 1 + enum log_room, 0: not looked at yet */
	struct storm storm;
	struct log_site *next; /* of those in a storm */
};

/* One line on its way. file and func live for ever, all else is lent. */
struct log_entry {
	enum log_level level;
	enum logid id;
	enum log_room room;
	const struct log_about *about; /* or NULL */
	const char *file, *func;       /* file below daemon/: "field/poller.c" */
	int line;
	const char *text;
};

struct log_sink {
	void (*write)(void *context, const struct log_entry *entry); /* thread-safe, must not block */
	void *context;
};

/* Without a sink the log goes to stderr as "<3>text" when JOURNAL_STREAM is set, else with the level's name. */
void log_set_sink(const struct log_sink *sink);
void log_set_level(enum log_level level); /* of all rooms; default: info */
void log_set_room(enum log_room room, enum log_level level);
enum log_level log_level(enum log_room room);
bool log_next_field(const struct log_about *about, unsigned *position, const char **ret_name, const char **ret_value);
uint64_t log_dropped(void);    /* lines that stderr did not take; a sink counts its own */
uint64_t log_suppressed(void); /* lines left out in storms */
/* Says which storms are over; true while one goes on. About once a second, by whoever writes the log. */
bool log_tick(int64_t now_us);

/* What the macros call. */
struct log_head {
	struct log_site *site;
	const char *func;
	enum log_level level; /* 0: the id's */
	enum logid id;
	const struct log_about *about;
};
void log_say(const struct log_head *head, const char *fmt, ...) _printf_(2, 3);

#define LOG_HEAD(level_, id_, about_)                                                                                 \
	(&(const struct log_head){ .site = ({                                                                         \
					   static struct log_site log_site_ = { .file = __FILE__, .line = __LINE__ }; \
					   &log_site_;                                                                \
				   }),                                                                                \
				   .func = __func__,                                                                  \
				   .level = (level_),                                                                 \
				   .id = (id_),                                                                       \
				   .about = (about_) })
#define log_write(level_, ...)      log_say(LOG_HEAD(level_, (enum logid)0, NULL), __VA_ARGS__)
#define log_event(id_, about_, ...) log_say(LOG_HEAD((enum log_level)0, id_, about_), __VA_ARGS__)
#define log_error(...)              log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...)            log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)             log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)               log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)              log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
