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

/* It is told of already, and there is more to say. */
static void retell(const struct evaluator_condition *c, struct care_turn *t)
{
	_cleanup_str_buf_ struct str_buf id = { 0 };

	str_buf_printf(&id, "%s/%s", c->rule, c->asset);
	evaluator_retell(t->evaluator, id.text, t->now, t->out);
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

	*told = (struct home_told){ .known = true,
				    .active = v->active,
				    .priority = (uint8_t)c.priority,
				    .stage = (uint8_t)c.stage,
				    .news = v->news };
	if (before.known && before.active == told->active && before.priority == told->priority &&
	    before.stage == told->stage && before.news == told->news)
		return;
	evaluator_set(t->evaluator, &c, t->now, t->out);
	if (before.active && told->active && before.news != told->news)
		retell(&c, t);
	ask(h, rule, told->active && told->stage == 1, t);
	h->version++;
}

#define SILENT_FOR 2 /* days on which somebody was about */

static void name_sensor(const struct home_sensor *sensor, unsigned days, struct verdict *v)
{
	size_t zh = strlen(v->zh), en = strlen(v->en);
	const char *id = sensor->device->id, *room = sign_room_name(sensor->room);

	if (zh + strlen(id) + 64 > sizeof(v->zh) || en + strlen(id) + 64 > sizeof(v->en))
		return;
	snprintf(v->zh + zh, sizeof(v->zh) - zh, "%s%s（%s）已%u天", zh ? "、" : "", id, sign_room_zh(sensor->room),
		 days);
	snprintf(v->en + en, sizeof(v->en) - en, "%s%s (%s) for %u days", en ? ", " : "", id, room[0] ? room : "home",
		 days);
}

void telling_say_sensors(struct home *h, struct care_turn *t)
{
	struct verdict v = { .priority = 4 };
	char asset[128];
	struct str_buf zh = { 0 }, en = { 0 };

	for (unsigned i = 0; i < h->sensor_count; i++)
		if (home_look_silent(h, i) >= SILENT_FOR &&
		    !h->state.devices[i].lost_s) { /* else it is told of as lost */
			v.active = !h->asleep;
			name_sensor(&h->sensors[i], home_look_silent(h, i), &v);
		}
	if (h->told_sensors.known && h->told_sensors.active == v.active)
		return;
	h->told_sensors = (struct home_told){ .known = true, .active = v.active };
	snprintf(asset, sizeof(asset), TELLING_SENSORS "%s", h->place);
	str_buf_printf(&zh, "传感器没有动静，而同户其他传感器正常，请检查电池和位置：%s", v.zh);
	str_buf_printf(&en, "sensors say nothing while the others of the home go on, look at battery and place: %s",
		       v.en);
	evaluator_set(t->evaluator,
		      &(struct evaluator_condition){ .rule = "supervision",
						     .asset = asset,
						     .place = h->place,
						     .active = v.active,
						     .why_zh = v.active ? str_buf_text(&zh) : NULL,
						     .why_en = v.active ? str_buf_text(&en) : NULL,
						     .priority = v.active ? v.priority : 0 },
		      t->now, t->out);
	str_buf_fini(&zh);
	str_buf_fini(&en);
}
