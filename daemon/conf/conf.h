/* conf.h: the configuration: estated.conf, conf.d, classes, profiles and rules become one immutable struct in one arena.
 *
 * Never logs: every mistake goes to the diag, all of a run. Threads: reading may run on any one thread; the result is
 * read-only and swapped whole. Reads files, nothing else. */
#pragma once

#include "alarm/rule.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/logid.h"
#include "model/contact.h"
#include "model/keeping.h"
#include "model/ladder.h"
#include "model/bus.h"
#include "model/device.h"
#include "model/estate.h"
#include "model/place.h"
#include "model/plugin.h"
#include "model/point.h"

/* What the log says. The one row of its group. */
struct conf_log {
	const char *id; /* "log" */
	bool said;      /* `level` was said */
	struct log_plan plan;
};

/* What waits for the uplinks. The one row of its group. */
struct conf_outbox {
	const char *id; /* "outbox" */
	int64_t bytes, age_us;
	int rate;              /* messages a second; 0: no limit */
	int64_t ack_within_us; /* an alarm that waits for longer is a fault of its uplink */
};

/* The control room's page. The one row of its group. */
struct conf_web {
	const char *id; /* "web" */
	const char *user;
};

/* The record of what was done. The one row of its group. */
struct conf_audit {
	const char *id; /* "audit" */
	int64_t age_us;
	int rows;
};

/* The kept samples. The one row of its group. */
struct conf_history {
	const char *id; /* "history" */
	struct keeping keeping;
};

struct conf {
	struct arena *arena;
	struct estate estate;
	struct conf_log log;
	struct conf_outbox outbox;
	struct conf_web web;
	struct conf_audit audit;
	struct conf_history history;
	struct place *places;
	size_t place_count;
	struct class *classes;
	size_t class_count;
	struct profile *profiles;
	size_t profile_count;
	struct bus *buses;
	size_t bus_count;
	struct plugin *plugins;
	size_t plugin_count;
	struct contact *contacts;
	size_t contact_count;
	struct contact_holiday *holidays;
	size_t holiday_count;
	struct ladder *ladders; /* those of the site in place of the shipped ones */
	size_t ladder_count;
	struct device *devices;
	size_t device_count;
	struct rule *rules; /* overrides already merged by id; disabled ones left out */
	size_t rule_count;
	size_t point_count;       /* of all devices */
	struct conf_index *index; /* conf.c's own */
};

/* path: the main file; data_dir: where the installed classes.conf, profiles/ and rules/ are. profiles/, rules/ and
 * conf.d/ beside the main file come before the installed ones. 0, -EINVAL with errors in d (warnings too), -ENOENT … */
int conf_load(const char *path, const char *data_dir, struct diag *d, struct conf **ret_conf);
/* The same, and the site's own files as one text (confcopy.h): kept, or read again instead of the files. Further errors:
 * -EAGAIN: a file was written while it was read, another try is worth it; -EBADMSG: what was kept is damaged. */
struct conf_source {
	const char *path, *data_dir;
	struct str_buf *copy; /* gets the copy; NULL: nobody wants it */
	const char *kept;     /* a copy, instead of the files; NULL: the files */
	size_t kept_len;
	/* Gets, where there are errors, what is right: for checks that have more to tell. Without an index: nothing can be
	 * found in it. NULL: nobody wants it. */
	struct conf **partial;
};
int conf_load_source(const struct conf_source *s, struct diag *d, struct conf **ret_conf);
void conf_free(struct conf *c);
UTIL_DEFINE_CLEANUP(struct conf *, conf_free);

const struct device *conf_find_device(const struct conf *c, const char *id);
const struct bus *conf_find_bus(const struct conf *c, const char *id);
const struct plugin *conf_find_plugin(const struct conf *c, const char *id);
static inline struct contact_list conf_people(const struct conf *c)
{
	return (struct contact_list){ c->contacts, c->contact_count, c->holidays, c->holiday_count };
}
static inline struct device_list conf_devices(const struct conf *c)
{
	return (struct device_list){ c->devices, c->device_count };
}
