#include "store/ledger.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"

#define DELIVERIES_EVERY MINUTE /* a record of what is no alarm */
#define SWEEP_EVERY      MINUTE
#define DROP_CALM        (10 * MINUTE)

/* How far the wall clock of now can be trusted: as the newest row of its map says. */
static enum clock_quality quality_now(const struct state *s)
{
	const struct clockmap *map = &s->clocks.map;
	const struct clockmap_row *row = map->count ? &map->rows[map->count - 1] : NULL;

	return row && str_equal(row->boot, s->boot) ? row->quality : CLOCK_UNSET;
}

static struct audit_time when_of(const struct store_op *op)
{
	return (struct audit_time){ .at = op->now, .quality = op->clock };
}

int ledger_commit(struct state *s, const struct store_op *op)
{
	struct audit_time when = when_of(op);
	int r = 0;

	for (size_t i = 0; r == 0 && i < op->effects.count; i++)
		if (alarm_is_told(&op->effects.transitions[i]))
			r = audit_add_transition(&s->audit, &op->effects.transitions[i], op->clock);
	for (size_t i = 0; r == 0 && i < op->effects.mode_count; i++)
		r = audit_add_mode(&s->audit, &op->effects.modes[i], &when);
	for (size_t i = 0; r == 0 && i < op->audit_count; i++) {
		const struct store_op_audit *a = &op->audits[i];
		struct store_audit e = {
			.kind = a->kind, .who = a->who, .what = a->what, .why = a->why, .detail = a->detail
		};

		r = audit_add(&s->audit, &e, &when);
	}
	return r;
}

/* ---- the outbox ---- */

static int record_lane(struct state *s, const struct outbox_trim_drop *d, const char *kind,
		       const struct audit_time *when)
{
	_cleanup_str_buf_ struct str_buf what = { 0 }, detail = { 0 };
	struct store_audit e = { .kind = kind, .why = d->reason };

	str_buf_printf(&what, "%s/%s", d->lane->uplink, envelope_lane_name(d->lane->lane));
	str_buf_printf(&detail, "{\"from\":%" PRIu64 ",\"to\":%" PRIu64, d->from, d->to);
	if (d->rows)
		str_buf_printf(&detail, ",\"dropped\":%" PRIu64, d->rows);
	str_buf_add(&detail, "}");
	e.what = str_buf_text(&what);
	e.detail = str_buf_text(&detail);
	return audit_add(&s->audit, &e, when);
}

static int record_drop(struct state *s, const struct outbox_trim_drop *d, const struct audit_time *when)
{
	s->dropped_us = when->at.mono_us;
	d->lane->untold = true;
	if (d->rows == 0)
		return 0; /* what the gap records tell of was recorded when they were made */
	complain_as(&s->dropping, LOGID_OUTBOX_DROPS, LOG_ABOUT(.uplink = d->lane->uplink),
		    "outbox: uplink %s has not taken anything for too long: its oldest messages of lane %s are dropped "
		    "(%s), and a gap record tells the receiver so",
		    d->lane->uplink, envelope_lane_name(d->lane->lane), d->reason);
	return record_lane(s, d, "outbox", when);
}

int ledger_trim(struct state *s, struct store_op *op)
{
	struct audit_time when = { .at = clock_now(), .quality = quality_now(s) };
	size_t count = op->report_count;
	int r = 0;

	if (s->limits.bytes == 0)
		return 0;
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct outbox_trim_drop d;

		r = outbox_trim_bytes(&s->outbox, op->reports[i].uplink, &s->limits, &d);
		if (r < 0 || !d.lane)
			continue;
		store_op_report(op, d.lane->uplink, d.lane->lane);
		r = record_drop(s, &d, &when);
	}
	return r;
}

int ledger_delivered(struct state *s, const struct store_op *op)
{
	struct outbox_lane *l = outbox_find(&s->outbox, op->uplink, op->lane);
	struct audit_time when = when_of(op);
	struct outbox_trim_drop d;
	int r;

	if (!l || l->audited_seq >= l->delivered_seq)
		return 0;
	if (l->lane != ENVELOPE_ALARM && l->audited_us && op->now.mono_us - l->audited_us < DELIVERIES_EVERY)
		return 0;
	d = (struct outbox_trim_drop){ .lane = l, .from = l->audited_seq + 1, .to = l->delivered_seq };
	r = record_lane(s, &d, "delivery", &when);
	return r == 0 ? outbox_note_audited(&s->outbox, l, op->now.mono_us) : r;
}

