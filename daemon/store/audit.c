#include "store/audit.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/clock_table.h"

const char audit_schema_4[] =
	"CREATE TABLE audit (n INTEGER PRIMARY KEY, record TEXT NOT NULL, hash TEXT NOT NULL) STRICT;"
	"CREATE TABLE audit_anchor ("
	" id INTEGER PRIMARY KEY CHECK (id = 1), n INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;";

#define WINDOW       2000 /* records that one reading looks at, at most: some milliseconds */
#define DAY_US       86400e6
#define STRING(x)    #x
#define STRING_OF(x) STRING(x)
#define NUMBER_MAX   STRING_OF(AUDIT_HEAD_N_MAX)
#define JULIAN_1970  2440587.5

enum { ADD, READ_HEAD, READ_ANCHOR, SET_ANCHOR, READ_ONE, READ_UP, READ_DOWN, OLDEST, PRUNE, ASTRAY, READ_NEXT };

/* What a record is asked for; a text that is no JSON (somebody was at it) is shown whatever is asked. */
#define WANTED                                                                                    \
	" AND (?3 IS NULL OR NOT json_valid(record) OR json_extract(record, '$.kind') = ?3)"      \
	" AND (?4 IS NULL OR NOT json_valid(record) OR instr(json_extract(record, '$.who'), ?4))" \
	" AND (?5 IS NULL OR NOT json_valid(record)"                                              \
	"      OR julianday(json_extract(record, '$.time')) >= ?5)"
#define COLUMNS \
	"SELECT n, record, hash, (SELECT hash FROM audit AS b WHERE b.n < audit.n ORDER BY n DESC LIMIT 1) FROM audit"

/* clang-format off */
static const char *const sql[AUDIT_STATEMENTS] = {
	[ADD]         = "INSERT INTO audit (n, record, hash) VALUES (?,?,?)",
	[READ_HEAD]   = "SELECT n, hash FROM audit WHERE n BETWEEN 1 AND " NUMBER_MAX " ORDER BY n DESC LIMIT 1",
	[READ_ANCHOR] = "SELECT n, hash FROM audit_anchor WHERE n BETWEEN 1 AND " NUMBER_MAX,
	[SET_ANCHOR]  = "INSERT OR REPLACE INTO audit_anchor (id, n, hash) VALUES (1, ?, ?)",
	[READ_ONE]    = "SELECT n, hash FROM audit WHERE n = ?",
	[READ_UP]     = COLUMNS " WHERE n > ?1 AND n <= ?2" WANTED " ORDER BY n LIMIT ?6",
	[READ_DOWN]   = COLUMNS " WHERE n >= ?1 AND n < ?2" WANTED " ORDER BY n DESC LIMIT ?6",
	[OLDEST]      = "SELECT n, hash, iif(json_valid(record), json_extract(record, '$.time'), NULL),"
			" iif(json_valid(record), json_extract(record, '$.clock'), NULL)"
			" FROM audit WHERE n > ? ORDER BY n LIMIT ?",
	[PRUNE]       = "DELETE FROM audit WHERE n <= ?",
	[ASTRAY]      = "DELETE FROM audit WHERE n < 1 OR n > " NUMBER_MAX " RETURNING n, hash",
	[READ_NEXT]   = "SELECT record, hash FROM audit WHERE n = ?",
};
/* clang-format on */

/* A row of n and hash: 1, 0 when there is none, -errno. */
static int read_head(sqlite3_stmt *s, struct audit_head *ret_head)
{
	int r = database_row(s);
	const char *hash;

	if (r <= 0)
		return r;
	hash = (const char *)sqlite3_column_text(s, 1);
	ret_head->n = (uint64_t)sqlite3_column_int64(s, 0);
	snprintf(ret_head->hash, sizeof(ret_head->hash), "%s", hash ? hash : "");
	database_reset(s);
	return 1;
}

