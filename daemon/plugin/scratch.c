#include "plugin/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define DEPTH_MAX   16
#define ENTRIES_MAX 100000 /* removed at once: more is not worth the daemon's time */

/* ---- removing ---- */

static void clear(int dir_fd, int depth, int *left);

/* By descriptors, never through a link: other plugins run as the same user and may do things meanwhile. */
static void remove_entry(int dir_fd, const char *name, int depth, int *left)
{
	int fd;

	if (--*left <= 0 || unlinkat(dir_fd, name, 0) == 0 || errno != EISDIR || depth == DEPTH_MAX)
		return;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	clear(fd, depth + 1, left);
	unlinkat(dir_fd, name, AT_REMOVEDIR);
}

/* Closes dir_fd. */
static void clear(int dir_fd, int depth, int *left)
{
	DIR *dir = fdopendir(dir_fd);
	struct dirent *e;

	if (!dir) {
		close(dir_fd);
		return;
	}
	while ((e = readdir(dir)))
		if (!str_equal(e->d_name, ".") && !str_equal(e->d_name, ".."))
			remove_entry(dir_fd, e->d_name, depth, left);
	closedir(dir);
}

static void remove_tree(const char *base, const char *name)
{
	int left = ENTRIES_MAX;
	int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	remove_entry(fd, name, 0, &left);
	close(fd);
}

/* Whether a daemon that is gone left this behind: "estated-zigbee-1234-XXXXXX", 1234 being its number. */
static bool is_left_behind(const char *name, const char *prefix)
{
	char number[16];
	size_t len;
	int64_t pid;

	if (!str_starts(name, prefix))
		return false;
	name += strlen(prefix);
	len = strcspn(name, "-");
	if (len >= sizeof(number) || name[len] != '-')
		return false;
	memcpy(number, name, len);
	number[len] = '\0';
	return str_to_i64(number, &pid) == 0 && pid > 1 && pid < INT32_MAX && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

/* Daemons that were killed could not clean up. */
static void sweep(const char *base, const char *instance, const struct sandbox *sandbox)
{
	_cleanup_str_buf_ struct str_buf prefix = { 0 };
	DIR *dir = opendir(base);
	struct dirent *e;
	struct stat st;

	if (!dir)
		return;
	str_buf_printf(&prefix, "estated-%s-", instance);
	while ((e = readdir(dir)))
		if (is_left_behind(e->d_name, prefix.text) &&
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
		    (st.st_uid == sandbox_user(sandbox) || st.st_uid == geteuid()))
			remove_tree(base, e->d_name);
	closedir(dir);
}

/* ---- making ---- */

static int make(struct scratch *s, const char *base, const char *instance, const struct sandbox *sandbox)
{
	struct str_buf path = { 0 };
	_cleanup_(freep) char *dir = NULL;
	int r;

	sweep(base, instance, sandbox);
	str_buf_printf(&path, "%s/estated-%s-%d-XXXXXX", base, instance, (int)getpid());
	dir = str_buf_take(&path);
	if (!mkdtemp(dir))
		return -errno;
	r = sandbox_give(sandbox, dir);
	if (r < 0) {
		rmdir(dir);
		return r;
	}
	s->dir = steal(&dir);
	return 0;
}

void scratch_keep(struct scratch *s, const char *instance, const struct sandbox *sandbox)
{
	const char *base = getenv("TMPDIR");
	int r;

	if (s->dir && access(s->dir, F_OK) == 0)
		return;
	free(steal(&s->dir));
	r = base ? make(s, base, instance, sandbox) : -ENOENT;
	if (r < 0)
		r = make(s, "/tmp", instance, sandbox);
	if (r < 0)
		complain(&s->none, "plugin %s: has no folder for temporary files: %s", instance, strerror(-r));
	else
		complain_resolved(&s->none, "plugin %s: has a folder for temporary files again", instance);
}

void scratch_remove(struct scratch *s)
{
	char *slash = s->dir ? strrchr(s->dir, '/') : NULL;

	if (slash) {
		*slash = '\0';
		remove_tree(s->dir, slash + 1);
	}
	free(steal(&s->dir));
}
