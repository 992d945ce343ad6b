#include "care/cross.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define UNIT       (10 * MINUTE)
#define BEYOND     (HOUR) /* a source's line is its longest quiet and that */
#define DAYS_LEAST 7
#define DEGREE     1.0 /* back within the limit by so much */

static const char *const hazard_zh[] = { "漏水", "燃气泄漏", "烟雾", "一氧化碳" };
static const char *const hazard_en[] = { "a water leak", "gas", "smoke", "carbon monoxide" };

void cross_init(struct cross *x)
{
	memset(x, 0, sizeof(*x));
}

static int source_of(const struct sign *s)
{
	switch (s->kind) {
	case SIGN_MOTION:
	case SIGN_SEAT:
	case SIGN_BED:
	case SIGN_RADAR: return CROSS_MOTION;
	case SIGN_CONTACT: return s->entrance ? CROSS_DOOR : CROSS_CONTACT;
	case SIGN_WATER: return CROSS_WATER;
	case SIGN_POWER: return CROSS_POWER;
	case SIGN_APPLIANCE: return CROSS_APPLIANCE;
	default: return -1;
	}
}

static bool is_healthy(enum cross_source source, const struct home_view *v)
{
	static const unsigned kinds[CROSS_SOURCES] = {
		[CROSS_MOTION] = 1U << SIGN_MOTION | 1U << SIGN_SEAT | 1U << SIGN_BED | 1U << SIGN_RADAR,
		[CROSS_CONTACT] = 1U << SIGN_CONTACT,
		[CROSS_DOOR] = 1U << SIGN_CONTACT,
		[CROSS_WATER] = 1U << SIGN_WATER,
		[CROSS_POWER] = 1U << SIGN_POWER,
		[CROSS_APPLIANCE] = 1U << SIGN_APPLIANCE,
	};

	return (v->healthy_kinds & kinds[source]) && (source != CROSS_DOOR || v->door_known);
}

/* ---- each source's own line ---- */

void cross_note(struct cross *x, const struct home_view *v)
{
	for (unsigned i = 0; i < CROSS_SOURCES; i++)
		if (v->mode == HOME_AWAY || v->blind_since_us || !is_healthy((enum cross_source)i, v))
			x->quiets[i].spoilt = 1;
}

static void heard(struct cross_quiet *q, const struct sign *s)
{
	int64_t now_us = s->moment.at.mono_us, units;

	if (q->last_us && !q->spoilt && !q->running) {
		units = (now_us - q->last_us + UNIT - 1) / UNIT;
		q->today = (uint8_t)MAX(q->today, MIN(units, UINT8_MAX));
	}
	q->last_us = now_us;
	q->way = s->way;
	q->spoilt = 0;
}

static void hazard(struct cross *x, const struct sign *s)
{
	int64_t *since_us = &x->hazard_us[s->hazard];

	if (s->on && !*since_us) {
		*since_us = s->moment.at.mono_us;
		x->hazard_device[s->hazard] = s->device;
	} else if (!s->on && x->hazard_device[s->hazard] == s->device) {
		*since_us = 0;
	}
}

static void climate(struct cross *x, const struct sign *s, const struct home_view *v)
{
	double hot = v->settings->values[SETTINGS_WELFARE_HOT], cold = v->settings->values[SETTINGS_WELFARE_COLD];

	if (s->value > hot || s->value < cold) {
		if (!x->harsh_us || x->hot != (s->value > hot)) {
			x->harsh_us = s->moment.at.mono_us;
			x->hot = s->value > hot;
			x->harsh_device = s->device;
		}
	} else if (x->harsh_us && s->device == x->harsh_device &&
		   (x->hot ? s->value <= hot - DEGREE : s->value >= cold + DEGREE)) {
		x->harsh_us = 0;
	}
	if (x->harsh_us && s->device == x->harsh_device)
		x->celsius = (float)s->value;
}

void cross_sign(struct cross *x, const struct sign *s, const struct home_view *v)
{
	int source = source_of(s);

	cross_note(x, v);
	if (s->kind == SIGN_HAZARD)
		hazard(x, s);
	else if (s->kind == SIGN_CLIMATE)
		climate(x, s, v);
	else if (source >= 0) {
		struct cross_quiet *q = &x->quiets[source];

		if (s->on || s->kind == SIGN_CONTACT || q->running)
			heard(q, s);
		q->running = s->on && s->kind != SIGN_CONTACT && s->kind != SIGN_MOTION;
	}
}

void cross_day(struct cross *x, const struct home_view *v)
{
	cross_note(x, v);
	for (unsigned i = 0; i < CROSS_SOURCES; i++) {
		struct cross_quiet *q = &x->quiets[i];

		if (!q->last_us)
			continue;
		memmove(q->longest + 1, q->longest, CROSS_DAYS - 1);
		q->longest[0] = q->today;
		q->today = 0;
		q->days = (uint8_t)MIN(q->days + 1, CROSS_DAYS);
	}
}

void cross_move(struct cross *x, int64_t by_us)
{
	for (unsigned i = 0; i < CROSS_SOURCES; i++)
		sign_move(&x->quiets[i].last_us, by_us);
	for (size_t i = 0; i < ARRAY_SIZE(x->hazard_us); i++)
		sign_move(&x->hazard_us[i], by_us);
	sign_move(&x->harsh_us, by_us);
}

