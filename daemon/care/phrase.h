/* phrase.h: pieces of the sentences in which the rules about people say why. Pure; never logs. */
#pragma once

#include "care/home_view.h"

#define PHRASE_MAX 96

/* The wall time of that monotonic moment as the clock is now, whatever it said then: it may have been set since. */
static inline int64_t phrase_wall(const struct home_view *v, int64_t mono_us)
{
	return v->now.at.wall_us - (v->now.at.mono_us - mono_us);
}

/* "22:45" by the estate's clock; "3小时" ago is said elsewhere. buf of CLOCK_ISO_MAX; returns it. */
const char *phrase_time(int64_t wall_us, char *buf);
/* "最后一次：卧室 22:45", with the day where it was not today; "尚无室内动静" where there was none. Where the clock cannot be
 * believed, how long ago it was. buf of PHRASE_MAX. */
const char *phrase_last_zh(const struct home_view *v, char *buf);
/* "last sign: bedroom 22:45" */
const char *phrase_last_en(const struct home_view *v, char *buf);
/* The room's name for English sentences: "bedroom", "inside" where it has none. */
const char *phrase_room_en(enum sign_room r);
/* The night of the rules about door and bed (night-exit.from, .to). False where the clock cannot be believed. */
bool phrase_is_night(const struct home_view *v);