int audit_init(struct audit *a, struct database *db, const char *boot)
{
	int r = database_prepare(db, (struct database_sql){ sql, AUDIT_STATEMENTS }, a->statements);

	a->boot = boot;
	a->anchor = audit_head_none;
	if (r == 0)
		r = read_head(a->statements[READ_ANCHOR], &a->anchor);
	a->head = a->anchor;
	if (r >= 0)
		r = read_head(a->statements[READ_HEAD], &a->head);
	return MIN(r, 0);
}

void audit_fini(struct audit *a)
{
	database_finalize(a->statements, AUDIT_STATEMENTS);
}

void audit_begin(struct audit *a)
{
	a->head_before = a->head;
	a->anchor_before = a->anchor;
}

void audit_rollback(struct audit *a)
{
	a->head = a->head_before;
	a->anchor = a->anchor_before;
}

/* ---- writing ---- */

static void add_text(struct str_buf *b, const char *key, const char *text)
{
	str_buf_printf(b, ",\"%s\":", key);
	if (text)
		str_buf_add_json(b, text);
	else
		str_buf_add(b, "null");
}

static int append(struct audit *a, uint64_t n, const char *record)
{
	sqlite3_stmt *s = a->statements[ADD];
	struct audit_head next = { .n = n };
	int r;

	audit_head_chain(&a->head, record, next.hash);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)n);
	database_bind_text(s, 2, record);
	database_bind_text(s, 3, next.hash);
	r = database_run(s);
	if (r == 0)
		a->head = next;
	return r;
}

static int add_as(struct audit *a, uint64_t n, const struct store_audit *e, const struct audit_time *when)
{
	_cleanup_str_buf_ struct str_buf record = { 0 };
	char iso[CLOCK_ISO_MAX];

	str_buf_printf(&record, "{\"n\":%" PRIu64 ",\"time\":\"%s\",\"clock\":\"%s\",\"boot\":", n,
		       clock_format_iso(when->at.wall_us, iso), clock_quality_name(when->quality));
	str_buf_add_json(&record, a->boot);
	str_buf_printf(&record, ",\"mono\":%" PRId64, when->at.mono_us);
	add_text(&record, "kind", e->kind);
	add_text(&record, "who", e->who);
	add_text(&record, "what", e->what);
	add_text(&record, "why", e->why);
	if (e->detail)
		str_buf_printf(&record, ",\"detail\":%s", e->detail);
	str_buf_add(&record, "}");
	return append(a, n, str_buf_text(&record));
}

int audit_add(struct audit *a, const struct store_audit *entry, const struct audit_time *when)
{
	return add_as(a, a->head.n + 1, entry, when);
}

int audit_add_transition(struct audit *a, const struct alarm_transition *t, enum clock_quality quality)
{
	const struct alarm *alarm = &t->alarm;
	_cleanup_str_buf_ struct str_buf detail = { 0 };
	char until[CLOCK_ISO_MAX];
	struct store_audit e = { .kind = "alarm", .who = t->who, .what = alarm->id, .why = t->note };

	str_buf_printf(&detail,
		       "{\"input\":\"%s\",\"from\":\"%s\",\"state\":\"%s\",\"priority\":%d,\"stage\":%d,\"count\":%u",
		       alarm_input_name(t->input), alarm_state_name(t->from), alarm_state_name(alarm->state),
		       alarm->priority, alarm->stage, alarm->count);
	add_text(&detail, "place", alarm->place);
	add_text(&detail, "when", alarm->reason.when);
	if (t->input == ALARM_IN_RESET)
		add_text(&detail, "outcome", alarm->outcome);
	if (t->input == ALARM_IN_SHELVE && alarm->shelf.on)
		add_text(&detail, "until", clock_format_iso(alarm->shelf.until_us, until));
	if (t->input == ALARM_IN_SHELVE && alarm->shelf.on && alarm->shelf.meant_us)
		str_buf_add(&detail, ",\"moment\":true");
	str_buf_add(&detail, alarm->test ? ",\"test\":true}" : "}");
	e.detail = str_buf_text(&detail);
	return audit_add(a, &e, &(struct audit_time){ .at = t->at, .quality = quality });
}

