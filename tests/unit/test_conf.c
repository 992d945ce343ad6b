#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alarm/evaluator.h"
#include "base/str.h"
#include "conf_world.h"
#include "unit.h"

#define HEAD                                                                                                      \
	"estate: { id = \"demo\"; name = \"示范小区\"; };\n"                                                  \
	"places: ( { id = \"b3\"; name = \"3栋\"; floors = 33; units = ( \"u1\", \"u2\" ); } );\n"               \
	"buses: ( { id = \"gw\"; type = \"tcp\"; host = \"192.168.1.20\"; timeout = \"800ms\"; },\n"              \
	"         { id = \"line\"; type = \"rtu\"; port = \"/dev/serial/by-id/x\"; parity = \"even\"; } );\n"     \
	"plugins: ( { id = \"zigbee\"; program = \"mqtt-source\";\n"                                              \
	"             options: { url = \"mqtt://127.0.0.1:1883\"; qos = 1; big = 4294967297L; ratio = 0.5; on = " \
	"true;\n"                                                                                                 \
	"                        topics = [ \"a\", \"b\" ]; nested = ( { x = 1; }, 2 ); }; } );\n"

static struct conf_world world;

static const struct profile *profile_of(const struct conf *c, const char *id)
{
	for (size_t i = 0; i < c->profile_count; i++)
		if (str_equal(c->profiles[i].id, id))
			return &c->profiles[i];
	fail_msg("no profile '%s'", id);
	return NULL;
}

static const struct profile_point *point_in(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->point_count; i++)
		if (str_equal(p->points[i].name, name))
			return &p->points[i];
	fail_msg("no point '%s' in profile '%s'", name, p->id);
	return NULL;
}

static const struct rule *rule_in(const struct conf *c, const char *id)
{
	for (size_t i = 0; i < c->rule_count; i++)
		if (str_equal(c->rules[i].id, id))
			return &c->rules[i];
	return NULL;
}

static const char *said(void)
{
	static char buf[8192];
	_cleanup_(freep) char *text = conf_world_messages(&world);

	snprintf(buf, sizeof(buf), "%s", text);
	return buf;
}

static int load_file_of_tree(const char *name)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/%s", world.data_dir, name);
	return conf_load(str_buf_text(&path), world.data_dir, &world.diag, &world.conf);
}

static void the_shipped_configuration_has_nothing_to_complain_about(void **state)
{
	(void)state;
	assert_int_equal(load_file_of_tree("estated.conf"), 0);
	assert_string_equal(said(), "");
	assert_int_equal(world.conf->device_count, 0);
}

static void the_example_has_nothing_to_complain_about(void **state)
{
	(void)state;
	assert_int_equal(load_file_of_tree("examples/small.conf"), 0);
	assert_string_equal(said(), "");
	assert_int_equal(world.conf->device_count, 9);
}

static void defaults_come_from_the_schema(void **state)
{
	const struct bus *gw, *line;
	const struct device *d;

	(void)state;
	conf_world_good(
		&world, HEAD
		"devices: ( { id = \"t\"; place = \"b3/u1\"; bus = \"gw\"; unit = 7; profile = \"tank-generic\"; } );");
	assert_string_equal(said(), "");
	gw = conf_find_bus(world.conf, "gw");
	line = conf_find_bus(world.conf, "line");
	d = conf_find_device(world.conf, "t");
	assert_int_equal(gw->type, BUS_TCP);
	assert_int_equal(gw->port, 502);
	assert_int_equal(gw->timeout_us, 800 * MS);
	assert_string_equal(gw->name, "gw");
	assert_int_equal(line->type, BUS_RTU);
	assert_int_equal(line->baud, 9600);
	assert_int_equal(line->data_bits, 8);
	assert_int_equal(line->stop_bits, 1);
	assert_int_equal(line->parity, 'E');
	assert_int_equal(line->timeout_us, 500 * MS);
	assert_string_equal(line->path, "/dev/serial/by-id/x");
	assert_ptr_equal(d->bus, gw);
	assert_int_equal(d->unit, 7);
	assert_int_equal(d->max_registers, 125);
	assert_int_equal(d->max_bits, 2000);
	assert_int_equal(d->late_bound_us, 2 * S);
	assert_int_equal(d->max_age_us, 0);
	assert_string_equal(d->room, "");
	assert_string_equal(d->name, "t");
	assert_string_equal(world.conf->estate.timezone, "Asia/Shanghai");
	assert_string_equal(world.conf->places[0].units[1], "u2");
	assert_int_equal(world.conf->places[0].floors, 33);
	assert_null(conf_find_device(world.conf, "nobody"));
	assert_null(conf_find_bus(world.conf, "t"));
}

