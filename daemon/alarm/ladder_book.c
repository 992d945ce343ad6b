#include "alarm/ladder_inside.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"

struct ladder_book *ladder_book_new(const struct ladder_book_setup *setup)
{
	struct ladder_book *b = MEM_NEW(struct ladder_book);

	b->setup = *setup;
	b->by_alarm = map_new();
	b->rates = map_new();
	b->updates = map_new();
	b->due_us = INT64_MAX;
	return b;
}

void ladder_book_saved(struct ladder_book *b)
{
	for (size_t i = 0; i < b->count; i++)
		b->runs[i]->changed = false;
	for (size_t i = 0; i < b->gone_count; i++)
		free(b->gone[i]);
	free(steal(&b->gone));
	b->gone_count = 0;
}

void ladder_book_free(struct ladder_book *b)
{
	if (!b)
		return;
	ladder_book_saved(b);
	for (size_t i = 0; i < b->count; i++)
		ladder_run_free(b->runs[i]);
	free(b->runs);
	map_free(b->by_alarm);
	ladder_send_fini(b);
	free(b);
}

void ladder_book_effects_fini(struct ladder_effects *e)
{
	for (size_t i = 0; i < e->message_count; i++)
		for (size_t k = 0; k < e->messages[i].line_count; k++)
			free(e->messages[i].lines[k].alarm);
	for (size_t i = 0; i < e->word_count; i++)
		free(e->words[i].alarm);
	for (size_t i = 0; i < e->rise_count; i++)
		free(e->rises[i].alarm);
	free(e->messages);
	free(e->words);
	free(e->rises);
	*e = (struct ladder_effects){ 0 };
}

/* ---- the runs ---- */

static struct ladder_run *add_run(struct ladder_book *b, struct ladder_run *r)
{
	if (b->count == b->room) {
		b->room = MAX((size_t)16, b->room * 2);
		b->runs = mem_realloc(b->runs, b->room, sizeof(struct ladder_run *));
	}
	b->runs[b->count++] = r;
	map_put(b->by_alarm, r->alarm, r);
	return r;
}

static void remove_run(struct ladder_book *b, struct ladder_run *r)
{
	size_t at = 0;

	while (b->runs[at] != r)
		at++;
	b->runs[at] = b->runs[--b->count];
	map_remove(b->by_alarm, r->alarm);
	b->gone = mem_realloc(b->gone, b->gone_count + 1, sizeof(*b->gone));
	b->gone[b->gone_count++] = steal(&r->alarm);
	ladder_run_free(r);
}

const struct ladder_run *ladder_book_find(const struct ladder_book *b, const char *alarm)
{
	return map_find(b->by_alarm, alarm);
}

const struct ladder_run *ladder_book_next(const struct ladder_book *b, size_t *position)
{
	return *position < b->count ? b->runs[(*position)++] : NULL;
}

/* First those that have gone: an alarm that came back is there again behind them. */
const char *ladder_book_next_change(const struct ladder_book *b, size_t *position, const struct ladder_run **ret_run)
{
	if (*position < b->gone_count) {
		*ret_run = NULL;
		return b->gone[(*position)++];
	}
	while (*position - b->gone_count < b->count) {
		const struct ladder_run *r = b->runs[(*position)++ - b->gone_count];

		if (!r->changed)
			continue;
		*ret_run = r;
		return r->alarm;
	}
	return NULL;
}

/* ---- outcomes ---- */

static bool is_clear(const struct ladder_run *r)
{
	for (size_t i = 0; i < r->call_count; i++)
		if (r->calls[i].clear &&
		    (r->calls[i].state == LADDER_CALL_WAITING || r->calls[i].state == LADDER_CALL_SENT))
			return false;
	return r->state == LADDER_RUN_CLEARING;
}

static int64_t answer_due(const struct ladder_run *r, const struct ladder_call *c)
{
	return c->at_us + (r->urgent ? LADDER_BOOK_ANSWER_LIFE : LADDER_BOOK_ANSWER);
}

static void check_calls(const struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn)
{
	for (size_t i = 0; i < r->call_count; i++) {
		struct ladder_call *c = &r->calls[i];
		bool silent = c->state == LADDER_CALL_SENT && answer_due(r, c) <= turn->now.mono_us;
		bool gone = c->state == LADDER_CALL_WAITING && !contact_find(&b->setup.people, c->contact);

		if (!silent && !gone)
			continue;
		c->failures = gone ? LADDER_BOOK_CLEAR_TRIES : c->failures;
		snprintf(c->text, sizeof(c->text), "%s", silent ? "no answer in time" : "is not configured any more");
		ladder_climb_fail(b, r, i, turn);
	}
}

