#include "care/care.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "care/block.h"
#include "care/buildings.h"
#include "care/housing.h"
#include "care/telling.h"
#include "care/wiring.h"

#define SOONEST      (100 * MS)   /* whatever a rule says, time has to pass before it is asked again */
#define HEARD_WITHIN (5 * MINUTE) /* sensors, after a restart */
#define TICK_MOST    64           /* dwellings in one tick: at midnight all of an estate are due */

struct care {
	struct care_setup setup;
	struct watched watched;
	struct buildings buildings;
	struct wiring wiring;
	bool unwired; /* states were read back: sensors are to be found in them */
	struct tenants tenants;
	uint32_t *changed; /* dwellings, by index, of which care_next_changed has not told */
	size_t changed_count, changed_room;
	int64_t due_us;
	struct sign_moment moment; /* of the minute looked at last */
	int64_t moment_minute;
	struct block block; /* lent out */
};

/* ---- making ---- */

struct care *care_new(const struct care_setup *setup)
{
	struct care *c = MEM_NEW(struct care);

	c->setup = *setup;
	c->due_us = INT64_MAX;
	c->moment_minute = INT64_MIN;
	return c;
}

void care_free(struct care *c)
{
	if (!c)
		return;
	watched_fini(&c->watched);
	buildings_fini(&c->buildings);
	wiring_fini(&c->wiring);
	tenants_fini(&c->tenants);
	free(c->changed);
	free(c);
}

void care_turn_fini(struct care_turn *t)
{
	free(steal(&t->presences));
	free(steal(&t->prompts));
	t->presence_count = t->presence_room = t->prompt_count = t->prompt_room = 0;
}

/* ---- finding ---- */

const struct home *care_find(const struct care *c, const char *place)
{
	return watched_find(&c->watched, place);
}

const struct home *care_home(const struct care *c, size_t index)
{
	return c->watched.all[index];
}

const struct tenants *care_tenants(const struct care *c)
{
	return &c->tenants;
}

size_t care_count(const struct care *c)
{
	return c->watched.count;
}

/* ---- time ---- */

static int32_t day_number(const struct clock_calendar *c)
{
	int year = c->year - (c->month <= 2), era = year / 400, of_era = year - era * 400;
	int of_year = (153 * (c->month + (c->month > 2 ? -3 : 9)) + 2) / 5 + c->day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct sign_moment care_moment(struct care *c, const struct care_turn *t)
{
	int64_t minute = t->now.wall_us / MINUTE;
	struct sign_moment m;

	if (minute != c->moment_minute) {
		struct clock_calendar calendar;

		clock_calendar(t->now.wall_us, &calendar);
		c->moment = (struct sign_moment){ .minute = calendar.hour * 60 + calendar.minute,
						  .day = day_number(&calendar),
						  .weekday = calendar.weekday };
		c->moment_minute = minute;
	}
	m = c->moment;
	m.at = t->now;
	if (!t->clock_known)
		m.minute = -1;
	return m;
}

/* ---- what follows ---- */

static void push_presence(struct home *h, struct care_turn *t)
{
	struct care_presence *p;

	if (h->state.told_mode == h->state.presence.mode)
		return;
	h->state.told_mode = h->state.presence.mode;
	if (t->presence_count == t->presence_room) {
		t->presence_room = t->presence_room ? t->presence_room * 2 : 8;
		t->presences = mem_realloc(t->presences, t->presence_room, sizeof(*t->presences));
	}
	p = &t->presences[t->presence_count++];
	*p = (struct care_presence){ .place = h->place, .mode = h->state.presence.mode, .at = t->now };
	presence_why_zh(&h->state.presence, &h->view, p->why_zh, sizeof(p->why_zh));
	presence_why_en(&h->state.presence, &h->view, p->why_en, sizeof(p->why_en));
}

/* Where the equipment may have failed, a desk that would be told of many homes at once has some minutes to see that. */
static void hold(const struct care *c, struct home *h, struct verdict *v, int64_t now_us)
{
	int64_t stage_us, until_us;

	if (!v->active || v->stage != 2)
		return;
	stage_us = h->state.welfare.stage
			   ? h->state.welfare.crossed_us + settings_us(&h->settings, SETTINGS_WELFARE_PROMPT_FOR)
			   : now_us;
	until_us = buildings_hold(&c->buildings, h, stage_us);
	if (now_us >= until_us)
		return;
	v->stage = 1;
	v->priority = 4;
	h->hold_us = until_us;
}

/* Its state is another than the one that care_next_changed told of. */
static void note(struct care *c, struct home *h)
{
	if (h->version == h->noted || h->listed)
		return;
	if (c->changed_room < c->watched.count) {
		c->changed_room = c->watched.count;
		c->changed = mem_realloc(c->changed, c->changed_room, sizeof(*c->changed));
	}
	h->listed = true;
	c->changed[c->changed_count++] = h->index;
}

bool care_next_changed(struct care *c, size_t *ret_index)
{
	struct home *h;

	if (!c->changed_count)
		return false;
	*ret_index = c->changed[--c->changed_count];
	h = c->watched.all[*ret_index];
	h->listed = false;
	h->noted = h->version;
	return true;
}

/* All of the dwelling is looked at, and said where it is another. */
static void settle(struct care *c, struct home *h, struct care_turn *t)
{
	/* In the order in which they give way to each other. */
	static const enum concern_rule order[] = {
		CONCERN_BATHROOM,   CONCERN_WELFARE,       CONCERN_NO_START, CONCERN_LONG_ABSENCE,
		CONCERN_NIGHT_EXIT, CONCERN_BED_NO_RETURN, CONCERN_DRIFT,    CONCERN_STOVE,
		CONCERN_NO_UTILITY, CONCERN_WEARABLE,      CONCERN_VISIT,
	};
	struct sign_moment now = care_moment(c, t);

	_Static_assert(ARRAY_SIZE(order) == CONCERN_RULES, "each rule once");
	push_presence(h, t);
	h->no_water = !buildings_have_water(&c->buildings, h, t->now.mono_us);
	home_look(h, &now);
	h->hold_us = 0;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		struct verdict verdict;

		home_judge(h, order[i], &verdict);
		hold(c, h, &verdict, t->now.mono_us);
		telling_say(h, order[i], &verdict, t);
	}
	telling_say_sensors(h, t);
	if (buildings_hear(&c->buildings, h, h->state.welfare.stage ? h->state.welfare.crossed_us : 0))
		buildings_pass(&c->buildings, t);
	h->due_us = MAX(home_due(h), t->now.mono_us + SOONEST);
	c->due_us = MIN(c->due_us, h->due_us);
	note(c, h);
}

