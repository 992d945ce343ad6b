#include "alarm/watcher.h"

#include "alarm/desk.h"
#include "alarm/inhibit.h"
#include "alarm/watcher_hide.h"
#include "alarm/watcher_say.h"
#include "base/mem.h"
#include "base/str.h"

#define BELIEVED_MAX (366 * DAY)

enum occurrence { OCCURRENCE_CONDITION, OCCURRENCE_EVENT };

void watcher_free(struct watcher *w)
{
	if (!w)
		return;
	if (w->told) {
		free(w->told->asset);
		free(w->told->place);
		free(w->told->why_zh);
		free(w->told->why_en);
		free(w->told->device);
	}
	free(w->told);
	free(w->times_us);
	free(w->merged);
	free(w->id);
	entrapment_free(w->entrapment);
	expr_binding_free(w->binding);
	expr_binding_free(w->excuse);
	expr_binding_free(w->mirror);
	free(w);
}

void watcher_groups_free(struct map *groups)
{
	struct watcher_group *g;

	for (size_t position = 0; (g = map_next(groups, &position));) {
		free(g->key);
		free(g);
	}
	map_free(groups);
}

/* ---- transitions ---- */

int watcher_priority(const struct watcher *w, int64_t now_us)
{
	int priority = w->told && w->told->priority ? w->told->priority : w->rule->priority;

	for (size_t i = 0; i < w->rule->rise_count && w->opened_us != WATCHER_NEVER; i++)
		if (now_us - w->opened_us >= w->rule->rises[i].after_us)
			priority = MIN(priority, w->rule->rises[i].priority);
	return w->rose_to ? MIN(priority, w->rose_to) : priority;
}

static bool in_test(const struct watcher_world *world, const struct watcher *w)
{
	for (size_t i = 0; i < w->input_count; i++)
		if (world->table->points[w->inputs[i]].test)
			return true;
	return watcher_hide_in_test(world, w);
}

void watcher_count(struct watcher *w)
{
	bool open = w->alarm->state != ALARM_NORMAL;

	if (w->group && open != w->in_group)
		w->group->open += open ? 1 : (size_t)-1;
	w->in_group = open;
}

void watcher_tell(struct watcher *w, enum alarm_state from, const struct watcher_word *word,
		  const struct watcher_turn *turn)
{
	struct alarm *a = w->alarm;
	struct alarm_transition t = { .from = from, .input = word->input, .at = turn->now };

	a->changed_us = turn->now.wall_us;
	t.alarm = *a; /* lent: the list takes its own copies */
	t.who = (char *)word->who;
	t.note = (char *)word->note;
	alarm_effects_add(turn->out, &t);
	watcher_count(w);
}

struct alarm *watcher_alarm(struct watcher_world *world, struct watcher *w)
{
	const char *asset = w->device ? w->device->id : w->told->asset;
	const char *place = w->device ? w->device->place : w->told->place;
	struct alarm a = { .state = ALARM_NORMAL };

	if (w->alarm)
		return w->alarm;
	a.id = mem_strdup(w->id);
	a.rule = mem_strdup(w->rule->id);
	a.asset = mem_strdup(asset);
	a.place = mem_strdup(place ? place : "");
	a.priority = watcher_priority(w, world->mono_us);
	a.life_safety = watcher_protects_life(w);
	a.latch = watcher_latches(w);
	return w->alarm = book_put(&world->book, &a);
}

void watcher_renew(struct watcher_world *world, struct watcher *w, int64_t now_us)
{
	struct alarm *a = w->alarm;

	a->priority = watcher_priority(w, now_us);
	a->stage = w->told ? w->told->stage : 0;
	a->life_safety = watcher_protects_life(w);
	a->latch = watcher_latches(w);
	free(steal(&a->ack_by));
	free(steal(&a->ack_note));
	a->acked_us = 0;
	watcher_say(world, w, now_us);
}

/* Nobody is told, but it counts: not even a kill forgets that. */
static void keep(struct watcher *w, const struct watcher_turn *turn)
{
	static const struct watcher_word repeat = { .input = ALARM_IN_REPEAT };

	watcher_tell(w, w->alarm->state, &repeat, turn);
}

