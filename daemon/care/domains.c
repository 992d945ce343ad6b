#include "care/domains.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "care/domains_say.h"
#include "care/fall_doubt.h"
#include "care/lift_need.h"
#include "care/lone_door.h"
#include "care/powered.h"

#define LOOK_EVERY (15 * MINUTE) /* while something is told: a visit becomes due, somebody goes to hospital */

struct domains_lift {
	const struct device *device;
	enum lifts_state state;
};
struct domains_power {
	const struct device *device;
	struct powered_supply now;
};
struct domains_radar {
	const struct device *device;
	struct fall_doubt doubt;
	bool recalled; /* what was kept over a restart */
};

/* What a point belongs to. */
enum subject { SUBJECT_NONE, SUBJECT_LIFT, SUBJECT_POWER, SUBJECT_RADAR, SUBJECT_PANEL };
struct domains_subject {
	uint8_t kind;
	uint32_t index;
};

/* "rule/asset" that hold, as they were told. */
struct domains_told {
	const char *rule; /* a literal */
	char *asset;
	bool seen; /* in the look that is under way */
};

struct domains {
	struct domains_setup setup;
	struct map *rules;          /* by id; lent */
	struct domains_subject *of; /* by point */
	struct domains_lift *lifts;
	struct domains_power *powers;
	struct domains_radar *radars;
	size_t lift_count, power_count, radar_count;
	struct domains_told *told;
	size_t told_count;
	bool reviewed; /* what was restored was looked for */
	int64_t due_us;
};

/* ---- making ---- */

static bool is_zone(const char *point)
{
	return str_equal(point, "zone");
}

static void take(struct domains *d, const struct device *device, enum subject kind, size_t index)
{
	static bool (*const reads[])(const char *point) = {
		[SUBJECT_LIFT] = lifts_reads,
		[SUBJECT_POWER] = powered_reads,
		[SUBJECT_RADAR] = fall_doubt_reads,
		[SUBJECT_PANEL] = is_zone,
	};

	for (uint32_t i = 0; i < device->profile->point_count; i++)
		if (reads[kind](device->profile->points[i].name))
			d->of[device->first_point + i] =
				(struct domains_subject){ .kind = (uint8_t)kind, .index = (uint32_t)index };
}

static void wire(struct domains *d)
{
	struct device_list all = d->setup.devices;

	d->of = mem_array(d->setup.points->count + 1, sizeof(*d->of));
	d->lifts = mem_array(all.count + 1, sizeof(*d->lifts));
	d->powers = mem_array(all.count + 1, sizeof(*d->powers));
	d->radars = mem_array(all.count + 1, sizeof(*d->radars));
	for (size_t i = 0; i < all.count; i++) {
		const struct device *device = &all.devices[i];
		const char *class = device->class ? device->class->id : NULL;

		if (str_equal(class, "lift")) {
			d->lifts[d->lift_count] = (struct domains_lift){ .device = device };
			take(d, device, SUBJECT_LIFT, d->lift_count++);
		} else if (str_equal(class, "power")) {
			d->powers[d->power_count] =
				(struct domains_power){ .device = device, .now = { POWERED_UNKNOWN, -1 } };
			take(d, device, SUBJECT_POWER, d->power_count++);
		} else if (str_equal(class, "radar")) {
			d->radars[d->radar_count] = (struct domains_radar){ .device = device };
			take(d, device, SUBJECT_RADAR, d->radar_count++);
		} else if (str_equal(class, "fire_panel")) {
			take(d, device, SUBJECT_PANEL, 0);
		}
	}
}

struct domains *domains_new(const struct domains_setup *setup)
{
	struct domains *d = MEM_NEW(struct domains);

	struct evaluator_rules rules = evaluator_rules(setup->evaluator);

	d->setup = *setup;
	d->due_us = INT64_MIN;
	d->rules = map_new();
	for (size_t i = 0; i < rules.count; i++)
		map_put(d->rules, rules.rules[i].id, (void *)&rules.rules[i]);
	wire(d);
	evaluator_set_more(setup->evaluator, &(struct more){ .context = &d->setup, .add = domains_say_more });
	return d;
}

