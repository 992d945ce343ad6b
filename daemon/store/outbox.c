#include "store/outbox_inside.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/clock_table.h"
#include "store/damaged.h"

const char outbox_schema_1[] =
	"CREATE TABLE uplink (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE lane ("
	" id INTEGER PRIMARY KEY, uplink INTEGER NOT NULL REFERENCES uplink, name TEXT NOT NULL,"
	" last_seq INTEGER NOT NULL, delivered_seq INTEGER NOT NULL,"
	" UNIQUE (uplink, name), CHECK (delivered_seq <= last_seq)) STRICT;"
	"CREATE TABLE outbox ("
	" lane INTEGER NOT NULL REFERENCES lane, seq INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,"
	" bytes INTEGER NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (lane, seq)) STRICT, WITHOUT ROWID;";

/* When it was queued, by the clocks of that boot; NULL in rows from before that was noted. */
const char outbox_schema_2[] = "ALTER TABLE outbox ADD COLUMN boot TEXT;"
			       "ALTER TABLE outbox ADD COLUMN mono INTEGER;"
			       "ALTER TABLE outbox ADD COLUMN clock TEXT;";

/* rows, bytes: of what is not delivered, so that a start need not count them; NULL: count them once. */
const char outbox_schema_4[] = "ALTER TABLE lane ADD COLUMN rows INTEGER;"
			       "ALTER TABLE lane ADD COLUMN bytes INTEGER;"
			       "ALTER TABLE lane ADD COLUMN audited_seq INTEGER;";

/* clang-format off */
static const char *const sql[OUTBOX_STATEMENTS] = {
	[ADD_UPLINK]   = "INSERT OR IGNORE INTO uplink (name) VALUES (?)",
	[READ_UPLINKS] = "SELECT name FROM uplink ORDER BY id",
	[ADD_LANE]     = "INSERT INTO lane (uplink, name, last_seq, delivered_seq)"
			 " VALUES ((SELECT id FROM uplink WHERE name = ?), ?, 0, 0)",
	[READ_LANES]   = "SELECT lane.id, uplink.name, lane.name, last_seq, delivered_seq, rows, lane.bytes, audited_seq"
			 " FROM lane JOIN uplink ON uplink.id = lane.uplink ORDER BY lane.id",
	[SET_LANE]     = "UPDATE lane SET last_seq = ?, delivered_seq = ?, rows = ?, bytes = ?, audited_seq = ?"
			 " WHERE id = ?",
	[ADD_ROW]      = "INSERT INTO outbox (lane, seq, time, kind, bytes, payload, boot, mono, clock)"
			 " VALUES (?,?,?,?,?,?,?,?,?)",
	[READ_ROWS]    = "SELECT time, boot, mono, clock, seq, kind, payload FROM outbox"
			 " WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?",
	[SUM_ROWS]     = "SELECT count(*), coalesce(sum(bytes), 0) FROM outbox"
			 " WHERE lane = ? AND seq > ? AND seq <= ?",
	[FIRST_ROW]    = "SELECT time, boot, mono, clock FROM outbox WHERE lane = ? AND seq > ? ORDER BY seq LIMIT 1",
	[FIRST_SEQ]    = "SELECT coalesce(min(seq), 0) FROM outbox WHERE lane = ?",
	[PURGE_STEP]   = "SELECT count(*), max(seq) FROM (SELECT seq FROM outbox"
			 " WHERE lane = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?)",
	[DROP_ROWS]    = "DELETE FROM outbox WHERE lane = ? AND seq > ? AND seq <= ?",
	[OLDEST_ROWS]  = "SELECT time, boot, mono, clock, seq, kind, bytes FROM outbox"
			 " WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?",
	[MAKE_GAP]     = "UPDATE outbox SET kind = 'gap', bytes = ?, payload = ? WHERE lane = ? AND seq = ?",
	[GET_FLOOR]    = "SELECT coalesce((SELECT value FROM meta WHERE name = 'floor_seq'), 0)",
	[SET_FLOOR]    = "INSERT OR REPLACE INTO meta (name, value) VALUES ('floor_seq', ?)",
	[READ_ABOUT]   = "SELECT lane, seq, bytes, payload FROM outbox WHERE kind = 'alarm' AND instr(payload, ?) > 0",
	[SET_PAYLOAD]  = "UPDATE outbox SET bytes = ?, payload = ? WHERE lane = ? AND seq = ?",
};
/* clang-format on */

