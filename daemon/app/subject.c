#include "app/subject.h"

#include <stdio.h>

#include "app/live.h"

bool subject_set(struct subject *s, enum watch_state state, const char *text)
{
	snprintf(s->text, sizeof(s->text), "%s", text ? text : "");
	if (s->state == state)
		return false;
	s->news = state == WATCH_DOWN || s->state == WATCH_DOWN;
	s->state = state;
	s->since_us = clock_mono_us();
	/* It is down as it was: what has passed of its delay counts. */
	if (s->kept_us && state == WATCH_DOWN)
		s->since_us = MIN(s->since_us, s->kept_us);
	s->kept_us = 0;
	return true;
}

void subject_judge(struct live *l, struct subject *s, const char *asset, const char *place)
{
	struct clock_now now = clock_now();
	struct evaluator_condition c = {
		.rule = "supervision",
		.asset = asset,
		.place = place,
		.active = true,
		.why_zh = s->text_zh ? s->text_zh : s->text,
		.why_en = s->text,
		.priority = s->priority,
	};

	if (s->alarmed || s->state != WATCH_DOWN || now.mono_us - s->since_us < s->delay_us)
		return;
	s->alarmed = true;
	evaluator_set(engine_evaluator(l->engine), &c, now, &l->effects);
}

void subject_recover(struct live *l, struct subject *s, const char *asset)
{
	struct evaluator_condition c = { .rule = "supervision", .asset = asset, .active = false };

	s->alarmed = false;
	evaluator_set(engine_evaluator(l->engine), &c, clock_now(), &l->effects);
}

bool subject_was_behind(const struct live *l, const struct subject *s, const char *asset)
{
	_cleanup_str_buf_ struct str_buf id = { 0 };
	const struct alarm *a;

	if (s->state != WATCH_UNKNOWN)
		return false;
	str_buf_printf(&id, "supervision/%s", asset);
	a = evaluator_find(engine_evaluator(l->engine), str_buf_text(&id));
	return a && a->state == ALARM_SUPPRESSED;
}

void subject_say(struct live *l, const char *what, const char *id, const struct subject *s)
{
	const char *state = s->state == WATCH_UP ? "up" : "down";
	_cleanup_str_buf_ struct str_buf payload = { 0 };

	if (l->api) /* not while estated ends */
		api_health_changed(l->api, what, id, state, s->text);
	if (!s->news || !l->outflow) /* a replay has none */
		return;
	str_buf_printf(&payload, "{\"what\":\"%s\",\"id\":", what);
	str_buf_add_json(&payload, id);
	str_buf_printf(&payload, ",\"state\":\"%s\",\"text\":", state);
	str_buf_add_json(&payload, s->text);
	str_buf_add(&payload, "}");
	outflow_message(l->outflow, "health", str_buf_text(&payload));
}

int64_t subject_due(const struct subject *s)
{
	return s->state == WATCH_DOWN && !s->alarmed ? s->since_us + s->delay_us : INT64_MAX;
}
