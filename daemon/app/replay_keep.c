#include "app/replay_keep.h"

#include <errno.h>

#include "app/watch_keep.h"
#include "base/mem.h"
#include "store/restore.h"
#include "store/state.h"
#include "store/store_op.h"

/* The row of an open alarm: its last transition. */
struct row {
	struct alarm_transition last; /* that one */
	enum clock_quality clock;
};

struct replay_keep {
	struct map *rows; /* by the alarm's id, which the row owns and keeps */
	struct store_clock clocks[CLOCKMAP_ROWS_MAX];
	size_t clock_count;
};

struct replay_keep *replay_keep_new(void)
{
	struct replay_keep *k = MEM_NEW(struct replay_keep);

	k->rows = map_new();
	return k;
}

static void row_free(struct row *r)
{
	alarm_transition_fini(&r->last);
	free(r);
}

void replay_keep_free(struct replay_keep *k)
{
	struct row *r;

	if (!k)
		return;
	for (size_t position = 0; (r = map_next(k->rows, &position));)
		row_free(r);
	map_free(k->rows);
	free(k);
}

static void take_last(struct row *r, struct alarm_transition *t)
{
	char *id = steal(&r->last.alarm.id);

	alarm_transition_fini(&r->last);
	r->last = *t;
	*t = (struct alarm_transition){ 0 };
	if (id) { /* the map knows the row by this one */
		free(r->last.alarm.id);
		r->last.alarm.id = id;
	}
}

void replay_keep_transition(struct replay_keep *k, struct alarm_transition *t, enum clock_quality clock)
{
	struct row *r = map_find(k->rows, t->alarm.id);
	bool known = r;

	if (t->alarm.state == ALARM_NORMAL) {
		if (known)
			row_free(map_remove(k->rows, t->alarm.id));
		return;
	}
	if (!known)
		r = MEM_NEW(struct row);
	take_last(r, t);
	r->clock = clock;
	if (!known)
		map_put(k->rows, r->last.alarm.id, r);
}

void replay_keep_clock(struct replay_keep *k, const struct store_clock *row)
{
	if (k->clock_count == CLOCKMAP_ROWS_MAX) {
		k->clock_count--;
		memmove(k->clocks, k->clocks + 1, k->clock_count * sizeof(*k->clocks));
	}
	k->clocks[k->clock_count] = *row;
	k->clocks[k->clock_count++].who = NULL; /* lent, and no matter here */
}

/* ---- saving ---- */

static int apply(struct state *state, struct store_op *op)
{
	int r = state_begin(state);

	if (r < 0)
		return r;
	r = state_apply(state, op);
	if (r == 0)
		r = state_commit(state);
	if (r < 0)
		state_rollback(state);
	return r;
}

/* Takes op. */
static int apply_and_free(struct state *state, struct store_op *op)
{
	int r = apply(state, op);

	store_op_free(op);
	return r;
}

static int save_commit(struct state *state, const struct store_commit *c)
{
	struct store_op *op;
	int r = store_op_new_commit(c, &op);

	return r < 0 ? r : apply_and_free(state, op);
}

static int save_alarms(const struct replay_keep *k, struct state *state)
{
	const struct row *row;
	int r = 0;

	for (size_t position = 0; r == 0 && (row = map_next(k->rows, &position));)
		r = save_commit(state, &(struct store_commit){ .transitions = (struct alarm_transition *)&row->last,
							       .transition_count = 1,
							       .clock = row->clock });
	return r;
}

static int save_modes(const struct engine *from, struct state *state, const struct replay_keep_moment *m)
{
	const struct mode_book *modes = evaluator_modes(engine_evaluator((struct engine *)from));
	int r = 0;

	for (size_t i = 0; r == 0 && i < modes->count; i++)
		r = save_commit(state,
				&(struct store_commit){
					.modes = modes->all[i], .mode_count = 1, .now = m->now, .clock = m->clock });
	return r;
}

static int save_values(const struct engine *from, struct state *state, const struct replay_keep_moment *m)
{
	const struct point_table *t = engine_points(from);
	_cleanup_(freep) struct reading *values = mem_array(t->count, sizeof(*values));
	_cleanup_(freep) const char **names = mem_array(t->count, sizeof(*names));
	struct store_commit c = { .values = values, .value_names = names, .clock = m->clock };

	for (uint32_t i = 0; i < t->count; i++) {
		const struct point *p = &t->points[i];

		if (p->value.type == VALUE_NONE)
			continue;
		names[c.value_count] = p->name;
		values[c.value_count++] = (struct reading){ .point = i,
							    .quality = p->quality,
							    .test = p->test,
							    .value = p->value,
							    .at = { .mono_us = p->mono_us, .wall_us = p->at_us } };
	}
	return save_commit(state, &c);
}

static int save_delays(struct state *state, const struct replay_keep_moment *m)
{
	struct store_op *op = store_op_new_delays(m->delays, m->delay_count, m->now);

	op->clock = m->clock;
	return apply_and_free(state, op);
}

static int save(const struct replay_keep *k, const struct engine *from, struct state *state,
		const struct replay_keep_moment *m)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < k->clock_count; i++)
		r = apply_and_free(state, store_op_new_clock(&k->clocks[i]));
	if (r == 0)
		r = save_alarms(k, state);
	if (r == 0)
		r = save_modes(from, state, m);
	if (r == 0)
		r = save_values(from, state, m);
	return r == 0 ? save_delays(state, m) : r;
}

/* ---- loading: as at a start ---- */

struct target {
	struct engine *engine;
	struct watch *watch;
};

static void load_alarm(void *context, const struct alarm *a)
{
	evaluator_restore(engine_evaluator(((struct target *)context)->engine), a);
}

static void load_delay(void *context, const struct evaluator_delay *d)
{
	struct target *to = context;

	if (d->kind == EVALUATOR_SUPERVISED)
		watch_keep_restore(to->watch, d);
	else
		evaluator_restore_delay(engine_evaluator(to->engine), d);
}

static void load_mode(void *context, const struct mode *m)
{
	evaluator_restore_mode(engine_evaluator(((struct target *)context)->engine), m);
}

static void load_value(void *context, const char *point, const struct reading *r)
{
	engine_restore(((struct target *)context)->engine, point, r);
}

static int load(struct engine *to, struct state *state, const struct replay_keep_moment *m)
{
	_cleanup_(restore_freep) struct restore *restore = NULL;
	struct target target = { to, m->watch };
	struct clockmap_stamp now = { .boot = clock_boot_id(), .at = m->now, .quality = m->clock };
	int r = restore_new(state, &now, &restore);

	if (r < 0)
		return r;
	restore_play(restore, &(struct store_kept){ .context = &target,
						    .alarm = load_alarm,
						    .delay = load_delay,
						    .value = load_value,
						    .mode = load_mode });
	return 0;
}

int replay_keep_restart(struct replay_keep *k, struct engine *from, struct engine *to,
			const struct replay_keep_moment *moment, struct str_buf *problem)
{
	_cleanup_(state_closep) struct state *state = NULL;
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct state_setup setup = { .path = DATABASE_MEMORY, .estate = engine_conf(from)->estate.id };
	int r = state_open(&setup, &state, &what);

	if (r == 0)
		r = save(k, from, state, moment);
	if (r == 0)
		r = load(to, state, moment);
	if (r < 0)
		str_buf_printf(problem, "restart: what the store keeps cannot be saved and loaded: %s",
			       what.len ? str_buf_text(&what) : strerror(-r));
	return r;
}