/* Two columns of the only row. */
static int ask(sqlite3_stmt *s, int64_t ret_numbers[2])
{
	int r = database_row(s);

	if (r > 0) {
		ret_numbers[0] = sqlite3_column_int64(s, 0);
		ret_numbers[1] = sqlite3_column_count(s) > 1 ? sqlite3_column_int64(s, 1) : 0;
		database_reset(s);
	}
	return MIN(r, 0);
}

/* ---- lanes ---- */

struct outbox_lane *outbox_find(struct outbox *o, const char *uplink, enum envelope_lane lane)
{
	for (size_t i = 0; i < o->lane_count; i++)
		if (o->lanes[i].lane == lane && str_equal(o->lanes[i].uplink, uplink))
			return &o->lanes[i];
	return NULL;
}

/* rows and bytes that are not delivered, up to a seq. */
static int sum_rows(struct outbox *o, const struct outbox_lane *l, uint64_t up_to_seq, int64_t ret_sums[2])
{
	sqlite3_stmt *s = o->statements[SUM_ROWS];

	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->delivered_seq);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)up_to_seq);
	return ask(s, ret_sums);
}

struct clockmap_stamp outbox_stamp(sqlite3_stmt *s, bool *ret_known)
{
	const char *boot = (const char *)sqlite3_column_text(s, 1);

	return (struct clockmap_stamp){
		.boot = boot ? boot : "",
		.at = { .mono_us = clock_table_us(s, 2), .wall_us = clock_table_us(s, 0) },
		.quality = clock_table_quality(s, 3, ret_known),
	};
}

int outbox_find_oldest(struct outbox *o, struct outbox_lane *l)
{
	sqlite3_stmt *s = o->statements[FIRST_ROW];
	struct clockmap_stamp stamp;
	bool known;
	int r;

	l->oldest_us = 0;
	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->delivered_seq);
	r = database_row(s);
	if (r <= 0)
		return r;
	stamp = outbox_stamp(s, &known);
	l->oldest_us = clockmap_mend(o->clock->map, &stamp).at.wall_us;
	database_reset(s);
	return 0;
}

/* What the lane's row does not tell. counted: it has its counters. */
static int count_lane(struct outbox *o, struct outbox_lane *l, bool counted)
{
	sqlite3_stmt *s = o->statements[FIRST_SEQ];
	int64_t first[2] = { 0 }, sums[2] = { 0 };
	int r;

	sqlite3_bind_int64(s, 1, l->id);
	r = ask(s, first);
	if (r == 0 && !counted) {
		r = sum_rows(o, l, l->last_seq, sums);
		l->rows = (uint64_t)sums[0];
		l->bytes = (uint64_t)sums[1];
	}
	if (r == 0)
		r = outbox_find_oldest(o, l);
	l->purged_seq = first[0] > 0 ? (uint64_t)first[0] - 1 : l->delivered_seq;
	return r;
}

/* A row of READ_LANES (a name that this version does not know: -EINVAL). */
static int read_lane(sqlite3_stmt *s, struct outbox_lane *ret_lane)
{
	const char *uplink = (const char *)sqlite3_column_text(s, 1), *name = (const char *)sqlite3_column_text(s, 2);
	struct outbox_lane l = { .id = sqlite3_column_int64(s, 0) };

	if (!uplink || strlen(uplink) >= sizeof(l.uplink) || !name || envelope_lane_parse(name, &l.lane) < 0)
		return -EINVAL;
	memcpy(l.uplink, uplink, strlen(uplink) + 1);
	l.last_seq = (uint64_t)sqlite3_column_int64(s, 3);
	l.delivered_seq = l.audited_seq = (uint64_t)sqlite3_column_int64(s, 4);
	*ret_lane = l;
	return 0;
}

/* The columns that came later: a damaged file of before may not have them. False: rows and bytes are to be counted. */
static bool read_counters(sqlite3_stmt *s, struct outbox_lane *l)
{
	if (sqlite3_column_type(s, 7) != SQLITE_NULL)
		l->audited_seq = (uint64_t)sqlite3_column_int64(s, 7);
	if (sqlite3_column_type(s, 5) == SQLITE_NULL || sqlite3_column_type(s, 6) == SQLITE_NULL)
		return false;
	l->rows = (uint64_t)sqlite3_column_int64(s, 5);
	l->bytes = (uint64_t)sqlite3_column_int64(s, 6);
	return true;
}

