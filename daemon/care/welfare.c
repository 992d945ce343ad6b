#include "care/welfare.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/phrase.h"

void welfare_init(struct welfare *w)
{
	memset(w, 0, sizeof(*w));
}

bool welfare_is_judged(const struct home_view *v)
{
	return v->mode == HOME_HOME && !v->blind_since_us && !(v->concern->only_alone && v->others_home);
}

/* Mono times at which stages 2 and 3 begin. */
static int64_t stage_at(const struct welfare *w, const struct home_view *v, int stage)
{
	int64_t at_us = w->crossed_us + settings_us(v->settings, SETTINGS_WELFARE_PROMPT_FOR);

	return stage == 3 ? at_us + settings_us(v->settings, SETTINGS_WELFARE_DESK_FOR) : at_us;
}

static void say(const struct home_view *v, const struct welfare_case *c, struct verdict *ret)
{
	char age[VERDICT_SPAN], against[RHYTHM_TEXT], now[CLOCK_ISO_MAX], last[CLOCK_ISO_MAX];
	const char *room = sign_room_name(v->inside.room);
	int64_t age_us = v->now.at.mono_us - c->since_us;

	clock_format_time(v->now.at.wall_us, now);
	clock_format_time(phrase_wall(v, v->inside.at.mono_us), last);
	now[5] = last[5] = '\0'; /* without seconds */
	snprintf(ret->zh, sizeof(ret->zh), "%s 还没有动静：%s，现在%s；最后一次：%s %s", now,
		 rhythm_against_zh(&c->limit, against), verdict_span_zh(age_us, age), sign_room_zh(v->inside.room),
		 last);
	snprintf(ret->en, sizeof(ret->en), "no sign of life by %s: %s, now %s; last sign: %s %s", now,
		 rhythm_against_en(&c->limit, against), verdict_span_en(age_us, age), room[0] ? room : "home", last);
}

void welfare_judge(struct welfare *w, const struct home_view *v, const struct welfare_case *c,
		   struct verdict *ret_verdict)
{
	static const int priorities[] = { 0, 4, 2, 1 };
	int64_t now_us = v->now.at.mono_us;

	*ret_verdict = (struct verdict){ .active = false };
	if (w->stage && w->quiet_us != c->since_us)
		welfare_init(w);
	if (!w->stage && welfare_is_judged(v) && c->since_us && now_us - c->since_us >= c->limit.limit_us) {
		w->quiet_us = c->since_us;
		w->crossed_us = now_us;
		w->stage = 1;
	}
	if (!w->stage)
		return;
	if (welfare_is_judged(v))
		for (int stage = 2; stage <= 3; stage++)
			if (w->stage < stage && now_us >= stage_at(w, v, stage))
				w->stage = (uint8_t)stage;
	ret_verdict->active = true;
	ret_verdict->stage = w->stage;
	ret_verdict->priority = priorities[w->stage];
	say(v, c, ret_verdict);
}

int64_t welfare_due(const struct welfare *w, const struct home_view *v, const struct welfare_case *c)
{
	if (!welfare_is_judged(v) || !c->since_us || w->stage >= 3)
		return INT64_MAX;
	if (w->stage)
		return stage_at(w, v, w->stage + 1);
	return MAX(c->limit.due_us, v->now.at.mono_us + S);
}

void welfare_rise(struct welfare *w, int64_t quiet_us, int64_t now_us)
{
	if (!w->stage)
		w->crossed_us = now_us;
	w->quiet_us = quiet_us;
	w->stage = 3;
}

void welfare_move(struct welfare *w, int64_t by_us)
{
	sign_move(&w->quiet_us, by_us);
	sign_move(&w->crossed_us, by_us);
}
