/* logid.h: the messages that somebody acts on, in one table: a stable id for the journal (MESSAGE_ID), a name and a
 * level; and what levels and rooms there are. Logs nothing. What each message means and what to do stands in
 * systemd/catalog/, in English and Chinese. Immutable; any thread.
 *
 * An id is never given to another meaning: what goes away leaves a hole. */
#pragma once

/* Numbers are syslog's. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/* The rooms that log. A level is a room's; what else logs (main.c) counts as app. */
enum log_room { LOG_ROOM_API, LOG_ROOM_APP, LOG_ROOM_FIELD, LOG_ROOM_PLUGIN, LOG_ROOM_STORE, LOG_ROOMS };

/* What is configured: rooms[i] 0 is as all. */
struct log_plan {
	enum log_level all, rooms[LOG_ROOMS];
};

enum logid {
	LOGID_NONE,
	/* the daemon */
	LOGID_STARTED,
	LOGID_STOPPING,
	LOGID_CONF_REFUSED,
	LOGID_RELOADED,
	LOGID_RELOAD_REFUSED,
	LOGID_RELOAD_RETURNED,
	LOGID_RELOAD_CONFIRMED,
	LOGID_CONF_BEFORE,
	LOGID_CONF_UNKEPT,
	LOGID_CONF_KEPT,
	LOGID_SLOW,
	LOGID_SLOW_OVER,
	/* buses */
	LOGID_BUS_LOST,
	LOGID_BUS_BACK,
	LOGID_BUS_STUCK,
	LOGID_UNIT_SILENT,
	LOGID_UNIT_BACK,
	LOGID_UNIT_REFUSES,
	LOGID_BUS_OVERBOOKED,
	LOGID_BUS_FITS,
	LOGID_BUS_STANDBY,
	LOGID_CALLER_REFUSED,
	LOGID_BUS_PAUSED,
	LOGID_BUS_RESUMED,
	LOGID_POINT_WRITTEN,
	LOGID_POINT_NOT_WRITTEN,
	/* plugins */
	LOGID_PLUGIN_LOST,
	LOGID_PLUGIN_BACK,
	LOGID_PLUGIN_FAULT,
	LOGID_PLUGIN_HEALTHY,
	LOGID_PLUGIN_FLOOD,
	LOGID_PLUGIN_FLOOD_OVER,
	LOGID_PLUGIN_UNCONFINED,
	/* what is stored */
	LOGID_STORE_FAILED,
	LOGID_STORE_BACK,
	LOGID_STORE_STANDING,
	LOGID_STORE_SET_ASIDE,
	LOGID_DISK_FULL,
	LOGID_STORE_QUEUE_FULL,
	LOGID_STORE_QUEUE_TAKES,
	LOGID_CHANGES_LOST,
	LOGID_ALARMS_UNREAD,
	LOGID_SAMPLES_DROPPED,
	LOGID_SAMPLES_KEPT,
	/* what leaves */
	LOGID_UPLINK_REFUSES,
	LOGID_UPLINK_TAKES,
	LOGID_UPLINK_ASTRAY,
	LOGID_OUTBOX_DROPS,
	LOGID_OUTBOX_KEEPS,
	LOGID_AUDIT_BROKEN,
	/* the clock */
	LOGID_CLOCK_STEP,
	LOGID_CLOCK_UNSET,
	LOGID_CLOCK_RESTORED,
	LOGID_CLOCK_SYNCHRONISED,
	/* the API */
	LOGID_API_FLOOD,
	LOGID_API_CALM,
	/* alarms */
	LOGID_LIFE_SAFETY,
	LOGID_ALARM_RAISED,
	LOGID_ALARM_CHANGED,
	/* the log itself */
	LOGID_LOG_STORM,
	LOGID_LOG_STORM_OVER,
	LOGID_LOG_LOST,
	LOGID_LOG_LEVEL,
	LOGID_COUNT
};

const char *logid_uuid(enum logid id);                              /* 32 hex digits; NULL for LOGID_NONE */
const char *logid_name(enum logid id);                              /* "bus-lost"; "" for LOGID_NONE */
enum log_level logid_level(enum logid id);                          /* info for LOGID_NONE */
const char *logid_level_name(enum log_level level);                 /* "warning" */
int logid_level_parse(const char *name, enum log_level *ret_level); /* error warning notice info debug; or -EINVAL */
const char *logid_room_name(enum log_room room);                    /* "field" */
int logid_room_parse(const char *name, enum log_room *ret_room);    /* or -EINVAL */