static struct outbox_lane *new_lane(struct outbox *o)
{
	if (o->lane_count == o->lane_room) {
		o->lane_room = MAX(o->lane_room * 2, (size_t)16);
		o->lanes = mem_realloc(o->lanes, o->lane_room, sizeof(*o->lanes));
	}
	return &o->lanes[o->lane_count++];
}

static int read_lanes(struct outbox *o)
{
	sqlite3_stmt *s = o->statements[READ_LANES];
	struct outbox_lane l;
	int r, counted;

	o->lane_count = 0;
	while ((r = database_row(s)) > 0) {
		if (read_lane(s, &l) < 0)
			continue;
		counted = read_counters(s, &l) ? 0 : count_lane(o, &l, false);
		if (counted < 0)
			return counted;
		*new_lane(o) = l;
	}
	for (size_t i = 0; r == 0 && i < o->lane_count; i++)
		r = count_lane(o, &o->lanes[i], true);
	return r;
}

int outbox_init(struct outbox *o, struct database *db, const struct outbox_clock *clock)
{
	int r = database_prepare(db, (struct database_sql){ sql, OUTBOX_STATEMENTS }, o->statements);
	int64_t floor_seq[2] = { 0 };

	o->clock = clock;
	if (r == 0)
		r = ask(o->statements[GET_FLOOR], floor_seq);
	o->floor_seq = (uint64_t)MAX(floor_seq[0], (int64_t)0);
	return r == 0 ? read_lanes(o) : r;
}

void outbox_fini(struct outbox *o)
{
	database_finalize(o->statements, OUTBOX_STATEMENTS);
	free(o->lanes);
	free(o->undo);
}

void outbox_begin(struct outbox *o)
{
	for (size_t i = 0; i < o->undo_count; i++)
		o->lanes[o->undo[i].index].touched = false;
	o->undo_count = 0;
	o->before_count = o->lane_count;
}

void outbox_touch(struct outbox *o, struct outbox_lane *l)
{
	if (l->touched)
		return;
	if (o->undo_count == o->undo_room) {
		o->undo_room = MAX(o->undo_room * 2, (size_t)8);
		o->undo = mem_realloc(o->undo, o->undo_room, sizeof(*o->undo));
	}
	o->undo[o->undo_count++] = (struct outbox_undo){ .index = (size_t)(l - o->lanes), .lane = *l };
	l->touched = true;
}

void outbox_rollback(struct outbox *o)
{
	for (size_t i = 0; i < o->undo_count; i++)
		o->lanes[o->undo[i].index] = o->undo[i].lane;
	o->undo_count = 0;
	o->lane_count = o->before_count;
}

void outbox_fill(const struct outbox_lane *l, struct store_op_lane *ret_now)
{
	*ret_now = (struct store_op_lane){
		.pending = l->rows,
		.bytes = l->bytes,
		.delivered = l->delivered_seq,
		.last_seq = l->last_seq,
		.oldest_us = l->oldest_us,
	};
}

/* ---- writing ---- */

int outbox_add_uplink(struct outbox *o, const char *name)
{
	sqlite3_stmt *s = o->statements[ADD_UPLINK];

	database_bind_text(s, 1, name);
	return database_run(s);
}

/* The lane, with a row of its own; made when it is new. */
static int get_lane(struct outbox *o, const char *uplink, enum envelope_lane lane, struct outbox_lane **ret_lane)
{
	struct outbox_lane *l = outbox_find(o, uplink, lane);
	sqlite3_stmt *s = o->statements[ADD_LANE];
	int r;

	if (l) {
		*ret_lane = l;
		return 0;
	}
	r = outbox_add_uplink(o, uplink);
	if (r < 0)
		return r;
	database_bind_text(s, 1, uplink);
	database_bind_text(s, 2, envelope_lane_name(lane));
	r = database_run(s);
	if (r < 0)
		return r;
	l = new_lane(o);
	*l = (struct outbox_lane){ .lane = lane, .id = sqlite3_last_insert_rowid(sqlite3_db_handle(s)) };
	memcpy(l->uplink, uplink, strlen(uplink) + 1);
	*ret_lane = l;
	return 0;
}

int outbox_set_lane(struct outbox *o, const struct outbox_lane *l)
{
	sqlite3_stmt *s = o->statements[SET_LANE];

	assert(l->touched);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)l->last_seq);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->delivered_seq);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)l->rows);
	sqlite3_bind_int64(s, 4, (sqlite3_int64)l->bytes);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)l->audited_seq);
	sqlite3_bind_int64(s, 6, l->id);
	return database_run(s);
}

