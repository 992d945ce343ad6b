/* recordings.h: what happened, as lines that estated --replay reads. Main thread. */
#pragma once

#include "api/inside.h"

void recordings_get(
	struct call *x); /* GET /v1/recording: a piece; "next" says where to ask on: as `after`, null at the end */
