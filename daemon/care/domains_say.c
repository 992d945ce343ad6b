#include "care/domains_say.h"

#include <string.h>

#include "base/str.h"
#include "care/caller.h"
#include "care/evacuation.h"
#include "care/lift_need.h"
#include "care/lone_door.h"
#include "care/powered.h"
#include "care/way.h"

#define BUILDING "building-fire"
#define TRAPPED  "lift-trapped"

struct roll_source domains_say_source(const struct domains_setup *s, const struct sign_moment *now)
{
	return (struct roll_source){
		.tenants = care_tenants(s->care), .care = s->care, .places = s->places, .now = *now
	};
}

/* ---- at the end of texts ---- */

static bool is_class(const struct rule *r, const char *class)
{
	return r->class && str_equal(r->class->id, class);
}

bool domains_say_has_way(const struct rule *r)
{
	return r->life_safety && (is_class(r, "sos") || is_class(r, "radar") || is_class(r, "wearable"));
}

bool domains_say_is_fire(const struct rule *r)
{
	return r->life_safety && (is_class(r, "fire_panel") || str_equal(r->id, BUILDING));
}

bool domains_say_is_fire_alarm(const struct alarm *a)
{
	static const char *const rules[] = { "fire", BUILDING, "smoke", "co", "gas" };

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (str_equal(a->rule, rules[i]))
			return true;
	return false;
}

static void add_fire(const struct domains_setup *s, const struct alarm *a, struct str_buf *zh, struct str_buf *en)
{
	struct sign_moment now = { .at = { .wall_us = a->since_us }, .minute = -1 };
	struct roll_source source = domains_say_source(s, &now);
	_cleanup_(roll_fini) struct roll roll = { .count = 0 };
	struct evacuation_fire fire;

	evacuation_find(s->evaluator, s->points, a->place, &fire);
	evacuation_list(&source, &fire, &roll);
	if (roll.count)
		evacuation_say(&fire, &roll, zh, en);
}

/* Whose card called the lift that it is about; NULL: nobody's that is known. */
static const struct resident *caller(const struct domains_setup *s, const struct alarm *a)
{
	for (size_t i = 0; i < s->devices.count; i++)
		if (str_equal(s->devices.devices[i].id, a->asset))
			return caller_of(s->points, &s->devices.devices[i], care_tenants(s->care), a->since_us);
	return NULL;
}

void domains_say_more(void *context, const struct rule *rule, const struct alarm *a, struct str_buf *zh,
		      struct str_buf *en)
{
	const struct domains_setup *s = context;
	struct way_source way = { .devices = s->devices, .points = s->points, .places = s->places };

	if (!a->place || !*a->place)
		return;
	if (domains_say_has_way(rule))
		way_say(&way, a->place, zh, en);
	else if (domains_say_is_fire(rule))
		add_fire(s, a, zh, en);
	if (rule->condition == RULE_CONDITION_ENTRAPMENT && caller(s, a)) {
		str_buf_add(zh, "；可能有登记住户在内（凭刷卡推测）");
		str_buf_add(en, "; a registered resident may be inside, by a card");
	}
}

/* ---- whom they are about ---- */

static void list_powered(const struct roll_source *s, const char *home, struct roll *to)
{
	for (size_t i = 0; i < s->tenants->count; i++) {
		const struct resident *r = &s->tenants->all[i];
		struct roll_row row;

		if (!str_equal(r->place, home) || !powered_needs(r))
			continue;
		row = roll_row_of(s, r);
		roll_add(to, &row);
	}
}

static void list_caller(const struct roll_source *s, const struct resident *r, struct roll *to)
{
	struct roll_row row;

	if (!r)
		return;
	row = roll_row_of(s, r);
	roll_add(to, &row);
}

bool domains_say_lists_people(const struct alarm *a)
{
	static const char *const rules[] = { LIFT_NEED_RULE, POWERED_RULE, TRAPPED, LONE_DOOR_RULE };

	if (!a->place || !*a->place)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (str_equal(a->rule, rules[i]))
			return true;
	return domains_say_is_fire_alarm(a);
}

void domains_say_people(const struct domains_setup *s, const struct alarm *a, const struct sign_moment *now,
			struct roll *ret_roll)
{
	struct roll_source source = domains_say_source(s, now);
	struct evacuation_fire fire;

	if (!domains_say_lists_people(a))
		return;
	if (str_equal(a->rule, LIFT_NEED_RULE)) {
		lift_need_list(&source, a->asset, ret_roll);
	} else if (str_equal(a->rule, POWERED_RULE)) {
		list_powered(&source, a->asset, ret_roll);
	} else if (str_equal(a->rule, TRAPPED)) {
		list_caller(&source, caller(s, a), ret_roll);
	} else if (str_equal(a->rule, LONE_DOOR_RULE)) {
		lone_door_list(&source, a->place, ret_roll);
	} else {
		evacuation_find(s->evaluator, s->points, a->place, &fire);
		evacuation_list(&source, &fire, ret_roll);
	}
}
