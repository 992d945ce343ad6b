/* loglevel.h: the levels of the log over the API: what is in force, another one for a while. Main thread. */
#pragma once

#include "api/inside.h"

void loglevel_get(struct call *x);  /* GET  /v1/log */
void loglevel_post(struct call *x); /* POST /v1/log {"room":"field","level":"debug","for":"10m"} */
