#include "app/allocation.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"

static void *again(void *old, size_t size)
{
	return mem_realloc(old, size, 1);
}

void allocation_strict(void)
{
	json_set_alloc_funcs(mem_alloc, free);
	event_set_mem_functions(mem_alloc, again, free);
}
