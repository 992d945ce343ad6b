/* damaged.h: a damaged database as it stands: looked at with its WAL, through a layer that lets nothing be written into either,
 * so that what is set aside stays what was found. Where its header is gone it is read with that of a new file of the same
 * schema, which is put over it in memory only. Any one thread. */
#pragma once

#include <sqlite3.h>

#include "base/util.h"

struct damaged;

/* made: a new file that the same steps have made, closed or checkpointed; NULL: a header that is gone stays gone. NULL when it
 * cannot be opened at all. */
struct damaged *damaged_open(const char *path, const char *made);
void damaged_close(struct damaged *d);
UTIL_DEFINE_CLEANUP(struct damaged *, damaged_close);
sqlite3 *damaged_handle(const struct damaged *d);
