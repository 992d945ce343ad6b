#include "alarm/burden.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

#define SLOTS   ((size_t)(BURDEN_SPAN / BURDEN_SLOT))
#define DAYS    7
#define RECENT  (BURDEN_FLOOD + 1)
#define UNKNOWN (INT64_MIN / 2)

/* Ten minutes of the monotonic clock. */
struct slot {
	uint16_t told[4]; /* by priority, from 1 */
	uint32_t flood_ms;
};

struct source {
	char *alarm;
	uint16_t days[DAYS]; /* told, by day of the monotonic clock */
	int64_t day;         /* that was counted last */
	int64_t times_us[BURDEN_CHATTER];
	size_t next;
	int64_t chattered_us;
};

struct burden {
	int64_t began_us, now_us;
	int64_t number; /* of the newest slot */
	struct slot slots[SLOTS];
	int64_t recent_us[RECENT]; /* ring of the last ones */
	size_t next;
	int64_t flood_end_us, flooded_us; /* of the last flood; written down until then */
	struct source **sources;
	size_t count, room;
	struct map *by_alarm;
};

const struct burden_measure burden_measures[BURDEN_MEASURES] = {
	{ "alarms_per_10min", 1, "alarms told in ten minutes, mean of the last seven days", false },
	{ "flood_share", 0.01, "share of the time with more than ten alarms in ten minutes", false },
	{ "standing_over_24h", 4, "alarms that have been standing for more than a day", false },
	{ "chattering", 0, "sources that told three alarms in a minute, in the last day", false },
	{ "priority_1_share", 0.05, "share of priority 1 among the alarms told", false },
	{ "priority_2_share", 0.15, "share of priority 2 among the alarms told", false },
	{ "priority_3_4_share", 0.8, "share of priorities 3 and 4 among the alarms told", true },
};

/* Rounds down below zero too. */
static int64_t number_of(int64_t at_us, int64_t part_us)
{
	return at_us / part_us - (at_us % part_us < 0);
}

static struct slot *slot_of(struct burden *h, int64_t number)
{
	int64_t at = number % (int64_t)SLOTS;

	return &h->slots[at < 0 ? at + (int64_t)SLOTS : at];
}

struct burden *burden_new(int64_t began_us)
{
	struct burden *h = MEM_NEW(struct burden);

	h->began_us = h->now_us = began_us;
	h->number = number_of(began_us, BURDEN_SLOT);
	h->flood_end_us = h->flooded_us = UNKNOWN;
	for (size_t i = 0; i < RECENT; i++)
		h->recent_us[i] = UNKNOWN;
	h->by_alarm = map_new();
	return h;
}

void burden_free(struct burden *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++) {
		free(h->sources[i]->alarm);
		free(h->sources[i]);
	}
	free(h->sources);
	map_free(h->by_alarm);
	free(h);
}

bool burden_counts(const struct alarm_transition *t)
{
	/* Of what is asked in the home nobody is told; then the desk is, of the same alarm. */
	bool told_now = t->input == ALARM_IN_RISE && t->alarm.stage == 2;

	return t->alarm.state == ALARM_UNACKED && !t->alarm.test && t->input != ALARM_IN_RESTORED &&
	       t->alarm.stage != 1 && (t->from != ALARM_UNACKED || t->input == ALARM_IN_RAISED || told_now);
}

/* ---- time ---- */

/* Writes down the flood that lasts, as far as it has come by then: all in the newest slot. */
static void account(struct burden *h, int64_t until_us)
{
	until_us = MIN(until_us, h->flood_end_us);
	if (h->flooded_us >= until_us)
		return;
	slot_of(h, h->number)->flood_ms += (uint32_t)((until_us - h->flooded_us) / MS);
	h->flooded_us = until_us;
}

/* Slots that time has reached since begin empty. */
static void advance(struct burden *h, int64_t now_us)
{
	int64_t number;

	h->now_us = MAX(h->now_us, now_us);
	number = number_of(h->now_us, BURDEN_SLOT);
	if (number - h->number > (int64_t)SLOTS) {
		h->number = number - (int64_t)SLOTS;
		h->flooded_us = h->flood_end_us;
	}
	while (h->number < number) {
		account(h, (h->number + 1) * BURDEN_SLOT);
		*slot_of(h, ++h->number) = (struct slot){ 0 };
	}
	account(h, h->now_us);
}

/* A flood lasts from the moment in which one too many was told until the first of them is ten minutes old. */
static void flood(struct burden *h, int64_t from_us, int64_t to_us)
{
	if (from_us > h->flood_end_us)
		h->flooded_us = from_us;
	h->flood_end_us = MAX(h->flood_end_us, to_us);
}

/* ---- sources ---- */

/* Forgets the days that are over. */
static void turn_days(struct source *s, int64_t day)
{
	if (day - s->day > DAYS)
		s->day = day - DAYS;
	while (s->day < day) {
		int64_t at = ++s->day % DAYS;

		s->days[at < 0 ? at + DAYS : at] = 0;
	}
}

static uint32_t told_by(struct source *s, int64_t day)
{
	uint32_t told = 0;

	turn_days(s, day);
	for (size_t i = 0; i < DAYS; i++)
		told += s->days[i];
	return told;
}

static struct source *make_room(struct burden *h, int64_t day)
{
	struct source *least = h->sources[0];

