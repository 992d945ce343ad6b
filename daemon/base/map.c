/* map.c: open addressing with linear probing; removal shifts back, so there are no tombstones. Hashes are not kept: of a
 * hundred thousand names they would be megabytes, and only growth and removal would use them. */
#include "base/map.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct slot {
	const char *key; /* NULL: free */
	void *value;
};

struct map {
	struct slot *slots;
	size_t size; /* a power of two */
	size_t count;
};

/* FNV-1a, 32 bits. Keys come from the configuration, not from strangers. */
static uint32_t hash_of(const char *key)
{
	uint32_t h = 2166136261u;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h;
}

struct map *map_new(void)
{
	struct map *m = MEM_NEW(struct map);

	m->size = 16;
	m->slots = mem_array(m->size, sizeof(*m->slots));
	return m;
}

void map_free(struct map *m)
{
	if (!m)
		return;
	free(m->slots);
	free(m);
}

/* The slot of the key, or the free one where it would go. */
static struct slot *slot_of(const struct map *m, const char *key)
{
	size_t i = hash_of(key) & (m->size - 1);

	while (m->slots[i].key && strcmp(m->slots[i].key, key) != 0)
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

static void grow(struct map *m)
{
	struct slot *old = m->slots;
	size_t old_size = m->size;

	m->size *= 2;
	m->slots = mem_array(m->size, sizeof(*m->slots));
	for (size_t i = 0; i < old_size; i++)
		if (old[i].key)
			*slot_of(m, old[i].key) = old[i];
	free(old);
}

void *map_put(struct map *m, const char *key, void *value)
{
	struct slot *s;
	void *before;

	if ((m->count + 1) * 4 > m->size * 3)
		grow(m);
	s = slot_of(m, key);
	before = s->key ? s->value : NULL;
	if (!s->key)
		m->count++;
	*s = (struct slot){ .key = key, .value = value };
	return before;
}

void *map_find(const struct map *m, const char *key)
{
	const struct slot *s = slot_of(m, key);

	return s->key ? s->value : NULL;
}

void *map_remove(struct map *m, const char *key)
{
	struct slot *s = slot_of(m, key);
	void *value = s->value;
	size_t hole, i;

	if (!s->key)
		return NULL;
	hole = i = (size_t)(s - m->slots);
	for (;;) {
		size_t home;

		i = (i + 1) & (m->size - 1);
		if (!m->slots[i].key)
			break;
		home = hash_of(m->slots[i].key) & (m->size - 1);
		/* Move it back unless its home lies behind the hole. */
		if (((i - home) & (m->size - 1)) < ((i - hole) & (m->size - 1)))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole] = (struct slot){ 0 };
	m->count--;
	return value;
}

size_t map_count(const struct map *m)
{
	return m->count;
}

void *map_next(const struct map *m, size_t *position)
{
	while (*position < m->size) {
		const struct slot *s = &m->slots[(*position)++];

		if (s->key)
			return s->value;
	}
	return NULL;
}
