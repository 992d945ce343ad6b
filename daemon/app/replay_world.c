#include "app/replay_world.h"

#include <errno.h>
#include <stdio.h>

#include "alarm/windows.h"
#include "app/helped.h"
#include "app/live.h"
#include "app/replay_apply.h"
#include "app/replay_crier.h"
#include "app/replay_keep.h"
#include "app/replay_operator.h"
#include "app/timekeeper.h"
#include "app/watch_keep.h"
#include "base/mem.h"

#define ERA  ((int64_t)946684800 * S)    /* 2000: a recording's clock of before was never set */
#define LAST ((int64_t)253370764800 * S) /* 9999: later ones cannot be written */

struct replay_world {
	struct replay_world_setup setup;
	struct clock_now now; /* what clocks say */
	struct live live;     /* of the daemon: what supervision needs */
	struct timekeeper *keeper;
	struct replay_apply *apply;
	struct replay_keep *keep;
	struct windows_block windows;     /* as windowfile.c has it */
	struct replay_crier *crier;       /* NULL: there are no contacts */
	struct replay_operator *operator; /* NULL: nobody is there */
	int64_t watch_due_us;
	int64_t began_us; /* wall */
	bool begun;
	struct str_buf refusal;
	struct replay_out_summary counts;
};

/* ---- the clock ---- */

static struct clock_now read_now(void *context)
{
	const struct replay_world *w = context;

	return w->now;
}

static void read_sync(void *context, struct clock_sync *ret_sync)
{
	(void)context;
	*ret_sync = (struct clock_sync){ .known = true, .synchronised = true };
}

/* A recording is older than this program: its clock is believed, but where it was plainly never set. */
static enum clock_quality judge(const struct clock_sync *sync, int64_t wall_us, int64_t floor_us)
{
	(void)sync;
	(void)floor_us;
	return wall_us < ERA ? CLOCK_UNSET : CLOCK_SYNCHRONISED;
}

/* As clockwork.c does. */
static void learned(void *context, const struct timekeeper_news *n)
{
	struct replay_world *w = context;

	replay_keep_clock(w->keep, &(struct store_clock){ .at = n->at, .quality = n->quality, .step_us = n->step_us });
	engine_clock_known(w->live.engine, n->quality != CLOCK_UNSET);
	engine_clock_set(w->live.engine, &n->shifts);
	watch_clock(w->live.watch, n->quality == CLOCK_UNSET ? WATCH_DOWN : WATCH_UP);
}

static struct timekeeper *new_keeper(struct replay_world *w)
{
	return timekeeper_new(&(struct timekeeper_setup){
		.context = w, .now = read_now, .sync = read_sync, .learned = learned, .judge = judge });
}

/* ---- birth and death ---- */

struct replay_world *replay_world_new(const struct replay_world_setup *setup)
{
	struct replay_world *w = MEM_NEW(struct replay_world);

	w->setup = *setup;
	w->live.conf = (struct conf *)setup->conf; /* nobody changes it there */
	w->keep = replay_keep_new();
	w->apply = replay_apply_new(&w->live);
	w->crier = replay_crier_new(setup->conf, setup->out);
	w->operator= setup->attended ? replay_operator_new() : NULL;
	return w;
}

static void end_daemon(struct replay_world *w)
{
	timekeeper_free(w->keeper);
	watch_free(w->live.watch);
	engine_free(w->live.engine);
	w->keeper = NULL;
	w->live.watch = NULL;
	w->live.engine = NULL;
}

void replay_world_free(struct replay_world *w)
{
	if (!w)
		return;
	end_daemon(w);
	free(w->windows.bytes);
	alarm_effects_fini(&w->live.effects);
	replay_apply_free(w->apply);
	replay_crier_free(w->crier);
	replay_keep_free(w->keep);
	replay_operator_free(w->operator);
	str_buf_fini(&w->refusal);
	if (w->begun)
		clock_pretend(NULL);
	free(w);
}

/* ---- a happening ---- */

static struct replay_crier_moment moment_of(const struct replay_world *w)
{
	return (struct replay_crier_moment){ w->now, timekeeper_quality(w->keeper) != CLOCK_UNSET };
}

static void write_transition(const struct replay_world *w, const struct alarm_transition *t)
{
	json_t *people = t->alarm.active ? helped_json(w->live.engine, &t->alarm, w->now) : NULL;

	replay_out_transition(w->setup.out, t, people);
	json_decref(people);
}