static int64_t run_due(const struct ladder_book *b, const struct ladder_run *r)
{
	int64_t due_us = ladder_climb_due(b, r), call_us;

	for (size_t i = 0; i < r->call_count; i++) {
		const struct ladder_call *c = &r->calls[i];

		call_us = c->state == LADDER_CALL_WAITING ? ladder_send_due(b, r, c)
			  : c->state == LADDER_CALL_SENT  ? answer_due(r, c)
							  : INT64_MAX;
		due_us = MIN(due_us, call_us);
	}
	return due_us;
}

/* All that is due of it; it may be gone after. */
static void go_on(struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn)
{
	int64_t due_us;

	check_calls(b, r, turn);
	if (ladder_climb_late_due(r) <= turn->now.mono_us)
		ladder_climb_late(b, r, turn);
	ladder_climb_run(b, r, turn);
	ladder_send_run(b, r, turn);
	if (is_clear(r)) {
		remove_run(b, r);
		return;
	}
	due_us = run_due(b, r);
	b->due_us = MIN(b->due_us, due_us);
	due_us = ladder_climb_late_due(r);
	b->due_us = MIN(b->due_us, due_us);
}

void ladder_book_tick(struct ladder_book *b, const struct ladder_turn *turn)
{
	if (b->due_us > turn->now.mono_us)
		return;
	b->due_us = INT64_MAX;
	for (size_t i = b->count; i-- > 0;) /* the last one takes the place of one that goes */
		go_on(b, b->runs[i], turn);
}

int64_t ladder_book_due(const struct ladder_book *b)
{
	return b->due_us;
}

/* A plugin speaks for those whom it reaches alone. */
static bool may_answer(const struct ladder_book *b, const struct ladder_call *c, const char *notifier)
{
	const struct contact *contact = notifier ? contact_find(&b->setup.people, c->contact) : NULL;

	return !notifier || (contact && contact->notifier && str_equal(contact->notifier->id, notifier));
}

static void take_answer(const struct ladder_book *b, struct ladder_run *r, const struct ladder_answer *a,
			const struct ladder_turn *turn)
{
	for (size_t i = 0; i < r->call_count; i++) {
		struct ladder_call *c = &r->calls[i];

		if (c->message != a->message || c->state == LADDER_CALL_WAITING || c->state == LADDER_CALL_DELIVERED ||
		    !may_answer(b, c, a->notifier))
			continue;
		if (a->ok) {
			c->state = LADDER_CALL_DELIVERED;
			c->text[0] = '\0';
			c->done_us = turn->now.wall_us;
			r->vain = c->clear || c->thing ? r->vain : 0;
			r->changed = true;
			ladder_climb_say(r, c, turn->out);
		} else if (c->state == LADDER_CALL_SENT) {
			snprintf(c->text, sizeof(c->text), "%s", a->text ? a->text : "");
			c->text[str_utf8_cut(c->text, sizeof(c->text) - 1)] = '\0';
			ladder_climb_fail(b, r, i, turn);
		}
	}
}

static bool is_about(const struct ladder_run *r, uint64_t message)
{
	for (size_t i = 0; message && i < r->call_count; i++)
		if (r->calls[i].message == message)
			return true;
	return false;
}

void ladder_book_answer(struct ladder_book *b, const struct ladder_answer *a, const struct ladder_turn *turn)
{
	if (a->unsent)
		ladder_send_undo(b, a->message);
	for (size_t i = b->count; i-- > 0;)
		if (is_about(b->runs[i], a->message)) {
			take_answer(b, b->runs[i], a, turn);
			go_on(b, b->runs[i], turn);
		}
}

static void wait_again(struct ladder_run *r, uint64_t message, int64_t now_us)
{
	for (size_t i = 0; i < r->call_count; i++) {
		struct ladder_call *c = &r->calls[i];

		if (c->message != message || c->state != LADDER_CALL_SENT)
			continue;
		c->state = LADDER_CALL_WAITING;
		c->again = true;
		c->at_us = now_us + S;
		c->message = 0;
	}
}

/* When it was to be handed over first. */
static int64_t oldest_of(const struct ladder_book *b, uint64_t message)
{
	int64_t oldest_us = INT64_MAX;

	for (size_t i = 0; i < b->count; i++)
		for (size_t k = 0; k < b->runs[i]->call_count; k++)
			if (b->runs[i]->calls[k].message == message)
				oldest_us = MIN(oldest_us, b->runs[i]->calls[k].tried_us);
	return oldest_us;
}

