#include "store/renewal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/database.h"

#define NEW_SUFFIX ".mended"

static void remove_with(const char *path, const char *suffix)
{
	_cleanup_str_buf_ struct str_buf name = { 0 };

	str_buf_printf(&name, "%s%s", path, suffix);
	unlink(name.text);
}

static void remove_all(const char *path)
{
	remove_with(path, "-wal");
	remove_with(path, "-shm");
	remove_with(path, "");
}

/* Renames are in order on the disk, but not there yet. */
static void sync_dir(const char *path)
{
	_cleanup_str_buf_ struct str_buf dir = { 0 };
	const char *slash = strrchr(path, '/');
	int fd;

	str_buf_add_len(&dir, path, slash ? (size_t)(slash - path) + 1 : 0);
	fd = open(dir.len ? dir.text : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd); /* failing: a power cut leaves what renewal_settle knows */
	close(fd);
}

static int put_in_place(const char *new, const char *path)
{
	/* What the damaged one has left of its WAL is not the new one's. */
	remove_with(path, "-wal");
	remove_with(path, "-shm");
	if (rename(new, path) < 0)
		return -errno;
	sync_dir(path);
	return 0;
}

void renewal_begin(const char *path, struct str_buf *ret_new)
{
	str_buf_printf(ret_new, "%s" NEW_SUFFIX, path);
	remove_all(ret_new->text);
}

void renewal_drop(const char *path)
{
	_cleanup_str_buf_ struct str_buf new = { 0 };

	renewal_begin(path, &new);
}

int renewal_end(const char *path, int64_t wall_us, struct str_buf *ret_name)
{
	_cleanup_str_buf_ struct str_buf new = { 0 };
	int r = database_set_aside(path, wall_us, ret_name);

	str_buf_printf(&new, "%s" NEW_SUFFIX, path);
	return r < 0 ? r : put_in_place(new.text, path);
}

void renewal_settle(const char *path)
{
	_cleanup_str_buf_ struct str_buf new = { 0 };

	str_buf_printf(&new, "%s" NEW_SUFFIX, path);
	if (access(new.text, F_OK) < 0)
		return;
	if (access(path, F_OK) == 0)
		remove_all(new.text); /* it may not be whole */
	else
		put_in_place(new.text, path);
}
