/* dwellings.h: the watched dwellings: whether somebody is thought to be in, the last sign of life, how quiet it is against what is
 * usual there. Main thread. Says what is known; never that somebody is safe. */
#pragma once

#include "api/inside.h"

void dwellings_list(struct call *x);     /* GET /v1/homes: who may need somebody comes first */
void dwellings_get(struct call *x);      /* GET /v1/homes/{place+} */
void dwellings_rhythm(struct call *x);   /* GET /v1/homes/{place+}/rhythm */
void dwellings_activity(struct call *x); /* GET /v1/homes/{place+}/activity: out of kept samples */