static void options_of_a_plugin_become_json(void **state)
{
	const struct plugin *p;

	(void)state;
	conf_world_good(&world, HEAD);
	p = conf_find_plugin(world.conf, "zigbee");
	assert_string_equal(p->program, "mqtt-source");
	assert_int_equal(p->max_age_us, 45 * S);
	assert_string_equal(p->options_json,
			    "{\"url\":\"mqtt://127.0.0.1:1883\",\"qos\":1,\"big\":4294967297,\"ratio\":0.5,"
			    "\"on\":true,\"topics\":[\"a\",\"b\"],\"nested\":[{\"x\":1},2]}");
}

static void a_plugin_without_options_has_an_empty_object(void **state)
{
	(void)state;
	conf_world_good(
		&world,
		"estate: { id = \"e\"; }; plugins: ( { id = \"p\"; program = \"/opt/x\"; max_age = \"9s\"; } );");
	assert_string_equal(conf_find_plugin(world.conf, "p")->options_json, "{}");
	assert_int_equal(conf_find_plugin(world.conf, "p")->max_age_us, 9 * S);
}

/* One register as the lift board sends it. */
static struct value read_point(const char *name, uint16_t reg)
{
	const struct profile_point *p = point_in(profile_of(world.conf, "lift-monitor-f7"), name);
	const uint16_t regs[2] = { reg, 0 };
	struct value v = { 0 };

	assert_int_equal(codec_decode_registers(&p->wire, regs, 2, &v), 0);
	assert_int_equal(v.type, p->type); /* what comes off the wire is what the point promises */
	return v;
}

static void the_lift_board_reads_as_its_paper_says(void **state)
{
	(void)state;
	conf_world_good(&world, HEAD);
	assert_false(read_point("trapped", 0x0000).boolean);
	assert_true(read_point("trapped", 0x0001).boolean);
	assert_true(read_point("trapped", 0x0002).boolean);
	assert_false(read_point("trapped", 0x0ffc).boolean);
	assert_true(read_point("fault", 0x0080).boolean);
	assert_false(read_point("fault", 0x0803).boolean);
	assert_true(read_point("power", 0x0000).boolean);
	assert_false(read_point("power", 0x0800).boolean);
	assert_string_equal(read_point("code", 0x0001).text, "平层困人");
	assert_string_equal(read_point("code", 0x0000).text, "正常");
	assert_string_equal(read_point("direction", 0x0100).text, "up");
	assert_string_equal(read_point("direction", 0x0200).text, "down");
	assert_string_equal(read_point("direction", 0x7c00).text, "none");
	assert_true(read_point("moving", 0x0200).boolean);
	assert_false(read_point("moving", 0x0400).boolean);
	assert_true(read_point("door_zone", 0x0400).boolean);
	assert_true(read_point("door_open", 0x0800).boolean);
	assert_true(read_point("occupied", 0x1000).boolean);
	assert_true(read_point("inspection", 0x2000).boolean);
	assert_true(read_point("alarm_key", 0x4000).boolean);
	assert_false(read_point("alarm_key", 0xbfff).boolean);
	assert_true(read_point("floor", 0x070f).number == 7);
	assert_true(read_point("floor", 0xff0f).number == -1); /* first basement */
	assert_true(read_point("speed", 0x070f).number == 15 * 0.1);
}

