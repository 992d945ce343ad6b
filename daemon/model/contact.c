#include "model/contact.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "model/place.h"

#define MINUTES_OF_DAY (24 * 60)

static int date_of(const struct clock_calendar *c)
{
	return (c->year * 100 + c->month) * 100 + c->day;
}

struct contact_moment contact_moment_at(int64_t wall_us, bool known)
{
	struct contact_moment m = { .known = known };
	struct clock_calendar c;

	clock_calendar(wall_us, &c);
	m.minute = c.hour * 60 + c.minute;
	m.date[0] = date_of(&c);
	m.day[0] = c.weekday;
	/* Noon of the day before, whatever the clock did in between. */
	clock_calendar(wall_us - m.minute * MINUTE - 12 * HOUR, &c);
	m.date[1] = date_of(&c);
	m.day[1] = c.weekday;
	return m;
}

const char *contact_means(const struct contact *c)
{
	return c->notifier ? c->notifier->id : c->output ? c->output : "page";
}

const struct contact *contact_find(const struct contact_list *l, const char *id)
{
	for (size_t i = 0; i < l->count; i++)
		if (str_equal(l->contacts[i].id, id))
			return &l->contacts[i];
	return NULL;
}

static size_t nearest(const char *const *places, size_t count, const char *place)
{
	size_t best = count == 0;

	for (size_t i = 0; i < count; i++)
		if (place_contains(places[i], place))
			best = MAX(best, strlen(places[i]) + 1);
	return best;
}

size_t contact_covers(const struct contact *c, const char *place)
{
	return nearest(c->places, c->place_count, place);
}

bool contact_has_duty(const struct contact *c, const char *duty)
{
	for (size_t i = 0; i < c->duty_count; i++)
		if (str_equal(c->duties[i], duty))
			return true;
	return str_equal(c->id, duty);
}

/* What the day counts as at that place: of several that name it the nearest, and of those the first. */
static int day_counts_as(const struct contact_list *l, const char *place, int date, int weekday)
{
	size_t best = 0;
	int as = weekday;

	for (size_t i = 0; i < l->holiday_count; i++) {
		const struct contact_holiday *h = &l->holidays[i];
		size_t fit = date >= h->from && date <= h->until ? nearest(h->places, h->place_count, place) : 0;

		if (fit <= best)
			continue;
		best = fit;
		as = h->as;
	}
	return as;
}

static bool holds(const struct contact_span *s, int minute, int today, int yesterday)
{
	int to_min = s->to_min > s->from_min ? s->to_min : s->to_min + MINUTES_OF_DAY;

	if (s->days >> today & 1 && minute >= s->from_min && minute < to_min)
		return true;
	return s->days >> yesterday & 1 && minute + MINUTES_OF_DAY < to_min;
}

bool contact_on_duty(const struct contact_list *l, const struct contact *c, const char *place,
		     const struct contact_moment *now)
{
	int today, yesterday;

	if (c->span_count == 0 || !now->known)
		return true;
	today = day_counts_as(l, place, now->date[0], now->day[0]);
	yesterday = day_counts_as(l, place, now->date[1], now->day[1]);
	for (size_t i = 0; i < c->span_count; i++)
		if (holds(&c->roster[i], now->minute, today, yesterday))
			return true;
	return false;
}

size_t contact_of_duty(const struct contact_list *l, const char *duty, const char *place, const struct contact **ret)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct contact *c = &l->contacts[i];
		size_t fit = contact_has_duty(c, duty) ? contact_covers(c, place) : 0;
		size_t at = count;

		if (fit == 0)
			continue;
		for (; at > 0 && contact_covers(ret[at - 1], place) < fit; at--)
			ret[at] = ret[at - 1];
		ret[at] = c;
		count++;
	}
	return count;
}
