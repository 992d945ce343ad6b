#include "care/stair.h"

#include <stdio.h>
#include <string.h>

static const struct place *building_of(const struct stair_places *p, const char *path)
{
	size_t len = place_first_len(path);

	for (size_t i = 0; i < p->count; i++)
		if (strlen(p->places[i].id) == len && !strncmp(p->places[i].id, path, len))
			return &p->places[i];
	return NULL;
}

static bool is_unit(const struct place *building, const char *name, size_t len)
{
	for (size_t i = 0; building && i < building->unit_count; i++)
		if (strlen(building->units[i]) == len && !strncmp(building->units[i], name, len))
			return true;
	return false;
}

const char *stair_of(const struct stair_places *p, const char *path, char *buf)
{
	const struct place *building = building_of(p, path);
	size_t first = place_first_len(path), second = path[first] ? strcspn(path + first + 1, "/") : 0;
	size_t whole = first + 1 + second;
	bool unit;

	/* Where nobody says which units there are: what has something below it is one, and what is no dwelling may be. */
	if (building && building->unit_count)
		unit = second && is_unit(building, path + first + 1, second);
	else
		unit = second && (path[whole] || !place_floor(path));
	snprintf(buf, PLACE_PATH_MAX, "%.*s", (int)(unit ? whole : first), path);
	return buf;
}

bool stair_serves(const struct stair_places *p, const char *at, const char *home)
{
	char stair[PLACE_PATH_MAX], other[PLACE_PATH_MAX];

	if (place_contains(at, home))
		return true;
	if (place_floor(at) > 0)
		return false; /* a home of its own */
	return place_contains(stair_of(p, at, stair), stair_of(p, home, other));
}
