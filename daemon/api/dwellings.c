#include "api/dwellings.h"

#include <errno.h>
#include <stdlib.h>

#include "api/allow.h"
#include "api/pending.h"
#include "api/rows.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "care/activity.h"
#include "care/care.h"
#include "upstream/resident_json.h"

#define WHY_MAX 256

/* One dwelling as of now. */
struct dwelling {
	const struct home *home;
	struct home_view view; /* at this moment */
	struct rhythm_limit limit;
	int64_t quiet_us; /* 0: nobody is thought to be in, or no sign yet */
	int stage;
	int priority; /* of its most urgent open alarm; 0: none */
	json_t *alarms;
};

static const char *word_of(enum home_mode mode)
{
	static const char *const names[] = {
		[HOME_UNKNOWN] = "unknown", [HOME_HOME] = "home", [HOME_AWAY] = "presumed_away"
	};

	return names[mode];
}

/* ---- what is known ---- */

static void add_alarms(const struct api *a, struct dwelling *d)
{
	const struct evaluator *e = a->source->alarms(a->source->context);
	const struct alarm *alarm;

	d->alarms = json_array();
	for (size_t position = 0; (alarm = evaluator_next(e, &position));) {
		if (alarm->state == ALARM_NORMAL || !alarm->place || !place_contains(d->home->place, alarm->place))
			continue;
		json_array_append_new(d->alarms, json_string(alarm->id));
		if (!d->priority || alarm->priority < d->priority)
			d->priority = alarm->priority;
		d->stage = MAX(d->stage, alarm->stage);
	}
}

static void look(const struct api *a, const struct home *h, struct dwelling *ret)
{
	struct clock_now now = clock_now();
	struct clock_calendar c;

	*ret = (struct dwelling){ .home = h, .view = h->view };
	ret->view.now.at = now;
	if (h->view.now.minute >= 0) {
		clock_calendar(now.wall_us, &c);
		ret->view.now.minute = c.hour * 60 + c.minute;
	}
	rhythm_limit(&h->state.rhythm, &ret->view, &ret->limit);
	if (home_view_counts(&h->view) && h->state.rhythm.since_us)
		ret->quiet_us = now.mono_us - h->state.rhythm.since_us;
	add_alarms(a, ret);
}

static json_t *seconds(int64_t us)
{
	return us > 0 ? json_integer(us / S) : json_null();
}

/* By the clock of now: it may have been set since. */
static json_t *time_of(int64_t mono_us)
{
	struct clock_now now = clock_now();

	return mono_us ? rows_time(now.wall_us - (now.mono_us - mono_us)) : json_null();
}

static json_t *last_of(const struct home *h)
{
	const struct home_last *last = &h->view.inside;
	const struct device *device = last->device < h->sensor_count ? h->sensors[last->device].device : NULL;

	if (!last->at.mono_us)
		return json_null();
	return json_pack("{s:o, s:s, s:s?}", "at", time_of(last->at.mono_us), "room", sign_room_name(last->room),
			 "device", device ? device->id : NULL);
}

static json_t *rules_of(const struct concern *c)
{
	json_t *list = json_array();

	for (int rule = 0; rule < CONCERN_RULES; rule++)
		if (c->rules & 1u << rule)
			json_array_append_new(list, json_string(concern_rule_id((enum concern_rule)rule)));
	return list;
}

/* Where nobody was ever seen, there is none. */
static json_t *line_of(const struct dwelling *d)
{
	bool none = d->limit.limit_us == INT64_MAX;
	char zh[RHYTHM_TEXT] = "还没有室内动静", en[RHYTHM_TEXT] = "no sign inside yet";

	if (!none) {
		rhythm_against_zh(&d->limit, zh);
		rhythm_against_en(&d->limit, en);
	}
	return json_pack("{s:o, s:o, s:I, s:b, s:{s:s, s:s}}", "limit_s",
			 none ? json_null() : json_integer(d->limit.limit_us / S), "longest_s",
			 seconds(d->limit.longest_us), "days", (json_int_t)d->limit.days, "learned",
			 d->limit.basis != RHYTHM_COLD, "against", "zh", zh, "en", en);
}

