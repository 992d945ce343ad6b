#include "alarm/due.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/util.h"

void due_fini(struct due *d)
{
	free(d->items);
	*d = (struct due){ 0 };
}

static void place(struct due *d, size_t at, struct due_item *item)
{
	d->items[at] = item;
	item->slot = (uint32_t)at + 1;
}

static void rise(struct due *d, size_t at)
{
	struct due_item *item = d->items[at];

	while (at > 0 && d->items[(at - 1) / 2]->at_us > item->at_us) {
		place(d, at, d->items[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(d, at, item);
}

static void sink(struct due *d, size_t at)
{
	struct due_item *item = d->items[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < d->count && d->items[child + 1]->at_us < d->items[child]->at_us)
			child++;
		if (child >= d->count || d->items[child]->at_us >= item->at_us)
			break;
		place(d, at, d->items[child]);
		at = child;
	}
	place(d, at, item);
}

void due_set(struct due *d, struct due_item *item, int64_t at_us)
{
	if (!item->slot) {
		if (d->count == d->room) {
			d->room = MAX((size_t)64, d->room * 2);
			d->items = mem_realloc(d->items, d->room, sizeof(struct due_item *));
		}
		place(d, d->count++, item);
	} else if (item->at_us == at_us) {
		return;
	}
	item->at_us = at_us;
	rise(d, item->slot - 1);
	sink(d, item->slot - 1);
}

void due_remove(struct due *d, struct due_item *item)
{
	size_t at = item->slot - 1;
	struct due_item *moved;

	if (!item->slot)
		return;
	item->slot = 0;
	if (at == --d->count)
		return;
	moved = d->items[d->count];
	place(d, at, moved);
	rise(d, at);
	sink(d, moved->slot - 1);
}

struct due_item *due_first(const struct due *d)
{
	return d->count ? d->items[0] : NULL;
}