static void every_shipped_register_point_gives_the_type_it_promises(void **state)
{
	size_t points = 0;

	(void)state;
	conf_world_good(&world, HEAD);
	for (size_t i = 0; i < world.conf->profile_count; i++)
		for (size_t j = 0; j < world.conf->profiles[i].point_count; j++) {
			const struct profile_point *p = &world.conf->profiles[i].points[j];
			enum value_type wire = p->wire.table == CODEC_TABLE_NONE ? p->type : codec_value_type(&p->wire);

			assert_int_equal(p->event ? VALUE_EVENT : wire, p->type);
			assert_int_equal(p->event, p->type == VALUE_EVENT);
			assert_true((p->wire.table == CODEC_TABLE_NONE) == (p->field.path != NULL));
			assert_true(p->wire.table == CODEC_TABLE_NONE || p->period_us > 0);
			points++;
		}
	assert_true(points > 100);
}

static void ages_follow_the_period(void **state)
{
	const struct profile *p;

	(void)state;
	conf_world_good(
		&world,
		HEAD "profiles: ( { id = \"p\"; class = \"tank\"; period = \"5s\"; points: (\n"
		     "{ name = \"level\"; at = \"input:0\"; }, { name = \"a\"; at = \"input:1\"; period = \"1s\"; },\n"
		     "{ name = \"b\"; at = \"input:2\"; max_age = \"30s\"; } ); },\n"
		     "{ id = \"q\"; class = \"tank\"; max_age = \"1h\"; points: ( { name = \"level\"; } ); },\n"
		     "{ id = \"r\"; class = \"tank\"; points: ( { name = \"level\"; at = \"a.b\"; } ); } );");
	p = profile_of(world.conf, "p");
	assert_int_equal(point_in(p, "level")->max_age_us, 15 * S);
	assert_int_equal(point_in(p, "a")->max_age_us, 10 * S);
	assert_int_equal(point_in(p, "b")->max_age_us, 30 * S);
	assert_int_equal(point_in(profile_of(world.conf, "q"), "level")->max_age_us, HOUR);
	assert_string_equal(point_in(profile_of(world.conf, "q"), "level")->field.path, "level");
	assert_int_equal(point_in(profile_of(world.conf, "r"), "level")->max_age_us, 0);
	assert_string_equal(point_in(profile_of(world.conf, "r"), "level")->field.path, "a.b");
}

static void a_wire_is_what_the_profile_says(void **state)
{
	const struct profile *p;
	const struct codec_wire *w;

	(void)state;
	conf_world_good(&world, HEAD
			"profiles: ( { id = \"p\"; class = \"tank\"; base = 1; order = \"cdab\"; points: (\n"
			"{ name = \"level\"; at = \"holding:31\"; type = \"u32\"; scale = 0.1; offset = -5; invalid = "
			"0xFFFFFFFFL; deadband = 2; },\n"
			"{ name = \"tag\"; at = \"holding:41\"; type = \"string\"; length = 8; order = \"abcd\"; },\n"
			"{ name = \"high\"; at = \"holding:60\"; },\n"
			"{ name = \"loop\"; at = \"holding:70\"; type = \"u32\"; repeat: { count = 3; }; } ); } );");
	p = profile_of(world.conf, "p");
	assert_int_equal(p->point_count, 6);
	w = &point_in(p, "level")->wire;
	assert_int_equal(w->address, 30);
	assert_int_equal(w->type, CODEC_U32);
	assert_int_equal(w->order, CODEC_CDAB);
	assert_int_equal(w->registers, 2);
	assert_true(w->invalid_count == 1 && w->invalid[0] == 4294967295);
	assert_true(w->scale == 0.1 && w->offset == -5);
	assert_true(point_in(p, "level")->deadband == 2);
	assert_string_equal(point_in(p, "level")->unit, "%"); /* the class's */
	assert_int_equal(point_in(p, "tag")->wire.registers, 8);
	assert_int_equal(point_in(p, "tag")->wire.order, CODEC_ABCD);
	assert_int_equal(point_in(p, "tag")->type, VALUE_TEXT);
	assert_int_equal(point_in(p, "high")->wire.type, CODEC_BIT); /* a register that is not 0 */
	assert_int_equal(point_in(p, "high")->type, VALUE_BOOL);
	assert_int_equal(point_in(p, "loop-1")->wire.address, 69);
	assert_int_equal(point_in(p, "loop-3")->wire.address, 73);
}

