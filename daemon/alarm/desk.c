#include "alarm/desk.h"

#include <errno.h>

#include "alarm/inhibit.h"
#include "alarm/watcher_hide.h"
#include "base/mem.h"
#include "base/str.h"

static struct watcher_word word_of(const struct evaluator_command *c)
{
	return (struct watcher_word){ .input = c->input, .who = c->who, .note = c->note };
}

/* As watcher_tell, also for what nobody watches any more. */
static void tell(struct watcher *w, struct alarm *a, enum alarm_state from, const struct evaluator_command *c,
		 const struct watcher_turn *turn)
{
	struct watcher nobody = { .alarm = a };
	struct watcher_word word = word_of(c);

	watcher_tell(w ? w : &nobody, from, &word, turn);
}

static void note_ack(struct alarm *a, const struct evaluator_command *c, const struct watcher_turn *turn)
{
	alarm_set_text(&a->ack_by, c->who);
	alarm_set_text(&a->ack_note, c->note);
	a->acked_us = turn->now.wall_us;
}

/* Who is there first counts; later ones are noted in the history. */
static void note_arrival(struct alarm *a, const struct evaluator_command *c, const struct watcher_turn *turn)
{
	if (a->arrived_us)
		return;
	alarm_set_text(&a->arrived_by, c->who);
	a->arrived_us = turn->now.wall_us;
}

/* Nothing has raised it: what did so the last time is over. */
static void forget_reason(struct alarm *a)
{
	free(a->reason.when);
	a->reason = (struct alarm_reason){ .when = mem_strdup("") };
	alarm_set_text(&a->text_zh, NULL);
	alarm_set_text(&a->text_en, NULL);
	alarm_set_text(&a->guidance_zh, NULL);
	alarm_set_text(&a->guidance_en, NULL);
}

static int shelve(struct watcher_world *world, struct watcher *w, struct alarm *a, const struct evaluator_command *c,
		  const struct watcher_turn *turn)
{
	int64_t for_us = c->until_us ? c->until_us - turn->now.wall_us : c->for_us;
	enum alarm_state from = a->state;
	int r = for_us > 0 ? alarm_move(a, ALARM_IN_SHELVE) : -EINVAL;

	if (r < 0)
		return r;
	alarm_spell_set(&a->shelf, &(struct alarm_spell){
					   .on = true,
					   .until_us = turn->now.wall_us + for_us,
					   .end_us = turn->now.mono_us + for_us,
					   .meant_us = c->until_us,
					   .by = (char *)c->who, /* lent: the spell takes its own copies */
					   .why = (char *)c->note,
				   });
	alarm_set_text(&a->suppressed_by, NULL);
	if (from == ALARM_NORMAL) {
		a->since_us = turn->now.wall_us;
		a->count = 0;
		w->opened_us = WATCHER_NEVER;
		a->priority = watcher_priority(w, turn->now.mono_us);
		forget_reason(a);
	}
	world->delay_version++;
	tell(w, a, from, c, turn);
	watcher_schedule(world, w);
	return 0;
}

/* A ladder's step: nobody has looked after it in time. */
static int rise(struct watcher_world *world, struct watcher *w, const struct evaluator_command *c,
		const struct watcher_turn *turn)
{
	if (!w || !w->alarm || w->alarm->state != ALARM_UNACKED || c->priority < 1)
		return -EINVAL;
	if (c->priority >= w->alarm->priority)
		return -EALREADY;
	w->rose_to = c->priority;
	watcher_rise(world, w, turn);
	watcher_schedule(world, w);
	return 0;
}

/* Since the restart nobody knows whether it holds: a person who looked may close it. And of a silence in a home: he has spoken
 * to them. */
static bool knows_better(const struct watcher *w)
{
	return w->pending || w->rule->condition == RULE_CONDITION_CARE;
}

static int plain(struct watcher_world *world, struct watcher *w, struct alarm *a, const struct evaluator_command *c,
		 const struct watcher_turn *turn)
{
	enum alarm_state from = a->state;
	int r;

	if (c->input == ALARM_IN_RESET && a->state == ALARM_ACKED && w && knows_better(w))
		a->active = false;
	r = alarm_move(a, c->input);
	if (r < 0)
		return r;
	if (c->input == ALARM_IN_ACK) {
		note_ack(a, c, turn);
		if (w && w->rule->life_safety && w->reads_events)
			watcher_hide_proven(world, w, c->who, turn); /* it has arrived */
	} else if (c->input == ALARM_IN_RESET)
		alarm_set_text(&a->outcome, c->outcome);
	else if (c->input == ALARM_IN_ARRIVE)
		note_arrival(a, c, turn);
	tell(w, a, from, c, turn);
	if (w) {
		watcher_commanded(world, w, c->input, turn->now.mono_us);
		inhibit_changed(world, w, turn);
	}
	return 0;
}

int desk_carry_out(struct watcher_world *world, struct watcher *w, struct alarm *a, const struct evaluator_command *c,
		   const struct watcher_turn *turn)
{
	struct watcher_word word = word_of(c);

	switch (c->input) {
	case ALARM_IN_ACK:
	case ALARM_IN_RESET:
	case ALARM_IN_COMMENT:
	case ALARM_IN_ARRIVE: return plain(world, w, a, c, turn);
	case ALARM_IN_SHELVE: return w ? shelve(world, w, a, c, turn) : -EINVAL;
	case ALARM_IN_RISE: return rise(world, w, c, turn);
	case ALARM_IN_UNSHELVE: return w ? watcher_hide_leave(world, w, &word, turn) : -EALREADY;
	default: return -EINVAL;
	}
}