int audit_add_mode(struct audit *a, const struct mode *m, const struct audit_time *when)
{
	_cleanup_str_buf_ struct str_buf detail = { 0 };
	struct store_audit e = { .kind = "mode", .who = m->spell.by, .what = m->subject, .why = m->spell.why };
	char iso[CLOCK_ISO_MAX];

	str_buf_printf(&detail, "{\"mode\":\"%s\",\"on\":%s", mode_name(m->kind), m->spell.on ? "true" : "false");
	if (m->spell.on && m->spell.until_us)
		str_buf_printf(&detail, ",\"until\":\"%s\"", clock_format_iso(m->spell.until_us, iso));
	str_buf_add(&detail, "}");
	e.detail = str_buf_text(&detail);
	return audit_add(a, &e, when);
}

bool audit_follows(struct audit *a, const struct audit_head *head)
{
	sqlite3_stmt *s = a->statements[READ_NEXT];
	const char *record, *hash;
	char wanted[AUDIT_HEAD_HEX];
	bool follows = false;

	sqlite3_bind_int64(s, 1, (sqlite3_int64)head->n + 1);
	if (database_row(s) > 0) {
		record = (const char *)sqlite3_column_text(s, 0);
		hash = (const char *)sqlite3_column_text(s, 1);
		audit_head_chain(head, record ? record : "", wanted);
		follows = str_equal(hash, wanted);
	}
	database_reset(s);
	return follows;
}

/* ---- at start ---- */

/* Records that were there are not any more: the numbers go on behind them, so that the hole stays to be seen. */
static int add_lost(struct audit *a, const struct audit_head *witness, const struct audit_time *when)
{
	_cleanup_str_buf_ struct str_buf detail = { 0 };
	struct store_audit e = { .kind = "audit",
				 .what = "lost",
				 .why = "audit.head tells of records that state.db does not have (any more)" };

	str_buf_printf(&detail, "{\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"hash\":\"%s\"}", a->head.n + 1, witness->n,
		       witness->hash);
	e.detail = str_buf_text(&detail);
	return add_as(a, witness->n + 1, &e, when);
}

static int add_replaced(struct audit *a, const struct audit_head *witness, const struct audit_time *when)
{
	_cleanup_str_buf_ struct str_buf detail = { 0 };
	struct store_audit e = { .kind = "audit",
				 .what = "replaced",
				 .why = "state.db has another record of that number than audit.head tells of" };

	str_buf_printf(&detail, "{\"n\":%" PRIu64 ",\"hash\":\"%s\"}", witness->n, witness->hash);
	e.detail = str_buf_text(&detail);
	return audit_add(a, &e, when);
}

/* 1: the record of that number has that hash, or is gone with the old ones; 0: it has not. */
static int holds(struct audit *a, const struct audit_head *witness)
{
	sqlite3_stmt *s = a->statements[READ_ONE];
	struct audit_head found = audit_head_none;
	int r;

	if (witness->n < a->anchor.n)
		return 1;
	if (witness->n == a->anchor.n)
		return str_equal(witness->hash, a->anchor.hash);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)witness->n);
	r = read_head(s, &found);
	return r < 0 ? r : r > 0 && str_equal(witness->hash, found.hash);
}

/* Rows with a number that nothing can have given: somebody was at the file, or its bits have flipped. Where they stand no record
 * could follow, so they go, and one record says what they were (the first of them; the others are counted). */
static int clear_astray(struct audit *a, const struct audit_time *when)
{
	sqlite3_stmt *s = a->statements[ASTRAY];
	_cleanup_str_buf_ struct str_buf detail = { 0 };
	struct store_audit e = { .kind = "audit", .what = "astray", .why = "no record can have such a number" };
	uint64_t count = 0;
	int r;

	while ((r = database_row(s)) > 0) {
		const char *hash = (const char *)sqlite3_column_text(s, 1);

		if (count++ > 0)
			continue;
		str_buf_printf(&detail, "{\"n\":%" PRId64 ",\"hash\":", (int64_t)sqlite3_column_int64(s, 0));
		str_buf_add_json(&detail, hash ? hash : "");
	}
	if (r < 0 || count == 0)
		return r;
	str_buf_printf(&detail, ",\"count\":%" PRIu64 "}", count);
	e.detail = str_buf_text(&detail);
	return audit_add(a, &e, when);
}

