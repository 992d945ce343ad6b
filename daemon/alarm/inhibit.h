/* inhibit.h: which alarm explains which: what a rule names in `inhibited_by`, and the parent of what is supervised. Pure;
 * private to the evaluator.
 *
 * An alarm keeps another quiet while its condition holds (whatever people did to it), when its rule is named by the
 * other's, and it is
 * - of the same device; or
 * - of the bus or plugin that the other's device is behind; or
 * - of another class, at a place that covers the other's: the place above it, or any plant room (what is no declared unit)
 *   of the same building.
 * Supervision of a bus or plugin is the parent of that of its devices without being named.
 * Of the silent devices of one home the first to fall silent speaks for those that are no more urgent than it is: one alarm a
 * home. When it is back the next of them does.
 * - Life safety is never kept quiet. What only tests, or is out of service, keeps nothing real quiet.
 * - No circle: what a stands for cannot be quiet because of b while b is because of a. The first to come stays. */
#pragma once

#include "alarm/watcher.h"

/* One rule that explains others. */
struct inhibit_list {
	struct watcher **watchers;
	size_t count, room;
};
/* Those of its own that are at one place, which may be a home: few, however large the estate. */
struct inhibit_home {
	struct inhibit_list members;
	struct inhibit_list active; /* those whose condition holds, the first to begin first */
};
struct inhibit_source {
	struct inhibit_list active;    /* its watchers whose condition holds */
	struct inhibit_list listeners; /* those whose rules name it */
	struct inhibit_list children;  /* its own, of a device behind a bus or plugin */
	struct map *homes;             /* of children, by place; NULL: none yet */
};
void inhibit_source_free(struct inhibit_source *s);
void inhibit_sources_free(struct map *sources); /* all of them, by rule id, and the map */
/* A watcher comes into being; its rule's source is set already. */
void inhibit_add(struct watcher_world *world, struct watcher *w);

/* The first that keeps it quiet, or NULL. */
const struct alarm *inhibit_find(const struct watcher_world *world, const struct watcher *w);
/* Whether the condition of its alarm holds may have changed: noted; inhibit_changed looks at those that it concerns too. */
void inhibit_note(struct watcher *w);
void inhibit_changed(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn);
