#include "care/stove.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/phrase.h"
#include "care/slot.h"

#define PAUSE      (5 * MINUTE)  /* of a thermostat */
#define BEYOND     (15 * MINUTE) /* what says no watts: longer than ever of late by so much */
#define HOURS      (4 * HOUR)    /* no stove runs for so long, again and again */
#define HOURS_MOST 2
#define FORGOTTEN  (7 * DAY) /* the kitchen says nothing of people for so long: no sensor of it does */

void stove_init(struct stove *s)
{
	memset(s, 0, sizeof(*s));
	slot_init(s->slots, STOVE_DEVICES);
}

/* Where it says watts, they decide. */
static bool runs(const struct sign *s, const struct home_view *v)
{
	const double *values = v->settings->values;

	if (!s->on || !(s->value > 0))
		return s->on;
	return s->value >= values[SETTINGS_STOVE_WATTS_LEAST] && s->value <= values[SETTINGS_STOVE_WATTS_MOST];
}

/* A run that is over is what it is used to do. */
static void settle(struct stove_device *d, int64_t now_us)
{
	int64_t units;

	if (!d->on_us || !d->off_us || now_us - d->off_us <= PAUSE)
		return;
	units = (d->off_us - d->on_us + STOVE_UNIT - 1) / STOVE_UNIT;
	d->longest = (uint8_t)MAX(d->longest, MIN(units, UINT8_MAX));
	if (d->off_us - d->on_us >= HOURS)
		d->hours = (uint8_t)MIN(d->hours + 1, 2 * HOURS_MOST);
	d->on_us = d->off_us = 0;
	d->told = 0;
}

static void appliance(struct stove_device *d, const struct sign *s, bool on)
{
	int64_t now_us = s->moment.at.mono_us;

	settle(d, now_us);
	if (!on && d->on_us && !d->off_us)
		d->off_us = now_us;
	if (!on)
		return;
	if (!d->on_us) {
		d->on_us = now_us;
		d->wall_us = s->moment.at.wall_us;
	}
	d->off_us = 0;
}

void stove_sign(struct stove *s, const struct sign *sign, const struct home_view *v)
{
	if (sign->room != SIGN_ROOM_KITCHEN)
		return;
	if (sign->kind == SIGN_APPLIANCE || sign->kind == SIGN_WATTS) {
		int slot = slot_of(s->slots, STOVE_DEVICES, sign->device);

		if (slot < 0)
			return;
		s->devices[slot].watts |= sign->value > 0;
		appliance(&s->devices[slot], sign, runs(sign, v));
	} else if (sign_is_inside(sign)) {
		s->kitchen_us = sign->moment.at.mono_us;
		s->kitchen_device = sign->device;
		for (size_t i = 0; i < STOVE_DEVICES; i++)
			if (s->devices[i].told)
				s->devices[i].told |= 2;
	}
}

/* From when on it is left on, mono; INT64_MAX: it is not running. */
static int64_t left_on_at(const struct stove *s, const struct stove_device *d, const struct home_view *v)
{
	int64_t for_us = settings_us(v->settings, SETTINGS_STOVE_FOR);
	int64_t quiet_us = settings_us(v->settings, SETTINGS_STOVE_QUIET), now_us = v->now.at.mono_us;

	if (!d->on_us || (d->off_us && now_us - d->off_us > PAUSE))
		return INT64_MAX;
	if (!d->watts) {
		if (d->hours >= HOURS_MOST || (d->told & 2))
			return INT64_MAX;
		for_us = MAX(for_us, d->longest ? d->longest * STOVE_UNIT + BEYOND : 0);
	}
	if (!s->kitchen_us || now_us - s->kitchen_us > FORGOTTEN || !home_view_believes(v, s->kitchen_device))
		return d->on_us + 2 * for_us; /* nobody can be noticed there: longer than any meal */
	return MAX(d->on_us + for_us, MAX(s->kitchen_us, d->on_us) + quiet_us);
}

static bool is_left_on(const struct stove *s, size_t slot, const struct home_view *v)
{
	return home_view_believes(v, s->slots[slot]) && v->now.at.mono_us >= left_on_at(s, &s->devices[slot], v);
}

