/* cmd_restore.c: 'restore FILE': a backup back in place, on this box or on a new one. estated must not run. The backup is unpacked
 * beside what is there and compared with its list; only then 'estated --restore' puts it in place. */
#include "ctl/command.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/guise.h"
#include "base/mem.h"
#include "base/tree.h"
#include "ctl/local.h"
#include "ctl/parcel.h"

#define FOLDER  "restore.new" /* of the state directory; estated --restore looks there */
#define RESERVE ((int64_t)32 * 1024 * 1024)

struct restore {
	const char *state_dir;
	char *folder;
	int fd;              /* of the file in work */
	struct str_buf list; /* to be written last: its being there says that all is */
	struct stat owner;   /* of the state directory */
	struct str_buf *why;
};

static void restore_fini(struct restore *r)
{
	if (r->fd >= 0)
		close(r->fd);
	free(r->folder);
	str_buf_fini(&r->list);
}

static char *path_in(const char *folder, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s", folder, name);
	return str_buf_take(&path);
}

/* ---- unpack ---- */

static int take_list(void *context, const struct parcel_list *list)
{
	struct restore *r = context;
	struct statvfs room;
	int64_t wanted = parcel_list_bytes(list) + RESERVE, has;

	fprintf(stderr, _("estatectl: backup of estate '%s', host %s, made at %s by estated %s\n"), list->estate,
		list->host, list->made, list->version);
	if (list->damaged)
		fprintf(stderr, _("estatectl: it has only what was whole then: %s\n"), list->damaged);
	parcel_list_write(list, &r->list);
	if (statvfs(r->state_dir, &room) < 0)
		return -errno;
	has = (int64_t)(room.f_bavail * room.f_frsize);
	if (has >= wanted)
		return 0;
	str_buf_printf(r->why, _("%lld MiB are free at %s, expected %lld: what is there now is kept too"),
		       (long long)(has >> 20), r->state_dir, (long long)(wanted >> 20));
	return -ENOSPC;
}

static int begin_file(void *context, const struct parcel_file *f)
{
	struct restore *r = context;
	_cleanup_(freep) char *path = path_in(r->folder, f->name);
	int error = tree_make_above(path, strlen(r->folder), 0700);

	if (error < 0)
		return error;
	r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return r->fd < 0 || fchmod(r->fd, str_starts(f->name, "state/") ? 0600 : f->mode) < 0 ? -errno : 0;
}

static int take_bytes(void *context, const void *bytes, size_t len)
{
	const struct restore *r = context;
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = write(r->fd, at, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += MAX(n, (ssize_t)0);
		len -= (size_t)MAX(n, (ssize_t)0);
	}
	return 0;
}

static int end_file(void *context)
{
	struct restore *r = context;
	int fd = r->fd, error = fsync(fd) < 0 ? -errno : 0;

	r->fd = -1;
	return close(fd) < 0 && error == 0 ? -errno : error;
}

static int write_list(struct restore *r)
{
	struct parcel_file f = { .name = (char *)PARCEL_LIST_NAME, .mode = 0600 };
	int error = begin_file(r, &f);

	if (error == 0)
		error = take_bytes(r, r->list.text, r->list.len);
	return error == 0 ? end_file(r) : error;
}

/* As the owner of the state directory, whose files they will be. */
static int unpack(struct restore *r, int fd)
{
	struct parcel_sink sink = {
		.context = r, .list = take_list, .begin = begin_file, .bytes = take_bytes, .end = end_file
	};
	int error;

	guise_put_on(&r->owner);
	error = mkdir(r->folder, 0700) < 0 ? -errno : 0;
	if (error == 0)
		error = parcel_unpack(&(struct parcel_source){ .fd = fd }, &sink, r->why);
	if (error == 0)
		error = write_list(r);
	guise_take_off();
	return error;
}

/* ---- around it ---- */

/* On a new box it is not there yet: systemd gives it to estated's user when that starts. */
static int find_state_dir(struct restore *r)
{
	_cleanup_(freep) char *below = path_in(r->state_dir, "x");
	int error = stat(r->state_dir, &r->owner) == 0 ? 0 : tree_make_above(below, 0, 0700);

	if (error == 0 && stat(r->state_dir, &r->owner) < 0)
		error = -errno;
	if (error < 0)
		str_buf_printf(r->why, "%s: %s", r->state_dir, strerror(-error));
	return error;
}

/* Said before anything is unpacked; 'estated --restore' is who makes sure. */
static int check_stopped(const struct restore *r)
{
	_cleanup_(freep) char *path = path_in(r->state_dir, "lock");
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW), error = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		error = -EBUSY;
	close(fd);
	if (error < 0)
		str_buf_add(r->why, _("estated is running: stop it first (systemctl stop estated)"));
	return error;
}

/* estated --restore, with the same options. 0 or -errno; it says itself what is wrong. */
static int put_in_place(const struct restore *r, const char *conf)
{
	_cleanup_str_buf_ struct str_buf said = { 0 };
	char program[PATH_MAX];
	const char *argv[] = { program, "--restore", "--state-dir", r->state_dir, conf ? "-c" : NULL, conf, NULL };
	int status;

	local_find_daemon(program);
	status = local_run(argv, &said);
	fputs(str_buf_text(&said), stdout);
	if (status < 0)
		str_buf_printf(r->why, "%s: %s", program, strerror(-status));
	return status == 0 ? 0 : -ECANCELED;
}

/* From here on it will be put in place, now or at the next start. */
static bool is_promised(const struct restore *r)
{
	_cleanup_(freep) char *ready = path_in(r->folder, "ready");
	struct stat st;

	return lstat(ready, &st) == 0;
}

/* One that was cut off while files were moved is ended first. */
static int end_earlier(const struct restore *r, const char *conf)
{
	return is_promised(r) ? put_in_place(r, conf) : tree_remove(r->folder);
}

static int restore(struct restore *r, int fd, const char *conf)
{
	int error = find_state_dir(r);

	if (error == 0)
		error = check_stopped(r);
	if (error == 0)
		error = end_earlier(r, conf);
	if (error < 0)
		return error;
	error = unpack(r, fd);
	if (error == 0)
		error = put_in_place(r, conf);
	if (error < 0 && !is_promised(r))
		tree_remove(r->folder);
	return error;
}

enum ctl_exit cmd_restore(struct ctl *c)
{
	const char *dir = c->args.values[ARGS_STATE_DIR], *path = ctl_word(c, 0);
	_cleanup_str_buf_ struct str_buf why = { 0 };
	_cleanup_(restore_fini) struct restore r = { .state_dir = dir ? dir : ESTATE_STATEDIR, .fd = -1, .why = &why };
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	if (fd < 0) {
		fprintf(stderr, _("estatectl: %s cannot be read: %s\n"), path, strerror(errno));
		return CTL_FAILED;
	}
	r.folder = path_in(r.state_dir, FOLDER);
	error = restore(&r, fd, c->args.values[ARGS_CONFIG]);
	close(fd);
	if (error < 0 && (why.len || error != -ECANCELED))
		fprintf(stderr, _("estatectl: %s was not restored: %s\n"), path, why.len ? why.text : strerror(-error));
	return error < 0 ? CTL_FAILED : CTL_DONE;
}
