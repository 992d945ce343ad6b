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

struct ident *idents_spare(const struct idents *i, struct diag_at at)
{
	struct ident *one = ARENA_NEW(i->arena, struct ident);

	*one = (struct ident){ .id = "", .at = at, .spare = true };
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

		if (strchr(one->id, ':'))
			continue; /* one of our own */
		str_nearest_try(&nearest, one->id);
		if (!nearest.best || (best && (nearest.distance > distance ||
					       (nearest.distance == distance && strcmp(one->id, best) > 0))))
			continue;
		best = one->id;
		distance = nearest.distance;
	}
	return best;
}

#define SHOWN 8

/* The first ones by name; ids with a ':' are our own. Returns how many there are in all. */
static size_t first_by_name(const struct idents *i, const char **first)
{
	size_t position = 0, count = 0;
	const struct ident *one;

	while ((one = map_next(i->by_id, &position))) {
		const char *id = one->id;

		if (strchr(id, ':'))
			continue;
		for (size_t k = 0; k < MIN(count, (size_t)SHOWN); k++)
			if (strcmp(id, first[k]) < 0) {
				const char *after = first[k];

				first[k] = id;
				id = after;
			}
		if (count < SHOWN)
			first[count] = id;
		count++;
	}
	return count;
}

void idents_expect(const struct idents *i, const char *id, struct str_buf *to)
{
	const char *nearest = idents_nearest(i, id), *first[SHOWN];
	size_t count;

	if (nearest) {
		str_buf_printf(to, "; did you mean '%s'?", nearest);
		return;
	}
	count = first_by_name(i, first);
	str_buf_add(to, count == 0 ? "; there is none" : "; expected ");
	for (size_t k = 0; k < MIN(count, (size_t)SHOWN); k++)
		str_buf_printf(to, "%s%s", k == 0 ? "" : k + 1 == count ? " or " : ", ", first[k]);
	if (count > SHOWN)
		str_buf_printf(to, ", …");
}
