/* uplinks.h: the uplink instances and what each wants of all that leaves. Main thread; the outflow owns it. */
#pragma once

#include <jansson.h>

#include "model/plugin.h"
#include "model/status.h"
#include "upstream/envelope.h"

/* Options `lanes` and `kinds`: a list of words, or one; without them all. `names`: it may have names of residents (discretion.h);
 * `all_homes`: homes where nobody is registered are kept from it too; `few`: a count of fewer of them is none. */
struct uplink {
	char *id;
	json_t *lanes, *kinds; /* NULL: not said */
	bool names, all_homes;
	unsigned few;
};

struct uplinks {
	struct uplink *all; /* as many as the configuration names */
	size_t count;
};

void uplinks_fini(struct uplinks *u);
const struct uplink *uplinks_find(const struct uplinks *u, const char *instance); /* NULL: it is none that is known */
/* Lent until the next change. */
const struct uplink *uplinks_add(struct uplinks *u, const struct plugin *p);
/* Those that the configuration names now and that are known already, or that their program's name tells, with the options of
 * now. */
void uplinks_rebind(struct uplinks *u, const struct plugin *plugins, size_t count);
bool uplinks_wants(const struct uplink *u, enum envelope_lane lane, const char *kind);
/* Adds an empty row for each lane of an uplink that nothing was queued for yet; returns the new count. */
size_t uplinks_name_lanes(const struct uplinks *u, struct status_outbox *rows, size_t count, size_t max);
