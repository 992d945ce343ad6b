#include "store/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* The directory with the ones above it. */
static int make_dirs(const char *dir)
{
	_cleanup_(freep) void *copy = mem_strdup(dir);
	char *path = copy;

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

int statedir_lock(const char *dir, int *ret_fd, struct str_buf *why)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	int r = make_dirs(dir), fd;

	if (r < 0) {
		str_buf_printf(why, "cannot be made: %s", strerror(-r));
		return r;
	}
	str_buf_printf(&path, "%s/lock", dir);
	fd = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		r = -errno;
		str_buf_printf(why, "cannot be written (%s): give it to the user that estated runs as", strerror(-r));
		return r;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		str_buf_add(why, "another estated has it open; stop that one, or name another --state-dir");
		return -EBUSY;
	}
	*ret_fd = fd;
	return 0;
}