static void a_field_is_what_the_profile_says(void **state)
{
	const struct profile *p;

	(void)state;
	conf_world_good(&world, HEAD "profiles: ( { id = \"p\"; class = \"contact\"; points: (\n"
				     "{ name = \"open\"; at = \"contact\"; invert = true; }, { name = \"knock\"; at = "
				     "\"action\"; equals = \"knock\"; event = true; },\n"
				     "{ name = \"volt\"; at = \"voltage\"; scale = 0.001; unit = \"V\"; }, { name = "
				     "\"fell\"; at = \"state\"; equals = 3; },\n"
				     "{ name = \"mode\"; at = \"mode\"; type = \"text\"; } ); } );");
	p = profile_of(world.conf, "p");
	assert_true(point_in(p, "open")->field.invert);
	assert_int_equal(point_in(p, "open")->type, VALUE_BOOL);
	assert_true(point_in(p, "knock")->event);
	assert_int_equal(point_in(p, "knock")->type, VALUE_EVENT);
	assert_string_equal(point_in(p, "knock")->field.equals, "knock");
	assert_int_equal(point_in(p, "volt")->type, VALUE_NUMBER);
	assert_true(point_in(p, "volt")->field.scale == 0.001);
	assert_string_equal(point_in(p, "volt")->unit, "V");
	assert_int_equal(point_in(p, "fell")->type, VALUE_BOOL);
	assert_string_equal(point_in(p, "fell")->field.equals, "3");
	assert_int_equal(point_in(p, "mode")->type, VALUE_TEXT);
}

static void a_device_without_profile_has_the_names_of_its_class(void **state)
{
	const struct device *a, *b;

	(void)state;
	conf_world_good(&world, HEAD "devices: ( { id = \"a\"; place = \"b3/u1/1204\"; plugin = \"zigbee\"; address = "
				     "\"1\"; class = \"motion\"; },\n"
				     "{ id = \"b\"; place = \"b3/u1/1205\"; plugin = \"zigbee\"; address = \"2\"; "
				     "class = \"motion\"; max_age = \"25h\"; } );");
	a = conf_find_device(world.conf, "a");
	b = conf_find_device(world.conf, "b");
	assert_ptr_equal(a->profile, b->profile); /* made once */
	assert_string_equal(a->profile->id, "class:motion");
	assert_string_equal(point_in(a->profile, "motion")->field.path, "motion");
	assert_int_equal(point_in(a->profile, "motion")->max_age_us, 0); /* never stale for silence */
	assert_int_equal(b->max_age_us, 25 * HOUR);
	assert_string_equal(a->class->id, "motion");
	assert_int_equal(a->first_point, 0);
	assert_int_equal(b->first_point, a->profile->point_count);
	assert_int_equal(world.conf->point_count, 2 * a->profile->point_count);
	assert_non_null(class_find_point(a->class, "battery_low"));
}

