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

/* What the points of a profile say: thousands of devices have the same. */
struct profile_senses {
	const struct profile *profile;
	const struct class *class;
	const struct senses_row **rows; /* by point */
	uint16_t kinds;                 /* set, 1 << enum sign_kind */
};
struct known_profiles {
	struct profile_senses *all;
	size_t count;
};

static const struct profile_senses *senses_of(struct known_profiles *known, const struct device *d)
{
	struct profile_senses *one;

	for (size_t i = 0; i < known->count; i++)
		if (known->all[i].profile == d->profile && known->all[i].class == d->class)
			return &known->all[i];
	known->all = mem_realloc(known->all, known->count + 1, sizeof(*known->all));
	one = &known->all[known->count++];
	*one = (struct profile_senses){ .profile = d->profile, .class = d->class };
	one->rows = mem_array(d->profile->point_count + 1, sizeof(*one->rows));
	for (size_t i = 0; i < d->profile->point_count; i++) {
		one->rows[i] = senses_find(d->class->id, d->profile->points[i].name);
		one->kinds |= one->rows[i] ? (uint16_t)(1U << one->rows[i]->kind) : 0;
	}
	return one;
}

static void forget_profiles(struct known_profiles *known)
{
	for (size_t i = 0; i < known->count; i++)
		free(known->all[i].rows);
	free(known->all);
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

/* The devices of a dwelling mostly stand one after another in the configuration. */
static struct home *around(const struct watched *watched, const struct device *d, struct wiring *w)
{
	if (!w->last_place || !str_equal(w->last_place, d->place)) {
		w->last_place = d->place;
		w->last_home = watched_around(watched, d->place);
	}
	return w->last_home;
}

static void wire_sensor(struct wiring *w, const struct watched *watched, const struct device *d,
			const struct profile_senses *senses)
{
	struct home *h = senses->kinds ? around(watched, d, w) : NULL;
	struct wiring_sense s = { .device = h ? home_bind(h, d, senses->kinds) : SIGN_DEVICE_NONE };

	if (s.device == SIGN_DEVICE_NONE)
		return;
	s.home = h->index;
	for (size_t i = 0; i < d->profile->point_count; i++) {
		s.row = senses->rows[i];
		if (!s.row)
			continue;
		s.better = better_than(d, s.row);
		add(w, d->first_point + i, &s);
	}
}

void wiring_make(struct wiring *w, const struct watched *watched, struct device_list devices, size_t points)
{
	struct known_profiles known = { .count = 0 };

	wiring_fini(w);
	if (!watched->count)
		return;
	w->of = mem_array(points + 1, sizeof(*w->of));
	w->points = points;
	for (size_t i = 0; i < watched->count; i++) {
		watched->all[i]->index = (uint32_t)i;
		home_bind_begin(watched->all[i]);
	}
	for (size_t i = 0; i < devices.count; i++) {
		if (str_equal(devices.devices[i].class->id, "pump"))
			wire_pump(w, watched, &devices.devices[i]);
		else
			wire_sensor(w, watched, &devices.devices[i], senses_of(&known, &devices.devices[i]));
	}
	forget_profiles(&known);
	w->last_place = NULL;
	for (size_t i = 0; i < watched->count; i++)
		home_bind_end(watched->all[i]);
}

const struct wiring_sense *wiring_find(const struct wiring *w, uint32_t point)
{
	return point < w->points && w->of[point] ? &w->senses[w->of[point] - 1] : NULL;
}
