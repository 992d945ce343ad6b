/* measures.h: how well the alarms serve the people who get them: /v1/alarms/health and its part of /metrics. Main thread. */
#pragma once

#include "api/inside.h"

void measures_get(struct call *x);
/* In Prometheus form; nothing where the source does not know. */
void measures_families(struct str_buf *to, const struct api_source *source);
