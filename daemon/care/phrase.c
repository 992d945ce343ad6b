#include "care/phrase.h"

#include <stdio.h>

#include "base/util.h"
#include "care/verdict.h"

const char *phrase_time(int64_t wall_us, char *buf)
{
	clock_format_time(wall_us, buf);
	buf[5] = '\0'; /* seconds are of no interest */
	return buf;
}

const char *phrase_room_en(enum sign_room r)
{
	return r == SIGN_ROOM_OTHER ? "inside" : sign_room_name(r);
}

/* The wall time of a moment, or with the date where it was not today. */
static const char *moment(const struct home_view *v, const struct clock_now *at, char *buf)
{
	int64_t wall_us = phrase_wall(v, at->mono_us);

	if (v->now.at.wall_us - wall_us <= v->now.minute * MINUTE + MINUTE)
		return phrase_time(wall_us, buf);
	clock_format_local(wall_us, buf);
	buf[16] = '\0';
	return buf + 5; /* "11-22 22:45" */
}

const char *phrase_last_zh(const struct home_view *v, char *buf)
{
	char time[CLOCK_ISO_MAX], span[VERDICT_SPAN];
	const struct home_last *last = &v->inside;

	if (!last->at.mono_us)
		snprintf(buf, PHRASE_MAX, "尚无室内动静");
	else if (v->now.minute < 0)
		snprintf(buf, PHRASE_MAX, "最后一次：%s，%s前", sign_room_zh(last->room),
			 verdict_span_zh(v->now.at.mono_us - last->at.mono_us, span));
	else
		snprintf(buf, PHRASE_MAX, "最后一次：%s %s", sign_room_zh(last->room), moment(v, &last->at, time));
	return buf;
}

const char *phrase_last_en(const struct home_view *v, char *buf)
{
	char time[CLOCK_ISO_MAX], span[VERDICT_SPAN];
	const struct home_last *last = &v->inside;

	if (!last->at.mono_us)
		snprintf(buf, PHRASE_MAX, "no sign inside so far");
	else if (v->now.minute < 0)
		snprintf(buf, PHRASE_MAX, "last sign: %s, %s ago", phrase_room_en(last->room),
			 verdict_span_en(v->now.at.mono_us - last->at.mono_us, span));
	else
		snprintf(buf, PHRASE_MAX, "last sign: %s %s", phrase_room_en(last->room), moment(v, &last->at, time));
	return buf;
}

bool phrase_is_night(const struct home_view *v)
{
	double from = v->settings->values[SETTINGS_NIGHT_FROM], to = v->settings->values[SETTINGS_NIGHT_TO];
	int minute = v->now.minute;

	if (minute < 0)
		return false;
	return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}
