/* ballast.h: a file that holds room on the disk and is let go of when the disk is full: without it even deleting fails. It
 * comes back when there is room again. Owner: the store thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BALLAST_MOST  ((int64_t)16 * 1024 * 1024)
#define BALLAST_LEAST ((int64_t)4 * 1024 * 1024)

/* What is free of the disk that path is on, for who is not root; -errno. It asks the disk: not for the main thread. */
int64_t ballast_free(const char *path);
/* What a file of ours may take of the disk that path is on: most, least, or 0 where little is free. */
int64_t ballast_share(const char *path, int64_t most, int64_t least);

struct ballast {
	char *path;
	bool there;
};
void ballast_init(struct ballast *b, const char *beside); /* "DIR/state.db": DIR/ballast */
void ballast_fini(struct ballast *b);                     /* the file stays */
/* Makes the file where there is none and room for it; 0 or -errno. */
int ballast_take(struct ballast *b);
bool ballast_release(struct ballast *b); /* true: there was some */
