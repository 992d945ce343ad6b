#include "store/summary_reader.h"

#include <errno.h>

#include "base/mem.h"
#include "store/clock_table.h"
#include "store/rowcrc.h"

#define READ_STEP 500
#define SLACK     S         /* stamps are not mended for less, and clocks drift */
#define TRUST     (2 * DAY) /* how far the audit's numbers may be out of the order of time */
#define TRANSITION_COLUMNS                                                                                \
	"id, alarm, from_state, state, input, boot, mono, wall, who, note, priority, stage, count, test," \
	" since, reason, text_zh, text_en, clock, until, outcome"

enum {
	TRANSITIONS,
	TOLD_BEFORE,
	BEGAN_BEFORE,
	ARRIVED_BEFORE,
	RECORDS,
	RECORD_AT,
	RECORD_ENDS,
	LEFT,
	GONE,
	STARTS,
	STATEMENTS
};

/* clang-format off */
static const char *const sql[STATEMENTS] = {
	[TRANSITIONS]    = "SELECT id, alarm, from_state, state, input, boot, mono, wall, clock, priority, test, outcome,"
			   " crc IS NULL OR crc = row_crc(" TRANSITION_COLUMNS ") FROM transition"
			   " WHERE (wall, id) > (?1, ?2) AND wall < ?3 ORDER BY wall, id LIMIT ?4",
	[TOLD_BEFORE]    = "SELECT boot, mono, wall, clock FROM transition WHERE alarm = ?1 AND id < ?2"
			   " AND state = 'unacked' AND from_state <> 'unacked' ORDER BY id DESC LIMIT 1",
	[BEGAN_BEFORE]   = "SELECT boot, mono, wall, clock, id FROM transition WHERE alarm = ?1 AND id < ?2 AND state = 'unacked'"
			   " AND from_state IN ('normal', 'shelved', 'suppressed', 'out_of_service') ORDER BY id DESC LIMIT 1",
	[ARRIVED_BEFORE] = "SELECT 1 FROM transition WHERE alarm = ?1 AND id < ?2 AND id > ?3 AND input = 'arrive' LIMIT 1",
	[RECORDS]        = "SELECT n, record FROM audit WHERE n > ?1 AND n < ?2 ORDER BY n LIMIT ?3",
	[RECORD_AT]      = "SELECT n, record FROM audit WHERE n >= ?1 ORDER BY n LIMIT 1",
	[RECORD_ENDS]    = "SELECT coalesce((SELECT min(n) FROM audit), 0), coalesce((SELECT max(n) FROM audit), 0)",
	[LEFT]           = "SELECT departed, (SELECT list FROM device_list WHERE id = devices) FROM summary"
			   " WHERE period = ?1 AND start = ?2",
	[GONE]           = "SELECT value FROM meta WHERE name = 'floor_seq'", /* since 1970, in us: see putback_state.c */
	[STARTS]         = "SELECT period, start FROM summary ORDER BY start",
};
/* clang-format on */

/* Where stamps of the span may stand: in it, and as far off as a step of the clock has put them. */
struct stretch {
	int64_t from_us, to_us;
	int64_t last_id; /* of from_us those up to here are read */
};
struct stretches {
	struct stretch *all;
	size_t count;
};

struct summary_reader {
	struct database db; /* only its handle */
	struct clock_table clocks;
	sqlite3_stmt *statements[STATEMENTS];
	struct summary_span span, wide; /* being fed; of transitions it begins earlier */
	struct stretches list;
	size_t stretch;     /* the one in work; behind the last: records are */
	int64_t records[2]; /* numbers: after the first, before the second; both 0: not looked for yet */
};

/* ---- open ---- */

