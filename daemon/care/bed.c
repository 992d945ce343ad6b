#include "care/bed.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "care/phrase.h"
#include "care/slot.h"

#define PROOF (10 * MINUTE)

void bed_init(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	slot_init(b->devices, BED_DEVICES);
}

static void pad(struct bed *b, const struct sign *s, const struct home_view *v)
{
	int slot = slot_of(b->devices, BED_DEVICES, s->device);
	struct bed_one *one;

	if (slot < 0)
		return;
	one = &b->beds[slot];
	if (s->on && !one->occupied)
		one->since_us = s->moment.at.mono_us;
	if (one->occupied && s->moment.at.mono_us - one->since_us >= PROOF)
		one->proven = 1;
	if (s->on) {
		one->left = (struct clock_now){ 0 };
	} else if (one->occupied && one->proven && phrase_is_night(v)) {
		one->left = s->moment.at;
		b->other = (struct clock_now){ 0 };
	}
	one->occupied = s->on;
}

/* By day they are up: what the night left open is over as soon as they are noticed anywhere. */
static void got_up(struct bed *b)
{
	for (size_t i = 0; i < BED_DEVICES; i++)
		b->beds[i].left = (struct clock_now){ 0 };
	b->other = (struct clock_now){ 0 };
}

void bed_sign(struct bed *b, const struct sign *s, const struct home_view *v)
{
	if (s->kind == SIGN_BED) {
		pad(b, s, v);
	} else if (sign_is_inside(s) && v->now.minute >= 0 && !phrase_is_night(v)) {
		got_up(b);
	} else if (sign_is_inside(s) && s->room != SIGN_ROOM_BEDROOM) {
		b->other = s->moment.at;
		b->other_room = s->room;
	}
}

/* Who has been out longest; NULL: nobody, or it cannot be told. */
static const struct bed_one *out(const struct bed *b, const struct home_view *v)
{
	const struct bed_one *longest = NULL;

	if (v->mode == HOME_AWAY || v->blind_since_us)
		return NULL;
	for (size_t i = 0; i < BED_DEVICES; i++) {
		const struct bed_one *one = &b->beds[i];

		if (one->left.mono_us && home_view_believes(v, b->devices[i]) &&
		    (!longest || one->left.mono_us < longest->left.mono_us))
			longest = one;
	}
	return longest;
}

/* When it becomes worth telling, and when they have not been noticed elsewhere for too long as well. */
struct limits {
	int64_t told_us, urgent_us; /* mono */
};
static struct limits limits_of(const struct bed *b, const struct bed_one *one, const struct home_view *v)
{
	int64_t for_us = settings_us(v->settings, SETTINGS_BED_FOR);
	int64_t elsewhere_us = MAX(settings_us(v->settings, SETTINGS_BED_FOR_ELSEWHERE), for_us);

	struct limits l = { .told_us = one->left.mono_us + for_us, .urgent_us = one->left.mono_us + for_us };

	if (b->other.mono_us > one->left.mono_us) {
		l.told_us = one->left.mono_us + elsewhere_us;
		l.urgent_us = MAX(l.told_us, b->other.mono_us + for_us);
	}
	return l;
}

static void say(const struct bed *b, const struct bed_one *one, const struct home_view *v, struct verdict *verdict)
{
	char time[CLOCK_ISO_MAX], span[VERDICT_SPAN], last[PHRASE_MAX];
	int64_t age_us = v->now.at.mono_us - one->left.mono_us;

	phrase_time(one->left.wall_us, time);
	if (verdict->priority == 4) {
		snprintf(verdict->zh, sizeof(verdict->zh), "%s 离床，%s没有回到床上，期间%s有活动；%s", time,
			 verdict_span_zh(age_us, span), sign_room_zh((enum sign_room)b->other_room),
			 phrase_last_zh(v, last));
		snprintf(verdict->en, sizeof(verdict->en),
			 "out of bed at %s and not back for %s, active elsewhere (%s); %s", time,
			 verdict_span_en(age_us, span), phrase_room_en((enum sign_room)b->other_room),
			 phrase_last_en(v, last));
		return;
	}
	snprintf(verdict->zh, sizeof(verdict->zh), "%s 离床，%s没有回到床上，其他房间也没有活动；%s", time,
		 verdict_span_zh(age_us, span), phrase_last_zh(v, last));
	snprintf(verdict->en, sizeof(verdict->en),
		 "out of bed at %s and not back for %s, not noticed in another room; %s", time,
		 verdict_span_en(age_us, span), phrase_last_en(v, last));
}

void bed_judge(struct bed *b, const struct home_view *v, struct verdict *ret_verdict)
{
	const struct bed_one *one = out(b, v);
	struct verdict verdict = { .active = false };

	if (one) {
		struct limits l = limits_of(b, one, v);

		if (v->now.at.mono_us >= l.urgent_us)
			verdict = (struct verdict){ .active = true, .priority = 2 };
		else if (v->now.at.mono_us >= l.told_us)
			verdict = (struct verdict){ .active = true, .priority = 4 };
		if (verdict.active)
			say(b, one, v, &verdict);
	}
	*ret_verdict = verdict;
}

int64_t bed_due(const struct bed *b, const struct home_view *v)
{
	const struct bed_one *one = out(b, v);
	struct limits l;

	if (!one)
		return INT64_MAX;
	l = limits_of(b, one, v);
	if (l.told_us > v->now.at.mono_us)
		return l.told_us;
	return l.urgent_us > v->now.at.mono_us ? l.urgent_us : INT64_MAX;
}

void bed_day(_unused_ struct bed *b, _unused_ const struct home_view *v)
{
}

void bed_move(struct bed *b, int64_t by_us)
{
	for (size_t i = 0; i < BED_DEVICES; i++) {
		sign_move(&b->beds[i].left.mono_us, by_us);
		sign_move(&b->beds[i].since_us, by_us);
	}
	sign_move(&b->other.mono_us, by_us);
}
