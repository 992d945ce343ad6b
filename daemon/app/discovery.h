/* discovery.h: devices that plugins have heard of and nobody has configured yet. Main thread; live owns it. Not kept: a plugin
 * tells of them again after its start.
 *
 * Bounded, whatever a broker sends: 250 of one plugin and 1000 of all, the one that was told longest ago makes room; of each
 * a few short texts and fields. Logged is each address once, at most 40 in an hour.
 *
 * Invariant: no device of the configuration in force is among them. */
#pragma once

#include <jansson.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "plugin/supervisor.h"

struct discovery;

#define DISCOVERY_OF_PLUGIN_MAX 250
#define DISCOVERY_MAX           1000

struct discovery *discovery_new(void);
void discovery_free(struct discovery *d);
UTIL_DEFINE_CLEANUP(struct discovery *, discovery_free);

/* What a plugin says; all is lent for the call. */
struct discovery_heard {
	const char *plugin;
	const struct supervisor_discovery *what;
	const struct conf *conf; /* in force */
	struct clock_now now;
};
void discovery_heard(struct discovery *d, const struct discovery_heard *h);
/* Another configuration is in force: what it has, and what was heard by plugins that it has not, is forgotten. */
void discovery_rebind(struct discovery *d, const struct conf *conf);

size_t discovery_count(const struct discovery *d);
uint64_t discovery_dropped(const struct discovery *d); /* that made room for others */
/* {"plugin","address","name","vendor","model","battery","at","fields","profiles"}, the newest at 0; profiles: those that
 * say that they describe its model. NULL: none fits the glob (of address, name, model or plugin). The caller's. */
json_t *discovery_row(const struct discovery *d, const struct conf *conf, size_t index, const char *match);
