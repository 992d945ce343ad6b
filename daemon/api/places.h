/* places.h: the buildings of the estate over the API: what they are called, and how high they are. Main thread. */
#pragma once

#include "api/inside.h"

void places_get(struct call *x); /* GET /v1/places */
