/* confset.h: all files of a configuration, in the order in which they count: installed data, profiles/ and rules/ beside
 * the main file, the main file, conf.d/ beside it. Never logs; errors go to the diag, and the next file is read. */
#pragma once

#include "conf/conffile.h"

struct confset {
	struct conffile **files;
	size_t count, room;
	size_t broken; /* files and directories that should be there and could not be read, or not to their end */
};

struct confset_paths {
	const char *main_file, *data_dir;
};

/* Reads what can be read. 0; -ENOENT and the like when the main file cannot be read; other errors only stand in d. */
int confset_read(const struct confset_paths *paths, struct arena *a, struct diag *d, struct confset *ret_set);
void confset_fini(struct confset *s);
