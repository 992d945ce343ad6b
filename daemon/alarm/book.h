/* book.h: all alarms by identity. Pure; owned by the evaluator.
 *
 * Holds every alarm that is not normal and those that were since start; at most one per rule and asset, so it is
 * bounded by the configuration. An alarm never moves in memory and never leaves. */
#pragma once

#include "alarm/alarm.h"
#include "base/map.h"

struct book {
	struct map *by_id;
	struct alarm **alarms; /* in the order in which they first came */
	size_t count, room;
};

void book_init(struct book *b);
void book_fini(struct book *b);

struct alarm *book_find(const struct book *b, const char *id); /* or NULL */
/* Takes over what a holds; an alarm of the same identity is replaced in place. */
struct alarm *book_put(struct book *b, struct alarm *a);
size_t book_open(const struct book *b); /* how many are not normal */
