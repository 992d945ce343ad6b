/* No configuration can shelve, inhibit, lower or drop a life-safety alarm, or delay it beyond its limit: tried with every
 * key that the schema has for a rule, the estate, the log and a device, on every life-safety rule that ships, with values
 * that would. What is not refused must change nothing about it. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/engine.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/schema.h"
#include "conf_world.h"

/* A rule, a device of its class, the point that raises it. */
struct guard {
	const char *rule, *device, *class, *point;
	enum value_type type;
	int64_t longest_us;
};

static const struct guard guards[] = {
	{ "sos", "d-sos", "sos", "pressed", VALUE_EVENT, 0 },
	{ "fire", "d-panel", "fire_panel", "fire", VALUE_BOOL, 0 },
	{ "door-duress", "d-door", "door", "duress", VALUE_BOOL, 0 },
	{ "smoke", "d-smoke", "smoke", "smoke", VALUE_BOOL, 10 * S },
	{ "co", "d-co", "co", "co", VALUE_BOOL, 10 * S },
	{ "gas", "d-gas", "gas", "gas", VALUE_BOOL, 10 * S },
	{ "fall", "d-radar", "radar", "fall", VALUE_BOOL, 30 * S },
	{ "lift-trapped", "d-lift", "lift", "trapped", VALUE_BOOL, 90 * S },
	{ "wearable-sos", "d-band", "wearable", "pressed", VALUE_EVENT, 0 },
	{ "wearable-fall", "d-band", "wearable", "fall", VALUE_BOOL, 30 * S },
};

static struct conf_world world;
static size_t loaded, refused;

/* What would hurt, by type. */
static void hostile(const struct schema_key *k, const char **values)
{
	static const char *const bools[] = { "true", "false", NULL };
	static const char *const ints[] = { "0", "1", "2", "4", "100", NULL };
	static const char *const numbers[] = { "0", "0.5", "1e9", NULL };
	static const char *const durations[] = { "\"0s\"", "\"11s\"", "\"91s\"", "\"7d\"", NULL };
	static const char *const ids[] = { "( \"power-out\" )", "( \"supervision\" )", "( \"pressed\" )", "( )", NULL };
	static const char *const texts[] = { "\"x\"",          "\"false\"",   "\"tank\"",   "\"d-tank\"",
					     "\"level > 90\"", "\"{value}\"", "\"tamper\"", NULL };
	static const char *const lists[] = { "( { after = \"1s\"; priority = 3; } )",
					     "( { after = \"1s\"; priority = 1; } )", "( )", NULL };
	static const char *const groups[] = { "{ zh = \"x\"; }", "{ }", NULL };
	const char *const *from = texts;

	switch (k->type) {
	case SCHEMA_BOOL: from = bools; break;
	case SCHEMA_INT: from = ints; break;
	case SCHEMA_NUMBER: from = numbers; break;
	case SCHEMA_DURATION: from = durations; break;
	case SCHEMA_IDS: from = ids; break;
	case SCHEMA_GROUP: from = groups; break;
	case SCHEMA_LIST: from = lists; break;
	default: break;
	}
	for (size_t i = 0; i < 8; i++) {
		values[i] = from[i];
		if (!from[i])
			return;
	}
}

/* The estate, with one more setting in the group that is tried. */
static char *text_of(const char *group, const char *where, const char *setting)
{
	struct str_buf b = { 0 };

	str_buf_printf(&b, "estate: { id = \"t\"; name = \"t\"; timezone = \"Asia/Shanghai\"; %s };\n",
		       str_equal(group, "estate") ? setting : "");
	str_buf_add(&b, "places: ( { id = \"b1\"; name = \"1\"; } );\n");
	if (str_equal(group, "log"))
		str_buf_printf(&b, "log: { %s };\n", setting);
	str_buf_add(&b, "devices: ( { id = \"d-tank\"; place = \"b1\"; class = \"tank\"; }");
	for (size_t i = 0; i + 1 < ARRAY_SIZE(guards); i++)
		str_buf_printf(&b, ", { id = \"%s\"; place = \"b1/u1/101\"; class = \"%s\"; %s }", guards[i].device,
			       guards[i].class,
			       str_equal(group, "devices") && str_equal(where, guards[i].device) ? setting : "");
	str_buf_add(&b, " );\n");
	if (str_equal(group, "rules"))
		str_buf_printf(&b, "rules: ( { id = \"%s\"; %s } );\n", where, setting);
	return str_buf_take(&b);
}

static const struct rule *rule_of(const char *id)
{
	for (size_t i = 0; i < world.conf->rule_count; i++)
		if (str_equal(world.conf->rules[i].id, id))
			return &world.conf->rules[i];
	return NULL;
}

static struct clock_now at(int64_t us)
{
	return (struct clock_now){ .mono_us = 1000 * S + us, .wall_us = 1700000000 * S + us };
}

static void read_point(struct engine *e, const struct guard *g, bool on, int64_t us)
{
	_cleanup_str_buf_ struct str_buf name = { 0 };
	struct alarm_effects effects = { 0 };
	const struct point *p;
	struct reading r = { .quality = QUALITY_GOOD, .at = at(us) };

	str_buf_printf(&name, "%s.%s", g->device, g->point);
	p = point_find(engine_points(e), str_buf_text(&name));
	assert_non_null(p);
	r.point = point_index(engine_points(e), p);
	r.value = g->type == VALUE_EVENT ? value_event("") : value_bool(on);
	engine_reading(e, &r, &effects);
	alarm_effects_fini(&effects);
}