static const struct stove_device *left_on(const struct stove *s, const struct home_view *v)
{
	for (size_t i = 0; i < STOVE_DEVICES; i++)
		if (is_left_on(s, i, v))
			return &s->devices[i];
	return NULL;
}

bool stove_is_left_on(const struct stove *s, const struct home_view *v)
{
	for (size_t i = 0; i < STOVE_DEVICES; i++)
		if (s->devices[i].watts && is_left_on(s, i, v))
			return true;
	return false;
}

static void say(const struct stove *s, const struct stove_device *d, const struct home_view *v, struct verdict *verdict)
{
	char time[CLOCK_ISO_MAX], span[VERDICT_SPAN], last[PHRASE_MAX];
	int64_t quiet_us = v->now.at.mono_us - MAX(s->kitchen_us, d->on_us);

	phrase_time(d->wall_us, time);
	snprintf(verdict->zh, sizeof(verdict->zh), "厨房电器 %s 起一直开着，厨房已%s没有人的动静%s；%s", time,
		 verdict_span_zh(quiet_us, span), v->mode == HOME_AWAY ? "，家中推定外出" : "",
		 phrase_last_zh(v, last));
	snprintf(verdict->en, sizeof(verdict->en),
		 "a kitchen appliance is on since %s and nobody was noticed in the kitchen for %s%s; %s", time,
		 verdict_span_en(quiet_us, span), v->mode == HOME_AWAY ? ", presumed away" : "",
		 phrase_last_en(v, last));
}

/* What is on is as likely a lamp. */
static bool may_be_lamp(const struct stove *s, const struct stove_device *d)
{
	unsigned without = 0;

	for (size_t i = 0; i < STOVE_DEVICES; i++)
		without += s->slots[i] != SIGN_DEVICE_NONE && !s->devices[i].watts;
	return !d->watts && (s->doubted || without > STOVE_FEW);
}

void stove_judge(struct stove *s, const struct home_view *v, struct verdict *ret_verdict)
{
	const struct stove_device *d = left_on(s, v);
	struct verdict verdict = { .active = d != NULL, .priority = !d ? 0 : may_be_lamp(s, d) ? 3 : 2 };

	if (d) {
		for (size_t i = 0; i < STOVE_DEVICES; i++)
			s->devices[i].latest = d == &s->devices[i];
		s->devices[d - s->devices].told |= 1;
		say(s, d, v, &verdict);
	}
	*ret_verdict = verdict;
}

int64_t stove_due(const struct stove *s, const struct home_view *v)
{
	int64_t due_us = INT64_MAX, now_us = v->now.at.mono_us;

	for (size_t i = 0; i < STOVE_DEVICES; i++) {
		const struct stove_device *d = &s->devices[i];
		int64_t at_us = left_on_at(s, d, v);

		if (d->on_us && d->off_us && now_us - d->off_us <= PAUSE) /* a pause becomes an end */
			due_us = MIN(due_us, d->off_us + PAUSE + 1);
		if (at_us > now_us)
			due_us = MIN(due_us, at_us);
	}
	return due_us;
}

void stove_day(struct stove *s, const struct home_view *v)
{
	for (size_t i = 0; i < STOVE_DEVICES; i++) {
		struct stove_device *d = &s->devices[i];

		settle(d, v->now.at.mono_us);
		if (d->on_us && !d->off_us && v->now.at.mono_us - d->on_us >= DAY)
			d->hours = 2 * HOURS_MOST;
		if (d->longest)
			d->longest--; /* what was usual a month ago need not be now */
		if (v->now.weekday == 0 && d->hours)
			d->hours--;
	}
}

void stove_heard(struct stove *s, bool real)
{
	for (size_t i = 0; i < STOVE_DEVICES; i++)
		if (s->devices[i].latest && !s->devices[i].watts)
			s->doubted = !real;
}

void stove_move(struct stove *s, int64_t by_us)
{
	for (size_t i = 0; i < STOVE_DEVICES; i++) {
		sign_move(&s->devices[i].on_us, by_us);
		sign_move(&s->devices[i].off_us, by_us);
	}
	sign_move(&s->kitchen_us, by_us);
}
