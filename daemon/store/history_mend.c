#include "store/history_mend.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "store/salvage.h"

#define LIMIT (1500 * MS) /* commits of state.db wait meanwhile */

static const struct salvage_table tables[] = {
	{ "class", "id DESC", false },
	{ "series", "id DESC", false },
	{ "day", "class DESC, point DESC, day DESC", false },
	{ "stamps", "class DESC, hour DESC", true },
	{ "chunk", "class DESC, hour DESC", true },
};

/* meta is of another kind: without its key nothing in the ring has a name. */
static const struct salvage_table first[] = { { "meta", "name DESC", false } };

static const char count_bytes[] = "UPDATE class SET bytes = coalesce((SELECT sum(length(body) + 72) FROM chunk WHERE"
				  " class = class.id), 0) + coalesce((SELECT sum(length(body) + 36) FROM stamps WHERE"
				  " class = class.id), 0);";

static int salvage(const char *path, const char *damaged, struct str_buf *what)
{
	_cleanup_(database_closep) struct database *db = NULL;
	struct database_setup setup = { .path = path,
					.migrations = history_migrations,
					.page_size = HISTORY_PAGE_BYTES };
	struct salvage_job job = {
		.path = damaged, .made = path, .tables = first, .table_count = ARRAY_SIZE(first), .limit_us = LIMIT
	};
	struct salvage_sum sum, rest;
	int r = database_open(&setup, &db, what);

	/* Into the file with it: its first page is looked at. */
	if (r == 0)
		r = database_checkpoint_whole(db);
	if (r < 0)
		return r;
	/* Its own key is only for a file whose numbers are new. */
	sqlite3_exec(db->handle, "DELETE FROM meta", NULL, NULL, NULL);
	salvage_run(&job, db->handle, &sum);
	sqlite3_exec(db->handle, "INSERT OR IGNORE INTO meta VALUES ('key', random())", NULL, NULL, NULL);
	job.tables = tables;
	job.table_count = ARRAY_SIZE(tables);
	salvage_run(&job, db->handle, &rest);
	r = database_errno(sqlite3_exec(db->handle, count_bytes, NULL, NULL, NULL));
	str_buf_printf(what, ", %" PRIu64 " rows of it are taken over", sum.rows + rest.rows);
	if (rest.bad)
		str_buf_printf(what, ", %" PRIu64 " are damaged and left out", rest.bad);
	if (rest.late)
		str_buf_add(what, ", the others stay where they are");
	return r;
}

static int set_aside(const char *path, struct str_buf *what)
{
	_cleanup_str_buf_ struct str_buf name = { 0 }, damaged = { 0 };
	const char *slash = strrchr(path, '/');
	int r = database_set_aside(path, clock_wall_us(), &name);

	if (r < 0)
		return r;
	str_buf_add_len(&damaged, path, slash ? (size_t)(slash - path) + 1 : 0);
	str_buf_add(&damaged, name.text);
	str_buf_printf(what, ": damaged; kept as %s, a new one is begun", name.text);
	return salvage(path, damaged.text, what);
}

int history_mend_open(const char *path, enum history_mend_when when, struct history **ret_history, struct str_buf *what)
{
	int r = when == HISTORY_MEND_ANYWAY ? -EUCLEAN : history_open(path, ret_history, what);

	if (r != -EUCLEAN)
		return r;
	if (what->len == 0)
		str_buf_add(what, "history.db");
	r = set_aside(path, what);
	if (r == 0)
		r = history_open(path, ret_history, what);
	return r < 0 ? r : 1;
}
