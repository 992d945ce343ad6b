#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/engine.h"
#include "base/mem.h"
#include "base/str.h"
#include "unit.h"

/* A small estate in a folder of its own; data_dir and main file are the same folder. */
static const char configuration[] =
	"estate: { id = \"t\"; name = \"t\"; timezone = \"Asia/Shanghai\"; };\n"
	"places: ( { id = \"b1\"; name = \"1\"; } );\n"
	"plugins: ( { id = \"p\"; program = \"/bin/true\"; } );\n"
	"classes: ( { id = \"vat\"; points: ( { name = \"level\"; type = \"number\"; }, { name = \"leaks\"; type = "
	"\"bool\"; },\n"
	"                                    { name = \"pressed\"; type = \"event\"; } ); } );\n"
	"profiles: ( { id = \"probe\"; class = \"vat\"; points: ( { name = \"level\"; range = ( 0, 100 ); } ); } );\n"
	"devices: ( { id = \"v1\"; place = \"b1/x\"; plugin = \"p\"; address = \"a\"; class = \"vat\"; max_age = "
	"\"60s\"; },\n"
	"           { id = \"v2\"; place = \"b1/x\"; plugin = \"p\"; address = \"b\"; profile = \"probe\"; } );\n"
	"rules: ( { id = \"vat-high\"; class = \"vat\"; when = \"level > 90\"; for = \"5s\"; },\n"
	"         { id = \"vat-odd\"; class = \"vat\"; when = \"level > 20 && level < 30 && !leaks\"; },\n"
	"         { id = \"vat-burst\"; class = \"vat\"; when = \"leaks && changed(leaks, 1s) && count(pressed, 11s) "
	"== "
	"0\"; },\n"
	"         { id = \"vat-press\"; class = \"vat\"; when = \"pressed\"; latch = true; } );\n";

struct fixture {
	char dir[64];
	struct conf *conf;
	struct engine *engine;
	struct alarm_effects effects;
	unsigned changes;
};

static void count_change(void *context, const struct point *p, unsigned change)
{
	struct fixture *f = context;

	assert_non_null(p);
	assert_int_not_equal(change, 0);
	f->changes++;
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int setup(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	struct engine_calls calls = { .context = f, .point = count_change };
	struct diag d = { 0 };
	char path[160];

	strcpy(f->dir, "/tmp/test-engine-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	write_file(f->dir, "estated.conf", configuration);
	write_file(f->dir, "classes.conf", "");
	snprintf(path, sizeof(path), "%s/profiles", f->dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/rules", f->dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/estated.conf", f->dir);
	if (conf_load(path, f->dir, &d, &f->conf) < 0 || engine_new(f->conf, &calls, &f->engine) < 0) {
		diag_print(&d, stderr);
		return -1;
	}
	diag_fini(&d);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "estated.conf", "classes.conf", "profiles", "rules", "" };

	alarm_effects_fini(&f->effects);
	engine_free(f->engine);
	conf_free(f->conf);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[160];

		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		remove(path);
	}
	free(f);
	return 0;
}

static struct clock_now at(int64_t seconds)
{
	return (struct clock_now){ .mono_us = seconds * S, .wall_us = 1700000000 * S + seconds * S };
}

static size_t tell_fields(struct fixture *f, const struct mapping_field *fields, size_t count, int64_t seconds)
{
	struct mapping_message m = {
		.device = conf_find_device(f->conf, "v1"),
		.fields = fields,
		.field_count = count,
		.at = at(seconds),
	};
	const struct reading *readings;

	return engine_message(f->engine, &m, &f->effects, &readings);
}

/* One message with one field. */
static size_t tell(struct fixture *f, const char *field, struct value value, int64_t seconds)
{
	return tell_fields(f, &(struct mapping_field){ .path = field, .value = value }, 1, seconds);
}

static const struct point *point(struct fixture *f, const char *name)
{
	const struct point *p = point_find(engine_points(f->engine), name);

	assert_non_null(p);
	return p;
}

static struct engine_link plugin_link(struct fixture *f)
{
	return (struct engine_link){ .plugin = conf_find_plugin(f->conf, "p") };
}

static void a_message_becomes_readings_and_after_its_delay_an_alarm(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(point(f, "v1.level")->quality, QUALITY_LOST);
	assert_int_equal(tell(f, "level", value_number(95), 1), 1);
	assert_int_equal(point(f, "v1.level")->quality, QUALITY_GOOD);
	assert_int_equal(f->effects.count, 0);
	/* A message says of the events that it leaves out that they did not happen: rules are told of that at once. */
	assert_true(engine_due(f->engine) <= S);
	engine_tick(f->engine, at(1), &f->effects);
	assert_int_equal(f->effects.count, 0);
	assert_true(engine_due(f->engine) == 6 * S);
	engine_tick(f->engine, at(5), &f->effects);
	assert_int_equal(f->effects.count, 0);
	engine_tick(f->engine, at(6), &f->effects);
	assert_int_equal(f->effects.count, 1);
	assert_string_equal(f->effects.transitions[0].alarm.id, "vat-high/v1");
	assert_int_equal(f->effects.transitions[0].alarm.state, ALARM_UNACKED);
}

