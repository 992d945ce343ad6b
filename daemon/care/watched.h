/* watched.h: the watched dwellings, in order of their places. Pure; owned by care.c. */
#pragma once

#include "care/home.h"

struct watched {
	struct home **all; /* owned */
	size_t count;
};

void watched_fini(struct watched *d);
struct home *watched_find(const struct watched *d, const char *place); /* or NULL */
struct home *watched_around(const struct watched *d,
			    const char *place);         /* the one that the place is or lies in, or NULL */
void watched_add(struct watched *d, const char *place); /* fine where it is there */
