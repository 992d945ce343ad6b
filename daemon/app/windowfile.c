#include "app/windowfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "alarm/windows.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define NAME "windows"

struct windowfile {
	char *path, *draft;
	void *bytes; /* NULL: nothing to remember, or no file */
	size_t len;
};

static char *path_of(const char *dir, const char *ending)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/" NAME "%s", dir, ending);
	return str_buf_take(&path);
}

static void give_up(const char *path, int error)
{
	log_warning("%s: %s: rules that look back (count, changed, avg …) will begin anew after a restart", path,
		    strerror(error));
}

/* Filled, so that every page of it is there before anybody writes into it. */
static int map_draft(struct windowfile *f)
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

struct windowfile *windowfile_prepare(const char *dir, const struct evaluator *e)
{
	struct windowfile *f = MEM_NEW(struct windowfile);
	int r;

	f->path = path_of(dir, "");
	f->draft = path_of(dir, ".new");
	f->len = windows_bytes(e);
	r = f->len ? map_draft(f) : 0;
	if (r < 0)
		give_up(f->path, -r);
	return f;
}

static void drop_draft(struct windowfile *f)
{
	if (f->draft)
		unlink(f->draft);
	free(steal(&f->draft));
}

void windowfile_free(struct windowfile *f)
{
	if (!f)
		return;
	drop_draft(f);
	if (f->bytes)
		munmap(f->bytes, f->len);
	free(f->path);
	free(f);
}

void windowfile_place(struct windowfile *f, struct evaluator *e)
{
	struct windows_block to = { .bytes = f->bytes, .len = f->len, .boot = clock_boot_id() };
	size_t homeless = windows_place(e, f->bytes ? &to : NULL, clock_mono_us());

	if (f->bytes && rename(f->draft, f->path) == 0) {
		free(steal(&f->draft));
	} else { /* what counted before says nothing of these rules */
		if (f->bytes)
			give_up(f->path, errno);
		unlink(f->path);
		drop_draft(f);
	}
	if (f->bytes && homeless)
		log_warning("%s: full: what %zu %s remember will begin anew after a restart", f->path, homeless,
			    str_plural(homeless, "rule", "rules"));
}

/* ---- what the process before left ---- */

static int read_all(int fd, void *to, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, (char *)to + at, len - at);

		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		at += (size_t)n;
	}
	return 0;
}

/* 0 with its bytes, which the caller frees. */
static int read_file(const char *path, struct windows_block *ret_block)
{
	_cleanup_(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_(freep) void *bytes = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size > WINDOWS_BYTES_MAX)
		return -EBADMSG;
	bytes = mem_alloc((size_t)st.st_size + 1);
	r = read_all(fd, bytes, (size_t)st.st_size);
	if (r < 0)
		return r;
	*ret_block =
		(struct windows_block){ .bytes = steal(&bytes), .len = (size_t)st.st_size, .boot = clock_boot_id() };
	return 0;
}

static const char *word_of(int error)
{
	switch (error) {
	case -EPROTO: return "of another version of estated";
	case -EBADMSG: return "damaged, or not ours";
	default: return strerror(-error);
	}
}

void windowfile_recall(const char *dir, struct evaluator *e)
{
	_cleanup_(freep) char *path = path_of(dir, "");
	struct windows_block from = { 0 };
	struct windows_counts counts = { 0 };
	int r = read_file(path, &from);

	if (r == 0)
		r = windows_recall(e, &from, clock_mono_us(), &counts);
	free(from.bytes);
	if (r < 0 && r != -ENOENT)
		log_warning("%s: %s: rules that look back (count, changed, avg …) begin anew with what they see", path,
			    word_of(r));
	else if (counts.damaged)
		log_warning("%s: %zu of what rules remember %s damaged and begins anew", path, counts.damaged,
			    str_plural(counts.damaged, "is", "are"));
}
