#include "base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

#define PIECE         (64 * 1024)
#define REMOVED_DEPTH 32

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static bool is_dots(const char *name)
{
	return str_equal(name, ".") || str_equal(name, "..");
}

/* ---- list ---- */

struct lister {
	const struct tree_wish *wish;
	struct tree *tree;
};

static int list_below(struct lister *l, int fd, const char *prefix, int depth);

static int add_file(struct lister *l, const char *name, const struct stat *st)
{
	struct tree *t = l->tree;

	if (t->count == TREE_FILES_MAX)
		return -E2BIG;
	if ((t->count & (t->count - 1)) == 0)
		t->files = mem_realloc(t->files, t->count ? t->count * 2 : 1, sizeof(*t->files));
	t->files[t->count++] =
		(struct tree_file){ .name = mem_strdup(name), .bytes = st->st_size, .mode = st->st_mode & 0777 };
	return 0;
}

static int list_entry(struct lister *l, int dir_fd, const char *name, const char *below)
{
	struct stat st;
	int fd;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno; /* gone since */
	if (S_ISLNK(st.st_mode) && l->wish->links == TREE_FILE_LINKS &&
	    (fstatat(dir_fd, name, &st, 0) < 0 || !S_ISREG(st.st_mode)))
		return 0;
	if (S_ISREG(st.st_mode))
		return add_file(l, below, &st);
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd;
}

/* Takes fd. */
static int list_below(struct lister *l, int fd, const char *prefix, int depth)
{
	_cleanup_(close_folder) DIR *folder = fdopendir(fd);
	const struct dirent *e;
	int r = 0;

	if (!folder) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r == 0 && (e = readdir(folder))) {
		_cleanup_str_buf_ struct str_buf below = { 0 };

		if (is_dots(e->d_name))
			continue;
		str_buf_printf(&below, "%s%s%s", prefix, *prefix ? "/" : "", e->d_name);
		if (l->wish->wanted && !l->wish->wanted(below.text))
			continue;
		r = list_entry(l, fd, e->d_name, below.text);
		if (r > 0 && depth == TREE_DEPTH_MAX) {
			close(r);
			r = -E2BIG;
		} else if (r > 0) {
			r = list_below(l, r, below.text, depth + 1);
		}
	}
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tree_file *)a)->name, ((const struct tree_file *)b)->name);
}

int tree_list(const char *path, const struct tree_wish *wish, struct tree *ret_tree)
{
	_cleanup_(tree_fini) struct tree tree = { 0 };
	struct lister l = { .wish = wish, .tree = &tree };
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : list_below(&l, fd, "", 1);

	if (r < 0)
		return r;
	if (tree.count > 1)
		qsort(tree.files, tree.count, sizeof(*tree.files), by_name);
	*ret_tree = tree;
	tree = (struct tree){ 0 };
	return 0;
}

void tree_fini(struct tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->files[i].name);
	free(t->files);
	*t = (struct tree){ 0 };
}

/* ---- remove ---- */

/* By descriptors, so that nobody can lead it elsewhere by a link. */
static int remove_at(int dir_fd, const char *name, int depth)
{
	_cleanup_(close_folder) DIR *folder = NULL;
	const struct dirent *e;
	int fd, r = 0;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno != EISDIR && errno != EPERM) || depth == REMOVED_DEPTH)
		return -errno;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	folder = fdopendir(fd);
	while (r == 0 && folder && (e = readdir(folder)))
		if (!is_dots(e->d_name))
			r = remove_at(fd, e->d_name, depth + 1);
	if (r == 0 && unlinkat(dir_fd, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

int tree_remove(const char *path)
{
	return remove_at(AT_FDCWD, path, 0);
}

/* ---- make, copy ---- */

int tree_make_above(const char *path, size_t base, mode_t mode)
{
	_cleanup_(freep) char *copy = mem_strdup(path);

	for (char *slash = strchr(copy + MIN(base + 1, strlen(copy)), '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) == 0 ? chmod(copy, mode) < 0 : errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* Makes it where it is not there and made is not 0. */
static int open_folder(int dir_fd, const char *name, mode_t made)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT || !made)
		return fd < 0 ? -errno : fd;
	if (mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	(void)fchmod(fd, made); /* whatever the umask; failing: it is another's, who made it meanwhile */
	return fd;
}

int tree_open_above(const char *folder, const char *name, mode_t made)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(name, '/')) {
		_cleanup_(freep) char *part = mem_strndup(name, (size_t)(slash - name));
		int below = open_folder(fd, part, made);

		close(fd);
		if (below < 0)
			return below;
		fd = below;
		name = slash + 1;
	}
	return fd;
}

int tree_sync(const char *folder)
{
	_cleanup_(fd_close) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static bool is_zero(const char *bytes, size_t len)
{
	return len > 0 && bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static int write_at(int fd, const char *bytes, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	_cleanup_(freep) char *piece = mem_alloc(PIECE);
	off_t at = 0;
	ssize_t len;
	int r = 0;

	while (r == 0 && (len = pread(from, piece, PIECE, at)) != 0) {
		if (len < 0 && errno != EINTR)
			return -errno;
		if (len <= 0)
			continue;
		if (!is_zero(piece, (size_t)len))
			r = write_at(to, piece, (size_t)len, at);
		at += len;
	}
	return r == 0 && ftruncate(to, at) < 0 ? -errno : r;
}

int tree_open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -ELOOP;
}

int tree_copy_from(int in, const char *to, mode_t mode)
{
	_cleanup_(fd_close) int out = -1;
	int r;

	unlink(to);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	r = copy_bytes(in, out);
	if (r == 0 && fchmod(out, mode & 0777) < 0)
		r = -errno;
	return r == 0 && fsync(out) < 0 ? -errno : r;
}

int tree_copy(const char *from, const char *to, mode_t mode)
{
	_cleanup_(fd_close) int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return in < 0 ? -errno : tree_copy_from(in, to, mode);
}
