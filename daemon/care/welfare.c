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
	return home_view_counts(v) && !v->blind_since_us && !(v->concern->only_alone && v->others_home);
}

/* Mono times at which stages 2 and 3 begin. */
static int64_t stage_at(const struct welfare *w, const struct home_view *v, int stage)
{
	int64_t at_us = w->crossed_us + settings_us(v->settings, SETTINGS_WELFARE_PROMPT_FOR);

	return stage == 3 ? at_us + settings_us(v->settings, SETTINGS_WELFARE_DESK_FOR) : at_us;
}

/* ---- motion of a moment ---- */

#define STIR_WITHIN (10 * MINUTE)
#define STIRS       3 /* within it, of two sensors: somebody is about */
#define STIR_ROOMS  3 /* are seen at least: who is about is seen in more than one */

/* Where there is a door, who has left is known by it, and their ghosts with them. Without one: a motion sensor's, one of several. */
static bool may_be_ghost(const struct sign *s, const struct home_view *v)
{
	unsigned rooms = v->healthy_rooms & ~(1U << SIGN_ROOM_ENTRANCE);

	return !v->door_known && !v->door_awaited && s->kind == SIGN_MOTION && __builtin_popcount(rooms) >= STIR_ROOMS;
}

bool welfare_sign(struct welfare *w, const struct sign *s, const struct home_view *v)
{
	int64_t now_us = s->moment.at.mono_us;

	if (w->stage < 2 || !may_be_ghost(s, v))
		return true;
	if (!w->stir_s || now_us - w->stir_s * S > STIR_WITHIN) {
		w->stirred_before = w->stir_s != 0;
		w->stirs = 0;
		w->stirs_of_two = false;
		w->stir_device = s->device;
		w->stir_room = s->room & 15U;
		w->stir_s = (int32_t)MAX(now_us / S, 1);
	}
	w->stirs = (uint8_t)MIN(w->stirs + 1, STIRS) & 3;
	w->stirs_of_two = w->stirs_of_two || w->stir_device != s->device;
	return w->stirs >= STIRS && w->stirs_of_two;
}

int64_t welfare_quiet_until(const struct welfare *w, const struct home_view *v)
{
	if (!w->stir_s)
		return v->now.at.mono_us;
	return w->stirred_before ? stage_at(w, v, 2) : w->stir_s * S;
}

static void say_stir(const struct welfare *w, const struct home_view *v, struct verdict *ret)
{
	const char *room = sign_room_name((enum sign_room)w->stir_room);
	char at[CLOCK_ISO_MAX], text[VERDICT_TEXT];

	phrase_time(phrase_wall(v, w->stir_s * S), at);
	snprintf(text, sizeof(text), "；%s %s有过短暂动静，还不能说明情况", at,
		 sign_room_zh((enum sign_room)w->stir_room));
	verdict_add(ret->zh, text);
	snprintf(text, sizeof(text), "; motion of a moment at %s: %s, which says little yet", at,
		 room[0] ? room : "home");
	verdict_add(ret->en, text);
	ret->news = w->stir_s;
}

static void say_visited(struct verdict *ret)
{
	verdict_add(ret->zh, "；之后门动过，当时有来访者在，住户是否一起离开还不清楚");
	verdict_add(ret->en, "; then the door moved while a visitor was in: not known whether they left together");
}

/* ---- the stages ---- */

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
	if (v->visited)
		say_visited(ret_verdict);
	if (w->stir_s)
		say_stir(w, v, ret_verdict);
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
	if (w->stir_s)
		w->stir_s += (int32_t)(by_us / S);
}
