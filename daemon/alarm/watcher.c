#include "alarm/watcher.h"

#include <string.h>

#include "alarm/inhibit.h"
#include "alarm/watcher_hide.h"
#include "alarm/watcher_say.h"
#include "base/mem.h"
#include "base/str.h"

#define BELIEVED_MAX (366 * DAY)

enum occurrence { OCCURRENCE_CONDITION, OCCURRENCE_EVENT };

/* ---- birth and death ---- */

static struct watcher *born(const struct rule *rule, const char *asset)
{
	struct watcher *w = MEM_NEW(struct watcher);
	struct str_buf id = { 0 };

	str_buf_printf(&id, "%s/%s", rule->id, asset);
	w->id = str_buf_take(&id);
	w->rule = rule;
	w->told_us = w->acked_us = WATCHER_NEVER;
	w->said_when = w->said_condition = EXPR_UNKNOWN;
	if (rule->times > 1) {
		w->times_us = mem_array((size_t)rule->times, sizeof(*w->times_us));
		for (int i = 0; i < rule->times; i++)
			w->times_us[i] = WATCHER_NEVER;
	}
	return w;
}

static bool has_all(const struct rule *rule, const struct device *device, const struct point_table *table)
{
	for (size_t i = 0; i < rule->needs_count; i++)
		if (!point_of(table, device, rule->needs[i]))
			return false;
	return true;
}

/* The points of both, each once. */
static void merge_inputs(struct watcher *w)
{
	size_t more;
	const uint32_t *points = entrapment_points(w->entrapment, &more);

	w->merged = mem_array(w->input_count + more, sizeof(*w->merged));
	memcpy(w->merged, w->inputs, w->input_count * sizeof(*w->merged));
	for (size_t i = 0; i < more; i++) {
		size_t at = 0;

		while (at < w->input_count && w->merged[at] != points[i])
			at++;
		w->merged[at] = points[i];
		w->input_count += at == w->input_count;
	}
	w->inputs = w->merged;
}

static void find_inputs(struct watcher *w, const struct point_table *table)
{
	if (w->binding)
		w->inputs = expr_binding_points(w->binding, &w->input_count);
	if (w->binding && w->entrapment)
		merge_inputs(w);
	else if (w->entrapment)
		w->inputs = entrapment_points(w->entrapment, &w->input_count);
	for (size_t i = 0; i < w->input_count; i++)
		if (point_is_event(table->points[w->inputs[i]].spec) &&
		    (!w->binding || expr_binding_hears(w->binding, w->inputs[i])))
			w->reads_events = true;
		else
			w->reads_states = true;
}

struct watcher *watcher_new(const struct rule *rule, const struct device *device, const struct point_table *table)
{
	struct expr_binding *binding = NULL;
	struct entrapment *entrapment = NULL;
	struct watcher *w;

	if (rule->expr && has_all(rule, device, table))
		expr_binding_new(rule->expr, table, device, &binding);
	if (rule->condition == RULE_CONDITION_ENTRAPMENT)
		entrapment = entrapment_new(rule, device, table);
	if (!binding && !entrapment)
		return NULL;
	w = born(rule, device->id);
	w->device = w->subject = device;
	w->binding = binding;
	w->entrapment = entrapment;
	find_inputs(w, table);
	return w;
}

struct watcher *watcher_new_told(const struct rule *rule, const char *asset)
{
	struct watcher *w = born(rule, asset);

	w->told = MEM_NEW(struct watcher_told);
	w->told->asset = mem_strdup(asset);
	w->reads_states = true;
	return w;
}

void watcher_free(struct watcher *w)
{
	if (!w)
		return;
	if (w->told) {
		free(w->told->asset);
		free(w->told->place);
		free(w->told->why_zh);
		free(w->told->why_en);
	}
	free(w->told);
	free(w->times_us);
	free(w->merged);
	free(w->id);
	entrapment_free(w->entrapment);
	expr_binding_free(w->binding);
	free(w);
}

