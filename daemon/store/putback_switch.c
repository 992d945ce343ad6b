/* putback_switch.c: the moves of a restore: planned, promised, done. Each can be done again after a crash: what was there goes
 * aside only once, what is new is where it belongs as soon as it is no longer where it was unpacked. */
#include "store/putback_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/site.h"
#include "base/tree.h"
#include "store/backup.h"
#include "store/putback.h"

#define READY        "ready"
#define CONF_FOLDERS 0755 /* estated is not root, and must find what is in them */

/* Both sides of one folder: the names that go aside and those that come, relative to `to`. */
struct moves {
	char *from, *to, *aside;
	mode_t folders; /* of those that are made */
	const json_t *old, *new;
};

static void moves_fini(struct moves *m)
{
	free(m->from);
	free(m->to);
	free(m->aside);
}

static char *join(const char *folder, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s", folder, name);
	return str_buf_take(&path);
}

static char *in_new(const char *state_dir, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/" PUTBACK_FOLDER "%s%s", state_dir, name ? "/" : "", name ? name : "");
	return str_buf_take(&path);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

void putback_switch_fini(struct putback_plan *p)
{
	json_decref(p->root);
	p->root = NULL;
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* What stands in the place of that name below folder, by no link: false: nothing. */
static bool look(const char *folder, const char *name, struct stat *ret_st)
{
	_cleanup_(fd_close) int fd = tree_open_above(folder, name, 0);

	return fd >= 0 && fstatat(fd, last_part(name), ret_st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool has(const char *folder, const char *name)
{
	struct stat st;

	return look(folder, name, &st);
}

static int sync_all(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (syncfs(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* ---- plan ---- */

/* Both kinds of names into the plan; every one of them, or none. */
static int plan_names(json_t *part, const struct tree *old, const struct tree *new, struct str_buf *why)
{
	const struct tree *const trees[] = { old, new };
	static const char *const keys[] = { "old", "new" };

	for (size_t k = 0; k < ARRAY_SIZE(trees); k++) {
		json_t *list = json_array();

		json_object_set_new(part, keys[k], list);
		for (size_t i = 0; i < trees[k]->count; i++)
			if (json_array_append_new(list, json_string(trees[k]->files[i].name)) < 0) {
				str_buf_add(why, "the name of a file is not UTF-8: rename it");
				return -EILSEQ;
			}
	}
	return 0;
}

/* Files below a folder; none where there is no such folder. */
static int list(const char *folder, const struct tree_wish *wish, struct tree *ret_tree, struct str_buf *why)
{
	int r = tree_list(folder, wish, ret_tree);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		str_buf_printf(why, "%s cannot be read: %s", folder, strerror(-r));
	return r;
}

/* Whatever that name is: with all that is in it, where it is a folder. */
static void add_old(struct tree *old, const char *name, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < old->count; i++) {
		const char *other = old->files[i].name;

		if (strncmp(other, name, len) == 0 && (other[len] == '/' || other[len] == '\0'))
			free(old->files[i].name);
		else
			old->files[kept++] = old->files[i];
	}
	old->files = mem_realloc(old->files, kept + 1, sizeof(*old->files));
	old->files[kept] = (struct tree_file){ .name = mem_strndup(name, len) };
	old->count = kept + 1;
}

/* A folder where a file is to come, another thing where a folder must be: they go aside like the files. */
static void add_obstacles(const char *folder, const struct tree *new, struct tree *old)
{
	for (size_t i = 0; i < new->count; i++) {
		const char *name = new->files[i].name;
		size_t len = 0;

		do {
			_cleanup_(freep) char *part = NULL;
			struct stat st;

			len += name[len] == '/';
			len += strcspn(name + len, "/");
			part = mem_strndup(name, len);
			if (look(folder, part, &st) && (name[len] ? !S_ISDIR(st.st_mode) : S_ISDIR(st.st_mode)))
				add_old(old, name, len);
		} while (name[len]);
	}
}

static int plan_state(const struct putback_rise *rise, json_t *root, struct str_buf *why)
{
	_cleanup_(tree_fini) struct tree old = { 0 }, new = { 0 };
	_cleanup_(freep) char *unpacked = in_new(rise->state_dir, "state");
	int r = list(rise->state_dir, &(struct tree_wish){ .wanted = backup_is_kept }, &old, why);

	if (r == 0)
		r = list(unpacked, &(struct tree_wish){ 0 }, &new, why);
	if (r < 0)
		return r;
	add_obstacles(rise->state_dir, &new, &old);
	json_object_set_new(root, "state", json_object());
	return plan_names(json_object_get(root, "state"), &old, &new, why);
}

/* Where the configuration is now and what of it goes: the same kind of file, and whatever has a new one's name. */
static int list_conf(const char *folder, const char *main_name, const struct tree *new, struct tree *ret_old,
		     struct str_buf *why)
{
	struct tree all = { 0 };
	size_t kept = 0;
	int r = list(folder, &(struct tree_wish){ .links = TREE_FILE_LINKS, .wanted = site_is_ours }, &all, why);

	for (size_t i = 0; r == 0 && i < all.count; i++) {
		bool goes = site_is_conf(all.files[i].name, main_name);

		for (size_t j = 0; !goes && j < new->count; j++)
			goes = str_equal(new->files[j].name, all.files[i].name);
		if (goes)
			all.files[kept++] = all.files[i];
		else
			free(all.files[i].name);
	}
	if (r == 0)
		all.count = kept;
	*ret_old = all;
	return r;
}

/* The main file's name may be another one here. */
static const char *name_here(const char *name, const char *main_there, const char *main_here)
{
	return str_equal(name, main_there) ? main_here : name;
}

/* Permissions as they were packed, owners as they are here: of the file that it replaces, else of the folder that it is in. */
static int settle_owner(const char *path, const char *final, mode_t mode)
{
	_cleanup_(freep) char *folder = mem_strdup(final);
	_cleanup_(fd_close) int fd = tree_open_file(path);
	struct stat st;
	char *slash;

	if (fd < 0)
		return fd;
	for (slash = strrchr(folder, '/'); lstat(final, &st) < 0 && slash; slash = strrchr(folder, '/')) {
		*slash = '\0';
		if (stat(*folder ? folder : "/", &st) == 0)
			break;
	}
	if (fchmod(fd, mode & 0755) < 0)
		return -errno;
	return geteuid() == 0 && slash && fchown(fd, st.st_uid, st.st_gid) < 0 ? -errno : 0;
}

struct conf_place {
	const char *state_dir;
	char *folder; /* absolute: who goes on may stand elsewhere */
	char *main_name, *staging, *unpacked;
};

static void conf_place_fini(struct conf_place *c)
{
	free(c->folder);
	free(c->main_name);
	free(c->staging);
	free(c->unpacked);
}

/* What was unpacked is the state directory's owner's, and read with his rights. */
static int open_unpacked(const struct conf_place *c, const char *name)
{
	_cleanup_(freep) char *path = join(c->unpacked, name);
	int fd;

	putback_act_as(c->state_dir);
	fd = tree_open_file(path);
	putback_act_as(NULL);
	return fd;
}

static int stage_file(const struct conf_place *c, const struct tree_file *f, const char *name)
{
	_cleanup_(fd_close) int in = open_unpacked(c, f->name);
	_cleanup_(freep) char *to = join(c->staging, name), *final = join(c->folder, name);
	int r = in < 0 ? in : tree_make_above(to, strlen(c->folder), CONF_FOLDERS);

	if (r == 0)
		r = tree_copy_from(in, to, f->mode);
	return r == 0 ? settle_owner(to, final, f->mode) : r;
}

/* A second copy, on the file system that they are for. */
static int stage_conf(const struct conf_place *c, const char *main_there, struct tree *new, struct str_buf *why)
{
	int r = tree_remove(c->staging);

	for (size_t i = 0; r == 0 && i < new->count; i++) {
		struct tree_file *f = &new->files[i];
		char *name = mem_strdup(name_here(f->name, main_there, c->main_name));

		r = stage_file(c, f, name);
		free(f->name);
		f->name = name;
	}
	if (r == 0 && new->count)
		r = sync_all(c->staging);
	if (r < 0)
		str_buf_printf(why, "%s cannot be written: %s", c->staging, strerror(-r));
	return r;
}

static int plan_conf(const struct conf_place *c, const char *main_there, json_t *root, struct str_buf *why)
{
	_cleanup_(tree_fini) struct tree old = { 0 }, new = { 0 };
	int r = list(c->unpacked, &(struct tree_wish){ 0 }, &new, why);

	if (r < 0 || new.count == 0)
		return r;
	r = stage_conf(c, main_there, &new, why);
	if (r == 0)
		r = list_conf(c->folder, c->main_name, &new, &old, why);
	if (r < 0)
		return r;
	add_obstacles(c->folder, &new, &old);
	json_object_set_new(root, "config", json_pack("{s:s}", "folder", c->folder));
	return plan_names(json_object_get(root, "config"), &old, &new, why);
}

/* The folder is made where it is missing: on a new box. */
static int conf_place_init(struct conf_place *c, const char *conf_path, struct str_buf *why)
{
	const char *slash = strrchr(conf_path, '/');
	_cleanup_(freep) char *folder =
		slash ? mem_strndup(conf_path, (size_t)(slash - conf_path) + 1) : mem_strdup(".");
	int r = 0;

	if (mkdir(folder, 0755) == 0 || errno == EEXIST)
		c->folder = realpath(folder, NULL);
	if (!c->folder) {
		r = -errno;
		str_buf_printf(why, "%s cannot be made: %s", folder, strerror(-r));
		return r;
	}
	c->main_name = mem_strdup(slash ? slash + 1 : conf_path);
	c->staging = join(c->folder, SITE_STAGING);
	return 0;
}

int putback_switch_plan(const struct putback_rise *rise, const char *conf_path, struct putback_plan *ret_plan,
			struct str_buf *why)
{
	_cleanup_(putback_switch_fini) struct putback_plan p = { .root = json_pack("{s:s}", "aside", rise->aside) };
	_cleanup_(conf_place_fini) struct conf_place c = { .state_dir = rise->state_dir,
							   .unpacked = in_new(rise->state_dir, "config") };
	int r = plan_state(rise, p.root, why);

	if (r < 0)
		return r;
	putback_act_as(NULL);
	r = conf_place_init(&c, conf_path, why);
	if (r == 0)
		r = plan_conf(&c, rise->origin->config, p.root, why);
	putback_act_as(rise->state_dir);
	if (r == 0)
		ret_plan->root = steal(&p.root);
	return r;
}

void putback_switch_unstage(const char *conf_path)
{
	const char *slash = strrchr(conf_path, '/');
	struct str_buf path _cleanup_str_buf_ = { 0 };

	str_buf_add_len(&path, conf_path, slash ? (size_t)(slash - conf_path) + 1 : 0);
	str_buf_add(&path, SITE_STAGING);
	tree_remove(path.text);
}

/* ---- promise ---- */

static int write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	int r = 0;

	if (!f)
		return -errno;
	if (fputs(text, f) < 0 || fflush(f) != 0 || fsync(fileno(f)) < 0)
		r = -errno;
	return fclose(f) != 0 && r == 0 ? -errno : r;
}

int putback_switch_promise(const char *state_dir, const struct putback_plan *p, struct str_buf *why)
{
	_cleanup_(freep) char *part = in_new(state_dir, READY ".part"), *ready = in_new(state_dir, READY),
			      *folder = in_new(state_dir, NULL);
	_cleanup_(freep) char *text = json_dumps(p->root, JSON_COMPACT);
	int r = text ? sync_all(folder) : -EINVAL;

	if (r == 0)
		r = write_text(part, text);
	if (r == 0 && rename(part, ready) < 0)
		r = -errno;
	if (r == 0)
		r = tree_sync(folder);
	if (r < 0)
		str_buf_printf(why, "%s cannot be written: %s", ready, strerror(-r));
	return r;
}

/* Names below a folder, as the plan has made them. */
static bool are_names(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (!name || !*name || name[0] == '/' || str_equal(name, "..") || str_starts(name, "../") ||
		    strstr(name, "/../"))
			return false;
	}
	return json_is_array(list);
}

static bool is_plan(const json_t *root)
{
	const json_t *state = json_object_get(root, "state"), *conf = json_object_get(root, "config");
	const char *aside = text_of(root, "aside");

	return str_starts(aside, SITE_ASIDE) && !strchr(aside, '/') && are_names(json_object_get(state, "old")) &&
	       are_names(json_object_get(state, "new")) &&
	       (!conf || (text_of(conf, "folder")[0] == '/' && are_names(json_object_get(conf, "old")) &&
			  are_names(json_object_get(conf, "new"))));
}

int putback_switch_read(const char *state_dir, struct putback_plan *ret_plan)
{
	_cleanup_(freep) char *ready = in_new(state_dir, READY);
	_cleanup_(fd_close) int fd = tree_open_file(ready);
	json_t *root;

	if (fd < 0)
		return fd;
	root = json_loadfd(fd, 0, NULL);
	if (!is_plan(root)) {
		json_decref(root);
		return -EBADMSG;
	}
	ret_plan->root = root;
	return 0;
}

bool putback_switch_is_for(const struct putback_plan *p, const char *conf_path)
{
	const char *slash = strrchr(conf_path, '/');
	_cleanup_(freep) char *folder =
		slash ? mem_strndup(conf_path, (size_t)(slash - conf_path) + 1) : mem_strdup(".");
	_cleanup_(freep) char *absolute = realpath(folder, NULL);
	const json_t *conf = json_object_get(p->root, "config");

	return !conf || (absolute && str_equal(absolute, text_of(conf, "folder")));
}

/* ---- done ---- */

/* Where the plan has none: nothing is to be moved. */
static struct moves moves_of(const char *state_dir, const struct putback_plan *p, const char *what)
{
	const json_t *part = json_object_get(p->root, what);
	const char *folder = text_of(part, "folder");
	struct moves m = { .old = json_object_get(part, "old"), .new = json_object_get(part, "new") };

	m.to = mem_strdup(*folder ? folder : state_dir);
	m.from = *folder ? join(folder, SITE_STAGING) : in_new(state_dir, "state");
	m.aside = join(m.to, text_of(p->root, "aside"));
	m.folders = *folder ? CONF_FOLDERS : 0700;
	return m;
}

/* Below both folders by no link. */
static int move(const char *from, const char *to, const char *name, mode_t made)
{
	_cleanup_(fd_close) int from_fd = tree_open_above(from, name, 0);
	_cleanup_(fd_close) int to_fd = from_fd < 0 ? -1 : tree_open_above(to, name, made);
	const char *last = last_part(name);

	if (from_fd < 0 || to_fd < 0)
		return MIN(from_fd, to_fd);
	return renameat(from_fd, last, to_fd, last) < 0 ? -errno : 0;
}

static int move_aside(const struct moves *m, const char *name)
{
	_cleanup_(freep) char *below = join(m->aside, name);
	int r;

	if (!has(m->to, name) || has(m->aside, name))
		return 0;
	r = tree_make_above(below, strlen(m->to), m->folders);
	return r == 0 ? move(m->to, m->aside, name, m->folders) : r;
}

static int move_in(const struct moves *m, const char *name)
{
	return has(m->from, name) ? move(m->from, m->to, name, m->folders) : 0;
}

static int run_moves(const struct moves *m, struct str_buf *why)
{
	const char *name = "";
	const json_t *row;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < json_array_size(m->old); i++) {
		row = json_array_get(m->old, i);
		name = json_is_string(row) ? json_string_value(row) : "";
		r = move_aside(m, name);
	}
	for (i = 0; r == 0 && i < json_array_size(m->new); i++) {
		row = json_array_get(m->new, i);
		name = json_is_string(row) ? json_string_value(row) : "";
		r = move_in(m, name);
	}
	if (r == 0 && json_array_size(m->new))
		r = sync_all(m->to);
	if (r < 0)
		str_buf_printf(why, "%s/%s cannot be put in place: %s", m->to, name, strerror(-r));
	return r;
}

int putback_switch_run(const char *state_dir, const struct putback_plan *p, struct str_buf *why)
{
	_cleanup_(moves_fini) struct moves conf = moves_of(state_dir, p, "config"),
					   state = moves_of(state_dir, p, "state");
	int r;

	/* First where it is more likely that it may not be written: all is still as it was then. */
	putback_act_as(NULL);
	r = run_moves(&conf, why);
	if (r == 0 && json_array_size(conf.new))
		tree_remove(conf.from);
	putback_act_as(state_dir);
	return r == 0 ? run_moves(&state, why) : r;
}

static bool has_any(const char *folder, const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (has(folder, json_string_value(json_array_get(names, i))))
			return true;
	return false;
}

static bool has_all(const char *folder, const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (!has(folder, json_string_value(json_array_get(names, i))))
			return false;
	return true;
}

/* Nothing has gone aside, and all that is new is where it was unpacked. */
static bool is_untouched(const struct moves *m)
{
	return !has_any(m->aside, m->old) && has_all(m->from, m->new);
}

int putback_switch_take_back(const char *state_dir, const struct putback_plan *p)
{
	_cleanup_(moves_fini) struct moves conf = moves_of(state_dir, p, "config"),
					   state = moves_of(state_dir, p, "state");

	if (!is_untouched(&conf) || !is_untouched(&state))
		return -EALREADY;
	/* Folders that were made to move something into; where that may not be done there are none. */
	tree_remove(state.aside);
	putback_act_as(NULL);
	tree_remove(conf.aside);
	if (json_array_size(conf.new))
		tree_remove(conf.from);
	putback_act_as(state_dir);
	return putback_switch_forget(state_dir);
}

void putback_switch_clear(const char *state_dir)
{
	static const char *const parts[] = { "state", "config", "manifest.json" };

	/* The promise goes last: with it the moves are only done again, and there are none left. */
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_(freep) char *path = in_new(state_dir, parts[i]);

		tree_remove(path);
	}
	putback_switch_forget(state_dir);
}

int putback_switch_forget(const char *state_dir)
{
	_cleanup_(freep) char *ready = in_new(state_dir, READY), *folder = in_new(state_dir, NULL);

	if (unlink(ready) < 0 && errno != ENOENT)
		return -errno;
	if (exists(folder))
		tree_sync(folder);
	return tree_remove(folder);
}