void domains_free(struct domains *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->told_count; i++)
		free(d->told[i].asset);
	free(d->told);
	map_free(d->rules);
	free(d->of);
	free(d->lifts);
	free(d->powers);
	free(d->radars);
	free(d);
}

void domains_renew(struct domains *d)
{
	d->due_us = INT64_MIN;
}

static struct roll_source source_of(const struct domains *d, const struct care_turn *t)
{
	struct sign_moment now = care_moment(d->setup.care, t);

	return domains_say_source(&d->setup, &now);
}

/* ---- telling ---- */

static struct domains_told *told_of(struct domains *d, const char *rule, const char *asset)
{
	for (size_t i = 0; i < d->told_count; i++)
		if (str_equal(d->told[i].rule, rule) && str_equal(d->told[i].asset, asset))
			return &d->told[i];
	return NULL;
}

static void remember(struct domains *d, const char *rule, const char *asset)
{
	d->told = mem_realloc(d->told, d->told_count + 1, sizeof(*d->told));
	d->told[d->told_count++] = (struct domains_told){ .rule = rule, .asset = mem_strdup(asset), .seen = true };
}

static void forget(struct domains *d, struct domains_told *one)
{
	free(one->asset);
	*one = d->told[--d->told_count];
}

static void tell(struct domains *d, const struct evaluator_condition *c, struct care_turn *t)
{
	struct domains_told *before = told_of(d, c->rule, c->asset);

	evaluator_set(d->setup.evaluator, c, t->now, t->out); /* -ENOENT: the rule is switched off */
	if (before)
		before->seen = true;
	if (c->unknown)
		return;
	if (c->active && !before)
		remember(d, c->rule, c->asset);
	else if (!c->active && before)
		forget(d, before);
}

/* What was told and was not seen to hold any more: nobody is there any more whom it was about. */
static void end_unseen(struct domains *d, const char *rule, struct care_turn *t)
{
	for (size_t i = d->told_count; i-- > 0;) {
		_cleanup_(freep) char *asset = mem_strdup(d->told[i].asset);

		if (!str_equal(d->told[i].rule, rule))
			continue;
		if (d->told[i].seen)
			d->told[i].seen = false;
		else
			tell(d, &(struct evaluator_condition){ .rule = rule, .asset = asset, .place = asset }, t);
	}
}

/* ---- lifts ---- */

static size_t lifts_of(const struct domains *d, const char *home, enum lifts_state *ret_states)
{
	size_t count = 0;

	for (size_t i = 0; i < d->lift_count; i++)
		if (stair_serves(&d->setup.places, d->lifts[i].device->place, home))
			ret_states[count++] = d->lifts[i].state;
	return count;
}

static void look_at_stair(struct domains *d, const char *home, struct care_turn *t)
{
	_cleanup_(freep) enum lifts_state *states = mem_array(d->lift_count + 1, sizeof(*states));
	struct lift_need_lifts lifts = { .states = states, .count = lifts_of(d, home, states) };
	_cleanup_str_buf_ struct str_buf zh = { 0 }, en = { 0 };
	_cleanup_(roll_fini) struct roll roll = { .count = 0 };
	struct roll_source source = source_of(d, t);
	enum lift_need_result result = lift_need_judge(&lifts);
	char stair[PLACE_PATH_MAX];
	struct evaluator_condition c = { .rule = LIFT_NEED_RULE };

	c.asset = c.place = stair_of(&d->setup.places, home, stair);
	if (!lifts.count)
		return;
	if (result == LIFT_NEED_YES)
		lift_need_list(&source, stair, &roll);
	c.unknown = result == LIFT_NEED_UNKNOWN;
	c.active = result == LIFT_NEED_YES && roll.count;
	if (c.active) {
		lift_need_say(&lifts, &roll, &zh, &en);
		c.why_zh = str_buf_text(&zh);
		c.why_en = str_buf_text(&en);
		if (lift_need_is_pressing(&roll)) {
			c.for_us = LIFT_NEED_AT_ONCE;
			c.priority = 2;
		}
	}
	tell(d, &c, t);
}

