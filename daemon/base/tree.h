/* tree.h: a folder of files, for those that copy, pack or put back a whole one: listed, copied, removed, put on the disk.
 * Blocks on the disk: not for the main thread. The caller owns what it gets; no state of its own.
 *
 * Below the path that is given, a symbolic link is never followed into another folder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/util.h"

#define TREE_FILES_MAX 10000
#define TREE_DEPTH_MAX 8

struct tree_file {
	char *name; /* below the path: "conf.d/pumps.conf" */
	int64_t bytes;
	mode_t mode; /* permissions only */
};

struct tree {
	struct tree_file *files; /* in order of name */
	size_t count;
};

enum tree_links {
	TREE_NO_LINKS,   /* a file that is a symbolic link is left out */
	TREE_FILE_LINKS, /* it counts as the file that it leads to */
};

struct tree_wish {
	enum tree_links links;
	bool (*wanted)(const char *name); /* of a file or folder below path; NULL: all */
};

/* Regular files. 0; -ENOENT: no such folder; -E2BIG: more files or deeper than any that is ours; other -errno. */
int tree_list(const char *path, const struct tree_wish *wish, struct tree *ret_tree);
void tree_fini(struct tree *t);
/* 0 also when it is not there. A file is removed too. */
int tree_remove(const char *path);
/* Makes the folders that path lies in, from `base` bytes of it on (those before are there), each with that mode, whatever the
 * umask. */
int tree_make_above(const char *path, size_t base, mode_t mode);
/* The folder that the file of that name below `folder` lies in; `made` (not 0): those that are missing are made, with that mode. A
 * descriptor; -ENOENT; -ELOOP, -ENOTDIR: something else is in the place of one; other -errno. */
int tree_open_above(const char *folder, const char *name, mode_t made);
/* To read it; -ELOOP: it is no regular file but a link or another thing. */
int tree_open_file(const char *path);
/* The folder's entries are on the disk. */
int tree_sync(const char *folder);
/* A copy of a file, on the disk when it returns 0; zeros at its end or within are holes. `to` is replaced. */
int tree_copy(const char *from, const char *to, mode_t mode);
int tree_copy_from(int in, const char *to, mode_t mode);
