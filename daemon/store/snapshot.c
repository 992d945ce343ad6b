#include "store/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/database.h"

#define LOOK_EVERY 200 /* steps of SQLite's machine: some dozen rows */
#define PIECE      ((off_t)1024 * 1024)
#define REST_MAX   (200 * MS)

struct copying {
	const struct snapshot_job *job;
	int fd;           /* of the copy */
	off_t synced;     /* as far as it is on the disk */
	int64_t since_us; /* when that piece began */
	int error;
};

static void close_handle(sqlite3 **handle)
{
	sqlite3_close(*handle);
}

static void copying_fini(struct copying *c)
{
	if (c->fd >= 0)
		close(c->fd);
}

/* The disk is others' for as long as the piece has taken. */
static int rest(struct copying *c, off_t size)
{
	int64_t now_us;

	if (fdatasync(c->fd) < 0)
		return -errno;
	now_us = clock_mono_us();
	clock_poll(-1, 0, now_us + MIN(now_us - c->since_us, REST_MAX));
	c->synced = size;
	c->since_us = clock_mono_us();
	return 0;
}

static int on_progress(void *context)
{
	struct copying *c = context;
	struct stat st = { 0 };

	if (fstat(c->fd, &st) == 0 && st.st_size - c->synced >= PIECE)
		c->error = rest(c, st.st_size);
	if (c->error == 0)
		c->error = c->job->watch(c->job->context, c->job->base + st.st_size);
	return c->error < 0;
}

static int read_version(sqlite3 *handle, int *ret_version)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*ret_version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return database_errno(rc);
}

static int vacuum(sqlite3 *handle, const char *to)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(handle, "VACUUM INTO ?", -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, to, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	sqlite3_finalize(s);
	return database_errno(rc);
}

static int open_reader(const char *path, sqlite3 **ret_handle)
{
	/* synchronous: we say ourselves when the copy is to be on the disk. */
	static const char pragmas[] = "PRAGMA cache_size=-512; PRAGMA mmap_size=0; PRAGMA synchronous=OFF;";
	int rc = sqlite3_open_v2(path, ret_handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
				 NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(*ret_handle, 2000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*ret_handle, pragmas, NULL, NULL, NULL);
	return database_errno(rc);
}

static int copy(struct copying *c, sqlite3 *handle, int *ret_version)
{
	int r = read_version(handle, ret_version);

	c->since_us = clock_mono_us();
	sqlite3_progress_handler(handle, LOOK_EVERY, on_progress, c);
	if (r == 0)
		r = vacuum(handle, c->job->to);
	if (c->error < 0)
		return c->error;
	return r == 0 && fsync(c->fd) < 0 ? -errno : r;
}

int snapshot_make(const struct snapshot_job *job, int *ret_version, struct str_buf *why)
{
	/* In this order: closing a descriptor drops the locks that SQLite has on the file. */
	_cleanup_(copying_fini) struct copying c = { .job = job, .fd = -1 };
	_cleanup_(close_handle) sqlite3 *handle = NULL;
	int r;

	if (access(job->from, F_OK) < 0)
		return -errno;
	/* SQLite takes an empty file as a new one, and would make it for everybody to read. */
	c.fd = open(job->to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = c.fd < 0 ? -errno : open_reader(job->from, &handle);
	if (r == 0)
		r = copy(&c, handle, ret_version);
	if (r < 0) {
		str_buf_printf(why, "%s cannot be copied: %s", job->from,
			       r == -EUCLEAN ? "it is damaged: the next start of estated mends it" : strerror(-r));
		unlink(job->to);
	}
	return r;
}
