/* complain.h: says a trouble once when it begins and once when it is over, with how long it was and how often it came.
 *
 *   quiet --complain--> complaining --complain_resolved--> quiet      The owner of the trouble owns it; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

struct complaint {
	bool open;
	int64_t since_us; /* monotonic */
	uint64_t repeats; /* complaints after the first */
};

/* Logs a warning if c was quiet, else counts. Returns true when it logged. */
bool complain(struct complaint *c, const char *fmt, ...) _printf_(2, 3);
/* Logs a notice "<text> after 26 min, 52 times" if c was open. Returns true when it logged. */
bool complain_resolved(struct complaint *c, const char *fmt, ...) _printf_(2, 3);
