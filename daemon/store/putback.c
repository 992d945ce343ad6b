#include "store/putback.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/guise.h"
#include "base/mem.h"
#include "base/site.h"
#include "base/tree.h"
#include "store/putback_inside.h"
#include "store/statedir.h"

#define ASIDES_KEPT 2 /* folders of what was there before a restore; each may be as large as the history */

static char *path_in(const char *dir, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s", dir, name);
	return str_buf_take(&path);
}

void putback_act_as(const char *state_dir)
{
	struct stat st;

	guise_take_off();
	if (state_dir && stat(state_dir, &st) == 0)
		guise_put_on(&st);
}

/* ---- where it comes from ---- */

struct manifest {
	json_t *root;
	struct putback_origin origin;
};

static void manifest_fini(struct manifest *m)
{
	json_decref(m->root);
}

static const char *text_of(const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text ? text : "";
}

/* It is the last file that estatectl unpacks: without it the rest may be half of it. */
static int read_manifest(const char *state_dir, struct manifest *m, struct str_buf *why)
{
	_cleanup_(freep) char *path = path_in(state_dir, PUTBACK_FOLDER "/manifest.json");
	_cleanup_(fd_close) int fd = tree_open_file(path);

	m->root = fd >= 0 ? json_loadfd(fd, 0, NULL) : NULL;
	m->origin = (struct putback_origin){
		.estate = text_of(m->root, "estate"),
		.host = text_of(m->root, "host"),
		.version = text_of(m->root, "version"),
		.made = text_of(m->root, "made"),
		.config = text_of(m->root, "config"),
	};
	if (clock_parse(m->origin.made, &m->origin.made_us) == 0)
		return 0;
	str_buf_printf(why, "%s: nothing was unpacked there to be restored: use 'estatectl restore FILE'", path);
	return -ENOENT;
}

/* Numbers that the receivers may have seen are told by the time: it must not be before the backup's. */
static int check_clock(const struct putback_origin *o, struct str_buf *why)
{
	char now[CLOCK_ISO_MAX];

	if (clock_wall_us() > o->made_us)
		return 0;
	str_buf_printf(
		why,
		"the clock of this box says %s, the backup was made at %s: set the clock first (date -s '%s'), then "
		"restore",
		clock_format_local(clock_wall_us(), now), o->made, o->made);
	return -ERANGE;
}

/* ---- what was there before earlier restores ---- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_aside(const struct dirent *e)
{
	return str_starts(e->d_name, SITE_ASIDE);
}

/* The newest by its name beside the one that was made just now: what a clock that was wrong has named may be in the future. */
static void drop_old_asides(const char *state_dir, const char *kept)
{
	struct dirent **names = NULL;
	int count = scandir(state_dir, &names, is_aside, by_name), others = 0;

	for (int i = count; i-- > 0;) {
		_cleanup_(freep) char *path = path_in(state_dir, names[i]->d_name);

		if (!str_equal(names[i]->d_name, kept) && ++others >= ASIDES_KEPT)
			tree_remove(path);
		free(names[i]);
	}
	free(names);
}

/* ---- run ---- */

static bool is_there(const char *folder, size_t len, const char *name)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	struct stat st;

	str_buf_add_len(&path, folder, len);
	str_buf_printf(&path, "%s%s", len ? "/" : "", name);
	return lstat(path.text, &st) == 0;
}

/* One that is not there: of two restores within a second the later one gets the next second. */
static void name_aside(const struct putback_setup *setup, struct str_buf *to)
{
	const char *slash = strrchr(setup->conf_path, '/');
	size_t conf_len = slash ? (size_t)(slash - setup->conf_path) : 0;
	int64_t wall_us = clock_wall_us();

	do {
		struct clock_calendar c;

		clock_calendar(wall_us, &c);
		wall_us += S;
		str_buf_clear(to);
		str_buf_printf(to, SITE_ASIDE "%04d%02d%02dT%02d%02d%02d", c.year, c.month, c.day, c.hour, c.minute,
			       c.second);
	} while (is_there(setup->state_dir, strlen(setup->state_dir), to->text) ||
		 is_there(setup->conf_path, conf_len, to->text));
}

/* How a promise came out: it was kept, or nothing had been moved and it is taken back; -errno: neither is possible. */
enum outcome { KEPT = 1, TAKEN_BACK };

static int keep_promise(const char *state_dir, const struct putback_plan *plan, struct str_buf *why)
{
	int r = putback_switch_run(state_dir, plan, why);

	if (r == 0) {
		putback_switch_clear(state_dir);
		return KEPT;
	}
	return putback_switch_take_back(state_dir, plan) == 0 ? TAKEN_BACK : r;
}

static int finish(const char *state_dir, const struct putback_plan *plan, struct str_buf *said)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int r = keep_promise(state_dir, plan, &why);

	if (r == KEPT)
		str_buf_add(said, "a restore that was cut off has been ended: what was restored is in force");
	else if (r == TAKEN_BACK)
		str_buf_printf(said,
			       "a restore was cut off before anything was changed, and is undone (%s): restore again",
			       why.text);
	else
		str_buf_printf(
			said,
			"a restore was cut off while the configuration was changed, and cannot be ended by this user "
			"(%s): as root run 'estated --restore'",
			why.text);
	return r;
}

