#include "app/occurrence.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "upstream/happened.h"

/* How many of a point have left of late. */
struct source {
	char *point;
	struct happened happened;
};

struct occurrence_book {
	struct map *by_point; /* of struct source */
	struct source **sources;
	size_t source_count;
	struct occurrence *waiting; /* first … count - 1 */
	size_t first, count;
	uint64_t skipped;
};

struct occurrence_book *occurrence_new(void)
{
	struct occurrence_book *b = MEM_NEW(struct occurrence_book);

	b->by_point = map_new();
	return b;
}

static void source_free(struct source *s)
{
	free(s->point);
	free(s);
}

void occurrence_free(struct occurrence_book *b)
{
	struct occurrence o;

	if (!b)
		return;
	while (occurrence_take(b, &o))
		free(o.payload);
	for (size_t i = 0; i < b->source_count; i++)
		source_free(b->sources[i]);
	free(b->sources);
	map_free(b->by_point);
	free(b);
}

static struct source *source_of(struct occurrence_book *b, const char *point)
{
	struct source *s = map_find(b->by_point, point);

	if (s)
		return s;
	s = MEM_NEW(struct source);
	s->point = mem_strdup(point);
	b->sources = mem_realloc(b->sources, b->source_count + 1, sizeof(struct source *));
	b->sources[b->source_count++] = s;
	map_put(b->by_point, s->point, s);
	return s;
}

void occurrence_see(struct occurrence_book *b, const struct point *p, int64_t now_us)
{
	uint64_t skipped;

	if (!happened_may_leave(p))
		return;
	if (!happened_leaves(&source_of(b, p->name)->happened, now_us, &skipped)) {
		b->skipped++;
		return;
	}
	b->waiting = mem_realloc(b->waiting, b->count + 1, sizeof(*b->waiting));
	b->waiting[b->count++] = (struct occurrence){ .payload = happened_payload(p, skipped),
						      .at = { .wall_us = p->at_us, .mono_us = p->mono_us } };
}

bool occurrence_any(const struct occurrence_book *b)
{
	return b && b->count > 0;
}

bool occurrence_take(struct occurrence_book *b, struct occurrence *ret)
{
	if (b->count == 0)
		return false;
	*ret = b->waiting[b->first++];
	if (b->first == b->count) {
		free(steal(&b->waiting));
		b->first = b->count = 0;
	}
	return true;
}

void occurrence_rebind(struct occurrence_book *b, const struct point_table *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->source_count; i++)
		if (point_find(t, b->sources[i]->point)) {
			b->sources[kept++] = b->sources[i];
		} else {
			map_remove(b->by_point, b->sources[i]->point);
			source_free(b->sources[i]);
		}
	b->source_count = kept;
}

uint64_t occurrence_skipped(const struct occurrence_book *b)
{
	return b->skipped;
}
