#include "care/watched.h"

#include <string.h>

#include "base/mem.h"
#include "base/search.h"
#include "base/str.h"

void watched_fini(struct watched *d)
{
	for (size_t i = 0; i < d->count; i++)
		home_free(d->all[i]);
	free(steal(&d->all));
	d->count = 0;
}

/* The beginning of a path. */
struct part {
	const char *place;
	size_t len;
};

static int compare(const void *key, const void *row)
{
	const struct part *p = key;
	const char *place = (*(struct home *const *)row)->place;
	int order = strncmp(p->place, place, p->len);

	return !order && place[p->len] ? -1 : order;
}

static size_t first(const struct watched *d, const struct part *p)
{
	return search_first(&(struct search_rows){ d->all, d->count, sizeof(*d->all), compare }, p);
}

static struct home *find_len(const struct watched *d, const char *place, size_t len)
{
	const struct part p = { place, len };
	size_t at = first(d, &p);

	return at < d->count && !compare(&p, &d->all[at]) ? d->all[at] : NULL;
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
	size_t at = first(w, &(struct part){ place, strlen(place) });

	if (at < w->count && str_equal(w->all[at]->place, place))
		return;
	w->all = mem_realloc(w->all, w->count + 1, sizeof(struct home *));
	memmove(w->all + at + 1, w->all + at, (w->count - at) * sizeof(struct home *));
	w->all[at] = home_new(place);
	w->count++;
}
