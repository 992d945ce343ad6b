/* Buttons that acknowledge and cards that say who has arrived: through the engine, with the shipped rules. */
#include "app/touch.h"

#include <string.h>

#include "app/engine.h"
#include "conf_world.h"
#include "unit.h"

static const char configuration[] =
	"estate: { id = \"e\"; };\n"
	"places: ( { id = \"b3\"; }, { id = \"b4\"; }, { id = \"desk\"; } );\n"
	"plugins: ( { id = \"p\"; program = \"/bin/true\"; } );\n"
	"profiles: ( { id = \"panel\"; class = \"relay\"; points: ( { name = \"in\"; type = \"bool\"; } ); } );\n"
	"devices: ( { id = \"sos-3\"; place = \"b3/u1/1204\"; plugin = \"p\"; address = \"1\"; class = \"sos\"; },\n"
	"           { id = \"sos-4\"; place = \"b4/u1/101\"; plugin = \"p\"; address = \"2\"; class = \"sos\"; },\n"
	"           { id = \"door\"; place = \"b3/u1\"; plugin = \"p\"; address = \"3\"; class = \"door\"; },\n"
	"           { id = \"panel\"; place = \"desk\"; plugin = \"p\"; address = \"4\"; profile = \"panel\"; },\n"
	"           { id = \"panel-3\"; place = \"b3\"; plugin = \"p\"; address = \"5\"; profile = \"panel\"; },\n"
	"           { id = \"bell\"; place = \"b4\"; plugin = \"p\"; address = \"6\"; class = \"sos\"; },\n"
	"           { id = \"tank\"; place = \"b3/u1\"; plugin = \"p\"; address = \"7\"; class = \"tank\"; } );\n"
	"contacts: ( { id = \"desk\"; name = \"Desk\"; button = \"panel.in\"; places = ( \"b3\", \"b4\" ); },\n"
	"            { id = \"house\"; button = \"panel-3.in\"; }, { id = \"porter\"; button = \"bell.pressed\"; },\n"
	"            { id = \"worker\"; name = \"Worker 3\"; cards = ( \"0007\" ); } );\n"
	"rules: ( { id = \"half\"; class = \"tank\"; when = \"level < 50\"; priority = 3; } );\n";

static struct conf_world world;
static struct engine *engine;
static struct touch *touch;
static struct alarm_effects effects;
static struct clock_now now;

static void on_point(void *context, const struct point *p, unsigned change)
{
	(void)context;
	touch_point(touch, p, change);
}

static int begin(void **state)
{
	struct engine_calls calls = { .point = on_point };

	(void)state;
	conf_world_init(&world);
	conf_world_good(&world, configuration);
	assert_int_equal(engine_new(world.conf, &calls, &engine), 0);
	touch = touch_new(world.conf, engine_points(engine));
	now = (struct clock_now){ .mono_us = DAY, .wall_us = (int64_t)1790000000 * S };
	return 0;
}

static int end(void **state)
{
	(void)state;
	touch_free(touch);
	alarm_effects_fini(&effects);
	engine_free(engine);
	conf_world_fini(&world);
	return 0;
}

static void read_as(const char *point, struct value value, bool test)
{
	const struct point *p = point_find(engine_points(engine), point);
	struct reading r = { .value = value, .quality = QUALITY_GOOD, .test = test };

	assert_non_null(p);
	now.mono_us += S;
	now.wall_us += S;
	r.point = point_index(engine_points(engine), p);
	r.at = now;
	engine_reading(engine, &r, &effects);
	touch_go(touch, engine, now, &effects);
}

static void say(const char *point, struct value value)
{
	read_as(point, value, false);
}

static void lose(const char *device)
{
	engine_down(engine, &(struct engine_link){ .device = conf_find_device(world.conf, device) }, QUALITY_LOST, now,
		    &effects);
}

static const struct alarm *alarm_of(const char *id)
{
	const struct alarm *a = evaluator_find(engine_evaluator(engine), id);

	assert_non_null(a);
	return a;
}

static void call_for_help(void)
{
	say("sos-3.pressed", value_event(""));
	say("sos-4.pressed", value_event(""));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED);
	assert_int_equal(alarm_of("sos/sos-4")->state, ALARM_UNACKED);
}

static void a_press_acknowledges_what_is_open_at_the_contacts_places(void **state)
{
	(void)state;
	say("panel.in", value_bool(false));
	call_for_help();
	say("panel.in", value_bool(true));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_LATCHED);
	assert_int_equal(alarm_of("sos/sos-4")->state, ALARM_LATCHED);
	assert_string_equal(alarm_of("sos/sos-3")->ack_by, "Desk (button of panel)");
}