/* ---- the register ---- */

/* Those that nobody asks for any more end their alarms, and are forgotten. */
static void forget_homes(struct care *c, struct care_turn *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->watched.count; i++) {
		struct home *h = c->watched.all[i];

		if (!h->asleep) {
			c->watched.all[kept++] = h;
			continue;
		}
		for (int rule = 0; t && rule < CONCERN_RULES; rule++)
			telling_say(h, (enum concern_rule)rule, &(struct verdict){ .active = false }, t);
		if (t)
			telling_say_sensors(h, t);
		home_free(h);
	}
	c->watched.count = kept;
}

static void wire(struct care *c)
{
	c->unwired = false;
	c->changed_count = 0; /* they have other numbers from now on */
	wiring_make(&c->wiring, &c->watched, c->setup.devices, c->setup.points->count);
	for (size_t i = 0; i < c->watched.count; i++) {
		c->watched.all[i]->listed = false;
		note(c, c->watched.all[i]);
	}
}

static bool is_out(const struct care *c, uint32_t point)
{
	const struct point *p = &c->setup.points->points[point];

	return p->quality == QUALITY_GOOD && value_true(&p->value);
}

/* What stands, as its points say. */
static void look_at_pumps(struct care *c)
{
	for (uint32_t i = 0; i < c->wiring.points; i++) {
		const struct wiring_sense *s = wiring_find(&c->wiring, i);

		if (s && !s->row)
			buildings_pump(&c->buildings, &(struct buildings_pump){ s->home, s->device, is_out(c, i) }, 0);
	}
}

/* Other dwellings are watched than before. What was told of the buildings of `before` is not told anew. */
static void regroup(struct care *c, const struct buildings *before)
{
	struct buildings now = { .count = 0 };

	buildings_make(&now, &c->watched);
	buildings_tell_as(&now, before);
	buildings_fini(&c->buildings);
	c->buildings = now;
	wire(c);
	look_at_pumps(c);
	for (size_t i = 0; i < c->watched.count; i++) {
		struct home *h = c->watched.all[i];

		if (h->told[CONCERN_WELFARE].known)
			buildings_hear(&c->buildings, h, h->state.welfare.stage ? h->state.welfare.crossed_us : 0);
	}
}

static bool house(struct care *c)
{
	return housing_set(&c->watched, &(struct housing){ &c->tenants, c->setup.rules, c->setup.rule_count });
}

