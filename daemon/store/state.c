#include "store/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"

static const struct migration steps[] = {
	{ .parts = { alarm_table_schema_1, outbox_schema_1, kept_schema_1, "PRAGMA user_version = 1" } },
	{ .parts = { alarm_table_schema_2, outbox_schema_2, kept_schema_2, clock_table_schema_2,
		     "PRAGMA user_version = 2" } },
	{ .parts = { alarm_table_schema_3, mode_table_schema_3, "PRAGMA user_version = 3" } },
};

/* ---- open ---- */

static int init_tables(struct state *s)
{
	int r = alarm_table_init(&s->alarms, s->db);

	s->outbox_clock = (struct outbox_clock){ .boot = s->boot, .map = &s->clocks.map };
	if (r == 0)
		r = clock_table_init(&s->clocks, s->db);
	if (r == 0)
		r = outbox_init(&s->outbox, s->db, &s->outbox_clock);
	if (r == 0)
		r = kept_init(&s->kept, s->db);
	if (r == 0)
		r = mode_table_init(&s->modes, s->db);
	if (r == 0)
		r = alarm_table_last_id(&s->alarms, &s->transition_id);
	return r;
}

static int open_file(const struct state_setup *setup, struct state **ret_state, struct str_buf *what)
{
	_cleanup_(state_closep) struct state *s = MEM_NEW(struct state);
	struct database_setup database = {
		.path = setup->path,
		.sync = DATABASE_FULL,
		.check = DATABASE_CHECKED,
		.migrations = { steps, ARRAY_SIZE(steps) },
	};
	int r = database_open(&database, &s->db, what);

	if (r < 0)
		return r;
	s->estate = setup->estate;
	snprintf(s->boot, sizeof(s->boot), "%s", clock_boot_id());
	r = init_tables(s);
	/* After a failed fsync the pages in memory only look written. Whatever the WAL holds is written anew. */
	if (r == 0)
		r = database_checkpoint_whole(s->db);
	if (r < 0) {
		database_trouble(s->db, what);
		return r;
	}
	*ret_state = steal(&s);
	return 0;
}

static int raise_lanes(struct state *s, const struct state_marks *marks)
{
	int r = state_begin(s);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < marks->lane_count; i++)
		r = outbox_raise(&s->outbox, &marks->lanes[i]);
	if (r == 0)
		r = state_commit(s);
	if (r < 0)
		state_rollback(s);
	return r;
}

/* The file cannot be used: away with it, and on with an empty one whose lanes go on counting. */
static int replace_file(const struct state_setup *setup, struct state **ret_state, struct str_buf *what)
{
	_cleanup_(freep) void *memory = NULL;
	_cleanup_str_buf_ struct str_buf name = { 0 };
	const struct state_marks *marks = setup->marks;
	int r;

	if (!marks) {
		struct state_marks *salvaged = memory = MEM_NEW(struct state_marks);

		salvaged->lane_count = outbox_salvage(setup->path, salvaged->lanes);
		marks = salvaged;
	}
	r = database_set_aside(setup->path, clock_wall_us(), &name);
	if (r < 0) {
		str_buf_printf(what, "; it cannot be renamed: %s", strerror(-r));
		return r;
	}
	str_buf_printf(what, "; kept as %s, a new one is begun, the numbers of %zu outbox lanes go on", name.text,
		       marks->lane_count);
	r = open_file(setup, ret_state, what);
	return r == 0 ? raise_lanes(*ret_state, marks) : r;
}

int state_open(const struct state_setup *setup, struct state **ret_state, struct str_buf *what)
{
	struct state *s = NULL;
	int r = open_file(setup, &s, what);

	if (r == -EUCLEAN) {
		str_buf_add(what, ": damaged");
		r = replace_file(setup, &s, what);
	}
	if (r < 0) {
		state_close(s);
		return r;
	}
	*ret_state = s;
	return 0;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	alarm_table_fini(&s->alarms);
	outbox_fini(&s->outbox);
	kept_fini(&s->kept);
	mode_table_fini(&s->modes);
	clock_table_fini(&s->clocks);
	database_close(s->db);
	free(s);
}

/* ---- one transaction ---- */

int state_begin(struct state *s)
{
	int r = database_begin(s->db);

	if (r == 0) {
		outbox_begin(&s->outbox);
		clock_table_begin(&s->clocks);
		s->transition_id_before = s->transition_id;
	}
	return r;
}

int state_commit(struct state *s)
{
	return database_commit(s->db);
}

void state_rollback(struct state *s)
{
	database_rollback(s->db);
	outbox_rollback(&s->outbox);
	clock_table_rollback(&s->clocks);
	s->transition_id = s->transition_id_before;
}

static int apply_messages(struct state *s, struct store_op *op)
{
	for (size_t i = 0; i < op->message_count; i++) {
		const struct store_op_message *m = &op->messages[i];
		struct store_op_report *report;
		uint64_t seq;
		int r = outbox_add(&s->outbox, m, &seq);

		/* That one uplink gets nothing; the alarm itself, and all others, must not be lost for it. */
		if (r == -EUSERS) {
			complain(&s->no_lane, "store: nothing is queued for uplink %s: there were %d lanes before it",
				 m->uplink, OUTBOX_LANES_MAX);
			continue;
		}
		if (r < 0)
			return r;
		report = store_op_report(op, m->uplink, m->lane);
		if (!report->first_seq)
			report->first_seq = seq;
		report->last_seq = seq;
	}
	return 0;
}

