/* bids.h: what people ask a plugin of role command to do: a prompt in a home, a call back, a door release. Main thread. */
#pragma once

#include "api/call.h"

void bids_post(struct call *x); /* POST /v1/plugins/{plugin}/command */
