/* arena.h: memory that is filled once and freed at once: configuration lives in one. Single owner, no locking. */
#pragma once

#include <stddef.h>

#include "base/util.h"

struct arena;

struct arena *arena_new(void);
/* The same where it is known how much it will be, about: one block, which a system that gives out untouched memory for nothing
 * does not have to find again in pieces. Too little is no mistake. */
struct arena *arena_new_for(size_t size);
void arena_free(struct arena *a);
UTIL_DEFINE_CLEANUP(struct arena *, arena_free);

void *arena_alloc(struct arena *a, size_t size);               /* cleared, aligned for anything */
void *arena_array(struct arena *a, size_t count, size_t size); /* cleared */
char *arena_strdup(struct arena *a, const char *s);            /* NULL gives NULL */
char *arena_printf(struct arena *a, const char *fmt, ...) _printf_(2, 3);
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type)          ((type *)arena_alloc(a, sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array(a, count, sizeof(type)))
