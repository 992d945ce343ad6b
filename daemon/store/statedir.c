#include "store/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define LOCK_WITHIN S
#define LOCK_TRY    (10 * MS)

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

/* A child of one that was killed holds it too, from its fork until it has become another program: that tells nobody when. At
 * start nothing else is kept waiting. */
static int lock_within(int fd, int64_t limit_us)
{
	int64_t deadline_us = clock_mono_us() + limit_us;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EINTR && (errno != EWOULDBLOCK || clock_mono_us() >= deadline_us))
			return -EBUSY;
		clock_poll(-1, 0, clock_mono_us() + LOCK_TRY);
	}
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
	if (fd < 0 && errno == EROFS)
		fd = open(path.text, O_RDONLY | O_CLOEXEC); /* it can be locked all the same */
	if (fd < 0) {
		r = -errno;
		str_buf_printf(why, "cannot be written (%s): give it to the user that estated runs as", strerror(-r));
		return r;
	}
	if (lock_within(fd, LOCK_WITHIN) < 0) {
		close(fd);
		str_buf_add(why, "another estated has it open; stop that one, or name another --state-dir");
		return -EBUSY;
	}
	*ret_fd = fd;
	return 0;
}
