/* conf_world.c: see conf_world.h. */
#include "conf_world.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "unit.h"

void conf_world_init(struct conf_world *w)
{
	const char *top = getenv("TOP_SRCDIR");

	*w = (struct conf_world){ .dir = "/tmp/test_conf.XXXXXX" };
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->data_dir, sizeof(w->data_dir), "%s/conf", top ? top : ".");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void conf_world_fini(struct conf_world *w)
{
	conf_free(w->conf);
	diag_fini(&w->diag);
	nftw(w->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int conf_world_setup(void **state)
{
	conf_world_init(*state);
	return 0;
}

int conf_world_teardown(void **state)
{
	conf_world_fini(*state);
	return 0;
}

void conf_world_write(struct conf_world *w, const char *name, const char *text, size_t len)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	const char *slash = strchr(name, '/');
	FILE *f;

	str_buf_printf(&path, "%s/%.*s", w->dir, slash ? (int)(slash - name) : 0, name);
	assert_true(mkdir(str_buf_text(&path), 0700) == 0 || errno == EEXIST);
	str_buf_clear(&path);
	str_buf_printf(&path, "%s/%s", w->dir, name);
	f = fopen(str_buf_text(&path), "we");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

int conf_world_load(struct conf_world *w)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/estated.conf", w->dir);
	conf_free(w->conf);
	w->conf = NULL;
	diag_fini(&w->diag);
	return conf_load(str_buf_text(&path), w->data_dir, &w->diag, &w->conf);
}

void conf_world_good(struct conf_world *w, const char *text)
{
	int r;

	conf_world_write(w, "estated.conf", text, strlen(text));
	r = conf_world_load(w);
	if (r < 0) {
		_cleanup_(freep) char *said = conf_world_messages(w);

		print_error("%s", said);
	}
	assert_int_equal(r, 0);
}

/* Every prefix in text becomes with. */
static char *replace(const char *text, const char *prefix, const char *with)
{
	struct str_buf out = { 0 };
	const char *found;

	while ((found = strstr(text, prefix))) {
		str_buf_add_len(&out, text, (size_t)(found - text));
		str_buf_add(&out, with);
		text = found + strlen(prefix);
	}
	str_buf_add(&out, text);
	return str_buf_take(&out);
}

char *conf_world_messages(const struct conf_world *w)
{
	_cleanup_(freep) char *printed = NULL, *halfway = NULL;
	char prefix[600];
	size_t len;
	FILE *to = open_memstream(&printed, &len);

	assert_non_null(to);
	diag_print(&w->diag, to);
	fclose(to);
	snprintf(prefix, sizeof(prefix), "%s/", w->dir);
	halfway = replace(printed, prefix, "");
	snprintf(prefix, sizeof(prefix), "%s/", w->data_dir);
	return replace(halfway, prefix, "<installed>/");
}
