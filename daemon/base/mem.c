#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The log may need memory itself: a bare line, where a service manager and a person see it. */
static void *checked(void *p)
{
	static const char last_word[] = "out of memory: ends at once, to be started again\n";

	if (p)
		return p;
	if (write(STDERR_FILENO, last_word, sizeof(last_word) - 1) < 0)
		abort();
	abort();
}

void *mem_alloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *mem_zalloc(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *mem_array(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size));
}

void *mem_realloc(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count ? count : 1, size));
}

void *mem_dup(const void *data, size_t size)
{
	return memcpy(mem_alloc(size), data, size);
}

char *mem_strdup(const char *s)
{
	return s ? checked(strdup(s)) : NULL;
}

/* Not strndup: the text need not end, and a strict sanitizer looks for its end behind max. */
char *mem_strndup(const char *s, size_t max)
{
	size_t len = s ? strnlen(s, max) : 0;
	char *copy = s ? mem_alloc(len + 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}
