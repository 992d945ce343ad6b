#include "store/outbox.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/clock_table.h"
#include "upstream/mend.h"

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

enum {
	ADD_UPLINK,
	READ_UPLINKS,
	ADD_LANE,
	READ_LANES,
	SET_LANE,
	ADD_ROW,
	READ_ROWS,
	SUM_ROWS,
	FIRST_ROW,
	FIRST_SEQ,
	DROP_ROWS,
};

/* clang-format off */
static const char *const sql[OUTBOX_STATEMENTS] = {
	[ADD_UPLINK]   = "INSERT OR IGNORE INTO uplink (name) VALUES (?)",
	[READ_UPLINKS] = "SELECT name FROM uplink ORDER BY id",
	[ADD_LANE]     = "INSERT INTO lane (uplink, name, last_seq, delivered_seq)"
			 " VALUES ((SELECT id FROM uplink WHERE name = ?), ?, 0, 0)",
	[READ_LANES]   = "SELECT lane.id, uplink.name, lane.name, last_seq, delivered_seq"
			 " FROM lane JOIN uplink ON uplink.id = lane.uplink ORDER BY lane.id",
	[SET_LANE]     = "UPDATE lane SET last_seq = ?, delivered_seq = ? WHERE id = ?",
	[ADD_ROW]      = "INSERT INTO outbox (lane, seq, time, kind, bytes, payload, boot, mono, clock)"
			 " VALUES (?,?,?,?,?,?,?,?,?)",
	[READ_ROWS]    = "SELECT time, boot, mono, clock, seq, kind, payload FROM outbox"
			 " WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?",
	[SUM_ROWS]     = "SELECT coalesce(sum(bytes), 0) FROM outbox WHERE lane = ? AND seq > ? AND seq <= ?",
	[FIRST_ROW]    = "SELECT time, boot, mono, clock FROM outbox WHERE lane = ? AND seq > ? ORDER BY seq LIMIT 1",
	[FIRST_SEQ]    = "SELECT coalesce(min(seq), 0) FROM outbox WHERE lane = ?",
	[DROP_ROWS]    = "DELETE FROM outbox WHERE lane = ? AND seq > ? AND seq <= ?",
};
/* clang-format on */

/* Column of the only row. */
static int ask(sqlite3_stmt *s, int64_t *ret_number)
{
	int r = database_row(s);

	if (r > 0) {
		*ret_number = sqlite3_column_int64(s, 0);
		database_reset(s);
	}
	return r;
}

/* ---- lanes ---- */

struct outbox_lane *outbox_find(struct outbox *o, const char *uplink, enum envelope_lane lane)
{
	for (size_t i = 0; i < o->lane_count; i++)
		if (o->lanes[i].lane == lane && str_equal(o->lanes[i].uplink, uplink))
			return &o->lanes[i];
	return NULL;
}

static int sum_bytes(struct outbox *o, const struct outbox_lane *l, uint64_t up_to_seq, int64_t *ret_bytes)
{
	sqlite3_stmt *s = o->statements[SUM_ROWS];

	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->delivered_seq);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)up_to_seq);
	return ask(s, ret_bytes);
}

/* When a row was queued: columns time, boot, mono, clock. *ret_known: its clock's quality was noted. */
static struct clockmap_stamp read_stamp(sqlite3_stmt *s, bool *ret_known)
{
	const char *boot = (const char *)sqlite3_column_text(s, 1);

	return (struct clockmap_stamp){
		.boot = boot ? boot : "",
		.at = { .mono_us = clock_table_us(s, 2), .wall_us = clock_table_us(s, 0) },
		.quality = clock_table_quality(s, 3, ret_known),
	};
}

static int find_oldest(struct outbox *o, struct outbox_lane *l)
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
	stamp = read_stamp(s, &known);
	l->oldest_us = clockmap_mend(o->clock->map, &stamp).at.wall_us;
	database_reset(s);
	return r;
}

/* The counters that the lane's row does not have. */
static int count_lane(struct outbox *o, struct outbox_lane *l)
{
	sqlite3_stmt *s = o->statements[FIRST_SEQ];
	int64_t bytes = 0, first = 0;
	int r;

	sqlite3_bind_int64(s, 1, l->id);
	r = ask(s, &first);
	if (r >= 0)
		r = sum_bytes(o, l, l->last_seq, &bytes);
	if (r >= 0)
		r = find_oldest(o, l);
	l->bytes = (uint64_t)bytes;
	l->purged_seq = first > 0 ? (uint64_t)first - 1 : l->delivered_seq;
	return MIN(r, 0);
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
	l.delivered_seq = (uint64_t)sqlite3_column_int64(s, 4);
	*ret_lane = l;
	return 0;
}