void ladder_book_later(struct ladder_book *b, const struct ladder_answer *a, const struct ladder_turn *turn)
{
	int64_t now_us = turn->now.mono_us;

	ladder_send_undo(b, a->message);
	if (now_us - oldest_of(b, a->message) >= LADDER_BOOK_PATIENCE) {
		ladder_book_answer(b, a, turn);
		return;
	}
	for (size_t i = b->count; i-- > 0;)
		if (is_about(b->runs[i], a->message)) {
			wait_again(b->runs[i], a->message, now_us);
			go_on(b, b->runs[i], turn);
		}
}

/* The notifier that reaches him, or NULL. */
static const char *notifier_of(const struct ladder_book *b, const char *id)
{
	const struct contact *contact = contact_find(&b->setup.people, id);

	return contact && contact->notifier ? contact->notifier->id : NULL;
}

void ladder_book_lost(struct ladder_book *b, const char *notifier, const char *text, const struct ladder_turn *turn)
{
	for (size_t i = b->count; i-- > 0;) {
		struct ladder_run *r = b->runs[i];

		for (size_t k = 0; k < r->call_count; k++) {
			struct ladder_call *c = &r->calls[k];

			if (c->state != LADDER_CALL_SENT || !str_equal(notifier_of(b, c->contact), notifier))
				continue;
			snprintf(c->text, sizeof(c->text), "%s", text);
			ladder_climb_fail(b, r, k, turn);
		}
		go_on(b, r, turn);
	}
}

/* Whether it has waited for that notifier, or for any: a round that reached nobody, an arrival that nobody was told of. */
static bool hurry(const struct ladder_book *b, struct ladder_run *r, const char *notifier, int64_t now_us)
{
	int64_t late_us = ladder_climb_late_due(r);
	int64_t then_us = r->hurried_us ? MAX(now_us, r->hurried_us + LADDER_BOOK_HURRY) : now_us;
	bool waited = false;

	for (size_t i = 0; i < r->call_count; i++) {
		struct ladder_call *c = &r->calls[i];

		if (c->state != LADDER_CALL_WAITING || !c->again || c->at_us <= then_us ||
		    !str_equal(notifier_of(b, c->contact), notifier))
			continue;
		c->at_us = then_us;
		waited = true;
	}
	if (r->state == LADDER_RUN_CLIMBING && r->vain && r->next == 0 && r->began_us > then_us) {
		r->began_us = then_us;
		waited = true;
	}
	if (r->late && late_us != INT64_MAX && late_us > then_us) {
		r->late_us = then_us - LADDER_BOOK_RETRY;
		waited = true;
	}
	r->hurried_us = waited ? then_us : r->hurried_us;
	r->changed = r->changed || waited;
	return waited;
}

void ladder_book_ready(struct ladder_book *b, const char *notifier, const struct ladder_turn *turn)
{
	for (size_t i = b->count; i-- > 0;)
		if (hurry(b, b->runs[i], notifier, turn->now.mono_us))
			go_on(b, b->runs[i], turn);
}

/* ---- alarms ---- */

static bool is_silent(const struct ladder_book *b, const char *rule)
{
	for (size_t i = 0; i < b->setup.rule_count; i++)
		if (str_equal(b->setup.rules[i].id, rule))
			return b->setup.rules[i].silent;
	return false;
}

/* The alarm as it is. True: it is another one for people than they were told of. */
static bool describe(const struct ladder_book *b, struct ladder_run *r, const struct alarm *a)
{
	bool more = r->place && ((a->priority < r->priority && a->priority != r->rose_to) || (r->test && !a->test));

	alarm_set_text(&r->place, a->place ? a->place : "");
	alarm_set_text(&r->text_zh, a->text_zh);
	alarm_set_text(&r->text_en, a->text_en);
	r->urgent = a->life_safety;
	r->silent = is_silent(b, a->rule);
	r->changed = r->changed || r->priority != a->priority || r->test != a->test;
	r->priority = a->priority;
	r->test = a->test;
	r->known = true;
	return more;
}

/* The arrival clock: from the moment in which somebody has to go there, until somebody is, or need not any more. */
static void await(struct ladder_run *r, const struct alarm *a, bool over, int64_t now_us)
{
	bool awaited = a->priority <= 1 && !a->arrived_us && !a->test && !over && !alarm_hidden(a);

	if (awaited == (r->awaited_us != 0))
		return;
	r->awaited_us = awaited ? now_us : 0;
	r->late = false;
	r->changed = true;
	ladder_run_drop_late(r);
}

