#include "care/night.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/phrase.h"

/* Who goes out is seen by the hall's sensor a moment longer than by the door's. */
#define TRAIL (15 * S)

enum { OPEN_UNKNOWN, OPEN_NO, OPEN_YES };

void night_init(struct night *n)
{
	memset(n, 0, sizeof(*n));
}

/* A sensor repeats what it knows now and then: only a change says that somebody moved the door. */
static bool moved(struct night *n, const struct sign *s)
{
	uint8_t open = s->on ? OPEN_YES : OPEN_NO;
	bool changed = n->open ? n->open != open : s->on;

	n->open = open;
	return changed;
}

static void entrance(struct night *n, const struct sign *s, const struct home_view *v)
{
	if (!moved(n, s))
		return;
	if (n->state == NIGHT_IDLE && phrase_is_night(v) && !v->companion && v->mode != HOME_AWAY)
		n->state = NIGHT_LEAVING;
	if (n->state == NIGHT_LEAVING)
		n->door = s->moment.at;
}

void night_sign(struct night *n, const struct sign *s, const struct home_view *v)
{
	if (s->entrance && s->kind == SIGN_CONTACT)
		entrance(n, s, v);
	else if (sign_is_inside(s) && s->moment.at.mono_us >= n->door.mono_us + TRAIL)
		n->state = NIGHT_IDLE;
}

/* Something inside could tell if they were there. */
static bool can_tell(const struct home_view *v)
{
	return !v->blind_since_us && (v->healthy_rooms & ~(1U << SIGN_ROOM_ENTRANCE));
}

static void say(const struct night *n, const struct home_view *v, struct verdict *verdict)
{
	char time[CLOCK_ISO_MAX], span[VERDICT_SPAN], last[PHRASE_MAX];
	int64_t age_us = v->now.at.mono_us - n->door.mono_us;

	phrase_time(n->door.wall_us, time);
	snprintf(verdict->zh, sizeof(verdict->zh), "夜间 %s 入户门有动作，此后%s室内没有动静，可能独自出门；%s", time,
		 verdict_span_zh(age_us, span), phrase_last_zh(v, last));
	snprintf(verdict->en, sizeof(verdict->en),
		 "the entrance moved at %s at night and nothing was noticed inside for %s since: may have gone out "
		 "alone; %s",
		 time, verdict_span_en(age_us, span), phrase_last_en(v, last));
}

void night_judge(struct night *n, const struct home_view *v, struct verdict *ret_verdict)
{
	struct verdict verdict = { .active = false };

	if (n->state == NIGHT_LEAVING && v->companion)
		n->state = NIGHT_IDLE;
	if (n->state == NIGHT_LEAVING && v->now.at.mono_us >= night_due(n, v) && can_tell(v))
		n->state = NIGHT_OUT;
	if (n->state == NIGHT_OUT) {
		verdict = (struct verdict){ .active = true, .priority = 2 };
		say(n, v, &verdict);
	}
	*ret_verdict = verdict;
}

int64_t night_due(const struct night *n, const struct home_view *v)
{
	return n->state == NIGHT_LEAVING ? n->door.mono_us + settings_us(v->settings, SETTINGS_NIGHT_EXIT_FOR)
					 : INT64_MAX;
}

void night_day(_unused_ struct night *n, _unused_ const struct home_view *v)
{
}

void night_move(struct night *n, int64_t by_us)
{
	sign_move(&n->door.mono_us, by_us);
}