static int compare(struct audit *a, const struct audit_head *witness, const struct audit_time *when)
{
	struct store_audit begin = { .kind = "audit", .what = "begin" };
	int r;

	if (witness->n > a->head.n)
		return add_lost(a, witness, when);
	if (a->head.n == 0)
		return audit_add(a, &begin, when);
	/* The power went before the very first record had its witness: before that one nothing can be missing. */
	if (witness->n == 0 && a->head.n == 1)
		return 0;
	if (witness->n == 0) {
		begin.what = "unwitnessed";
		begin.why = "audit.head is missing or unreadable: nothing beside state.db tells how far it had come";
		return audit_add(a, &begin, when);
	}
	r = holds(a, witness);
	return r == 0 ? add_replaced(a, witness, when) : MIN(r, 0);
}

int audit_compare(struct audit *a, const struct audit_head *witness, const struct audit_time *when)
{
	int r = compare(a, witness, when);

	return r == 0 ? clear_astray(a, when) : r;
}

/* ---- what is too old ---- */

/* It is older than that for certain. */
static bool is_old(sqlite3_stmt *s, const struct audit_limits *limits, const struct audit_time *now)
{
	const char *time = (const char *)sqlite3_column_text(s, 2);
	const char *clock = (const char *)sqlite3_column_text(s, 3);
	int64_t wall_us;

	if (now->quality == CLOCK_UNSET || !clock || str_equal(clock, clock_quality_name(CLOCK_UNSET)))
		return false;
	return time && clock_parse(time, &wall_us) == 0 && now->at.wall_us - wall_us > limits->age_us;
}

/* The last record of those that are too many; 0: there are none. The record that tells of it needs a place too: else each
 * step would make the next one due, for ever. A few more go, so that not every new record makes one. */
static uint64_t find_surplus(const struct audit *a, const struct audit_limits *limits)
{
	uint64_t kept = limits->rows - MIN(limits->rows / 100, (uint64_t)AUDIT_PRUNE_ROWS);

	return a->head.n - a->anchor.n > limits->rows ? a->head.n + 1 - kept : 0;
}

/* The last record that is to go now. */
static int find_end(struct audit *a, const struct audit_limits *limits, const struct audit_time *now,
		    struct audit_head *ret_end)
{
	sqlite3_stmt *s = a->statements[OLDEST];
	uint64_t surplus_to = find_surplus(a, limits);
	int r;

	sqlite3_bind_int64(s, 1, (sqlite3_int64)a->anchor.n);
	sqlite3_bind_int(s, 2, AUDIT_PRUNE_ROWS);
	while ((r = database_row(s)) > 0) {
		uint64_t n = (uint64_t)sqlite3_column_int64(s, 0);

		if (n > surplus_to && !is_old(s, limits, now)) {
			database_reset(s);
			return 0;
		}
		ret_end->n = n;
		snprintf(ret_end->hash, sizeof(ret_end->hash), "%s", (const char *)sqlite3_column_text(s, 1));
	}
	return r;
}

static int set_anchor(struct audit *a, const struct audit_head *end)
{
	sqlite3_stmt *s = a->statements[SET_ANCHOR], *prune = a->statements[PRUNE];
	int r;

	sqlite3_bind_int64(s, 1, (sqlite3_int64)end->n);
	database_bind_text(s, 2, end->hash);
	r = database_run(s);
	if (r < 0)
		return r;
	a->anchor = *end;
	sqlite3_bind_int64(prune, 1, (sqlite3_int64)end->n);
	return database_run(prune);
}