/* ---- transitions ---- */

int watcher_priority(const struct watcher *w)
{
	return w->told && w->told->priority ? w->told->priority : w->rule->priority;
}

static bool in_test(const struct watcher_world *world, const struct watcher *w)
{
	for (size_t i = 0; i < w->input_count; i++)
		if (world->table->points[w->inputs[i]].test)
			return true;
	return watcher_hide_in_test(world, w);
}

/* How many of its group are open. */
static void count_in_group(struct watcher *w)
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
	count_in_group(w);
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
	a.priority = watcher_priority(w);
	a.life_safety = w->rule->life_safety;
	a.latch = w->rule->latch || w->rule->life_safety;
	return w->alarm = book_put(&world->book, &a);
}

void watcher_renew(struct watcher_world *world, struct watcher *w, int64_t now_us)
{
	struct alarm *a = w->alarm;

	a->priority = watcher_priority(w);
	a->life_safety = w->rule->life_safety;
	a->latch = w->rule->latch || w->rule->life_safety;
	free(steal(&a->ack_by));
	free(steal(&a->ack_note));
	a->acked_us = 0;
	watcher_say(world, w, now_us);
}

/* Sets what a raise says anew, and moves. */
static void announce(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	static const struct watcher_word raised = { .input = ALARM_IN_RAISED };
	struct alarm *a = w->alarm;
	enum alarm_state from = a->state;

	watcher_renew(world, w, turn->now.mono_us);
	watcher_hide_mark(world, w);
	if (alarm_move(a, ALARM_IN_RAISED) == 1 && alarm_hidden(a)) {
		world->delay_version++; /* nobody is told; that it holds is kept with the delays */
		return;
	}
	watcher_hide_tidy(a);
	w->told_us = turn->now.mono_us;
	watcher_tell(w, from, &raised, turn);
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
		a->arrived_us = 0;
		alarm_set_text(&a->arrived_by, NULL);
		alarm_set_text(&a->outcome, NULL);
	}
	a->count += a->count < UINT32_MAX;
	if (what == OCCURRENCE_EVENT && merges(w, test, turn->now.mono_us))
		return;
	a->test = test && (a->state == ALARM_NORMAL || a->test);
	if (what == OCCURRENCE_CONDITION)
		a->active = true;
	else if (!a->active)
		w->since_us = turn->now.mono_us;
	if (test)
		watcher_hide_proven(world, w, turn);
	announce(world, w, turn);
	inhibit_changed(world, w, turn);
}

static void return_alarm(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	static const struct watcher_word returned = { .input = ALARM_IN_RETURNED };
	struct alarm *a = w->alarm;
	enum alarm_state from;

	if (!a || !a->active)
		return;
	from = a->state;
	a->active = false;
	if (alarm_move(a, ALARM_IN_RETURNED) == 0) {
		watcher_hide_tidy(a);
		watcher_tell(w, from, &returned, turn);
	} else {
		world->delay_version++;
	}
	inhibit_changed(world, w, turn);
}

void watcher_realarm(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	if (w->alarm && w->alarm->active)
		announce(world, w, turn);
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
	if (!condition) {
		return_alarm(world, w, turn);
		return;
	}
	w->since_us = since_us;
	if (often_enough(world, w, turn->now.mono_us))
		raise_alarm(world, w, OCCURRENCE_CONDITION, turn);
}

static bool realarm_runs(const struct watcher *w)
{
	return w->rule->realarm_us > 0 && w->alarm && w->alarm->state == ALARM_ACKED && w->alarm->active;
}

static int64_t realarm_due(const struct watcher *w)
{
	return realarm_runs(w) && !w->pending ? w->acked_us + w->rule->realarm_us : INT64_MAX;
}

