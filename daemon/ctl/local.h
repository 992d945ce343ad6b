/* local.h: the estated that belongs to this estatectl, run as a program: what works with the daemon down. One thread. */
#pragma once

#include <limits.h>

#include "base/str.h"

/* Beside this program, or in the sbin of its prefix; else the installed one. */
void local_find_daemon(char ret_path[PATH_MAX]);
/* Runs it with these words (argv[0] is the path, NULL ends them) and appends what it prints. Its exit status, -errno, or
 * -EPROTO: a signal ended it. */
int local_run(const char *const argv[], struct str_buf *to);
/* Its exit status only; whatever it says is not shown. */
int local_try(const char *const argv[]);
/* Runs it with one option and appends what it prints; what it complains goes where ours does. 0, -errno, or -EPROTO:
 * it ended with another status than 0. */
int local_ask(const char *path, const char *option, struct str_buf *to);
