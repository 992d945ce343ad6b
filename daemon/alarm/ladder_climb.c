#include "alarm/ladder_inside.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"

#define ROUNDS_A_TURN 8 /* a ladder leads on to another, never in a ring (conf); this is for a mistake of ours */
#define RETRY_SLOWER  10u
#define RISE_WAIT     (5 * S)
#define ADVISORY      4 /* the priority that never makes a sound */

const struct ladder *ladder_climb_find(const struct ladder_book *b, const char *id)
{
	for (size_t i = 0; i < b->setup.ladder_count; i++)
		if (str_equal(b->setup.ladders[i].id, id))
			return &b->setup.ladders[i];
	return NULL;
}

/* ---- for the record ---- */

static struct ladder_word *add_word(const struct ladder_run *r, unsigned step, struct ladder_effects *out)
{
	struct ladder_word *w;

	out->words = mem_realloc(out->words, out->word_count + 1, sizeof(*out->words));
	w = &out->words[out->word_count++];
	*w = (struct ladder_word){ .alarm = mem_strdup(r->alarm), .step = step };
	return w;
}

void ladder_climb_say(const struct ladder_run *r, const struct ladder_call *c, struct ladder_effects *out)
{
	struct ladder_word *w = add_word(r, c->step, out);

	memcpy(w->contact, c->contact, sizeof(w->contact));
	memcpy(w->duty, c->duty, sizeof(w->duty));
	memcpy(w->text, c->text, sizeof(w->text));
	w->clear = c->clear;
	w->delivered = c->state == LADDER_CALL_DELIVERED;
}

static void say_nobody(const struct ladder_run *r, const struct ladder_step *step, struct ladder_effects *out)
{
	struct ladder_word *w = add_word(r, r->base + (unsigned)r->next + 1, out);
	size_t len = 0;

	for (size_t i = 0; i < step->to_count && len < sizeof(w->duty); i++)
		len += (size_t)snprintf(w->duty + len, sizeof(w->duty) - len, "%s%s", i ? " " : "", step->to[i]);
	snprintf(w->text, sizeof(w->text), "nobody is on duty");
}

/* ---- whom to call ---- */

/* By a step of this round, or the last time that nobody had arrived. */
static bool counts(const struct ladder_run *r, const struct ladder_call *c)
{
	return !c->clear && (c->step ? c->round == r->round : c->made_us >= r->late_us);
}

static bool was_called(const struct ladder_run *r, const struct contact *c, unsigned step)
{
	for (size_t i = 0; i < r->call_count; i++)
		if (counts(r, &r->calls[i]) && r->calls[i].step == step && str_equal(r->calls[i].contact, c->id))
			return true;
	return false;
}

/* False: there is no room for it. */
static bool call_contact(struct ladder_run *r, const struct contact *c, const struct ladder_call *pattern,
			 int64_t now_us)
{
	struct ladder_call *call = ladder_run_call(r, c->id, pattern->duty);

	if (!call)
		return false;
	call->step = pattern->step;
	call->clear = pattern->clear;
	call->thing = c->output;
	call->made_us = now_us;
	call->again = pattern->failures > 0; /* another one has failed */
	call->at_us = call->again || ladder_send_alone(r, c) ? now_us : now_us + LADDER_BOOK_GROUP_WAIT;
	return true;
}

/* In test only the page and who wants to hear of tests. A siren never for what is only advised, nor for what is silent. */
static bool may_hear(const struct ladder_run *r, const struct contact *c)
{
	if (c->output && (r->silent || r->priority >= ADVISORY))
		return false;
	return !r->test || c->tests || (!c->notifier && !c->output);
}

enum who { ONE, EVERYBODY };

/* Those of the pattern's duty who were not called by its step yet; sirens and lamps all, whoever else is asked for. That nobody has arrived where life is in danger is told
 * to who is off duty, too, after the others. */