static void a_site_adds_points_to_a_shipped_class(void **state)
{
	const struct rule *r;

	(void)state;
	conf_world_good(
		&world,
		HEAD "classes: ( { id = \"tank\"; points: ( { name = \"chlorine\"; type = \"number\"; unit = \"mg/L\"; "
		     "} ); } );\n"
		     "rules: ( { id = \"chlorine\"; class = \"tank\"; when = \"chlorine < 0.05 && level > 1\"; } );");
	r = rule_in(world.conf, "chlorine");
	assert_non_null(r->expr);
	assert_string_equal(class_find_point(r->class, "chlorine")->unit, "mg/L");
	assert_non_null(class_find_point(r->class, "overflow"));
}

static void a_shipped_rule_is_changed_key_by_key(void **state)
{
	const char *main =
		HEAD "rules: ( { id = \"lift-out\"; for = \"90s\"; text: { en = \"{device} stands\"; }; } );";
	const char *site = "rules: ( { id = \"lift-out\"; for = \"10m\"; priority = 4; } );";
	const struct rule *r;

	(void)state;
	conf_world_write(&world, "rules/lift.conf", site, strlen(site));
	conf_world_good(&world, main);
	r = rule_in(world.conf, "lift-out");
	assert_int_equal(r->for_us, 90 * S);     /* the main file */
	assert_int_equal(r->priority, 4);        /* rules/ beside it */
	assert_int_equal(r->off_for_us, 10 * S); /* as shipped */
	assert_non_null(strstr(r->when, "!in_service"));
	assert_string_equal(r->ladder, "L2");
	assert_string_equal(r->text.en, "{device} stands");
	assert_string_equal(r->text.zh, "{place} {device} 停用或停电"); /* the other language stays */
	assert_non_null(r->guidance.zh);
	assert_string_equal(r->at.file + strlen(world.dir), "/estated.conf");
}

static void a_rule_has_words_even_where_none_were_given(void **state)
{
	const struct rule *r;

	(void)state;
	conf_world_good(&world,
			HEAD "rules: ( { id = \"half\"; class = \"tank\"; when = \"level < 50\"; },\n"
			     "{ id = \"full\"; class = \"tank\"; when = \"level > 99\"; text: { zh = \"满\"; }; } );");
	r = rule_in(world.conf, "half");
	assert_string_equal(r->text.en, "{place} {device}: half ({value})");
	assert_string_equal(r->text.zh, "{place} {device}：half（{value}）");
	assert_int_equal(r->priority, 3);
	assert_int_equal(r->for_us, 0);
	assert_null(r->ladder);
	assert_string_equal(rule_in(world.conf, "full")->text.en, "满");
}

static void a_rule_that_is_switched_off_is_not_there(void **state)
{
	size_t shipped;

	(void)state;
	conf_world_good(&world, HEAD);
	shipped = world.conf->rule_count;
	conf_world_good(&world, HEAD "rules: ( { id = \"door-held\"; enabled = false; } );");
	assert_int_equal(world.conf->rule_count, shipped - 1);
	assert_null(rule_in(world.conf, "door-held"));
	assert_non_null(rule_in(world.conf, "door-duress"));
}

static void shipped_life_safety_rules_keep_to_their_limits(void **state)
{
	static const char *const ids[] = { "sos",          "fall",          "smoke",        "co",
					   "gas",          "lift-trapped",  "door-duress",  "fire",
					   "wearable-sos", "wearable-fall", "building-fire" };

	(void)state;
	conf_world_good(&world, HEAD);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const struct rule *r = rule_in(world.conf, ids[i]);

		assert_non_null(r);
		assert_true(r->life_safety && r->latch && r->priority == 1 && r->inhibited_by_count == 0);
		assert_true(r->for_us <= rule_limit_find(ids[i])->longest_for_us);
	}
	assert_int_equal(rule_in(world.conf, "lift-trapped")->condition, RULE_CONDITION_ENTRAPMENT);
	assert_int_equal(rule_in(world.conf, "lift-trapped")->level_for_us, 90 * S);
	assert_int_equal(rule_in(world.conf, "lift-trapped")->between_for_us, 45 * S);
	assert_int_equal(rule_in(world.conf, "lift-trapped")->for_us, 0);
}

