#include "doctor/permit.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

bool permit_in_group(const struct permit_user *user, gid_t group)
{
	for (size_t i = 0; i < user->group_count; i++)
		if (user->groups[i] == group)
			return true;
	return false;
}

bool permit_grants(const struct permit_user *user, const struct stat *st, int want)
{
	mode_t bits = st->st_mode & 7;

	if (user->uid == 0) /* all but running what nobody may run */
		return !(want & X_OK) || S_ISDIR(st->st_mode) || (st->st_mode & 0111);
	/* The owner has the owner's bits only, even where others have more. */
	if (st->st_uid == user->uid)
		bits = (st->st_mode >> 6) & 7;
	else if (permit_in_group(user, st->st_gid))
		bits = (st->st_mode >> 3) & 7;
	return (want & ~(int)bits) == 0;
}

int permit_path(const struct permit_user *user, const char *path, int want)
{
	_cleanup_(freep) char *copy = mem_strdup(path);
	char *at = copy;
	struct stat st;

	for (char *slash = strchr(at + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (stat(at, &st) < 0)
			return -errno;
		if (!permit_grants(user, &st, X_OK))
			return -EACCES;
		*slash = '/';
	}
	if (stat(path, &st) < 0)
		return -errno;
	return permit_grants(user, &st, want) ? 0 : -EACCES;
}
