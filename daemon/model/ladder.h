/* ladder.h: who is told of an alarm, and after how long: a row of the configuration, immutable. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct ladder_step {
	int64_t after_us;      /* since the climb began */
	const char *const *to; /* duties, or contacts by id: one of each is told */
	size_t to_count;
	bool all;         /* all who have the duty, not only the first of them */
	int priority;     /* an alarm of the priority before becomes that urgent; 0: it stays as it is */
	const char *then; /* it goes on from the foot of this ladder, where it has risen; NULL: here */
};

struct ladder {
	const char *id;
	const struct ladder_step *steps; /* after_us never falls */
	size_t step_count;
	int64_t repeat_us; /* from the top: all anew after that long, while nobody has acknowledged it; 0: not */
	struct diag_at at;
};

#define LADDER_STEPS_MAX 20
