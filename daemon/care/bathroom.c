/* bathroom.c: see bathroom.h. The figures are those of rhythm.c, in shorter times. */
#include "care/bathroom.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define START_UNIT  (6 * MINUTE)
#define LEARN_FROM  (20 * MINUTE)
#define RATE        0.1       /* a month */
#define NEAR        (2 * 60.) /* minutes: stays that began so much earlier or later count less */
#define LATE_PART   3         /* of the buffer */
#define LONGEST     (255 * 2.)
#define PARDONED    14 /* days */
#define FEW_DAYS    3. /* known: twice as many are to be expected as they say; of many days, as they say */
#define DAY_MINUTES (24 * 60)

void bathroom_init(struct bathroom *b)
{
	memset(b, 0, sizeof(*b));
	b->minute = -1;
}

/* In place of the least of them, if it is longer. */
static void bathroom_keep(struct bathroom_stay *stays, size_t count, const struct bathroom_stay *stay)
{
	struct bathroom_stay *least = stays;

	for (size_t i = 1; i < count; i++)
		if (stays[i].length < least->length)
			least = &stays[i];
	if (least->length < stay->length)
		*least = *stay;
}

static struct bathroom_stay bathroom_stay(int minute, int64_t age_us)
{
	return (struct bathroom_stay){ .start = (uint8_t)(minute * MINUTE / START_UNIT),
				       .length =
					       (uint8_t)MIN((age_us + BATHROOM_UNIT - 1) / BATHROOM_UNIT, UINT8_MAX) };
}

static void bathroom_learn(struct bathroom *b, int64_t now_us)
{
	int64_t age_us = now_us - b->since_us;
	struct bathroom_stay stay = bathroom_stay(b->minute, age_us);

	if (b->since_us && b->minute >= 0 && age_us >= LEARN_FROM)
		bathroom_keep(b->rows[b->today], BATHROOM_A_DAY, &stay);
}

/* A quiet elsewhere ends that would have been one in the bathroom, had the signs before it been lost. */
static void bathroom_learn_beside(struct bathroom *b, const struct sign *s, const struct home_view *v)
{
	int64_t age_us = s->moment.at.mono_us - v->inside.at.mono_us;
	int minute = s->moment.minute - (int)(age_us / MINUTE % DAY_MINUTES);
	struct bathroom_stay stay = bathroom_stay(minute < 0 ? minute + DAY_MINUTES : minute, age_us);

	if (b->left && b->left <= BATHROOM_LEFT && v->inside.at.mono_us && s->moment.minute >= 0 &&
	    age_us >= LEARN_FROM && age_us < DAY)
		bathroom_keep(&b->beside[b->today][b->left - 1], 1, &stay);
}

/* Who sits or lies elsewhere is not in the bathroom, though that is where they were seen last. */
void bathroom_follow(struct bathroom *b, const struct sign *s)
{
	uint64_t bit = (uint64_t)1 << s->device % 64;
	uint64_t *set = &b->occupied[s->device / 64 % 2];

	if (s->kind == SIGN_MOTION || s->kind == SIGN_RADAR)
		b->seeing |= (uint16_t)(1U << s->room);
	if (s->kind == SIGN_RADAR && s->room == SIGN_ROOM_BATHROOM && !s->on && !b->reached)
		b->since_us = 0; /* it would see who sits or lies there */
	if ((s->kind == SIGN_MOTION || s->kind == SIGN_RADAR || s->kind == SIGN_BED || s->kind == SIGN_SEAT) &&
	    s->room != SIGN_ROOM_BATHROOM && !s->entrance && s->device < 64)
		b->watching |= bit;
	if (s->room == SIGN_ROOM_BATHROOM || (s->kind != SIGN_BED && s->kind != SIGN_SEAT && s->kind != SIGN_RADAR))
		return;
	*set = s->on ? *set | bit : *set & ~bit;
}

void bathroom_sign(struct bathroom *b, const struct sign *s, const struct home_view *v)
{
	if (!b->spoilt && v->mode != HOME_AWAY && !b->occupied[0] && !b->occupied[1])
		bathroom_learn(b, s->moment.at.mono_us);
	if (v->mode != HOME_AWAY && !b->spoilt)
		bathroom_learn_beside(b, s, v);
	if (s->room == SIGN_ROOM_BATHROOM)
		b->left = 0;
	else if (b->left <= BATHROOM_LEFT)
		b->left++;
	b->since_us = s->room == SIGN_ROOM_BATHROOM ? s->moment.at.mono_us : 0;
	b->minute = (int16_t)s->moment.minute;
	b->spoilt = false;
	b->reached = 0;
	b->lived = true;
	if (!b->first_us)
		b->first_us = s->moment.at.mono_us;
}

