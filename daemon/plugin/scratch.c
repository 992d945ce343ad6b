#include "plugin/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define FILES_OPEN_MAX 8

static int make(struct scratch *s, const char *base, const char *instance, const struct sandbox *sandbox)
{
	struct str_buf path = { 0 };
	_cleanup_(freep) char *dir = NULL;
	int r;

	str_buf_printf(&path, "%s/estated-%s-XXXXXX", base, instance);
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

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void scratch_remove(struct scratch *s)
{
	if (s->dir)
		nftw(s->dir, remove_entry, FILES_OPEN_MAX, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(steal(&s->dir));
}
