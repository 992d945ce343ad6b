#include "store/outbox_trim.h"

#include <errno.h>
#include <inttypes.h>

#include "store/outbox_inside.h"

#define GAP_MAX 256 /* bytes of a gap record */

/* How many of the oldest rows are to go. */
struct cut {
	uint64_t to, rows, bytes; /* to: seq of the last one, 0: none */
	uint64_t gaps;            /* of the rows: gap records */
};

/* ---- which rows ---- */

static void bind_oldest(struct outbox *o, const struct outbox_lane *l)
{
	sqlite3_stmt *s = o->statements[OLDEST_ROWS];

	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->delivered_seq);
	sqlite3_bind_int(s, 3, OUTBOX_TRIM_ROWS);
}

static void add_row(sqlite3_stmt *s, struct cut *c)
{
	const char *kind = (const char *)sqlite3_column_text(s, 5);

	c->to = (uint64_t)sqlite3_column_int64(s, 4);
	c->rows++;
	c->bytes += (uint64_t)sqlite3_column_int64(s, 6);
	c->gaps += str_equal(kind, "gap");
}

/* A gap record that would only take its own place is none. Several of them become one: behind them there may be messages. */
static bool is_cut(const struct cut *c)
{
	return c->rows > c->gaps || c->gaps > 1;
}

/* So many that at least that many bytes are free. */
static int cut_bytes(struct outbox *o, const struct outbox_lane *l, uint64_t bytes, struct cut *ret_cut)
{
	sqlite3_stmt *s = o->statements[OLDEST_ROWS];
	int r = 1;

	*ret_cut = (struct cut){ 0 };
	bind_oldest(o, l);
	while ((ret_cut->bytes < bytes + GAP_MAX || !is_cut(ret_cut)) && (r = database_row(s)) > 0)
		add_row(s, ret_cut);
	if (r > 0)
		database_reset(s);
	return MIN(r, 0);
}

/* How long it has waited for certain: by the monotonic clock in the same boot, else by wall clocks that were right. */
static int64_t age_of(const struct outbox *o, sqlite3_stmt *s, const struct outbox_trim_clock *now)
{
	bool known;
	struct clockmap_stamp stamp = outbox_stamp(s, &known), mended;

	if (str_equal(stamp.boot, o->clock->boot))
		return now->at.mono_us - stamp.at.mono_us;
	mended = clockmap_mend(o->clock->map, &stamp);
	if (!known || mended.quality == CLOCK_UNSET || now->quality == CLOCK_UNSET)
		return 0;
	return now->at.wall_us - mended.at.wall_us;
}

static int cut_age(struct outbox *o, const struct outbox_lane *l, const struct outbox_trim_clock *now, int64_t age_us,
		   struct cut *ret_cut)
{
	sqlite3_stmt *s = o->statements[OLDEST_ROWS];
	int r;

	*ret_cut = (struct cut){ 0 };
	bind_oldest(o, l);
	while ((r = database_row(s)) > 0) {
		if (age_of(o, s, now) <= age_us) {
			database_reset(s);
			return 0;
		}
		add_row(s, ret_cut);
	}
	return r;
}

/* ---- and away ---- */

static int put_gap(struct outbox *o, const struct outbox_lane *l, const struct outbox_trim_drop *d, size_t *ret_bytes)
{
	sqlite3_stmt *s = o->statements[MAKE_GAP];
	_cleanup_str_buf_ struct str_buf payload = { 0 };

	str_buf_printf(&payload, "{\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"reason\":", d->from, d->to);
	str_buf_add_json(&payload, d->reason);
	str_buf_add(&payload, "}");
	sqlite3_bind_int64(s, 1, (sqlite3_int64)payload.len);
	database_bind_text(s, 2, payload.text);
	sqlite3_bind_int64(s, 3, l->id);
	sqlite3_bind_int64(s, 4, (sqlite3_int64)d->to);
	*ret_bytes = payload.len;
	return database_run(s);
}

static int drop_rows(struct outbox *o, const struct outbox_lane *l, uint64_t before)
{
	sqlite3_stmt *s = o->statements[DROP_ROWS];

	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)l->delivered_seq);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)before - 1);
	return database_run(s);
}

/* Everything up to c->to is lost to the receiver; what is delivered of it already is not. */
static int drop(struct outbox *o, struct outbox_lane *l, const struct cut *c, const char *reason,
		struct outbox_trim_drop *ret_drop)
{
	struct outbox_trim_drop d = {
		.lane = l, .from = l->delivered_seq + 1, .to = c->to, .rows = c->rows - c->gaps, .reason = reason
	};
	size_t gap_bytes;
	int r = drop_rows(o, l, c->to);

