#include "app/crier.h"

#include <errno.h>
#include <string.h>

#include "app/crier_say.h"
#include "app/foretold.h"
#include "app/live.h"
#include "app/sounder.h"
#include "app/touch.h"
#include "base/log.h"
#include "base/mem.h"

struct sounded {
	uint64_t message;
	bool ok;
	char text[LADDER_RUN_TEXT_MAX];
};

struct crier {
	struct live *live;
	struct ladder_book *book;
	struct sounder *sounder;
	struct touch *touch;
	struct foretold *foretold;
	struct ladder_effects effects; /* what is to be done */
	struct sounded *sounded;       /* what came of sirens and lamps, until carry_out takes it */
	size_t sounded_count;
	char **noted; /* alarms that have changed */
	size_t noted_count, noted_room;
};

struct ladder_book *crier_new_book(const struct conf *conf)
{
	return ladder_book_new(&(struct ladder_book_setup){
		.ladders = conf->ladders,
		.ladder_count = conf->ladder_count,
		.people = conf_people(conf),
		.rules = conf->rules,
		.rule_count = conf->rule_count,
	});
}

static void on_sounded(void *context, const struct ladder_answer *a)
{
	struct crier *c = context;
	struct sounded *s;

	c->sounded = mem_realloc(c->sounded, c->sounded_count + 1, sizeof(*c->sounded));
	s = &c->sounded[c->sounded_count++];
	*s = (struct sounded){ .message = a->message, .ok = a->ok };
	snprintf(s->text, sizeof(s->text), "%s", a->text ? a->text : "");
}

struct crier *crier_new(struct live *l)
{
	struct crier *c = MEM_NEW(struct crier);

	c->live = l;
	c->book = crier_new_book(l->conf);
	c->sounder = sounder_new(l, &(struct sounder_calls){ .context = c, .answer = on_sounded });
	c->touch = touch_new(l->conf, engine_points(l->engine));
	c->foretold = foretold_new(l);
	return c;
}

void crier_free(struct crier *c)
{
	if (!c)
		return;
	ladder_book_free(c->book);
	ladder_book_effects_fini(&c->effects);
	sounder_free(c->sounder);
	touch_free(c->touch);
	foretold_free(c->foretold);
	free(c->sounded);
	for (size_t i = 0; i < c->noted_count; i++)
		free(c->noted[i]);
	free(c->noted);
	free(c);
}

const char *crier_ladder_of(const struct conf *conf, const struct alarm *a)
{
	for (size_t i = 0; i < conf->rule_count; i++)
		if (str_equal(conf->rules[i].id, a->rule))
			return conf->rules[i].ladder;
	return NULL;
}

static struct ladder_turn turn_of(struct crier *c, struct clock_now now)
{
	return (struct ladder_turn){
		.now = now,
		.clock_known = clockwork_quality_at(c->live->clockwork, now.mono_us) != CLOCK_UNSET,
		.out = &c->effects,
	};
}

/* ---- what is to be done ---- */

static const char *means_of(const struct crier *c, const char *contact)
{
	struct contact_list people = conf_people(c->live->conf);
	const struct contact *found = contact_find(&people, contact);

	return found ? contact_means(found) : "page";
}

static void record(struct crier *c, const struct ladder_word *w)
{
	bool nobody = !w->contact[0];
	const char *outcome = nobody ? "nobody" : w->delivered ? "delivered" : "failed";
	json_t *detail = json_pack("{s:i, s:s, s:s}", "step", (int)w->step, "duty", w->duty, "outcome", outcome);

	if (!nobody) {
		json_object_set_new(detail, "contact", json_string(w->contact));
		json_object_set_new(detail, "means", json_string(means_of(c, w->contact)));
	}
	if (w->clear)
		json_object_set_new(detail, "clear", json_true());
	if (!w->delivered)
		log_event(LOGID_NONE, LOG_ABOUT(.alarm = w->alarm), "alarm %s: step %u: %s could not be told: %s",
			  w->alarm, w->step, nobody ? w->duty : w->contact, w->text);
	trail_record(c->live, &(struct trail_entry){ .kind = "notify",
						     .what = w->alarm,
						     .why = w->text[0] ? w->text : NULL,
						     .detail = detail });
}

/* Why it cannot take a message; NULL: it can. */
static const char *idle_because(const struct supervisor *s)
{
	struct status_plugin status;

	if (!s || !supervisor_up(s))
		return "its notifier does not run";
	if (!(supervisor_roles(s) & SUPERVISOR_NOTIFIER))
		return "its plugin is no notifier";
	supervisor_status(s, &status);
	return str_equal(status.state, "fault") ? "its notifier cannot do its work" : NULL;
}

bool crier_reaches(const struct crier *c)
{
	const struct live *l = c->live;

	if (l->api && api_pages(l->api, NULL) > 0)
		return true;
	for (size_t i = 0; i < l->conf->contact_count; i++) {
		const struct plugin *notifier = l->conf->contacts[i].notifier;

		if (notifier && !idle_because(links_supervisor(l->links, (size_t)(notifier - l->conf->plugins))))
			return true;
	}
	return false;
}

