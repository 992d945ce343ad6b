#include "ctl/adopted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

#include "base/fd.h"
#include "base/mem.h"

#define NAME           "adopted.conf"
#define NEW_NAME       ".adopted.conf.new" /* no configuration, whatever happens to it */
#define SIZE_MAX_BYTES (4 << 20)

static const char head[] =
	"# Devices that 'estatectl adopt' has written. Rows may be changed and removed; the last line stays.\n"
	"devices: (\n";

/* ---- the text ---- */

/* Where the last line begins that says something. */
static size_t last_line(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	while (len > 0 && text[len - 1] != '\n')
		len--;
	return len;
}

/* A row stands above: what comes next is set off by a comma. Comments are no rows. */
static bool has_rows(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t end = at + strcspn(text + at, "\n"), first = at + strspn(text + at, " \t,");

		if (text[first] == '{')
			return true;
		at = end + 1;
	}
	return false;
}

int adopted_insert(const char *text, const char *row, struct str_buf *to)
{
	size_t len = strlen(text), last = last_line(text, len);

	if (last_line(text, len) == 0 && text[strspn(text, " \t\r\n")] == '\0') {
		str_buf_printf(to, "%s\t  %s\n);\n", head, row);
		return 0;
	}
	if (!str_starts(text + last, ");") || !strstr(text, "devices"))
		return -EBADMSG;
	str_buf_add_len(to, text, last);
	str_buf_printf(to, "\t%s %s\n%s", has_rows(text, last) ? "," : " ", row, text + last);
	return 0;
}

/* ---- the file ---- */

static int read_whole(int fd, struct str_buf *to)
{
	char piece[4096];
	ssize_t len;

	while ((len = read(fd, piece, sizeof(piece))) != 0) {
		if (len < 0)
			return -errno;
		if (to->len + (size_t)len > SIZE_MAX_BYTES)
			return -EFBIG;
		str_buf_add_len(to, piece, (size_t)len);
	}
	return to->len && memchr(to->text, '\0', to->len) ? -EBADMSG : 0;
}

static int open_folder(const char *path)
{
	int fd, r;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	r = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(fd);
	return r;
}

int adopted_open(struct adopted *a, const char *conf_file)
{
	const char *slash = strrchr(conf_file, '/');
	int len = slash ? (int)(slash - conf_file) + 1 : 0;
	_cleanup_(fd_close) int fd = -1;
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%.*sconf.d", len, conf_file);
	*a = (struct adopted){ .folder = open_folder(str_buf_text(&path)) };
	str_buf_add(&path, "/" NAME);
	a->path = str_buf_take(&path);
	if (a->folder < 0)
		return a->folder;
	fd = openat(a->folder, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno != ENOENT ? -errno : stat(conf_file, &a->like) < 0 ? -errno : 0;
	a->existed = true;
	return fstat(fd, &a->like) < 0 ? -errno : read_whole(fd, &a->text);
}

void adopted_close(struct adopted *a)
{
	free(a->path);
	fd_close(&a->folder);
	str_buf_fini(&a->text);
}

static int write_whole(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int put(struct adopted *a, const struct str_buf *text)
{
	_cleanup_(fd_close) int fd = -1;
	int r;

	if (unlinkat(a->folder, NEW_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(a->folder, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_whole(fd, str_buf_text(text), text->len);
	/* Where we may not give it away it is ours, and its mode says who reads it. */
	if (r == 0 && fchown(fd, a->like.st_uid, a->like.st_gid) < 0 && errno != EPERM)
		r = -errno;
	if (r == 0 && (fchmod(fd, a->like.st_mode & 0777) < 0 || renameat(a->folder, NEW_NAME, a->folder, NAME) < 0 ||
		       fsync(a->folder) < 0))
		r = -errno;
	if (r < 0)
		unlinkat(a->folder, NEW_NAME, 0);
	return r;
}

int adopted_add(struct adopted *a, const char *row)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	int r = adopted_insert(str_buf_text(&a->text), row, &text);

	return r < 0 ? r : put(a, &text);
}

int adopted_undo(struct adopted *a)
{
	if (a->existed)
		return put(a, &a->text);
	return unlinkat(a->folder, NAME, 0) < 0 && errno != ENOENT ? -errno : 0;
}
