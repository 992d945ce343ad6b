/* changes.h: what a new configuration changes in one row: key by key, before and after, and what a reload does with it.
 * Pure; the caller owns it; never logs. */
#pragma once

#include "conf/difference.h"
#include "conf/schema.h"

struct changes_key {
	char *key; /* "timeout", "text.zh", "points.level" */
	char *from,
		*to; /* as one would write it; "" where it was not said; both "" where it cannot be said in a line */
	enum schema_reload reload;
};

struct changes {
	struct changes_key *keys;
	size_t count;
};

/* Of a changed row; of one that was added or removed there is nothing to tell. In the order of the documentation. */
void changes_find(const struct difference_row *row, struct changes *ret_changes);
void changes_fini(struct changes *c);

/* The same bus in another configuration: nothing changes but what a reload takes over as it runs, so its connection may
 * stay. Decided by the reload column of the schema, as what changes_find says. */
bool changes_keep_bus(const struct bus *from, const struct bus *to);
/* The same plugin, with the same devices behind it: its process may stay. */
bool changes_keep_plugin(const struct conf *from, const struct plugin *a, const struct conf *to,
			 const struct plugin *b);
