/* permit.h: what a user may do with a file: the rule of the kernel, worked out for somebody else. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define PERMIT_GROUPS_MAX 64

struct permit_user {
	uid_t uid;
	gid_t groups[PERMIT_GROUPS_MAX]; /* the first is his own */
	size_t group_count;
};

/* want: R_OK, W_OK, X_OK together. Access lists beyond the mode bits are not looked at. */
bool permit_grants(const struct permit_user *user, const struct stat *st, int want);
bool permit_in_group(const struct permit_user *user, gid_t group);
/* The same for a path: the folders on the way count. 0 or -errno (-EACCES, -ENOENT …). */
int permit_path(const struct permit_user *user, const char *path, int want);
