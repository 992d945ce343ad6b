/* candidate.h: a configuration that was read from the files and checked, and what it would change. Any one thread; never
 * logs. */
#pragma once

#include <jansson.h>

#include "base/str.h"
#include "conf/conf.h"

struct candidate {
	struct conf *conf; /* NULL: it has errors; owned, whoever takes it steals it */
	struct diag diag;
	struct str_buf copy; /* of the site's files, to be kept (confcopy.h) */
	json_t *changes;     /* NULL: not compared yet */
	json_t *keys;        /* of the rows that change: each key, before and after */
	char *file;          /* the main file's absolute path; NULL: not known */
};

struct candidate_source {
	const char *conf_path, *data_dir, *plugin_dir;
	bool lenient; /* a line that is booked too full is said, and no reason to leave everything unwatched */
};

/* The absolute path of the main file: conf.d/ and its like stand beside its name, also where that is a link. The caller frees;
 * NULL: there is no such folder. */
char *candidate_find(const char *path);
/* Reads and checks. Files that somebody writes meanwhile are read again. */
void candidate_read(struct candidate *c, const struct candidate_source *source);
/* Fills in changes and keys: what it would change of the one in force. */
void candidate_compare(struct candidate *c, const struct conf *in_force);
json_t *candidate_problems(const struct candidate *c); /* one text for each; the caller's */
void candidate_fini(struct candidate *c);