/* The moment i of n in t still counts. */
static bool time_counts(const struct watcher *w, size_t i, int64_t now_us)
{
	int64_t at_us = w->times_us[i];

	return at_us != WATCHER_NEVER && (w->rule->within_us <= 0 || now_us - at_us <= w->rule->within_us);
}

static bool any_time_counts(const struct watcher *w, int64_t now_us)
{
	for (size_t i = 0; w->times_us && i < (size_t)w->rule->times; i++)
		if (time_counts(w, i, now_us))
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
	int64_t due_us = earlier(realarm_due(w), watcher_hide_due(w));
	int64_t turns_us = w->binding ? expr_binding_due(w->binding, world->mono_us) : INT64_MAX;
	bool waits = w->hold.state == HOLD_WAITING || due_us != INT64_MAX || any_time_counts(w, world->mono_us) ||
		     realarm_runs(w) || (w->alarm && w->alarm->active && alarm_hidden(w->alarm));
	struct lift_kept kept;

	due_us = earlier(due_us, turns_us);
	waits |= turns_us != INT64_MAX;
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

void watcher_observe(struct watcher_world *world, struct watcher *w, uint32_t fired, const struct watcher_turn *turn)
{
	struct hold before = w->hold;
	enum expr_result result;

	world->mono_us = MAX(world->mono_us, turn->now.mono_us);
	if (w->entrapment && entrapment_feed(w->entrapment, turn->now.mono_us))
		world->delay_version++;
	if (w->binding)
		expr_binding_feed(w->binding, fired, world->mono_us);
	result = look(w, UINT32_MAX, world->mono_us);
	if (result != EXPR_UNKNOWN)
		decided(world, w, result == EXPR_TRUE, turn);
	else if (!w->pending)
		hold_stop(&w->hold, turn->now.mono_us);
	/* The condition holds in the very moment of the event: that is an occurrence, whatever held before. */
	if (fired != UINT32_MAX && (!w->binding || expr_binding_hears(w->binding, fired)) &&
	    look(w, fired, world->mono_us) == EXPR_TRUE && often_enough(world, w, turn->now.mono_us))
		raise_alarm(world, w, OCCURRENCE_EVENT, turn);
	if (before.state != w->hold.state || before.since_us != w->hold.since_us || before.stopped != w->hold.stopped)
		world->delay_version++;
	watcher_schedule(world, w);
}

void watcher_wake(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	watcher_observe(world, w, UINT32_MAX, turn);
	watcher_hide_review(world, w, turn);
	watcher_schedule(world, w);
	if (realarm_due(w) > turn->now.mono_us)
		return;
	watcher_realarm(world, w, turn);
	watcher_schedule(world, w);
}

void watcher_commanded(struct watcher_world *world, struct watcher *w, enum alarm_input input, int64_t now_us)
{
	if (input == ALARM_IN_ACK) {
		w->acked_us = now_us;
		w->acked_known = true;
		world->delay_version++;
	} else if (input == ALARM_IN_RESET) {
		w->active &= !w->pending; /* closed on trust: if it still holds, it is raised anew */
	}
	watcher_schedule(world, w);
}

/* ---- restart ---- */

void watcher_restore(struct watcher_world *world, struct watcher *w, struct alarm *a)
{
	bool was_active = a->state == ALARM_UNACKED || a->state == ALARM_ACKED;

	/* The state says whether it held; only where events and lasting values mix, or where it was out of the way, must
	 * the alarm itself say. */
	if (!w->reads_states)
		a->active = false;
	else if (!alarm_hidden(a) && (!w->reads_events || !was_active))
		a->active = was_active;
	a->latch = w->rule->latch || w->rule->life_safety;
	a->life_safety = w->rule->life_safety;
	w->alarm = a;
	w->active = a->active;
	w->pending = true;
	count_in_group(w);
	inhibit_note(w);
	watcher_schedule(world, w); /* it may have to leave where it is */
}

static bool time_delay(const struct watcher *w, size_t i, int64_t now_us, int64_t *ret_since_us)
{
	if (!w->times_us || i >= (size_t)w->rule->times || !time_counts(w, i, now_us))
		return false;
	*ret_since_us = w->times_us[i];
	return true;
}

bool watcher_delay(const struct watcher *w, enum watcher_delay kind, int64_t now_us, int64_t *ret_since_us)
{
	struct lift_kept kept;

	switch (kind) {
	case WATCHER_ON_DELAY:
	case WATCHER_OFF_DELAY:
		*ret_since_us = hold_since(&w->hold, now_us);
		return w->hold.state == HOLD_WAITING && w->active == (kind == WATCHER_OFF_DELAY);
	case WATCHER_REALARM: *ret_since_us = w->acked_us; return realarm_runs(w) && (!w->pending || w->acked_known);
	case WATCHER_ACTIVE: *ret_since_us = w->since_us; return w->alarm && w->alarm->active && alarm_hidden(w->alarm);
	default: break;
	}
	if (kind >= WATCHER_TIMES)
		return time_delay(w, kind - WATCHER_TIMES, now_us, ret_since_us);
	if (!w->entrapment || !entrapment_keep(w->entrapment, now_us, &kept))
		return false;
	*ret_since_us = kept.since_us;
	return kind == WATCHER_CONDITION_DELAY || (kind == WATCHER_CONDITION_INSIDE ? kept.inside : kept.called);
}

/* The rows of one delay come one by one, and say the same since: what came before is kept. */
static void restore_condition(struct watcher *w, enum watcher_delay kind, int64_t since_us)
{
	struct lift_kept kept = { .since_us = since_us, .found = w->active };
	struct lift_kept so_far;

	if (entrapment_keep(w->entrapment, since_us, &so_far)) {
		kept.inside = so_far.inside;
		kept.called = so_far.called;
	}
	kept.inside |= kind == WATCHER_CONDITION_INSIDE;
	kept.called |= kind == WATCHER_CONDITION_CALLED;
	entrapment_restore(w->entrapment, &kept);
}

/* They come in order of their kinds, which is not that of the moments. */
static void restore_time(struct watcher *w, int64_t since_us)
{
	int times = w->times_us ? w->rule->times : 0, at = 0;

	if (!times)
		return;
	/* The ring with the newest last: drop the oldest, put it where it belongs. */
	for (int i = 1; i < times; i++)
		w->times_us[i - 1] = w->times_us[i];
	for (at = times - 1; at > 0 && w->times_us[at - 1] > since_us; at--)
		w->times_us[at] = w->times_us[at - 1];
	w->times_us[at] = since_us;
	w->times_next = 0;
}

static void restore_state(struct watcher *w, enum watcher_delay kind, int64_t since_us)
{
	if (kind == WATCHER_REALARM && w->alarm) {
		w->acked_us = since_us;
		w->acked_known = true;
	} else if (kind == WATCHER_ACTIVE && w->alarm && alarm_hidden(w->alarm)) {
		w->alarm->active = w->active = w->reads_states;
		w->since_us = since_us;
		inhibit_note(w);
	}
}

void watcher_restore_delay(struct watcher_world *world, struct watcher *w, enum watcher_delay kind, int64_t since_us)
{
	if (kind >= WATCHER_TIMES) {
		restore_time(w, since_us);
	} else if (kind == WATCHER_REALARM || kind == WATCHER_ACTIVE) {
		restore_state(w, kind, since_us);
	} else if (kind != WATCHER_ON_DELAY && kind != WATCHER_OFF_DELAY) {
		if (w->entrapment)
			restore_condition(w, kind, since_us);
	} else if (w->active == (kind == WATCHER_OFF_DELAY)) {
		w->hold = (struct hold){ .state = HOLD_WAITING, .since_us = since_us };
		w->pending = true;
	}
	watcher_schedule(world, w);
}
