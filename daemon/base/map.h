/* map.h: string keys to pointers. Keys and values are lent: whoever owns them keeps them alive. Single owner. */
#pragma once

#include <stddef.h>

#include "base/util.h"

struct map;

struct map *map_new(void);
void map_free(struct map *m); /* not the values */
UTIL_DEFINE_CLEANUP(struct map *, map_free);

void *map_put(struct map *m, const char *key, void *value); /* value not NULL; returns the value it replaced, or NULL */
void *map_find(const struct map *m, const char *key);       /* or NULL */
void *map_remove(struct map *m, const char *key);           /* what was there, or NULL */
size_t map_count(const struct map *m);
/* Walk in no particular order; *position starts at 0; NULL at the end. Nothing may be put or removed meanwhile. */
void *map_next(const struct map *m, size_t *position);
