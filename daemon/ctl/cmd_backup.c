/* cmd_backup.c: 'backup FILE': all that the box knows in one file: the databases as estated copies them while it goes on, the
 * files beside them, the configuration. FILE is there whole or not at all; it is read back before it takes its name. */
#include "ctl/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/site.h"
#include "base/tree.h"
#include "ctl/parcel.h"

#define LOOK_US        (200 * MS) /* how far is estated? */
#define ALIVE_US       (5 * S)    /* it shall keep the copies */
#define SHOW_US        (100 * MS)
#define ENDING_LOOK_US (5 * MS)
#define ENDING_MAX_US  (10 * S)

#define DAMAGED_MAX 250 /* bytes of what the list says of it */

struct backup {
	struct ctl *ctl;
	bool shows;        /* progress, to a terminal */
	const char *phase; /* what is being done, translated */
	int64_t total;     /* bytes of it */
	int64_t shown_us, alive_us;
	struct parcel_list list;
	char **paths;
	char *folder, *config; /* where the copies are; the main configuration file */
};

static void backup_fini(struct backup *b)
{
	for (size_t i = 0; i < b->list.count; i++)
		free(b->paths[i]);
	free(b->paths);
	parcel_list_fini(&b->list);
	free(b->folder);
	free(b->config);
}

/* ---- while it lasts ---- */

/* Ctrl-C and its like wait for us, so that nothing is left behind. */
static void hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(how, &set, NULL);
}

static bool is_interrupted(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP));
}

static void show(struct backup *b, const char *name, int64_t done)
{
	int64_t now_us = clock_mono_us();

	if (!b->shows || now_us - b->shown_us < SHOW_US)
		return;
	b->shown_us = now_us;
	fputs("\r", stderr);
	fprintf(stderr, _("%s %s: %lld of %lld MiB"), b->phase, name, (long long)(done >> 20),
		(long long)(MAX(b->total, done) >> 20));
	fputs("\033[K", stderr);
	fflush(stderr);
}

static void show_end(const struct backup *b)
{
	if (b->shows)
		fputs("\r\033[K", stderr);
}

/* Also tells estated that somebody is still there. */
static int go_on(void *context, const char *name, int64_t done)
{
	struct backup *b = context;
	int64_t now_us = clock_mono_us();

	if (is_interrupted())
		return -EINTR;
	show(b, name, done);
	if (now_us - b->alive_us >= ALIVE_US) {
		struct talk_answer answer = { 0 };

		b->alive_us = now_us;
		talk_get(b->ctl->talk, "/v1/backup", &answer); /* it may have ended: what is open can still be read */
		str_buf_fini(&answer.body);
	}
	return 0;
}

/* ---- what estated does ---- */

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static enum ctl_exit take_copies(struct backup *b, const json_t *answer)
{
	const json_t *schema = json_object_get(answer, "schema");
	struct utsname host;
	char made[CLOCK_ISO_MAX];

	b->folder = mem_strdup(text_at(answer, "folder"));
	b->config = mem_strdup(text_at(answer, "config"));
	if (!*b->folder || !*b->config) {
		fprintf(stderr, "%s", _("estatectl: estated does not say where its files are\n"));
		return CTL_FAILED;
	}
	b->list.version = mem_strdup(text_at(answer, "version"));
	b->list.estate = mem_strdup(text_at(answer, "estate"));
	b->list.host = mem_strdup(uname(&host) == 0 ? host.nodename : "?");
	b->list.made = mem_strdup(clock_format_iso(clock_wall_us(), made));
	if (*text_at(answer, "damaged"))
		b->list.damaged = mem_strndup(text_at(answer, "damaged"), DAMAGED_MAX);
	b->list.config = mem_strdup(strrchr(b->config, '/') ? strrchr(b->config, '/') + 1 : b->config);
	b->list.schemas[0] = (int)json_integer_value(json_object_get(schema, "state"));
	b->list.schemas[1] = (int)json_integer_value(json_object_get(schema, "history"));
	b->list.credentials = b->ctl->args.values[ARGS_CREDENTIALS] != NULL;
	return CTL_DONE;
}