/* Who goes there asks for the sheet by it; it is no name. */
static json_t *ids_of(const struct home *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < h->resident_count; i++)
		json_array_append_new(list, json_string(h->residents[i].id));
	return list;
}

/* As the register says; else as the place does. */
static json_t *floor_of(const struct home *h)
{
	int floor = 0;

	for (size_t i = 0; i < h->resident_count && !floor; i++)
		floor = h->residents[i].floor;
	floor = floor ? floor : place_floor(h->place);
	return floor ? json_integer(floor) : json_null();
}

/* Who lives there, and why they are watched. Not for a display, whoever passes by reads it: but for whom it is that calls, while an
 * alarm is open there. */
static void add_people(json_t *row, const struct party *by, const struct dwelling *d)
{
	const struct home *h = d->home;
	bool shown = !by->looks_only, told = shown || d->priority;

	json_object_set_new(row, "resident_ids", shown ? ids_of(h) : json_array());
	json_object_set_new(row, "categories", told ? resident_json_categories(h->concern.categories) : json_array());
	json_object_set_new(row, "needs", told ? resident_json_needs(h->concern.needs) : json_array());
	json_object_set_new(row, "watches", shown ? rules_of(&h->concern) : json_array());
}

/* Takes the alarms. */
static json_t *row_of(const struct party *by, struct dwelling *d)
{
	const struct home *h = d->home;
	char zh[WHY_MAX], en[WHY_MAX];
	json_t *row;

	presence_why_zh(&h->state.presence, &d->view, zh, sizeof(zh));
	presence_why_en(&h->state.presence, &d->view, en, sizeof(en));
	row = json_pack("{s:s, s:s, s:o, s:{s:s, s:s}, s:o, s:o, s:o, s:i, s:o}", "place", h->place, "mode",
			word_of(h->view.mode), "since", time_of(h->view.mode_since_us), "why", "zh", zh, "en", en,
			"last", last_of(h), "quiet_s", seconds(d->quiet_us), "line", line_of(d), "stage", d->stage,
			"alarms", d->alarms);
	json_object_set_new(row, "priority", d->priority ? json_integer(d->priority) : json_null());
	json_object_set_new(row, "blind_since", time_of(h->view.blind_since_us));
	json_object_set_new(row, "residents", json_integer((json_int_t)h->resident_count));
	add_people(row, by, d);
	json_object_set_new(row, "floor", floor_of(h));
	return row;
}

/* ---- the list ---- */

/* An alarm first, the more urgent the sooner; then the nearer the quiet is to its line. */
static int compare(const void *a, const void *b)
{
	const struct dwelling *x = a, *y = b;
	double near_x = x->limit.limit_us > 0 ? (double)x->quiet_us / (double)x->limit.limit_us : 0;
	double near_y = y->limit.limit_us > 0 ? (double)y->quiet_us / (double)y->limit.limit_us : 0;
	int urgent_x = x->priority ? x->priority : 9, urgent_y = y->priority ? y->priority : 9;

	if (urgent_x != urgent_y)
		return urgent_x - urgent_y;
	if (near_x < near_y || near_x > near_y)
		return near_x < near_y ? 1 : -1;
	return strcmp(x->home->place, y->home->place);
}

static const struct care *care_of(const struct call *x)
{
	const struct api_source *source = x->api->source;

	return source->care ? source->care(source->context) : NULL;
}

void dwellings_list(struct call *x)
{
	const struct care *care = care_of(x);
	size_t count = care ? care_count(care) : 0, kept = 0;
	struct dwelling *all = mem_array(count + 1, sizeof(*all));
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct home *h = care_home(care, i);

		if (h && !h->asleep && party_knows(&x->by, h->place) && str_match(call_query(x, "match"), h->place))
			look(x->api, h, &all[kept++]);
	}
	qsort(all, kept, sizeof(*all), compare);
	for (size_t i = 0; i < kept; i++)
		json_array_append_new(list, row_of(&x->by, &all[i]));
	free(all);
	call_json(x, list);
}

