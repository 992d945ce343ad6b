#include "care/activity.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "care/senses.h"

#define NONE SIZE_MAX

/* A point, as what it says is understood. */
struct source {
	const struct device *sensor; /* as it was when it was asked */
	const char *point;
	const struct senses_row *row;
	uint16_t device;
	enum sign_room room;
	bool entrance;
	size_t better; /* the source that says it better, once it has spoken; NONE */
	bool spoke;
	struct value last;
};

struct activity {
	struct source *sources;
	size_t count, room;
	struct home_state *state; /* what sensors said before; of this picture alone */
	uint8_t ticks[ACTIVITY_DAYS][ACTIVITY_SLOTS][SIGN_ROOMS];
	bool heard[ACTIVITY_DAYS][ACTIVITY_SLOTS];
};

/* Of figures of the body, of hazards and of the weather inside nobody stirs. */
static bool is_of_people(const struct senses_row *row)
{
	return row && row->kind != SIGN_VITAL && row->kind != SIGN_HAZARD && row->kind != SIGN_CLIMATE;
}

static size_t find_source(const struct activity *a, uint16_t device, const char *point)
{
	for (size_t i = 0; point && i < a->count; i++)
		if (a->sources[i].device == device && str_equal(a->sources[i].point, point))
			return i;
	return NONE;
}

static void add_sensor(struct activity *a, const struct home_sensor *sensor, uint16_t index)
{
	const struct device *d = sensor->device;
	size_t first = a->count;

	for (size_t i = 0; i < d->profile->point_count; i++) {
		const char *point = d->profile->points[i].name;
		const struct senses_row *row = senses_find(d->class->id, point);

		if (!is_of_people(row))
			continue;
		if (a->count == a->room) {
			a->room = a->room ? a->room * 2 : 16;
			a->sources = mem_realloc(a->sources, a->room, sizeof(*a->sources));
		}
		a->sources[a->count++] = (struct source){ .sensor = d,
							  .point = point,
							  .row = row,
							  .device = index,
							  .room = sensor->room,
							  .entrance = sensor->entrance };
	}
	for (size_t i = first; i < a->count; i++)
		a->sources[i].better = find_source(a, index, a->sources[i].row->unless);
}

struct activity *activity_new(const struct home *h)
{
	struct activity *a = MEM_NEW(struct activity);

	a->state = MEM_NEW(struct home_state);
	for (unsigned i = 0; i < h->sensor_count; i++)
		if (h->sensors[i].device)
			add_sensor(a, &h->sensors[i], (uint16_t)i);
	return a;
}

void activity_free(struct activity *a)
{
	if (!a)
		return;
	free(a->sources);
	free(a->state);
	free(a);
}

size_t activity_count(const struct activity *a)
{
	return a->count;
}

struct activity_source activity_source(const struct activity *a, size_t index)
{
	return (struct activity_source){ a->sources[index].sensor, a->sources[index].point };
}

static void tick(struct activity *a, const struct activity_sample *s, enum sign_room room)
{
	uint8_t *ticks = &a->ticks[s->day][s->slot][room];

	*ticks += *ticks < ACTIVITY_MOST;
}

/* What care would have made of it when it was said. */
static void read_signs(struct activity *a, const struct activity_sample *s)
{
	struct source *from = &a->sources[s->source];
	struct point p = { .value = *s->value, .fired = true };
	struct sign signs[SENSES_MOST];
	size_t count = senses_read(&(struct senses_source){ from->row, from->device, a->state }, &p, signs);

	for (size_t i = 0; i < count && !s->test; i++) {
		signs[i].room = from->room;
		signs[i].entrance = from->entrance;
		if (sign_is_inside(&signs[i]))
			tick(a, s, from->room);
		else if (from->entrance && signs[i].kind == SIGN_CONTACT && signs[i].on)
			tick(a, s, SIGN_ROOM_ENTRANCE);
	}
}

void activity_take(struct activity *a, const struct activity_sample *s)
{
	struct source *from = &a->sources[s->source];
	bool same = from->spoke && value_equal(&from->last, s->value);

	if (!s->good)
		return;
	a->heard[s->day][s->slot] = true;
	from->spoke = true;
	from->last = *s->value;
	if ((same && s->repeats) || (from->better != NONE && a->sources[from->better].spoke))
		return;
	read_signs(a, s);
}

uint8_t activity_ticks(const struct activity *a, unsigned day, unsigned slot, enum sign_room room)
{
	return a->ticks[day][slot][room];
}

bool activity_heard(const struct activity *a, unsigned day, unsigned slot)
{
	return a->heard[day][slot];
}
