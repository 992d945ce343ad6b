/* putback_state.c: the databases of a backup made ready: checked, upgraded to our schema, their numbers raised. */
#include "store/putback_inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/inspect.h"
#include "store/state.h"

#define LOOK_LIMIT (15 * MINUTE)

static char *path_in(const char *dir, const char *name)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s", dir, name);
	return str_buf_take(&path);
}

/* ---- check ---- */

static int check(const char *dir, size_t file, struct str_buf *why)
{
	const char *name = inspect_files[file];
	size_t known = inspect_schema(file);
	_cleanup_(freep) char *path = path_in(dir, name);
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct inspect_report report;
	int r = inspect_database(path, LOOK_LIMIT, &report, &what);

	if (r < 0) {
		str_buf_printf(why, "%s of the backup cannot be read: %s", name, strerror(-r));
		return r;
	}
	if (report.verdict != INSPECT_GOOD) {
		str_buf_printf(why, "%s of the backup is damaged: %s", name, str_buf_text(&what));
		return -EUCLEAN;
	}
	if (report.version > known) {
		str_buf_printf(why,
			       "%s of the backup is of a newer estated (schema version %zu, this one knows up to %zu): "
			       "install that one, or a newer one, then restore",
			       name, report.version, known);
		return -EPROTO;
	}
	return 0;
}

int putback_state_check(const char *dir, struct str_buf *why)
{
	_cleanup_(freep) char *history = path_in(dir, inspect_files[1]);
	int r = check(dir, 0, why);

	if (r == 0 && access(history, F_OK) == 0) /* none was ever kept */
		r = check(dir, 1, why);
	return r;
}

/* ---- rise ---- */

/* Where the lanes go on: behind all that can have been given. *present, what is there now, tells for certain; elsewhere, on
 * another box, the time does: no lane has ever given a number a microsecond. */
static uint64_t find_seq(const struct outbox *restored, const struct outbox *present, int64_t wall_us)
{
	uint64_t seq = (uint64_t)wall_us;

	for (size_t i = 0; i < restored->lane_count; i++)
		seq = MAX(seq, restored->lanes[i].last_seq + 1);
	for (size_t i = 0; i < present->lane_count; i++)
		seq = MAX(seq, present->lanes[i].last_seq + 1);
	return seq;
}

static int skip_lanes(struct state *s, const struct putback_rise *rise, const struct audit_time *when, uint64_t seq)
{
	_cleanup_str_buf_ struct str_buf reason = { 0 };
	struct outbox_skip skip = { .to = seq, .at = when->at, .clock = when->quality };
	int r = outbox_set_floor(&s->outbox, seq);

	str_buf_printf(&reason, "restored from a backup of %s", rise->origin->made);
	skip.reason = reason.text;
	for (size_t i = 0; r == 0 && i < s->outbox.lane_count; i++)
		r = outbox_skip(&s->outbox, &s->outbox.lanes[i], &skip);
	return r;
}

static json_t *head_json(const struct audit_head *head)
{
	return head->n ? json_pack("{s:I, s:s}", "n", (json_int_t)head->n, "hash", head->hash) : json_null();
}

/* What audit.head of the box tells: what was there until now. */
static struct audit_head present_head(const char *state_dir)
{
	_cleanup_(freep) char *path = path_in(state_dir, "audit.head");
	struct audit_head_file f = { .fd = -1, .kept = audit_head_none };

	if (access(path, F_OK) == 0) {
		audit_head_open(&f, path);
		audit_head_close(&f);
	}
	return f.kept;
}

static int record(struct state *s, const struct putback_rise *rise, const struct audit_time *when, uint64_t seq)
{
	const struct putback_origin *o = rise->origin;
	struct audit_head before = present_head(rise->state_dir);
	_cleanup_str_buf_ struct str_buf why = { 0 };
	json_t *detail = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:s}", "made", o->made, "host", o->host,
				   "version", o->version, "estate", o->estate, "backup", head_json(&s->audit.head),
				   "before", head_json(&before), "seq", (json_int_t)seq, "aside", rise->aside);
	_cleanup_(freep) char *text = detail ? json_dumps(detail, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	struct store_audit e = { .kind = "audit", .who = rise->who, .what = "restored", .detail = text };

	json_decref(detail);
	str_buf_printf(&why, "from a backup of %s: what was done since then is not in this record", o->made);
	e.why = why.text;
	return text ? audit_add(&s->audit, &e, when) : -EINVAL;
}

static int rise_in(struct state *s, const struct putback_rise *rise, const struct audit_time *when, uint64_t seq)
{
	int r = state_begin(s);

	if (r < 0)
		return r;
	r = skip_lanes(s, rise, when, seq);
	if (r == 0)
		r = record(s, rise, when, seq);
	if (r == 0)
		r = state_commit(s);
	if (r < 0)
		state_rollback(s);
	return r;
}

int putback_state_rise(const char *dir, const struct putback_rise *rise, uint64_t *ret_seq, struct str_buf *why)
{
	_cleanup_(freep) char *path = path_in(dir, "state.db"), *present_path = path_in(rise->state_dir, "state.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	_cleanup_(state_closep) struct state *s = NULL;
	struct state_setup setup = { .path = path, .estate = rise->origin->estate, .mend = STATE_MEND_NEVER };
	struct audit_time when = { .at = clock_now() };
	struct outbox present = { 0 };
	struct clock_sync sync;
	uint64_t seq = 0;
	int r;

	clock_sync_read(&sync);
	when.quality = clock_judge(&sync, when.at.wall_us, rise->origin->made_us);
	r = state_open(&setup, &s, &what);
	if (r == 0) {
		if (access(present_path, F_OK) == 0)
			present.lane_count = outbox_salvage(present_path, &present.lanes);
		seq = find_seq(&s->outbox, &present, when.at.wall_us);
		r = rise_in(s, rise, &when, seq);
		free(present.lanes);
	}
	if (r < 0) {
		str_buf_printf(why, "state.db of the backup cannot be made ready: %s",
			       what.len ? what.text : strerror(-r));
		return r;
	}
	state_witness(s, when.at.mono_us);
	*ret_seq = seq;
	return 0;
}