	for (size_t i = 1; i < h->count; i++)
		if (told_by(h->sources[i], day) < told_by(least, day))
			least = h->sources[i];
	map_remove(h->by_alarm, least->alarm);
	free(least->alarm);
	return least;
}

static struct source *source_of(struct burden *h, const char *alarm, int64_t day)
{
	struct source *s = map_find(h->by_alarm, alarm);

	if (s)
		return s;
	if (h->count == BURDEN_SOURCES_MAX) {
		s = make_room(h, day);
	} else {
		if (h->count == h->room) {
			h->room = MAX((size_t)16, h->room * 2);
			h->sources = mem_realloc(h->sources, h->room, sizeof(struct source *));
		}
		s = h->sources[h->count++] = MEM_NEW(struct source);
	}
	*s = (struct source){ .alarm = mem_strdup(alarm), .day = day, .chattered_us = UNKNOWN };
	for (size_t i = 0; i < BURDEN_CHATTER; i++)
		s->times_us[i] = UNKNOWN;
	map_put(h->by_alarm, s->alarm, s);
	return s;
}

static void note_source(struct burden *h, const char *alarm, int64_t at_us)
{
	int64_t day = number_of(at_us, DAY), today;
	struct source *s = source_of(h, alarm, day);

	turn_days(s, day);
	today = day % DAYS;
	today += today < 0 ? DAYS : 0;
	s->days[today] += s->days[today] < UINT16_MAX;
	s->times_us[s->next] = at_us;
	s->next = (s->next + 1) % BURDEN_CHATTER;
	if (at_us - s->times_us[s->next] < MINUTE)
		s->chattered_us = at_us;
}

void burden_told(struct burden *h, const struct burden_told *t)
{
	int64_t at_us = MAX(t->at_us, h->now_us), oldest_us;
	int priority = CLAMP(t->priority, 1, 4);
	uint16_t *told;

	advance(h, at_us);
	told = &slot_of(h, h->number)->told[priority - 1];
	*told += *told < UINT16_MAX;
	h->recent_us[h->next] = at_us;
	h->next = (h->next + 1) % RECENT;
	oldest_us = h->recent_us[h->next];
	if (at_us - oldest_us < BURDEN_SLOT) /* eleven */
		flood(h, at_us, oldest_us + BURDEN_SLOT);
	note_source(h, t->alarm, at_us);
}

/* ---- what it says ---- */

static void put_top(struct burden_report *r, const struct source *s, uint32_t told)
{
	size_t at = r->top_count;

	if (!told)
		return;
	while (at > 0 && r->top[at - 1].count < told)
		at--;
	if (at == BURDEN_TOP)
		return;
	r->top_count = MIN(r->top_count + 1, (size_t)BURDEN_TOP);
	for (size_t i = r->top_count - 1; i > at; i--)
		r->top[i] = r->top[i - 1];
	r->top[at] = (struct burden_source){ .alarm = s->alarm, .count = told };
}

static void read_sources(struct burden *h, struct burden_report *r)
{
	int64_t day = number_of(h->now_us, DAY);

	for (size_t i = 0; i < h->count; i++) {
		struct source *s = h->sources[i];

		put_top(r, s, told_by(s, day));
		r->chattering += h->now_us - s->chattered_us < DAY;
	}
}

static uint32_t told_in(const struct slot *s)
{
	return (uint32_t)s->told[0] + s->told[1] + s->told[2] + s->told[3];
}

void burden_read(struct burden *h, int64_t now_us, struct burden_report *ret_report)
{
	struct burden_report r = { 0 };
	uint64_t flood_ms = 0;

	advance(h, now_us);
	for (size_t i = 0; i < SLOTS; i++) {
		for (size_t p = 0; p < 4; p++)
			r.by_priority[p + 1] += h->slots[i].told[p];
		r.told += told_in(&h->slots[i]);
		r.peak = MAX(r.peak, told_in(&h->slots[i]));
		flood_ms += h->slots[i].flood_ms;
	}
	for (size_t i = 0; i < RECENT; i++)
		r.last += h->recent_us[i] != UNKNOWN && now_us - h->recent_us[i] < BURDEN_SLOT;
	if (r.last == RECENT) /* it holds no more */
		r.last = MAX(r.last, told_in(slot_of(h, h->number)));
	r.over_us = CLAMP(h->now_us - h->began_us, BURDEN_SLOT, BURDEN_SPAN);
	r.per_slot = (double)r.told * (double)BURDEN_SLOT / (double)r.over_us;
	r.flood = MIN((double)flood_ms * MS / (double)r.over_us, 1.0);
	read_sources(h, &r);
	*ret_report = r;
}

bool burden_stands(const struct alarm *a, int64_t now_wall_us)
{
	return a->state != ALARM_NORMAL && !alarm_hidden(a) && now_wall_us - a->since_us > BURDEN_STANDING;
}

bool burden_value(const struct burden_report *r, size_t i, double *ret_value)
{
	double told = (double)r->told;
	const double values[BURDEN_MEASURES] = {
		r->per_slot,
		r->flood,
		(double)r->standing,
		(double)r->chattering,
		(double)r->by_priority[1] / told,
		(double)r->by_priority[2] / told,
		(double)(r->by_priority[3] + r->by_priority[4]) / told,
	};

	if (i >= 4 && !r->told)
		return false;
	*ret_value = values[i];
	return true;
}

bool burden_met(size_t i, double value)
{
	const struct burden_measure *m = &burden_measures[i];

	return m->at_least ? value >= m->target : value <= m->target;
}