int audit_prune(struct audit *a, const struct audit_limits *limits, const struct audit_time *now)
{
	_cleanup_str_buf_ struct str_buf detail = { 0 };
	struct store_audit e = { .kind = "audit", .what = "anchor", .why = "older ones have gone" };
	struct audit_head end = audit_head_none;
	int r = find_end(a, limits, now, &end);

	if (r < 0 || end.n == 0 || end.n == a->head.n) /* the newest always stays */
		return r;
	str_buf_printf(&detail, "{\"to\":%" PRIu64 ",\"hash\":\"%s\"}", end.n, end.hash);
	e.detail = str_buf_text(&detail);
	r = audit_add(a, &e, now);
	if (r == 0)
		r = set_anchor(a, &end);
	return r < 0 ? r : 1;
}

/* ---- reading ---- */

static void bind_ask(sqlite3_stmt *s, const struct store_op *op)
{
	const struct store_audit_ask *ask = &op->ask;

	if (ask->order == STORE_AUDIT_OLDEST_FIRST) {
		sqlite3_bind_int64(s, 1, (sqlite3_int64)ask->from_n);
		sqlite3_bind_int64(s, 2, (sqlite3_int64)ask->from_n + WINDOW);
	} else {
		sqlite3_bind_int64(s, 1, (sqlite3_int64)ask->from_n - WINDOW);
		sqlite3_bind_int64(s, 2, (sqlite3_int64)ask->from_n);
	}
	database_bind_text(s, 3, ask->kind);
	database_bind_text(s, 4, ask->who);
	if (ask->since_us)
		sqlite3_bind_double(s, 5, (double)ask->since_us / DAY_US + JULIAN_1970);
	else
		sqlite3_bind_null(s, 5);
	sqlite3_bind_int64(s, 6, (sqlite3_int64)op->max_messages);
}

/* The record with prev and hash as its last members; a text that is no object is not mended: it is to be seen as it is. */
static char *exported(const struct audit *a, sqlite3_stmt *s)
{
	const char *record = (const char *)sqlite3_column_text(s, 1), *hash = (const char *)sqlite3_column_text(s, 2);
	const char *prev = (const char *)sqlite3_column_text(s, 3);
	size_t len = record ? strlen(record) : 0;
	struct str_buf line = { 0 };

	if (len && record[len - 1] == '}')
		len--;
	str_buf_add_len(&line, record ? record : "", len);
	str_buf_add(&line, ",\"prev\":");
	str_buf_add_json(&line, prev ? prev : a->anchor.hash);
	str_buf_add(&line, ",\"hash\":");
	str_buf_add_json(&line, hash ? hash : "");
	str_buf_add(&line, "}");
	return str_buf_take(&line);
}

int audit_read(struct audit *a, struct store_op *op)
{
	bool up = op->ask.order == STORE_AUDIT_OLDEST_FIRST;
	sqlite3_stmt *s = a->statements[up ? READ_UP : READ_DOWN];
	uint64_t last = 0;
	int r = 0;

	op->heads = (struct store_audit_heads){ .head = a->head, .anchor = a->anchor };
	if (!up && (op->ask.from_n == 0 || op->ask.from_n > a->head.n))
		op->ask.from_n = a->head.n + 1;
	op->batch = mem_array(op->max_messages + 1, sizeof(*op->batch));
	bind_ask(s, op);
	while (op->batch_count < op->max_messages && (r = database_row(s)) > 0) {
		last = (uint64_t)sqlite3_column_int64(s, 0);
		op->batch[op->batch_count++] = exported(a, s);
	}
	if (op->batch_count == op->max_messages) {
		database_reset(s);
		r = 0;
		op->heads.looked_n = last;
	} else {
		op->heads.looked_n = up                        ? MIN(op->ask.from_n + WINDOW, a->head.n)
				     : op->ask.from_n > WINDOW ? op->ask.from_n - WINDOW
							       : 0;
	}
	return MIN(r, 0);
}
