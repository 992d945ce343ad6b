#include "care/drift.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/phrase.h"

#define STRETCH    (5 * MINUTE) /* signs within it are one stretch of activity: sensors differ in how often they tell */
#define VISIT      (10 * MINUTE) /* signs of the bathroom within it are one visit */
#define LOOK       (HOUR)        /* how often it is noted where they are */
#define UNSEEN     (90 * MINUTE) /* longer without a look: nobody looked */
#define AWAY_MOST  (8 * HOUR)    /* of a day that counts */
#define BLIND_MOST (HOUR)
#define WEEK       7
#define CLEAR      2.0 /* deviations: a day of its own */
#define Z_MOST     3.0 /* one odd day alone is no drift */

void drift_init(struct drift *d)
{
	memset(d, 0, sizeof(*d));
	d->days_to_report = WEEK;
	d->motion_least = UINT8_MAX;
}

/* The time since the latest look, to whom it belongs. */
static void note(struct drift *d, const struct home_view *v)
{
	int64_t now_us = v->now.at.mono_us, passed_us = d->noted_us ? now_us - d->noted_us : 0;

	d->noted_us = now_us;
	d->motion_least = (uint8_t)MIN(d->motion_least, v->healthy_motion);
	if (v->blind_since_us || v->mode == HOME_UNKNOWN || passed_us > UNSEEN)
		d->blind_us += passed_us;
	else if (v->mode == HOME_AWAY)
		d->away_us += passed_us;
}

void drift_sign(struct drift *d, const struct sign *s, const struct home_view *v)
{
	int64_t now_us = s->moment.at.mono_us;

	note(d, v);
	if (!sign_is_inside(s) || s->kind == SIGN_APPLIANCE || s->kind == SIGN_POWER)
		return;
	if (!d->active_us || now_us - d->active_us >= STRETCH) {
		d->active_us = now_us;
		d->today[DRIFT_ACTIVITY]++;
	}
	if (s->room != SIGN_ROOM_BATHROOM)
		return;
	if (phrase_is_night(v) && (!d->bathroom_us || now_us - d->bathroom_us >= VISIT)) {
		if (v->now.minute >= v->settings->values[SETTINGS_NIGHT_TO])
			d->evening++; /* before midnight: of the night that ends tomorrow */
		else
			d->today[DRIFT_NIGHTS]++;
	}
	d->bathroom_us = now_us;
}

/* ---- one day against those before ---- */