/* NULL: nobody is watched there, or not for him; answered. */
static const struct home *wanted(struct call *x)
{
	const char *place = router_value(&x->match, "place");
	const struct care *care = care_of(x);
	const struct home *h = care && party_knows(&x->by, place) ? care_find(care, place) : NULL;

	if (h && !h->asleep)
		return h;
	call_error(x, (struct call_problem){ 404, "place" }, "no watched dwelling '%s'; see estatectl homes", place);
	return NULL;
}

void dwellings_get(struct call *x)
{
	const struct home *h = wanted(x);
	struct dwelling d;

	if (!h)
		return;
	look(x->api, h, &d);
	call_json(x, row_of(&x->by, &d));
}

/* ---- the picture of its days ---- */

/* A day's greatest quiet of each half hour, in seconds; NULL: that day is not known. */
static json_t *day_of(const struct rhythm *r, unsigned days_ago)
{
	json_t *slots;

	if (rhythm_past(r, days_ago, 0) < 0)
		return NULL;
	slots = json_array();
	for (unsigned slot = 0; slot < RHYTHM_SLOTS; slot++)
		json_array_append_new(slots, json_integer(MAX(rhythm_past(r, days_ago, slot), (int64_t)0) / S));
	return slots;
}

void dwellings_rhythm(struct call *x)
{
	const struct home *h = wanted(x);
	int64_t lines_us[RHYTHM_SLOTS];
	json_t *line, *days, *day;
	struct dwelling d;

	if (!h)
		return;
	look(x->api, h, &d);
	line = json_array();
	days = json_array();
	rhythm_lines(&h->state.rhythm, &d.view, lines_us);
	for (unsigned slot = 0; slot < RHYTHM_SLOTS; slot++)
		json_array_append_new(line, json_integer(lines_us[slot] / S));
	for (unsigned ago = 1; ago <= RHYTHM_DAYS && (day = day_of(&h->state.rhythm, ago)); ago++)
		json_array_append_new(days, day);
	day = day_of(&h->state.rhythm, 0);
	call_json(x, json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "place", h->place, "slot_minutes",
			       24 * 60 / RHYTHM_SLOTS, "line_s", line, "today_s", day ? day : json_null(), "days_s",
			       days, "now", row_of(&x->by, &d)));
}

/* ---- what stirred ---- */

/* False: answered. */
static bool read_days(struct call *x, unsigned *ret_days)
{
	const char *text = call_query(x, "days");
	int64_t number = ACTIVITY_DAYS;

	if (text && (str_to_i64(text, &number) < 0 || number < 1 || number > ACTIVITY_DAYS)) {
		call_error(x, (struct call_problem){ 400, "days" }, "days '%s': expected 1..%d", text, ACTIVITY_DAYS);
		return false;
	}
	*ret_days = (unsigned)number;
	return true;
}

/* Of kept samples, so it is recorded as their release is. */
void dwellings_activity(struct call *x)
{
	const struct api_source *source = x->api->source;
	const struct home *h = wanted(x);
	struct api_activity ask = { 0 };
	int r;

	if (!h || !read_days(x, &ask.days))
		return;
	if (x->by.looks_only) {
		allow_note(x, h->place, false);
		call_error(x, (struct call_problem){ 403, NULL },
			   "%s is a display: samples of homes are not shown there", x->by.who);
		return;
	}
	allow_note(x, h->place, true);
	ask.place = h->place;
	ask.pending = pending_new(x, h->place);
	r = source->activity ? source->activity(source->context, &ask) : -ENOSYS;
	if (r < 0)
		pending_answer(ask.pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"too many read the history at the same time: try again in a moment"));
}
