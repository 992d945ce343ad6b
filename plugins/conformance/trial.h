/* trial.h: what a plugin has to stand: each trial starts it anew, plays the daemon, and ends with a mistake or none. Main thread. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conformance/judge.h"

struct trial_subject {
	const char *program;
	json_t *options, *devices; /* of hello; lent */
	int64_t ready_us;          /* the longest wait for ready and for an answer; pongs and ends have a part of it */
	bool quiet, first;         /* first: one mistake is enough */
	struct judge *judge;
};

struct trial {
	const char *name; /* a sentence */
	const char *role; /* that it is for; NULL: every plugin */
	/* What is wrong stands in the judge's mistake. */
	void (*run)(const struct trial_subject *s);
};

extern const struct trial trial_list[];
extern const size_t trial_count;