/* Makes that lack one thing or another. */
#define MAKES                                                                                                         \
	"profiles: (\n"                                                                                               \
	"{ id = \"float\"; class = \"tank\"; points: ( { name = \"high\"; }, { name = \"low\"; } ); },\n"             \
	"{ id = \"simple-pump\"; class = \"pump\"; points: ( { name = \"command\"; } ); },\n"                         \
	"{ id = \"bare-door\"; class = \"door\"; points: ( { name = \"open\"; } ); },\n"                              \
	"{ id = \"bare-lift\"; class = \"lift\"; points: ( { name = \"power\"; }, { name = \"floor\"; } ); } );\n"    \
	"devices: (\n"                                                                                                \
	"{ id = \"t\"; place = \"b3\"; profile = \"float\"; }, { id = \"p\"; place = \"b3\"; profile = "              \
	"\"simple-pump\"; },"                                                                                         \
	"{ id = \"d\"; place = \"b3\"; profile = \"bare-door\"; }, { id = \"d2\"; place = \"b3\"; class = \"door\"; " \
	"},"                                                                                                          \
	"{ id = \"l\"; place = \"b3\"; profile = \"bare-lift\"; }, { id = \"l2\"; place = \"b3\"; class = \"lift\"; " \
	"} );"

struct makes {
	struct point_table *table;
	struct evaluator *evaluator;
	struct alarm_effects effects;
	struct clock_now now;
};

static void makes_set(struct makes *m, const char *point, bool value)
{
	struct point *p = point_find(m->table, point);
	struct reading r = { .value = value_bool(value), .at = m->now };

	assert_non_null(p);
	r.point = point_index(m->table, p);
	point_apply(m->table, &r);
	evaluator_point(m->evaluator, r.point, m->now, &m->effects);
}

static void shipped_rules_take_every_make_for_what_it_is(void **state)
{
	struct makes m = { .now.mono_us = 1000 * S };
	struct str_buf raised = { 0 };

	(void)state;
	conf_world_good(&world, HEAD MAKES);
	m.table = point_table_new(conf_devices(world.conf));
	assert_int_equal(
		evaluator_new((struct evaluator_rules){ .rules = world.conf->rules, .count = world.conf->rule_count },
			      conf_devices(world.conf), m.table, &m.evaluator),
		0);
	makes_set(&m, "t.high", true);
	makes_set(&m, "p.command", true);
	makes_set(&m, "d.open", true);
	makes_set(&m, "d2.fire_release", true);
	makes_set(&m, "d2.open", true);
	makes_set(&m, "d2.forced", true);
	makes_set(&m, "l.power", false);
	makes_set(&m, "l2.power", true);
	makes_set(&m, "l2.in_service", true);
	m.now.mono_us += HOUR;
	evaluator_tick(m.evaluator, m.now, &m.effects);
	for (size_t i = 0; i < m.effects.count; i++)
		str_buf_printf(&raised, "%s ", m.effects.transitions[i].alarm.id);
	assert_string_equal(str_buf_text(&raised), "tank-high/t door-held/d lift-out/l ");
	str_buf_fini(&raised);
	alarm_effects_fini(&m.effects);
	evaluator_free(m.evaluator);
	point_table_free(m.table);
}