void care_set_residents(struct care *c, struct resident_list list, struct care_turn *t)
{
	struct sign_moment now = care_moment(c, t);

	tenants_set(&c->tenants, list.residents, list.count);
	if (house(c)) {
		forget_homes(c, t);
		regroup(c, &c->buildings);
		buildings_pass(&c->buildings, t);
	}
	for (size_t i = 0; i < c->watched.count; i++) {
		struct home *h = c->watched.all[i];

		if (!h->renewed)
			continue;
		h->renewed = false;
		/* A new one is looked at with the next tick: what was kept of it, and its alarms, may come before. */
		if (!h->told[CONCERN_WELFARE].known) {
			h->due_us = c->due_us = INT64_MIN;
			continue;
		}
		home_pass(h, &now);
		settle(c, h, t);
	}
}

/* ---- readings and time ---- */

static void feed(struct home *h, struct sign *s, const struct wiring_sense *from)
{
	const struct home_sensor *sensor = &h->sensors[from->device];

	s->device = from->device;
	s->room = sensor->room;
	s->entrance = sensor->entrance;
	s->way = sensor->way;
	home_sign(h, s);
}

/* A pump of the building stands, or runs again. */
static void hear_pump(struct care *c, const struct wiring_sense *from, uint32_t point, struct care_turn *t)
{
	struct buildings_pump pump = { .building = from->home, .number = from->device, .out = is_out(c, point) };

	if (!buildings_pump(&c->buildings, &pump, t->now.mono_us))
		return;
	for (size_t i = 0; i < c->watched.count; i++)
		if (c->watched.all[i]->building == from->home)
			settle(c, c->watched.all[i], t);
}

/* Several points may say the same of people, and a device that is only of a class has some of which it never speaks: one that
 * can be believed is enough. */
static struct home_news news_of(const struct care *c, const struct wiring_sense *s, const struct device *d)
{
	struct home_news n = { .device = s->device, .kind = s->row->kind };

	for (uint32_t i = d->first_point; i < d->first_point + d->profile->point_count; i++) {
		const struct wiring_sense *other = wiring_find(&c->wiring, i);

		if (other && other->row && other->row->kind == n.kind &&
		    c->setup.points->points[i].quality == QUALITY_GOOD)
			n.good = true;
	}
	return n;
}

void care_point(struct care *c, uint32_t point, struct care_turn *t)
{
	const struct point *p = &c->setup.points->points[point];
	struct sign signs[SENSES_MOST];
	const struct wiring_sense *from;
	struct home_news news;
	struct sign_moment now;
	struct home *h;
	size_t count = 0;
	bool changed;

	if (c->unwired)
		wire(c);
	from = wiring_find(&c->wiring, point);
	if (!from)
		return;
	if (!from->row) {
		hear_pump(c, from, point, t);
		return;
	}
	if (from->better != WIRING_NONE && c->setup.points->points[from->better].value.type != VALUE_NONE)
		return;
	h = c->watched.all[from->home];
	now = care_moment(c, t);
	news = news_of(c, from, p->device);
	changed = home_hear_quality(h, &news, &now);
	/* What was only believed again, or is an exercise, is no sign. */
	if (p->quality == QUALITY_GOOD && t->said && !p->test)
		count = senses_read(
			&(struct senses_source){ .row = from->row, .device = from->device, .state = &h->state }, p,
			signs);
	for (size_t i = 0; i < count; i++) {
		signs[i].moment = now;
		feed(h, &signs[i], from);
	}
	if (changed || count)
		settle(c, h, t);
}

/* After a restart: what was heard before it and is not yet again is missed from now on. */
static void check_sensors(struct care *c, struct home *h, const struct sign_moment *now)
{
	for (unsigned k = 0; k < h->sensor_count; k++) {
		const struct device *d = h->sensors[k].device;

		for (uint32_t i = 0; d && i < d->profile->point_count; i++) {
			const struct wiring_sense *s = wiring_find(&c->wiring, d->first_point + i);
			struct home_news news;

			if (!s || !s->row)
				continue;
			news = news_of(c, s, d);
			home_hear_quality(h, &news, now);
		}
	}
}

static void pass(struct care *c, struct home *h, struct care_turn *t)
{
	struct sign_moment now = care_moment(c, t);

	if (h->check_us < 0) {
		h->check_us = t->now.mono_us + HEARD_WITHIN;
	} else if (h->check_us && t->now.mono_us >= h->check_us) {
		h->check_us = 0;
		check_sensors(c, h, &now);
	}
	home_pass(h, &now);
	h->version++;
	settle(c, h, t);
}

