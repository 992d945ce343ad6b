/* reloads.h: the configuration over the API: what a reload would change, reload, confirm. Main thread. */
#pragma once

#include "api/inside.h"

void reloads_diff(struct call *x);    /* GET  /v1/config/diff */
void reloads_reload(struct call *x);  /* POST /v1/config/reload {"confirm_within":"10m"} */
void reloads_confirm(struct call *x); /* POST /v1/config/confirm */