static unsigned raised(const struct fixture *f, const char *alarm)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->effects.count; i++)
		count += str_equal(f->effects.transitions[i].alarm.id, alarm) &&
			 f->effects.transitions[i].alarm.state == ALARM_UNACKED;
	return count;
}

static void tell_level_and_leaks(struct fixture *f, double level, bool leaks, int64_t seconds)
{
	const struct mapping_field fields[] = { { .path = "level", .value = value_number(level) },
						{ .path = "leaks", .value = value_bool(leaks) } };

	assert_int_equal(tell_fields(f, fields, 2, seconds), 2);
}

static void rules_look_when_all_of_a_message_is_there(void **state)
{
	struct fixture *f = *state;

	tell_level_and_leaks(f, 10, false, 1);
	tell_level_and_leaks(f, 25, true, 2); /* level alone would be odd */
	assert_int_equal(raised(f, "vat-odd/v1"), 0);
	tell_level_and_leaks(f, 25, false, 30);
	assert_int_equal(raised(f, "vat-odd/v1"), 1);
}

static void what_happened_is_told_before_what_is_so(void **state)
{
	struct fixture *f = *state;
	const struct mapping_field fields[] = { { .path = "leaks", .value = value_bool(true) },
						{ .path = "pressed", .value = value_bool(true) } };

	tell_level_and_leaks(f, 10, false, 1);
	assert_int_equal(tell_fields(f, fields, 2, 2), 2);
	assert_int_equal(raised(f, "vat-press/v1"), 1);
	assert_int_equal(raised(f, "vat-burst/v1"), 0);
	tell_level_and_leaks(f, 10, false, 60);
	tell_level_and_leaks(f, 10, true, 90);
	assert_int_equal(raised(f, "vat-burst/v1"), 1);
}

static void rules_look_when_all_of_an_answer_is_there(void **state)
{
	struct fixture *f = *state;
	uint32_t first = (uint32_t)(point(f, "v1.level") - engine_points(f->engine)->points);
	struct reading readings[] = {
		{ .point = first, .quality = QUALITY_GOOD, .value = value_number(10), .at = at(1) },
		{ .point = first + 1, .quality = QUALITY_GOOD, .value = value_bool(false), .at = at(1) },
		{ .point = UINT32_MAX - 1, .quality = QUALITY_GOOD, .value = value_bool(true), .at = at(1) },
	};

	engine_readings(f->engine, readings, 3, &f->effects);
	readings[0].value = value_number(25);
	readings[1].value = value_bool(true);
	readings[0].at = readings[1].at = at(2);
	engine_readings(f->engine, readings, 2, &f->effects);
	assert_int_equal(raised(f, "vat-odd/v1"), 0);
	readings[1].value = value_bool(false);
	readings[0].at = readings[1].at = at(3);
	engine_readings(f->engine, readings, 2, &f->effects);
	assert_int_equal(raised(f, "vat-odd/v1"), 1);
	assert_int_equal(point(f, "v1.leaks")->quality, QUALITY_GOOD);
}

static void fields_that_nobody_wants_move_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(tell(f, "linkquality", value_number(100), 1), 0);
	assert_int_equal(f->changes, 0);
}

static void what_a_broker_kept_raises_nothing_until_its_age_is_known(void **state)
{
	struct fixture *f = *state;
	struct mapping_field field = { .path = "level", .value = value_number(95) };
	struct mapping_message m = { .device = conf_find_device(f->conf, "v1"),
				     .fields = &field,
				     .field_count = 1,
				     .at = at(1),
				     .kept = true,
				     .age_us = -1 };
	const struct reading *readings;

	assert_int_equal(engine_message(f->engine, &m, &f->effects, &readings), 0);
	assert_int_equal(point(f, "v1.level")->quality, QUALITY_SUSPECT);
	assert_int_equal(f->changes, 1);
	engine_tick(f->engine, at(60), &f->effects);
	assert_int_equal(f->effects.count, 0);
	m.at = at(61);
	m.age_us = S;
	assert_int_equal(engine_message(f->engine, &m, &f->effects, &readings), 1);
	assert_int_equal(readings[0].quality, QUALITY_GOOD);
	engine_tick(f->engine, at(70), &f->effects);
	assert_int_equal(f->effects.count, 1);
}

