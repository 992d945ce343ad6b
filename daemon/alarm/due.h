/* due.h: what is due next: a binary heap of times, each item knowing its place so that it can move. Pure.
 *
 * Items are embedded in what they belong to and owned by it; the heap owns only its array. Invariant: an item's slot is
 * its place + 1, or 0 when it is not in the heap; no item is due before its parent. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct due_item {
	int64_t at_us;
	uint32_t slot;
};

struct due {
	struct due_item **items;
	size_t count, room;
};

void due_fini(struct due *d);
/* Puts the item in, or moves it to another time. INT64_MAX is a time like others: last. */
void due_set(struct due *d, struct due_item *item, int64_t at_us);
void due_remove(struct due *d, struct due_item *item); /* fine when it is not in */
struct due_item *due_first(const struct due *d);       /* or NULL */
