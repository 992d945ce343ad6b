/* salvage.h: takes what is whole out of a database that is damaged, row by row, into a new one of the same schema. A row that
 * carries a CRC must have the right one. Bounded by time: what matters most is listed first. Any one thread.
 *
 * A table is read forwards until a page cannot be read, and backwards from its end; what lies between is lost. A file whose
 * header is gone is read with that of the new one, which was made by the same steps. Nothing is written into it (damaged.h).
 * All is of one moment, also where somebody still writes into it. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "base/str.h"

enum salvage_bad {
	SALVAGE_LEAVE, /* a row with a wrong CRC is left out */
	SALVAGE_MARK,  /* it is taken over, with a CRC that is never right */
};

struct salvage_table {
	const char *name;
	const char *order; /* its primary key's first columns descending: "id DESC" */
	bool newest_first; /* of a long table: backwards first */
	enum salvage_bad bad;
	const char *where; /* only these rows, which are worth more than the rest; NULL: all */
};

struct salvage_job {
	const char *path; /* the damaged file; its WAL beside it */
	const char *made; /* the new one, closed: only its first page is looked at */
	const struct salvage_table *tables;
	size_t table_count;
	int64_t limit_us; /* for all of it */
	/* Called every now and then; -errno ends it. NULL: none. */
	int (*watch)(void *context);
	void *context;
};

struct salvage_sum {
	uint64_t rows, bad; /* bad: with a wrong CRC */
	bool late;          /* the time was over before all was looked at */
	uint32_t partial;   /* a bit for each table that was not read from one end to the other, of which the new
			       * file refused a row, or that is not there */
};

/* Into the new database, in transactions of its own. What cannot be had is not there; -errno: the new one does not take what can
 * be, and may not take the damaged one's place. */
int salvage_run(const struct salvage_job *job, sqlite3 *to, struct salvage_sum *ret_sum);
/* ", 12 rows of it are taken over, 3 are damaged and left out" */
void salvage_say(const struct salvage_sum *sum, struct str_buf *what);
