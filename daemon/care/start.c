#include "care/start.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "care/phrase.h"

void start_init(struct start *s)
{
	memset(s, 0, sizeof(*s));
	s->today = START_NONE;
}

void start_sign(struct start *s, const struct sign *sign, const struct home_view *v)
{
	if (sign->moment.minute < 0 && sign_is_inside(sign))
		s->away = true; /* it may be the first of the morning */
	if (sign->moment.minute < START_MORNING || s->today != START_NONE)
		return;
	if (home_view_counts(v) && sign_is_inside(sign))
		s->today = (uint16_t)sign->moment.minute;
	else if (!home_view_counts(v))
		s->away = true;
}

static bool is_known(const struct start *s)
{
	return s->days >= START_LEAST;
}

/* The latest that is known. */
static int latest(const struct start *s)
{
	int minute = START_MORNING;

	for (unsigned i = 0; i < s->days; i++)
		if (s->first[i] != START_NONE)
			minute = MAX(minute, s->first[i]);
	return minute;
}

/* The minute of the day at which it is late. */
static int late_at(const struct start *s, const struct home_view *v)
{
	int minute;

	if (!is_known(s))
		return (int)v->settings->values[SETTINGS_NO_START_COLD];
	minute = latest(s) + (int)(settings_us(v->settings, SETTINGS_NO_START_BUFFER) / MINUTE);
	return MIN(minute, 24 * 60 - 1);
}

static bool is_awaited(const struct start *s, const struct home_view *v)
{
	return s->today == START_NONE && !s->away && home_view_counts(v) && !v->blind_since_us && v->now.minute >= 0 &&
	       v->inside.at.mono_us && !(v->concern->only_alone && v->others_home);
}

void start_judge(struct start *s, const struct home_view *v, struct verdict *ret_verdict)
{
	char last[CLOCK_ISO_MAX];
	const char *room = sign_room_name(v->inside.room);
	int minute = is_known(s) ? latest(s) : late_at(s, v);

	*ret_verdict = (struct verdict){ .active = false };
	if (!home_view_counts(v) && v->now.minute >= START_MORNING && s->today == START_NONE)
		s->away = true;
	if (!is_awaited(s, v) || v->now.minute < late_at(s, v) || v->welfare_stage >= 2)
		return;
	ret_verdict->active = true;
	ret_verdict->priority = 3;
	clock_format_time(phrase_wall(v, v->inside.at.mono_us), last);
	last[5] = '\0'; /* without seconds */
	snprintf(ret_verdict->zh, sizeof(ret_verdict->zh),
		 is_known(s) ? "今早还没有动静：过去%u天最晚%02d:%02d已有动静；最后一次：%s %s"
			     : "今早还没有动静（已知%u天，还在学习作息，暂按%02d:%02d）；最后一次：%s %s",
		 s->days, minute / 60, minute % 60, sign_room_zh(v->inside.room), last);
	snprintf(ret_verdict->en, sizeof(ret_verdict->en),
		 is_known(s)
			 ? "nobody has stirred this morning: in %u %s it was %02d:%02d at the latest; last sign: %s %s"
			 : "nobody has stirred this morning (%u %s known, %02d:%02d is taken meanwhile); last "
			   "sign: %s %s",
		 s->days, is_known(s) ? str_plural(s->days, "day", "days") : str_plural(s->days, "day is", "days are"),
		 minute / 60, minute % 60, room[0] ? room : "home", last);
}

int64_t start_due(const struct start *s, const struct home_view *v)
{
	int late = late_at(s, v);

	if (!is_awaited(s, v) || v->now.minute >= late)
		return INT64_MAX;
	return sign_until(&v->now, late);
}

void start_day(struct start *s, _unused_ const struct home_view *v)
{
	if (s->today != START_NONE && !s->away) {
		s->first[s->next] = s->today;
		s->next = (uint8_t)((s->next + 1) % START_DAYS);
		s->days = (uint8_t)MIN(s->days + 1, START_DAYS);
	}
	s->today = START_NONE;
	s->away = false;
}

void start_move(_unused_ struct start *s, _unused_ int64_t by_us)
{
}