static void sort(float *values, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		float value = values[i];
		unsigned at = i;

		for (; at && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

static float median(float *values, unsigned count)
{
	sort(values, count);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The median of counts as that of what lies half a count around each: for few a night, whole numbers are too coarse. */
static float median_of_counts(float *values, unsigned count)
{
	float middle = roundf(median(values, count));
	unsigned below = 0, same = 0;

	for (unsigned i = 0; i < count; i++) {
		below += values[i] < middle;
		same += values[i] == middle;
	}
	return same ? fmaxf(middle - 0.5F + ((float)count / 2 - (float)below) / (float)same, 0) : middle;
}

/* Median and deviation of the days to compare with. A count scatters by its root at least, whatever few days say. */
static void usual(const struct drift *d, enum drift_series series, float *ret_median, float *ret_deviation)
{
	unsigned count = MIN((unsigned)MAX(d->count[series] - DRIFT_RECENT, 0), (unsigned)DRIFT_BASE);
	float values[DRIFT_BASE], middle;

	for (unsigned i = 0; i < count; i++)
		values[i] = d->ring[series][i];
	middle = median_of_counts(values, count);
	for (unsigned i = 0; i < count; i++)
		values[i] = fabsf(d->ring[series][i] - middle);
	*ret_median = middle;
	*ret_deviation = fmaxf(1.4826F * median(values, count), sqrtf(fmaxf(middle, 1)));
}

static void push(struct drift *d, enum drift_series series, uint16_t value)
{
	uint16_t *ring = d->ring[series];

	if (d->count[series] == DRIFT_RING) {
		memmove(ring, ring + 1, (DRIFT_RING - 1) * sizeof(*ring));
		d->count[series]--;
	}
	ring[d->count[series]++] = value;
}

static void sum_up(struct drift_sum *sum, double z, double k, double most)
{
	sum->up = (float)CLAMP(sum->up + z - k, 0, most);
	sum->up_days = sum->up > 0 ? (uint8_t)MIN(sum->up_days + 1, UINT8_MAX) : 0;
	sum->up_clear = sum->up > 0 ? (uint8_t)MIN(sum->up_clear + (z >= CLEAR), UINT8_MAX) : 0;
	sum->down = (float)CLAMP(sum->down - z - k, 0, most);
	sum->down_days = sum->down > 0 ? (uint8_t)MIN(sum->down_days + 1, UINT8_MAX) : 0;
	sum->down_clear = sum->down > 0 ? (uint8_t)MIN(sum->down_clear + (z <= -CLEAR), UINT8_MAX) : 0;
}

static void compare(struct drift *d, enum drift_series series, const struct home_view *v)
{
	double k = v->settings->values[SETTINGS_DRIFT_K], most = 1.5 * v->settings->values[SETTINGS_DRIFT_H], z;
	struct drift_sum *sum = &d->sums[series];
	float middle, deviation;

	if (d->count[series] < DRIFT_LEAST + DRIFT_RECENT)
		return;
	usual(d, series, &middle, &deviation);
	z = CLAMP((d->today[series] - middle) / deviation, -Z_MOST, Z_MOST);
	sum_up(sum, z, k, most);
}

/* ---- the week ---- */

static float recent(const struct drift *d, enum drift_series series)
{
	unsigned count = MIN((unsigned)d->count[series], (unsigned)DRIFT_RECENT);
	float sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += d->ring[series][d->count[series] - 1 - i];
	return count ? sum / (float)count : 0;
}

/* What is told this week: the greatest sum beyond h, which has lasted. */
static void report(struct drift *d, const struct home_view *v)
{
	double h = v->settings->values[SETTINGS_DRIFT_H], days = v->settings->values[SETTINGS_DRIFT_DAYS];
	float greatest = 0, deviation;

	d->told = 0;
	for (unsigned i = 0; i < DRIFT_SERIES * 2; i++) {
		const struct drift_sum *sum = &d->sums[i / 2];
		float value = i % 2 ? sum->down : sum->up;
		uint8_t clear = i % 2 ? sum->down_clear : sum->up_clear;

		if (value <= h || clear < days || value <= greatest)
			continue;
		greatest = value;
		d->told = (uint8_t)(1 + i);
		d->told_days = i % 2 ? sum->down_days : sum->up_days;
	}
	if (!d->told)
		return;
	usual(d, (enum drift_series)((d->told - 1) / 2), &d->median, &deviation);
	d->now = recent(d, (enum drift_series)((d->told - 1) / 2));
}

/* Other sensors see more, or less, of the same life: it is learned anew. One that fails is waited for until the week is over. */
static void settle_sensors(struct drift *d)
{
	if (d->motion_least == UINT8_MAX || d->motion_least == d->motion_usual)
		return;
	if (d->motion_least < d->motion_usual && d->days_to_report > 1)
		return;
	d->motion_usual = d->motion_least;
	memset(d->count, 0, sizeof(d->count));
	memset(d->sums, 0, sizeof(d->sums));
}

void drift_day(struct drift *d, const struct home_view *v)
{
	note(d, v);
	settle_sensors(d);
	if (d->away_us <= AWAY_MOST && d->blind_us <= BLIND_MOST && d->motion_least == d->motion_usual)
		for (unsigned i = 0; i < DRIFT_SERIES; i++) {
			compare(d, (enum drift_series)i, v);
			push(d, (enum drift_series)i, d->today[i]);
		}
	d->today[DRIFT_ACTIVITY] = 0;
	d->today[DRIFT_NIGHTS] = d->evening;
	d->evening = 0;
	d->away_us = d->blind_us = 0;
	d->motion_least = UINT8_MAX;
	if (--d->days_to_report == 0) {
		report(d, v);
		d->days_to_report = WEEK;
	}
}

void drift_judge(struct drift *d, const struct home_view *v, struct verdict *ret_verdict)
{
	struct verdict verdict = { .active = d->told != 0, .priority = d->told ? 4 : 0 };
	bool less = d->told && (d->told - 1) % 2;

	note(d, v);
	if (d->told && (d->told - 1) / 2 == DRIFT_ACTIVITY) {
		snprintf(verdict.zh, sizeof(verdict.zh),
			 "活动逐渐%s：最近7天平均每天%.0f段（每段5分钟），之前28天的中位数%.0f段，已持续%u天",
			 less ? "减少" : "增多", (double)d->now, (double)d->median, d->told_days);
		snprintf(verdict.en, sizeof(verdict.en),
			 "moves %s than before: %.0f stretches of 5 min a day in 7 days, median of the 28 days before "
			 "%.0f, for "
			 "%u days",
			 less ? "less" : "more", (double)d->now, (double)d->median, d->told_days);
	} else if (d->told) {
		snprintf(verdict.zh, sizeof(verdict.zh),
			 "夜间去卫生间的次数%s：最近7天平均每晚%.1f次，之前28天的中位数%.1f次，已持续%u天",
			 less ? "减少" : "增多", (double)d->now, (double)d->median, d->told_days);
		snprintf(verdict.en, sizeof(verdict.en),
			 "%s visits to the bathroom at night: %.1f a night in 7 days, median of the 28 days before "
			 "%.1f, for %u days",
			 less ? "fewer" : "more", (double)d->now, (double)d->median, d->told_days);
	}
	*ret_verdict = verdict;
}

int64_t drift_due(const struct drift *d, const struct home_view *v)
{
	return MAX(d->noted_us, v->now.at.mono_us) + LOOK;
}

void drift_move(struct drift *d, int64_t by_us)
{
	sign_move(&d->bathroom_us, by_us);
	sign_move(&d->active_us, by_us);
	sign_move(&d->noted_us, by_us);
}
