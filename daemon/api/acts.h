/* acts.h: alarms and what people do to them: list, acknowledge, close. Main thread.
 *
 * A command is answered only when it is durable: the engine gets a pending request and ends it after COMMIT. The client may be gone by then,
 * or have been told 504 because the disk took too long; the command stands all the same. */
#pragma once

#include "api/inside.h"

/* api_finish. */
void acts_finish(struct api_pending *p, int error, const char *text);
