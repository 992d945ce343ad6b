/* Alarms out of the way, as people and rules put them there: shelf, service, inhibition, test; over restarts and clocks. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm_case.h"
#include "base/mem.h"

#define TANK "class tank\npoint level number %\ndevice t1"

#define LEVEL(number) alarm_world_read(&w, "t1.level", value_number(number))

static const struct rule high = { .id = "high", .when = "level > 90" };

static int shelve(const char *id, int64_t for_us)
{
	return alarm_world_order(
		&w, &(struct evaluator_command){
			    .alarm = id, .input = ALARM_IN_SHELVE, .for_us = for_us, .note = "pump works" });
}

static int order(const char *id, enum alarm_input input)
{
	return alarm_world_order(&w, &(struct evaluator_command){ .alarm = id, .input = input, .note = "seen" });
}

static int mode(enum mode_kind kind, const char *subject, int64_t for_us)
{
	return alarm_world_mode(&w, &(struct evaluator_mode){ .kind = kind, .subject = subject, .for_us = for_us });
}

/* ---- shelf ---- */

static void a_shelf_ends_by_itself_and_the_live_condition_decides(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	assert_int_equal(shelve("high/t1", HOUR), 0);
	HAPPENED("unacked shelved");
	assert_string_equal(alarm_get("high/t1")->shelf.by, "desk");
	assert_string_equal(alarm_get("high/t1")->shelf.why, "pump works");
	assert_int_equal(alarm_get("high/t1")->shelf.until_us, w.now.wall_us + HOUR);
	LEVEL(80);
	LEVEL(95);
	LEVEL(80);
	HAPPENED("");
	assert_int_equal(alarm_get("high/t1")->count, 2);
	alarm_world_pass(&w, HOUR - 1);
	STATE("high/t1", "shelved");
	alarm_world_pass(&w, 1);
	HAPPENED("normal");
	assert_false(alarm_get("high/t1")->shelf.on);
	LEVEL(95);
	assert_int_equal(shelve("high/t1", HOUR), 0);
	alarm_world_pass(&w, HOUR);
	HAPPENED("unacked shelved unacked");
}

static void what_is_normal_can_be_shelved_before_it_comes(void **state)
{
	(void)state;
	begin(TANK, &high);
	assert_int_equal(shelve("high/t1", HOUR), 0);
	assert_int_equal(shelve("high/t9", HOUR), -ENOENT);
	LEVEL(95);
	HAPPENED("shelved");
	assert_int_equal(order("high/t1", ALARM_IN_ACK), -EINVAL);
	assert_int_equal(order("high/t1", ALARM_IN_UNSHELVE), 0);
	HAPPENED("unacked");
	assert_int_equal(order("high/t1", ALARM_IN_UNSHELVE), -EALREADY);
}

static void shelving_again_sets_another_time(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	assert_int_equal(shelve("high/t1", HOUR), 0);
	assert_int_equal(shelve("high/t1", 10 * S), 0);
	alarm_world_happened(&w);
	alarm_world_pass(&w, 10 * S);
	HAPPENED("unacked");
}

