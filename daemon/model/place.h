/* place.h: where things are: a path like "b3/u1/1204" (building, unit, dwelling) or "b3/pump-room". Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

/* A declared place (a building). Only a path's first segment must be declared. */
struct place {
	const char *id, *name;
	int floors; /* 0 where it was not said */
	const char *const *units;
	size_t unit_count;
	struct diag_at at;
};

#define PLACE_PATH_MAX 128
bool place_path_valid(const char *path);                   /* ids joined by '/', at most 6 segments */
bool place_contains(const char *outer, const char *inner); /* equal, or inner lies below outer */
size_t place_first_len(const char *path);                  /* length of the first segment */
/* Floor of a dwelling by its number: 1204 is 12, 302 is 3, 0302 is 3; 0 where it cannot be told. */
int place_floor(const char *path);
