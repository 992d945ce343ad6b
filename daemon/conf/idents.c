/* idents.c: see idents.h. */
#include "conf/idents.h"

#include "base/str.h"

void idents_init(struct idents *i, struct arena *a)
{
	*i = (struct idents){ .arena = a, .by_id = map_new() };
}

void idents_fini(struct idents *i)
{
	map_free(i->by_id);
	*i = (struct idents){ 0 };
}

struct ident *idents_add(struct idents *i, const char *id, struct diag_at at)
{
	struct ident *one;

	if (map_find(i->by_id, id))
		return NULL;
	one = ARENA_NEW(i->arena, struct ident);
	*one = (struct ident){ .id = id, .at = at };
	map_put(i->by_id, one->id, one);
	return one;
}

struct ident *idents_find(const struct idents *i, const char *id)
{
	return map_find(i->by_id, id);
}

/* The map has no order: of equally near ones the first by name is taken, so that messages are always the same. */
const char *idents_nearest(const struct idents *i, const char *id)
{
	const char *best = NULL;
	unsigned distance = 0;
	size_t position = 0;
	struct ident *one;

	while ((one = map_next(i->by_id, &position))) {
		struct str_nearest nearest = { .word = id };

		str_nearest_try(&nearest, one->id);
		if (!nearest.best || (best && (nearest.distance > distance ||
					       (nearest.distance == distance && strcmp(one->id, best) > 0))))
			continue;
		best = one->id;
		distance = nearest.distance;
	}
	return best;
}
