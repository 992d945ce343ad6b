/* outbox_forget.h: what waits with the name of somebody who is erased. His name, and where he lived, go out of the messages; they stay
 * with their numbers, and are delivered without.
 *
 * Owner: the store thread. What a plugin already has is gone. */
#pragma once

#include "store/outbox.h"
#include "upstream/discreet.h"

/* Within the caller's transaction. */
int outbox_forget(struct outbox *o, const struct discreet_erased *who);
