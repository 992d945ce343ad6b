#include "care/utility.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/phrase.h"

#define LOOK        (HOUR)
#define UNSEEN      (90 * MINUTE) /* longer without a look: that time is held against nobody */
#define UNWELL_MOST (8 * HOUR)    /* of a day that counts: away, or the meter not believed */
#define DAYS_MOST   16
#define DAYS_LEAST  7

static const struct {
	enum sign_kind kind;
	const char *zh, *en;
} words[UTILITY_KINDS] = {
	[UTILITY_WATER] = { SIGN_WATER, "用水", "water" },
	[UTILITY_POWER] = { SIGN_POWER, "用电", "electricity" },
};

void utility_init(struct utility *u)
{
	memset(u, 0, sizeof(*u));
}

static bool is_well(const struct home_view *v, enum utility_kind kind)
{
	return v->mode == HOME_HOME && (v->healthy_kinds & (1U << words[kind].kind));
}

/* The time since the latest look, to each meter that could have told. */
static void note(struct utility *u, const struct home_view *v)
{
	int64_t now_us = v->now.at.mono_us, passed_us = u->noted_us ? now_us - u->noted_us : 0;

	u->noted_us = now_us;
	if (passed_us > UNSEEN) {
		for (unsigned i = 0; i < UTILITY_KINDS; i++)
			u->meters[i].unwell_us += passed_us;
		return;
	}
	for (unsigned i = 0; i < UTILITY_KINDS; i++) {
		struct utility_meter *m = &u->meters[i];

		if (m->running)
			m->idle_us = 0;
		else if (is_well(v, (enum utility_kind)i))
			m->idle_us += passed_us;
		if (!is_well(v, (enum utility_kind)i))
			m->unwell_us += passed_us;
	}
}

void utility_sign(struct utility *u, const struct sign *s, const struct home_view *v)
{
	note(u, v);
	for (unsigned i = 0; i < UTILITY_KINDS; i++) {
		struct utility_meter *m = &u->meters[i];

		if (s->kind != words[i].kind)
			continue;
		if (s->on || m->running) {
			m->idle_us = 0;
			m->used_wall_us = s->moment.at.wall_us;
			m->today = 1;
		}
		m->running = s->on;
	}
}

static unsigned used_days(const struct utility_meter *m)
{
	return (unsigned)__builtin_popcount(m->used);
}

/* It has shown use on most of the days, so that none of it means something. */
static bool is_trusted(const struct utility_meter *m)
{
	return m->days >= DAYS_LEAST && used_days(m) * 10 >= m->days * 9U;
}

/* Time at home only makes it; but who goes out for an hour has not used any by that. */
static bool is_silent(const struct utility *u, enum utility_kind kind, const struct home_view *v)
{
	const struct utility_meter *m = &u->meters[kind];

	return is_trusted(m) && (v->healthy_kinds & (1U << words[kind].kind)) &&
	       m->idle_us >= settings_us(v->settings, SETTINGS_NO_UTILITY_FOR);
}

static void say(const struct utility_meter *m, enum utility_kind kind, const struct home_view *v,
		struct verdict *verdict)
{
	char zh[VERDICT_SPAN], en[VERDICT_SPAN], last_zh[PHRASE_MAX], last_en[PHRASE_MAX], used[CLOCK_ISO_MAX];

	clock_format_local(m->used_wall_us, used);
	used[16] = '\0';
	snprintf(verdict->zh, sizeof(verdict->zh), "在家期间已%s没有%s：之前%u天中有%u天%s，上次%s；%s",
		 verdict_span_zh(m->idle_us, zh), words[kind].zh, m->days, used_days(m), words[kind].zh, used + 5,
		 phrase_last_zh(v, last_zh));
	snprintf(verdict->en, sizeof(verdict->en),
		 "no %s used for %s while at home: used on %u of the %u days before, last at %s; %s", words[kind].en,
		 verdict_span_en(m->idle_us, en), used_days(m), m->days, used + 5, phrase_last_en(v, last_en));
}

void utility_judge(struct utility *u, const struct home_view *v, struct verdict *ret_verdict)
{
	struct verdict verdict = { .active = false };

	note(u, v);
	for (unsigned i = 0; i < UTILITY_KINDS && !verdict.active; i++) {
		if (!is_silent(u, (enum utility_kind)i, v))
			continue;
		verdict = (struct verdict){ .active = true, .priority = 3 };
		say(&u->meters[i], (enum utility_kind)i, v, &verdict);
	}
	*ret_verdict = verdict;
}

int64_t utility_due(const struct utility *u, const struct home_view *v)
{
	int64_t now_us = v->now.at.mono_us, due_us = INT64_MAX;

	for (unsigned i = 0; i < UTILITY_KINDS; i++) {
		const struct utility_meter *m = &u->meters[i];
		int64_t left_us = settings_us(v->settings, SETTINGS_NO_UTILITY_FOR) - m->idle_us;

		if (!m->used_wall_us)
			continue; /* no such meter */
		due_us = MIN(due_us, now_us + LOOK);
		if (is_trusted(m) && is_well(v, (enum utility_kind)i) && left_us > 0)
			due_us = MIN(due_us, MAX(u->noted_us, now_us) + left_us);
	}
	return due_us;
}

void utility_day(struct utility *u, const struct home_view *v)
{
	note(u, v);
	for (unsigned i = 0; i < UTILITY_KINDS; i++) {
		struct utility_meter *m = &u->meters[i];

		if (m->running)
			m->today = 1;
		if (m->unwell_us <= UNWELL_MOST && m->used_wall_us) {
			m->used = (uint16_t)(m->used << 1 | m->today);
			m->days = (uint8_t)MIN(m->days + 1, DAYS_MOST);
		}
		m->today = m->running;
		m->unwell_us = 0;
	}
}

void utility_move(struct utility *u, int64_t by_us)
{
	sign_move(&u->noted_us, by_us);
}
