#include "upstream/summary_span.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"

static const char *const names[SUMMARY_PERIODS] = { [SUMMARY_HOUR] = "hour", [SUMMARY_DAY] = "day" };

const char *summary_span_name(enum summary_period p)
{
	return names[p];
}

int summary_span_parse(const char *name, enum summary_period *ret_period)
{
	for (unsigned p = 0; p < SUMMARY_PERIODS; p++)
		if (str_equal(name, names[p])) {
			*ret_period = (enum summary_period)p;
			return 0;
		}
	return -EINVAL;
}

/* Below zero too. */
static int64_t whole_seconds(int64_t us)
{
	return us - (us % S + S) % S;
}

static int64_t hour_start(int64_t wall_us)
{
	struct clock_calendar c;

	clock_calendar(wall_us, &c);
	return whole_seconds(wall_us) - (c.minute * 60 + c.second) * S;
}

/* Midnight is asked of the zone: on the days on which clocks change it is not a number of hours away. */
static int64_t day_start(int64_t wall_us)
{
	struct clock_calendar c;
	char text[64];
	int64_t start_us;

	clock_calendar(wall_us, &c);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00", c.year, c.month, c.day);
	if (clock_parse(text, &start_us) < 0 || start_us > wall_us)
		start_us = whole_seconds(wall_us) - (c.hour * 3600 + c.minute * 60 + c.second) * S;
	return start_us;
}

static int64_t start_of(enum summary_period p, int64_t wall_us)
{
	return p == SUMMARY_HOUR ? hour_start(wall_us) : day_start(wall_us);
}

/* A day and a half behind midnight is the next day, however long that one is. */
static int64_t end_of(enum summary_period p, int64_t from_us)
{
	int64_t step_us = p == SUMMARY_HOUR ? HOUR : DAY + DAY / 2;
	int64_t to_us = start_of(p, from_us + step_us);

	return to_us > from_us ? to_us : from_us + step_us;
}

struct summary_span summary_span_of(enum summary_period p, int64_t wall_us)
{
	int64_t from_us = start_of(p, wall_us);

	return (struct summary_span){ .period = p, .from_us = from_us, .to_us = end_of(p, from_us) };
}

struct summary_span summary_span_next(const struct summary_span *s)
{
	return (struct summary_span){ .period = s->period, .from_us = s->to_us, .to_us = end_of(s->period, s->to_us) };
}

struct summary_span summary_span_before(const struct summary_span *s)
{
	struct summary_span before = summary_span_of(s->period, s->from_us - 1);

	before.to_us = s->from_us;
	return before;
}

bool summary_span_same(const struct summary_span *a, const struct summary_span *b)
{
	return a->period == b->period && a->from_us == b->from_us;
}
