#include "care/vital.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/phrase.h"
#include "care/slot.h"

#define WITHIN       (5 * MINUTE) /* the readings in a row */
#define SILENT       (HOUR)       /* no pulse for so long: what it said is of no use any more */
#define PULSE_LEAST  20           /* what is less, or more, is a sensor that lies badly */
#define PULSE_MOST   250
#define BATTERY_BACK 5 /* % above the limit */

void vital_init(struct vital *x)
{
	memset(x, 0, sizeof(*x));
	slot_init(x->slots, VITAL_DEVICES);
}

static void forget_row(struct vital_device *d)
{
	memset(d->beyond_us, 0, sizeof(d->beyond_us));
	d->row = VITAL_WITHIN;
}

static enum vital_pulse pulse_of(double value, const struct home_view *v)
{
	if (value < v->settings->values[SETTINGS_WEARABLE_HR_LOW])
		return VITAL_LOW;
	return value > v->settings->values[SETTINGS_WEARABLE_HR_HIGH] ? VITAL_HIGH : VITAL_WITHIN;
}

static void pulse(struct vital_device *d, const struct sign *s, const struct home_view *v)
{
	enum vital_pulse is = pulse_of(s->value, v);

	if (d->off_us || s->value < PULSE_LEAST || s->value > PULSE_MOST)
		return;
	d->read_us = s->moment.at.mono_us;
	d->pulse = (float)s->value;
	if (is == VITAL_WITHIN) {
		forget_row(d);
		d->within = (uint8_t)MIN(d->within + 1, VITAL_SAMPLES);
		if (d->within == VITAL_SAMPLES)
			d->alarmed = VITAL_WITHIN;
		return;
	}
	if (d->row != is)
		forget_row(d);
	if (d->row == VITAL_WITHIN)
		d->since_wall_us = s->moment.at.wall_us;
	d->row = (uint8_t)is;
	d->within = 0;
	memmove(d->beyond_us, d->beyond_us + 1, sizeof(d->beyond_us) - sizeof(d->beyond_us[0]));
	d->beyond_us[VITAL_SAMPLES - 1] = d->read_us;
	if (d->beyond_us[0] && d->read_us - d->beyond_us[0] <= WITHIN)
		d->alarmed = (uint8_t)is;
}

static void worn(struct vital_device *d, const struct sign *s)
{
	if (s->on) {
		d->off_us = 0;
		return;
	}
	if (!d->off_us)
		d->off_us = s->moment.at.mono_us;
	d->alarmed = VITAL_WITHIN;
	forget_row(d);
}

static void battery(struct vital_device *d, const struct sign *s, const struct home_view *v)
{
	double limit = v->settings->values[SETTINGS_WEARABLE_BATTERY];

	if (!(s->value >= 0 && s->value <= 100))
		return;
	d->battery = (uint8_t)s->value;
	if (s->value < limit)
		d->low_battery = 1;
	else if (s->value >= limit + BATTERY_BACK)
		d->low_battery = 0;
}

void vital_sign(struct vital *x, const struct sign *s, const struct home_view *v)
{
	struct vital_device *d;
	int slot;

	if (s->kind != SIGN_VITAL || (s->vital != SIGN_HEART_RATE && s->vital != SIGN_WORN && s->vital != SIGN_BATTERY))
		return;
	slot = slot_of(x->slots, VITAL_DEVICES, s->device);
	if (slot < 0)
		return;
	d = &x->devices[slot];
	if (s->vital == SIGN_HEART_RATE)
		pulse(d, s, v);
	else if (s->vital == SIGN_WORN)
		worn(d, s);
	else
		battery(d, s, v);
}

/* At night it may lie on its charger. */
static bool is_off(const struct vital_device *d, const struct home_view *v)
{
	return d->off_us && v->now.at.mono_us - d->off_us >= settings_us(v->settings, SETTINGS_WEARABLE_OFF_FOR) &&
	       !phrase_is_night(v);
}