static size_t call_duty(const struct ladder_book *b, struct ladder_run *r, const struct ladder_call *pattern,
			const struct ladder_turn *turn, enum who who)
{
	_cleanup_(freep) const struct contact **found =
		mem_array(MAX(b->setup.people.count, (size_t)1), sizeof(*found));
	size_t count = contact_of_duty(&b->setup.people, pattern->duty, r->place, found), called = 0;
	size_t tries = pattern->step == 0 && r->urgent ? 2 * count : count;
	bool one = false;

	for (size_t i = 0; i < tries; i++) {
		const struct contact *c = found[i % count];
		bool asked = turn->clock_known && !r->desperate && i < count;
		struct contact_moment now = contact_moment_at(turn->now.wall_us, asked);

		if ((one && who == ONE && !c->output) || !may_hear(r, c) || was_called(r, c, pattern->step) ||
		    !contact_on_duty(&b->setup.people, c, r->place, &now) ||
		    !call_contact(r, c, pattern, turn->now.mono_us))
			continue;
		called++;
		one = one || !c->output;
	}
	return called;
}

/* ---- climbing ---- */

/* The steps so far have reached nobody, and nobody can still be reached by them; a siren is nobody. In test nobody need be. */
static bool in_vain(const struct ladder_run *r)
{
	if (r->next == 0 || r->test)
		return false;
	for (size_t i = 0; i < r->call_count; i++)
		if (!r->calls[i].clear && !r->calls[i].thing && r->calls[i].round == r->round &&
		    r->calls[i].state != LADDER_CALL_FAILED)
			return false;
	return true;
}

/* From the priority next to it alone: what can wait for a shift does not become a call-out by being left alone. What is
 * that urgent already only goes on from there. */
static bool rises(const struct ladder_run *r, const struct ladder_step *step)
{
	return r->priority == step->priority + 1;
}

static void add_rise(struct ladder_run *r, int priority, struct ladder_effects *out)
{
	r->rose_to = priority;
	out->rises = mem_realloc(out->rises, out->rise_count + 1, sizeof(*out->rises));
	out->rises[out->rise_count++] = (struct ladder_rise){ mem_strdup(r->alarm), priority };
}

static void take_step(const struct ladder_book *b, struct ladder_run *r, const struct ladder_step *step,
		      const struct ladder_turn *turn)
{
	struct ladder_call pattern = { .step = r->base + (unsigned)r->next + 1 };
	size_t called = 0;

	for (size_t i = 0; i < step->to_count; i++) {
		snprintf(pattern.duty, sizeof(pattern.duty), "%s", step->to[i]);
		called += call_duty(b, r, &pattern, turn, step->all ? EVERYBODY : ONE);
	}
	if (called == 0 && step->to_count && r->round == 0)
		say_nobody(r, step, turn->out);
	r->next++;
	r->changed = true;
	if (step->priority && r->priority > step->priority + 1)
		return;
	if (step->priority && rises(r, step))
		add_rise(r, step->priority, turn->out);
	if (!step->then)
		return;
	snprintf(r->ladder, sizeof(r->ladder), "%s", step->then);
	r->base += (unsigned)r->next;
	r->next = 0;
	r->began_us = turn->now.mono_us;
}

void ladder_climb_round(struct ladder_run *r, int64_t began_us)
{
	ladder_run_drop_steps(r);
	r->round++;
	ladder_run_tidy(r);
	r->base = 0;
	r->next = 0;
	r->began_us = began_us;
	r->changed = true;
}

/* The step ahead that makes it more urgent: it keeps to its time, however often the others are tried meanwhile. */
static size_t find_rise(const struct ladder *l, const struct ladder_run *r)
{
	size_t i = r->next;

	while (i < l->step_count &&
	       (!l->steps[i].priority || !rises(r, &l->steps[i]) || r->rose_to == l->steps[i].priority))
		i++;
	return i;
}

static int64_t rise_due(const struct ladder *l, const struct ladder_run *r)
{
	size_t rise = find_rise(l, r);

	return rise < l->step_count ? r->opened_us + l->steps[rise].after_us : INT64_MAX;
}

/* What comes next of its ladder, at what time; INT64_MAX: nothing. */
int64_t ladder_climb_due(const struct ladder_book *b, const struct ladder_run *r)
{
	const struct ladder *l = ladder_climb_find(b, r->ladder);
	int64_t due_us = INT64_MAX, rise_us;

	if (r->state != LADDER_RUN_CLIMBING || !l || l->step_count == 0)
		return INT64_MAX;
	if (in_vain(r))
		return INT64_MIN;
	if (r->rose_to && r->priority > r->rose_to && r->next == 0) /* first the alarm itself says so */
		return r->began_us + RISE_WAIT;
	rise_us = rise_due(l, r);
	if (r->next < l->step_count && r->next != find_rise(l, r))
		due_us = r->began_us + l->steps[r->next].after_us;
	else if (r->next >= l->step_count && l->repeat_us)
		due_us = r->began_us + l->steps[l->step_count - 1].after_us + l->repeat_us;
	return MIN(due_us, rise_us);
}

