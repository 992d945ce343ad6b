#include "app/standing.h"

#include <string.h>

#include "base/log.h"

#define STAMPS    20 /* what is left of the time to confirm is written down so often */
#define STAMP_MIN (5 * S)
#define STAMP_MAX (5 * MINUTE)
#define SAVE_MIN  (30 * S) /* another try to keep what could not be kept */

void standing_note(struct standing *st, int error)
{
	int64_t stamp_us = CLAMP(st->record.left_us / STAMPS, STAMP_MIN, STAMP_MAX);

	st->dirty = error < 0;
	st->stamp_us = clock_mono_us() + (error < 0 ? SAVE_MIN : stamp_us);
	if (error < 0)
		complain_as(&st->unkept, LOGID_CONF_UNKEPT, LOG_ABOUT(.file = st->state_dir),
			    "configuration: %s/config: %s: what is in force after the next start is not kept",
			    st->state_dir, strerror(-error));
	else
		complain_resolved_as(&st->unkept, LOGID_CONF_KEPT, LOG_ABOUT(.file = st->state_dir),
				     "configuration: %s/config can be written again", st->state_dir);
}

void standing_begin(struct standing *st, const char *state_dir, struct startconf *s)
{
	int error = 0;

	st->state_dir = state_dir;
	st->record = s->record;
	if (s->copy.len && st->record.state == KEEPER_FILES) {
		error = keeper_put_copy(state_dir, KEEPER_RUNNING, &s->copy);
		if (error < 0)
			st->unsaved = s->copy;
		else
			str_buf_fini(&s->copy);
		s->copy = (struct str_buf){ 0 };
	}
	if (st->record.state != KEEPER_TRIAL)
		keeper_drop_copy(state_dir, KEEPER_NEW);
	st->since_us = keeper_copied_us(state_dir, KEEPER_RUNNING);
	str_buf_fini(&s->copy);
	standing_note(st, error);
}

void standing_end(struct standing *st, int64_t left_us)
{
	if (st->record.state != KEEPER_TRIAL)
		return;
	st->record.in_order = true;
	keeper_stamp(&st->record, MAX(left_us, (int64_t)1));
	keeper_write(st->state_dir, &st->record);
}

void standing_fini(struct standing *st)
{
	str_buf_fini(&st->unsaved);
}

void standing_take(struct standing *st, struct str_buf *copy, int error)
{
	str_buf_fini(&st->unsaved);
	if (error < 0) {
		st->unsaved = *copy;
		*copy = (struct str_buf){ 0 };
	}
	st->since_us = clock_wall_us();
	standing_note(st, error);
}

bool standing_due(const struct standing *st, int64_t now_us)
{
	return (st->dirty || st->record.state == KEEPER_TRIAL) && now_us >= st->stamp_us;
}

void standing_draft(struct standing *st, int64_t left_us, struct keeper_record *ret_record, struct str_buf *ret_copy)
{
	*ret_record = st->record;
	*ret_copy = (struct str_buf){ 0 };
	if (st->unsaved.len)
		str_buf_add_len(ret_copy, st->unsaved.text, st->unsaved.len);
	if (st->record.state == KEEPER_TRIAL)
		keeper_stamp(ret_record, MAX(left_us, (int64_t)1));
	st->stamp_us = clock_mono_us() + SAVE_MIN;
}

void standing_status(const struct standing *st, int64_t left_us, struct status_config *ret_status)
{
	*ret_status = (struct status_config){
		.state = keeper_state_name(st->record.state),
		.since_us = st->record.state == KEEPER_FILES ? 0 : st->since_us,
		.left_us = st->record.state == KEEPER_TRIAL ? MAX(left_us, (int64_t)0) : 0,
		.cause = st->record.state == KEEPER_HELD ? keeper_cause_text(st->record.cause) : "",
	};
}
