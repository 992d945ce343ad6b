/* fd.h: a descriptor that ends where it is no longer needed. */
#pragma once

#include <unistd.h>

#include "base/util.h"

/* Closes it where it is open, and remembers that: _cleanup_(fd_close) int fd = open(…). */
static inline _unused_ void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