static void a_shelf_goes_on_over_restarts_and_keeps_what_came_on_it(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(80);
	shelve("high/t1", HOUR);
	LEVEL(95); /* no transition: it is kept with the delays */
	alarm_world_happened(&w);
	alarm_world_restart(&w, 10 * MINUTE);
	alarm_world_restart(&w, 10 * MINUTE);
	STATE("high/t1", "shelved");
	assert_string_equal(alarm_get("high/t1")->shelf.by, "desk");
	alarm_world_pass(&w, 40 * MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked"); /* never taken for normal, though no reading came yet */
	LEVEL(80);
	HAPPENED("rtn_unacked");
}

static void the_wall_clock_moves_no_shelf(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	shelve("high/t1", HOUR);
	alarm_world_happened(&w);
	w.now.wall_us -= 400 * DAY;
	alarm_world_pass(&w, MINUTE);
	evaluator_tick(w.evaluator, w.now, &w.effects);
	assert_int_equal(alarm_get("high/t1")->shelf.until_us, w.now.wall_us + 59 * MINUTE);
	w.now.wall_us += 4000 * DAY;
	alarm_world_pass(&w, 59 * MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static int shelve_until(const char *id, int64_t until_us)
{
	return alarm_world_order(
		&w, &(struct evaluator_command){
			    .alarm = id, .input = ALARM_IN_SHELVE, .until_us = until_us, .note = "until six" });
}

/* Somebody sets the clock; the next tick sees it. */
static void set_clock(int64_t by_us)
{
	w.now.wall_us += by_us;
	evaluator_tick(w.evaluator, w.now, &w.effects);
}

static void a_shelf_until_a_moment_ends_at_that_moment_wherever_the_clock_goes(void **state)
{
	static const int64_t steps[] = { -DAY, -HOUR, 30 * MINUTE, 90 * MINUTE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int64_t six;

		begin(TANK, &high);
		LEVEL(95);
		six = w.now.wall_us + 2 * HOUR;
		assert_int_equal(shelve_until("high/t1", w.now.wall_us), -EINVAL);
		assert_int_equal(shelve_until("high/t1", six), 0);
		alarm_world_happened(&w);
		set_clock(steps[i]);
		assert_int_equal(alarm_get("high/t1")->shelf.until_us, six);
		alarm_world_pass(&w, 2 * HOUR - steps[i] - 1);
		HAPPENED("");
		alarm_world_pass(&w, 1);
		HAPPENED("unacked");
		assert_int_equal(w.now.wall_us, six);
		alarm_world_fini(&w);
	}
	begin(TANK, &high);
}

static void a_shelf_until_a_moment_that_the_clock_was_set_past_is_over(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	assert_int_equal(shelve_until("high/t1", w.now.wall_us + 2 * HOUR), 0);
	alarm_world_happened(&w);
	set_clock(3 * HOUR);
	HAPPENED("unacked");
}

static void a_clock_that_goes_back_by_years_leaves_a_shelf_for_a_week_at_most(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	assert_int_equal(shelve_until("high/t1", w.now.wall_us + 2 * HOUR), 0);
	alarm_world_happened(&w);
	set_clock(CLOCK_ERA_US + DAY - w.now.wall_us);
	alarm_world_pass(&w, ALARM_SHELF_MAX - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void a_clock_that_says_nothing_moves_no_shelf(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	assert_int_equal(shelve_until("high/t1", w.now.wall_us + 2 * HOUR), 0);
	alarm_world_happened(&w);
	set_clock(DAY - w.now.wall_us);
	alarm_world_pass(&w, 2 * HOUR - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
}

static void a_latched_alarm_comes_off_the_shelf_as_far_as_people_had_come(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .latch = true };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	order("high/t1", ALARM_IN_ACK);
	shelve("high/t1", HOUR);
	LEVEL(80);
	order("high/t1", ALARM_IN_UNSHELVE);
	HAPPENED("unacked acked shelved latched");
	shelve("high/t1", HOUR);
	LEVEL(95); /* nobody has seen that one */
	LEVEL(80);
	order("high/t1", ALARM_IN_UNSHELVE);
	HAPPENED("shelved rtn_unacked");
}

/* ---- life safety ---- */

#define HOME                                                                                                      \
	"class sos\npoint pressed event\ndevice s1\nat s1 b3/u1/101\nclass smoke\npoint smoke bool\npoint fault " \
	"bool\ndevice k1"

static const struct rule sos = { .id = "sos", .when = "pressed", .life_safety = true, .priority = 1 };

static void life_safety_is_never_shelved_nor_out_of_service(void **state)
{
	(void)state;
	begin(HOME, &sos);
	assert_int_equal(shelve("sos/s1", HOUR), -EPERM);
	alarm_world_read(&w, "s1.pressed", value_event(""));
	HAPPENED("unacked");
	assert_int_equal(shelve("sos/s1", HOUR), -EPERM);
	assert_int_equal(mode(MODE_OUT_OF_SERVICE, "s1", HOUR), -EPERM);
	HAPPENED("");
	STATE("sos/s1", "unacked");
}

/* What a changed rule, or a damaged row, says about an alarm that was hidden. */
static void a_hidden_alarm_that_is_life_safety_now_comes_out_at_once(void **state)
{
	static const enum alarm_state hidden[] = { ALARM_SHELVED, ALARM_SUPPRESSED, ALARM_OUT_OF_SERVICE };

	(void)state;
	begin(HOME, &sos);
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		struct alarm a = { .id = (char *)"sos/s1",
				   .rule = (char *)"sos",
				   .asset = (char *)"s1",
				   .place = (char *)"b3/u1/101",
				   .state = hidden[i],
				   .count = 1,
				   .shelf = { .on = true, .end_us = w.now.mono_us + HOUR } };

		evaluator_restore(w.evaluator, &a);
		alarm_world_pass(&w, 1);
		STATE("sos/s1", "rtn_unacked"); /* a button does not last; nobody has looked */
	}
}

/* ---- out of service ---- */

static void out_of_service_hides_all_but_life_safety_and_ends_by_itself(void **state)
{
	static const struct rule fault = { .id = "smoke-fault", .when = "fault" };
	static const struct rule smoke = { .id = "smoke", .when = "smoke", .life_safety = true, .priority = 1 };
	struct rule of_smoke;

	(void)state;
	alarm_world_init(&w, HOME);
	of_smoke = fault;
	of_smoke.class = &w.classes[1].class;
	alarm_world_rule(&w, &of_smoke);
	of_smoke = smoke;
	of_smoke.class = &w.classes[1].class;
	alarm_world_rule(&w, &of_smoke);
	alarm_world_start(&w);
	alarm_world_read(&w, "k1.fault", value_bool(true));
	assert_int_equal(mode(MODE_OUT_OF_SERVICE, "k1", HOUR), 0);
	HAPPENED("unacked out_of_service");
	assert_string_equal(alarm_get("smoke-fault/k1")->service.by, "desk");
	alarm_world_read(&w, "k1.smoke", value_bool(true));
	HAPPENED("unacked");
	STATE("smoke/k1", "unacked");
	assert_int_equal(shelve("smoke-fault/k1", HOUR), -EBUSY);
	alarm_world_restart(&w, MINUTE);
	STATE("smoke-fault/k1", "out_of_service");
	alarm_world_pass(&w, 59 * MINUTE);
	HAPPENED("unacked");
	STATE("smoke-fault/k1", "unacked");
	assert_int_equal(mode(MODE_OUT_OF_SERVICE, "k1", 0), -EALREADY);
	assert_int_equal(mode(MODE_OUT_OF_SERVICE, "k9", HOUR), -ENOENT);
}

static void what_comes_out_of_service_is_listed_and_counted(void **state)
{
	(void)state;
	begin(TANK, &high);
	mode(MODE_OUT_OF_SERVICE, "t1", HOUR);
	LEVEL(95);
	HAPPENED("out_of_service");
	LEVEL(80);
	LEVEL(95);
	HAPPENED("");
	assert_int_equal(alarm_get("high/t1")->count, 2);
	LEVEL(80);
	assert_int_equal(mode(MODE_OUT_OF_SERVICE, "t1", 0), 0);
	HAPPENED("normal");
}

/* ---- test ---- */

static void a_real_press_in_test_mode_is_told_with_the_mark_and_proves_the_way(void **state)
{
	const struct mode *proven;

	(void)state;
	begin(HOME, &sos);
	assert_int_equal(mode(MODE_TEST, "b3/u1", HOUR), 0); /* the place above */
	alarm_world_read(&w, "s1.pressed", value_event(""));
	HAPPENED("unacked");
	assert_true(alarm_get("sos/s1")->test);
	proven = mode_book_find(evaluator_modes(w.evaluator), MODE_PROVEN, "s1");
	assert_non_null(proven);
	assert_int_equal(proven->since_us, w.now.wall_us);
	alarm_world_restart(&w, MINUTE);
	assert_non_null(mode_book_find(evaluator_modes(w.evaluator), MODE_TEST, "b3/u1"));
	assert_non_null(mode_book_find(evaluator_modes(w.evaluator), MODE_PROVEN, "s1"));
	alarm_world_pass(&w, HOUR);
	assert_null(mode_book_find(evaluator_modes(w.evaluator), MODE_TEST, "b3/u1"));
	alarm_world_read(&w, "s1.pressed", value_event("")); /* a real one after it is told as such */
	HAPPENED("unacked");
	assert_false(alarm_get("sos/s1")->test);
	assert_int_equal(mode(MODE_TEST, "b4", HOUR), -ENOENT);
}

static void what_still_holds_when_the_test_ends_is_real(void **state)
{
	(void)state;
	begin(TANK, &high);
	mode(MODE_TEST, "t1", HOUR);
	LEVEL(95);
	assert_true(alarm_get("high/t1")->test);
	order("high/t1", ALARM_IN_ACK);
	HAPPENED("unacked acked");
	alarm_world_pass(&w, HOUR);
	HAPPENED("unacked");
	assert_false(alarm_get("high/t1")->test);
}

/* ---- inhibition ---- */

#define BUILDING                                                                                       \
	"class panel\npoint fire bool\ndevice p1\nat p1 b3/fire-room\ndevice p2\nat p2 b4/fire-room\n" \
	"class door\npoint forced bool\ndevice d1\nat d1 b3/u1\ndevice d2\nat d2 b4/u1"

static void begin_building(void)
{
	static const char *const by[] = { "fire" };
	struct rule fire = { .id = "fire", .when = "fire", .life_safety = true, .latch = true, .priority = 1 };
	struct rule forced = { .id = "door-forced", .when = "forced", .inhibited_by = by, .inhibited_by_count = 1 };

	alarm_world_init(&w, BUILDING);
	fire.class = &w.classes[0].class;
	forced.class = &w.classes[1].class;
	alarm_world_rule(&w, &fire);
	alarm_world_rule(&w, &forced);
	alarm_world_start(&w);
}

static void a_fire_explains_the_doors_of_its_building_while_it_lasts(void **state)
{
	(void)state;
	begin_building();
	alarm_world_read(&w, "p1.fire", value_bool(true));
	alarm_world_read(&w, "d1.forced", value_bool(true));
	HAPPENED("unacked suppressed");
	assert_string_equal(alarm_get("door-forced/d1")->suppressed_by, "fire/p1");
	assert_int_equal(alarm_get("door-forced/d1")->count, 1);
	alarm_world_read(&w, "d2.forced", value_bool(true)); /* another building */
	HAPPENED("unacked");
	assert_int_equal(order("door-forced/d1", ALARM_IN_ACK), -EINVAL);
	alarm_world_read(&w, "p1.fire", value_bool(false));
	HAPPENED("rtn_unacked unacked"); /* the door is still forced */
	STATE("door-forced/d1", "unacked");
	assert_null(alarm_get("door-forced/d1")->suppressed_by);
}

static void an_alarm_that_stands_is_explained_by_what_comes_later(void **state)
{
	(void)state;
	begin_building();
	alarm_world_read(&w, "d1.forced", value_bool(true));
	alarm_world_read(&w, "p1.fire", value_bool(true));
	HAPPENED("unacked unacked suppressed");
	alarm_world_read(&w, "d1.forced", value_bool(false));
	HAPPENED("normal");
	alarm_world_read(&w, "p1.fire", value_bool(false));
	HAPPENED("rtn_unacked");
}

static void inhibition_survives_a_restart_and_ends_with_what_explains_it(void **state)
{
	(void)state;
	begin_building();
	alarm_world_read(&w, "p1.fire", value_bool(true));
	alarm_world_read(&w, "d1.forced", value_bool(true));
	alarm_world_happened(&w);
	alarm_world_restart(&w, MINUTE);
	alarm_world_pass(&w, MINUTE);
	HAPPENED("");
	STATE("door-forced/d1", "suppressed");
	assert_string_equal(alarm_get("door-forced/d1")->suppressed_by, "fire/p1");
	alarm_world_read(&w, "p1.fire", value_bool(false));
	HAPPENED("rtn_unacked unacked");
}

static void a_fire_that_is_only_tested_hides_no_real_door(void **state)
{
	(void)state;
	begin_building();
	mode(MODE_TEST, "p1", HOUR);
	alarm_world_read(&w, "p1.fire", value_bool(true));
	alarm_world_read(&w, "d1.forced", value_bool(true));
	STATE("door-forced/d1", "unacked");
}

/* Each names the other: one of them must be told. */
static void two_that_explain_each_other_are_not_both_hidden(void **state)
{
	static const char *const by_b[] = { "b" }, *const by_a[] = { "a" };
	struct rule a = { .id = "a", .when = "level > 90", .inhibited_by = by_b, .inhibited_by_count = 1 };
	struct rule b = { .id = "b", .when = "level > 95", .inhibited_by = by_a, .inhibited_by_count = 1 };

	(void)state;
	alarm_world_init(&w, TANK);
	alarm_world_rule(&w, &a);
	alarm_world_rule(&w, &b);
	alarm_world_start(&w);
	LEVEL(99);
	STATE("a/t1", "unacked");
	STATE("b/t1", "suppressed");
	LEVEL(93);
	STATE("b/t1", "normal");
	STATE("a/t1", "unacked");
}

static void set_down(const char *asset, const char *place, bool down)
{
	evaluator_set(
		w.evaluator,
		&(struct evaluator_condition){
			.rule = "supervision", .asset = asset, .place = place, .active = down, .why_en = "silent" },
		w.now, &w.effects);
}

static void assert_one_alarm(size_t devices)
{
	static const struct bus bus = { .id = "riser" };
	static const struct rule supervision = { .id = "supervision" };
	struct str_buf lines = { 0 };
	size_t unacked = 0, suppressed = 0, position = 0;
	const struct alarm *a;

	str_buf_add(&lines, TANK);
	for (size_t i = 0; i < devices; i++)
		str_buf_printf(&lines, "\ndevice m%zu", i);
	alarm_world_init(&w, str_buf_text(&lines));
	str_buf_fini(&lines);
	for (size_t i = 1; i < w.device_count; i++)
		w.devices[i].bus = &bus;
	alarm_world_rule(&w, &supervision);
	alarm_world_start(&w);
	set_down("riser", NULL, true);
	for (size_t i = 0; i < w.device_count; i++)
		set_down(w.devices[i].id, w.devices[i].place, true);
	while ((a = evaluator_next(w.evaluator, &position))) {
		unacked += a->state == ALARM_UNACKED;
		suppressed += a->state == ALARM_SUPPRESSED && str_equal(a->suppressed_by, "supervision/riser");
	}
	assert_int_equal(unacked, 2); /* the bus, and t1, which is not on it */
	assert_int_equal(suppressed, devices);
	assert_int_equal(evaluator_open(w.evaluator), devices + 2);
	alarm_effects_clear(&w.effects);
	set_down("m7", NULL, false);
	HAPPENED("normal");
	set_down("riser", NULL, false);
	assert_int_equal(w.effects.count, devices); /* it returned; the others are looked at anew */
	STATE("supervision/m8", "unacked");
	STATE("supervision/m7", "normal");
}

static void a_dead_bus_with_two_hundred_devices_is_one_alarm(void **state)
{
	(void)state;
	assert_one_alarm(200);
}

static void a_dead_bus_with_a_thousand_devices_is_one_alarm(void **state)
{
	(void)state;
	assert_one_alarm(1000);
}

/* ---- what people note, and what is kept of n in t ---- */

static void comments_and_arrivals_are_noted_and_move_nothing(void **state)
{
	(void)state;
	begin(TANK, &high);
	LEVEL(95);
	alarm_world_happened(&w);
	assert_int_equal(order("high/t1", ALARM_IN_COMMENT), 0);
	assert_int_equal(w.effects.count, 1);
	assert_string_equal(w.effects.transitions[0].note, "seen");
	HAPPENED("unacked");
	assert_int_equal(order("high/t1", ALARM_IN_ARRIVE), 0);
	HAPPENED("unacked");
	assert_int_equal(alarm_get("high/t1")->arrived_us, w.now.wall_us);
	alarm_world_pass(&w, MINUTE);
	order("high/t1", ALARM_IN_ARRIVE); /* the first one counts */
	assert_int_equal(alarm_get("high/t1")->arrived_us, w.now.wall_us - MINUTE);
	assert_int_equal(order("high/t9", ALARM_IN_COMMENT), -ENOENT);
}

static void n_in_t_goes_on_over_restarts(void **state)
{
	static const struct rule rule = { .id = "high", .when = "level > 90", .times = 3, .within_us = 10 * MINUTE };

	(void)state;
	begin(TANK, &rule);
	LEVEL(95);
	LEVEL(80);
	alarm_world_restart(&w, MINUTE);
	LEVEL(95);
	LEVEL(80);
	alarm_world_restart(&w, MINUTE);
	HAPPENED("");
	LEVEL(95);
	HAPPENED("unacked");
	LEVEL(80);
	order("high/t1", ALARM_IN_ACK);
	alarm_world_happened(&w);
	alarm_world_restart(&w, 11 * MINUTE); /* all of them are too long ago */
	LEVEL(95);
	LEVEL(80);
	LEVEL(95);
	LEVEL(80);
	HAPPENED("");
}

static void the_first_of_its_rule_in_a_building_is_marked(void **state)
{
	struct rule forced = { .id = "door-forced", .when = "forced" };

	(void)state;
	alarm_world_init(&w, BUILDING "\ndevice d3\nat d3 b3/u2");
	forced.class = &w.classes[1].class;
	alarm_world_rule(&w, &forced);
	alarm_world_start(&w);
	alarm_world_read(&w, "d1.forced", value_bool(true));
	alarm_world_read(&w, "d2.forced", value_bool(true));
	alarm_world_read(&w, "d3.forced", value_bool(true));
	assert_true(alarm_get("door-forced/d1")->first_out);
	assert_true(alarm_get("door-forced/d2")->first_out);
	assert_false(alarm_get("door-forced/d3")->first_out);
}

#define STATES_TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STATES_TEST(a_shelf_ends_by_itself_and_the_live_condition_decides),
		STATES_TEST(what_is_normal_can_be_shelved_before_it_comes),
		STATES_TEST(shelving_again_sets_another_time),
		STATES_TEST(a_shelf_goes_on_over_restarts_and_keeps_what_came_on_it),
		STATES_TEST(the_wall_clock_moves_no_shelf),
		STATES_TEST(a_shelf_until_a_moment_ends_at_that_moment_wherever_the_clock_goes),
		STATES_TEST(a_shelf_until_a_moment_that_the_clock_was_set_past_is_over),
		STATES_TEST(a_clock_that_goes_back_by_years_leaves_a_shelf_for_a_week_at_most),
		STATES_TEST(a_clock_that_says_nothing_moves_no_shelf),
		STATES_TEST(a_latched_alarm_comes_off_the_shelf_as_far_as_people_had_come),
		STATES_TEST(life_safety_is_never_shelved_nor_out_of_service),
		STATES_TEST(a_hidden_alarm_that_is_life_safety_now_comes_out_at_once),
		STATES_TEST(out_of_service_hides_all_but_life_safety_and_ends_by_itself),
		STATES_TEST(what_comes_out_of_service_is_listed_and_counted),
		STATES_TEST(a_real_press_in_test_mode_is_told_with_the_mark_and_proves_the_way),
		STATES_TEST(what_still_holds_when_the_test_ends_is_real),
		STATES_TEST(a_fire_explains_the_doors_of_its_building_while_it_lasts),
		STATES_TEST(an_alarm_that_stands_is_explained_by_what_comes_later),
		STATES_TEST(inhibition_survives_a_restart_and_ends_with_what_explains_it),
		STATES_TEST(a_fire_that_is_only_tested_hides_no_real_door),
		STATES_TEST(two_that_explain_each_other_are_not_both_hidden),
		STATES_TEST(a_dead_bus_with_two_hundred_devices_is_one_alarm),
		STATES_TEST(a_dead_bus_with_a_thousand_devices_is_one_alarm),
		STATES_TEST(comments_and_arrivals_are_noted_and_move_nothing),
		STATES_TEST(n_in_t_goes_on_over_restarts),
		STATES_TEST(the_first_of_its_rule_in_a_building_is_marked),
	};

	return UNIT_RUN(tests);
}
