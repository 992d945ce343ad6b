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
};

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int read_file(struct reading_set *r, const char *path)
{
	struct confset *s = r->set;
	struct conffile *f = NULL;
	int result = conffile_open(path, r->arena, r->diag, &f);

	if (result < 0) {
		s->broken++;
		return result;
	}
	f->level = r->level;
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 16;
		s->files = mem_realloc(s->files, s->room, sizeof(struct conffile *));
	}
	s->files[s->count++] = f;
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
		r->set->broken++;
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
		r->set->broken++;
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

int confset_read(const struct confset_paths *paths, struct arena *a, struct diag *d, struct confset *ret_set)
{
	struct reading_set r = { .set = ret_set, .arena = a, .diag = d };
	int result;

	*ret_set = (struct confset){ 0 };
	read_shipped(&r, paths->data_dir);
	r.level = CONFFILE_SITE;
	read_beside(&r, paths, "profiles");
	read_beside(&r, paths, "rules");
	r.level = CONFFILE_MAIN;
	result = read_file(&r, paths->main_file);
	read_beside(&r, paths, "conf.d");
	return result == -EINVAL ? 0 : result;
}

void confset_fini(struct confset *s)
{
	for (size_t i = 0; i < s->count; i++)
		conffile_close(s->files[i]);
	free(s->files);
	*s = (struct confset){ 0 };
}
