/* runfile.h: a file of the runtime directory that the daemon maps and writes as plain memory, so that it outlives a kill, as page
 * cache does. Made and filled beside the one that counts, whole before it is mapped (so a full disk is an error and no signal),
 * and put in its place in one step. By value; owned by the caller. */
#pragma once

#include <stddef.h>

struct runfile {
	char *path, *draft; /* draft NULL: it counts, or was dropped */
	void *bytes;        /* NULL: nothing to keep, or no file */
	size_t len;
};

/* DIR/NAME, of len bytes, all 0; len 0: no file. 0 or -errno: there is none, the rest works all the same. */
int runfile_prepare(struct runfile *f, const char *dir, const char *name, size_t len);
/* It counts from now on; where there is none, what counted before goes. 0 or -errno: it could not be put there. */
int runfile_place(struct runfile *f);
/* Takes the mapping away, not the file that counts. */
void runfile_fini(struct runfile *f);
char *runfile_path(const char *dir, const char *name, const char *ending); /* the caller frees */