/* Until all is copied. */
static enum ctl_exit wait_copies(struct backup *b)
{
	b->phase = _("copying");
	for (;;) {
		struct ctl_answer answer _cleanup_answer_ = { 0 };
		enum ctl_exit exit = ctl_get(b->ctl, "/v1/backup", &answer);
		const char *state = exit == CTL_DONE ? text_at(answer.json, "state") : "";

		if (exit != CTL_DONE)
			return exit;
		if (str_equal(state, "ready"))
			return take_copies(b, answer.json);
		if (!str_equal(state, "running")) {
			show_end(b);
			fprintf(stderr, "estatectl: %s\n", text_at(answer.json, "text"));
			return CTL_FAILED;
		}
		if (is_interrupted())
			return CTL_FAILED;
		b->total = json_integer_value(json_object_get(answer.json, "total"));
		show(b, text_at(answer.json, "step"), json_integer_value(json_object_get(answer.json, "done")));
		clock_poll(-1, 0, clock_mono_us() + LOOK_US);
	}
}

/* ---- what goes in ---- */

struct folder {
	const char *prefix, *path;
	const char *main_name; /* only what is configuration; NULL: all */
};

static int add_folder(struct backup *b, const struct folder *f, const struct tree_wish *wish)
{
	_cleanup_(tree_fini) struct tree files = { 0 };
	int r = tree_list(f->path, wish, &files);

	if (r < 0) {
		fprintf(stderr, _("estatectl: %s cannot be read: %s\n"), f->path, strerror(-r));
		return r;
	}
	for (size_t i = 0; i < files.count; i++) {
		_cleanup_str_buf_ struct str_buf name = { 0 }, path = { 0 };

		if (f->main_name && !site_is_conf(files.files[i].name, f->main_name))
			continue;
		str_buf_printf(&name, "%s%s", f->prefix, files.files[i].name);
		str_buf_printf(&path, "%s/%s", f->path, files.files[i].name);
		b->paths = mem_realloc(b->paths, b->list.count + 1, sizeof(*b->paths));
		b->paths[b->list.count] = str_buf_take(&path);
		parcel_list_add(&b->list, name.text, files.files[i].bytes, files.files[i].mode);
	}
	return 0;
}

/* "config/" comes before "state/": all are in order of name. */
static int list_files(struct backup *b)
{
	_cleanup_(freep) char *conf_folder = mem_strdup(b->config);
	struct folder conf = { "config/", conf_folder, b->list.credentials ? NULL : b->list.config };
	int r;

	*strrchr(conf_folder, '/') = '\0';
	r = add_folder(b, &conf, &(struct tree_wish){ .links = TREE_FILE_LINKS, .wanted = site_is_ours });
	if (r == 0)
		r = add_folder(b, &(struct folder){ "state/", b->folder, NULL }, &(struct tree_wish){ 0 });
	b->total = parcel_list_bytes(&b->list);
	return r;
}

/* ---- the file ---- */

static int take_no_bytes(void *context, const void *bytes, size_t len)
{
	struct backup *b = context;

	(void)bytes;
	(void)len;
	return go_on(b, "", 0);
}

/* A backup that cannot be read is none. */
static int read_back(struct backup *b, int fd, struct str_buf *why)
{
	b->phase = _("reading back");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return parcel_unpack(&(struct parcel_source){ .fd = fd },
			     &(struct parcel_sink){ .context = b, .bytes = take_no_bytes }, why);
}

