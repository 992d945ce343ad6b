/* snapshot.h: a copy of a database as of one moment, from a read-only connection beside the writer's (VACUUM INTO), slowly: after
 * each MiB it waits for the disk, and then as long again. The copy has no WAL. Not for the main thread, nor the store's.
 *
 * The one statement is a read transaction: as long as it lasts the WAL of the original cannot begin anew and grows by what is
 * committed meanwhile. */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct snapshot_job {
	const char *from, *to; /* to: a new file */
	int64_t base;          /* bytes that were copied before */
	void *context;
	int (*watch)(void *context, int64_t bytes); /* base and what there is of the copy; -errno ends it */
};

/* 0 with the schema's version, the copy on the disk; -ENOENT: there is no such database; -errno with why, and no copy. */
int snapshot_make(const struct snapshot_job *job, int *ret_version, struct str_buf *why);
