/* recalls.h: the history of a point: its samples, or the least, average and greatest of windows. Main thread. */
#pragma once

#include "api/inside.h"

void recalls_get(struct call *x); /* GET /v1/points/{point}/history */
/* A moment of the query ("since", "until"; what was there before where it is not said), and how many rows it wants at most. False:
 * answered. */
bool recalls_time(struct call *x, const char *name, int64_t *us);
bool recalls_limit(struct call *x, size_t *limit);
