/* residents.h: the register of residents as a table: the one reader of its CSV, for replays and import.
 *
 * CSV with a header, separated by comma, semicolon or tab (a line "sep=;" may say so), UTF-8: id,name,place,categories,needs,phone,…
 * in any order, in English or Chinese; id, place and categories are needed. Lists within a cell are separated by `;` (in quotes
 * where that separates the cells too). Every bad cell is told with line, column and what was expected; not only the first. */
#pragma once

#include "base/diag.h"
#include "conf/conf.h"
#include "model/resident_field.h"

#define RESIDENTS_MAX 20000 /* rows of one table */

struct residents {
	struct resident *all;
	unsigned *lines; /* where each of them stands */
	size_t count;
	bool has[RESIDENT_FIELDS]; /* the table has that column */
};
void residents_fini(struct residents *r);

/* A file for a replay: what a replay does not look at (names, sheets …) is passed over, so are columns that nobody knows.
 * Mistakes go to d as path:line; how many residents there are. ret_read begins empty. */
size_t residents_read(const char *path, const struct conf *conf, struct diag *d, struct residents *ret_read);
/* A text that becomes the register: every column counts; one that nobody knows is warned of. name is what its lines are told by. */
struct residents_text {
	const char *name, *text;
	size_t len;
};
size_t residents_parse(const struct residents_text *t, const struct conf *conf, struct diag *d,
		       struct residents *ret_read);
/* The same in pieces, each read when it comes: a whole table at once would keep the loop waiting. name, d and ret_read are lent until
 * the reader is freed; conf for the call. */
struct residents_reader;
struct residents_reader *residents_begin(const char *name, struct diag *d, struct residents *ret_read);
void residents_feed(struct residents_reader *r, const struct conf *conf, const char *text, size_t len);
void residents_end(struct residents_reader *r, const struct conf *conf);
void residents_reader_free(struct residents_reader *r);
UTIL_DEFINE_CLEANUP(struct residents_reader *, residents_reader_free);

/* Whether a field is as this estate needs it: places, contacts, rules and settings that are there. 0, or -EINVAL with problem. */
int residents_fit(const struct resident *r, enum resident_field f, const struct conf *conf, struct str_buf *problem);