void care_tick(struct care *c, struct care_turn *t)
{
	int64_t due_us = INT64_MAX;
	size_t passed = 0;

	if (c->due_us > t->now.mono_us)
		return;
	if (c->unwired)
		wire(c);
	for (size_t i = 0; i < c->watched.count && passed < TICK_MOST; i++) {
		struct home *h = c->watched.all[i];

		if (h->due_us <= t->now.mono_us) {
			pass(c, h, t);
			passed++;
		}
		due_us = MIN(due_us, h->due_us);
	}
	c->due_us = passed < TICK_MOST ? due_us : t->now.mono_us; /* the rest at once, but others come between */
}

int64_t care_due(const struct care *c)
{
	return c->due_us;
}

/* ---- words and cards ---- */

static const struct {
	const char *outcome;
	enum home_word word;
} words[] = {
	{ "false", HOME_WORD_FALSE },      { "real", HOME_WORD_REAL },    { "test", HOME_WORD_CLOSED },
	{ "duplicate", HOME_WORD_CLOSED }, { "phone", HOME_WORD_SPOKEN }, { "arrived", HOME_WORD_ARRIVED },
	{ "visit", HOME_WORD_SEEN },
};

static enum concern_rule rule_of(const char *alarm, size_t len)
{
	for (int i = 0; i < CONCERN_RULES; i++) {
		const char *id = concern_rule_id((enum concern_rule)i);

		if (strlen(id) == len && !strncmp(id, alarm, len))
			return (enum concern_rule)i;
	}
	return CONCERN_RULES;
}

void care_hear(struct care *c, const struct care_word *w, struct care_turn *t)
{
	size_t len = w->alarm ? strcspn(w->alarm, "/") : 0;
	const char *place = w->alarm ? w->alarm + len + (w->alarm[len] == '/') : w->place;
	struct home *h = place ? watched_find(&c->watched, place) : NULL;
	struct home_said said = { .rule = w->alarm ? rule_of(w->alarm, len) : CONCERN_RULES };
	struct sign_moment now = care_moment(c, t);

	if (!h || !w->outcome)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_equal(words[i].outcome, w->outcome)) {
			said.word = words[i].word;
			home_pass(h, &now);
			home_hear(h, &said, &now);
			settle(c, h, t);
			return;
		}
}

static bool lives_there(const struct home *h, const char *card)
{
	for (size_t i = 0; i < h->resident_count; i++)
		if (resident_has_card(&h->residents[i], card))
			return true;
	return false;
}

void care_card(struct care *c, const struct device *door, const char *card, struct care_turn *t)
{
	struct sign s = {
		.kind = SIGN_CARD, .room = SIGN_ROOM_ENTRANCE, .device = SIGN_DEVICE_NONE, .moment = care_moment(c, t)
	};

	for (size_t i = 0; i < c->watched.count; i++) {
		struct home *h = c->watched.all[i];

		if (!place_contains(door->place, h->place) && !place_contains(h->place, door->place))
			continue;
		s.entrance = place_contains(h->place, door->place);
		s.on = !lives_there(h, card);
		home_sign(h, &s);
		settle(c, h, t);
	}
}

/* ---- what is kept ---- */

struct care_block care_block(const struct care *c, size_t index)
{
	const struct home *h = c->watched.all[index];
	struct block *block = (struct block *)&c->block; /* the only thing here that reading changes */

	block_fill(block, &h->state);
	return (struct care_block){ .place = h->place, .bytes = block, .len = sizeof(*block), .version = h->version };
}

int care_restore(struct care *c, const char *place, const struct care_block *block, int64_t by_us)
{
	struct home *h = watched_find(&c->watched, place);
	int r;

	if (!h)
		return -ENOENT;
	r = block_check(block->bytes, block->len);
	if (r < 0)
		return r;
	memcpy(&h->state, (const char *)block->bytes + offsetof(struct block, state), sizeof(h->state));
	home_move(h, by_us);
	home_darken(h, block->dark_us);
	h->check_us = -1;
	c->unwired = true;
	c->due_us = INT64_MIN;
	h->due_us = INT64_MIN;
	return 0;
}

void care_carry(struct care *to, struct care *from)
{
	to->tenants = from->tenants;
	from->tenants = (struct tenants){ .count = 0 };
	to->watched = from->watched;
	from->watched = (struct watched){ .count = 0 };
	housing_refigure(&to->watched, &(struct housing){ &to->tenants, to->setup.rules, to->setup.rule_count });
	for (size_t i = 0; i < to->watched.count; i++)
		to->watched.all[i]->due_us = INT64_MIN;
	regroup(to, &from->buildings);
	to->due_us = to->watched.count ? INT64_MIN : INT64_MAX;
}