/* One row, as the lane's last. */
static int put_row(struct outbox *o, struct outbox_lane *l, uint64_t seq, const struct store_op_message *m)
{
	sqlite3_stmt *s = o->statements[ADD_ROW];
	size_t bytes = strlen(m->payload);
	int r;

	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)seq);
	sqlite3_bind_int64(s, 3, m->time_us);
	database_bind_text(s, 4, m->kind);
	sqlite3_bind_int64(s, 5, (sqlite3_int64)bytes);
	database_bind_text(s, 6, m->payload);
	database_bind_text(s, 7, o->clock->boot);
	sqlite3_bind_int64(s, 8, m->mono_us);
	clock_table_bind_quality(s, 9, m->clock);
	r = database_run(s);
	if (r < 0)
		return r;
	outbox_touch(o, l);
	if (l->rows == 0)
		l->oldest_us = m->time_us;
	l->last_seq = seq;
	l->rows++;
	l->bytes += bytes;
	return outbox_set_lane(o, l);
}

int outbox_skip(struct outbox *o, struct outbox_lane *l, const struct outbox_skip *skip)
{
	_cleanup_str_buf_ struct str_buf payload = { 0 };
	struct store_op_message gap = {
		.kind = (char *)"gap", .time_us = skip->at.wall_us, .mono_us = skip->at.mono_us, .clock = skip->clock
	};

	if (skip->to <= l->last_seq)
		return 0;
	str_buf_printf(&payload, "{\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"reason\":", l->last_seq + 1, skip->to);
	str_buf_add_json(&payload, skip->reason);
	str_buf_add(&payload, "}");
	gap.payload = payload.text;
	return put_row(o, l, skip->to, &gap);
}

int outbox_set_floor(struct outbox *o, uint64_t seq)
{
	sqlite3_stmt *s = o->statements[SET_FLOOR];

	sqlite3_bind_int64(s, 1, (sqlite3_int64)seq);
	o->floor_seq = seq;
	return database_run(s);
}

/* Before a restore, or a damage, it may have been there, and given numbers. */
static int begin_lane(struct outbox *o, struct outbox_lane *l, const struct store_op_message *m)
{
	return outbox_skip(o, l,
			   &(struct outbox_skip){
				   .to = o->floor_seq,
				   .reason = "what it had given before is not known: restored, or its file was damaged",
				   .at = { .wall_us = m->time_us, .mono_us = m->mono_us },
				   .clock = m->clock });
}

int outbox_add(struct outbox *o, const struct store_op_message *m, uint64_t *ret_seq)
{
	struct outbox_lane *l;
	int r = envelope_check(m->payload);

	if (r == 0)
		r = get_lane(o, m->uplink, m->lane, &l);
	if (r == 0 && l->last_seq < o->floor_seq)
		r = begin_lane(o, l, m);
	if (r == 0)
		r = put_row(o, l, l->last_seq + 1, m);
	if (r == 0)
		*ret_seq = l->last_seq;
	return r;
}

/* At most OUTBOX_PURGE_ROWS rows, however many numbers lie between them. */
static int purge_step(struct outbox *o, struct outbox_lane *l)
{
	sqlite3_stmt *find = o->statements[PURGE_STEP], *drop = o->statements[DROP_ROWS];
	int64_t found[2] = { 0 };
	uint64_t up_to;
	int r;

	sqlite3_bind_int64(find, 1, l->id);
	sqlite3_bind_int64(find, 2, (sqlite3_int64)l->purged_seq);
	sqlite3_bind_int64(find, 3, (sqlite3_int64)l->delivered_seq);
	sqlite3_bind_int64(find, 4, OUTBOX_PURGE_ROWS);
	r = ask(find, found);
	if (r < 0)
		return r;
	up_to = found[0] < OUTBOX_PURGE_ROWS ? l->delivered_seq : (uint64_t)found[1];
	sqlite3_bind_int64(drop, 1, l->id);
	sqlite3_bind_int64(drop, 2, (sqlite3_int64)l->purged_seq);
	sqlite3_bind_int64(drop, 3, (sqlite3_int64)up_to);
	r = database_run(drop);
	if (r == 0) {
		outbox_touch(o, l);
		l->purged_seq = up_to;
	}
	return r;
}

