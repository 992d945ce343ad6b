/* child.h: programs that the doctor asks: systemctl, and plugins for their --probe. All of a list run at once, within one
 * limit; what has not ended by then is ended with its whole process group. One thread; not async.
 *
 * A child has no terminal, no stderr, no new privileges, and dies with us. */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "doctor/permit.h"

#define CHILD_SAID_MAX (64 * 1024) /* more is not read */

struct child {
	const char *const *argv;        /* argv[0] is the path */
	const char *input;              /* for its stdin, which then stays open; NULL: /dev/null */
	const char *const *environment; /* all of it; NULL: nothing but PATH */
	const struct permit_user *user; /* whom it runs as, where we may choose; NULL: as we */
	/* Afterwards: */
	struct str_buf said;
	int error;  /* 0; -ETIMEDOUT; -errno: it could not be started */
	int status; /* as waitpid gives it, where error is 0 */
	/* Its own: */
	pid_t pid;
	int in, out;
};

void child_run_all(struct child *children, size_t count, int64_t limit_us);
void child_fini(struct child *c);
