/* sdk_uplink_talk.h: for uplinks: what is said to the daemon about the batches that it wants delivered. Main thread. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sdk/sdk_host.h"
#include "sdk/sdk_uplink.h"

struct sdk_uplink_talk { /* lent: host, queue */
	struct sdk_host *host;
	struct sdk_uplink *queue;
	uint64_t refused, aside;
};

/* Rows of an uplink's option table that the daemon itself acts on: nobody here reads them. A member `daemon` of its `struct settings`. */
struct sdk_uplink_daemon {
	bool names, all_homes;
	int64_t few;
};
#define SDK_UPLINK_OPTIONS                                                                                    \
	{ "lanes", SDK_OPTION_LIST, .words = "alarm data", .help = "lanes that it takes, all if not given" }, \
		{ "names", SDK_OPTION_BOOLEAN, .offset = offsetof(struct settings, daemon.names),             \
		  .help = "it may have name, place and sentence in an open alarm of priority 1 or 2" },       \
		{ "all_homes", SDK_OPTION_BOOLEAN, .offset = offsetof(struct settings, daemon.all_homes),     \
		  .help = "alarms of homes where nobody is registered are by pseudonym too" },                \
		{ "few",                                                                                      \
		  SDK_OPTION_INTEGER,                                                                         \
		  .fallback = "5",                                                                            \
		  .offset = offsetof(struct settings, daemon.few),                                            \
		  .min = 1,                                                                                   \
		  .max = 1000,                                                                                \
		  .help = "counts of fewer residents than that do not leave" },                               \
	{                                                                                                     \
		"kinds", SDK_OPTION_LIST, .words = "alarm event summary health inventory gap",                \
					  .help = "kinds of messages that it takes, all if not given"         \
	}

/* A "deliver" of the daemon: 0, it is in the queue; or -errno of sdk_uplink_add, and it was refused (but for -EEXIST). */
int sdk_uplink_talk_take(struct sdk_uplink_talk *t, const json_t *deliver);
/* Says "delivered" of all batches that are done, and "refused" of what is set aside, as far as there is room; again when
 * there is room. */
void sdk_uplink_talk_delivered(struct sdk_uplink_talk *t);
/* delivered, held_batches, held_bytes, refused, set_aside. */
void sdk_uplink_talk_counters(const struct sdk_uplink_talk *t, json_t *counters);
