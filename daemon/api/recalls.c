#include "api/recalls.h"

#include <errno.h>

#include "api/acts.h"
#include "api/allow.h"
#include "api/pending.h"
#include "base/clock.h"

#define SINCE_USUAL HOUR
#define ROWS_MAX    5000
#define WINDOWS_MAX 5000

bool recalls_time(struct call *x, const char *name, int64_t *us)
{
	const char *text = call_query(x, name);

	if (!text || acts_read_since(text, us))
		return true;
	call_error(x, (struct call_problem){ 400, name },
		   "%s '%s': expected a duration as \"2h\", or a time as 2026-11-22T03:00", name, text);
	return false;
}

static bool read_every(struct call *x, int64_t *us)
{
	const char *text = call_query(x, "every");

	if (!text || (str_to_duration(text, us) == 0 && *us >= S && *us % S == 0))
		return true;
	call_error(x, (struct call_problem){ 400, "every" },
		   "every '%s': expected whole seconds, minutes, hours or days, as \"1h\"", text);
	return false;
}

bool recalls_limit(struct call *x, size_t *limit)
{
	const char *text = call_query(x, "limit");
	int64_t number;

	*limit = ROWS_MAX;
	if (!text)
		return true;
	if (str_to_i64(text, &number) == 0 && number >= 1 && number <= ROWS_MAX) {
		*limit = (size_t)number;
		return true;
	}
	call_error(x, (struct call_problem){ 400, "limit" }, "limit '%s': expected 1..%d", text, ROWS_MAX);
	return false;
}

/* Windows begin with the estate's day, and go on from there. */
static int64_t aligned(int64_t from_us, int64_t every_us)
{
	struct clock_calendar c;
	int64_t midnight_us;

	clock_calendar(from_us, &c);
	midnight_us = from_us / S * S - (int64_t)(c.hour * 3600 + c.minute * 60 + c.second) * S;
	return every_us >= DAY ? midnight_us : midnight_us + (from_us - midnight_us) / every_us * every_us;
}

void recalls_get(struct call *x)
{
	const struct api_source *source = x->api->source;
	const struct point *point = lists_wanted_point(x);
	int64_t now_us = clock_wall_us();
	struct api_history h = { .from_us = now_us - SINCE_USUAL, .to_us = now_us };
	int r;

	if (!point || !recalls_time(x, "since", &h.from_us) || !recalls_time(x, "until", &h.to_us) ||
	    !read_every(x, &h.every_us) || !recalls_limit(x, &h.limit))
		return;
	h.to_us = MIN(h.to_us, now_us);
	if (h.every_us)
		h.from_us = aligned(h.from_us, h.every_us);
	if (h.every_us && (h.to_us - h.from_us) / h.every_us >= WINDOWS_MAX) {
		call_error(x, (struct call_problem){ 400, "every" },
			   "more than %d windows: ask for longer ones, or for less time", WINDOWS_MAX);
		return;
	}
	if (!allow_samples(x, point))
		return;
	h.point = point->name;
	h.pending = pending_new(x, point->name);
	r = source->history ? source->history(source->context, &h) : -ENOSYS;
	if (r < 0)
		pending_answer(h.pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"too many read the history at the same time: try again in a moment"));
}
