/* adopted.h: conf.d/adopted.conf beside estated.conf: the devices that 'estatectl adopt' has written, one row a line. One
 * thread; the caller owns it.
 *
 * Between adopted_open and adopted_close nobody else writes it by this way. The file is whole at every moment: a new one takes
 * its name. Whoever likes may edit it, as long as its last line is ");". */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/str.h"

struct adopted {
	char *path;          /* of the file */
	int folder;          /* locked; -1: not open */
	struct str_buf text; /* as it was found */
	bool existed;
	struct stat like; /* whose and which mode a new file gets */
};

/* conf_file: the main file. 0; -EBUSY: somebody else adopts right now; -EACCES, -EROFS …; path is set in any case. */
int adopted_open(struct adopted *a, const char *conf_file);
void adopted_close(struct adopted *a);
/* The file with one more row ("{ id = …; }"). 0; -EBADMSG: it does not end as it should; -errno. */
int adopted_add(struct adopted *a, const char *row);
int adopted_undo(struct adopted *a); /* as it was found */

/* Pure: appends text with the row in it to *to. 0 or -EBADMSG. text: "" for a new file. */
int adopted_insert(const char *text, const char *row, struct str_buf *to);

#define _cleanup_adopted_ _cleanup_(adopted_close)
