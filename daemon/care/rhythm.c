/* rhythm.c: see rhythm.h.
 *
 * Of every quiet in the book: began at b, ended at e (times of day, on one axis with now), of a home that is known for n days.
 * How many quiets a month are to be expected that begin like this one, at a, and still last at t:
 *
 *     rate(t) = 30 / n * sum of  like(room) * fall((b - a) / early) * fall((t - e) / late)        fall(x) = 1 / (1 + exp(x))
 *
 * It falls with t; the limit is where it goes below RATE. One that began earlier in the day counts wholly: it was as quiet at a.
 * The sum over many like nights is what moves the limit away from their usual end, the factor 30 / n what leaves more room while
 * little is known: an honest tail instead of a fixed addition to the longest one. `early` and `late` follow from the buffer; `late`
 * is narrower for a long quiet: a stay in a chair ends by chance, a night by habit. */
#include "care/rhythm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/verdict.h"

#define DAY_MINUTES  (24 * 60)
#define SLOT_MINUTES (DAY_MINUTES / RHYTHM_SLOTS)
#define LEARN_FROM   (45 * MINUTE) /* shorter ones say nothing about the limit */
#define RECKON_FROM  (20 * MINUTE) /* until then the least limit will do */
#define RATE         0.15          /* a month */
#define OTHER_ROOM   0.1           /* what a quiet after a sign in another room counts */
#define ANY_ROOM     SIGN_ROOMS
#define EARLY_PART   3    /* of the buffer */
#define LATE_PART    5    /* of a short one; */
#define LATE_HALVED  600. /* of one that ends so many minutes later half of that, */
#define LATE_LEAST   0.15 /* and never less than this share */
#define FEW_DAYS     2.   /* known: twice as many are to be expected as it says; of many days, as they say */
#define TOLD_FROM    0.05 /* weight, to be named as the longest */
#define COUNTS_FROM  0.001

void rhythm_init(struct rhythm *r)
{
	memset(r, 0, sizeof(*r));
	r->minute = -1;
}

/* In place of the least of today's, if it is longer. */
static void rhythm_keep(struct rhythm *r, const struct rhythm_quiet *quiet)
{
	struct rhythm_quiet *row = r->rows[r->today], *least = row;

	for (size_t i = 1; i < RHYTHM_A_DAY; i++)
		if (row[i].length < least->length)
			least = &row[i];
	if (least->length < quiet->length)
		*least = *quiet;
}

/* The quiet under way, as it is now; of no length where there is nothing to learn. */
static struct rhythm_quiet rhythm_so_far(const struct rhythm *r, int64_t now_us)
{
	int64_t age_us = now_us - r->since_us;

	if (!r->since_us || r->minute < 0 || age_us < LEARN_FROM)
		return (struct rhythm_quiet){ .length = 0 };
	return (struct rhythm_quiet){ .start = (uint8_t)(r->minute * MINUTE / RHYTHM_UNIT),
				      .length = (uint8_t)MIN((age_us + RHYTHM_UNIT - 1) / RHYTHM_UNIT, UINT8_MAX),
				      .room = r->room };
}

static void rhythm_begin(struct rhythm *r, const struct sign_moment *now)
{
	r->since_us = now->at.mono_us;
	r->minute = (int16_t)now->minute;
	r->spoilt = false;
	r->lived = true;
	if (!r->learning_since_us)
		r->learning_since_us = now->at.mono_us;
}

void rhythm_sign(struct rhythm *r, const struct sign *s, const struct home_view *v)
{
	struct rhythm_quiet quiet = rhythm_so_far(r, s->moment.at.mono_us);

	if (v->mode == HOME_AWAY)
		quiet.length = 0;
	if (quiet.length && !r->spoilt)
		rhythm_keep(r, &quiet);
	if (quiet.length)
		r->doubted = r->spoilt ? quiet : (struct rhythm_quiet){ .length = 0 };
	rhythm_begin(r, &s->moment);
	r->room = (uint8_t)s->room;
}

void rhythm_spoil(struct rhythm *r)
{
	r->spoilt = true;
}

void rhythm_pardon(struct rhythm *r, const struct home_view *v)
{
	struct rhythm_quiet quiet = rhythm_so_far(r, v->now.at.mono_us);

	rhythm_keep(r, quiet.length ? &quiet : &r->doubted);
	r->doubted.length = 0;
	r->spoilt = false;
}

void rhythm_back(struct rhythm *r, const struct home_view *v)
{
	rhythm_begin(r, &v->now);
}

/* A day without a sign is none: nobody was there to be quiet. */
void rhythm_day(struct rhythm *r, _unused_ const struct home_view *v)
{
	if (!r->lived)
		return;
	r->lived = false;
	r->today = (uint8_t)((r->today + 1) % RHYTHM_ROWS);
	r->days = (uint8_t)MIN(r->days + 1, RHYTHM_DAYS);
	memset(r->rows[r->today], 0, sizeof(r->rows[0]));
}

