/* roster.h: who watches what: every rule on every device that it concerns, found by id and by the points that it reads.
 * Pure; owned by the evaluator and private to it.
 *
 * Invariant: after roster_index no watcher that reads a point comes or goes; those that are told from outside (supervision)
 * read none and may come at any time. */
#pragma once

#include "alarm/evaluator.h"
#include "alarm/watcher.h"

struct roster {
	struct watcher_world *world; /* lent */
	struct map *built_in;        /* rules without an expression, by id */
	struct watcher **watchers;
	size_t count, room;
	struct map *by_id;
	struct map *devices; /* by id */
	/* Which watchers read a point: readers[first[p]] … readers[first[p + 1] - 1]. */
	uint32_t *first;
	struct watcher **readers;
	struct roster_link **links; /* that some watcher asks for */
	size_t link_count;
	struct roster_link **link_of; /* by point; NULL: nobody asks; itself NULL where nobody asks for any */
};

/* The bus or plugin of some devices: lost when all their points are. */
struct roster_link {
	const void *way; /* the struct bus or plugin */
	const char *id;  /* of it; lent */
	bool plugin;
	enum expr_link state;
	uint32_t *points;
	size_t point_count, point_room;
	size_t alive; /* where one was found last that is not lost */
	struct watcher **watchers;
	size_t count, room;
};

/* world: its table and sources are there already. rules and devices are lent. */
void roster_init(struct roster *r, struct watcher_world *world, struct evaluator_rules rules,
		 struct device_list devices);
void roster_fini(struct roster *r);

struct watcher *roster_find(const struct roster *r, const char *rule, const char *asset); /* or NULL */
/* Watchers of built-in rules come into being with their first condition. NULL: no such rule. */
struct watcher *roster_find_or_add(struct roster *r, const char *rule, const char *asset);
/* A reading of that point came: its link, where that is lost or back by it; NULL: as before, or nobody asks. */
struct roster_link *roster_link_changed(struct roster *r, uint32_t point);
/* What another roster (of the configuration before) knew of the same buses and plugins, where this one knows nothing yet:
 * points that never had a value say nothing again. */
void roster_carry_links(struct roster *r, const struct roster *from);
/* Those that read a point. Lent. */
static inline struct watcher **roster_readers(const struct roster *r, uint32_t point, size_t *ret_count)
{
	*ret_count = r->first[point + 1] - r->first[point];
	return r->readers + r->first[point];
}
