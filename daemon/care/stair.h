/* stair.h: the part of a building that has its lifts and its door in common: the unit (单元), or the building where it has none. Pure. */
#pragma once

#include <stdbool.h>

#include "model/place.h"

/* The declared places, for their units. Lent. */
struct stair_places {
	const struct place *places;
	size_t count;
};

/* "b3/u1" of "b3/u1/1204", "b3" of "b3/pump-room" and of "b5/1204"; buf of PLACE_PATH_MAX, returns it. */
const char *stair_of(const struct stair_places *p, const char *path, char *buf);
/* Whether what stands at one place is there for whom lives at the other: it stands around it, or beside its stairs; what is in
 * a plant room is there for the whole building. */
bool stair_serves(const struct stair_places *p, const char *at, const char *home);