/* From when on it is silent beyond its own line, mono; INT64_MAX: it cannot be told. */
static int64_t silent_at(const struct cross *x, enum cross_source source, const struct home_view *v)
{
	const struct cross_quiet *q = &x->quiets[source];
	uint8_t longest = q->today;

	if (!q->last_us || q->running || q->days < DAYS_LEAST || !is_healthy(source, v))
		return INT64_MAX;
	for (unsigned i = 0; i < q->days; i++)
		longest = MAX(longest, q->longest[i]);
	return longest == UINT8_MAX ? INT64_MAX : q->last_us + longest * UNIT + BEYOND;
}

/* What comes by one way can fall silent together: it counts once. */
static unsigned silent_sources(const struct cross *x, const struct home_view *v)
{
	unsigned count = 0;
	uint8_t ways[CROSS_SOURCES];

	for (unsigned i = 0; i < CROSS_SOURCES; i++) {
		uint8_t way = x->quiets[i].way;
		bool known = false;

		if (v->now.at.mono_us < silent_at(x, (enum cross_source)i, v))
			continue;
		for (unsigned k = 0; k < count; k++)
			known |= ways[k] == way;
		if (!known)
			ways[count++] = way;
	}
	return count;
}

/* ---- what it makes of a welfare alarm ---- */

/* The hazard that is there; -1: none. */
static int hazard_now(const struct cross *x)
{
	for (size_t i = 0; i < ARRAY_SIZE(x->hazard_us); i++)
		if (x->hazard_us[i])
			return (int)i;
	return -1;
}

enum cross_why cross_rise(const struct cross *x, const struct home_view *v, const struct cross_case *c)
{
	if (v->mode == HOME_AWAY || v->blind_since_us)
		return CROSS_NOTHING;
	if ((hazard_now(x) >= 0 || c->stove) && c->age_us >= c->limit_us / 2)
		return CROSS_HAZARD;
	if (c->age_us >= c->limit_us && silent_sources(x, v) >= v->settings->values[SETTINGS_WELFARE_SOURCES])
		return CROSS_SILENCE;
	return CROSS_NOTHING;
}

static void say_hazard(const struct cross *x, const struct cross_case *c, struct verdict *verdict)
{
	char zh[VERDICT_TEXT], en[VERDICT_TEXT], span[VERDICT_SPAN];
	int hazard_index = hazard_now(x);

	if (!verdict->active) {
		snprintf(verdict->zh, sizeof(verdict->zh), "已%s没有动静", verdict_span_zh(c->age_us, span));
		snprintf(verdict->en, sizeof(verdict->en), "no sign for %s", verdict_span_en(c->age_us, span));
	}
	snprintf(zh, sizeof(zh), "；同时有%s", hazard_index >= 0 ? hazard_zh[hazard_index] : "灶具没有关");
	snprintf(en, sizeof(en), "; and there is %s", hazard_index >= 0 ? hazard_en[hazard_index] : "a stove left on");
	verdict_add(verdict->zh, zh);
	verdict_add(verdict->en, en);
}

bool cross_mend(const struct cross *x, const struct home_view *v, const struct cross_case *c, struct verdict *verdict)
{
	enum cross_why why = cross_rise(x, v, c);
	char text[VERDICT_TEXT];
	unsigned count;

	if (why == CROSS_NOTHING || (verdict->active && verdict->stage >= 3))
		return false;
	if (why == CROSS_SILENCE) {
		if (!verdict->active || verdict->stage < 2)
			return false;
		count = silent_sources(x, v);
		snprintf(text, sizeof(text), "；%u个互不相干的来源都超过各自最长的安静时间", count);
		verdict_add(verdict->zh, text);
		snprintf(text, sizeof(text), "; %u independent sources are silent, each longer than ever before",
			 count);
		verdict_add(verdict->en, text);
	} else {
		say_hazard(x, c, verdict);
	}
	verdict->active = true;
	verdict->stage = 3;
	verdict->priority = 1;
	return true;
}

int64_t cross_due(const struct cross *x, const struct home_view *v, const struct cross_wait *w)
{
	int64_t now_us = v->now.at.mono_us, due_us = INT64_MAX;

	if (x->harsh_us) {
		int64_t at_us = x->harsh_us + settings_us(v->settings, SETTINGS_WELFARE_HARSH_FOR);

		if (at_us > now_us)
			due_us = at_us;
	}
	if (w->last_us && (hazard_now(x) >= 0 || w->stove) && w->last_us + w->limit_us / 2 > now_us)
		due_us = MIN(due_us, w->last_us + w->limit_us / 2);
	for (unsigned i = 0; i < CROSS_SOURCES; i++) {
		int64_t at_us = silent_at(x, (enum cross_source)i, v);

		if (at_us > now_us)
			due_us = MIN(due_us, at_us);
	}
	return due_us;
}

bool cross_is_harsh(const struct cross *x, const struct home_view *v)
{
	return x->harsh_us && v->now.at.mono_us - x->harsh_us >= settings_us(v->settings, SETTINGS_WELFARE_HARSH_FOR);
}

int64_t cross_buffer(const struct cross *x, const struct home_view *v, int64_t buffer_us)
{
	return cross_is_harsh(x, v) ? buffer_us / 2 : buffer_us;
}
