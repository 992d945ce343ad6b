/* timeset.h: the wall clock over the API: what it says and how far it can be trusted; setting it by hand. Main thread. */
#pragma once

#include "api/inside.h"

void timeset_get(struct call *x);  /* GET  /v1/clock */
void timeset_post(struct call *x); /* POST /v1/clock {"time":"2026-11-22T03:00:00+08:00"} */
