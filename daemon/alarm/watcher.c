#include "alarm/watcher.h"

#include <string.h>

#include "alarm/alarm_text.h"
#include "base/mem.h"
#include "base/str.h"

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
	if (rule->times > 1) {
		w->times_us = mem_array((size_t)rule->times, sizeof(*w->times_us));
		for (int i = 0; i < rule->times; i++)
			w->times_us[i] = WATCHER_NEVER;
	}
	return w;
}

struct watcher *watcher_new(const struct rule *rule, const struct device *device, const struct point_table *table)
{
	_cleanup_(expr_binding_freep) struct expr_binding *binding = NULL;
	const uint32_t *points;
	struct watcher *w;
	size_t count;

	if (expr_bind(rule->expr, table, device, &binding) < 0)
		return NULL;
	points = expr_binding_points(binding, &count);
	if (count == 0)
		return NULL;
	w = born(rule, device->id);
	w->device = device;
	w->binding = steal(&binding);
	for (size_t i = 0; i < count; i++)
		if (point_is_event(table->points[points[i]].spec))
			w->reads_events = true;
		else
			w->reads_states = true;
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
	free(w->id);
	expr_binding_free(w->binding);
	free(w);
}

/* ---- what an alarm says ---- */

int watcher_priority(const struct watcher *w)
{
	return w->told && w->told->priority ? w->told->priority : w->rule->priority;
}

static const uint32_t *inputs_of(const struct watcher *w, size_t *ret_count)
{
	*ret_count = 0;
	return w->binding ? expr_binding_points(w->binding, ret_count) : NULL;
}

static bool in_test(const struct watcher_world *world, const struct watcher *w)
{
	size_t count;
	const uint32_t *points = inputs_of(w, &count);

	for (size_t i = 0; i < count; i++)
		if (world->table->points[points[i]].test)
			return true;
	return false;
}

static void fill_reason(const struct watcher_world *world, const struct watcher *w, struct alarm_reason *reason)
{
	size_t count;
	const uint32_t *points = inputs_of(w, &count);

	free(reason->when);
	*reason = (struct alarm_reason){ .when = mem_strdup(w->told ? w->told->why_en : w->rule->when) };
	for (size_t i = 0; i < MIN(count, (size_t)ALARM_INPUTS_MAX); i++) {
		const struct point *p = &world->table->points[points[i]];
		struct alarm_reading *input = &reason->inputs[reason->input_count++];

		memcpy(input->point, p->name, str_utf8_cut(p->name, sizeof(input->point) - 1));
		input->value = p->value;
		input->quality = p->quality;
		input->at_us = p->at_us;
	}
}

/* What the rule says in this language, else in the other; else, for the text, its id and the device. */
static char *words(const struct watcher *w, const struct rule_text *t, const struct alarm_text_facts *f,
		   enum alarm_text_language l)
{
	const char *mine = l == ALARM_TEXT_ZH ? t->zh : t->en, *other = l == ALARM_TEXT_ZH ? t->en : t->zh;
	struct str_buf plain = { 0 };

	if (mine || other)
		return alarm_text_render(mine ? mine : other, l, f);
	if (t != &w->rule->text)
		return NULL;
	str_buf_printf(&plain, "%s: %s", w->rule->id, f->device);
	if (f->why)
		str_buf_printf(&plain, ": %s", f->why);
	return str_buf_take(&plain);
}

static void replace(char **slot, char *text)
{
	free(*slot);
	*slot = text;
}

static void describe(const struct watcher_world *world, const struct watcher *w, int64_t now_us)
{
	struct alarm *a = w->alarm;
	const struct alarm_reading *first = &a->reason.inputs[0];
	struct alarm_text_facts f = {
		.device = w->device ? w->device->name : w->told->asset,
		.place = a->place,
		.age_us = now_us - w->since_us,
	};
	size_t count;
	const uint32_t *points = inputs_of(w, &count);

	fill_reason(world, w, &a->reason);
	if (count > 0) {
		f.value = &first->value;
		f.unit = world->table->points[points[0]].spec->unit;
	}
	f.why = w->told ? w->told->why_zh : NULL;
	replace(&a->text_zh, words(w, &w->rule->text, &f, ALARM_TEXT_ZH));
	replace(&a->guidance_zh, words(w, &w->rule->guidance, &f, ALARM_TEXT_ZH));
	f.why = w->told ? w->told->why_en : NULL;
	replace(&a->text_en, words(w, &w->rule->text, &f, ALARM_TEXT_EN));
	replace(&a->guidance_en, words(w, &w->rule->guidance, &f, ALARM_TEXT_EN));
}

