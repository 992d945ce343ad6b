/* build_point.h: the points of one profile: where each stands, what type it has, whether that fits the class. */
#pragma once

#include "conf/build.h"

struct build_point_set {
	struct build *b;
	struct fields *profile;          /* as it was read */
	const struct build_class *class; /* NULL: unknown, an error was told */
	struct map *names;               /* name → struct diag_at in the arena */
	struct profile_point *points;    /* grows */
	size_t count, room;
	struct build_profile *built; /* what was seen is noted here */
};

#define BUILD_POINT_MAX 100000 /* in one profile */

/* Adds the points of one entry of the profile's list (several where it repeats). */
void build_point_add(struct build_point_set *set, struct fields *f);
