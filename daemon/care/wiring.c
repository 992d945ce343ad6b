#include "care/wiring.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

void wiring_fini(struct wiring *w)
{
	free(w->of);
	free(w->senses);
	*w = (struct wiring){ .of = NULL };
}

static const struct senses_row *row_of(const struct device *d, size_t point)
{
	return senses_find(d->class->id, d->profile->points[point].name);
}

/* A device that is only of a class has all of its points, and most say but some of them: which they are is seen as they speak. */
static uint32_t better_than(const struct device *d, const struct senses_row *row)
{
	for (size_t i = 0; row->unless && i < d->profile->point_count; i++)
		if (str_equal(d->profile->points[i].name, row->unless))
			return d->first_point + (uint32_t)i;
	return WIRING_NONE;
}

static void add(struct wiring *w, size_t point, const struct wiring_sense *s)
{
	if (w->count == w->room) {
		w->room = w->room ? w->room * 2 : 64;
		w->senses = mem_realloc(w->senses, w->room, sizeof(*w->senses));
	}
	w->senses[w->count++] = *s;
	w->of[point] = (uint32_t)w->count;
}

/* A dwelling of that building; its pump is theirs. */
static const struct home *served_by(const struct watched *watched, const struct device *pump)
{
	size_t len = place_first_len(pump->place);

	for (size_t i = 0; i < watched->count; i++)
		if (place_first_len(watched->all[i]->place) == len &&
		    !strncmp(watched->all[i]->place, pump->place, len))
			return watched->all[i];
	return NULL;
}

static void wire_pump(struct wiring *w, const struct watched *watched, const struct device *d)
{
	const struct home *h = served_by(watched, d);

	for (size_t i = 0; h && i < d->profile->point_count; i++)
		if (str_equal(d->profile->points[i].name, "fault"))
			add(w, d->first_point + i,
			    &(struct wiring_sense){ .home = (uint32_t)h->building, .device = w->pumps++ });
}

static void wire_sensor(struct wiring *w, const struct watched *watched, const struct device *d)
{
	struct home *h = watched_around(watched, d->place);
	struct wiring_sense s = { .device = SIGN_DEVICE_NONE };
	uint16_t kinds = 0;

	for (size_t i = 0; h && i < d->profile->point_count; i++) {
		const struct senses_row *row = row_of(d, i);

		kinds |= row ? (uint16_t)(1U << row->kind) : 0;
	}
	s.device = kinds ? home_bind(h, d, kinds) : SIGN_DEVICE_NONE;
	if (s.device == SIGN_DEVICE_NONE)
		return;
	s.home = h->index;
	for (size_t i = 0; i < d->profile->point_count; i++) {
		s.row = row_of(d, i);
		if (!s.row)
			continue;
		s.better = better_than(d, s.row);
		add(w, d->first_point + i, &s);
	}
}

void wiring_make(struct wiring *w, const struct watched *watched, struct device_list devices, size_t points)
{
	wiring_fini(w);
	if (!watched->count)
		return;
	w->of = mem_array(points + 1, sizeof(*w->of));
	w->points = points;
	for (size_t i = 0; i < watched->count; i++) {
		watched->all[i]->index = (uint32_t)i;
		home_unbind(watched->all[i]);
	}
	for (size_t i = 0; i < devices.count; i++) {
		if (str_equal(devices.devices[i].class->id, "pump"))
			wire_pump(w, watched, &devices.devices[i]);
		else
			wire_sensor(w, watched, &devices.devices[i]);
	}
	for (size_t i = 0; i < watched->count; i++)
		home_bound(watched->all[i]);
}

const struct wiring_sense *wiring_find(const struct wiring *w, uint32_t point)
{
	return point < w->points && w->of[point] ? &w->senses[w->of[point] - 1] : NULL;
}
