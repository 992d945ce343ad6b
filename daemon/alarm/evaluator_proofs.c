#include "alarm/evaluator_inside.h"

#include "base/str.h"

static bool has_ways(const struct evaluator *e, const char *asset)
{
	for (size_t i = 0; i < e->proof.count; i++)
		if (str_equal(*e->proof.groups[i].place ? e->proof.groups[i].place : "estate", asset))
			return true;
	return false;
}

/* Their building has gone from the configuration, or all with which people call for help there: nobody can prove them. */
static void end_strange_proofs(struct evaluator *e, struct clock_now now, struct alarm_effects *out)
{
	const struct alarm *a;

	if (e->reviewed)
		return;
	e->reviewed = true;
	for (size_t position = 0; (a = evaluator_next(e, &position));)
		if (str_equal(a->rule, PROOF_RULE) && a->state != ALARM_NORMAL && !has_ways(e, a->asset))
			evaluator_set(e, &(struct evaluator_condition){ .rule = PROOF_RULE, .asset = a->asset }, now,
				      out);
}

/* The ways of help that nobody has tried for too long. */
static void review_proofs(struct evaluator *e, struct clock_now now, struct alarm_effects *out)
{
	if (!e->proof.count || (e->proof.due_us != INT64_MAX && e->proof.due_us > now.mono_us))
		return;
	e->proof.due_us = now.mono_us + PROOF_EVERY;
	proof_note_new(&e->proof, &e->world.modes, now, out);
	for (size_t i = 0; i < e->proof.count; i++) {
		const struct proof_group *g = &e->proof.groups[i];
		struct proof_question q = { .group = g, .modes = &e->world.modes, .wall_us = now.wall_us };
		struct proof_words words = { 0 };
		struct evaluator_condition c = { .rule = PROOF_RULE,
						 .asset = *g->place ? g->place : "estate",
						 .place = g->place };

		c.active = proof_overdue(&e->proof, &q, &words) > 0;
		c.why_zh = str_buf_text(&words.zh);
		c.why_en = str_buf_text(&words.en);
		evaluator_set(e, &c, now, out);
		str_buf_fini(&words.zh);
		str_buf_fini(&words.en);
	}
}

void evaluator_proofs_review(struct evaluator *e, const struct watcher_turn *turn)
{
	end_strange_proofs(e, turn->now, turn->out);
	review_proofs(e, turn->now, turn->out);
}
