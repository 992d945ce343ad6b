/* mend.h: the times inside a message that was queued while the clock was wrong, as they should have been. Pure. */
#pragma once

#include "base/clock.h"

/* The payload with its stamps (members since, acked, at, wherever they stand) shifted; the caller frees. NULL when nothing
 * in it needs mending: it goes as it is. */
char *mend_payload(const char *payload, const struct clock_shifts *shifts);
