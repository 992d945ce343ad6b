#include "care/absence.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/phrase.h"

void absence_init(struct absence *a)
{
	memset(a, 0, sizeof(*a));
}

static void say(struct verdict *ret, int64_t age_us, const struct home_view *v)
{
	const char *room = sign_room_name(v->inside.room);
	char span[VERDICT_SPAN], last[CLOCK_ISO_MAX];

	if (!v->inside.at.mono_us) {
		snprintf(ret->zh, sizeof(ret->zh), "推定外出已%s，没有登记计划；还没有过室内动静",
			 verdict_span_zh(age_us, span));
		snprintf(ret->en, sizeof(ret->en), "presumed away for %s without a plan; no sign inside yet",
			 verdict_span_en(age_us, span));
		return;
	}
	clock_format_local(phrase_wall(v, v->inside.at.mono_us), last);
	last[16] = '\0'; /* without seconds */
	snprintf(ret->zh, sizeof(ret->zh), "推定外出已%s，没有登记计划；最后一次室内动静：%s %s",
		 verdict_span_zh(age_us, span), sign_room_zh(v->inside.room), last);
	snprintf(ret->en, sizeof(ret->en), "presumed away for %s without a plan; last sign inside: %s %s",
		 verdict_span_en(age_us, span), room[0] ? room : "home", last);
}

/* Somebody came, or came and left, and was not noticed inside: it is for this shift to ask. Mono; INT64_MAX: not so. */
static int64_t asked_at(const struct absence *a, const struct home_view *v)
{
	int64_t from_us = MAX(v->mode_because.mono_us, a->heard_us);

	return v->at_door && !v->planned_away ? from_us + settings_us(v->settings, SETTINGS_LONG_ABSENCE_UNKNOWN)
					      : INT64_MAX;
}

static void say_unknown(struct verdict *ret, const struct home_view *v)
{
	char door[CLOCK_ISO_MAX], last[PHRASE_MAX];

	phrase_time(phrase_wall(v, v->mode_because.mono_us), door);
	snprintf(ret->zh, sizeof(ret->zh), "推定外出期间门在 %s 动过，之后室内没有动静，无法判断有没有人在；%s", door,
		 phrase_last_zh(v, last));
	snprintf(ret->en, sizeof(ret->en),
		 "presumed away, then the entrance moved at %s and nothing inside since: not known whether somebody is "
		 "in; %s",
		 door, phrase_last_en(v, last));
}

void absence_judge(struct absence *a, const struct home_view *v, struct verdict *ret_verdict)
{
	int64_t age_us, now_us = v->now.at.mono_us;

	*ret_verdict = (struct verdict){ .active = false };
	/* What cannot be seen for a while is neither a return nor an absence. */
	if (v->mode == HOME_HOME) {
		absence_init(a);
		return;
	}
	if ((v->mode == HOME_AWAY || v->at_door) && (!a->from.mono_us || v->planned_away))
		a->from = v->planned_away ? v->now.at : v->mode_because;
	if (!a->from.mono_us)
		return;
	age_us = now_us - a->from.mono_us;
	if (now_us >= asked_at(a, v)) {
		*ret_verdict = (struct verdict){ .active = true, .priority = 3 };
		say_unknown(ret_verdict, v);
		return;
	}
	if (age_us < settings_us(v->settings, SETTINGS_LONG_ABSENCE_FIRST))
		return;
	ret_verdict->active = true;
	ret_verdict->priority = age_us >= settings_us(v->settings, SETTINGS_LONG_ABSENCE_SECOND) ? 3 : 4;
	say(ret_verdict, age_us, v);
}

int64_t absence_due(const struct absence *a, const struct home_view *v)
{
	int64_t first_us = a->from.mono_us + settings_us(v->settings, SETTINGS_LONG_ABSENCE_FIRST);
	int64_t second_us = a->from.mono_us + settings_us(v->settings, SETTINGS_LONG_ABSENCE_SECOND);
	int64_t now_us = v->now.at.mono_us, asked_us = asked_at(a, v),
		due_us = asked_us > now_us ? asked_us : INT64_MAX;

	if (!a->from.mono_us || v->planned_away)
		return INT64_MAX;
	if (now_us < second_us)
		due_us = MIN(due_us, now_us < first_us ? first_us : second_us);
	return due_us;
}

void absence_move(struct absence *a, int64_t by_us)
{
	sign_move(&a->from.mono_us, by_us);
	sign_move(&a->heard_us, by_us);
}

void absence_heard(struct absence *a, const struct home_view *v)
{
	if (a->from.mono_us)
		a->from = v->now.at;
	a->heard_us = v->now.at.mono_us;
}