/* Nobody else may have it open, nor lead it elsewhere: what an earlier one has left there is not written into. */
static int open_part(const char *path)
{
	return unlink(path) < 0 && errno != ENOENT
		       ? -1
		       : open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int write_file(struct backup *b, const char *path, struct str_buf *why)
{
	_cleanup_(fd_close) int fd = open_part(path);
	struct parcel_pack job = {
		.list = &b->list, .paths = (const char *const *)b->paths, .fd = fd, .context = b, .progress = go_on
	};
	int r = 0;

	if (fd < 0 || fchmod(fd, 0600) < 0)
		return -errno;
	b->phase = _("packing");
	r = parcel_pack(&job, why);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r == 0 ? read_back(b, fd, why) : r;
}

static int sync_folder_of(const char *path)
{
	_cleanup_(freep) char *folder = mem_strdup(path);
	char *slash = strrchr(folder, '/');

	if (slash)
		slash[slash == folder] = '\0';
	return tree_sync(slash ? folder : ".");
}

static enum ctl_exit make_file(struct backup *b, const char *path)
{
	_cleanup_str_buf_ struct str_buf part = { 0 }, why = { 0 };
	struct stat st = { 0 };
	int r;

	str_buf_printf(&part, "%s.tmp", path);
	r = write_file(b, part.text, &why);
	if (r == 0 && rename(part.text, path) < 0)
		r = -errno;
	if (r == 0)
		r = sync_folder_of(path);
	show_end(b);
	if (r < 0) {
		unlink(part.text);
		if (r != -EINTR)
			fprintf(stderr, _("estatectl: %s cannot be written: %s\n"), path,
				why.len ? why.text : strerror(-r));
		return CTL_FAILED;
	}
	stat(path, &st);
	fprintf(stderr, _("estatectl: %zu files, %lld MiB, in %s (%lld MiB)%s\n"), b->list.count,
		(long long)(b->total >> 20), path, (long long)((st.st_size + (1 << 20) - 1) >> 20),
		b->list.credentials ? "" : _("; without secrets (--with-credentials)"));
	if (!b->list.damaged)
		return CTL_DONE;
	fprintf(stderr,
		_("estatectl: %s has what is whole, but not all: %s; restart estated, which mends it, and check the "
		  "disk\n"),
		path, b->list.damaged);
	return CTL_FAILED;
}

/* What estated copied goes: else it removes it by itself, a minute later. Waits until it is gone, so that the next backup can
 * begin when this one says that it is done; but nobody is kept waiting for long by a slow disk. */
static void end_copies(struct backup *b)
{
	int64_t until_us = clock_mono_us() + ENDING_MAX_US;
	struct talk_answer answer = { 0 };
	int r = talk_post(b->ctl->talk, "/v1/backup/end", "{}", &answer);

	while (r == 0 && answer.status == 200 && clock_mono_us() < until_us) {
		clock_poll(-1, 0, clock_mono_us() + ENDING_LOOK_US);
		str_buf_fini(&answer.body);
		answer = (struct talk_answer){ 0 };
		r = talk_get(b->ctl->talk, "/v1/backup", &answer);
	}
	str_buf_fini(&answer.body);
}

static enum ctl_exit run(struct backup *b, const char *path)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	enum ctl_exit exit = ctl_post(b->ctl, "/v1/backup", json_object(), &answer);

	if (exit != CTL_DONE)
		return exit;
	exit = wait_copies(b);
	if (exit == CTL_DONE && list_files(b) < 0)
		exit = CTL_FAILED;
	if (exit == CTL_DONE)
		exit = make_file(b, path);
	end_copies(b);
	return exit;
}

enum ctl_exit cmd_backup(struct ctl *c)
{
	_cleanup_(backup_fini) struct backup b = { .ctl = c,
						   .shows = isatty(STDERR_FILENO),
						   .alive_us = clock_mono_us() };
	enum ctl_exit exit;

	hold_signals(SIG_BLOCK);
	exit = run(&b, ctl_word(c, 0));
	if (exit != CTL_DONE && is_interrupted()) { /* one that came too late to stop it changes nothing */
		show_end(&b);
		fprintf(stderr, "%s", _("estatectl: interrupted: nothing was left behind\n"));
		exit = CTL_FAILED;
	}
	return exit;
}