static void a_number_beyond_its_limits_is_not_kept_as_good_either(void **state)
{
	struct fixture *f = *state;
	struct mapping_field field = { .path = "level", .value = value_number(50) };
	struct mapping_message m = {
		.device = conf_find_device(f->conf, "v2"), .fields = &field, .field_count = 1, .at = at(1)
	};
	const struct reading *readings;

	assert_int_equal(engine_message(f->engine, &m, &f->effects, &readings), 1);
	assert_int_equal(readings[0].quality, QUALITY_GOOD);
	field.value = value_number(101);
	m.at = at(2);
	assert_int_equal(engine_message(f->engine, &m, &f->effects, &readings), 1);
	assert_int_equal(readings[0].quality, QUALITY_SUSPECT);
	assert_int_equal(point(f, "v2.level")->quality, QUALITY_SUSPECT);
	assert_true(point(f, "v2.level")->value.number == 50);
	engine_tick(f->engine, at(20), &f->effects);
	assert_int_equal(f->effects.count, 0);
}

static void a_lost_plugin_keeps_values_and_clears_no_alarm(void **state)
{
	struct fixture *f = *state;
	struct engine_link link = plugin_link(f);

	tell(f, "level", value_number(95), 1);
	engine_tick(f->engine, at(6), &f->effects);
	alarm_effects_clear(&f->effects);
	engine_down(f->engine, &link, QUALITY_LOST, at(10), &f->effects);
	assert_int_equal(point(f, "v1.level")->quality, QUALITY_LOST);
	assert_true(point(f, "v1.level")->value.number == 95);
	assert_int_equal(f->effects.count, 0);
	engine_up(f->engine, &link, at(20), &f->effects);
	assert_int_equal(point(f, "v1.level")->quality, QUALITY_GOOD);
	assert_true(point(f, "v1.level")->at_us == at(1).wall_us);
	assert_int_equal(f->effects.count, 0);
}

static void coming_back_does_not_make_an_old_value_young(void **state)
{
	struct fixture *f = *state;
	struct engine_link link = plugin_link(f);

	tell(f, "level", value_number(50), 1);
	engine_down(f->engine, &link, QUALITY_LOST, at(10), &f->effects);
	engine_up(f->engine, &link, at(100), &f->effects);
	engine_tick(f->engine, at(101), &f->effects);
	assert_int_equal(point(f, "v1.level")->quality, QUALITY_STALE);
}

static void a_press_is_not_pressed_again_when_its_plugin_comes_back(void **state)
{
	struct fixture *f = *state;
	struct engine_link link = plugin_link(f);

	tell(f, "pressed", value_bool(true), 1);
	assert_int_equal(f->effects.count, 1);
	alarm_effects_clear(&f->effects);
	engine_down(f->engine, &link, QUALITY_LOST, at(10), &f->effects);
	engine_up(f->engine, &link, at(100), &f->effects);
	assert_int_equal(f->effects.count, 0);
}

static void what_was_never_read_stays_lost(void **state)
{
	struct fixture *f = *state;
	struct engine_link link = plugin_link(f);

	engine_up(f->engine, &link, at(1), &f->effects);
	assert_int_equal(point(f, "v1.leaks")->quality, QUALITY_LOST);
	assert_int_equal(point(f, "v1.leaks")->value.type, VALUE_NONE);
}

static void a_value_from_before_a_restart_is_shown_but_raises_nothing(void **state)
{
	struct fixture *f = *state;
	struct reading r = { .quality = QUALITY_GOOD, .value = value_number(99), .at = at(-500) };

	engine_restore(f->engine, "v1.level", &r);
	engine_restore(f->engine, "v1.gone", &r);
	engine_restore(f->engine, "v1.leaks", &r); /* of another type meanwhile */
	engine_tick(f->engine, at(30), &f->effects);
	assert_int_equal(point(f, "v1.level")->quality, QUALITY_LOST);
	assert_true(point(f, "v1.level")->value.number == 99);
	assert_int_equal(point(f, "v1.leaks")->value.type, VALUE_NONE);
	assert_int_equal(f->effects.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_message_becomes_readings_and_after_its_delay_an_alarm, setup,
						teardown),
		cmocka_unit_test_setup_teardown(rules_look_when_all_of_a_message_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(what_happened_is_told_before_what_is_so, setup, teardown),
		cmocka_unit_test_setup_teardown(rules_look_when_all_of_an_answer_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(fields_that_nobody_wants_move_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_broker_kept_raises_nothing_until_its_age_is_known, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_number_beyond_its_limits_is_not_kept_as_good_either, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lost_plugin_keeps_values_and_clears_no_alarm, setup, teardown),
		cmocka_unit_test_setup_teardown(coming_back_does_not_make_an_old_value_young, setup, teardown),
		cmocka_unit_test_setup_teardown(a_press_is_not_pressed_again_when_its_plugin_comes_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_never_read_stays_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(a_value_from_before_a_restart_is_shown_but_raises_nothing, setup,
						teardown),
	};

	return UNIT_RUN(tests);
}
