#include "care/watched.h"

#include <string.h>

#include "base/mem.h"

void watched_fini(struct watched *d)
{
	for (size_t i = 0; i < d->count; i++)
		home_free(d->all[i]);
	free(steal(&d->all));
	d->count = 0;
}

static struct home *find_len(const struct watched *d, const char *place, size_t len)
{
	size_t from = 0, to = d->count;

	while (from < to) {
		size_t middle = (from + to) / 2;
		int order = strncmp(place, d->all[middle]->place, len);

		if (!order && d->all[middle]->place[len])
			order = -1;
		if (!order)
			return d->all[middle];
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

struct home *watched_find(const struct watched *d, const char *place)
{
	return find_len(d, place, strlen(place));
}

struct home *watched_around(const struct watched *d, const char *place)
{
	for (size_t len = strlen(place);;) {
		struct home *h = find_len(d, place, len);

		if (h)
			return h;
		while (len && place[len - 1] != '/')
			len--;
		if (!len)
			return NULL;
		len--;
	}
}

void watched_add(struct watched *w, const char *place)
{
	size_t at = 0, to = w->count;

	while (at < to) {
		size_t middle = (at + to) / 2;
		int order = strcmp(place, w->all[middle]->place);

		if (!order)
			return;
		if (order < 0)
			to = middle;
		else
			at = middle + 1;
	}
	w->all = mem_realloc(w->all, w->count + 1, sizeof(struct home *));
	memmove(w->all + at + 1, w->all + at, (w->count - at) * sizeof(struct home *));
	w->all[at] = home_new(place);
	w->count++;
}
