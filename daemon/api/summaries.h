/* summaries.h: what an hour or a day came to. */
#pragma once

#include "api/inside.h"

void summaries_get(struct call *x);