/* A start takes a moment: the daemon's own, and that of a plugin after an end or a reload. */
static bool is_starting(const struct live *l, const struct supervisor *s)
{
	struct status_plugin status;

	if (!s)
		return true;
	if (supervisor_up(s))
		return false;
	supervisor_status(s, &status);
	return str_equal(status.state, "starting") || clock_mono_us() - l->started.mono_us < LADDER_BOOK_PATIENCE;
}

/* Its notifier's answer, where that can be said at once. 1: it comes later; -EAGAIN: it is not ready to take it yet. */
static int hand_over(struct crier *c, const struct ladder_message *m, struct ladder_answer *answer)
{
	const struct live *l = c->live;
	struct contact_list people = conf_people(l->conf);
	struct crier_say say = { .message = m, .people = &people };
	const struct plugin *notifier = m->contact->notifier;
	struct supervisor *s;
	json_t *message;
	int r;

	s = links_supervisor(l->links, (size_t)(notifier - l->conf->plugins));
	answer->text = idle_because(s);
	if (answer->text)
		return is_starting(l, s) ? -EAGAIN : 0;
	for (size_t i = 0; i < m->line_count; i++) {
		say.alarms[i] = evaluator_find(engine_evaluator(l->engine), m->lines[i].alarm);
		say.runs[i] = ladder_book_find(c->book, m->lines[i].alarm);
		if (!say.runs[i])
			return 0; /* it is gone, and nobody waits for the answer */
	}
	message = crier_say_notify(&say);
	r = supervisor_send(s, message);
	json_decref(message);
	answer->text = r < 0 ? strerror(-r) : NULL;
	return r == 0 ? 1 : r == -EAGAIN ? -EAGAIN : 0;
}

/* Of all that it says: a page of one building shows nothing of the others. */
static bool is_on_a_page(const struct live *l, const struct ladder_message *m)
{
	for (size_t i = 0; i < m->line_count; i++) {
		const struct alarm *a = evaluator_find(engine_evaluator(l->engine), m->lines[i].alarm);

		if (!l->api || api_pages(l->api, a ? a->place : NULL) == 0)
			return false;
	}
	return true;
}

static void tell(struct crier *c, const struct ladder_message *m, const struct ladder_turn *turn)
{
	struct ladder_answer answer = { .message = m->id, .unsent = true };
	int r = 0;

	if (c->live->stopping)
		return; /* it stays sent and not answered: the next start does it */
	if (m->contact->output) {
		sounder_tell(c->sounder, m);
		return;
	}
	if (m->contact->notifier) {
		r = hand_over(c, m, &answer);
	} else {
		answer.ok = is_on_a_page(c->live, m);
		answer.text = answer.ok ? NULL : "no page is open";
	}
	if (r == -EAGAIN)
		ladder_book_later(c->book, &answer, turn);
	else if (r == 0)
		ladder_book_answer(c->book, &answer, turn);
}

static void save(struct crier *c, struct clock_now now)
{
	struct store_ladder *ladders = NULL, one;
	size_t count = 0;

	for (size_t position = 0; (one.alarm = ladder_book_next_change(c->book, &position, &one.run));) {
		if ((count & (count - 1)) == 0)
			ladders = mem_realloc(ladders, count ? count * 2 : 1, sizeof(*ladders));
		ladders[count++] = one;
		foretold_look(c->foretold, one.alarm, one.run);
	}
	if (count && store_submit_ladders(c->live->store, ladders, count, now) == 0)
		ladder_book_saved(c->book);
	free(ladders);
}

static void take_sounded(struct crier *c, const struct ladder_turn *turn)
{
	struct sounded *all = steal(&c->sounded);
	size_t count = c->sounded_count;

	c->sounded_count = 0;
	for (size_t i = 0; i < count; i++)
		ladder_book_answer(
			c->book,
			&(struct ladder_answer){ .message = all[i].message, .ok = all[i].ok, .text = all[i].text },
			turn);
	free(all);
}

/* All but rises, which the next tick carries out: they are transitions, and one may be in work. */
static void carry_out(struct crier *c, const struct ladder_turn *turn)
{
	sounder_go(c->sounder, c->book);
	while (c->effects.message_count || c->effects.word_count || c->sounded_count) {
		struct ladder_effects now;

		take_sounded(c, turn);
		now = c->effects;
		c->effects = (struct ladder_effects){ .rises = now.rises, .rise_count = now.rise_count };
		now.rises = NULL;
		now.rise_count = 0;
		for (size_t i = 0; i < now.word_count; i++)
			record(c, &now.words[i]);
		for (size_t i = 0; i < now.message_count; i++)
			tell(c, &now.messages[i], turn);
		ladder_book_effects_fini(&now);
		sounder_go(c->sounder, c->book);
	}
	save(c, turn->now);
}

