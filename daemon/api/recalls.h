/* recalls.h: the history of a point: its samples, or the least, average and greatest of windows. Main thread. */
#pragma once

#include "api/inside.h"

void recalls_get(struct call *x); /* GET /v1/points/{point}/history */