/* ---- the limit ---- */

/* What is asked: how many stays a month are to be expected that begin at about this one's time and are longer than that. */
struct bathroom_question {
	double age, late; /* minutes */
	double loss;
};

static double bathroom_near(const struct bathroom *b, const struct bathroom_stay *stay)
{
	int apart = abs(stay->start * 6 - b->minute);
	double near = MIN(apart, DAY_MINUTES - apart) / NEAR;

	return exp(-near * near / 2);
}

static double bathroom_longer(const struct bathroom_stay *stay, const struct bathroom_question *q)
{
	double over = (q->age - stay->length * 2.) / q->late;

	/* How long that one was is not known: nothing sees the bedroom, say, and the bathroom is the last of each evening. Then
	 * this rule has nothing to say of such a stay, and welfare's limit holds. */
	if (stay->length == UINT8_MAX)
		return 1;
	return stay->length && over < 30 ? 1 / (1 + exp(over)) : 0;
}

static bool bathroom_is_pardoned(const struct bathroom *b, size_t row)
{
	return b->pardoned >> row & 1 && (b->today + BATHROOM_ROWS - row) % BATHROOM_ROWS <= PARDONED;
}

static double bathroom_rate(const struct bathroom *b, const struct bathroom_question *q)
{
	double sum = 0;

	for (size_t row = 0; row < BATHROOM_ROWS; row++) {
		bool always = bathroom_is_pardoned(b, row);
		double chance = q->loss;

		for (size_t i = 0; i < BATHROOM_A_DAY; i++) {
			const struct bathroom_stay *stay = &b->rows[row][i];

			sum += bathroom_longer(stay, q) * (always ? 1 : bathroom_near(b, stay));
		}
		for (size_t i = 0; i < BATHROOM_LEFT; i++, chance *= q->loss)
			sum += bathroom_longer(&b->beside[row][i], q) * bathroom_near(b, &b->beside[row][i]) * chance;
	}
	return sum * 30 / MAX(b->days, 1) * (1 + FEW_DAYS / MAX(b->days, 1));
}

struct bathroom_line {
	int64_t limit_us, longest_us; /* longest: of all stays; 0: none, or the fixed limit holds */
	bool cold;
};

static struct bathroom_line bathroom_line(const struct bathroom *b, const struct home_view *v)
{
	const struct settings *s = v->settings;
	bool disabled = v->concern->categories & (1U << RESIDENT_DISABLED);
	double buffer = settings_us(s, disabled ? SETTINGS_BATHROOM_BUFFER_DISABLED : SETTINGS_BATHROOM_BUFFER) /
			(double)MINUTE;
	double lo = MAX(buffer * 1.25, settings_us(s, SETTINGS_BATHROOM_AT_LEAST) / (double)MINUTE), hi = LONGEST * 2;
	struct bathroom_line line = { .limit_us = settings_us(s, SETTINGS_BATHROOM_COLD_LIMIT), .cold = true };
	struct bathroom_question q;

	if (b->minute < 0 || !b->days || v->now.at.mono_us - b->first_us < settings_us(s, SETTINGS_WELFARE_LEARN_MIN))
		return line;
	q = (struct bathroom_question){ .age = lo, .late = buffer / LATE_PART, .loss = v->loss };
	if (bathroom_rate(b, &q) >= RATE) {
		while (hi - lo > 1) {
			q.age = (lo + hi) / 2;
			*(bathroom_rate(b, &q) >= RATE ? &lo : &hi) = q.age;
		}
		lo = hi;
	}
	line = (struct bathroom_line){ .limit_us = (int64_t)(lo * MINUTE) };
	for (size_t i = 0; i < (size_t)BATHROOM_ROWS * BATHROOM_A_DAY; i++)
		line.longest_us =
			MAX(line.longest_us, b->rows[i / BATHROOM_A_DAY][i % BATHROOM_A_DAY].length * BATHROOM_UNIT);
	return line;
}

/* They would be seen where they are, and elsewhere if they had left. */
static bool bathroom_is_judged(const struct bathroom *b, const struct home_view *v)
{
	unsigned others = b->seeing & v->healthy_rooms & ~(1U << SIGN_ROOM_BATHROOM);

	if (!b->reached && (v->missed_rooms & ~(1U << SIGN_ROOM_BATHROOM) || v->missed_devices & b->watching))
		return false;
	return b->since_us && home_view_counts(v) && !v->blind_since_us && v->healthy_motion && others &&
	       (b->seeing & 1U << SIGN_ROOM_BATHROOM) && !b->occupied[0] && !b->occupied[1];
}