static int open_handle(struct summary_reader *r, const char *path)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc = sqlite3_open_v2(path, &r->db.handle, flags, NULL), error;

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(r->db.handle, 2000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(r->db.handle, "PRAGMA cache_size=-512; PRAGMA mmap_size=0", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return database_errno(rc);
	rowcrc_register(r->db.handle);
	error = database_prepare(&r->db, (struct database_sql){ sql, STATEMENTS }, r->statements);
	return error == 0 ? clock_table_init(&r->clocks, &r->db) : error;
}

int summary_reader_open(const char *path, struct summary_reader **ret_reader, struct str_buf *why)
{
	_cleanup_(summary_reader_closep) struct summary_reader *r = MEM_NEW(struct summary_reader);
	int error = open_handle(r, path);

	if (error < 0) {
		str_buf_printf(why, "state.db: %s", r->db.handle ? sqlite3_errmsg(r->db.handle) : "no memory");
		return error;
	}
	*ret_reader = steal(&r);
	return 0;
}

void summary_reader_close(struct summary_reader *r)
{
	if (!r)
		return;
	database_finalize(r->statements, STATEMENTS);
	clock_table_fini(&r->clocks);
	sqlite3_close(r->db.handle);
	free(r->list.all);
	free(r);
}

/* ---- when ---- */

/* Four columns from there on: boot, mono, wall, clock. Where the clock is not known, as it was stamped. */
static struct clockmap_stamp stamp_at(const struct summary_reader *r, sqlite3_stmt *s, int column)
{
	struct clockmap_stamp stamp = {
		.boot = (const char *)sqlite3_column_text(s, column),
		.at = { .mono_us = clock_table_us(s, column + 1), .wall_us = clock_table_us(s, column + 2) },
	};
	bool known;

	stamp.quality = clock_table_quality(s, column + 3, &known);
	return known && stamp.boot ? clockmap_mend(&r->clocks.map, &stamp) : stamp;
}

/* In one boot by its own clock, else by the wall clocks; negative: they cannot tell. */
static int64_t between(const struct clockmap_stamp *from, const struct clockmap_stamp *to)
{
	if (str_equal(from->boot, to->boot))
		return to->at.mono_us - from->at.mono_us;
	return from->quality == CLOCK_UNSET || to->quality == CLOCK_UNSET ? -1 : to->at.wall_us - from->at.wall_us;
}

static void add_stretch(struct stretches *list, const struct summary_span *span, int64_t off_us)
{
	list->all = mem_realloc(list->all, list->count + 1, sizeof(*list->all));
	list->all[list->count++] = (struct stretch){ span->from_us + off_us - SLACK, span->to_us + off_us + SLACK, 0 };
}

static int compare_stretches(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	return (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

/* None overlaps another: each transition is met once. */
static void join_stretches(struct stretches *list)
{
	size_t last = 0;

	qsort(list->all, list->count, sizeof(*list->all), compare_stretches);
	for (size_t i = 1; i < list->count; i++)
		if (list->all[i].from_us <= list->all[last].to_us)
			list->all[last].to_us = MAX(list->all[last].to_us, list->all[i].to_us);
		else
			list->all[++last] = list->all[i];
	list->count = last + 1;
}

/* What was stamped in a worse stretch of a boot is meant on the clock of a better one behind it. */
static void find_stretches(const struct clockmap *map, const struct summary_span *span, struct stretches *ret_list)
{
	add_stretch(ret_list, span, 0);
	for (size_t later = 0; later < map->count; later++)
		for (size_t i = 0; i <= later; i++) {
			const struct clockmap_row *a = &map->rows[i], *b = &map->rows[later];
			int64_t off_us = a->at.wall_us - a->at.mono_us - (b->at.wall_us - b->at.mono_us);

			if (!str_equal(a->boot, b->boot))
				continue;
			if (i < later && llabs(off_us) > SLACK)
				add_stretch(ret_list, span, off_us);
			if (a->step_us) /* before that step */
				add_stretch(ret_list, span, off_us - a->step_us);
		}
	join_stretches(ret_list);
}

/* ---- transitions ---- */

/* Since the one that the statement finds; negative: there is none, or nobody knows. */
static int64_t since(struct summary_reader *r, int statement, sqlite3_stmt *row, int64_t *ret_id)
{
	struct clockmap_stamp now = stamp_at(r, row, 5), then;
	sqlite3_stmt *s = r->statements[statement];
	int64_t after_us = -1;

	sqlite3_bind_value(s, 1, sqlite3_column_value(row, 1));
	sqlite3_bind_int64(s, 2, sqlite3_column_int64(row, 0));
	if (database_row(s) <= 0)
		return -1;
	then = stamp_at(r, s, 0);
	after_us = between(&then, &now);
	*ret_id = statement == BEGAN_BEFORE ? sqlite3_column_int64(s, 4) : 0;
	database_reset(s);
	return after_us;
}

static bool arrived_before(struct summary_reader *r, sqlite3_stmt *row, int64_t began_id)
{
	sqlite3_stmt *s = r->statements[ARRIVED_BEFORE];

	sqlite3_bind_value(s, 1, sqlite3_column_value(row, 1));
	sqlite3_bind_int64(s, 2, sqlite3_column_int64(row, 0));
	sqlite3_bind_int64(s, 3, began_id);
	if (database_row(s) <= 0)
		return false;
	database_reset(s);
	return true;
}

static int64_t after_of(struct summary_reader *r, sqlite3_stmt *row, const char *input)
{
	int64_t began_id = 0, after_us;

	if (str_equal(input, "ack"))
		return since(r, TOLD_BEFORE, row, &began_id);
	if (!str_equal(input, "arrive") && !str_equal(input, "reset"))
		return -1;
	after_us = since(r, BEGAN_BEFORE, row, &began_id);
	if (str_equal(input, "reset"))
		return after_us;
	return after_us >= 0 && arrived_before(r, row, began_id) ? -1 : after_us;
}

static const char *text_at(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

static void feed(struct summary_reader *r, const struct summary_span *span, sqlite3_stmt *row,
		 const struct summary_reader_sink *to)
{
	struct summary_transition t = {
		.alarm = text_at(row, 1),
		.from = text_at(row, 2),
		.state = text_at(row, 3),
		.input = text_at(row, 4),
		.priority = sqlite3_column_int(row, 9),
		.test = sqlite3_column_int(row, 10),
		.outcome = (const char *)sqlite3_column_text(row, 11),
		.at_us = stamp_at(r, row, 5).at.wall_us,
		.after_us = -1,
	};

	if (!sqlite3_column_int(row, 12) || t.at_us < span->from_us || t.at_us >= span->to_us)
		return;
	t.after_us = after_of(r, row, t.input);
	to->transition(to->context, &t);
}

/* One step: how many rows there were; left goes on behind them. */
static int feed_step(struct summary_reader *r, const struct summary_span *span, struct stretch *left,
		     const struct summary_reader_sink *to)
{
	sqlite3_stmt *s = r->statements[TRANSITIONS];
	int count = 0, rc;

	sqlite3_bind_int64(s, 1, left->from_us);
	sqlite3_bind_int64(s, 2, left->last_id);
	sqlite3_bind_int64(s, 3, left->to_us);
	sqlite3_bind_int(s, 4, READ_STEP);
	while ((rc = database_row(s)) > 0) {
		feed(r, span, s, to);
		left->last_id = sqlite3_column_int64(s, 0);
		left->from_us = sqlite3_column_int64(s, 7);
		count++;
	}
	return rc < 0 ? rc : count;
}

/* ---- records of the audit ---- */

/* When a record says it was, mended; INT64_MIN: it does not say (somebody was at it). */
static int64_t record_time(const struct summary_reader *r, json_t *record)
{
	const char *time = json_string_value(json_object_get(record, "time"));
	const char *clock = json_string_value(json_object_get(record, "clock"));
	const char *boot = json_string_value(json_object_get(record, "boot"));
	struct clockmap_stamp stamp = { .boot = boot ? boot : "" };

	if (!time || clock_parse(time, &stamp.at.wall_us) < 0)
		return INT64_MIN;
	stamp.at.mono_us = json_integer_value(json_object_get(record, "mono"));
	if (!clock || clock_quality_parse(clock, &stamp.quality) < 0)
		return stamp.at.wall_us;
	return clockmap_mend(&r->clocks.map, &stamp).at.wall_us;
}

static json_t *record_at(sqlite3_stmt *s)
{
	return json_loads(text_at(s, 1), 0, NULL);
}

/* The first number whose record is not before that time, as far as they are in order of time. */
static int find_record(struct summary_reader *r, int64_t at_us, int64_t ends[2], int64_t *ret_n)
{
	sqlite3_stmt *s = r->statements[RECORD_AT];
	int64_t low = ends[0], high = ends[1] + 1;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		json_t *record;
		int rc;

		sqlite3_bind_int64(s, 1, middle);
		rc = database_row(s);
		if (rc < 0)
			return rc;
		record = rc > 0 ? record_at(s) : NULL;
		if (rc > 0 && record_time(r, record) < at_us)
			low = MAX(middle, sqlite3_column_int64(s, 0)) + 1;
		else
			high = middle;
		json_decref(record);
		database_reset(s);
	}
	*ret_n = low;
	return 0;
}

static int record_ends(struct summary_reader *r, int64_t ends[2])
{
	sqlite3_stmt *s = r->statements[RECORD_ENDS];
	int rc = database_row(s);

	if (rc <= 0)
		return rc;
	ends[0] = sqlite3_column_int64(s, 0);
	ends[1] = sqlite3_column_int64(s, 1);
	database_reset(s);
	return 0;
}

static void feed_record(struct summary_reader *r, const struct summary_span *span, json_t *record, struct summary *to)
{
	const char *kind = json_string_value(json_object_get(record, "kind"));
	int64_t at_us = record_time(r, record);

	if (kind && at_us >= span->from_us && at_us < span->to_us)
		summary_add_record(to, kind, json_string_value(json_object_get(record, "what")));
}

/* One step of those after *n and before end: how many there were. */
static int records_step(struct summary_reader *r, const struct summary_span *span, int64_t range[2], struct summary *to)
{
	sqlite3_stmt *s = r->statements[RECORDS];
	int count = 0, rc;

	sqlite3_bind_int64(s, 1, range[0]);
	sqlite3_bind_int64(s, 2, range[1]);
	sqlite3_bind_int(s, 3, READ_STEP);
	while ((rc = database_row(s)) > 0) {
		json_t *record = record_at(s);

		feed_record(r, span, record, to);
		json_decref(record);
		range[0] = sqlite3_column_int64(s, 0);
		count++;
	}
	return rc < 0 ? rc : count;
}

static int find_records(struct summary_reader *r)
{
	int64_t ends[2] = { 0 };
	int rc = record_ends(r, ends);

	if (rc == 0)
		rc = find_record(r, r->span.from_us - TRUST, ends, &r->records[0]);
	if (rc == 0)
		rc = find_record(r, r->span.to_us + TRUST, ends, &r->records[1]);
	r->records[0]--;
	return MIN(rc, 0);
}

/* ---- step by step ---- */

void summary_reader_begin(struct summary_reader *r, const struct summary_span *span)
{
	free(r->list.all);
	r->list = (struct stretches){ 0 };
	r->span = r->wide = *span;
	r->wide.from_us -= SUMMARY_TOLD_BEFORE;
	r->stretch = 0;
	r->records[0] = r->records[1] = 0;
	find_stretches(&r->clocks.map, &r->wide, &r->list);
}

int summary_reader_transitions(struct summary_reader *r, const struct summary_reader_sink *to)
{
	int rc;

	if (r->stretch == r->list.count)
		return 0;
	rc = feed_step(r, &r->wide, &r->list.all[r->stretch], to);
	r->stretch += rc >= 0 && rc < READ_STEP;
	return rc < 0 ? rc : 1;
}

static void sum_transition(void *context, const struct summary_transition *t)
{
	summary_add_transition(context, t);
}

int summary_reader_some(struct summary_reader *r, struct summary *to)
{
	struct summary_reader_sink sink = { to, sum_transition };
	int rc = summary_reader_transitions(r, &sink);

	if (rc != 0)
		return rc;
	rc = r->records[1] ? 0 : find_records(r);
	if (rc == 0)
		rc = records_step(r, &r->span, r->records, to);
	return rc < 0 ? rc : rc == READ_STEP;
}

/* ---- what has left ---- */

/* 0 also where there is no such row. */
static int read_gone(struct summary_reader *r, int64_t *ret_us)
{
	sqlite3_stmt *s = r->statements[GONE];
	int rc = database_row(s);

	if (rc <= 0)
		return rc;
	*ret_us = sqlite3_column_int64(s, 0);
	database_reset(s);
	return 0;
}

int summary_reader_left(struct summary_reader *r, const struct summary_span *span, struct summary_reader_left *ret_left)
{
	sqlite3_stmt *s = r->statements[LEFT];
	struct summary_reader_left left = { 0 };
	int rc = read_gone(r, &left.gone_us);

	if (rc < 0)
		return rc;
	database_bind_text(s, 1, summary_span_name(span->period));
	sqlite3_bind_int64(s, 2, span->from_us);
	rc = database_row(s);
	if (rc < 0)
		return rc;
	if (rc > 0) {
		left.departed = database_text(s, 0);
		left.devices = database_text(s, 1);
		database_reset(s);
	}
	*ret_left = left;
	return 0;
}

void summary_reader_left_fini(struct summary_reader_left *l)
{
	free(l->departed);
	free(l->devices);
	*l = (struct summary_reader_left){ 0 };
}

int summary_reader_starts(struct summary_reader *r, struct summary_reader_starts *ret_starts)
{
	sqlite3_stmt *s = r->statements[STARTS];
	enum summary_period p;
	int rc;

	*ret_starts = (struct summary_reader_starts){ 0 };
	while ((rc = database_row(s)) > 0)
		if (summary_span_parse(text_at(s, 0), &p) == 0) {
			size_t count = ret_starts->count[p]++;

			ret_starts->from_us[p] = mem_realloc(ret_starts->from_us[p], count + 1, sizeof(int64_t));
			ret_starts->from_us[p][count] = sqlite3_column_int64(s, 1);
		}
	if (rc < 0)
		summary_reader_starts_fini(ret_starts);
	return rc;
}

void summary_reader_starts_fini(struct summary_reader_starts *s)
{
	for (size_t p = 0; p < SUMMARY_PERIODS; p++)
		free(s->from_us[p]);
	*s = (struct summary_reader_starts){ 0 };
}
