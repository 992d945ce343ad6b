#include "store/history.h"

#include <errno.h>
#include <math.h>

#include "base/mem.h"

static const char history_schema_1[] =
	"CREATE TABLE point (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	/* flags: 0 for the many: a good number. Else quality + 8 if test + 16 * type (bool 1, text 2, event 3, none 4). */
	"CREATE TABLE sample ("
	" ts INTEGER NOT NULL, point INTEGER NOT NULL, value ANY, flags INTEGER NOT NULL,"
	" PRIMARY KEY (ts, point)) STRICT, WITHOUT ROWID;";

static const struct migration steps[] = {
	{ .parts = { history_schema_1, "PRAGMA user_version = 1" } },
};

enum { ADD_POINT, FIND_POINT, ADD_SAMPLE, PRUNE, OLDEST };

/* clang-format off */
static const char *const sql[HISTORY_STATEMENTS] = {
	[ADD_POINT]  = "INSERT OR IGNORE INTO point (name) VALUES (?)",
	[FIND_POINT] = "SELECT id FROM point WHERE name = ?",
	[ADD_SAMPLE] = "INSERT OR REPLACE INTO sample (ts, point, value, flags) VALUES (?,?,?,?)",
	[PRUNE]      = "DELETE FROM sample WHERE (ts, point) IN"
		       " (SELECT ts, point FROM sample WHERE ts >= ? AND ts < ? ORDER BY ts, point LIMIT ?)",
	[OLDEST]     = "SELECT ts FROM sample WHERE ts >= ? ORDER BY ts LIMIT 1",
};

static const int type_flags[] = {
	[VALUE_NUMBER] = 0 << 4,
	[VALUE_BOOL]   = 1 << 4,
	[VALUE_TEXT]   = 2 << 4,
	[VALUE_EVENT]  = 3 << 4,
	[VALUE_NONE]   = 4 << 4,
};
/* clang-format on */

#define FLAG_TEST         8
#define EXACT_INTEGER_MAX 9007199254740992.0 /* 2^53 */

void history_names_free(struct history_names *n)
{
	if (!n)
		return;
	free(n->names);
	free(n->text);
	free(n);
}

void history_sample_fini(struct history_sample *s)
{
	if (s->type == VALUE_TEXT || s->type == VALUE_EVENT)
		free(s->text);
	*s = (struct history_sample){ 0 };
}

int history_open(const char *path, struct history **ret_history, struct str_buf *what)
{
	_cleanup_(history_closep) struct history *h = MEM_NEW(struct history);
	struct database_setup setup = {
		.path = path,
		.sync = DATABASE_NORMAL,
		.check = DATABASE_TRUSTED, /* two months of samples are not read through at every start */
		.migrations = { steps, ARRAY_SIZE(steps) },
	};
	int r = database_open(&setup, &h->db, what);

	if (r < 0)
		return r;
	r = database_prepare(h->db, (struct database_sql){ sql, HISTORY_STATEMENTS }, h->statements);
	if (r < 0) {
		database_trouble(h->db, what);
		return r;
	}
	*ret_history = steal(&h);
	return 0;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	database_finalize(h->statements, HISTORY_STATEMENTS);
	database_close(h->db);
	free(h->ids);
	free(h);
}

static int begin(struct history *h)
{
	int r = h->open ? 0 : database_begin(h->db);

	h->open = r == 0;
	return r;
}

int history_commit(struct history *h, uint64_t *ret_rows)
{
	int r;

	if (!h->open) {
		*ret_rows = 0;
		return 0;
	}
	r = database_commit(h->db);
	if (r < 0)
		return r;
	h->open = false;
	*ret_rows = h->rows;
	h->rows = 0;
	return 0;
}

static int find_id(struct history *h, const char *name, int64_t *ret_id)
{
	sqlite3_stmt *s = h->statements[ADD_POINT];
	int r;

	database_bind_text(s, 1, name);
	r = database_run(s);
	if (r < 0)
		return r;
	s = h->statements[FIND_POINT];
	database_bind_text(s, 1, name);
	r = database_row(s);
	if (r <= 0)
		return r < 0 ? r : -EIO;
	*ret_id = sqlite3_column_int64(s, 0);
	database_reset(s);
	return 0;
}

int history_name_points(struct history *h, const struct history_names *names)
{
	int r = begin(h);

	free(h->ids);
	h->ids = mem_array(names->count + 1, sizeof(*h->ids));
	h->id_count = names->count;
	for (size_t i = 0; r == 0 && i < names->count; i++)
		r = find_id(h, names->names[i], &h->ids[i]);
	return r;
}

/* Whole numbers take fewer bytes than a double. */
static void bind_number(sqlite3_stmt *s, int at, double number)
{
	if (number == trunc(number) && fabs(number) < EXACT_INTEGER_MAX)
		sqlite3_bind_int64(s, at, (sqlite3_int64)number);
	else
		sqlite3_bind_double(s, at, number);
}

int history_add(struct history *h, const struct history_sample *sample)
{
	sqlite3_stmt *s = h->statements[ADD_SAMPLE];
	int r;

	if (sample->point >= h->id_count)
		return -EINVAL;
	r = begin(h);
	if (r < 0)
		return r;
	sqlite3_bind_int64(s, 1, sample->ts_ms);
	sqlite3_bind_int64(s, 2, h->ids[sample->point]);
	switch ((enum value_type)sample->type) {
	case VALUE_NUMBER: bind_number(s, 3, sample->number); break;
	case VALUE_BOOL: sqlite3_bind_int(s, 3, sample->number != 0); break;
	case VALUE_TEXT:
	case VALUE_EVENT: database_bind_text(s, 3, sample->text); break;
	case VALUE_NONE: sqlite3_bind_null(s, 3); break;
	}
	sqlite3_bind_int(s, 4, sample->quality | (sample->test ? FLAG_TEST : 0) | type_flags[sample->type]);
	r = database_run(s);
	if (r == 0)
		h->rows++;
	return r;
}

int history_oldest(struct history *h, int64_t from_ms, int64_t *ret_ms)
{
	sqlite3_stmt *s = h->statements[OLDEST];
	int r;

	sqlite3_bind_int64(s, 1, from_ms);
	r = database_row(s);
	if (r < 0)
		return r;
	*ret_ms = r > 0 ? sqlite3_column_int64(s, 0) : INT64_MAX;
	database_reset(s);
	return 0;
}

int history_prune(struct history *h, int64_t from_ms, int64_t before_ms)
{
	sqlite3_stmt *s = h->statements[PRUNE];
	int r = database_begin(h->db);

	if (r < 0)
		return r;
	sqlite3_bind_int64(s, 1, from_ms);
	sqlite3_bind_int64(s, 2, before_ms);
	sqlite3_bind_int(s, 3, HISTORY_PRUNE_ROWS);
	r = database_run(s);
	if (r == 0)
		r = database_commit(h->db);
	if (r < 0) {
		database_rollback(h->db);
		return r;
	}
	return sqlite3_changes(h->db->handle) >= HISTORY_PRUNE_ROWS;
}