int ledger_aside(struct state *s, struct store_op *op)
{
	struct store_aside aside = { .uplink = op->uplink, .lane = op->lane, .seq = op->seq, .reason = op->subject };
	struct audit_time when = when_of(op);
	struct outbox_trim_drop d;
	int r = outbox_trim_aside(&s->outbox, &aside, &d);

	if (r == -ERANGE)
		return 0; /* it was delivered or dropped meanwhile */
	if (r == 0)
		r = record_lane(s, &d, "outbox", &when);
	if (r == 0)
		store_op_report(op, op->uplink, op->lane);
	return r;
}

int ledger_clock(struct state *s, const struct store_op *op)
{
	struct audit_time when = when_of(op);
	_cleanup_str_buf_ struct str_buf detail = { 0 };
	struct store_audit e = { .kind = "clock", .who = op->who, .what = op->step_us ? "step" : "quality" };

	str_buf_printf(&detail, "{\"step_us\":%" PRId64 ",\"quality\":\"%s\"}", op->step_us,
		       clock_quality_name(op->clock));
	e.detail = str_buf_text(&detail);
	return audit_add(&s->audit, &e, &when);
}

/* ---- from time to time ---- */

bool ledger_due(const struct state *s, int64_t mono_us)
{
	return s->limits.bytes && (s->sweeping || mono_us - s->swept_us >= SWEEP_EVERY);
}

/* An uplink that is over its bytes though nothing is queued for it: the bound is a new one. */
static int sweep_bytes(struct state *s, const struct audit_time *when)
{
	struct outbox_trim_drop d = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && !d.lane && i < s->outbox.lane_count; i++)
		if (s->outbox.lanes[i].bytes)
			r = outbox_trim_bytes(&s->outbox, s->outbox.lanes[i].uplink, &s->limits, &d);
	if (r == 0 && d.lane)
		r = record_drop(s, &d, when);
	return r < 0 ? r : d.lane != NULL;
}

static int sweep_age(struct state *s, const struct audit_time *when)
{
	struct outbox_trim_clock now = { .at = when->at, .quality = when->quality };
	struct outbox_trim_drop d;
	int r = outbox_trim_age(&s->outbox, &now, &s->limits, &d);

	if (r == 0 && d.lane)
		r = record_drop(s, &d, when);
	return r < 0 ? r : d.lane != NULL;
}

int ledger_sweep(struct state *s, struct clock_now now)
{
	struct audit_time when = { .at = now, .quality = quality_now(s) };
	struct audit_limits limits = { .age_us = s->limits.audit_age_us, .rows = s->limits.audit_rows };
	int r = sweep_bytes(s, &when);

	if (r == 0)
		r = sweep_age(s, &when);
	if (r == 0)
		r = audit_prune(&s->audit, &limits, &when);
	if (r < 0)
		return r;
	s->sweeping = r > 0;
	s->swept_us = now.mono_us;
	return r;
}

void ledger_calm(struct state *s, int64_t mono_us)
{
	if (mono_us - s->dropped_us >= DROP_CALM)
		complain_resolved_as(&s->dropping, LOGID_OUTBOX_KEEPS, NULL,
				     "outbox: nothing has to be dropped any more");
}

/* The file is an older one than there was, or another: what it has given since nobody knows. No lane has ever given a number in each
 * microsecond since 1970. */
static int begin_lanes_anew(struct state *s, const struct audit_time *when)
{
	struct outbox_skip skip = { .to = (uint64_t)MAX(when->at.wall_us, clock_build_us()),
				    .reason = "lost with records of state.db",
				    .at = when->at,
				    .clock = when->quality };
	int r = outbox_set_floor(&s->outbox, MAX(skip.to, s->outbox.floor_seq));

	for (size_t i = 0; r == 0 && i < s->outbox.lane_count; i++)
		r = outbox_skip(&s->outbox, &s->outbox.lanes[i], &skip);
	return r;
}

int ledger_open(struct state *s)
{
	struct audit_time when = { .at = clock_now(), .quality = quality_now(s) };
	uint64_t n = s->audit.head.n;
	bool older = s->audit_file.kept.n > n;
	int r = audit_compare(&s->audit, &s->audit_file.kept, &when);

	if (r == 0 && older && !s->rescued)
		r = begin_lanes_anew(s, &when);
	if (r == 0 && s->audit.head.n > n && n > 0)
		log_event(LOGID_AUDIT_BROKEN, LOG_ABOUT(.file = s->audit_path),
			  "audit: the newest record of state.db is not the one that %s tells of: 'estatectl audit "
			  "verify' "
			  "says which are missing or changed",
			  s->audit_path);
	return r;
}
