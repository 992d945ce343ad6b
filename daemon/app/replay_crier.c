#include "app/replay_crier.h"

#include "app/crier.h"
#include "base/mem.h"

struct replay_crier {
	const struct conf *conf;
	struct replay_out *out;
	struct ladder_book *book;
	struct ladder_effects effects;
};

struct replay_crier *replay_crier_new(const struct conf *conf, struct replay_out *out)
{
	struct replay_crier *c;

	if (conf->contact_count == 0)
		return NULL;
	c = MEM_NEW(struct replay_crier);
	c->conf = conf;
	c->out = out;
	c->book = crier_new_book(conf);
	return c;
}

void replay_crier_free(struct replay_crier *c)
{
	if (!c)
		return;
	ladder_book_free(c->book);
	ladder_book_effects_fini(&c->effects);
	free(c);
}

static struct ladder_turn turn_of(struct replay_crier *c, const struct replay_crier_moment *m)
{
	return (struct ladder_turn){ .now = m->now, .clock_known = m->clock_known, .out = &c->effects };
}

/* Everybody can be reached. Rises stay until the next tick, as live. */
static void carry_out(struct replay_crier *c, const struct ladder_turn *turn)
{
	while (c->effects.message_count || c->effects.word_count) {
		struct ladder_effects now = c->effects;

		c->effects = (struct ladder_effects){ .rises = now.rises, .rise_count = now.rise_count };
		now.rises = NULL;
		now.rise_count = 0;
		for (size_t i = 0; i < now.message_count; i++) {
			replay_out_notify(c->out, &now.messages[i], turn->now.wall_us);
			ladder_book_answer(c->book,
					   &(struct ladder_answer){ .message = now.messages[i].id, .ok = true }, turn);
		}
		ladder_book_effects_fini(&now);
	}
	ladder_book_saved(c->book);
}

void replay_crier_alarm(struct replay_crier *c, const struct alarm *a, const struct replay_crier_moment *m)
{
	struct ladder_turn turn;

	if (!c)
		return;
	turn = turn_of(c, m);
	ladder_book_alarm(c->book, a, crier_ladder_of(c->conf, a), &turn);
	carry_out(c, &turn);
}

void replay_crier_tick(struct replay_crier *c, struct evaluator *e, const struct replay_crier_moment *m,
		       struct alarm_effects *out)
{
	struct ladder_turn turn;

	if (!c)
		return;
	turn = turn_of(c, m);
	ladder_book_tick(c->book, &turn);
	carry_out(c, &turn);
	crier_rise(&c->effects, e, m->now, out);
}

int64_t replay_crier_due(const struct replay_crier *c)
{
	if (!c)
		return INT64_MAX;
	return c->effects.rise_count ? INT64_MIN : ladder_book_due(c->book);
}

void replay_crier_restart(struct replay_crier *c, struct evaluator *e, const struct replay_crier_moment *m)
{
	struct ladder_book *before;
	const struct ladder_run *r;
	const struct alarm *a;
	struct ladder_turn turn;

	if (!c)
		return;
	before = c->book;
	c->book = crier_new_book(c->conf);
	turn = turn_of(c, m);
	for (size_t position = 0; (r = ladder_book_next(before, &position));) {
		evaluator_restore_rise(e, r->alarm, r->rose_to);
		ladder_book_restore(c->book, ladder_run_copy(r));
	}
	ladder_book_free(before);
	for (size_t position = 0; (a = evaluator_next(e, &position));)
		ladder_book_alarm(c->book, a, crier_ladder_of(c->conf, a), &turn);
	ladder_book_end_strangers(c->book, &turn);
	carry_out(c, &turn);
}