static int apply_commit(struct state *s, struct store_op *op)
{
	struct alarm_table_clock clock = { .boot = s->boot, .quality = op->clock };
	struct kept_clock value_clock = { .boot = s->boot, .quality = op->clock };
	int r = 0;

	for (size_t i = 0; r == 0 && i < op->effects.count; i++) {
		r = alarm_table_add(&s->alarms, &op->effects.transitions[i], &clock);
		s->transition_id++;
	}
	for (size_t i = 0; r == 0 && i < op->effects.mode_count; i++)
		r = mode_table_put(&s->modes, &op->effects.modes[i], op->now, &clock);
	if (r == 0)
		r = apply_messages(s, op);
	for (size_t i = 0; r == 0 && i < op->value_count; i++)
		r = kept_put_value(&s->kept, &op->values[i], &value_clock);
	return r;
}

static int apply_delays(struct state *s, struct store_op *op)
{
	_cleanup_(freep) struct evaluator_delay *delays = store_op_delays(op);
	struct kept_delays d = {
		.delays = delays,
		.count = op->delay_count,
		.now = op->now,
		.clock = { .boot = s->boot, .quality = op->clock },
	};

	return kept_put_delays(&s->kept, &d);
}

static int apply_delivered(struct state *s, struct store_op *op)
{
	int r = outbox_deliver(&s->outbox, op->uplink, op->lane, op->seq);

	if (r == 0)
		store_op_report(op, op->uplink, op->lane);
	return r;
}

static int apply_clock(struct state *s, struct store_op *op)
{
	struct clockmap_row row = { .at = op->now, .quality = op->clock, .step_us = op->step_us };
	int r;

	snprintf(row.boot, sizeof(row.boot), "%s", s->boot);
	r = clock_table_add(&s->clocks, &row, op->who);
	if (r == 0 && row.quality != CLOCK_UNSET)
		r = clock_table_set_floor(&s->clocks, row.at.wall_us, s->transition_id);
	return r == 0 ? outbox_mend(&s->outbox, op) : r;
}

int state_apply(struct state *s, struct store_op *op)
{
	store_op_forget(op);
	switch (op->kind) {
	case STORE_OP_COMMIT: return apply_commit(s, op);
	case STORE_OP_DELAYS: return apply_delays(s, op);
	case STORE_OP_UPLINK: return outbox_add_uplink(&s->outbox, op->uplink);
	case STORE_OP_DELIVERED: return apply_delivered(s, op);
	case STORE_OP_CLOCK: return apply_clock(s, op);
	case STORE_OP_FLOOR: return clock_table_set_floor(&s->clocks, op->now.wall_us, s->transition_id);
	case STORE_OP_FETCH:
	case STORE_OP_STORY:
	case STORE_OP_NUDGE:
	case STORE_OP_FAULT: break;
	}
	return 0;
}

/* A transaction of the store's own. */
static int run_alone(struct state *s, int (*work)(struct state *s))
{
	int r = state_begin(s);

	if (r < 0)
		return r;
	r = work(s);
	if (r == 0)
		r = state_commit(s);
	if (r < 0)
		state_rollback(s);
	return r;
}

static int prove(struct state *s)
{
	return kept_prove(&s->kept, clock_wall_us());
}

int state_prove(struct state *s)
{
	return run_alone(s, prove);
}

static int purge(struct state *s)
{
	return outbox_purge(&s->outbox);
}

int state_purge(struct state *s)
{
	int r = outbox_can_purge(&s->outbox) ? run_alone(s, purge) : 0;

	return r < 0 ? r : outbox_can_purge(&s->outbox);
}

/* ---- reading, and how far it has come ---- */

int state_fetch(struct state *s, struct store_op *op)
{
	if (op->kind == STORE_OP_STORY)
		return alarm_table_story(&s->alarms, op, &s->clocks.map);
	return outbox_fetch(&s->outbox, op, s->estate);
}

void state_report(struct state *s, struct store_op *op)
{
	for (size_t i = 0; i < op->report_count; i++) {
		struct store_op_report *report = &op->reports[i];
		const struct outbox_lane *l = outbox_find(&s->outbox, report->uplink, report->lane);

		if (l)
			outbox_fill(l, &report->now);
	}
}

void state_mark(const struct state *s, struct state_marks *ret_marks)
{
	ret_marks->transition_id = s->transition_id;
	ret_marks->lane_count = s->outbox.lane_count;
	memcpy(ret_marks->lanes, s->outbox.lanes, s->outbox.lane_count * sizeof(*ret_marks->lanes));
}

bool state_is_past(struct state *s, const struct state_marks *marks)
{
	if (s->transition_id > marks->transition_id)
		return true;
	for (size_t i = 0; i < s->outbox.lane_count; i++) {
		const struct outbox_lane *l = &s->outbox.lanes[i];
		uint64_t known = 0;

		for (size_t j = 0; j < marks->lane_count; j++)
			if (marks->lanes[j].lane == l->lane && str_equal(marks->lanes[j].uplink, l->uplink))
				known = marks->lanes[j].last_seq;
		if (l->last_seq > known)
			return true;
	}
	return false;
}
