/* confcopy.h: the site's own files of a configuration (the main file, conf.d/, profiles/, rules/) in one text, so that a
 * configuration can be kept and read again after the files have changed. Installed data is not in it: that belongs to
 * the program. Pure; never logs.
 *
 *   estated-files 1 ⏎ { file LEVEL NAME-BYTES TEXT-BYTES ⏎ NAME ⏎ TEXT ⏎ } end CHECKSUM ⏎ */
#pragma once

#include "base/str.h"
#include "conf/conffile.h"

struct confcopy_file {
	enum conffile_level level;
	const char *name, *text; /* when read back: lent by the copy, and without a NUL behind them */
	size_t name_len, len;
};

void confcopy_begin(struct str_buf *copy);
void confcopy_add(struct str_buf *copy, const struct confcopy_file *f);
void confcopy_end(struct str_buf *copy);

/* A whole copy, as confcopy_end left it. */
struct confcopy {
	const char *text;
	size_t len;
};
int confcopy_check(const struct confcopy *c); /* 0, or -EBADMSG: cut off, damaged, or of another version */
/* The files in the order in which they were added; *position begins with 0. False at the end. Only after confcopy_check. */
bool confcopy_next(const struct confcopy *c, size_t *position, struct confcopy_file *ret_file);
