/* confset.c: see confset.h. */
#include "conf/confset.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"

/* One reading of a set. */
struct reading_set {
	struct confset *set;
	struct arena *arena; /* of names */
	struct diag *diag;
	enum conffile_level level;
	struct str_buf *copy;
	struct conffile_text *stamps; /* of the files that were read, without their texts */
	size_t stamp_count;
};

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static void add_file(struct reading_set *r, struct conffile *f)
{
	struct confset *s = r->set;

	f->level = r->level;
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 16;
		s->files = mem_realloc(s->files, s->room, sizeof(struct conffile *));
	}
	s->files[s->count++] = f;
}

static void take_text(struct reading_set *r, const struct conffile_text *t)
{
	struct conffile *f;

	if (r->copy && r->level != CONFFILE_SHIPPED)
		confcopy_add(r->copy, &(struct confcopy_file){ .level = r->level,
							       .name = t->name,
							       .name_len = strlen(t->name),
							       .text = t->text,
							       .len = t->len });
	conffile_parse(t, r->arena, r->diag, &f);
	r->set->unread.everything |= f->unread_all;
	if (f->unread)
		unread_add(&r->set->unread, f->unread, strlen(f->unread));
	add_file(r, f);
}

/* What it was is kept until all are read: see check_unchanged. */
static int read_file(struct reading_set *r, const char *path)
{
	struct conffile_text t;
	int result = conffile_read(arena_strdup(r->arena, path), r->diag, &t);

	if (result < 0) {
		r->set->unread.everything = true;
		return result;
	}
	if (t.stat.st_mode & S_IWOTH)
		diag_warning(r->diag, (struct diag_at){ t.name, 0 },
			     "everybody may write it, and so decide what is an alarm: chmod o-w");
	take_text(r, &t);
	freep(&t.text);
	if ((r->stamp_count & (r->stamp_count - 1)) == 0)
		r->stamps = mem_realloc(r->stamps, r->stamp_count ? r->stamp_count * 2 : 1, sizeof(*r->stamps));
	r->stamps[r->stamp_count++] = t;
	return 0;
}

/* dir/name, or name alone for the current directory. */
static char *path_join(const char *dir, const char *name)
{
	struct str_buf path = { 0 };

	if (*dir)
		str_buf_printf(&path, "%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/");
	str_buf_add(&path, name);
	return str_buf_take(&path);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* *.conf, but not what editors leave behind */
static bool is_conf_name(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && name[0] != '.' && str_equal(name + len - 5, ".conf");
}

struct names {
	char **names;
	size_t count;
};

static void names_fini(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->names[i]);
	free(n->names);
}

static int list_dir(const char *path, struct names *ret_names)
{
	_cleanup_(close_dir) DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!is_conf_name(entry->d_name))
			continue;
		if ((ret_names->count & (ret_names->count - 1)) == 0)
			ret_names->names = mem_realloc(ret_names->names, ret_names->count ? ret_names->count * 2 : 1,
						       sizeof(char *));
		ret_names->names[ret_names->count++] = mem_strdup(entry->d_name);
	}
	if (ret_names->count > 1)
		qsort(ret_names->names, ret_names->count, sizeof(char *), by_name);
	return 0;
}

/* All *.conf of a directory, by name. A directory that is not there is fine unless it is installed data. */
static void read_dir(struct reading_set *r, const char *path)
{
	_cleanup_(names_fini) struct names names = { 0 };
	int result = list_dir(path, &names);

	if (result < 0 && (result != -ENOENT || r->level == CONFFILE_SHIPPED)) {
		r->set->unread.everything = true;
		diag_error(r->diag, (struct diag_at){ path, 0 }, "cannot be read: %s%s", strerror(-result),
			   r->level == CONFFILE_SHIPPED ? "; the installed data of estated is expected there" : "");
	}
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_(freep) char *file = path_join(path, names.names[i]);

		read_file(r, file);
	}
}

static bool same_dir(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void read_shipped(struct reading_set *r, const char *data_dir)
{
	_cleanup_(freep) char *classes = path_join(data_dir, "classes.conf");
	_cleanup_(freep) char *profiles = path_join(data_dir, "profiles");
	_cleanup_(freep) char *rules = path_join(data_dir, "rules");
	struct stat st;

	r->level = CONFFILE_SHIPPED;
	if (stat(data_dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
		diag_error(r->diag, (struct diag_at){ data_dir, 0 },
			   "no such directory: the installed classes, profiles and rules are expected there");
		r->set->unread.everything = true;
		return;
	}
	read_file(r, classes);
	read_dir(r, profiles);
	read_dir(r, rules);
}

/* name beside the main file, unless that is the installed directory itself. */
static void read_beside(struct reading_set *r, const struct confset_paths *paths, const char *name)
{
	const char *slash = strrchr(paths->main_file, '/');
	_cleanup_(freep) char *dir =
		slash ? mem_strndup(paths->main_file, (size_t)(slash - paths->main_file) + 1) : mem_strdup("");
	_cleanup_(freep) char *path = path_join(dir, name);
	_cleanup_(freep) char *shipped = path_join(paths->data_dir, name);

	if (!same_dir(path, shipped))
		read_dir(r, path);
}

/* Files that are written while they are read may give a configuration that nobody wrote. */
static int check_unchanged(const struct reading_set *r)
{
	for (size_t i = 0; i < r->stamp_count; i++)
		if (conffile_changed(&r->stamps[i])) {
			diag_error(r->diag, (struct diag_at){ r->stamps[i].name, 0 },
				   "was written while it was read: try again");
			return -EAGAIN;
		}
	return 0;
}

static int read_site(struct reading_set *r, const struct confset_paths *paths)
{
	int result;

	r->level = CONFFILE_SITE;
	read_beside(r, paths, "profiles");
	read_beside(r, paths, "rules");
	r->level = CONFFILE_MAIN;
	result = read_file(r, paths->main_file);
	read_beside(r, paths, "conf.d");
	return result;
}

/* The same, as it was kept. */
static int read_copy(struct reading_set *r, const struct confcopy *from)
{
	struct confcopy_file f;
	int result = confcopy_check(from);

	if (result < 0)
		return result;
	for (size_t position = 0; confcopy_next(from, &position, &f);) {
		_cleanup_(freep) char *name = mem_strndup(f.name, f.name_len);
		_cleanup_(freep) char *text = mem_alloc(f.len + 1);

		memcpy(text, f.text, f.len);
		text[f.len] = '\0';
		r->level = f.level;
		take_text(r, &(struct conffile_text){ .name = name, .text = text, .len = f.len });
	}
	return 0;
}

int confset_read(const struct confset_paths *paths, struct arena *a, struct diag *d, struct confset *ret_set)
{
	struct reading_set r = { .set = ret_set, .arena = a, .diag = d, .copy = paths->copy };
	int result;

	*ret_set = (struct confset){ .unread.arena = a };
	if (r.copy)
		confcopy_begin(r.copy);
	read_shipped(&r, paths->data_dir);
	result = paths->from ? read_copy(&r, paths->from) : read_site(&r, paths);
	if (r.copy)
		confcopy_end(r.copy);
	if (result == 0)
		result = check_unchanged(&r);
	free(r.stamps);
	return result;
}

void confset_fini(struct confset *s)
{
	for (size_t i = 0; i < s->count; i++)
		conffile_close(s->files[i]);
	free(s->files);
	unread_fini(&s->unread);
	*s = (struct confset){ 0 };
}