static int read_lanes(struct outbox *o)
{
	sqlite3_stmt *s = o->statements[READ_LANES];
	int r;

	o->lane_count = 0;
	while ((r = database_row(s)) > 0)
		if (o->lane_count < OUTBOX_LANES_MAX && read_lane(s, &o->lanes[o->lane_count]) == 0)
			o->lane_count++;
	for (size_t i = 0; r == 0 && i < o->lane_count; i++)
		r = count_lane(o, &o->lanes[i]);
	return r;
}

int outbox_init(struct outbox *o, struct database *db, const struct outbox_clock *clock)
{
	int r = database_prepare(db, (struct database_sql){ sql, OUTBOX_STATEMENTS }, o->statements);

	o->clock = clock;
	return r == 0 ? read_lanes(o) : r;
}

void outbox_fini(struct outbox *o)
{
	database_finalize(o->statements, OUTBOX_STATEMENTS);
}

void outbox_begin(struct outbox *o)
{
	memcpy(o->before, o->lanes, o->lane_count * sizeof(*o->lanes));
	o->before_count = o->lane_count;
}

void outbox_rollback(struct outbox *o)
{
	memcpy(o->lanes, o->before, o->before_count * sizeof(*o->lanes));
	o->lane_count = o->before_count;
}

void outbox_fill(const struct outbox_lane *l, struct store_op_lane *ret_now)
{
	*ret_now = (struct store_op_lane){
		.pending = l->last_seq - l->delivered_seq,
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
	if (o->lane_count == OUTBOX_LANES_MAX)
		return -EUSERS;
	r = outbox_add_uplink(o, uplink);
	if (r < 0)
		return r;
	database_bind_text(s, 1, uplink);
	database_bind_text(s, 2, envelope_lane_name(lane));
	r = database_run(s);
	if (r < 0)
		return r;
	l = &o->lanes[o->lane_count++];
	*l = (struct outbox_lane){ .lane = lane, .id = sqlite3_last_insert_rowid(sqlite3_db_handle(s)) };
	memcpy(l->uplink, uplink, strlen(uplink) + 1);
	*ret_lane = l;
	return 0;
}

static int set_lane(struct outbox *o, const struct outbox_lane *l)
{
	sqlite3_stmt *s = o->statements[SET_LANE];

	sqlite3_bind_int64(s, 1, (sqlite3_int64)l->last_seq);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->delivered_seq);
	sqlite3_bind_int64(s, 3, l->id);
	return database_run(s);
}

int outbox_add(struct outbox *o, const struct store_op_message *m, uint64_t *ret_seq)
{
	sqlite3_stmt *s = o->statements[ADD_ROW];
	size_t bytes = strlen(m->payload);
	struct outbox_lane *l;
	int r = envelope_check(m->payload);

	if (r == 0)
		r = get_lane(o, m->uplink, m->lane, &l);
	if (r < 0)
		return r;
	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->last_seq + 1);
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
	if (l->last_seq == l->delivered_seq)
		l->oldest_us = m->time_us;
	l->last_seq++;
	l->bytes += bytes;
	*ret_seq = l->last_seq;
	return set_lane(o, l);
}

static int purge_step(struct outbox *o, struct outbox_lane *l)
{
	sqlite3_stmt *s = o->statements[DROP_ROWS];
	uint64_t up_to = MIN(l->delivered_seq, l->purged_seq + OUTBOX_PURGE_ROWS);
	int r;

	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->purged_seq);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)up_to);
	r = database_run(s);
	if (r == 0)
		l->purged_seq = up_to;
	return r;
}

int outbox_deliver(struct outbox *o, const char *uplink, enum envelope_lane lane, uint64_t up_to_seq)
{
	struct outbox_lane *l = outbox_find(o, uplink, lane);
	int64_t bytes = 0;
	int r;

	if (!l || up_to_seq > l->last_seq)
		return -ERANGE;
	if (up_to_seq <= l->delivered_seq)
		return 0;
	r = sum_bytes(o, l, up_to_seq, &bytes);
	if (r < 0)
		return r;
	l->bytes -= MIN((uint64_t)bytes, l->bytes);
	l->delivered_seq = up_to_seq;
	r = set_lane(o, l);
	if (r == 0)
		r = purge_step(o, l);
	if (r == 0)
		r = find_oldest(o, l);
	return MIN(r, 0);
}