static void climb_once(const struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn)
{
	const struct ladder *l = ladder_climb_find(b, r->ladder);
	int64_t now_us = turn->now.mono_us;

	if (rise_due(l, r) <= now_us)
		r->next = find_rise(l, r);
	if (r->next < l->step_count && (r->next != find_rise(l, r) || rise_due(l, r) <= now_us)) {
		take_step(b, r, &l->steps[r->next], turn);
	} else if (in_vain(r)) {
		r->desperate = r->desperate || r->urgent;
		r->vain = MIN(r->vain + 1, r->urgent ? 1u : RETRY_SLOWER);
		ladder_climb_round(r, now_us + LADDER_BOOK_RETRY * r->vain);
	} else {
		ladder_climb_round(r, now_us);
	}
}

void ladder_climb_run(const struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn)
{
	for (int i = 0; i < ROUNDS_A_TURN * LADDER_STEPS_MAX && ladder_climb_due(b, r) <= turn->now.mono_us; i++)
		climb_once(b, r, turn);
}

void ladder_climb_late(const struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn)
{
	struct ladder_call pattern = { .duty = LADDER_BOOK_LATE_DUTY };

	if (!r->late) {
		struct ladder_word *w = add_word(r, 0, turn->out);

		snprintf(w->duty, sizeof(w->duty), "arrival");
		snprintf(w->text, sizeof(w->text), "nobody has arrived within 10 min");
		r->late = true;
		r->changed = true;
	}
	ladder_run_drop_late(r);
	r->late_us = turn->now.mono_us;
	call_duty(b, r, &pattern, turn, ONE);
}

int64_t ladder_climb_late_due(const struct ladder_run *r)
{
	if (!r->awaited_us || r->state == LADDER_RUN_CLEARING)
		return INT64_MAX;
	if (!r->late)
		return r->awaited_us + LADDER_BOOK_ARRIVE;
	for (size_t i = 0; i < r->call_count; i++)
		if (r->calls[i].step == 0 && !r->calls[i].thing && counts(r, &r->calls[i]) &&
		    r->calls[i].state != LADDER_CALL_FAILED)
			return INT64_MAX;
	return r->late_us + LADDER_BOOK_RETRY;
}

/* ---- the all-clear ---- */

void ladder_climb_clear(const struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn)
{
	_cleanup_(ladder_run_freep) struct ladder_run *told = NULL;

	ladder_run_drop_waiting(r);
	r->state = LADDER_RUN_CLEARING;
	r->changed = true;
	told = ladder_run_copy(r); /* calls are forgotten where they grow */
	for (size_t i = 0; i < told->call_count; i++) {
		struct ladder_call pattern = told->calls[i];
		const struct contact *c = contact_find(&b->setup.people, pattern.contact);
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again = again || str_equal(told->calls[k].contact, pattern.contact);
		if (!c || again || !ladder_run_has_told(told, pattern.contact))
			continue;
		pattern.clear = true;
		pattern.failures = 0;
		call_contact(r, c, &pattern, turn->now.mono_us);
	}
}

/* A contact that cannot be told: another one of the duty, at once; of an all-clear he himself, a few times. */
void ladder_climb_fail(const struct ladder_book *b, struct ladder_run *r, size_t at, const struct ladder_turn *turn)
{
	struct ladder_call *c = &r->calls[at], pattern;

	c->state = LADDER_CALL_FAILED;
	c->done_us = turn->now.wall_us;
	c->failures++;
	r->changed = true;
	ladder_climb_say(r, c, turn->out);
	if (c->clear && c->failures < LADDER_BOOK_CLEAR_TRIES) {
		c->state = LADDER_CALL_WAITING;
		c->again = true;
		c->at_us = turn->now.mono_us + MINUTE;
		return;
	}
	pattern = *c; /* calls may grow */
	if (counts(r, c) && (c->step ? r->state == LADDER_RUN_CLIMBING : ladder_climb_late_due(r) != INT64_MAX))
		call_duty(b, r, &pattern, turn, ONE);
}
