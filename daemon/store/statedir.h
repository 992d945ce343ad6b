/* statedir.h: the folder of the databases: made, and held by one process at a time. */
#pragma once

#include "base/str.h"

/* Makes it (0700) with the folders above it and locks it; *ret_fd holds the lock until it is closed. 0; -EBUSY: another
 * process has it, and still has it a second later; -errno. why says what a person can do. */
int statedir_lock(const char *dir, int *ret_fd, struct str_buf *why);
