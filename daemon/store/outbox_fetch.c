/* outbox_fetch.c: what waits, as it leaves: rows as envelopes, their times mended. Store thread. */
#include "store/outbox_inside.h"

#include "base/clock.h"
#include "base/mem.h"
#include "upstream/mend.h"

static int render(const struct outbox *o, sqlite3_stmt *s, struct envelope *e, struct str_buf *to)
{
	bool known;
	struct clockmap_stamp stamp = outbox_stamp(s, &known), mended = clockmap_mend(o->clock->map, &stamp);
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
