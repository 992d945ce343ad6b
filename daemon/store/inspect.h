/* inspect.h: looks at a database of a daemon that does not run, for the doctor. Writes nothing, locks nothing, so that a
 * daemon that starts meanwhile is not in its way. Any one thread. */
#pragma once

#include <stdint.h>

#include "base/str.h"

enum inspect_verdict {
	INSPECT_GOOD,       /* its pages fit together */
	INSPECT_HEADER,     /* the header is intact; its pages were not looked at: changes still wait in its WAL */
	INSPECT_DAMAGED,    /* why says what */
	INSPECT_FOREIGN,    /* no database at all: why */
	INSPECT_UNFINISHED, /* too large to be looked through in the time */
};

struct inspect_report {
	enum inspect_verdict verdict;
	int64_t bytes;
	size_t version; /* of its schema, as the header has it: changes in the WAL may be newer */
};

/* 0 with a verdict; -ENOENT, -EACCES, other -errno of reading. */
int inspect_database(const char *path, int64_t limit_us, struct inspect_report *ret_report, struct str_buf *why);
/* The names of the files in the state directory; NULL ends them. */
extern const char *const inspect_files[];
/* The newest version of the schema of one of them that this program knows. */
size_t inspect_schema(size_t file);
