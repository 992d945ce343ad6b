#include "alarm/ladder_inside.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/place.h"

#define KEY_MAX (LADDER_RUN_ID_MAX + PLACE_PATH_MAX)

/* The messages of the last minute to a contact, at most `rate`. */
struct ladder_send_rate {
	char id[LADDER_RUN_ID_MAX];
	struct {
		int64_t sent_us; /* 0: none */
		uint64_t message;
	} * slots;
	size_t count;
};

/* When a contact was told of a building last. */
struct ladder_update {
	char key[KEY_MAX];
	int64_t sent_us;
};

void ladder_send_fini(struct ladder_book *b)
{
	struct ladder_send_rate *rate;
	struct ladder_update *update;

	for (size_t position = 0; (rate = map_next(b->rates, &position));) {
		free(rate->slots);
		free(rate);
	}
	for (size_t position = 0; (update = map_next(b->updates, &position));)
		free(update);
	map_free(b->rates);
	map_free(b->updates);
}

/* ---- what has gone before ---- */

static void key_of(const struct contact *c, const char *place, char key[KEY_MAX])
{
	snprintf(key, KEY_MAX, "%s/%.*s", c->id, (int)place_first_len(place), place);
}

/* The slot that is free first. */
static size_t first_free(const struct ladder_send_rate *rate)
{
	size_t first = 0;

	for (size_t i = 1; i < rate->count && rate->slots[first].sent_us; i++)
		if (rate->slots[i].sent_us < rate->slots[first].sent_us)
			first = i;
	return first;
}

static int64_t rate_due(const struct ladder_book *b, const struct contact *c)
{
	const struct ladder_send_rate *rate = map_find(b->rates, c->id);
	int64_t oldest_us = rate ? rate->slots[first_free(rate)].sent_us : 0;

	return oldest_us ? oldest_us + MINUTE : INT64_MIN;
}

static struct ladder_send_rate *rate_of(struct ladder_book *b, const struct contact *c)
{
	struct ladder_send_rate *rate = map_find(b->rates, c->id);

	if (rate && rate->count != (size_t)c->rate) { /* a reload changed it */
		map_remove(b->rates, c->id);
		free(rate->slots);
		free(rate);
		rate = NULL;
	}
	if (!rate) {
		rate = MEM_NEW(struct ladder_send_rate);
		snprintf(rate->id, sizeof(rate->id), "%s", c->id);
		rate->count = (size_t)c->rate;
		rate->slots = mem_array(rate->count, sizeof(*rate->slots));
		map_put(b->rates, rate->id, rate);
	}
	return rate;
}

/* What no rate holds takes no place that another one needs. */
static void note_rate(struct ladder_book *b, const struct ladder_message *m, int64_t now_us)
{
	struct ladder_send_rate *rate = rate_of(b, m->contact);
	size_t at = first_free(rate);

	if (rate->slots[at].sent_us && rate->slots[at].sent_us + MINUTE > now_us)
		return;
	rate->slots[at].sent_us = now_us;
	rate->slots[at].message = m->id;
}

void ladder_send_undo(struct ladder_book *b, uint64_t message)
{
	struct ladder_send_rate *rate;

	for (size_t position = 0; (rate = map_next(b->rates, &position));)
		for (size_t i = 0; i < rate->count; i++)
			if (rate->slots[i].sent_us && rate->slots[i].message == message)
				rate->slots[i].sent_us = 0;
}

static int64_t update_due(const struct ladder_book *b, const struct contact *c, const char *place)
{
	const struct ladder_update *update;
	char key[KEY_MAX];

	key_of(c, place, key);
	update = map_find(b->updates, key);
	return update ? update->sent_us + LADDER_BOOK_GROUP_EVERY : INT64_MIN;
}

static void note_update(struct ladder_book *b, const struct contact *c, const char *place, int64_t now_us)
{
	struct ladder_update *update;
	char key[KEY_MAX];

	key_of(c, place, key);
	update = map_find(b->updates, key);
	if (!update) {
		update = MEM_NEW(struct ladder_update);
		snprintf(update->key, sizeof(update->key), "%s", key);
		map_put(b->updates, update->key, update);
	}
	update->sent_us = now_us;
}

/* ---- messages ---- */

bool ladder_send_alone(const struct ladder_run *r, const struct contact *c)
{
	return r->urgent || r->priority <= 1 || !c->notifier;
}

int64_t ladder_send_due(const struct ladder_book *b, const struct ladder_run *r, const struct ladder_call *c)
{
	const struct contact *contact = contact_find(&b->setup.people, c->contact);
	int64_t due_us = c->at_us, held_us;

	if (!contact || ladder_send_alone(r, contact))
		return due_us;
	held_us = rate_due(b, contact);
	due_us = MAX(due_us, held_us);
	if (c->again)
		return due_us;
	held_us = update_due(b, contact, r->place);
	return MAX(due_us, held_us);
}

