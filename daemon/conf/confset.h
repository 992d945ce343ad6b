/* confset.h: all files of a configuration, in the order in which they count: installed data, profiles/ and rules/ beside
 * the main file, the main file, conf.d/ beside it. Never logs; errors go to the diag, and the next file is read. */
#pragma once

#include "conf/confcopy.h"
#include "conf/conffile.h"
#include "conf/unread.h"

struct confset {
	struct conffile **files;
	size_t count, room;
	struct unread unread; /* what stood in files that could not be read to their end */
};

struct confset_paths {
	const char *main_file, *data_dir;
	const struct confcopy *from; /* the site's files as they were kept, instead of those on disk; NULL: those */
	struct str_buf *copy;        /* gets the site's files as they were read; may be NULL */
};

/* Reads what can be read. 0; -ENOENT and the like when the main file cannot be read; -EAGAIN: a file was written while
 * they were read, what came of it may be of no moment; -EBADMSG: the copy is damaged; other errors only stand in d. */
int confset_read(const struct confset_paths *paths, struct arena *a, struct diag *d, struct confset *ret_set);
void confset_fini(struct confset *s);