static void look_at_lifts(struct domains *d, struct care_turn *t)
{
	const struct tenants *all = care_tenants(d->setup.care);
	char last[PLACE_PATH_MAX] = "", stair[PLACE_PATH_MAX];

	/* They are in the order of places: those of one unit stand together. */
	for (size_t i = 0; d->lift_count && i < all->count; i++) {
		const struct resident *r = &all->all[i];

		if (!lift_need_needs(r) || str_equal(stair_of(&d->setup.places, r->place, stair), last))
			continue;
		memcpy(last, stair, sizeof(last));
		look_at_stair(d, r->place, t);
	}
	end_unseen(d, LIFT_NEED_RULE, t);
}

/* ---- power ---- */

static void look_at_power_of(struct domains *d, const char *home, unsigned needs, struct care_turn *t)
{
	struct powered_supply supply = { POWERED_UNKNOWN, -1 };
	_cleanup_str_buf_ struct str_buf zh = { 0 }, en = { 0 };
	struct evaluator_condition c = { .rule = POWERED_RULE, .asset = home, .place = home };

	for (size_t i = 0; i < d->power_count; i++)
		if (stair_serves(&d->setup.places, d->powers[i].device->place, home) ||
		    place_contains(home, d->powers[i].device->place))
			powered_join(&supply, &d->powers[i].now);
	c.unknown = supply.mains == POWERED_UNKNOWN;
	c.active = supply.mains == POWERED_OUT;
	if (c.active) {
		powered_say(needs, &supply, &zh, &en);
		c.why_zh = str_buf_text(&zh);
		c.why_en = str_buf_text(&en);
		c.priority = supply.battery >= 0 && supply.battery <= POWERED_HALF ? 1 : 0;
	}
	tell(d, &c, t);
}

static void look_at_power(struct domains *d, struct care_turn *t)
{
	const struct tenants *all = care_tenants(d->setup.care);

	for (size_t i = 0; d->power_count && i < all->count;) {
		const char *home = all->all[i].place;
		unsigned needs = 0;

		for (; i < all->count && str_equal(all->all[i].place, home); i++)
			if (powered_needs(&all->all[i]) && !resident_is_planned_away(&all->all[i], t->now.wall_us))
				needs |= all->all[i].needs;
		if (needs)
			look_at_power_of(d, home, needs, t);
	}
	end_unseen(d, POWERED_RULE, t);
}

/* ---- falls ---- */

/* In the home somebody asks whether they fell, or need not any more. */
static void ask(const struct device *radar, bool begins, struct care_turn *t)
{
	if (t->prompt_count == t->prompt_room) {
		t->prompt_room = t->prompt_room ? t->prompt_room * 2 : 8;
		t->prompts = mem_realloc(t->prompts, t->prompt_room, sizeof(*t->prompts));
	}
	t->prompts[t->prompt_count++] =
		(struct care_prompt){ .place = radar->place, .alarm = "maybe-fall", .begins = begins };
}

static const char *const fall_rules[] = { "fall", "maybe-fall" };

static void pardon(struct domains *d, const struct device *radar, bool pardoned, struct care_turn *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(fall_rules); i++) {
		_cleanup_str_buf_ struct str_buf id = { 0 };

		str_buf_printf(&id, "%s/%s", fall_rules[i], radar->id);
		evaluator_pardon(d->setup.evaluator, id.text, pardoned, t->now, t->out);
	}
}

/* Who had got up before the restart: alarms were read back before the first reading. */
static void recall(const struct domains *d, struct domains_radar *r)
{
	bool pardoned[ARRAY_SIZE(fall_rules)];

	for (size_t i = 0; i < ARRAY_SIZE(fall_rules); i++) {
		_cleanup_str_buf_ struct str_buf id = { 0 };

		str_buf_printf(&id, "%s/%s", fall_rules[i], r->device->id);
		pardoned[i] = evaluator_pardons(d->setup.evaluator, id.text);
	}
	r->doubt = fall_doubt_recall(pardoned[0], pardoned[1]);
	r->recalled = true;
}

