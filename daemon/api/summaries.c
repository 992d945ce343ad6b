#include "api/summaries.h"

#include <stdio.h>
#include <string.h>

#include "api/allow.h"
#include "api/pending.h"
#include "base/clock.h"
#include "upstream/summary_range.h"
#include "upstream/summary_span.h"

#define PATIENCE (60 * S) /* a day of many lifts is read */
#define DAYS_MAX 31

static const char *const scopes[] = { "estate", "places", "building", "class", "lift", "alarm_class", "daemon" };
#define SCOPES "estate,places,building,class,lift,alarm_class,daemon"

/* Some moment of the day that the query names there; now where it names none. False: answered. */
static bool read_day(struct call *x, const char *name, int64_t now_us, int64_t *ret_us)
{
	const char *text = call_query(x, name);
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
	call_error(x, (struct call_problem){ 400, name },
		   "%s '%s': expected a date as 2026-11-22, \"today\" or \"yesterday\"", name, text);
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

/* The first one has begun. False: it has not, and it is answered. */
static bool has_begun(struct call *x, const char *name, const struct api_summary *ask)
{
	if (ask->span.from_us <= ask->now_us)
		return true;
	call_error(x, (struct call_problem){ 400, name }, "it has not begun yet");
	return false;
}

static void hand_over(struct call *x, struct api_summary *ask)
{
	const struct api_source *source = x->api->source;
	int r;

	ask->span.to_us = MIN(ask->span.to_us, ask->now_us); /* so far */
	ask->pending = pending_new(x, "summary");
	pending_patience(ask->pending, PATIENCE, "it is computed for too long: try again in a moment");
	r = source->summary ? source->summary(source->context, ask) : -ENOSYS;
	if (r < 0)
		pending_answer(ask->pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"too many ask for summaries at the same time: try again in a moment"));
}

/* ---- some days ---- */

static bool scopes_good(struct call *x)
{
	const char *at = call_query(x, "scopes");

	while (at) {
		size_t len = strcspn(at, ","), i = 0;

		while (i < ARRAY_SIZE(scopes) && (strlen(scopes[i]) != len || memcmp(scopes[i], at, len) != 0))
			i++;
		if (i == ARRAY_SIZE(scopes)) {
			call_error(x, (struct call_problem){ 400, "scopes" },
				   "scopes '%.*s': expected some of " SCOPES ", separated by commas",
				   (int)MIN(len, 40u), at);
			return false;
		}
		at = at[len] ? at + len + 1 : NULL;
	}
	return true;
}

/* From the first to the last; not those that have not begun. False: answered. */
static bool read_days(struct call *x, struct api_summary *ask)
{
	int64_t first_us, last_us;
	struct summary_span span;

	if (!read_day(x, "from", ask->now_us, &first_us) || !read_day(x, "to", ask->now_us, &last_us))
		return false;
	ask->span = summary_span_of(SUMMARY_DAY, first_us);
	if (!has_begun(x, "from", ask))
		return false;
	last_us = MIN(last_us, ask->now_us);
	for (span = ask->span; span.from_us <= last_us && ask->days <= DAYS_MAX; ask->days++)
		span = summary_span_next(&span);
	if (ask->days && ask->days <= DAYS_MAX)
		return true;
	call_error(x, (struct call_problem){ 400, "to" },
		   ask->days ? "expected at most %d days at a time" : "expected a day that is not before the first",
		   DAYS_MAX);
	return false;
}

/* What of his scope may be summed up for him: what happens in one dwelling is not for everybody. */
static struct scope told_scope(const struct call *x)
{
	const struct scope *mine = &x->by.scope;
	struct scope told = { .whole = mine->whole };

	for (size_t i = 0; !told.whole && i < mine->count; i++)
		if (party_reads_homes(&x->by) || !allow_is_one_home(x->api, mine->places[i]))
			memcpy(told.places[told.count++], mine->places[i], sizeof(told.places[0]));
	return told;
}

/* What he is not told, though he might expect it. */
static json_t *left_out(const struct scope *mine, const struct scope *told)
{
	json_t *names = json_array();

	if (told->whole)
		return names;
	json_array_append_new(names, json_string("estate"));
	json_array_append_new(names, json_string("daemon"));
	for (size_t i = 0; i < mine->count; i++)
		if (!scope_covers(told, mine->places[i]))
			json_array_append_new(names, json_string(mine->places[i]));
	return names;
}

static json_t *date_of(int64_t wall_us)
{
	char iso[CLOCK_ISO_MAX];

	return json_stringn(clock_format_iso(wall_us, iso), 10);
}

static json_t *last_day(const struct api_summary *ask)
{
	struct summary_span span = ask->span;

	for (size_t i = 1; i < ask->days; i++)
		span = summary_span_next(&span);
	return date_of(span.from_us);
}

static void answer_days(struct call *x, struct api_summary *ask)
{
	struct scope told = told_scope(x);

	ask->scope = &told;
	ask->scopes = call_query(x, "scopes");
	ask->head =
		json_pack("{s:o, s:o, s:o, s:o}", "from", date_of(ask->span.from_us), "to", last_day(ask), "places",
			  told.whole ? json_null() : api_scope_json(&told), "left_out", left_out(&x->by.scope, &told));
	if (told.whole || told.count) {
		hand_over(x, ask);
	} else {
		json_object_update_new(ask->head, json_pack("{s:[], s:[], s:n}", "days", "rows", "next"));
		call_json(x, json_incref(ask->head));
	}
	json_decref(ask->head);
}

/* ---- one ---- */

static void answer_one(struct call *x, struct api_summary *ask)
{
	int64_t day_us;

	if (!x->by.scope.whole)
		call_error(x, (struct call_problem){ 403, NULL },
			   "%s sees a part of the estate: this is of all of it; of your places: from=…&to=…",
			   x->by.who);
	else if (read_day(x, "day", ask->now_us, &day_us) && read_hour(x, day_us, &ask->span) &&
		 has_begun(x, "day", ask))
		hand_over(x, ask);
}

void summaries_get(struct call *x)
{
	struct api_summary ask = { .now_us = clock_wall_us() };
	static const char *const of_one[] = { "day", "hour" }, *const of_days[] = { "to", "scopes" };
	const char *const *others = call_query(x, "from") ? of_one : of_days;

	for (size_t i = 0; i < ARRAY_SIZE(of_one); i++)
		if (call_query(x, others[i])) {
			call_error(x, (struct call_problem){ 400, others[i] },
				   "%s: either day and hour, or from, to and scopes", others[i]);
			return;
		}
	if (!call_query(x, "from"))
		answer_one(x, &ask);
	else if (read_days(x, &ask) && scopes_good(x))
		answer_days(x, &ask);
}