static void without_places_it_is_for_where_the_button_is(void **state)
{
	(void)state;
	say("panel-3.in", value_bool(false));
	call_for_help();
	say("panel-3.in", value_bool(true));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_LATCHED);
	assert_int_equal(alarm_of("sos/sos-4")->state, ALARM_UNACKED);
}

static void a_button_that_is_held_acknowledges_nothing_that_comes_later(void **state)
{
	(void)state;
	say("panel.in", value_bool(false));
	say("panel.in", value_bool(true));
	call_for_help();
	say("panel.in", value_bool(true));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED);
	say("panel.in", value_bool(false));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED);
	say("panel.in", value_bool(true));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_LATCHED);
}

static void one_that_is_stuck_at_start_or_after_it_was_lost_is_not_pressed(void **state)
{
	(void)state;
	call_for_help();
	say("panel.in", value_bool(true));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED);
	say("panel.in", value_bool(false));
	lose("panel");
	say("panel.in", value_bool(true));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED);
}

static void a_reload_leaves_a_button_as_it_stands(void **state)
{
	(void)state;
	say("panel.in", value_bool(false));
	say("panel-3.in", value_bool(true));
	touch_free(touch);
	touch = touch_new(world.conf, engine_points(engine));
	call_for_help();
	say("panel-3.in", value_bool(true));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED);
	say("panel.in", value_bool(true));
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_LATCHED);
}

static void a_button_that_is_an_event_is_pressed_each_time(void **state)
{
	(void)state;
	call_for_help();
	say("bell.pressed", value_event(""));
	assert_int_equal(alarm_of("sos/sos-4")->state, ALARM_LATCHED);
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED);
	say("sos-4.pressed", value_event(""));
	say("bell.pressed", value_event(""));
	assert_int_equal(alarm_of("sos/sos-4")->state, ALARM_LATCHED);
}

static void a_press_in_test_acknowledges_no_real_alarm(void **state)
{
	(void)state;
	say("panel.in", value_bool(false));
	call_for_help();
	read_as("panel.in", value_bool(true), true);
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED);
}

static void a_card_at_the_unit_door_says_who_has_arrived(void **state)
{
	(void)state;
	call_for_help();
	say("door.card", value_event("0007"));
	assert_int_not_equal(alarm_of("sos/sos-3")->arrived_us, 0);
	assert_string_equal(alarm_of("sos/sos-3")->arrived_by, "Worker 3 (card at door)");
	assert_int_equal(alarm_of("sos/sos-3")->state, ALARM_UNACKED); /* to be there is not to have looked */
	assert_int_equal(alarm_of("sos/sos-4")->arrived_us, 0);        /* another building */
}

static void a_card_that_is_let_in_does_too(void **state)
{
	(void)state;
	call_for_help();
	say("door.granted", value_event("0007"));
	assert_int_not_equal(alarm_of("sos/sos-3")->arrived_us, 0);
}

static void the_first_arrival_is_kept(void **state)
{
	int64_t first_us;

	(void)state;
	call_for_help();
	say("door.card", value_event("0007"));
	first_us = alarm_of("sos/sos-3")->arrived_us;
	say("door.card", value_event("0007"));
	assert_int_equal(alarm_of("sos/sos-3")->arrived_us, first_us);
}

static void a_strangers_card_says_nothing(void **state)
{
	(void)state;
	call_for_help();
	say("door.card", value_event("0008"));
	say("door.card", value_event(""));
	say("sos-3.pressed", value_event("0007")); /* not at a door */
	assert_int_equal(alarm_of("sos/sos-3")->arrived_us, 0);
}

static void who_comes_home_has_not_arrived_at_what_can_wait(void **state)
{
	(void)state;
	say("tank.level", value_number(40));
	assert_int_equal(alarm_of("half/tank")->state, ALARM_UNACKED);
	say("door.card", value_event("0007"));
	assert_int_equal(alarm_of("half/tank")->arrived_us, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_press_acknowledges_what_is_open_at_the_contacts_places),
		CASE(without_places_it_is_for_where_the_button_is),
		CASE(a_button_that_is_held_acknowledges_nothing_that_comes_later),
		CASE(one_that_is_stuck_at_start_or_after_it_was_lost_is_not_pressed),
		CASE(a_reload_leaves_a_button_as_it_stands),
		CASE(a_button_that_is_an_event_is_pressed_each_time),
		CASE(a_press_in_test_acknowledges_no_real_alarm),
		CASE(a_card_at_the_unit_door_says_who_has_arrived),
		CASE(a_card_that_is_let_in_does_too),
		CASE(the_first_arrival_is_kept),
		CASE(a_strangers_card_says_nothing),
		CASE(who_comes_home_has_not_arrived_at_what_can_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
