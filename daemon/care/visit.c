#include "care/visit.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"

void visit_init(struct visit_due *v)
{
	memset(v, 0, sizeof(*v));
}

/* ---- how often, and until when ---- */

static int whole_days(int64_t us)
{
	return (int)((us + DAY - 1) / DAY);
}

int visit_every_days(const struct concern *c, const struct settings *s)
{
	int every = whole_days(settings_us(s, SETTINGS_VISIT_EVERY));

	if (!(c->rules & 1U << CONCERN_VISIT))
		return 0;
	if (every > 0)
		return every;
	for (unsigned i = 0; i < RESIDENT_CATEGORIES; i++) {
		int days = whole_days(settings_us(s, (enum settings_key)(SETTINGS_VISIT_LIVES_ALONE + i)));

		if (c->categories & 1U << i && days > 0)
			every = every ? MIN(every, days) : days;
	}
	return every;
}

/* The day by which the next is due, after that of the last contact, or of the beginning; INT32_MAX: never. */
static int32_t due_day(int32_t day_of_last, int every_days)
{
	return every_days > 0 ? day_of_last + every_days : INT32_MAX;
}

/* ---- what happened ---- */

static bool clock_known(const struct home_view *view)
{
	return view->now.minute >= 0;
}

void visit_met(struct visit_due *v, int64_t wall_us, const struct home_view *view)
{
	if (!wall_us && !clock_known(view)) {
		v->met_mono_us = MAX(view->now.at.mono_us, (int64_t)1);
		return;
	}
	v->met_us = MAX(v->met_us, wall_us ? wall_us : view->now.at.wall_us);
	if (v->met_us >= v->asked_us)
		v->asked_us = 0;
}

void visit_ask(struct visit_due *v, const struct home_view *view)
{
	if (!v->asked_us && clock_known(view))
		v->asked_us = view->now.at.wall_us;
}

void visit_sign(struct visit_due *v, const struct sign *s, const struct home_view *view)
{
	if (s->kind == SIGN_CARD && s->entrance)
		visit_met(v, 0, view);
}

/* ---- overdue ---- */

/* The clock can be believed: what waited for that is dated. */
static void settle(struct visit_due *v, const struct home_view *view)
{
	if (v->met_mono_us) {
		int64_t ago_us = MAX(view->now.at.mono_us - v->met_mono_us, (int64_t)0);

		v->met_mono_us = 0;
		visit_met(v, view->now.at.wall_us - ago_us, view);
	}
	if (!v->since_us)
		v->since_us = view->now.at.wall_us;
}

/* The estate's day of a moment, seen from now: midnights between count. A moment ahead of now is one of a wrong clock: now. */
static int32_t day_of(int64_t wall_us, const struct home_view *view)
{
	int64_t into_us = view->now.minute * MINUTE + view->now.at.wall_us % MINUTE;
	int64_t ago_us = MAX(view->now.at.wall_us - wall_us, (int64_t)0);

	if (ago_us <= into_us)
		return view->now.day;
	return view->now.day - (int32_t)((ago_us - into_us + DAY - 1) / DAY);
}

static int32_t last_day(const struct visit_due *v, const struct home_view *view)
{
	return day_of(v->met_us ? v->met_us : v->since_us, view);
}

static int priority_of(int32_t late_days, const struct settings *s)
{
	if (late_days >= whole_days(settings_us(s, SETTINGS_VISIT_LATE_SECOND)))
		return 3;
	return late_days >= whole_days(settings_us(s, SETTINGS_VISIT_LATE_FIRST)) ? 4 : 0;
}

/* Days beyond what was agreed, as of the hour at which people are told; negative: none. */
static int32_t late_days(const struct visit_due *v, const struct home_view *view)
{
	int every = visit_every_days(view->concern, view->settings);
	int32_t today = view->now.day - (view->now.minute < (int)view->settings->values[SETTINGS_VISIT_FROM]);

	return every > 0 ? today - due_day(last_day(v, view), every) : -1;
}

static int priority_now(const struct visit_due *v, const struct home_view *view)
{
	bool asked = v->asked_us && view->concern->rules & 1U << CONCERN_VISIT;
	bool early = view->now.minute < (int)view->settings->values[SETTINGS_VISIT_FROM];

	if (asked)
		return 3;
	/* A plan ends at midnight: nobody is told of that day's visits before the hour. */
	if (early && v->priority == 0)
		return 0;
	/* In hospital, or gone by plan: nobody is sent to an empty home. Who is back is visited. */
	return view->planned_away ? 0 : priority_of(late_days(v, view), view->settings);
}

static void say(const struct visit_due *v, const struct home_view *view, struct verdict *ret)
{
	int every = visit_every_days(view->concern, view->settings);
	int32_t days = view->now.day - last_day(v, view);
	const char *day = str_plural((size_t)days, "day", "days");

	if (v->asked_us) {
		snprintf(ret->zh, sizeof(ret->zh), "室内过热或过冷，今天需要上门探访；上次见面：%s%d天前",
			 v->met_us ? "" : "无记录，登记于", days);
		snprintf(ret->en, sizeof(ret->en), "too hot or too cold indoors: to be visited today; %s %d %s ago",
			 v->met_us ? "last seen in person" : "never seen in person, asked for since", days, day);
	} else if (v->met_us) {
		snprintf(ret->zh, sizeof(ret->zh), "巡访逾期：约定每%d天一次，上次见面在%d天前", every, days);
		snprintf(ret->en, sizeof(ret->en), "visit overdue: every %d %s agreed, last seen in person %d %s ago",
			 every, str_plural((size_t)every, "day", "days"), days, day);
	} else {
		snprintf(ret->zh, sizeof(ret->zh), "巡访逾期：约定每%d天一次，%d天来没有见面记录", every, days);
		snprintf(ret->en, sizeof(ret->en), "visit overdue: every %d %s agreed, none recorded in %d %s", every,
			 str_plural((size_t)every, "day", "days"), days, day);
	}
}

void visit_judge(struct visit_due *v, const struct home_view *view, struct verdict *ret)
{
	*ret = (struct verdict){ 0 };
	if (clock_known(view)) {
		settle(v, view);
		v->priority = priority_now(v, view);
		if (v->priority == 0)
			v->overdue_since = 0;
		else if (v->overdue_since == 0)
			v->overdue_since = view->now.day;
	}
	ret->active = v->priority != 0;
	ret->priority = v->priority;
	if (ret->active && clock_known(view))
		say(v, view, ret);
}

int64_t visit_due(const struct visit_due *v, const struct home_view *view)
{
	(void)v;
	if (!clock_known(view) || !(view->concern->rules & 1U << CONCERN_VISIT))
		return INT64_MAX;
	return sign_until(&view->now, (int)view->settings->values[SETTINGS_VISIT_FROM]);
}

void visit_day(struct visit_due *v, const struct home_view *view)
{
	(void)v; /* it looks at the hour from which people are told, not at midnight */
	(void)view;
}

void visit_move(struct visit_due *v, int64_t by_us)
{
	sign_move(&v->met_mono_us, by_us);
}

bool visit_is_today(const struct visit_due *v, const struct home_view *view)
{
	int every;

	if (!view->concern || !view->settings || !clock_known(view))
		return false;
	every = visit_every_days(view->concern, view->settings);
	return v->asked_us || (v->since_us && due_day(last_day(v, view), every) <= view->now.day);
}