/* The daemon itself says when these are true. */
static bool is_built_in(const char *rule)
{
	static const char *const ids[] = { "supervision",  "self-test", "building-fire", "lift-need",
					   "powered-care", "door-lone", "fall-review" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (str_equal(ids[i], rule))
			return true;
	return false;
}

static void every_shipped_rule_speaks_both_languages_and_says_what_to_do(void **state)
{
	(void)state;
	conf_world_good(&world, HEAD);
	assert_true(world.conf->rule_count >= 20);
	for (size_t i = 0; i < world.conf->rule_count; i++) {
		const struct rule *r = &world.conf->rules[i];

		assert_true(r->text.zh && r->text.en && r->guidance.zh && r->guidance.en);
		assert_string_not_equal(r->text.zh, r->text.en);
		assert_string_not_equal(r->guidance.zh, r->guidance.en);
		assert_true(r->expr || r->condition == RULE_CONDITION_CARE || is_built_in(r->id));
	}
}

static void a_main_file_that_is_not_there_is_named(void **state)
{
	(void)state;
	assert_int_equal(conf_world_load(&world), -ENOENT);
	assert_string_equal(said(), "estated.conf: error: cannot be read: No such file or directory\n");
	assert_null(world.conf);
}

static void installed_data_that_is_not_there_is_named_once(void **state)
{
	(void)state;
	conf_world_write(&world, "estated.conf", HEAD, strlen(HEAD));
	snprintf(world.data_dir, sizeof(world.data_dir), "%s/share", world.dir);
	assert_int_equal(conf_world_load(&world), -EINVAL);
	assert_string_equal(
		said(),
		"share: error: no such directory: the installed classes, profiles and rules are expected there\n");
}

static void the_installed_directory_may_be_the_configuration_itself(void **state)
{
	const char *classes = "classes: ( { id = \"x\"; points: ( { name = \"p\"; type = \"number\"; } ); } );\n";
	const char *profiles =
		"profiles: ( { id = \"y\"; class = \"x\"; points: ( { name = \"p\"; at = \"input:0\"; } ); } );\n";

	(void)state;
	conf_world_write(&world, "estated.conf", HEAD, strlen(HEAD));
	conf_world_write(&world, "classes.conf", classes, strlen(classes));
	conf_world_write(&world, "profiles/p.conf", profiles, strlen(profiles));
	conf_world_write(&world, "rules/r.conf", "", 0);
	snprintf(world.data_dir, sizeof(world.data_dir), "%s", world.dir);
	assert_int_equal(conf_world_load(&world), 0);
	assert_string_equal(said(), "");
	assert_int_equal(world.conf->class_count, 1);
	assert_int_equal(world.conf->profile_count, 1);
}

static void only_conf_files_are_read_and_in_their_order(void **state)
{
	const char *a = "buses: ( { id = \"a\"; type = \"tcp\"; host = \"10.0.0.1\"; } );\n";
	const char *b = "buses: ( { id = \"b\"; type = \"tcp\"; host = \"10.0.0.2\"; } );\n";

	(void)state;
	conf_world_write(&world, "conf.d/20-b.conf", b, strlen(b));
	conf_world_write(&world, "conf.d/10-a.conf", a, strlen(a));
	conf_world_write(&world, "conf.d/30-c.conf.bak", "(((", 3);
	conf_world_write(&world, "conf.d/.40-d.conf", "(((", 3);
	conf_world_good(&world, HEAD);
	assert_int_equal(world.conf->bus_count, 4);
	assert_string_equal(world.conf->buses[0].id, "gw");
	assert_string_equal(world.conf->buses[2].id, "a");
	assert_string_equal(world.conf->buses[3].id, "b");
}

static void two_names_of_one_serial_line_are_one_line(void **state)
{
	char text[700], link[100];

	(void)state;
	snprintf(link, sizeof(link), "%s/by-id", world.dir);
	assert_int_equal(symlink("/dev/null", link), 0);
	snprintf(text, sizeof(text),
		 "estate: { id = \"e\"; };\nbuses: ( { id = \"a\"; type = \"rtu\"; port = \"/dev/null\"; },\n"
		 "{ id = \"b\"; type = \"rtu\"; port = \"%s\"; } );\n",
		 link);
	conf_world_write(&world, "estated.conf", text, strlen(text));
	assert_int_equal(conf_world_load(&world), -EINVAL);
	assert_non_null(strstr(said(), "bus 'a' at estated.conf:2 has this line already"));
}

static void errors_beyond_counting_are_counted(void **state)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	(void)state;
	str_buf_add(&text, HEAD "devices: (\n");
	for (int i = 0; i < 3000; i++)
		str_buf_printf(
			&text,
			"%s{ id = \"d%d\"; place = \"b3\"; bus = \"gv\"; unit = 300; profile = \"tank-generic\"; }\n",
			i ? "," : "", i);
	str_buf_add(&text, ");\n");
	conf_world_write(&world, "estated.conf", text.text, text.len);
	assert_int_equal(conf_world_load(&world), -EINVAL);
	assert_int_equal(world.diag.errors, 6000);
	assert_int_equal(world.diag.count, DIAG_MAX);
	assert_int_equal(world.diag.dropped, 5000);
}

