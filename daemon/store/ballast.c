#include "store/ballast.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/str.h"

#define SHARE 8 /* of what is free */

int64_t ballast_free(const char *path)
{
	_cleanup_str_buf_ struct str_buf dir = { 0 };
	const char *slash = strrchr(path, '/');
	struct statvfs v;

	str_buf_add_len(&dir, path, slash ? (size_t)(slash - path) : 0);
	if (statvfs(dir.len ? dir.text : slash ? "/" : ".", &v) < 0)
		return -errno;
	return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

int64_t ballast_share(const char *path, int64_t most, int64_t least)
{
	int64_t free_bytes = ballast_free(path);

	return free_bytes / SHARE >= most ? most : free_bytes / SHARE >= least ? least : 0;
}

void ballast_init(struct ballast *b, const char *beside)
{
	struct str_buf path = { 0 };
	const char *slash = strrchr(beside, '/');
	struct stat st;

	str_buf_add_len(&path, beside, slash ? (size_t)(slash - beside) + 1 : 0);
	str_buf_add(&path, "ballast");
	*b = (struct ballast){ .path = str_buf_take(&path) };
	b->there = stat(b->path, &st) == 0 && st.st_size >= BALLAST_LEAST;
}

void ballast_fini(struct ballast *b)
{
	free(b->path);
	*b = (struct ballast){ 0 };
}

int ballast_take(struct ballast *b)
{
	int64_t size = b->there ? 0 : ballast_share(b->path, BALLAST_MOST, BALLAST_LEAST);
	int fd, r;

	if (size == 0)
		return b->there ? 0 : -ENOSPC;
	fd = open(b->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = -posix_fallocate(fd, 0, size);
	close(fd);
	if (r < 0)
		unlink(b->path);
	b->there = r == 0;
	return r;
}

bool ballast_release(struct ballast *b)
{
	bool was_there = b->there;

	b->there = false;
	return unlink(b->path) == 0 && was_there;
}
