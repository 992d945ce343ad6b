/* look.h: what a bus's own thread is asked for: why a point is as it is, the latest frames, the registers. Main thread. */
#pragma once

#include "api/inside.h"

/* False: there is no such bus, and it is answered. */
bool look_bus_known(struct call *x, const char *id);
void look_why(struct call *x);    /* GET /v1/points/{point}/why */
void look_frames(struct call *x); /* GET /v1/buses/{bus}/frames?since=N */
void look_sheet(struct call *x);  /* GET /v1/buses/{bus}/sheet?from=N */
