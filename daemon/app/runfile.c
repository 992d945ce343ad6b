#include "app/runfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/util.h"

char *runfile_path(const char *dir, const char *name, const char *ending)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s%s", dir, name, ending);
	return str_buf_take(&path);
}

/* Filled, so that every page of it is there before anybody writes into it. */
static int map_draft(struct runfile *f)
{
	_cleanup_(fd_close) int fd = -1;
	void *bytes;
	int r;

	unlink(f->draft);
	fd = open(f->draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = posix_fallocate(fd, 0, (off_t)f->len);
	if (r != 0)
		return -r;
	bytes = mmap(NULL, f->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	f->bytes = bytes;
	return 0;
}

int runfile_prepare(struct runfile *f, const char *dir, const char *name, size_t len)
{
	*f = (struct runfile){ .path = runfile_path(dir, name, ""),
			       .draft = runfile_path(dir, name, ".new"),
			       .len = len };
	return len ? map_draft(f) : 0;
}

static void drop_draft(struct runfile *f)
{
	if (f->draft)
		unlink(f->draft);
	free(steal(&f->draft));
}

int runfile_place(struct runfile *f)
{
	int r = 0;

	if (f->bytes && rename(f->draft, f->path) == 0) {
		free(steal(&f->draft));
		return 0;
	}
	if (f->bytes)
		r = -errno;
	unlink(f->path);
	drop_draft(f);
	return r;
}

void runfile_fini(struct runfile *f)
{
	drop_draft(f);
	if (f->bytes)
		munmap(f->bytes, f->len);
	free(f->path);
	*f = (struct runfile){ 0 };
}
