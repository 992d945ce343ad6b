/* visit_reader.h: contacts with people who live here, as they stand in state.db: a list, or the figures of some time.
 *
 * A read-only connection of its own for each question, for the reader thread: after store_open, before store_close. Damaged
 * or strange rows are shown as they are. */
#pragma once

#include <jansson.h>

#include "base/str.h"

struct visit_reader_ask {
	const char *path;       /* of state.db */
	const char *worker;     /* NULL: all */
	int64_t from_us, to_us; /* wall: from <= at < to */
	size_t limit;           /* rows of a list */
	/* Whether that dwelling is wanted. */
	bool (*wants)(const void *context, const char *place);
	const void *context;
};
/* Appends {"place","resident","kind","worker","note","at","recorded"}, the newest first. 0, or -errno with why. */
int visit_reader_list(const struct visit_reader_ask *ask, json_t *rows, struct str_buf *why);
/* Appends {"worker","place","visits","calls","homes"}: of each worker in each building. */
int visit_reader_figures(const struct visit_reader_ask *ask, json_t *rows, struct str_buf *why);