static struct ladder_message *add_message(struct ladder_book *b, const struct contact *c, struct ladder_effects *out)
{
	struct ladder_message *m;

	out->messages = mem_realloc(out->messages, out->message_count + 1, sizeof(*out->messages));
	m = &out->messages[out->message_count++];
	*m = (struct ladder_message){ .id = ++b->messages, .contact = c };
	return m;
}

/* In order of urgency; of equal ones the first stays first. */
static void add_line(struct ladder_message *m, struct ladder_run *r, struct ladder_call *c, int64_t now_us)
{
	struct ladder_line line = { .alarm = mem_strdup(r->alarm), .step = c->step, .priority = r->priority };
	size_t at = m->line_count++;

	for (; at > 0 && m->lines[at - 1].priority > line.priority; at--)
		m->lines[at] = m->lines[at - 1];
	m->lines[at] = line;
	c->state = LADDER_CALL_SENT;
	c->at_us = now_us;
	c->tried_us = c->tried_us ? c->tried_us : now_us;
	c->message = m->id;
	r->changed = true;
}

static bool same_building(const struct ladder_run *a, const struct ladder_run *b)
{
	size_t len = place_first_len(a->place);

	return len == place_first_len(b->place) && strncmp(a->place, b->place, len) == 0;
}

/* All that waits for him about that building. */
static void gather(struct ladder_book *b, struct ladder_message *m, const struct ladder_run *first, int64_t now_us)
{
	for (size_t i = 0; i < b->count; i++) {
		struct ladder_run *r = b->runs[i];

		if (ladder_send_alone(r, m->contact) || !same_building(r, first))
			continue;
		for (size_t k = 0; k < r->call_count && m->line_count < LADDER_BOOK_GROUP_MAX; k++) {
			struct ladder_call *c = &r->calls[k];

			if (c->state == LADDER_CALL_WAITING && c->clear == m->clear &&
			    str_equal(c->contact, m->contact->id))
				add_line(m, r, c, now_us);
		}
	}
}

static void send_call(struct ladder_book *b, struct ladder_run *r, struct ladder_call *c,
		      const struct ladder_turn *turn)
{
	const struct contact *contact = contact_find(&b->setup.people, c->contact);
	int64_t now_us = turn->now.mono_us;
	struct ladder_message *m = add_message(b, contact, turn->out);

	m->clear = c->clear;
	add_line(m, r, c, now_us);
	if (contact->notifier)
		note_rate(b, m, now_us);
	if (ladder_send_alone(r, contact))
		return;
	gather(b, m, r, now_us);
	note_update(b, contact, r->place, now_us);
}

/* A run and one of its calls. */
struct waiting {
	struct ladder_run *run;
	struct ladder_call *call;
};

static bool before(const struct waiting *a, const struct waiting *b)
{
	return a->run->priority != b->run->priority ? a->run->priority < b->run->priority
						    : a->call->made_us < b->call->made_us;
}

static bool may_go(const struct ladder_book *b, const struct waiting *w, const struct ladder_turn *turn)
{
	return w->call->state == LADDER_CALL_WAITING && contact_find(&b->setup.people, w->call->contact) &&
	       ladder_send_due(b, w->run, w->call) <= turn->now.mono_us;
}

/* Of what may go to the same contact, where a rate lets few through, the most urgent one, and of these the oldest. */
static struct waiting first_in_line(struct ladder_book *b, const struct waiting *asking, const struct ladder_turn *turn)
{
	const struct contact *contact = contact_find(&b->setup.people, asking->call->contact);
	struct waiting first = *asking;

	for (size_t i = 0; i < b->count && !ladder_send_alone(asking->run, contact); i++) {
		struct waiting w = { .run = b->runs[i] };

		for (size_t k = 0; k < w.run->call_count; k++) {
			w.call = &w.run->calls[k];
			if (str_equal(w.call->contact, contact->id) && w.call->state == LADDER_CALL_WAITING &&
			    before(&w, &first) && may_go(b, &w, turn))
				first = w;
		}
	}
	return first;
}

void ladder_send_run(struct ladder_book *b, struct ladder_run *r, const struct ladder_turn *turn)
{
	for (size_t i = 0; i < r->call_count; i++) {
		struct waiting asking = { r, &r->calls[i] };

		while (may_go(b, &asking, turn)) { /* each time one goes, in the end this one */
			struct waiting first = first_in_line(b, &asking, turn);

			send_call(b, first.run, first.call, turn);
		}
	}
}