void rhythm_move(struct rhythm *r, int64_t by_us)
{
	sign_move(&r->since_us, by_us);
	sign_move(&r->learning_since_us, by_us);
}

/* ---- the line ---- */

static double rhythm_fall(double x)
{
	return x > 30 ? 0 : 1 / (1 + exp(x));
}

/* What is asked: a quiet that begins at that minute after a sign in that room. */
struct rhythm_question {
	int minute;
	unsigned room;
	double buffer; /* minutes */
};

/* The quiets of the book that count: how much, and how long after this one's beginning they ended, in minutes. */
struct rhythm_like {
	size_t count;
	double rate;    /* of one that counts wholly, a month */
	double longest; /* that one of them went on from the minute that is asked for */
	double weight[RHYTHM_ROWS * RHYTHM_A_DAY], end[RHYTHM_ROWS * RHYTHM_A_DAY];
};

static void rhythm_compare(const struct rhythm_quiet *quiet, const struct rhythm_question *q, struct rhythm_like *like)
{
	const double unit = (double)RHYTHM_UNIT / MINUTE;
	double room = q->room == ANY_ROOM || quiet->room == q->room ? 1 : OTHER_ROOM;
	double began = quiet->start * unit - q->minute;

	/* On this one's axis it began up to half a day later, or earlier. */
	if (began > DAY_MINUTES / 2)
		began -= DAY_MINUTES;
	else if (began <= -DAY_MINUTES / 2)
		began += DAY_MINUTES;
	for (; began > -2 * DAY_MINUTES; began -= DAY_MINUTES) {
		double end = began + quiet->length * unit;
		double weight = room * rhythm_fall(began / (q->buffer / EARLY_PART));

		if (end < -4 * 60)
			return;
		if (weight < COUNTS_FROM || like->count == ARRAY_SIZE(like->end))
			continue;
		if (weight >= TOLD_FROM)
			like->longest = MAX(like->longest, MIN(end, quiet->length * unit));
		like->weight[like->count] = weight;
		like->end[like->count++] = end;
	}
}

static void rhythm_gather(const struct rhythm *r, const struct rhythm_question *q, struct rhythm_like *ret_like)
{
	ret_like->count = 0;
	ret_like->longest = 0;
	ret_like->rate = 30.0 / MAX(r->days, 1) * (1 + FEW_DAYS / MAX(r->days, 1));
	for (size_t row = 0; row < RHYTHM_ROWS; row++)
		for (size_t i = 0; i < RHYTHM_A_DAY; i++)
			if (r->rows[row][i].length)
				rhythm_compare(&r->rows[row][i], q, ret_like);
}

static double rhythm_late(double end)
{
	return MAX(LATE_LEAST, 1 - MAX(end, 0) / (2 * LATE_HALVED));
}

static double rhythm_rate(const struct rhythm_like *like, double after, double late)
{
	double sum = 0;

	for (size_t i = 0; i < like->count; i++)
		sum += like->weight[i] * rhythm_fall((after - like->end[i]) / (late * rhythm_late(like->end[i])));
	return sum * like->rate;
}

/* Minutes that it may last; the buffer is the least. */
static double rhythm_span(const struct rhythm_like *like, const struct rhythm_question *q)
{
	double late = q->buffer / LATE_PART, lo = q->buffer, hi = DAY_MINUTES;

	if (rhythm_rate(like, lo, late) < RATE)
		return lo;
	while (hi - lo > 1) {
		double middle = (lo + hi) / 2;

		*(rhythm_rate(like, middle, late) >= RATE ? &lo : &hi) = middle;
	}
	return hi;
}

static bool rhythm_is_cold(const struct rhythm *r, const struct home_view *v)
{
	return v->now.minute < 0 || r->minute < 0 || !r->days || !r->learning_since_us ||
	       v->now.at.mono_us - r->learning_since_us < settings_us(v->settings, SETTINGS_WELFARE_LEARN_MIN);
}