int outbox_raise(struct outbox *o, const struct outbox_lane *known)
{
	struct outbox_lane *l;
	int r = get_lane(o, known->uplink, known->lane, &l);

	if (r < 0 || l->last_seq >= known->last_seq)
		return r;
	/* What was queued is lost with the file; what is given from here on must be new to the receiver. */
	l->last_seq = l->delivered_seq = l->purged_seq = known->last_seq;
	l->bytes = 0;
	l->oldest_us = 0;
	return set_lane(o, l);
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

static int render(const struct outbox *o, sqlite3_stmt *s, struct envelope *e, struct str_buf *to)
{
	bool known;
	struct clockmap_stamp stamp = read_stamp(s, &known), mended = clockmap_mend(o->clock->map, &stamp);
	struct clock_shifts shifts = clockmap_shifts(o->clock->map, &stamp);
	const char *payload = (const char *)sqlite3_column_text(s, 6);
	_cleanup_(freep) void *mended_payload = payload ? mend_payload(payload, &shifts) : NULL;
	char iso[CLOCK_ISO_MAX];

	e->seq = (uint64_t)sqlite3_column_int64(s, 4);
	e->time = clock_format_iso(mended.at.wall_us, iso);
	e->clock = known && mended.quality != CLOCK_SYNCHRONISED ? clock_quality_name(mended.quality) : NULL;
	e->kind = (const char *)sqlite3_column_text(s, 5);
	e->payload = mended_payload ? mended_payload : payload;
	return envelope_render(e, to);
}

/* Renders rows until a limit; the first one always goes. */
static int fetch_rows(const struct outbox *o, sqlite3_stmt *s, struct store_op *op, const char *estate)
{
	struct envelope e = { .estate = estate, .lane = op->lane };
	size_t bytes = 0;
	int r;

	while ((r = database_row(s)) > 0) {
		_cleanup_str_buf_ struct str_buf text = { 0 };

		/* Checked when it was queued: only a damaged page can bring this. The receiver sees the hole. */
		if (render(o, s, &e, &text) < 0)
			continue;
		bytes += text.len;
		if (op->batch_count && bytes > op->max_bytes)
			break;
		op->batch_last = e.seq;
		if (op->batch_count == 0)
			op->batch_first = op->batch_last;
		op->batch[op->batch_count++] = str_buf_take(&text);
	}
	database_reset(s);
	return MIN(r, 0);
}

int outbox_fetch(struct outbox *o, struct store_op *op, const char *estate)
{
	sqlite3_stmt *s = o->statements[READ_ROWS];
	struct outbox_lane *l = outbox_find(o, op->uplink, op->lane);

	op->batch_last = op->seq;
	if (!l || op->max_messages == 0)
		return 0;
	op->batch = mem_array(op->max_messages, sizeof(*op->batch));
	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)MAX(op->seq, l->delivered_seq));
	sqlite3_bind_int64(s, 3, (sqlite3_int64)op->max_messages);
	return fetch_rows(o, s, op, estate);
}

int outbox_mend(struct outbox *o, struct store_op *op)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < o->lane_count; i++) {
		r = find_oldest(o, &o->lanes[i]);
		store_op_report(op, o->lanes[i].uplink, o->lanes[i].lane);
	}
	return MIN(r, 0);
}

int outbox_read(struct outbox *o, const struct outbox_reader *reader)
{
	sqlite3_stmt *s = o->statements[READ_UPLINKS];
	int r;

	while ((r = database_row(s)) > 0)
		reader->uplink(reader->context, (const char *)sqlite3_column_text(s, 0));
	return r;
}

size_t outbox_salvage(const char *path, struct outbox_lane *ret_lanes)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *s = NULL;
	size_t count = 0;

	/* A connection of its own: the damaged file is never opened for writing again, but its WAL must be read. */
	if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(handle, sql[READ_LANES], -1, &s, NULL) == SQLITE_OK)
		while (count < OUTBOX_LANES_MAX && sqlite3_step(s) == SQLITE_ROW)
			if (read_lane(s, &ret_lanes[count]) == 0)
				count++;
	sqlite3_finalize(s);
	sqlite3_close(handle);
	return count;
}
