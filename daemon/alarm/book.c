#include "alarm/book.h"

#include "base/mem.h"

void book_init(struct book *b)
{
	*b = (struct book){ .by_id = map_new() };
}

void book_fini(struct book *b)
{
	for (size_t i = 0; i < b->count; i++) {
		alarm_fini(b->alarms[i]);
		free(b->alarms[i]);
	}
	free(b->alarms);
	map_free(b->by_id);
	*b = (struct book){ 0 };
}

struct alarm *book_find(const struct book *b, const char *id)
{
	return map_find(b->by_id, id);
}

struct alarm *book_put(struct book *b, struct alarm *a)
{
	struct alarm *entry = book_find(b, a->id);

	if (entry) {
		map_remove(b->by_id, entry->id); /* its key is the old id's text */
		alarm_fini(entry);
	} else {
		if (b->count == b->room) {
			b->room = MAX((size_t)32, b->room * 2);
			b->alarms = mem_realloc(b->alarms, b->room, sizeof(struct alarm *));
		}
		entry = b->alarms[b->count++] = MEM_NEW(struct alarm);
	}
	*entry = *a;
	*a = (struct alarm){ 0 };
	map_put(b->by_id, entry->id, entry);
	return entry;
}

size_t book_open(const struct book *b)
{
	size_t open = 0;

	for (size_t i = 0; i < b->count; i++)
		open += b->alarms[i]->state != ALARM_NORMAL;
	return open;
}