int outbox_deliver(struct outbox *o, const char *uplink, enum envelope_lane lane, uint64_t up_to_seq)
{
	struct outbox_lane *l = outbox_find(o, uplink, lane);
	int64_t sums[2] = { 0 };
	int r;

	if (!l || up_to_seq > l->last_seq)
		return -ERANGE;
	if (up_to_seq <= l->delivered_seq)
		return 0;
	r = sum_rows(o, l, up_to_seq, sums);
	if (r < 0)
		return r;
	outbox_touch(o, l);
	l->rows -= MIN((uint64_t)sums[0], l->rows);
	l->bytes -= MIN((uint64_t)sums[1], l->bytes);
	l->delivered_seq = up_to_seq;
	r = outbox_set_lane(o, l);
	if (r == 0)
		r = purge_step(o, l);
	return r == 0 ? outbox_find_oldest(o, l) : r;
}

int outbox_note_audited(struct outbox *o, struct outbox_lane *l, int64_t mono_us)
{
	outbox_touch(o, l);
	l->audited_seq = l->delivered_seq;
	l->audited_us = mono_us;
	return outbox_set_lane(o, l);
}

/* Nothing that waits can be had, and the receiver has all up to there. */
static int forget_rows(struct outbox *o, struct outbox_lane *l, uint64_t delivered_seq)
{
	outbox_touch(o, l);
	l->last_seq = l->delivered_seq = l->audited_seq = delivered_seq;
	l->rows = l->bytes = 0;
	l->oldest_us = 0;
	return outbox_set_lane(o, l);
}

int outbox_raise(struct outbox *o, const struct outbox_lane *known, struct clock_now now)
{
	struct outbox_skip lost = { .to = known->last_seq, .reason = "lost with a damaged file", .at = now };
	struct outbox_lane *l;
	int r = get_lane(o, known->uplink, known->lane, &l);

	if (r == 0 && known->delivered_seq > l->last_seq)
		r = forget_rows(o, l, known->delivered_seq);
	else if (r == 0)
		r = outbox_deliver(o, known->uplink, known->lane, known->delivered_seq);
	return r == 0 ? outbox_skip(o, l, &lost) : r;
}

int outbox_purge(struct outbox *o)
{
	for (size_t i = 0; i < o->lane_count; i++)
		if (o->lanes[i].purged_seq < o->lanes[i].delivered_seq)
			return purge_step(o, &o->lanes[i]);
	return 0;
}

bool outbox_can_purge(const struct outbox *o)
{
	for (size_t i = 0; i < o->lane_count; i++)
		if (o->lanes[i].purged_seq < o->lanes[i].delivered_seq)
			return true;
	return false;
}

/* ---- reading ---- */

bool outbox_has_next(struct outbox *o, const struct outbox_lane *l, uint64_t seq)
{
	sqlite3_stmt *s = o->statements[OLDEST_ROWS];
	bool found;

	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)seq);
	sqlite3_bind_int(s, 3, 1);
	found = database_row(s) > 0 && (uint64_t)sqlite3_column_int64(s, 4) == seq + 1 &&
		!str_equal((const char *)sqlite3_column_text(s, 5), "gap");
	database_reset(s);
	return found;
}

int outbox_mend(struct outbox *o, struct store_op *op)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->lane_count; i++) {
		outbox_touch(o, &o->lanes[i]);
		r = outbox_find_oldest(o, &o->lanes[i]);
		store_op_report(op, o->lanes[i].uplink, o->lanes[i].lane);
	}
	return r;
}

int outbox_read(struct outbox *o, const struct outbox_reader *reader)
{
	sqlite3_stmt *s = o->statements[READ_UPLINKS];
	int r;

	while ((r = database_row(s)) > 0)
		reader->uplink(reader->context, (const char *)sqlite3_column_text(s, 0));
	return r;
}

size_t outbox_salvage(const char *path, struct outbox_lane **ret_lanes)
{
	/* Only what every version has: the file may be of an older one. */
	static const char read[] = "SELECT lane.id, uplink.name, lane.name, last_seq, delivered_seq"
				   " FROM lane JOIN uplink ON uplink.id = lane.uplink ORDER BY lane.id";
	struct outbox found = { 0 };
	struct outbox_lane l;
	_cleanup_(damaged_closep) struct damaged *damaged = damaged_open(path, NULL);
	sqlite3_stmt *s = NULL;

	if (damaged && sqlite3_prepare_v2(damaged_handle(damaged), read, -1, &s, NULL) == SQLITE_OK)
		while (sqlite3_step(s) == SQLITE_ROW)
			if (read_lane(s, &l) == 0)
				*new_lane(&found) = l;
	sqlite3_finalize(s);
	*ret_lanes = found.lanes;
	return found.lane_count;
}
