/* mem.h: heap allocation for bounded sizes. Out of memory ends the process: systemd has it armed again within seconds,
 * and a half-allocated state would be worse. Sizes that come from outside are bounded before they come here. */
#pragma once

#include <stddef.h>

void *mem_alloc(size_t size);               /* not cleared */
void *mem_zalloc(size_t size);              /* cleared */
void *mem_array(size_t count, size_t size); /* cleared; aborts on overflow of count * size */
void *mem_realloc(void *old, size_t count, size_t size);
void *mem_dup(const void *data, size_t size);
char *mem_strdup(const char *s); /* NULL gives NULL */
char *mem_strndup(const char *s, size_t max);

#define MEM_NEW(type) ((type *)mem_zalloc(sizeof(type)))
