/* heard.h: the engine's word of every changed point: to the stream, to whom the people are told by, into the history, and as an
 * event to the uplinks. Main thread. */
#pragma once

#include "model/point.h"

void heard_point(void *context, const struct point *p,
		 unsigned change); /* context: the live; change: enum point_change */
