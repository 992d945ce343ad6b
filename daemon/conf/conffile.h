/* conffile.h: one configuration file: read whole, looked over (prescan.h), parsed by libconfig. Never logs.
 *
 * The first syntax error ends the file: the whole entries before it count, and what it said behind is not known. Belongs
 * to the confset that read it. */
#pragma once

#include <libconfig.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/diag.h"

/* Where a file stands. What stands later wins over the same id that stands earlier. */
enum conffile_level {
	CONFFILE_SHIPPED, /* installed data */
	CONFFILE_SITE,    /* profiles/ and rules/ beside the main file */
	CONFFILE_MAIN,    /* the main file and conf.d/ */
};

#define CONFFILE_SIZE_MAX (64 << 20)

struct conffile {
	const char *name; /* as in messages; in the arena: places of things outlive the file */
	enum conffile_level level;
	config_t config; /* after a syntax error: what stands before it */
	char *unread;    /* NULL, or after a syntax error what stands behind that */
	bool unread_all; /* after a NUL byte: nobody can tell what it was */
	char *text;      /* as it was read */
};

/* In the name of a key that stood in its group before: an error was told, and nothing else is to be said of it. */
#define CONFFILE_TWICE '*'

/* A file as it was read: what stood in it, and what it was then. */
struct conffile_text {
	const char *name;
	char *text; /* with a NUL behind it; owned */
	size_t len;
	struct stat stat;
};
/* 0, or -errno, told to d. name is lent. */
int conffile_read(const char *name, struct diag *d, struct conffile_text *ret_text);
void conffile_text_fini(struct conffile_text *t);
/* The file that has this name now is another one, or was written since. */
bool conffile_changed(const struct conffile_text *t);
/* After a syntax error, told to d, it has what stands before it, and unread. */
void conffile_parse(const struct conffile_text *t, struct arena *a, struct diag *d, struct conffile **ret_file);
void conffile_close(struct conffile *f);
UTIL_DEFINE_CLEANUP(struct conffile *, conffile_close);

/* The place of a setting of the file. */
struct diag_at conffile_at(const struct conffile *f, const config_setting_t *s);
struct diag_at conffile_at_entry(const struct conffile *f, const config_setting_t *s); /* of a list */