void crier_rise(struct ladder_effects *e, struct evaluator *evaluator, struct clock_now now, struct alarm_effects *out)
{
	struct ladder_effects taken = { .rises = steal(&e->rises), .rise_count = e->rise_count };

	e->rise_count = 0;
	for (size_t i = 0; i < taken.rise_count; i++)
		evaluator_command(evaluator,
				  &(struct evaluator_command){ .alarm = taken.rises[i].alarm,
							       .input = ALARM_IN_RISE,
							       .priority = taken.rises[i].priority },
				  now, out);
	ladder_book_effects_fini(&taken);
}

/* ---- what happens ---- */

static bool concerns(const struct crier *c, const char *alarm)
{
	return c->live->conf->contact_count > 0 || ladder_book_find(c->book, alarm);
}

void crier_note(struct crier *c, const char *alarm)
{
	if (!concerns(c, alarm))
		return;
	if (c->noted_count == c->noted_room) {
		c->noted_room = MAX(c->noted_room * 2, (size_t)16);
		c->noted = mem_realloc(c->noted, c->noted_room, sizeof(*c->noted));
	}
	c->noted[c->noted_count++] = mem_strdup(alarm);
}

void crier_go(struct crier *c)
{
	struct ladder_turn turn;

	if (c->noted_count == 0)
		return;
	turn = turn_of(c, clock_now());
	for (size_t i = 0; i < c->noted_count; i++) {
		const struct alarm *a = evaluator_find(engine_evaluator(c->live->engine), c->noted[i]);

		if (a)
			ladder_book_alarm(c->book, a, crier_ladder_of(c->live->conf, a), &turn);
		free(c->noted[i]);
	}
	c->noted_count = 0;
	carry_out(c, &turn);
}

void crier_tick(struct crier *c, struct clock_now now)
{
	struct ladder_turn turn = turn_of(c, now);

	ladder_book_tick(c->book, &turn);
	carry_out(c, &turn);
	crier_rise(&c->effects, engine_evaluator(c->live->engine), now, &c->live->effects);
}

void crier_notified(struct crier *c, const struct ladder_answer *answer)
{
	struct ladder_turn turn = turn_of(c, clock_now());
	struct ladder_answer a = *answer;

	if (!a.text || !*a.text)
		a.text = "it does not say why";
	ladder_book_answer(c->book, &a, &turn);
	carry_out(c, &turn);
}

void crier_lost(struct crier *c, const char *notifier)
{
	struct ladder_turn turn = turn_of(c, clock_now());

	if (c->live->stopping)
		return; /* what it has not answered is sent again by the next start */
	ladder_book_lost(c->book, notifier, "its notifier has ended", &turn);
	carry_out(c, &turn);
}

void crier_ready(struct crier *c, const char *notifier)
{
	struct ladder_turn turn = turn_of(c, clock_now());

	ladder_book_ready(c->book, notifier, &turn);
	carry_out(c, &turn);
}

void crier_point(struct crier *c, const struct point *p, unsigned change)
{
	touch_point(c->touch, p, change);
}

/* A staff card at the door of a dwelling is a visit. */
static void visited(void *context, const struct device *door, const char *whose)
{
	const struct live *l = context;

	visiting_card(l->visiting, door->place, whose);
}

void crier_settle(struct crier *c)
{
	struct ladder_turn turn;

	if (touch_waits(c->touch)) {
		touch_cards(c->touch, visited, c->live);
		touch_go(c->touch, c->live->engine, clock_now(), &c->live->effects);
	}
	if (!sounder_waits(c->sounder))
		return;
	turn = turn_of(c, clock_now());
	carry_out(c, &turn);
}

void crier_restore(struct crier *c, const struct ladder_run *run)
{
	evaluator_restore_rise(engine_evaluator(c->live->engine), run->alarm, run->rose_to);
	ladder_book_restore(c->book, ladder_run_copy(run));
}

void crier_begin(struct crier *c)
{
	struct ladder_turn turn = turn_of(c, clock_now());
	const struct alarm *a;

	for (size_t position = 0; (a = evaluator_next(engine_evaluator(c->live->engine), &position));)
		if (concerns(c, a->id))
			ladder_book_alarm(c->book, a, crier_ladder_of(c->live->conf, a), &turn);
	ladder_book_end_strangers(c->book, &turn);
	carry_out(c, &turn);
}

void crier_rebind(struct crier *c)
{
	struct ladder_book *before = c->book;
	const struct ladder_run *r;

	c->book = crier_new_book(c->live->conf);
	ladder_book_carry(c->book, before);
	ladder_book_free(before);
	sounder_rebind(c->sounder);
	touch_free(c->touch);
	c->touch = touch_new(c->live->conf, engine_points(c->live->engine));
	crier_begin(c);
	for (size_t position = 0; (r = ladder_book_next(c->book, &position));)
		foretold_look(c->foretold, r->alarm, r);
}

const struct ladder_run *crier_run(const struct crier *c, const char *alarm)
{
	return ladder_book_find(c->book, alarm);
}

bool crier_ahead(struct crier *c, const char *alarm, struct ladder_ahead *ret_ahead)
{
	struct ladder_turn turn = turn_of(c, clock_now());

	return ladder_ahead_find(c->book, alarm, &turn, ret_ahead);
}
