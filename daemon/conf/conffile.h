/* conffile.h: one configuration file: read whole, looked over (prescan.h), parsed by libconfig. Never logs.
 *
 * The first syntax error ends the file; others are still read. Belongs to the confset that read it. */
#pragma once

#include <libconfig.h>

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
	config_t config; /* empty after a syntax error */
};

/* 0; -EINVAL after a syntax error; -errno when it cannot be read. All of them are told to d. */
int conffile_open(const char *path, struct arena *a, struct diag *d, struct conffile **ret_file);
void conffile_close(struct conffile *f);
UTIL_DEFINE_CLEANUP(struct conffile *, conffile_close);

/* The place of a setting of the file. */
struct diag_at conffile_at(const struct conffile *f, const config_setting_t *s);