/* As large as the largest estate: the number of points, each device with its place, unit and id. */
static void a_hundred_thousand_points_are_loaded(void **state)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	const struct device *last;

	(void)state;
	str_buf_add(&text, "estate: { id = \"e\"; };\nplaces: ( { id = \"b3\"; } );\nbuses: (\n");
	for (int i = 0; i < 256; i++)
		str_buf_printf(&text, "%s{ id = \"bus-%d\"; type = \"tcp\"; host = \"10.0.%d.1\"; }\n", i ? "," : "", i,
			       i);
	str_buf_add(&text, ");\nprofiles: ( { id = \"ten\"; class = \"tank\"; points: (\n");
	for (int i = 0; i < 10; i++)
		str_buf_printf(&text, "%s{ name = \"p%d\"; at = \"input:%d\"; }\n", i ? "," : "", i, i);
	str_buf_add(&text, "); } );\ndevices: (\n");
	for (int i = 0; i < 10000; i++)
		str_buf_printf(
			&text,
			"%s{ id = \"d-%d\"; place = \"b3/u1/%d\"; bus = \"bus-%d\"; unit = %d; profile = \"ten\"; }\n",
			i ? "," : "", i, i % 500, i % 256, 1 + i / 256);
	str_buf_add(&text, ");\n");
	conf_world_good(&world, str_buf_text(&text));
	assert_int_equal(world.conf->point_count, 100000);
	last = conf_find_device(world.conf, "d-9999");
	assert_int_equal(last->first_point, 99990);
	assert_string_equal(last->bus->id, "bus-15");
}

#define CASE(name) CONF_WORLD_CASE(name, &world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_shipped_configuration_has_nothing_to_complain_about),
		CASE(the_example_has_nothing_to_complain_about),
		CASE(defaults_come_from_the_schema),
		CASE(options_of_a_plugin_become_json),
		CASE(a_plugin_without_options_has_an_empty_object),
		CASE(the_lift_board_reads_as_its_paper_says),
		CASE(every_shipped_register_point_gives_the_type_it_promises),
		CASE(ages_follow_the_period),
		CASE(a_wire_is_what_the_profile_says),
		CASE(a_field_is_what_the_profile_says),
		CASE(a_device_without_profile_has_the_names_of_its_class),
		CASE(a_site_adds_points_to_a_shipped_class),
		CASE(a_shipped_rule_is_changed_key_by_key),
		CASE(a_rule_has_words_even_where_none_were_given),
		CASE(a_rule_that_is_switched_off_is_not_there),
		CASE(shipped_life_safety_rules_keep_to_their_limits),
		CASE(shipped_rules_take_every_make_for_what_it_is),
		CASE(every_shipped_rule_speaks_both_languages_and_says_what_to_do),
		CASE(a_main_file_that_is_not_there_is_named),
		CASE(installed_data_that_is_not_there_is_named_once),
		CASE(the_installed_directory_may_be_the_configuration_itself),
		CASE(only_conf_files_are_read_and_in_their_order),
		CASE(two_names_of_one_serial_line_are_one_line),
		CASE(errors_beyond_counting_are_counted),
		CASE(a_hundred_thousand_points_are_loaded),
	};

	return UNIT_RUN(tests);
}