/* Sets what the input says anew, and moves. */
static void announce(struct watcher_world *world, struct watcher *w, enum alarm_input input,
		     const struct watcher_turn *turn)
{
	struct watcher_word word = { .input = input };
	struct alarm *a = w->alarm;
	enum alarm_state from = a->state;
	int r;

	watcher_renew(world, w, turn->now.mono_us);
	watcher_hide_mark(world, w);
	r = alarm_move(a, input);
	if (r < 0)
		return; /* nothing is open that could rise */
	if (r == 1 && alarm_hidden(a)) {
		world->delay_version++; /* nobody is told; that it holds is kept with the delays */
		keep(w, turn);
		return;
	}
	watcher_hide_tidy(a);
	w->told_us = turn->now.mono_us;
	world->delay_version += w->reads_events;
	watcher_tell(w, from, &word, turn);
}

/* A press while the alarm is ringing anyway; a real one after a test one is none of these. */
static bool merges(const struct watcher *w, bool test, int64_t now_us)
{
	return w->alarm->state == ALARM_UNACKED && w->told_us != WATCHER_NEVER &&
	       now_us - w->told_us < WATCHER_MERGE_US && w->alarm->test <= test;
}

static void raise_alarm(struct watcher_world *world, struct watcher *w, enum occurrence what,
			const struct watcher_turn *turn)
{
	struct alarm *a = watcher_alarm(world, w);
	bool test = in_test(world, w);

	if (a->state == ALARM_NORMAL) {
		a->since_us = turn->now.wall_us;
		a->count = 0;
		a->stage = 0;
		a->active = false;
		a->first_out = w->group && w->group->open == 0;
		w->rose_to = 0;
		a->arrived_us = 0;
		alarm_set_text(&a->arrived_by, NULL);
		alarm_set_text(&a->outcome, NULL);
	}
	if (a->count == 0) { /* also on a shelf that was there before it */
		w->opened_us = turn->now.mono_us;
		world->delay_version += w->rule->rise_count > 0;
	}
	a->count += a->count < UINT32_MAX;
	if (what == OCCURRENCE_EVENT && merges(w, test, turn->now.mono_us)) {
		keep(w, turn);
		return;
	}
	a->test = test && (a->state == ALARM_NORMAL || a->test);
	if (what == OCCURRENCE_CONDITION)
		a->active = true;
	else if (!a->active)
		w->since_us = turn->now.mono_us;
	if (test)
		watcher_hide_proven(world, w, NULL, turn);
	announce(world, w, ALARM_IN_RAISED, turn);
	inhibit_changed(world, w, turn);
}

/* In the home, and nobody outside was told of anything since it was normal. */
static bool only_asked(const struct alarm *a)
{
	return a->stage == 1 && a->count <= 1 && !alarm_hidden(a);
}

static void return_alarm(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	struct watcher_word returned = { .input = ALARM_IN_RETURNED };
	struct alarm *a = w->alarm;
	enum alarm_state from;

	if (!a || !a->active)
		return;
	from = a->state;
	a->active = false;
	if (w->told && w->told->withdrawn && only_asked(a))
		returned.input = ALARM_IN_WITHDRAW;
	if (alarm_move(a, returned.input) == 0) {
		watcher_hide_tidy(a);
		watcher_tell(w, from, &returned, turn);
	} else {
		world->delay_version++;
		keep(w, turn);
	}
	inhibit_changed(world, w, turn);
}

void watcher_realarm(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	if (w->alarm && w->alarm->active)
		announce(world, w, ALARM_IN_RAISED, turn);
}

void watcher_retell(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	struct alarm *a = w->alarm;
	_cleanup_(freep) char *before = NULL;

	if (!a || a->state == ALARM_NORMAL || alarm_hidden(a))
		return;
	before = mem_strdup(a->text_zh);
	watcher_say_again(world, w, turn->now.mono_us);
	if (!str_equal(before, a->text_zh))
		watcher_tell(
			w, a->state,
			&(struct watcher_word){ .input = a->state == ALARM_UNACKED ? ALARM_IN_RISE : ALARM_IN_REPEAT },
			turn);
}

void watcher_again(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	raise_alarm(world, w, OCCURRENCE_CONDITION, turn);
}

void watcher_rise(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	announce(world, w, ALARM_IN_RISE, turn);
}

/* ---- the condition ---- */