/* ---- transitions ---- */

static void tell(struct alarm *a, enum alarm_state from, enum alarm_input input, const struct watcher_turn *turn)
{
	struct alarm_transition t = { .from = from, .input = input, .at = turn->now };

	a->changed_us = turn->now.wall_us;
	t.alarm = *a; /* lent: the list takes its own copy */
	alarm_effects_add(turn->out, &t);
}

static struct alarm *alarm_of(struct watcher_world *world, struct watcher *w)
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
	return w->alarm = book_put(&world->book, &a);
}

/* Sets what a raise says anew, and moves. */
static void announce(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	struct alarm *a = w->alarm;
	enum alarm_state from = a->state;

	a->priority = watcher_priority(w);
	a->life_safety = w->rule->life_safety;
	a->latch = w->rule->latch || w->rule->life_safety;
	replace(&a->ack_by, NULL);
	replace(&a->ack_note, NULL);
	a->acked_us = 0;
	describe(world, w, turn->now.mono_us);
	alarm_move(a, ALARM_IN_RAISED);
	w->told_us = turn->now.mono_us;
	tell(a, from, ALARM_IN_RAISED, turn);
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
	struct alarm *a = alarm_of(world, w);
	bool test = in_test(world, w);

	if (a->state == ALARM_NORMAL) {
		a->since_us = turn->now.wall_us;
		a->count = 0;
		a->stage = 0;
		a->active = false;
	}
	a->count += a->count < UINT32_MAX;
	if (what == OCCURRENCE_EVENT && merges(w, test, turn->now.mono_us))
		return;
	a->test = test && (a->state == ALARM_NORMAL || a->test);
	if (what == OCCURRENCE_CONDITION)
		a->active = true;
	else if (!a->active)
		w->since_us = turn->now.mono_us;
	announce(world, w, turn);
}

static void return_alarm(struct watcher *w, const struct watcher_turn *turn)
{
	struct alarm *a = w->alarm;
	enum alarm_state from;

	if (!a || !a->active)
		return;
	from = a->state;
	a->active = false;
	if (alarm_move(a, ALARM_IN_RETURNED) == 0)
		tell(a, from, ALARM_IN_RETURNED, turn);
}

void watcher_realarm(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	if (w->alarm && w->alarm->active)
		announce(world, w, turn);
}

/* ---- the condition ---- */

/* n in t: true when this occurrence makes the number full. */
static bool often_enough(struct watcher *w, int64_t now_us)
{
	int64_t oldest_us;

	if (!w->times_us)
		return true;
	w->times_us[w->times_next] = now_us;
	w->times_next = (w->times_next + 1) % w->rule->times;
	oldest_us = w->times_us[w->times_next];
	return oldest_us != WATCHER_NEVER && (w->rule->within_us <= 0 || now_us - oldest_us <= w->rule->within_us);
}

static enum expr_result look(const struct watcher *w, uint32_t fired)
{
	struct expr_moment m = { .event_point = fired, .margin = w->active ? w->rule->hysteresis : 0 };

	if (w->told)
		return w->told->active ? EXPR_TRUE : EXPR_FALSE;
	return expr_evaluate(w->binding, &m);
}

/* The first decided result after a restart. */
static void settle(struct watcher *w, struct clock_now now)
{
	if (!w->pending)
		return;
	w->pending = false;
	w->hold.since_us = MIN(w->hold.since_us, now.mono_us);
	w->acked_us = now.mono_us;
	if (w->alarm)
		w->since_us = now.mono_us - MAX(now.wall_us - w->alarm->since_us, (int64_t)0);
}

