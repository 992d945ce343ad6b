#include "care/telling.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* In the home they are asked, or not any more. That is remembered beyond a kill: nobody is asked twice for it. */
static void ask(struct home *h, enum concern_rule rule, bool begins, struct care_turn *t)
{
	uint16_t bit = (uint16_t)(1U << rule);

	if (!(h->state.asked & bit) == !begins)
		return;
	h->state.asked ^= bit;
	if (t->prompt_count == t->prompt_room) {
		t->prompt_room = t->prompt_room ? t->prompt_room * 2 : 8;
		t->prompts = mem_realloc(t->prompts, t->prompt_room, sizeof(*t->prompts));
	}
	t->prompts[t->prompt_count++] =
		(struct care_prompt){ .place = h->place, .alarm = concern_rule_id(rule), .begins = begins };
}

void telling_say(struct home *h, enum concern_rule rule, const struct verdict *v, struct care_turn *t)
{
	struct home_told *told = &h->told[rule], before = *told;
	struct evaluator_condition c = { .rule = concern_rule_id(rule),
					 .asset = h->place,
					 .place = h->place,
					 .active = v->active,
					 .why_zh = v->active ? v->zh : NULL,
					 .why_en = v->active ? v->en : NULL,
					 .priority = v->active ? v->priority : 0,
					 .stage = v->active ? v->stage : 0,
					 .withdrawn = !v->active && before.stage <= 1 };

	*told = (struct home_told){
		.known = true, .active = v->active, .priority = (uint8_t)c.priority, .stage = (uint8_t)c.stage
	};
	if (before.known && before.active == told->active && before.priority == told->priority &&
	    before.stage == told->stage)
		return;
	evaluator_set(t->evaluator, &c, t->now, t->out);
	ask(h, rule, told->active && told->stage == 1, t);
	h->version++;
}
