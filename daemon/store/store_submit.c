#include "store/store_inside.h"

#include <errno.h>

#include "base/log.h"
#include "base/mem.h"

#define NUDGE_AFTER     (STORE_SAMPLES_MAX / 4) /* samples; without a nudge the store thread looks once a second */
#define FETCH_MAX       1000
#define FETCH_BYTES_MAX ((size_t)1024 * 1024)

int store_submit_op(struct store *s, struct store_op *op)
{
	int r = -ENOSPC;

	if (s->under_way < STORE_OPS_MAX && (s->bytes + op->bytes <= STORE_BYTES_MAX || s->under_way == 0))
		r = queue_push(s->ops, &op);
	if (r < 0) {
		store_op_free(op);
		return r;
	}
	s->under_way++;
	s->bytes += op->bytes;
	return 0;
}

int store_submit(struct store *s, const struct store_commit *c)
{
	struct store_op *op;
	int r = store_op_new_commit(c, &op);

	if (r < 0)
		return r;
	r = store_submit_op(s, op);
	for (size_t i = 0; r < 0 && i < c->message_count; i++) {
		struct store_view *v = store_view_get(s, c->messages[i].uplink, c->messages[i].lane);

		if (v)
			v->refused++;
	}
	return r;
}

int store_submit_delays(struct store *s, const struct evaluator_delay *delays, size_t count, struct clock_now now)
{
	struct store_op *op = store_op_new_delays(delays, count, now);

	op->clock = s->clock;
	return store_submit_op(s, op);
}

int store_submit_ladders(struct store *s, const struct store_ladder *ladders, size_t count, struct clock_now now)
{
	struct store_op *op = store_op_new_ladders(ladders, count, now);

	op->clock = s->clock;
	return store_submit_op(s, op);
}

/* The samples must know, in the order in which it happened; where their queue is full some of them are lost anyway. */
void store_submit_back(struct store *s, int64_t wall_us, int64_t step_us)
{
	struct recorder_item item = { .back_ms = (wall_us - step_us) / MS };

	if (step_us < 0 && item.back_ms > 0)
		queue_push(s->samples, &item);
}

int store_submit_clock(struct store *s, const struct store_clock *row)
{
	int r;

	s->clock = row->quality;
	r = store_submit_op(s, store_op_new_clock(row));
	if (r == 0)
		store_submit_back(s, row->at.wall_us, row->step_us);
	return r;
}

int store_submit_floor(struct store *s, int64_t wall_us)
{
	struct store_op *op = store_op_new(STORE_OP_FLOOR);

	op->now.wall_us = wall_us;
	return store_submit_op(s, op);
}

int store_submit_uplink(struct store *s, const char *instance)
{
	struct store_op *op;
	int r = store_op_new_lane(STORE_OP_UPLINK, instance, ENVELOPE_ALARM, &op);

	return r < 0 ? r : store_submit_op(s, op);
}

int store_submit_delivered(struct store *s, const char *uplink, enum envelope_lane lane, uint64_t up_to_seq)
{
	struct store_op *op;
	int r = store_op_new_lane(STORE_OP_DELIVERED, uplink, lane, &op);

	if (r < 0)
		return r;
	op->seq = up_to_seq;
	op->now = clock_now();
	op->clock = s->clock;
	return store_submit_op(s, op);
}

int store_submit_aside(struct store *s, const struct store_aside *aside)
{
	struct store_op *op;
	int r = store_op_new_lane(STORE_OP_ASIDE, aside->uplink, aside->lane, &op);

	if (r < 0)
		return r;
	op->seq = aside->seq;
	op->subject = mem_strdup(aside->reason);
	op->now = clock_now();
	op->clock = s->clock;
	return store_submit_op(s, op);
}

int store_submit_limits(struct store *s, const struct store_limits *limits)
{
	struct store_op *op = store_op_new(STORE_OP_LIMITS);

	op->limits = *limits;
	return store_submit_op(s, op);
}

int store_submit_audit(struct store *s, const struct store_audit_ask *ask)
{
	return store_submit_op(s, store_op_new_audit(ask));
}

int store_submit_fetch(struct store *s, const struct store_fetch *f)
{
	struct store_op *op;
	int r = store_op_new_lane(STORE_OP_FETCH, f->uplink, f->lane, &op);

	if (r < 0)
		return r;
	op->seq = f->after_seq;
	op->max_messages = MIN(f->max_messages, (size_t)FETCH_MAX);
	op->max_bytes = MIN(f->max_bytes, FETCH_BYTES_MAX);
	op->bytes += op->max_bytes; /* the room that its answer may take */
	return store_submit_op(s, op);
}

int store_submit_story(struct store *s, const char *alarm, size_t max, uint64_t token)
{
	return store_submit_op(s, store_op_new_story(alarm, max, token));
}

int store_submit_register(struct store *s, const struct store_register *change)
{
	struct store_op *op;
	int r = store_op_new_register(change, &op);

	if (r < 0)
		return r;
	op->clock = s->clock;
	return store_submit_op(s, op);
}

int store_submit_versions(struct store *s, const char *id, uint64_t token)
{
	return store_submit_op(s, store_op_new_versions(id, token));
}

int store_submit_stage(struct store *s, uint64_t token)
{
	struct store_op *op = store_op_new(STORE_OP_STAGE);

	op->token = token;
	return store_submit_op(s, op);
}

/* ---- history ---- */

/* The names go the samples' own way: no sample can be read with other names than those it was written with. */
static int push_names(struct store *s)
{
	struct recorder_item item = { .names = s->names };
	int r = s->names ? queue_push(s->samples, &item) : 0;

	if (r == 0)
		s->names = NULL;
	return r;
}

static struct history_sample sample_of(const struct reading *r)
{
	struct history_sample sample = {
		.ts_ms = r->at.wall_us / MS,
		.point = r->point,
		.type = (uint8_t)r->value.type,
		.quality = (uint8_t)r->quality,
		.test = r->test,
	};

	if (r->value.type == VALUE_NUMBER)
		sample.number = r->value.number;
	else if (r->value.type == VALUE_BOOL)
		sample.number = r->value.boolean;
	else if (r->value.type != VALUE_NONE)
		sample.text = mem_strdup(r->value.text);
	return sample;
}

int store_submit_history(struct store *s, const struct reading *r)
{
	struct recorder_item item = { 0 };
	int error = push_names(s);

	if (error == 0) {
		item.sample = sample_of(r);
		error = queue_push(s->samples, &item);
	}
	if (error < 0) {
		history_sample_fini(&item.sample);
		s->counters.history_dropped++;
		complain_as(&s->samples_full, LOGID_SAMPLES_DROPPED, LOG_ABOUT(.file = s->history_path),
			    "store: the queue of samples is full: they are dropped until the disk keeps up");
		return error;
	}
	if ((s->samples_full.open || s->samples_full.said_open) &&
	    queue_len(s->samples) < queue_capacity(s->samples) / 2)
		complain_resolved_as(&s->samples_full, LOGID_SAMPLES_KEPT, LOG_ABOUT(.file = s->history_path),
				     "store: all samples are kept again");
	if (++s->since_nudge >= NUDGE_AFTER) {
		s->since_nudge = 0;
		store_submit_op(s, store_op_new(STORE_OP_NUDGE)); /* a full queue wakes it too */
	}
	return 0;
}