static void start(struct ladder_run *r, const char *ladder, int64_t now_us)
{
	bool anew = r->next || r->base || r->call_count;

	ladder_climb_round(r, now_us);
	r->round = anew ? r->round : 0;
	r->state = LADDER_RUN_CLIMBING;
	r->vain = 0;
	r->desperate = false;
	r->opened_us = now_us;
	r->rose_to = r->rose_to == r->priority ? r->rose_to : 0;
	snprintf(r->ladder, sizeof(r->ladder), "%s", ladder);
}

static void stop(struct ladder_run *r)
{
	ladder_run_drop_steps(r);
	r->state = LADDER_RUN_STOPPED;
	r->changed = true;
}

void ladder_book_alarm(struct ladder_book *b, const struct alarm *a, const char *ladder, const struct ladder_turn *turn)
{
	bool rang = a->state == ALARM_RTN_UNACKED;
	/* Stage 1 is asked in the home: nobody is called yet. */
	bool needs = (a->state == ALARM_UNACKED && a->stage != 1) || (rang && a->latch);
	bool over = a->state == ALARM_NORMAL || (rang && !a->latch);
	struct ladder_run *r = map_find(b->by_alarm, a->id);
	bool more;

	if (a->stage >= 3 && a->life_safety && ladder_climb_find(b, "L1"))
		ladder = "L1"; /* what has become a call-out does not wait as its rule may */
	if (!r && (!needs || !ladder_climb_find(b, ladder)))
		return;
	if (!r) {
		r = add_run(b, ladder_run_new(a->id));
		r->state = LADDER_RUN_STOPPED;
	}
	more = describe(b, r, a);
	await(r, a, over, turn->now.mono_us);
	/* A reload may have taken its ladder away. */
	more = more || !ladder_climb_find(b, r->ladder);
	if (needs && (more || r->state != LADDER_RUN_CLIMBING) && ladder_climb_find(b, ladder))
		start(r, ladder, turn->now.mono_us);
	else if (over && r->state != LADDER_RUN_CLEARING)
		ladder_climb_clear(b, r, turn);
	else if (!needs && !over && r->state == LADDER_RUN_CLIMBING)
		stop(r);
	go_on(b, r, turn);
}

/* ---- over a restart, over a reload ---- */

static bool is_thing(const struct ladder_book *b, const char *id)
{
	const struct contact *contact = contact_find(&b->setup.people, id);

	return contact && contact->output;
}

void ladder_book_restore(struct ladder_book *b, struct ladder_run *run)
{
	struct ladder_run *before = map_find(b->by_alarm, run->alarm);

	if (before)
		remove_run(b, before);
	for (size_t i = 0; i < run->call_count; i++) {
		struct ladder_call *c = &run->calls[i];

		c->thing = is_thing(b, c->contact);
		c->message = 0; /* of another life */
		c->tried_us = 0;
		if (c->state == LADDER_CALL_SENT)
			c->state = LADDER_CALL_WAITING;
		if (c->state == LADDER_CALL_WAITING)
			c->at_us = INT64_MIN; /* at once: it has waited */
	}
	run->known = false;
	run->hurried_us = 0;
	add_run(b, run);
	b->due_us = INT64_MIN;
}

void ladder_book_end_strangers(struct ladder_book *b, const struct ladder_turn *turn)
{
	for (size_t i = b->count; i-- > 0;)
		if (b->runs[i]->state != LADDER_RUN_CLEARING && !b->runs[i]->known) {
			ladder_climb_clear(b, b->runs[i], turn);
			go_on(b, b->runs[i], turn);
		}
}

static void send_anew(const struct ladder_book *to, const struct ladder_book *from, struct ladder_run *r)
{
	for (size_t i = 0; i < r->call_count; i++) {
		struct ladder_call *c = &r->calls[i];

		c->thing = is_thing(to, c->contact);
		if (c->state != LADDER_CALL_SENT ||
		    str_equal(notifier_of(from, c->contact), notifier_of(to, c->contact)))
			continue;
		c->state = LADDER_CALL_WAITING;
		c->again = true;
		c->at_us = INT64_MIN;
		c->tried_us = 0;
		c->message = 0;
		r->changed = true;
	}
}

void ladder_book_carry(struct ladder_book *to, struct ladder_book *from)
{
	for (size_t i = 0; i < from->count; i++) {
		send_anew(to, from, from->runs[i]);
		add_run(to, from->runs[i]);
	}
	from->count = 0;
	to->gone = steal(&from->gone);
	to->gone_count = from->gone_count;
	from->gone_count = 0;
	to->messages = from->messages;
	map_free(to->rates);
	map_free(to->updates);
	to->rates = from->rates;
	to->updates = from->updates;
	from->rates = map_new();
	from->updates = map_new();
	to->due_us = INT64_MIN;
}