/* n in t: true when this occurrence makes the number full. */
static bool often_enough(struct watcher_world *world, struct watcher *w, int64_t now_us)
{
	int64_t oldest_us;

	if (!w->times_us)
		return true;
	world->delay_version++;
	w->times_us[w->times_next] = now_us;
	w->times_next = (w->times_next + 1) % w->rule->times;
	oldest_us = w->times_us[w->times_next];
	return oldest_us != WATCHER_NEVER && (w->rule->within_us <= 0 || now_us - oldest_us <= w->rule->within_us);
}

/* What holds of one of two conditions: its word, or where it is unknown, that it was over when last heard of. */
static bool is_over(enum expr_result now, enum expr_result *last)
{
	if (now != EXPR_UNKNOWN)
		*last = now;
	return *last == EXPR_FALSE;
}

/* The condition; the word of each of two is remembered. */
static enum expr_result look(struct watcher *w, uint32_t fired, int64_t now_us)
{
	struct expr_moment m = { .event_point = fired,
				 .margin = w->active ? w->rule->hysteresis : 0,
				 .now_us = now_us };
	enum expr_result when, condition;
	bool over;

	if (w->told && w->told->unknown)
		return EXPR_UNKNOWN;
	if (w->told)
		return w->told->active ? EXPR_TRUE : EXPR_FALSE;
	when = w->binding ? expr_evaluate(w->binding, &m) : EXPR_FALSE;
	if (!w->entrapment)
		return when;
	condition = entrapment_result(w->entrapment);
	over = is_over(when, &w->said_when);
	over &= is_over(condition, &w->said_condition);
	if (when == EXPR_TRUE || condition == EXPR_TRUE)
		return EXPR_TRUE;
	return over && (when != EXPR_UNKNOWN || condition != EXPR_UNKNOWN) ? EXPR_FALSE : EXPR_UNKNOWN;
}

/* How long what was observed has to last. The built-in condition has waited already. */
static int64_t wait_of(const struct watcher *w)
{
	if (w->active)
		return w->rule->off_for_us;
	if (w->told && w->told->for_us > 0)
		return MIN(w->told->for_us, w->rule->for_us);
	return w->entrapment && entrapment_result(w->entrapment) == EXPR_TRUE ? 0 : w->rule->for_us;
}

/* How long an alarm of before the restart has been there, for its text. Either wall time may be of an unset clock. */
static int64_t age_of(const struct alarm *a, int64_t wall_us)
{
	int64_t age_us = wall_us - a->since_us;

	return age_us >= 0 && age_us <= BELIEVED_MAX ? age_us : 0;
}

/* The first decided result after a restart. */
static void settle(struct watcher *w, struct clock_now now)
{
	if (!w->pending)
		return;
	w->pending = false;
	w->hold.since_us = MIN(w->hold.since_us, now.mono_us);
	if (!w->acked_known)
		w->acked_us = now.mono_us;
	if (w->alarm)
		w->since_us = now.mono_us - age_of(w->alarm, now.wall_us);
	if (w->alarm && w->alarm->state != ALARM_NORMAL && w->opened_us == WATCHER_NEVER)
		w->opened_us = w->since_us;
}

static void decided(struct watcher_world *world, struct watcher *w, bool condition, const struct watcher_turn *turn)
{
	int64_t wait_us = wait_of(w), since_us;

	settle(w, turn->now);
	since_us = w->hold.state == HOLD_WAITING ? hold_since(&w->hold, turn->now.mono_us) : turn->now.mono_us;
	if (!hold_feed(&w->hold, condition != w->active, wait_us, turn->now.mono_us))
		return;
	w->hold = (struct hold){ .state = HOLD_IDLE };
	w->active = condition;
	world->delay_version += w->times_us != NULL;
	if (!condition) {
		return_alarm(world, w, turn);
		return;
	}
	w->since_us = since_us;
	if (often_enough(world, w, turn->now.mono_us))
		raise_alarm(world, w, OCCURRENCE_CONDITION, turn);
}

bool watcher_realarm_runs(const struct watcher *w)
{
	return w->rule->realarm_us > 0 && w->alarm && w->alarm->state == ALARM_ACKED && w->alarm->active;
}

bool watcher_holds_unsaid(const struct watcher *w)
{
	if (w->alarm && w->alarm->active)
		return alarm_hidden(w->alarm);
	return w->times_us && w->active;
}