/* 1: an earlier one that was cut off is ended now, and that is all that was to be done. */
static int settle_earlier(const struct putback_setup *setup, struct str_buf *said)
{
	_cleanup_(putback_switch_fini) struct putback_plan earlier = { 0 };
	int r = putback_switch_read(setup->state_dir, &earlier);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = putback_switch_is_for(&earlier, setup->conf_path) ? finish(setup->state_dir, &earlier, said)
								      : -EPERM;
	if (r < 0 && said->len == 0)
		str_buf_printf(said, "%s/" PUTBACK_FOLDER "/ready is none of ours: %s", setup->state_dir, strerror(-r));
	return MIN(r, 1);
}

static int put_in_place(const struct putback_setup *setup, const struct putback_rise *rise, struct str_buf *said)
{
	_cleanup_(putback_switch_fini) struct putback_plan plan = { 0 };
	_cleanup_(freep) char *unpacked = path_in(setup->state_dir, PUTBACK_FOLDER "/state");
	uint64_t seq = 0;
	int r = putback_state_check(unpacked, said);

	if (r == 0)
		r = putback_state_rise(unpacked, rise, &seq, said);
	if (r == 0)
		r = putback_switch_plan(rise, setup->conf_path, &plan, said);
	if (r == 0)
		r = putback_switch_promise(setup->state_dir, &plan, said);
	if (r < 0) {
		putback_act_as(NULL);
		putback_switch_unstage(setup->conf_path);
		putback_act_as(setup->state_dir);
	}
	if (r == 0)
		r = keep_promise(setup->state_dir, &plan, said);
	if (r < 0 || r == TAKEN_BACK)
		return MIN(r, -EIO);
	str_buf_printf(
		said,
		"restored: estate '%s' as it was on host %s at %s (estated %s); what was there is kept in %s/%s; the "
		"numbers of all outbox lanes go on from %" PRIu64,
		rise->origin->estate, rise->origin->host, rise->origin->made, rise->origin->version, setup->state_dir,
		rise->aside, seq);
	return 0;
}

int putback_run(const struct putback_setup *setup, struct str_buf *said)
{
	_cleanup_(manifest_fini) struct manifest m = { 0 };
	_cleanup_(fd_close) int lock = -1;
	_cleanup_str_buf_ struct str_buf aside = { 0 };
	struct putback_rise rise = { .origin = &m.origin, .state_dir = setup->state_dir, .who = setup->who };
	int r;

	putback_act_as(setup->state_dir);
	r = statedir_lock(setup->state_dir, &lock, said);
	if (r == -EBUSY) {
		str_buf_clear(said);
		str_buf_add(said, "estated is running: stop it first (systemctl stop estated)");
	}
	if (r == 0)
		r = settle_earlier(setup, said);
	if (r == 0)
		r = read_manifest(setup->state_dir, &m, said);
	if (r == 0)
		r = check_clock(&m.origin, said);
	if (r == 0) {
		name_aside(setup, &aside);
		rise.aside = aside.text;
		r = put_in_place(setup, &rise, said);
	}
	if (r == 0)
		drop_old_asides(setup->state_dir, rise.aside);
	putback_act_as(NULL);
	return MIN(r, 0);
}

/* ---- at start ---- */

static int resume(const char *state_dir, const char *conf_path, struct str_buf *said)
{
	_cleanup_(putback_switch_fini) struct putback_plan plan = { 0 };
	_cleanup_(freep) char *folder = path_in(state_dir, PUTBACK_FOLDER);
	int r;

	r = putback_switch_read(state_dir, &plan);
	if (r == 0 && !putback_switch_is_for(&plan, conf_path)) {
		str_buf_printf(said,
			       "%s/ready changes another configuration than %s: start estated with that one (-c), or "
			       "remove the folder %s if nothing was to be restored",
			       folder, conf_path, folder);
		return -EPERM;
	}
	if (r == 0)
		return MIN(finish(state_dir, &plan, said), 1);
	if (r == -ENOENT && rmdir(folder) == 0)
		return 0; /* it was done but for this */
	if (r == -ENOENT) {
		putback_act_as(NULL);
		putback_switch_unstage(conf_path);
		r = tree_remove(folder);
		str_buf_add(said, "a restore was cut off before anything was changed: restore again");
		return r < 0 ? 0 : 1;
	}
	str_buf_printf(said, "%s/ready cannot be read (%s): estated does not know what a restore has moved already",
		       folder, strerror(-r));
	return r;
}

int putback_resume(const char *state_dir, const char *conf_path, struct str_buf *said)
{
	_cleanup_(freep) char *folder = path_in(state_dir, PUTBACK_FOLDER);
	_cleanup_str_buf_ struct str_buf why = { 0 };
	_cleanup_(fd_close) int lock = -1;
	int r = 0;

	if (access(folder, F_OK) < 0)
		return 0;
	putback_act_as(state_dir);
	/* The lock's own trouble is for the store to tell. */
	if (statedir_lock(state_dir, &lock, &why) == 0)
		r = resume(state_dir, conf_path, said);
	putback_act_as(NULL);
	return r;
}