/* Its effects go out. */
static void settle(struct replay_world *w)
{
	struct alarm_effects *effects = &w->live.effects;
	struct replay_crier_moment moment = moment_of(w);

	for (size_t i = 0; i < effects->count; i++) {
		struct alarm_transition *t = &effects->transitions[i];

		/* A word among those who work here; nothing about the alarm has changed. */
		if (t->input != ALARM_IN_COMMENT && alarm_is_told(t))
			write_transition(w, t);
		if (alarm_is_told(t))
			replay_crier_alarm(w->crier, &t->alarm, &moment);
		if (w->operator&& alarm_is_told(t))
			replay_operator_note(w->operator, t);
		replay_keep_transition(w->keep, t, timekeeper_quality(w->keeper));
	}
	if (alarm_effects_any(effects))
		alarm_effects_clear(effects);
}

static void find_watch_due(struct replay_world *w)
{
	w->watch_due_us = watch_due(w->live.watch);
}

/* One thing that is due now. */
static void do_one(struct replay_world *w)
{
	if (engine_due(w->live.engine) <= w->now.mono_us) {
		engine_tick(w->live.engine, w->now, &w->live.effects);
	} else if (w->watch_due_us <= w->now.mono_us) {
		watch_tick(w->live.watch, w->now);
		find_watch_due(w);
	} else if (replay_crier_due(w->crier) <= w->now.mono_us) {
		struct replay_crier_moment moment = moment_of(w);

		replay_crier_tick(w->crier, engine_evaluator(w->live.engine), &moment, &w->live.effects);
	} else {
		replay_operator_act(w->operator, w->live.engine, w->now, &w->live.effects);
	}
	settle(w);
}

static int64_t next_due(const struct replay_world *w)
{
	int64_t due_us = engine_due(w->live.engine);
	int64_t crier_us = replay_crier_due(w->crier);
	int64_t operator_us = w->operator? replay_operator_due(w->operator) : INT64_MAX;

	due_us = MIN(due_us, w->watch_due_us);
	due_us = MIN(due_us, crier_us);
	return MIN(due_us, operator_us);
}

static void pass(struct replay_world *w, int64_t mono_us)
{
	if (mono_us <= w->now.mono_us)
		return;
	w->now.wall_us += mono_us - w->now.mono_us;
	w->now.mono_us = mono_us;
}

static void advance(struct replay_world *w, int64_t mono_us)
{
	for (int64_t due_us; (due_us = next_due(w)) <= mono_us;) {
		pass(w, due_us);
		do_one(w);
	}
	pass(w, mono_us);
}

static void tell_presence(void *context, const struct care_presence *p)
{
	const struct replay_world *w = context;

	replay_out_presence(w->setup.out, p);
}

static int start_daemon(struct replay_world *w)
{
	struct engine_calls calls = { .context = w, .presence = tell_presence };
	int r = engine_new(w->setup.conf, &calls, &w->live.engine);

	if (r < 0)
		return r;
	engine_residents(w->live.engine, &w->setup.residents, w->now, &w->live.effects);
	w->live.watch = watch_new(&w->live);
	w->keeper = new_keeper(w);
	return 0;
}

/* As at the end of a start: what is known of the clock, then what the sources say. */
static void finish_start(struct replay_world *w)
{
	timekeeper_check(w->keeper);
	watch_end_strangers(w->live.watch);
	replay_apply_sources(w->apply);
	find_watch_due(w);
	settle(w);
}

/* What rules remember outlives the restart as it does live: in a block that is written as they go. */
static void place_windows(struct replay_world *w)
{
	struct evaluator *e = engine_evaluator(w->live.engine);
	_cleanup_(freep) void *before = w->windows.bytes;
	struct windows_counts counts;

	if (before)
		windows_recall(e, &w->windows, w->now.mono_us, &counts);
	w->windows = (struct windows_block){ .len = windows_bytes(e), .boot = "replay" };
	w->windows.bytes = w->windows.len ? mem_zalloc(w->windows.len) : NULL;
	windows_place(e, &w->windows, w->now.mono_us);
}

int replay_world_begin(struct replay_world *w, int64_t wall_us)
{
	int r;

	/* Where it can be, monotonic time is wall time: windows of expressions lie on its grid. */
	w->now = (struct clock_now){ .mono_us = MAX(wall_us, DAY), .wall_us = wall_us };
	w->began_us = wall_us;
	w->begun = true;
	clock_pretend(&w->now);
	r = start_daemon(w);
	if (r < 0)
		return r;
	place_windows(w);
	finish_start(w);
	advance(w, w->now.mono_us);
	return 0;
}

