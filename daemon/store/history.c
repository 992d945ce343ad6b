#include "store/history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/crc32.h"
#include "base/mem.h"
#include "store/squeeze.h"

/* A row a sample: how it was kept first. What is in it stays readable until it is too old. flags: 0 for the many: a good
 * number. Else quality + 8 if test + 16 * type (bool 1, text 2, event 3, none 4). */
static const char schema_1[] = "CREATE TABLE point (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
			       "CREATE TABLE sample ("
			       " ts INTEGER NOT NULL, point INTEGER NOT NULL, value ANY, flags INTEGER NOT NULL,"
			       " PRIMARY KEY (ts, point)) STRICT, WITHOUT ROWID;";

/* bytes: of all rows of the class. key: ties the ring to this file, whose numbers its points have. */
static const char schema_2[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('key', random());"
	"CREATE TABLE class (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL) STRICT;"
	"CREATE TABLE series ("
	" id INTEGER PRIMARY KEY, name TEXT NOT NULL, class INTEGER NOT NULL, crc INTEGER NOT NULL,"
	" UNIQUE (name, class)) STRICT;"
	"CREATE TABLE chunk ("
	" class INTEGER NOT NULL, hour INTEGER NOT NULL, point INTEGER NOT NULL, part INTEGER NOT NULL,"
	" samples INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, stamps INTEGER,"
	" count INTEGER NOT NULL, min REAL, max REAL, area REAL, held INTEGER NOT NULL,"
	" body BLOB NOT NULL, crc INTEGER NOT NULL,"
	" PRIMARY KEY (class, hour, point, part)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE stamps ("
	" class INTEGER NOT NULL, hour INTEGER NOT NULL, id INTEGER NOT NULL, body BLOB NOT NULL,"
	" PRIMARY KEY (class, hour, id)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE day ("
	" class INTEGER NOT NULL, point INTEGER NOT NULL, day INTEGER NOT NULL, body BLOB NOT NULL,"
	" crc INTEGER NOT NULL, PRIMARY KEY (class, point, day)) STRICT, WITHOUT ROWID;";

static const struct migration steps[] = {
	{ .parts = { schema_1, "PRAGMA user_version = 1" } },
	{ .parts = { schema_2, "PRAGMA user_version = 2" } },
};
const struct migration_list history_migrations = { steps, ARRAY_SIZE(steps) };

/* clang-format off */
static const char *const sql[HISTORY_STATEMENTS] = {
	[HISTORY_FIND_CLASS]  = "SELECT id FROM class WHERE name = ?",
	[HISTORY_ADD_CLASS]   = "INSERT INTO class (name, bytes) VALUES (?, 0)",
	[HISTORY_FIND_SERIES] = "SELECT id FROM series WHERE name = ? AND class = ?",
	[HISTORY_ADD_SERIES]  = "INSERT INTO series (id, name, class, crc) SELECT n, ?1, ?2, row_crc(n, ?1, ?2)"
				" FROM (SELECT max(coalesce(max(id), 0), ?3) + 1 AS n FROM series)",
	[HISTORY_GET_META]    = "SELECT value FROM meta WHERE name = ?",
	[HISTORY_PUT_META]    = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
	[HISTORY_RAISE_META]  = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET"
				" value = excluded.value WHERE excluded.value > value",
	[HISTORY_FIND_STAMPS] = "SELECT body FROM stamps WHERE class = ? AND hour = ? AND id = ?",
	[HISTORY_PUT_STAMPS]  = "INSERT INTO stamps (class, hour, id, body) VALUES (?,?,?,?)",
	[HISTORY_PUT_CHUNK]   = "INSERT INTO chunk (class, hour, point, part, samples, first, last, stamps, count, min, max,"
				" area, held, body, crc) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,"
				" row_crc(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14))",
	[HISTORY_CLASSES]     = "SELECT class FROM series WHERE id = ?",
	[HISTORY_ADD_BYTES]   = "UPDATE class SET bytes = bytes + ? WHERE id = ?",
};
/* clang-format on */

static const char keep_highest[] =
	"INSERT OR IGNORE INTO meta (name, value) SELECT 'series', coalesce(max(id), 0) FROM series";

#define ROW_BYTES 72 /* of a chunk beside its body */

void history_names_free(struct history_names *n)
{
	if (!n)
		return;
	free(n->names);
	free(n->classes);
	free(n->text);
	free(n);
}

void history_sample_fini(struct history_sample *s)
{
	if (s->type == VALUE_TEXT || s->type == VALUE_EVENT)
		free(s->text);
	*s = (struct history_sample){ 0 };
}

/* ---- open ---- */

/* 1 with the number of the first column, 0: no row. */
static int ask(sqlite3_stmt *s, int64_t *ret_number)
{
	int r = database_row(s);

	if (r <= 0)
		return r;
	*ret_number = sqlite3_column_int64(s, 0);
	database_reset(s);
	return 1;
}

static int get_meta(struct history *h, const char *name, int64_t *ret_number)
{
	sqlite3_stmt *s = h->statements[HISTORY_GET_META];
	int r;

	database_bind_text(s, 1, name);
	*ret_number = 0;
	r = ask(s, ret_number);
	return MIN(r, 0);
}

static int put_meta(struct history *h, const char *name, int64_t number)
{
	sqlite3_stmt *s = h->statements[HISTORY_PUT_META];

	database_bind_text(s, 1, name);
	sqlite3_bind_int64(s, 2, number);
	return database_run(s);
}

static int read_progress(struct history *h)
{
	int64_t key, released, passing, slice, day;
	int r = get_meta(h, "key", &key);

	if (r == 0)
		r = get_meta(h, "released", &released);
	if (r == 0)
		r = get_meta(h, "passing", &passing);
	if (r == 0)
		r = get_meta(h, "slice", &slice);
	if (r == 0)
		r = get_meta(h, "day", &day);
	if (r < 0)
		return r;
	h->key = (uint64_t)key;
	h->progress = (struct history_progress){ (uint64_t)released, (uint64_t)passing, (uint32_t)slice, day };
	return 0;
}

int history_open(const char *path, struct history **ret_history, struct str_buf *what)
{
	_cleanup_(history_closep) struct history *h = MEM_NEW(struct history);
	struct database_setup setup = {
		.path = path,
		.sync = DATABASE_FULL,
		.check = DATABASE_TRUSTED, /* two months of samples are not read through at every start */
		.migrations = history_migrations,
		.page_size = HISTORY_PAGE_BYTES,
	};
	int r = database_open(&setup, &h->db, what);

	if (r < 0)
		return r;
	r = database_prepare(h->db, (struct database_sql){ sql, HISTORY_STATEMENTS }, h->statements);
	if (r == 0)
		r = read_progress(h);
	if (r < 0) {
		database_trouble(h->db, what);
		return r;
	}
	/* Of a file from before it stood there; a disk that is full takes it next time. */
	sqlite3_exec(h->db->handle, keep_highest, NULL, NULL, NULL);
	*ret_history = steal(&h);
	return 0;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	database_finalize(h->statements, HISTORY_STATEMENTS);
	database_close(h->db);
	free(h);
}

int history_begin(struct history *h)
{
	h->before = h->progress;
	return database_begin(h->db);
}

int history_commit(struct history *h)
{
	return database_commit(h->db);
}

void history_rollback(struct history *h)
{
	database_rollback(h->db);
	h->progress = h->before;
}

int history_end(struct history *h, int r)
{
	int error = r < 0 ? r : history_commit(h);

	if (error < 0)
		history_rollback(h);
	return error < 0 ? error : r;
}

/* ---- what has gone ---- */

void history_trimmed_name(int64_t class, char name[HISTORY_TRIMMED_MAX])
{
	snprintf(name, HISTORY_TRIMMED_MAX, "trimmed %" PRId64, class);
}

int history_note_trimmed(struct history *h, int64_t class, int64_t before_hour)
{
	sqlite3_stmt *s = h->statements[HISTORY_RAISE_META];
	char name[HISTORY_TRIMMED_MAX];

	history_trimmed_name(class, name);
	database_bind_text(s, 1, name);
	sqlite3_bind_int64(s, 2, before_hour);
	return database_run(s);
}

/* ---- names ---- */

static int find_class(struct history *h, const char *name, int64_t *ret_id)
{
	sqlite3_stmt *s = h->statements[HISTORY_FIND_CLASS];
	int r;

	database_bind_text(s, 1, name);
	r = ask(s, ret_id);
	if (r != 0)
		return MIN(r, 0);
	s = h->statements[HISTORY_ADD_CLASS];
	database_bind_text(s, 1, name);
	r = database_run(s);
	*ret_id = sqlite3_last_insert_rowid(h->db->handle);
	return r;
}

/* The highest number stands a second time in meta: the row that had it may be lost with a page, never the number. */
static int add_series(struct history *h, const char *name, int64_t class, int64_t *ret_id)
{
	sqlite3_stmt *s = h->statements[HISTORY_ADD_SERIES];
	int64_t highest;
	int r = get_meta(h, "series", &highest);

	if (r < 0)
		return r;
	database_bind_text(s, 1, name);
	sqlite3_bind_int64(s, 2, class);
	sqlite3_bind_int64(s, 3, highest);
	r = database_run(s);
	if (r < 0)
		return r;
	*ret_id = sqlite3_last_insert_rowid(h->db->handle);
	return put_meta(h, "series", *ret_id);
}

int history_series(struct history *h, const char *name, const char *class, uint32_t *ret_point)
{
	sqlite3_stmt *s = h->statements[HISTORY_FIND_SERIES];
	int64_t class_id, id = 0;
	int r = find_class(h, class, &class_id);

	if (r < 0)
		return r;
	database_bind_text(s, 1, name);
	sqlite3_bind_int64(s, 2, class_id);
	r = ask(s, &id);
	if (r == 0)
		r = add_series(h, name, class_id, &id);
	if (r < 0)
		return r;
	*ret_point = (uint32_t)id;
	return id <= UINT32_MAX ? 0 : -ERANGE;
}

/* ---- chunks ---- */

static int add_bytes(struct history *h, int64_t class, int64_t bytes)
{
	sqlite3_stmt *s = h->statements[HISTORY_ADD_BYTES];

	sqlite3_bind_int64(s, 1, bytes);
	sqlite3_bind_int64(s, 2, class);
	return database_run(s);
}

/* A number for these bytes: their CRC and length. Where it is taken by others, the chunk keeps its times itself. */
static int64_t stamps_id(const struct str_buf *stamps)
{
	return (int64_t)((uint64_t)stamps->len << 32 | crc32_add(0, stamps->text, stamps->len));
}

/* 1: they stand there now; 0: others do; -errno. */
static int share_stamps(struct history *h, int64_t class, int64_t hour, const struct str_buf *stamps)
{
	sqlite3_stmt *s = h->statements[HISTORY_FIND_STAMPS];
	bool same;
	int r;

	sqlite3_bind_int64(s, 1, class);
	sqlite3_bind_int64(s, 2, hour);
	sqlite3_bind_int64(s, 3, stamps_id(stamps));
	r = database_row(s);
	if (r > 0) {
		same = (size_t)sqlite3_column_bytes(s, 0) == stamps->len &&
		       memcmp(sqlite3_column_blob(s, 0), stamps->text, stamps->len) == 0;
		database_reset(s);
		return same;
	}
	if (r < 0)
		return r;
	s = h->statements[HISTORY_PUT_STAMPS];
	sqlite3_bind_int64(s, 1, class);
	sqlite3_bind_int64(s, 2, hour);
	sqlite3_bind_int64(s, 3, stamps_id(stamps));
	sqlite3_bind_blob(s, 4, stamps->text, (int)stamps->len, SQLITE_STATIC);
	r = database_run(s);
	if (r == 0)
		r = add_bytes(h, class, (int64_t)stamps->len + ROW_BYTES / 2);
	return r < 0 ? r : 1;
}

static void bind_sums(sqlite3_stmt *s, const struct sums *sums)
{
	sqlite3_bind_int64(s, 9, (sqlite3_int64)sums->count);
	sqlite3_bind_int64(s, 13, sums->held_ms);
	if (!sums->count)
		return;
	sqlite3_bind_double(s, 10, sums->min);
	sqlite3_bind_double(s, 11, sums->max);
	sqlite3_bind_double(s, 12, sums->area);
}

static int insert(struct history *h, const struct history_chunk *c, int64_t class, const struct str_buf *body,
		  const struct str_buf *stamps)
{
	sqlite3_stmt *s = h->statements[HISTORY_PUT_CHUNK];
	int r;

	sqlite3_bind_int64(s, 1, class);
	sqlite3_bind_int64(s, 2, c->hour);
	sqlite3_bind_int64(s, 3, c->point);
	sqlite3_bind_int64(s, 4, c->part);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)c->series.count);
	sqlite3_bind_int64(s, 6, c->series.samples[0].ts_ms);
	sqlite3_bind_int64(s, 7, c->series.samples[c->series.count - 1].ts_ms);
	if (stamps)
		sqlite3_bind_int64(s, 8, stamps_id(stamps));
	bind_sums(s, &c->sums);
	sqlite3_bind_blob(s, 14, body->text, (int)body->len, SQLITE_STATIC);
	r = database_run(s);
	return r == 0 ? add_bytes(h, class, (int64_t)body->len + ROW_BYTES) : r;
}

