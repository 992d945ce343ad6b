#include "app/windowfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alarm/windows.h"
#include "app/runfile.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define NAME "windows"

struct windowfile {
	struct runfile run; /* without bytes: nothing to remember, or no file */
};

static void give_up(const char *path, int error)
{
	log_warning("%s: %s: rules that look back (count, changed, avg …) will begin anew after a restart", path,
		    strerror(error));
}

struct windowfile *windowfile_prepare(const char *dir, const struct evaluator *e)
{
	struct windowfile *f = MEM_NEW(struct windowfile);
	int r = runfile_prepare(&f->run, dir, NAME, windows_bytes(e));

	if (r < 0)
		give_up(f->run.path, -r);
	return f;
}

void windowfile_free(struct windowfile *f)
{
	if (!f)
		return;
	runfile_fini(&f->run);
	free(f);
}

void windowfile_place(struct windowfile *f, struct evaluator *e)
{
	struct windows_block to = { .bytes = f->run.bytes, .len = f->run.len, .boot = clock_boot_id() };
	size_t homeless = windows_place(e, f->run.bytes ? &to : NULL, clock_mono_us());
	int r = runfile_place(&f->run);

	if (r < 0)
		give_up(f->run.path, -r);
	if (f->run.bytes && homeless)
		log_warning("%s: full: what %zu %s remember will begin anew after a restart", f->run.path, homeless,
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
	_cleanup_(freep) char *path = runfile_path(dir, NAME, "");
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
