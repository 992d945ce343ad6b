/* renewal.h: a damaged database gives way to a new one. The new one is made beside it (PATH.mended), filled with what can be had,
 * and takes its place by a rename: cut off at any moment, there is either the damaged file, which is renewed again at the next
 * start, or the new one with all that was saved. Whoever opens the store, then the store thread.
 *
 *   renewal_begin -> PATH.mended made, filled, closed -> renewal_end: PATH -> PATH.damaged-DATE, PATH.mended -> PATH */
#pragma once

#include <stdint.h>

#include "base/str.h"

/* Where the new one is to be made; what an earlier try left there goes. */
void renewal_begin(const char *path, struct str_buf *ret_new);
/* It could not be filled: what is made of it goes, its room is wanted elsewhere. Not after renewal_end, which may have renamed. */
void renewal_drop(const char *path);
/* 0 with what the damaged one is called now (no path), or -errno. */
int renewal_end(const char *path, int64_t wall_us, struct str_buf *ret_name);
/* Before a database is opened: ends what the last end of the process has cut off. */
void renewal_settle(const char *path);