static void bathroom_say(struct verdict *v, int64_t age_us, const struct bathroom_line *line, unsigned days)
{
	char age[VERDICT_SPAN], longest[VERDICT_SPAN];
	bool more = line->longest_us >= UINT8_MAX * BATHROOM_UNIT;

	verdict_span_zh(age_us, age);
	verdict_span_zh(line->longest_us, longest);
	if (line->cold)
		snprintf(v->zh, sizeof(v->zh), "最后一次动静在卫生间，已过%s（暂按固定时限）", age);
	else if (!line->longest_us)
		snprintf(v->zh, sizeof(v->zh), "最后一次动静在卫生间，已过%s：过去%u天从没有这么久", age, days);
	else
		snprintf(v->zh, sizeof(v->zh), "最后一次动静在卫生间，已过%s：过去%u天最长%s%s", age, days,
			 more ? "超过" : "", longest);
	verdict_span_en(age_us, age);
	verdict_span_en(line->longest_us, longest);
	if (line->cold)
		snprintf(v->en, sizeof(v->en),
			 "last sign of life in the bathroom, %s ago; the fixed limit holds for now", age);
	else if (!line->longest_us)
		snprintf(v->en, sizeof(v->en), "last sign of life in the bathroom, %s ago: never so long in %u days",
			 age, days);
	else
		snprintf(v->en, sizeof(v->en),
			 "last sign of life in the bathroom, %s ago: the longest in %u days was %s%s", age, days,
			 more ? "more than " : "", longest);
}

/* Lengths at which stages 1, 2 and 3 begin. */
static int64_t bathroom_stage_us(const struct home_view *v, int64_t limit_us, int stage)
{
	if (stage >= 2)
		limit_us += settings_us(v->settings, SETTINGS_BATHROOM_PROMPT_FOR);
	if (stage >= 3)
		limit_us += settings_us(v->settings, SETTINGS_WELFARE_DESK_FOR);
	return limit_us;
}

void bathroom_judge(struct bathroom *b, const struct home_view *v, struct verdict *ret_verdict)
{
	static const int priorities[] = { 0, 4, 2, 1 };
	struct verdict verdict = { .active = false };
	int64_t age_us = v->now.at.mono_us - b->since_us;

	/* Before the least limit there is nothing to reckon. */
	if (bathroom_is_judged(b, v) && age_us >= LEARN_FROM) {
		struct bathroom_line line = bathroom_line(b, v);

		for (int stage = 1; stage <= 3 && age_us >= bathroom_stage_us(v, line.limit_us, stage); stage++)
			verdict.stage = stage;
		b->reached = (uint8_t)MAX(b->reached, verdict.stage);
		verdict.active = verdict.stage;
		verdict.priority = priorities[verdict.stage];
		if (verdict.active)
			bathroom_say(&verdict, age_us, &line, b->days);
	}
	*ret_verdict = verdict;
}

int64_t bathroom_due(const struct bathroom *b, const struct home_view *v)
{
	int64_t limit_us, age_us = v->now.at.mono_us - b->since_us;

	if (!bathroom_is_judged(b, v))
		return INT64_MAX;
	if (age_us < LEARN_FROM)
		return b->since_us + LEARN_FROM;
	limit_us = bathroom_line(b, v).limit_us;
	for (int stage = 1; stage <= 3; stage++)
		if (age_us < bathroom_stage_us(v, limit_us, stage))
			return b->since_us + bathroom_stage_us(v, limit_us, stage);
	return INT64_MAX;
}

void bathroom_day(struct bathroom *b, _unused_ const struct home_view *v)
{
	if (b->occupied[0] || b->occupied[1])
		b->since_us = 0;                     /* they were seen elsewhere since */
	memset(b->occupied, 0, sizeof(b->occupied)); /* one that hangs does not hide a stay for ever */
	if (!b->lived)
		return;
	b->lived = false;
	b->today = (uint8_t)((b->today + 1) % BATHROOM_ROWS);
	b->days = (uint8_t)MIN(b->days + 1, BATHROOM_DAYS);
	memset(b->rows[b->today], 0, sizeof(b->rows[0]));
	memset(b->beside[b->today], 0, sizeof(b->beside[0]));
	b->pardoned &= ~((uint64_t)1 << b->today);
}

void bathroom_move(struct bathroom *b, int64_t by_us)
{
	sign_move(&b->since_us, by_us);
	sign_move(&b->first_us, by_us);
}

void bathroom_spoil(struct bathroom *b)
{
	b->spoilt = true;
}

void bathroom_pardon(struct bathroom *b, const struct home_view *v)
{
	b->spoilt = false;
	bathroom_learn(b, v->now.at.mono_us);
	if (b->since_us)
		b->pardoned |= (uint64_t)1 << b->today;
}