static void hear_radar(struct domains *d, struct domains_radar *r, const struct point *p, struct care_turn *t)
{
	enum fall_doubt_news news;

	if (!r->recalled)
		recall(d, r);
	news = fall_doubt_hear(&r->doubt, p);
	switch (news) {
	case FALL_DOUBT_ASK:
	case FALL_DOUBT_ASKED: ask(r->device, news == FALL_DOUBT_ASK, t); break;
	case FALL_DOUBT_PARDON:
	case FALL_DOUBT_CONDEMN: pardon(d, r->device, news == FALL_DOUBT_PARDON, t); break;
	case FALL_DOUBT_NOTHING: break;
	}
}

/* What people call that device; NULL: there is none. */
static const char *name_of(const struct domains *d, const char *id)
{
	for (size_t i = 0; i < d->setup.devices.count; i++)
		if (str_equal(d->setup.devices.devices[i].id, id))
			return d->setup.devices.devices[i].name;
	return NULL;
}

/* A fall that was none: the rule counts them (times, within). Once it has said so, it says no more until that is over. */
static void count_false(struct domains *d, const struct alarm *a, struct care_turn *t)
{
	struct evaluator_condition c = { .rule = FALL_DOUBT_REVIEW, .asset = a->asset, .place = a->place };
	_cleanup_str_buf_ struct str_buf id = { 0 };
	const struct alarm *open;

	str_buf_printf(&id, "%s/%s", c.rule, c.asset);
	open = evaluator_find(d->setup.evaluator, id.text);
	if (open && open->state != ALARM_NORMAL)
		return;
	c.device = name_of(d, c.asset);
	c.active = true;
	evaluator_set(d->setup.evaluator, &c, t->now, t->out);
	c.active = false;
	evaluator_set(d->setup.evaluator, &c, t->now, t->out);
}

/* ---- doors ---- */

static void look_at_door(struct domains *d, const struct alarm *a, bool begins, struct care_turn *t)
{
	_cleanup_str_buf_ struct str_buf zh = { 0 }, en = { 0 };
	_cleanup_(roll_fini) struct roll roll = { .count = 0 };
	struct roll_source source = source_of(d, t);
	struct evaluator_condition c = { .rule = LONE_DOOR_RULE, .asset = a->asset, .place = a->place };

	if (begins)
		lone_door_list(&source, a->place, &roll);
	if (begins && !roll.count)
		return;
	c.active = begins;
	c.device = name_of(d, c.asset);
	lone_door_say(&roll, &zh, &en);
	c.why_zh = str_buf_text(&zh);
	c.why_en = str_buf_text(&en);
	evaluator_set(d->setup.evaluator, &c, t->now, t->out);
}

/* ---- what stands at the end of texts ---- */

/* What open alarms of such rules say of what is around that place is another now. */
static void retell(struct domains *d, bool (*is_of)(const struct rule *r), const char *around, struct care_turn *t)
{
	const struct alarm *a;

	for (size_t position = 0; (a = evaluator_next(d->setup.evaluator, &position));) {
		const struct rule *rule = a->state == ALARM_NORMAL ? NULL : map_find(d->rules, a->rule);

		if (rule && is_of(rule) && !strncmp(a->place, around, place_first_len(around)))
			evaluator_retell(d->setup.evaluator, a->id, t->now, t->out);
	}
}

/* ---- what happens ---- */

static void hear_lift(struct domains *d, struct domains_lift *l, struct care_turn *t)
{
	enum lifts_state before = l->state;

	l->state = lifts_state_of(d->setup.points, l->device);
	if (l->state == before)
		return;
	look_at_lifts(d, t);
	retell(d, domains_say_has_way, l->device->place, t);
}

static void hear_power(struct domains *d, struct domains_power *p, struct care_turn *t)
{
	struct powered_supply before = p->now;

	p->now = powered_supply_of(d->setup.points, p->device);
	if (p->now.mains != before.mains || (p->now.mains == POWERED_OUT && p->now.battery != before.battery))
		look_at_power(d, t);
}