void rhythm_limit(const struct rhythm *r, const struct home_view *v, struct rhythm_limit *ret_limit)
{
	int64_t buffer_us = settings_us(v->settings, SETTINGS_WELFARE_BUFFER);
	struct rhythm_limit l = { .basis = RHYTHM_COLD, .days = r->days, .limit_us = buffer_us };

	if (!r->since_us) {
		l.limit_us = l.due_us = INT64_MAX;
		*ret_limit = l;
		return;
	}
	if (rhythm_is_cold(r, v)) {
		l.limit_us = settings_us(v->settings, SETTINGS_WELFARE_COLD_LIMIT);
	} else {
		l.basis = RHYTHM_HOURS;
		if (v->now.at.mono_us - r->since_us >= RECKON_FROM) {
			struct rhythm_question q = { r->minute, r->room, (double)buffer_us / MINUTE };
			struct rhythm_like like;

			rhythm_gather(r, &q, &like);
			l.limit_us = (int64_t)(rhythm_span(&like, &q) * MINUTE);
			l.longest_us = (int64_t)like.longest * MINUTE;
		}
		if (v->misses && l.limit_us < settings_us(v->settings, SETTINGS_WELFARE_COLD_LIMIT)) {
			l.basis = RHYTHM_MISSES;
			l.limit_us = settings_us(v->settings, SETTINGS_WELFARE_COLD_LIMIT);
		}
	}
	l.due_us = r->since_us + l.limit_us;
	*ret_limit = l;
}

const char *rhythm_against_zh(const struct rhythm_limit *l, char *buf)
{
	char span[VERDICT_SPAN];

	if (l->basis == RHYTHM_COLD)
		snprintf(buf, RHYTHM_TEXT, "还在学习作息，暂按%s", verdict_span_zh(l->limit_us, span));
	else if (l->basis == RHYTHM_MISSES)
		snprintf(buf, RHYTHM_TEXT, "有传感器失联，暂按%s", verdict_span_zh(l->limit_us, span));
	else if (!l->longest_us)
		snprintf(buf, RHYTHM_TEXT, "过去%u天这个时段没有过长时间安静", l->days);
	else
		snprintf(buf, RHYTHM_TEXT, "过去%u天这个时段最长安静%s", l->days, verdict_span_zh(l->longest_us, span));
	return buf;
}

const char *rhythm_against_en(const struct rhythm_limit *l, char *buf)
{
	char span[VERDICT_SPAN];

	if (l->basis == RHYTHM_COLD)
		snprintf(buf, RHYTHM_TEXT, "the rhythm is still being learned, the limit is %s meanwhile",
			 verdict_span_en(l->limit_us, span));
	else if (l->basis == RHYTHM_MISSES)
		snprintf(buf, RHYTHM_TEXT, "a sensor is missing, the limit is %s meanwhile",
			 verdict_span_en(l->limit_us, span));
	else if (!l->longest_us)
		snprintf(buf, RHYTHM_TEXT, "in %u days it was never quiet for long at this time", l->days);
	else
		snprintf(buf, RHYTHM_TEXT, "the longest quiet from this time of day on in %u days was %s", l->days,
			 verdict_span_en(l->longest_us, span));
	return buf;
}

/* ---- the picture ---- */

void rhythm_lines(const struct rhythm *r, const struct home_view *v, int64_t ret_lines_us[RHYTHM_SLOTS])
{
	struct rhythm_question q = { 0, ANY_ROOM, (double)settings_us(v->settings, SETTINGS_WELFARE_BUFFER) / MINUTE };

	for (unsigned slot = 0; slot < RHYTHM_SLOTS; slot++)
		ret_lines_us[slot] = rhythm_is_cold(r, v) ? settings_us(v->settings, SETTINGS_WELFARE_COLD_LIMIT) : 0;
	if (rhythm_is_cold(r, v))
		return;
	for (unsigned slot = 0; slot < RHYTHM_SLOTS; slot++) {
		struct rhythm_like like;
		double span;

		q.minute = (int)(slot * SLOT_MINUTES);
		rhythm_gather(r, &q, &like);
		span = rhythm_span(&like, &q);
		/* In each half hour that it reaches, so old may a quiet be. */
		for (unsigned i = 0; i < RHYTHM_SLOTS && span > i * SLOT_MINUTES; i++) {
			int64_t *line_us = &ret_lines_us[(slot + i) % RHYTHM_SLOTS];

			*line_us = MAX(*line_us, (int64_t)(MIN(span, (i + 1) * SLOT_MINUTES) * MINUTE));
		}
	}
}

int64_t rhythm_past(const struct rhythm *r, unsigned days_ago, unsigned slot)
{
	const struct rhythm_quiet *row = r->rows[(r->today + RHYTHM_ROWS - days_ago % RHYTHM_ROWS) % RHYTHM_ROWS];
	int64_t age_us = 0;

	if (days_ago > r->days)
		return -1;
	for (size_t i = 0; i < RHYTHM_A_DAY; i++) {
		int64_t length_us = row[i].length * RHYTHM_UNIT;
		int64_t into_us =
			slot * SLOT_MINUTES * MINUTE - row[i].start * RHYTHM_UNIT; /* where the half hour begins */

		if (into_us <= -SLOT_MINUTES * MINUTE)
			into_us += DAY;
		if (length_us && into_us < length_us)
			age_us = MAX(age_us, MIN(length_us, into_us + SLOT_MINUTES * MINUTE));
	}
	return age_us;
}