/* Blocks are kept with every change, so what counts is what they are now. */
static void carry_homes(struct replay_world *w, const struct engine *before)
{
	const struct care *from = engine_care(before);

	for (size_t i = 0; i < care_count(from); i++) {
		struct care_block block = care_block(from, i);

		engine_restore_home(w->live.engine, block.place, &block, 0);
	}
	engine_end_strange_homes(w->live.engine, w->now, &w->live.effects);
}

static int restart(struct replay_world *w, struct str_buf *problem)
{
	_cleanup_(engine_freep) struct engine *before = NULL;
	struct replay_crier_moment at;
	struct replay_keep_moment moment = { .now = w->now, .clock = timekeeper_quality(w->keeper) };
	int r;

	engine_tick(w->live.engine, w->now, &w->live.effects); /* as once a second: it was there until now */
	settle(w);
	before = steal(&w->live.engine);
	moment.delay_count = watch_keep_delays(w->live.watch, engine_evaluator(before), &moment.delays);
	end_daemon(w);
	r = start_daemon(w);
	moment.watch = w->live.watch;
	if (r == 0)
		r = replay_keep_restart(w->keep, before, w->live.engine, &moment, problem);
	free(moment.delays);
	if (r < 0)
		return r;
	carry_homes(w, before);
	place_windows(w);
	finish_start(w);
	replay_apply_values(w->apply, before, w->now);
	settle(w);
	at = moment_of(w);
	replay_crier_restart(w->crier, engine_evaluator(w->live.engine), &at);
	w->counts.restarts++;
	return 0;
}

static int step_clock(struct replay_world *w, int64_t step_us, struct str_buf *problem)
{
	int64_t wall_us = w->now.wall_us + step_us;

	if (wall_us < 0 || wall_us >= LAST) {
		str_buf_printf(problem, "clock_step: the clock would say a time out of 1970..9998");
		return -ERANGE;
	}
	w->now.wall_us = wall_us;
	timekeeper_stepped(w->keeper);
	find_watch_due(w);
	settle(w);
	engine_tick(w->live.engine, w->now, &w->live.effects);
	w->counts.steps++;
	return 0;
}

/* ---- lines ---- */

static int carry_out(struct replay_world *w, const struct replay_line *l, struct str_buf *problem)
{
	int r;

	switch (l->kind) {
	case REPLAY_LINE_FIELDS:
	case REPLAY_LINE_POINTS: replay_apply_message(w->apply, l, w->now); return 0;
	case REPLAY_LINE_QUALITY: replay_apply_quality(w->apply, l, w->now); break;
	case REPLAY_LINE_CLOCK_STEP: return step_clock(w, l->step_us, problem);
	case REPLAY_LINE_RESTART: return restart(w, problem);
	case REPLAY_LINE_COMMAND:
		w->counts.commands++;
		r = replay_apply_command(w->apply, &l->command, w->now, &w->refusal);
		w->counts.refused += r < 0;
		break;
	}
	return 0;
}

int replay_world_line(struct replay_world *w, const struct replay_line *l, struct str_buf *problem)
{
	int64_t ahead_us = l->at_us - w->now.wall_us;
	int r;

	str_buf_clear(&w->refusal);
	if (ahead_us < 0) {
		char before[CLOCK_ISO_MAX], now[CLOCK_ISO_MAX];

		str_buf_printf(problem,
			       "t = %s is before %s, which was reached: expected lines in order of time (a clock "
			       "that was set back is a clock_step)",
			       clock_format_iso(l->at_us, before), clock_format_iso(w->now.wall_us, now));
		return -ERANGE;
	}
	r = replay_apply_check(w->apply, l, problem);
	if (r < 0)
		return r;
	advance(w, w->now.mono_us + ahead_us);
	r = carry_out(w, l, problem);
	if (r < 0)
		return r;
	if (replay_apply_watched(w->apply))
		find_watch_due(w);
	settle(w);
	return 0;
}

void replay_world_until(struct replay_world *w, int64_t wall_us)
{
	advance(w, w->now.mono_us + (wall_us - w->now.wall_us));
}

int64_t replay_world_wall_us(const struct replay_world *w)
{
	return w->now.wall_us;
}

const char *replay_world_refusal(const struct replay_world *w)
{
	return str_buf_text(&w->refusal);
}

void replay_world_count(const struct replay_world *w, struct replay_out_summary *ret_summary)
{
	*ret_summary = w->counts;
	replay_apply_count(w->apply, ret_summary);
	ret_summary->from_us = w->began_us;
	ret_summary->to_us = w->now.wall_us;
	ret_summary->open = w->live.engine ? evaluator_open(engine_evaluator(w->live.engine)) : 0;
	ret_summary->rules = w->setup.conf->rules;
	ret_summary->rule_count = w->setup.conf->rule_count;
}