static void say_pulse(const struct vital_device *d, const struct home_view *v, struct verdict *verdict)
{
	char time[CLOCK_ISO_MAX], last[PHRASE_MAX];
	bool low = d->alarmed == VITAL_LOW;
	double limit = v->settings->values[low ? SETTINGS_WEARABLE_HR_LOW : SETTINGS_WEARABLE_HR_HIGH];

	phrase_time(d->since_wall_us, time);
	snprintf(verdict->zh, sizeof(verdict->zh), "心率过%s：每分钟%.0f次，限值%.0f次，%s 起连续%d次读数超限；%s",
		 low ? "低" : "高", (double)d->pulse, limit, time, VITAL_SAMPLES, phrase_last_zh(v, last));
	snprintf(verdict->en, sizeof(verdict->en),
		 "pulse %s: %.0f/min, limit %.0f/min, %d readings in a row since %s; %s", low ? "low" : "high",
		 (double)d->pulse, limit, VITAL_SAMPLES, time, phrase_last_en(v, last));
}

static void say_off(const struct vital_device *d, const struct home_view *v, struct verdict *verdict)
{
	char span[VERDICT_SPAN], last[PHRASE_MAX];
	int64_t age_us = v->now.at.mono_us - d->off_us;

	snprintf(verdict->zh, sizeof(verdict->zh), "穿戴设备已%s没有佩戴；%s", verdict_span_zh(age_us, span),
		 phrase_last_zh(v, last));
	snprintf(verdict->en, sizeof(verdict->en), "the wearable has not been worn for %s; %s",
		 verdict_span_en(age_us, span), phrase_last_en(v, last));
}

static void judge_one(const struct vital_device *d, const struct home_view *v, struct verdict *verdict)
{
	if (d->alarmed && v->now.at.mono_us - d->read_us < SILENT) {
		*verdict = (struct verdict){ .active = true, .priority = 2 };
		say_pulse(d, v, verdict);
	} else if (!verdict->active && is_off(d, v)) {
		*verdict = (struct verdict){ .active = true, .priority = 4 };
		say_off(d, v, verdict);
	} else if (!verdict->active && d->low_battery) {
		*verdict = (struct verdict){ .active = true, .priority = 4 };
		snprintf(verdict->zh, sizeof(verdict->zh), "穿戴设备电量低：%u%%", d->battery);
		snprintf(verdict->en, sizeof(verdict->en), "battery of the wearable is low: %u %%", d->battery);
	}
}

void vital_judge(struct vital *x, const struct home_view *v, struct verdict *ret_verdict)
{
	struct verdict verdict = { .active = false };

	for (size_t i = 0; i < VITAL_DEVICES && verdict.priority != 2; i++)
		if (x->slots[i] != SIGN_DEVICE_NONE)
			judge_one(&x->devices[i], v, &verdict);
	*ret_verdict = verdict;
}

int64_t vital_due(const struct vital *x, const struct home_view *v)
{
	int64_t due_us = INT64_MAX, now_us = v->now.at.mono_us;

	for (size_t i = 0; i < VITAL_DEVICES; i++) {
		const struct vital_device *d = &x->devices[i];

		if (d->off_us) {
			int64_t at_us = d->off_us + settings_us(v->settings, SETTINGS_WEARABLE_OFF_FOR);

			if (at_us > now_us)
				due_us = MIN(due_us, at_us);
			else if (phrase_is_night(v))
				due_us = MIN(due_us, sign_until(&v->now, (int)v->settings->values[SETTINGS_NIGHT_TO]));
		}
		if (d->alarmed && d->read_us + SILENT > now_us)
			due_us = MIN(due_us, d->read_us + SILENT);
	}
	return due_us;
}

void vital_day(_unused_ struct vital *x, _unused_ const struct home_view *v)
{
}

void vital_move(struct vital *x, int64_t by_us)
{
	for (size_t i = 0; i < VITAL_DEVICES; i++) {
		struct vital_device *d = &x->devices[i];

		for (size_t k = 0; k < VITAL_SAMPLES; k++)
			sign_move(&d->beyond_us[k], by_us);
		sign_move(&d->off_us, by_us);
		sign_move(&d->read_us, by_us);
	}
}