int64_t watcher_merge_due(const struct watcher *w)
{
	bool rings = w->reads_events && w->alarm && w->alarm->state == ALARM_UNACKED && w->told_us != WATCHER_NEVER;

	return rings ? w->told_us + WATCHER_MERGE_US : INT64_MIN;
}

bool watcher_rise_counts(const struct watcher *w)
{
	const struct alarm *a = w->alarm;

	if (!a || w->opened_us == WATCHER_NEVER)
		return false;
	return a->state == ALARM_UNACKED || (a->state == ALARM_ACKED && a->active && !w->pending);
}

/* When it rises next; INT64_MAX: it does not. */
static int64_t rise_due(const struct watcher *w)
{
	int64_t due_us = INT64_MAX;

	if (!watcher_rise_counts(w))
		return INT64_MAX;
	for (size_t i = 0; i < w->rule->rise_count; i++)
		if (w->rule->rises[i].priority < w->alarm->priority)
			due_us = MIN(due_us, w->opened_us + w->rule->rises[i].after_us);
	return due_us;
}

/* Also while it is out of the way, or over: it may come back. */
bool watcher_rise_runs(const struct watcher *w)
{
	return w->rule->rise_count && w->alarm && w->alarm->state != ALARM_NORMAL && w->opened_us != WATCHER_NEVER;
}

static int64_t realarm_due(const struct watcher *w)
{
	return watcher_realarm_runs(w) && !w->pending ? w->acked_us + w->rule->realarm_us : INT64_MAX;
}

bool watcher_time_counts(const struct watcher *w, size_t i, int64_t now_us)
{
	int64_t at_us = w->times_us[i];

	return at_us != WATCHER_NEVER && (w->rule->within_us <= 0 || now_us - at_us <= w->rule->within_us);
}

static bool any_time_counts(const struct watcher *w, int64_t now_us)
{
	for (size_t i = 0; w->times_us && i < (size_t)w->rule->times; i++)
		if (watcher_time_counts(w, i, now_us))
			return true;
	return false;
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return MIN(a_us, b_us);
}

/* In the heap is whatever waits, even for nothing but its condition to be known: so it lists all running delays. */
void watcher_schedule(struct watcher_world *world, struct watcher *w)
{
	int64_t due_us = earlier(earlier(realarm_due(w), rise_due(w)), watcher_hide_due(w));
	int64_t merge_us = watcher_merge_due(w);
	int64_t turns_us = w->binding ? expr_binding_due(w->binding, world->mono_us) : INT64_MAX;
	bool waits = w->hold.state == HOLD_WAITING || due_us != INT64_MAX || any_time_counts(w, world->mono_us) ||
		     watcher_realarm_runs(w) || watcher_holds_unsaid(w) || (w->alarm && alarm_hidden(w->alarm)) ||
		     w->pardoned_us != WATCHER_NEVER;
	struct lift_kept kept;

	if (w->excuse)
		turns_us = earlier(turns_us, expr_binding_due(w->excuse, world->mono_us));
	if (w->mirror)
		turns_us = earlier(turns_us, expr_binding_due(w->mirror, world->mono_us));
	if (merge_us > world->mono_us)
		turns_us = earlier(turns_us, merge_us);
	due_us = earlier(due_us, turns_us);
	waits |= turns_us != INT64_MAX || watcher_rise_runs(w);
	if (!w->pending)
		due_us = earlier(due_us, hold_due(&w->hold, wait_of(w)));
	if (w->entrapment) {
		due_us = earlier(due_us, entrapment_due(w->entrapment));
		waits |= due_us != INT64_MAX || entrapment_keep(w->entrapment, world->mono_us, &kept);
	}
	if (waits)
		due_set(&world->due, &w->due, due_us);
	else
		due_remove(&world->due, &w->due);
}

/* What its rule says in suppressed_when. True: otherwise than before. */
static bool excused(struct watcher_world *world, struct watcher *w, uint32_t fired)
{
	struct expr_moment m = { .event_point = UINT32_MAX, .now_us = world->mono_us };
	enum expr_result result;
	bool before = w->quiet;

	expr_binding_feed(w->excuse, fired, world->mono_us);
	result = expr_evaluate(w->excuse, &m);
	if (result != EXPR_UNKNOWN)
		w->quiet = result == EXPR_TRUE;
	return w->quiet != before;
}

