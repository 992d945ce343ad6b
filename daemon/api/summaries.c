#include "api/summaries.h"

#include <stdio.h>

#include "api/pending.h"
#include "base/clock.h"
#include "upstream/summary_span.h"

#define PATIENCE (60 * S) /* a day of many lifts is read */

/* Some moment of the day that the query names. False: answered. */
static bool read_day(struct call *x, int64_t now_us, int64_t *ret_us)
{
	const char *text = call_query(x, "day");
	struct summary_span today = summary_span_of(SUMMARY_DAY, now_us);
	char noon[64];

	*ret_us = now_us;
	if (!text || str_equal(text, "today"))
		return true;
	if (str_equal(text, "yesterday")) {
		*ret_us = today.from_us - 1;
		return true;
	}
	snprintf(noon, sizeof(noon), "%.20sT12:00:00", text);
	if (strlen(text) == 10 && clock_parse(noon, ret_us) == 0)
		return true;
	call_error(x, (struct call_problem){ 400, "day" },
		   "day '%s': expected a date as 2026-11-22, \"today\" or \"yesterday\"", text);
	return false;
}

/* The hour of that day; where none is asked for the day. False: answered. */
static bool read_hour(struct call *x, int64_t day_us, struct summary_span *ret_span)
{
	const char *text = call_query(x, "hour");
	struct clock_calendar c;
	int64_t hour, at_us;
	char moment[64];

	*ret_span = summary_span_of(SUMMARY_DAY, day_us);
	if (!text)
		return true;
	clock_calendar(day_us, &c);
	if (str_to_i64(text, &hour) < 0 || hour < 0 || hour > 23) {
		call_error(x, (struct call_problem){ 400, "hour" }, "hour '%s': expected 0..23", text);
		return false;
	}
	snprintf(moment, sizeof(moment), "%04d-%02d-%02dT%02d:00:00", c.year, c.month, c.day, (int)hour);
	if (clock_parse(moment, &at_us) < 0)
		at_us = ret_span->from_us + hour * HOUR;
	*ret_span = summary_span_of(SUMMARY_HOUR, at_us);
	return true;
}

void summaries_get(struct call *x)
{
	const struct api_source *source = x->api->source;
	int64_t now_us = clock_wall_us(), day_us;
	struct api_summary ask;
	int r;

	if (!read_day(x, now_us, &day_us) || !read_hour(x, day_us, &ask.span))
		return;
	if (ask.span.from_us > now_us) {
		call_error(x, (struct call_problem){ 400, "day" }, "it has not begun yet");
		return;
	}
	ask.span.to_us = MIN(ask.span.to_us, now_us); /* so far */
	ask.pending = pending_new(x, "summary");
	pending_patience(ask.pending, PATIENCE, "it is computed for too long: try again in a moment");
	r = source->summary ? source->summary(source->context, &ask) : -ENOSYS;
	if (r < 0)
		pending_answer(ask.pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"too many ask for summaries at the same time: try again in a moment"));
}