void domains_heard(struct domains *d, uint32_t point, struct care_turn *t)
{
	const struct point *p = &d->setup.points->points[point];

	if (d->of[point].kind == SUBJECT_RADAR && t->said && !p->test)
		hear_radar(d, &d->radars[d->of[point].index], p, t);
}

void domains_point(struct domains *d, uint32_t point, struct care_turn *t)
{
	struct domains_subject s = d->of[point];

	if (s.kind == SUBJECT_LIFT)
		hear_lift(d, &d->lifts[s.index], t);
	else if (s.kind == SUBJECT_POWER)
		hear_power(d, &d->powers[s.index], t);
	else if (s.kind == SUBJECT_PANEL)
		retell(d, domains_say_is_fire, d->setup.points->points[point].device->place, t);
}

static bool is_raised(const struct alarm_transition *t)
{
	return t->input == ALARM_IN_RAISED && t->from == ALARM_NORMAL && !t->alarm.test;
}

static bool is_false_fall(const struct alarm_transition *t)
{
	return t->input == ALARM_IN_RESET && str_equal(t->alarm.outcome, "false") && fall_doubt_is_of(t->alarm.rule);
}

/* Whatever became of the last time; but not while it burns, say: what is suppressed is no burglary. */
static bool is_forced_now(const struct alarm_transition *t)
{
	return t->input == ALARM_IN_RAISED && t->alarm.state == ALARM_UNACKED && !t->alarm.test;
}

static bool is_forced(const struct alarm_transition *t)
{
	return (is_forced_now(t) || !t->alarm.active) && str_equal(t->alarm.rule, LONE_DOOR_FORCED);
}

static void follow(struct domains *d, const struct alarm_transition *now, struct care_turn *t)
{
	if (is_false_fall(now))
		count_false(d, &now->alarm, t);
	else if (is_forced(now))
		look_at_door(d, &now->alarm, is_forced_now(now), t);
	else
		retell(d, domains_say_is_fire, now->alarm.place, t);
}

void domains_follow(struct domains *d, size_t from, struct care_turn *t)
{
	size_t to = t->out->count; /* what is appended below is our own */

	for (size_t i = from; i < to; i++) {
		struct alarm_transition now = t->out->transitions[i];

		if (!is_false_fall(&now) && !is_forced(&now) &&
		    !(is_raised(&now) && domains_say_is_fire_alarm(&now.alarm)))
			continue;
		alarm_copy(&t->out->transitions[i].alarm, &now.alarm); /* the list grows, and moves */
		follow(d, &now, t);
		alarm_fini(&now.alarm);
	}
}

/* After a start: what holds is known from the alarms that were read back. */
static void review(struct domains *d)
{
	static const char *const rules[] = { LIFT_NEED_RULE, POWERED_RULE };
	const struct alarm *a;

	d->reviewed = true;
	for (size_t position = 0; (a = evaluator_next(d->setup.evaluator, &position));)
		for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
			if (a->active && str_equal(a->rule, rules[i]) && !told_of(d, rules[i], a->asset))
				remember(d, rules[i], a->asset);
	for (size_t i = 0; i < d->told_count; i++)
		d->told[i].seen = false;
}

void domains_tick(struct domains *d, struct care_turn *t)
{
	if (d->due_us > t->now.mono_us)
		return;
	if (!d->reviewed)
		review(d);
	for (size_t i = 0; i < d->lift_count; i++)
		d->lifts[i].state = lifts_state_of(d->setup.points, d->lifts[i].device);
	for (size_t i = 0; i < d->power_count; i++)
		d->powers[i].now = powered_supply_of(d->setup.points, d->powers[i].device);
	look_at_lifts(d, t);
	look_at_power(d, t);
	d->due_us = t->now.mono_us + LOOK_EVERY;
}

int64_t domains_due(const struct domains *d)
{
	return d->due_us != INT64_MIN && !d->told_count ? INT64_MAX : d->due_us;
}

void domains_people(struct domains *d, const struct alarm *a, struct care_turn *t, struct roll *ret_roll)
{
	struct sign_moment now = care_moment(d->setup.care, t);

	domains_say_people(&d->setup, a, &now, ret_roll);
}