static void decided(struct watcher_world *world, struct watcher *w, bool condition, const struct watcher_turn *turn)
{
	int64_t wait_us = w->active ? w->rule->off_for_us : w->rule->for_us, since_us;

	settle(w, turn->now);
	since_us = w->hold.state == HOLD_WAITING ? hold_since(&w->hold, turn->now.mono_us) : turn->now.mono_us;
	if (!hold_feed(&w->hold, condition != w->active, wait_us, turn->now.mono_us))
		return;
	w->hold = (struct hold){ .state = HOLD_IDLE };
	w->active = condition;
	if (!condition) {
		return_alarm(w, turn);
		return;
	}
	w->since_us = since_us;
	if (often_enough(w, turn->now.mono_us))
		raise_alarm(world, w, OCCURRENCE_CONDITION, turn);
}

static int64_t realarm_due(const struct watcher *w)
{
	const struct alarm *a = w->alarm;

	if (w->rule->realarm_us <= 0 || w->pending || !a || a->state != ALARM_ACKED || !a->active)
		return INT64_MAX;
	return w->acked_us + w->rule->realarm_us;
}

/* In the heap is whatever waits, even for nothing but its condition to be known: so it lists all running delays. */
static void schedule(struct watcher_world *world, struct watcher *w)
{
	int64_t realarm_us = realarm_due(w);
	int64_t wait_us = w->active ? w->rule->off_for_us : w->rule->for_us;
	int64_t hold_us = w->pending ? INT64_MAX : hold_due(&w->hold, wait_us);

	if (w->hold.state == HOLD_WAITING || realarm_us != INT64_MAX)
		due_set(&world->due, &w->due, MIN(hold_us, realarm_us));
	else
		due_remove(&world->due, &w->due);
}

void watcher_observe(struct watcher_world *world, struct watcher *w, uint32_t fired, const struct watcher_turn *turn)
{
	struct hold before = w->hold;
	enum expr_result result = look(w, UINT32_MAX);

	world->mono_us = MAX(world->mono_us, turn->now.mono_us);
	if (result != EXPR_UNKNOWN)
		decided(world, w, result == EXPR_TRUE, turn);
	else if (!w->pending)
		hold_stop(&w->hold, turn->now.mono_us);
	/* The condition holds in the very moment of the event: that is an occurrence, whatever held before. */
	if (fired != UINT32_MAX && look(w, fired) == EXPR_TRUE && often_enough(w, turn->now.mono_us))
		raise_alarm(world, w, OCCURRENCE_EVENT, turn);
	if (before.state != w->hold.state || before.since_us != w->hold.since_us || before.stopped != w->hold.stopped)
		world->delay_version++;
	schedule(world, w);
}

void watcher_wake(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn)
{
	watcher_observe(world, w, UINT32_MAX, turn);
	if (realarm_due(w) > turn->now.mono_us)
		return;
	watcher_realarm(world, w, turn);
	schedule(world, w);
}

void watcher_commanded(struct watcher_world *world, struct watcher *w, enum alarm_input input, int64_t now_us)
{
	if (input == ALARM_IN_ACK)
		w->acked_us = now_us;
	else if (input == ALARM_IN_RESET)
		w->active &= !w->pending; /* closed on trust: if it still holds, it is raised anew */
	schedule(world, w);
}

/* ---- restart ---- */

void watcher_restore(struct watcher *w, struct alarm *a)
{
	bool was_active = a->state == ALARM_UNACKED || a->state == ALARM_ACKED;

	/* The state says whether it held; only where events and lasting values mix must the alarm itself say. */
	if (!w->reads_states)
		a->active = false;
	else if (!w->reads_events || !was_active)
		a->active = was_active;
	a->latch = w->rule->latch || w->rule->life_safety;
	w->alarm = a;
	w->active = a->active;
	w->pending = true;
}

void watcher_restore_delay(struct watcher_world *world, struct watcher *w, int64_t since_us)
{
	w->hold = (struct hold){ .state = HOLD_WAITING, .since_us = since_us };
	w->pending = true;
	schedule(world, w);
}