static int class_of(struct history *h, uint32_t point, int64_t *ret_class)
{
	sqlite3_stmt *s = h->statements[HISTORY_CLASSES];
	int r;

	sqlite3_bind_int64(s, 1, point);
	r = ask(s, ret_class);
	return r == 0 ? -ENOENT : MIN(r, 0);
}

#define SHARED_MIN 16 /* bytes: fewer are not worth a row of their own */

int history_put_chunk(struct history *h, const struct history_chunk *c)
{
	_cleanup_str_buf_ struct str_buf stamps = { 0 }, packed = { 0 }, body = { 0 }, raw = { 0 };
	int64_t class;
	int r = class_of(h, c->point, &class), shared = 0;

	if (r < 0)
		return r;
	chunk_pack_stamps(&c->series, &stamps);
	squeeze_pack(stamps.text, stamps.len, &packed);
	if (c->shares && packed.len >= SHARED_MIN)
		shared = share_stamps(h, class, c->hour, &packed);
	if (shared < 0)
		return shared;
	if (!shared) {
		varint_put(&raw, stamps.len);
		str_buf_add_len(&raw, stamps.text, stamps.len);
	}
	chunk_pack_values(&c->series, &raw);
	squeeze_pack(raw.text, raw.len, &body);
	return insert(h, c, class, &body, shared ? &packed : NULL);
}

int history_set_progress(struct history *h, const struct history_progress *p)
{
	int r = put_meta(h, "released", (int64_t)p->released);

	if (r == 0)
		r = put_meta(h, "passing", (int64_t)p->passing);
	if (r == 0)
		r = put_meta(h, "slice", p->slice);
	if (r == 0)
		r = put_meta(h, "day", p->day);
	if (r == 0)
		h->progress = *p;
	return r;
}