/* Somebody has acknowledged it at the device itself: the moment counts in which that begins. */
static void mirror(struct watcher_world *world, struct watcher *w, uint32_t fired, const struct watcher_turn *turn)
{
	struct expr_moment m = { .event_point = UINT32_MAX, .now_us = world->mono_us };
	struct evaluator_command ack = { .input = ALARM_IN_ACK, .who = w->device->id, .note = w->rule->acked_when };
	enum expr_result before = w->mirrored, now;

	expr_binding_feed(w->mirror, fired, world->mono_us);
	now = expr_evaluate(w->mirror, &m);
	if (now == EXPR_UNKNOWN)
		return;
	w->mirrored = now;
	if (before != EXPR_FALSE || now != EXPR_TRUE || !w->alarm || w->alarm->state == ALARM_NORMAL)
		return;
	desk_carry_out(world, w, w->alarm, &ack, turn); /* refused where somebody has done so before */
}

/* What the condition counts for: who was pardoned is, until it has been over. */
static enum expr_result heed_pardon(struct watcher_world *world, struct watcher *w, enum expr_result result)
{
	if (w->pardoned_us == WATCHER_NEVER)
		return result;
	if (result == EXPR_FALSE) {
		w->pardoned_us = WATCHER_NEVER;
		world->delay_version++;
	}
	return result == EXPR_TRUE && !w->active ? EXPR_FALSE : result;
}

void watcher_observe(struct watcher_world *world, struct watcher *w, uint32_t fired, const struct watcher_turn *turn)
{
	struct hold before = w->hold;
	enum expr_result result;

	world->mono_us = MAX(world->mono_us, turn->now.mono_us);
	if (w->entrapment && entrapment_feed(w->entrapment, turn->now.mono_us))
		world->delay_version++;
	if (w->binding)
		expr_binding_feed(w->binding, fired, world->mono_us);
	if (w->excuse && excused(world, w, fired))
		watcher_hide_review(world, w, turn);
	result = look(w, UINT32_MAX, world->mono_us);
	result = heed_pardon(world, w, result);
	if (result != EXPR_UNKNOWN)
		decided(world, w, result == EXPR_TRUE, turn);
	else if (!w->pending)
		hold_stop(&w->hold, turn->now.mono_us);
	/* The condition holds in the very moment of the event: that is an occurrence, whatever held before. */
	if (fired != UINT32_MAX && (!w->binding || expr_binding_hears(w->binding, fired)) &&
	    look(w, fired, world->mono_us) == EXPR_TRUE && often_enough(world, w, turn->now.mono_us))
		raise_alarm(world, w, OCCURRENCE_EVENT, turn);
	if (w->mirror)
		mirror(world, w, fired, turn);
	if (before.state != w->hold.state || before.since_us != w->hold.since_us || before.stopped != w->hold.stopped)
		world->delay_version++;
	watcher_schedule(world, w);
}

void watcher_pardon(struct watcher_world *world, struct watcher *w, bool pardoned, const struct watcher_turn *turn)
{
	if (w->active || (w->pardoned_us != WATCHER_NEVER) == pardoned)
		return;
	w->pardoned_us = pardoned ? turn->now.mono_us : WATCHER_NEVER;
	world->delay_version++;
	watcher_observe(world, w, UINT32_MAX, turn);
}

void watcher_wake(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	watcher_observe(world, w, UINT32_MAX, turn);
	watcher_hide_review(world, w, turn);
	if (realarm_due(w) <= turn->now.mono_us)
		watcher_realarm(world, w, turn);
	if (rise_due(w) <= turn->now.mono_us)
		watcher_rise(world, w, turn);
	watcher_schedule(world, w);
}

void watcher_commanded(struct watcher_world *world, struct watcher *w, enum alarm_input input, int64_t now_us)
{
	if (input == ALARM_IN_ACK) {
		w->acked_us = now_us;
		w->acked_known = true;
		world->delay_version++;
	} else if (input == ALARM_IN_RESET) {
		/* Closed on trust: if it still holds, or whoever tells of it says so again, it is raised anew. */
		if (w->told && w->active && w->rule->condition == RULE_CONDITION_CARE)
			w->told->active = w->active = false;
		w->active &= !w->pending;
	}
	watcher_schedule(world, w);
}