	if (r == 0)
		r = put_gap(o, l, &d, &gap_bytes);
	if (r < 0)
		return r;
	outbox_touch(o, l);
	l->rows -= MIN(c->rows - 1, l->rows);
	l->bytes = l->bytes - MIN(c->bytes, l->bytes) + gap_bytes;
	r = outbox_set_lane(o, l);
	if (r == 0)
		r = outbox_find_oldest(o, l);
	if (r == 0)
		*ret_drop = d;
	return r;
}

/* Where only gap records went nothing new is lost. */
static const char *reason_of(const struct cut *c, const char *bound)
{
	return c->rows > c->gaps ? bound : "several gaps that stood side by side";
}

int outbox_trim_bytes(struct outbox *o, const char *uplink, const struct store_limits *limits,
		      struct outbox_trim_drop *ret_drop)
{
	static const enum envelope_lane order[] = { ENVELOPE_DATA, ENVELOPE_ALARM };
	struct outbox_lane *lanes[ENVELOPE_LANES];
	uint64_t bytes = 0;
	struct cut c = { 0 };
	int r = 0;

	*ret_drop = (struct outbox_trim_drop){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		lanes[i] = outbox_find(o, uplink, order[i]);
		bytes += lanes[i] ? lanes[i]->bytes : 0;
	}
	if (bytes <= limits->bytes)
		return 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(order); i++) {
		if (lanes[i])
			r = cut_bytes(o, lanes[i], bytes - limits->bytes, &c);
		if (r == 0 && is_cut(&c))
			return drop(o, lanes[i], &c, reason_of(&c, "more than the outbox may hold"), ret_drop);
	}
	return r;
}

/* 1: its uplink has something of lane data that is no gap record; 0: not; -errno. */
static int has_data(struct outbox *o, const struct outbox_lane *alarms)
{
	const struct outbox_lane *data = outbox_find(o, alarms->uplink, ENVELOPE_DATA);
	struct cut c;
	int r;

	if (!data || data->rows == 0)
		return 0;
	r = cut_bytes(o, data, 1, &c);
	return r < 0 ? r : data->rows > 1 || is_cut(&c);
}

int outbox_trim_age(struct outbox *o, const struct outbox_trim_clock *now, const struct store_limits *limits,
		    struct outbox_trim_drop *ret_drop)
{
	int r = 0;

	*ret_drop = (struct outbox_trim_drop){ 0 };
	for (size_t i = 0; r == 0 && i < o->lane_count; i++) {
		struct outbox_lane *l = &o->lanes[i];
		struct cut c;

		if (l->rows == 0)
			continue;
		r = l->lane == ENVELOPE_ALARM ? has_data(o, l) : 0;
		if (r > 0) {
			r = 0;
			continue;
		}
		if (r == 0)
			r = cut_age(o, l, now, limits->age_us, &c);
		if (r == 0 && is_cut(&c))
			return drop(o, l, &c, reason_of(&c, "older than the outbox may hold"), ret_drop);
	}
	return r;
}

/* The payload's bytes; -ERANGE: no such row. */
static int row_bytes(struct outbox *o, const struct outbox_lane *l, uint64_t seq, uint64_t *ret_bytes)
{
	sqlite3_stmt *s = o->statements[SUM_ROWS];
	int r;

	sqlite3_bind_int64(s, 1, l->id);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)seq - 1);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)seq);
	r = database_row(s);
	if (r <= 0)
		return r < 0 ? r : -ERANGE;
	r = sqlite3_column_int(s, 0) == 1 ? 0 : -ERANGE;
	*ret_bytes = (uint64_t)sqlite3_column_int64(s, 1);
	database_reset(s);
	return r;
}

int outbox_trim_aside(struct outbox *o, const struct store_aside *aside, struct outbox_trim_drop *ret_drop)
{
	struct outbox_lane *l = outbox_find(o, aside->uplink, aside->lane);
	struct outbox_trim_drop d = {
		.lane = l, .from = aside->seq, .to = aside->seq, .rows = 1, .reason = aside->reason
	};
	uint64_t bytes;
	size_t gap_bytes;
	int r;

	*ret_drop = (struct outbox_trim_drop){ 0 };
	if (!l || aside->seq <= l->delivered_seq)
		return -ERANGE;
	r = row_bytes(o, l, aside->seq, &bytes);
	if (r == 0)
		r = put_gap(o, l, &d, &gap_bytes);
	if (r < 0)
		return r;
	outbox_touch(o, l);
	l->bytes = l->bytes - MIN(bytes, l->bytes) + gap_bytes;
	r = outbox_set_lane(o, l);
	if (r == 0)
		*ret_drop = d;
	return r;
}
