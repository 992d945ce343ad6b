/* runner.h: one run of a program: something on its stdin, its output into the log, its exit status. No shell. Main thread.
 *
 *   start --it ends--> done(status) │ --its time is over--> SIGTERM --1 s--> SIGKILL --> done(timed_out) │ --cancel--> nothing
 *
 * What it says is read all the time, so that it never waits for us; what is more than a few lines is counted, not kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sdk/sdk_loop.h"

#define RUNNER_LINE_MAX 200

struct runner;

struct runner_end { /* lent during the call */
	int status; /* of waitpid */
	bool timed_out;
	const char *last; /* the last line that it wrote; "" none */
};

struct runner_setup {
	struct sdk_loop *loop;
	const char *const *argv; /* [0] the program; NULL ends it */
	const char *const *more; /* environment beside our own: "NAME=value"; NULL ends it */
	const char *input;       /* copied */
	int64_t timeout_us;
	void (*done)(void *user, const struct runner_end *end);
	void *user;
};

/* 0, or -errno: it cannot be run. */
int runner_start(const struct runner_setup *setup, struct runner **ret_runner);
/* Kills it, and all that it has started; done is not called. */
void runner_cancel(struct runner *r);