static void pass(struct engine *e, int64_t us)
{
	struct alarm_effects effects = { 0 };

	engine_tick(e, at(us), &effects);
	alarm_effects_fini(&effects);
}

/* Raised in time, with priority 1, and nothing that people or time can do takes it away. */
static void assert_guarded(const struct guard *g, const char *setting)
{
	_cleanup_str_buf_ struct str_buf id = { 0 };
	_cleanup_(engine_freep) struct engine *e = NULL;
	struct alarm_effects effects = { 0 };
	struct evaluator_command shelve = { .input = ALARM_IN_SHELVE, .who = "x", .note = "x", .for_us = HOUR };
	struct evaluator_mode out = { .kind = MODE_OUT_OF_SERVICE, .who = "x", .note = "x", .for_us = HOUR };
	const struct alarm *a;

	str_buf_printf(&id, "%s/%s", g->rule, g->device);
	assert_int_equal(engine_new(world.conf, NULL, &e), 0);
	out.subject = g->device;
	evaluator_set_mode(engine_evaluator(e), &out, at(0), &effects);
	read_point(e, g, true, 0);
	pass(e, 0);
	for (int64_t us = 500 * MS; us <= g->longest_us && g->type == VALUE_BOOL; us += 500 * MS) {
		read_point(e, g, true, us); /* as a device that is asked again and again */
		pass(e, us);
	}
	a = evaluator_find(engine_evaluator(e), str_buf_text(&id));
	if (!a || a->state != ALARM_UNACKED || a->priority != 1 || !a->life_safety)
		fail_msg("%s with %s: %s", str_buf_text(&id), setting, a ? alarm_state_name(a->state) : "no alarm");
	shelve.alarm = str_buf_text(&id);
	assert_int_equal(evaluator_command(engine_evaluator(e), &shelve, at(g->longest_us), &effects), -EPERM);
	if (g->type == VALUE_BOOL)
		read_point(e, g, false, g->longest_us + S);
	for (int64_t day = 1; day <= 40; day++)
		pass(e, day * DAY);
	if (a->state == ALARM_NORMAL || alarm_hidden(a))
		fail_msg("%s with %s went away by itself", str_buf_text(&id), setting);
	alarm_effects_fini(&effects);
}

static void assert_rule(const struct guard *g, const char *setting)
{
	const struct rule *r = rule_of(g->rule);

	if (!r || !r->life_safety || !r->enabled || r->priority != 1 || r->for_us > g->longest_us || r->times > 1 ||
	    r->inhibited_by_count > 0 || r->level_for_us > 90 * S || r->between_for_us > 45 * S)
		fail_msg("%s with %s: not what it must be", g->rule, setting);
}

static void try(const char *group, const struct guard *g, const char *setting)
{
	char *text = text_of(group, str_equal(group, "devices") ? g->device : g->rule, setting);

	conf_world_write(&world, "estated.conf", text, strlen(text));
	free(text);
	if (conf_world_load(&world) < 0) {
		refused++;
		return;
	}
	loaded++;
	assert_rule(g, setting);
	assert_guarded(g, setting);
}

static void try_key(const char *group, const struct guard *g, const struct schema_key *k)
{
	const char *values[9] = { 0 };

	hostile(k, values);
	for (size_t i = 0; values[i]; i++) {
		_cleanup_str_buf_ struct str_buf setting = { 0 };

		str_buf_printf(&setting, "%s = %s;", k->key, values[i]);
		if (k->type == SCHEMA_GROUP) {
			str_buf_clear(&setting);
			str_buf_printf(&setting, "%s: %s;", k->key, values[i]);
		}
		try(group, g, str_buf_text(&setting));
	}
}

static size_t try_group(const char *group, const struct guard *g)
{
	size_t keys = 0;

	for (const struct schema_key *k = schema_group(group)->keys; k->key; k++, keys++)
		try_key(group, g, k);
	return keys;
}

static void the_shipped_rules_are_as_they_must_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++)
		try("none", &guards[i], "");
	assert_int_equal(loaded, ARRAY_SIZE(guards)); /* else nothing below would prove anything */
}

static void no_key_of_a_rule_takes_a_life_safety_alarm_away(void **state)
{
	(void)state;
	loaded = refused = 0;
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++)
		assert_true(try_group("rules", &guards[i]) >= 20);
	assert_true(refused > loaded && loaded > 100);
}

static void no_key_of_estate_log_or_device_takes_one_away(void **state)
{
	(void)state;
	loaded = refused = 0;
	for (size_t i = 0; i < ARRAY_SIZE(guards); i += 3) /* an event, a lift, one with a delay: all are read alike */
		try_group("devices", &guards[i]);
	try_group("estate", &guards[0]);
	try_group("log", &guards[0]);
	assert_true(refused > 0 && loaded > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CONF_WORLD_CASE(the_shipped_rules_are_as_they_must_be, &world),
		CONF_WORLD_CASE(no_key_of_a_rule_takes_a_life_safety_alarm_away, &world),
		CONF_WORLD_CASE(no_key_of_estate_log_or_device_takes_one_away, &world),
	};

	return UNIT_RUN(tests);
}
