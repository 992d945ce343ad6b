#include "store/history_mend.h"

#include <errno.h>

#include "base/clock.h"
#include "store/renewal.h"
#include "store/salvage.h"

#define LIMIT (1500 * MS) /* commits of state.db wait meanwhile */

static const struct salvage_table tables[] = {
	{ "meta", "name DESC", false }, /* without its key nothing in the ring has a name */
	{ "class", "id DESC", false },
	{ "series", "id DESC", false },
	{ "day", "class DESC, point DESC, day DESC", false },
	{ "stamps", "class DESC, hour DESC", true },
	{ "chunk", "class DESC, hour DESC", true },
	{ "point", "id DESC", false }, /* of before there were chunks */
	{ "sample", "ts DESC, point DESC", true },
};

static const char count_bytes[] = "UPDATE class SET bytes = coalesce((SELECT sum(length(body) + 72) FROM chunk WHERE"
				  " class = class.id), 0) + coalesce((SELECT sum(length(body) + 36) FROM stamps WHERE"
				  " class = class.id), 0);";

/* No number that the damaged one has given may be given again, also where the row is lost that says to whom. The ring's go with
 * its key, which nobody has who does not know the highest. */
static const char keep_numbers[] =
	"DELETE FROM meta WHERE name = 'key' AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'series');"
	"INSERT OR IGNORE INTO meta VALUES ('key', random());"
	"INSERT OR REPLACE INTO meta SELECT 'series', max("
	" coalesce((SELECT value FROM meta WHERE name = 'series'), 0), coalesce((SELECT max(id) FROM series), 0),"
	" coalesce((SELECT max(point) FROM chunk), 0), coalesce((SELECT max(point) FROM day), 0));";

static int fill(const struct salvage_job *from, const char *made, struct str_buf *what)
{
	_cleanup_(database_closep) struct database *db = NULL;
	struct database_setup setup = { .path = made,
					.migrations = history_migrations,
					.page_size = HISTORY_PAGE_BYTES };
	struct salvage_job job = *from;
	struct salvage_sum sum;
	int r = database_open(&setup, &db, what);

	/* Into the file with it: its first page is looked at. */
	if (r == 0)
		r = database_checkpoint_whole(db);
	/* Its own key is only for a file whose numbers are new. */
	if (r == 0)
		r = database_errno(sqlite3_exec(db->handle, "DELETE FROM meta", NULL, NULL, NULL));
	if (r < 0)
		return r;
	job.tables = tables;
	job.table_count = ARRAY_SIZE(tables);
	r = salvage_run(&job, db->handle, &sum);
	if (r == 0)
		r = database_errno(sqlite3_exec(db->handle, keep_numbers, NULL, NULL, NULL));
	if (r == 0)
		r = database_errno(sqlite3_exec(db->handle, count_bytes, NULL, NULL, NULL));
	if (r == 0)
		r = database_checkpoint_whole(db);
	salvage_say(&sum, what);
	if (sum.late)
		str_buf_add(what, ", the others stay where they are");
	return r;
}

int history_mend_copy(const struct salvage_job *salvage, const char *made, struct str_buf *what)
{
	return fill(salvage, made, what);
}

static int set_aside(const char *path, struct str_buf *what)
{
	_cleanup_str_buf_ struct str_buf name = { 0 }, made = { 0 }, saved = { 0 };
	int r;

	renewal_begin(path, &made);
	r = fill(&(struct salvage_job){ .path = path, .made = made.text, .limit_us = LIMIT }, made.text, &saved);
	if (r < 0)
		renewal_drop(path);
	else
		r = renewal_end(path, clock_wall_us(), &name);
	if (r == 0)
		str_buf_printf(what, ": damaged; kept as %s, a new one is begun%s", name.text, str_buf_text(&saved));
	else
		str_buf_printf(what, ": damaged; a new one cannot be made: %s", strerror(-r));
	return r;
}

int history_mend_open(const char *path, enum history_mend_when when, struct history **ret_history, struct str_buf *what)
{
	int r = when == HISTORY_MEND_ANYWAY ? -EUCLEAN : history_open(path, ret_history, what);

	if (r != -EUCLEAN || when == HISTORY_MEND_NEVER)
		return r;
	if (what->len == 0)
		str_buf_add(what, "history.db");
	r = set_aside(path, what);
	if (r == 0)
		r = history_open(path, ret_history, what);
	return r < 0 ? r : 1;
}
