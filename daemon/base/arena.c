#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* Each block is half as large as what came before it, in these bounds: hundreds of small arenas are small, and the blocks of a
 * large one are so large that the system gets them back when they are freed (mallopt in app/live.c). */
#define BLOCK_MIN ((size_t)1024)
#define BLOCK_MAX ((size_t)64 * 1024)

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

struct arena {
	struct block *blocks; /* the one being filled is first */
	size_t used;
};

struct arena *arena_new(void)
{
	return MEM_NEW(struct arena);
}

static struct block *add_block(struct arena *a, size_t size)
{
	struct block *b = mem_zalloc(sizeof(*b) + size);

	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

struct arena *arena_new_for(size_t size)
{
	struct arena *a = arena_new();

	add_block(a, size);
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	while (a->blocks) {
		struct block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
	free(a);
}

static struct block *block_with_room(struct arena *a, size_t size)
{
	struct block *b = a->blocks;

	if (b && b->size - b->used >= size)
		return b;
	return add_block(a, MAX(size, MIN(MAX(a->used / 2, BLOCK_MIN), BLOCK_MAX)));
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	struct block *b;
	void *p;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + mask) & ~mask;
	b = block_with_room(a, size);
	p = b->data + b->used;
	b->used += size;
	a->used += size;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		abort();
	return arena_alloc(a, total);
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? memcpy(arena_alloc(a, strlen(s) + 1), s, strlen(s) + 1) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		abort();
	text = arena_alloc(a, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
