/* Alarms that become more urgent, calls that merge, what is quiet by design, and ways of help that nobody tries: over
 * restarts and clocks. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm_case.h"
#include "base/mem.h"
#include "base/str.h"

#define TANK "class tank\npoint level number %\npoint works bool\ndevice t1"
#define SOS  "class sos\npoint pressed event\ndevice s1\ndevice s2\nat s2 b4/u1/302"

#define LEVEL(number) alarm_world_read(&w, "t1.level", value_number(number))
#define PRESS()       alarm_world_read(&w, "s1.pressed", value_event(""))

static const struct rule rising = {
	.id = "high",
	.when = "level > 90",
	.priority = 4,
	.rises = { { 10 * MINUTE, 3 }, { HOUR, 1 } },
	.rise_count = 2,
	.text = { .en = "high for {age}" },
};
static const struct rule sos = { .id = "sos", .when = "pressed", .latch = true, .life_safety = true, .priority = 1 };

static int priority_of(const char *id)
{
	return alarm_get(id)->priority;
}

/* ---- a priority that rises ---- */

static void a_priority_rises_step_by_step_while_nobody_looks(void **state)
{
	(void)state;
	begin(TANK, &rising);
	LEVEL(95);
	HAPPENED("unacked");
	alarm_world_pass(&w, 10 * MINUTE - 1);
	HAPPENED("");
	assert_int_equal(priority_of("high/t1"), 4);
	alarm_world_pass(&w, 1);
	assert_int_equal(w.effects.count, 1);
	assert_int_equal(w.effects.transitions[0].input, ALARM_IN_RISE);
	assert_int_equal(w.effects.transitions[0].from, ALARM_UNACKED);
	assert_string_equal(w.effects.transitions[0].alarm.text_en, "high for 10 min");
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 3);
	assert_int_equal(alarm_get("high/t1")->count, 1);
	alarm_world_pass(&w, 50 * MINUTE);
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 1);
	alarm_world_pass(&w, 10 * DAY);
	HAPPENED("");
}

static void a_rise_makes_what_was_acknowledged_unacked_again(void **state)
{
	(void)state;
	begin(TANK, &rising);
	LEVEL(95);
	alarm_world_ack(&w, "high/t1");
	HAPPENED("unacked acked");
	alarm_world_pass(&w, 10 * MINUTE);
	HAPPENED("unacked");
	assert_null(alarm_get("high/t1")->ack_by);
	alarm_world_ack(&w, "high/t1");
	LEVEL(80);
	HAPPENED("acked normal");
	alarm_world_pass(&w, DAY);
	HAPPENED("");
	LEVEL(95); /* another one */
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 4);
}

static void what_is_over_does_not_rise(void **state)
{
	(void)state;
	begin(TANK, &rising);
	LEVEL(95);
	LEVEL(80);
	HAPPENED("unacked rtn_unacked");
	alarm_world_pass(&w, 2 * HOUR);
	HAPPENED("");
	/* Nobody has looked for two hours, and it is there again. */
	LEVEL(95);
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 1);
}

static void on_the_shelf_it_rises_unheard(void **state)
{
	(void)state;
	begin(TANK, &rising);
	LEVEL(95);
	alarm_world_order(&w,
			  &(struct evaluator_command){
				  .alarm = "high/t1", .input = ALARM_IN_SHELVE, .for_us = 30 * MINUTE, .note = "x" });
	HAPPENED("unacked shelved");
	alarm_world_pass(&w, 30 * MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 3);
	alarm_world_pass(&w, 30 * MINUTE);
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 1);
}

static void what_comes_on_a_shelf_is_open_from_then_on(void **state)
{
	(void)state;
	begin(TANK, &rising);
	LEVEL(95);
	alarm_world_ack(&w, "high/t1");
	LEVEL(80);
	HAPPENED("unacked acked normal");
	alarm_world_pass(&w, DAY);
	alarm_world_order(&w, &(struct evaluator_command){
				      .alarm = "high/t1", .input = ALARM_IN_SHELVE, .for_us = HOUR, .note = "x" });
	alarm_world_pass(&w, 55 * MINUTE);
	LEVEL(95);
	alarm_world_pass(&w, 5 * MINUTE);
	HAPPENED("shelved unacked");
	assert_int_equal(priority_of("high/t1"), 4);
	alarm_world_pass(&w, 5 * MINUTE);
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 3);
}

static void a_rise_goes_on_over_restarts_and_clock_steps(void **state)
{
	(void)state;
	begin(TANK, &rising);
	LEVEL(95);
	alarm_world_ack(&w, "high/t1");
	alarm_world_happened(&w);
	alarm_world_pass(&w, 4 * MINUTE);
	w.now.wall_us += 3 * DAY;
	alarm_world_pass(&w, MINUTE);
	alarm_world_restart(&w, 2 * MINUTE);
	LEVEL(95);
	w.now.wall_us -= 10 * DAY;
	alarm_world_pass(&w, 3 * MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 3);
	/* What has risen stays so over the next one. */
	alarm_world_restart(&w, MINUTE);
	LEVEL(95);
	alarm_world_pass(&w, 48 * MINUTE);
	HAPPENED("");
	assert_int_equal(priority_of("high/t1"), 3);
	alarm_world_pass(&w, MINUTE);
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 1);
}

/* Killed before any delay was written down: the alarm itself says since when it is open. */
static void without_its_kept_delay_it_counts_from_when_it_was_raised(void **state)
{
	_cleanup_(evaluator_freep) struct evaluator *old = NULL;

	(void)state;
	begin(TANK, &rising);
	LEVEL(95);
	old = steal(&w.evaluator);
	w.now.mono_us += 6 * MINUTE;
	w.now.wall_us += 6 * MINUTE;
	point_table_free(steal(&w.table));
	alarm_world_start(&w);
	evaluator_restore(w.evaluator, evaluator_find(old, "high/t1"));
	alarm_effects_clear(&w.effects);
	LEVEL(95);
	alarm_world_pass(&w, 4 * MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked");
	assert_int_equal(priority_of("high/t1"), 3);
}

static void a_flood_of_rises_is_told_each_once(void **state)
{
	struct str_buf lines = { 0 };

	(void)state;
	str_buf_add(&lines, TANK);
	for (int i = 2; i <= 1000; i++)
		str_buf_printf(&lines, "\ndevice t%d", i);
	begin(str_buf_text(&lines), &rising);
	str_buf_fini(&lines);
	for (size_t i = 0; i < w.device_count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%s.level", w.devices[i].id);
		alarm_world_read(&w, name, value_number(95));
	}
	assert_int_equal(w.effects.count, 1000);
	alarm_effects_clear(&w.effects);
	alarm_world_pass(&w, 10 * MINUTE);
	assert_int_equal(w.effects.count, 1000);
	alarm_effects_clear(&w.effects);
	alarm_world_pass(&w, 50 * MINUTE - 1);
	assert_int_equal(w.effects.count, 0);
}

/* ---- repeats ---- */

static void repeats_merge_over_a_restart_within_their_minute(void **state)
{
	(void)state;
	begin(SOS, &sos);
	PRESS();
	HAPPENED("unacked");
	alarm_world_pass(&w, 20 * S);
	alarm_world_restart(&w, 20 * S);
	PRESS();
	HAPPENED("");
	assert_int_equal(alarm_get("sos/s1")->count, 2);
	alarm_world_restart(&w, 19 * S);
	PRESS(); /* 59 s */
	HAPPENED("");
	alarm_world_pass(&w, S);
	PRESS();
	HAPPENED("unacked");
	assert_int_equal(alarm_get("sos/s1")->count, 4);
}

static void after_an_ack_every_press_is_told_over_a_restart_too(void **state)
{
	(void)state;
	begin(SOS, &sos);
	PRESS();
	alarm_world_ack(&w, "sos/s1");
	alarm_world_happened(&w);
	alarm_world_restart(&w, S);
	PRESS();
	HAPPENED("unacked");
}

/* ---- quiet by design ---- */

static const struct rule excused = { .id = "high", .when = "level > 90", .suppressed_when = "works" };

static void works(bool on)
{
	alarm_world_read(&w, "t1.works", value_bool(on));
}

static void while_the_excuse_holds_it_is_listed_and_nobody_is_told(void **state)
{
	(void)state;
	begin(TANK, &excused);
	works(true);
	LEVEL(95);
	HAPPENED("suppressed");
	assert_string_equal(alarm_get("high/t1")->suppressed_by, "works");
	LEVEL(80);
	HAPPENED("normal");
	LEVEL(95);
	works(false);
	HAPPENED("suppressed unacked");
	assert_null(alarm_get("high/t1")->suppressed_by);
	works(true);
	HAPPENED("suppressed");
	works(false);
	HAPPENED("unacked");
	alarm_world_ack(&w, "high/t1");
	works(true);
	LEVEL(80);
	works(false);
	HAPPENED("acked suppressed normal");
}

static void an_excuse_that_is_not_known_changes_nothing(void **state)
{
	(void)state;
	begin(TANK, &excused);
	LEVEL(95); /* nobody knows: told */
	HAPPENED("unacked");
	works(true);
	alarm_world_quality(&w, "t1.works", QUALITY_LOST);
	alarm_world_pass(&w, DAY);
	HAPPENED("suppressed");
	works(false);
	HAPPENED("unacked");
	alarm_world_quality(&w, "t1.works", QUALITY_BAD);
	HAPPENED("");
}

static void what_is_excused_stays_so_over_a_restart(void **state)
{
	(void)state;
	begin(TANK, &excused);
	works(true);
	LEVEL(95);
	alarm_world_happened(&w);
	alarm_world_restart(&w, MINUTE);
	alarm_world_pass(&w, S);
	LEVEL(95); /* it speaks before the excuse does */
	HAPPENED("");
	STATE("high/t1", "suppressed");
	works(true);
	HAPPENED("");
	works(false);
	HAPPENED("unacked");
}

static void life_safety_knows_no_excuse(void **state)
{
	struct rule smoke = {
		.id = "smoke", .when = "works", .suppressed_when = "works", .life_safety = true, .priority = 1
	};

	(void)state;
	begin(TANK, &smoke);
	works(true);
	HAPPENED("unacked");
}

static void an_excuse_of_an_age_ends_when_the_same_value_is_said_again(void **state)
{
	struct rule rule = { .id = "high", .when = "level > 90", .suppressed_when = "age(works) > 10m" };

	(void)state;
	begin(TANK, &rule);
	works(true);
	LEVEL(95);
	HAPPENED("unacked");
	alarm_world_pass(&w, 11 * MINUTE);
	HAPPENED("suppressed");
	works(true);
	HAPPENED("unacked");
}

static void an_excuse_that_the_device_no_longer_has_keeps_nothing_quiet(void **state)
{
	(void)state;
	begin(TANK, &excused);
	works(true);
	LEVEL(95);
	HAPPENED("suppressed");
	assert_true(alarm_world_line(&w, "lacks t1 works")); /* another profile from now on */
	alarm_world_restart(&w, MINUTE);
	LEVEL(95);
	alarm_world_pass(&w, 1);
	STATE("high/t1", "unacked");
}

/* ---- ways of help ---- */

static const struct rule self_test = { .id = "self-test", .priority = 4, .text = { .en = "{value}" } };

static void begin_help(void)
{
	alarm_world_init(&w, SOS);
	w.self_test_us = 7 * DAY;
	alarm_world_rule(&w, &sos);
	alarm_world_rule(&w, &self_test);
	alarm_world_start(&w);
	evaluator_tick(w.evaluator, w.now, &w.effects);
}

static void a_button_that_nobody_tries_for_a_week_is_an_alarm_of_its_building(void **state)
{
	(void)state;
	begin_help();
	assert_int_equal(w.effects.mode_count, 2); /* known from now on */
	HAPPENED("");
	alarm_world_pass(&w, 7 * DAY - HOUR);
	HAPPENED("");
	alarm_world_pass(&w, 2 * HOUR);
	HAPPENED("unacked unacked");
	assert_string_equal(alarm_get("self-test/b3")->text_en, "1: s1");
	STATE("self-test/b4", "unacked");
	/* Tried: its way is proven, and within the hour the alarm is over. */
	alarm_world_mode(&w, &(struct evaluator_mode){ .kind = MODE_TEST, .subject = "s1", .for_us = MINUTE });
	PRESS();
	alarm_world_pass(&w, HOUR);
	STATE("self-test/b3", "rtn_unacked");
	STATE("self-test/b4", "unacked");
	assert_true(evaluator_is_help(w.evaluator, "s1"));
}

static void a_building_that_is_not_there_any_more_has_nothing_to_try(void **state)
{
	(void)state;
	begin_help();
	alarm_world_pass(&w, 8 * DAY);
	alarm_world_ack(&w, "self-test/b4");
	alarm_world_happened(&w);
	for (size_t i = 0; i < w.device_count; i++)
		w.devices[i].place = "b9/u1/101";
	alarm_world_restart(&w, MINUTE);
	evaluator_tick(w.evaluator, w.now, &w.effects);
	STATE("self-test/b3", "rtn_unacked"); /* that it was told somebody has yet to see */
	STATE("self-test/b4", "normal");
	STATE("self-test/b9", "unacked");
}

static void a_real_call_that_somebody_acknowledged_proves_its_way_too(void **state)
{
	const struct mode *proven;

	(void)state;
	begin_help();
	alarm_world_pass(&w, 6 * DAY);
	PRESS();
	assert_null(mode_book_find(evaluator_modes(w.evaluator), MODE_PROVEN, "s1"));
	alarm_world_ack(&w, "sos/s1");
	proven = mode_book_find(evaluator_modes(w.evaluator), MODE_PROVEN, "s1");
	assert_non_null(proven);
	assert_int_equal(proven->since_us, w.now.wall_us);
	assert_string_equal(proven->spell.by, "desk");
	alarm_world_pass(&w, 6 * DAY);
	STATE("self-test/b3", "none");
	STATE("self-test/b4", "unacked");
}

static void the_week_goes_on_over_restarts(void **state)
{
	(void)state;
	begin_help();
	for (int i = 0; i < 7; i++) {
		alarm_world_pass(&w, HOUR);
		STATE("self-test/b3", "none");
		alarm_world_restart(&w, DAY);
		evaluator_tick(w.evaluator, w.now, &w.effects);
	}
	STATE("self-test/b3", "unacked");
	/* It is there, and stays one alarm. */
	alarm_effects_clear(&w.effects);
	alarm_world_restart(&w, DAY);
	evaluator_tick(w.evaluator, w.now, &w.effects);
	HAPPENED("");
	STATE("self-test/b3", "unacked");
}

static void an_unset_clock_says_nothing_of_weeks(void **state)
{
	(void)state;
	alarm_world_init(&w, SOS);
	w.now.wall_us = 0;
	w.self_test_us = 7 * DAY;
	alarm_world_rule(&w, &sos);
	alarm_world_rule(&w, &self_test);
	alarm_world_start(&w);
	evaluator_tick(w.evaluator, w.now, &w.effects);
	assert_int_equal(w.effects.mode_count, 0);
	alarm_world_pass(&w, 30 * DAY);
	HAPPENED("");
	w.now.wall_us = 1700000000 * S; /* the time service answers: known from now on */
	alarm_world_pass(&w, 2 * HOUR);
	HAPPENED("");
	alarm_world_pass(&w, 7 * DAY);
	HAPPENED("unacked unacked");
}

static void what_was_proven_by_a_clock_that_was_years_ahead_says_nothing(void **state)
{
	int64_t wall_us;

	(void)state;
	begin_help();
	wall_us = w.now.wall_us;
	w.now.wall_us += 3650 * DAY;
	alarm_world_pass(&w, MINUTE);
	PRESS();
	alarm_world_ack(&w, "sos/s1");
	w.now.wall_us = wall_us;
	alarm_world_pass(&w, 2 * HOUR);
	alarm_world_happened(&w);
	alarm_world_pass(&w, 8 * DAY);
	STATE("self-test/b3", "unacked");
}

/* ---- the bus that it is behind ---- */

static void begin_behind(const struct bus *bus, const struct rule *rule)
{
	alarm_world_init(&w, TANK "\ndevice t2\ndevice t3\ndevice t4");
	for (int i = 0; i < 3; i++)
		w.devices[i].bus = bus; /* t4 is behind none */
	alarm_world_rule(&w, rule);
	alarm_world_start(&w);
}

static void a_bus_is_lost_when_all_behind_it_is(void **state)
{
	static const struct bus bus = { .id = "riser" };
	struct rule rule = { .id = "dark", .when = "parent.bus is lost", .for_us = MINUTE };

	(void)state;
	begin_behind(&bus, &rule);
	alarm_world_pass(&w, HOUR);
	HAPPENED(""); /* nobody has heard of it yet */
	LEVEL(50);
	alarm_world_read(&w, "t2.level", value_number(50));
	alarm_world_quality(&w, "t1.level", QUALITY_LOST);
	alarm_world_quality(&w, "t3.level", QUALITY_LOST);
	alarm_world_pass(&w, HOUR);
	HAPPENED("");
	alarm_world_quality(&w, "t2.level", QUALITY_LOST);
	alarm_world_pass(&w, MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked unacked unacked");
	STATE("dark/t4", "none");
	alarm_world_read(&w, "t3.works", value_bool(true));
	HAPPENED("rtn_unacked rtn_unacked rtn_unacked");
}

/* As a reload does it: another table and evaluator, which take over what the old ones knew. */
static void reload(void)
{
	struct evaluator *old = steal(&w.evaluator);
	struct point_table *old_table = steal(&w.table);
	const struct alarm *a;

	alarm_world_start(&w);
	point_carry(w.table, old_table);
	evaluator_carry(w.evaluator, old);
	for (size_t i = 0; (a = evaluator_next(old, &i));)
		if (a->state != ALARM_NORMAL)
			evaluator_restore(w.evaluator, a);
	evaluator_free(old);
	point_table_free(old_table);
}

static void a_bus_that_was_dead_before_a_reload_is_dead_after_it(void **state)
{
	static const struct bus bus = { .id = "riser" };
	struct rule rule = { .id = "dark", .when = "parent.bus is lost", .for_us = MINUTE };

	(void)state;
	begin_behind(&bus, &rule);
	for (size_t i = 0; i < 3; i++) /* none of them ever had a value */
		alarm_world_quality(&w, (const char *const[]){ "t1.level", "t2.level", "t3.level" }[i], QUALITY_BAD);
	for (size_t i = 0; i < 3; i++)
		alarm_world_quality(&w, (const char *const[]){ "t1.level", "t2.level", "t3.level" }[i], QUALITY_LOST);
	HAPPENED("");
	reload();
	evaluator_tick(w.evaluator, w.now, &w.effects);
	alarm_world_pass(&w, MINUTE - 1);
	HAPPENED("");
	alarm_world_pass(&w, 1);
	HAPPENED("unacked unacked unacked");
	reload();
	evaluator_tick(w.evaluator, w.now, &w.effects);
	HAPPENED("");
	STATE("dark/t1", "unacked");
	alarm_world_read(&w, "t3.works", value_bool(true));
	HAPPENED("rtn_unacked rtn_unacked rtn_unacked");
}

static void a_device_that_is_silent_alone_is_told_from_one_behind_a_dead_bus(void **state)
{
	static const struct bus bus = { .id = "riser" };
	struct rule rule = { .id = "mute", .when = "level is lost", .suppressed_when = "parent.bus is lost" };

	(void)state;
	begin_behind(&bus, &rule);
	LEVEL(50);
	alarm_world_read(&w, "t1.works", value_bool(true));
	alarm_world_read(&w, "t2.level", value_number(50));
	alarm_world_read(&w, "t3.level", value_number(50));
	alarm_world_pass(&w, 1);
	alarm_world_happened(&w);
	alarm_world_quality(&w, "t1.level", QUALITY_LOST);
	HAPPENED("unacked");
	alarm_world_quality(&w, "t2.level", QUALITY_LOST);
	alarm_world_quality(&w, "t3.level", QUALITY_LOST);
	HAPPENED("unacked unacked");
	alarm_world_quality(&w, "t1.works", QUALITY_LOST); /* the last one */
	HAPPENED("suppressed suppressed suppressed");
	alarm_world_read(&w, "t2.level", value_number(51));
	HAPPENED("normal unacked unacked");
}

/* ---- a power cut ---- */

static void down(const char *asset, const char *place)
{
	evaluator_set(
		w.evaluator,
		&(struct evaluator_condition){
			.rule = "supervision", .asset = asset, .place = place, .active = true, .why_en = "silent" },
		w.now, &w.effects);
}

static void a_power_cut_explains_what_is_silent_in_its_building(void **state)
{
	static const char *const by[] = { "power-out" };
	struct rule out = { .id = "power-out", .when = "!mains" };
	struct rule supervision = { .id = "supervision", .inhibited_by = by, .inhibited_by_count = 1 };

	(void)state;
	alarm_world_init(&w, "class power\npoint mains bool\ndevice e1\nat e1 b3/switch-room\n"
			     "class tank\npoint level number %\ndevice t1\ndevice t2\nat t2 b4/u1");
	alarm_world_rule(&w, &out);
	alarm_world_rule(&w, &supervision);
	alarm_world_start(&w);
	down("t1", "b3/u1");
	alarm_world_read(&w, "e1.mains", value_bool(false));
	HAPPENED("unacked unacked suppressed"); /* the cut explains what was told before */
	down("t2", "b4/u1");
	HAPPENED("unacked");
	assert_string_equal(alarm_get("supervision/t1")->suppressed_by, "power-out/e1");
	alarm_world_restart(&w, MINUTE);
	STATE("supervision/t1", "suppressed");
	alarm_world_read(&w, "e1.mains", value_bool(true));
	STATE("supervision/t1", "unacked"); /* the power is back, it is not */
}

/* ---- one home ---- */

static void back(const char *asset)
{
	evaluator_set(w.evaluator, &(struct evaluator_condition){ .rule = "supervision", .asset = asset }, w.now,
		      &w.effects);
}

static void begin_homes(void)
{
	static const struct rule supervision = { .id = "supervision" };

	alarm_world_init(&w,
			 "class motion\npoint motion bool\ndevice m1\nat m1 b3/u1/1204\ndevice m2\nat m2 b3/u1/1204\n"
			 "device m3\nat m3 b3/u1/1204\ndevice other\nat other b3/u1/1205\ndevice hall\nat hall b3/u1\n"
			 "device lobby\nat lobby b3/u1");
	alarm_world_rule(&w, &supervision);
	alarm_world_start(&w);
}

static void of_a_home_that_falls_silent_one_alarm_is_told(void **state)
{
	(void)state;
	begin_homes();
	down("m1", "b3/u1/1204");
	HAPPENED("unacked");
	down("m2", "b3/u1/1204");
	down("m3", "b3/u1/1204");
	HAPPENED("suppressed suppressed");
	assert_string_equal(alarm_get("supervision/m2")->suppressed_by, "supervision/m1");
	down("other", "b3/u1/1205"); /* another home */
	down("hall", "b3/u1");       /* and what is nobody's */
	down("lobby", "b3/u1");
	HAPPENED("unacked unacked unacked");
	alarm_world_ack(&w, "supervision/m1");
	alarm_world_restart(&w, MINUTE);
	HAPPENED("acked");
	down("m1", "b3/u1/1204");
	down("m2", "b3/u1/1204");
	HAPPENED("");
	back("m1"); /* the next one speaks now, alone */
	HAPPENED("normal unacked");
	back("m2");
	back("m3");
	assert_int_equal(evaluator_open(w.evaluator), 4); /* the other three, and one of these that nobody has seen */
}

static void a_button_that_is_silent_is_told_though_a_sensor_of_its_home_is(void **state)
{
	struct evaluator_condition button = {
		.rule = "supervision", .asset = "m2", .place = "b3/u1/1204", .active = true, .priority = 2
	};

	(void)state;
	begin_homes();
	down("m1", "b3/u1/1204");
	evaluator_set(w.evaluator, &button, w.now, &w.effects);
	HAPPENED("unacked unacked suppressed"); /* and speaks for it from now on */
	assert_int_equal(alarm_get("supervision/m2")->priority, 2);
	assert_string_equal(alarm_get("supervision/m1")->suppressed_by, "supervision/m2");
	down("m3", "b3/u1/1204"); /* a sensor after the button is nothing more to go for */
	HAPPENED("suppressed");
	back("m2");
	HAPPENED("rtn_unacked unacked"); /* one of the sensors */
}

/* ---- what says nothing any more ---- */

static void expire(void)
{
	struct point *p;

	for (size_t i = 0; (p = point_expire(w.table, &i, w.now.mono_us));)
		evaluator_point(w.evaluator, point_index(w.table, p), w.now, &w.effects);
}

static void pass_and_expire(int64_t us)
{
	alarm_world_pass(&w, us);
	expire();
}

static void begin_silent(const struct rule *rule, const struct bus *bus)
{
	static const struct rule supervision = { .id = "supervision", .text = { .en = "{device}: {value}" } };

	alarm_world_init(&w, TANK "\nclass sos\npoint pressed event\ndevice s1");
	w.devices[0].max_age_us = 25 * HOUR;
	w.devices[0].bus = bus;
	w.devices[1].max_age_us = HOUR;
	alarm_world_rule(&w, &supervision);
	if (rule) {
		struct rule of_class = *rule;

		of_class.class = &w.classes[1].class;
		alarm_world_rule(&w, &of_class);
	}
	alarm_world_start(&w);
}

static void a_sensor_that_says_nothing_for_too_long_is_an_alarm_until_it_speaks(void **state)
{
	(void)state;
	begin_silent(NULL, NULL);
	pass_and_expire(DAY); /* it never spoke: whoever installs it sees that */
	HAPPENED("");
	LEVEL(50);
	alarm_world_read(&w, "t1.works", value_bool(true));
	pass_and_expire(25 * HOUR - 1);
	HAPPENED("");
	pass_and_expire(1);
	HAPPENED("unacked");
	assert_string_equal(alarm_get("supervision/t1")->text_en, "t1: no sign of life for more than 25h");
	pass_and_expire(DAY);
	HAPPENED("");
	/* Its plugin goes down and comes back: nothing is known of it that was not before. */
	alarm_world_quality(&w, "t1.level", QUALITY_LOST);
	alarm_world_quality(&w, "t1.works", QUALITY_LOST);
	HAPPENED("");
	LEVEL(51);
	HAPPENED("rtn_unacked");
}

static void one_point_that_is_good_is_a_sign_of_life(void **state)
{
	(void)state;
	begin_silent(NULL, NULL);
	LEVEL(50);
	alarm_world_read(&w, "t1.works", value_bool(true));
	for (int i = 0; i < 5; i++) {
		pass_and_expire(10 * HOUR);
		LEVEL(50 + i);
	}
	HAPPENED("");
}

static void a_help_button_that_is_silent_is_more_urgent(void **state)
{
	(void)state;
	begin_silent(&sos, NULL);
	PRESS();
	alarm_world_ack(&w, "sos/s1");
	alarm_world_happened(&w);
	pass_and_expire(HOUR);
	HAPPENED("unacked");
	assert_int_equal(priority_of("supervision/s1"), 2);
}

static void the_units_of_a_bus_are_told_by_their_bus(void **state)
{
	static const struct bus bus = { .id = "riser" };

	(void)state;
	begin_silent(NULL, &bus);
	LEVEL(50);
	alarm_world_read(&w, "t1.works", value_bool(true));
	pass_and_expire(2 * DAY);
	HAPPENED("");
}

static void silence_survives_a_restart_and_ends_with_a_reading(void **state)
{
	(void)state;
	begin_silent(NULL, NULL);
	LEVEL(50);
	alarm_world_read(&w, "t1.works", value_bool(true));
	pass_and_expire(25 * HOUR);
	HAPPENED("unacked");
	alarm_world_restart(&w, HOUR);
	pass_and_expire(DAY);
	HAPPENED("");
	STATE("supervision/t1", "unacked");
	LEVEL(50);
	HAPPENED("rtn_unacked");
}

static void what_was_told_is_as_urgent_and_says_why_after_a_restart(void **state)
{
	(void)state;
	begin_silent(&sos, NULL);
	PRESS();
	alarm_world_ack(&w, "sos/s1");
	pass_and_expire(HOUR);
	alarm_world_order(&w, &(struct evaluator_command){ .alarm = "supervision/s1",
							   .input = ALARM_IN_SHELVE,
							   .for_us = DAY,
							   .who = "desk",
							   .note = "new battery" });
	down("store", NULL);
	alarm_world_restart(&w, HOUR);
	alarm_world_happened(&w);
	alarm_world_pass(&w, DAY);
	HAPPENED("unacked");
	assert_int_equal(priority_of("supervision/s1"), 2);
	assert_string_equal(alarm_get("supervision/s1")->text_en, "s1: no sign of life for more than 1h");
	assert_string_equal(alarm_get("supervision/store")->text_en, "store: silent");
	alarm_world_order(
		&w, &(struct evaluator_command){
			    .alarm = "supervision/store", .input = ALARM_IN_SHELVE, .for_us = HOUR, .who = "desk" });
	alarm_world_pass(&w, HOUR);
	HAPPENED("shelved unacked");
	assert_string_equal(alarm_get("supervision/store")->text_en, "store: silent");
}

/* ---- where it is, in words ---- */

static void a_place_that_has_a_name_is_told_by_it(void **state)
{
	static const struct place places[] = { { .id = "b3", .name = "3栋" },
					       { .id = "b3/u1/1204", .name = "王家" },
					       { .id = "b4", .name = "b4" } };
	struct rule rule = { .id = "high", .when = "level > 90", .text = { .en = "{place}: {value}" } };

	(void)state;
	alarm_world_init(&w, TANK "\ndevice t2\nat t2 b3/u1/1204\ndevice t3\nat t3 b4/u1\ndevice t4\nat t4 b3");
	w.places_declared = places;
	w.place_count = ARRAY_SIZE(places);
	alarm_world_rule(&w, &rule);
	alarm_world_start(&w);
	LEVEL(95);
	alarm_world_read(&w, "t2.level", value_number(96));
	alarm_world_read(&w, "t3.level", value_number(97));
	alarm_world_read(&w, "t4.level", value_number(98));
	assert_string_equal(alarm_get("high/t1")->text_en, "b3/u1: 95 %");
	assert_string_equal(alarm_get("high/t2")->text_en, "王家: 96 %");
	assert_string_equal(alarm_get("high/t3")->text_en, "b4/u1: 97 %");
	assert_string_equal(alarm_get("high/t4")->text_en, "3栋: 98 %");
	assert_string_equal(alarm_get("high/t1")->place, "b3/u1");
}

#define RISE_TEST(f) cmocka_unit_test_teardown(f, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RISE_TEST(a_priority_rises_step_by_step_while_nobody_looks),
		RISE_TEST(a_rise_makes_what_was_acknowledged_unacked_again),
		RISE_TEST(what_is_over_does_not_rise),
		RISE_TEST(on_the_shelf_it_rises_unheard),
		RISE_TEST(what_comes_on_a_shelf_is_open_from_then_on),
		RISE_TEST(a_rise_goes_on_over_restarts_and_clock_steps),
		RISE_TEST(without_its_kept_delay_it_counts_from_when_it_was_raised),
		RISE_TEST(a_flood_of_rises_is_told_each_once),
		RISE_TEST(repeats_merge_over_a_restart_within_their_minute),
		RISE_TEST(after_an_ack_every_press_is_told_over_a_restart_too),
		RISE_TEST(while_the_excuse_holds_it_is_listed_and_nobody_is_told),
		RISE_TEST(an_excuse_that_is_not_known_changes_nothing),
		RISE_TEST(what_is_excused_stays_so_over_a_restart),
		RISE_TEST(life_safety_knows_no_excuse),
		RISE_TEST(an_excuse_of_an_age_ends_when_the_same_value_is_said_again),
		RISE_TEST(an_excuse_that_the_device_no_longer_has_keeps_nothing_quiet),
		RISE_TEST(a_button_that_nobody_tries_for_a_week_is_an_alarm_of_its_building),
		RISE_TEST(a_building_that_is_not_there_any_more_has_nothing_to_try),
		RISE_TEST(a_real_call_that_somebody_acknowledged_proves_its_way_too),
		RISE_TEST(the_week_goes_on_over_restarts),
		RISE_TEST(an_unset_clock_says_nothing_of_weeks),
		RISE_TEST(what_was_proven_by_a_clock_that_was_years_ahead_says_nothing),
		RISE_TEST(a_bus_is_lost_when_all_behind_it_is),
		RISE_TEST(a_bus_that_was_dead_before_a_reload_is_dead_after_it),
		RISE_TEST(a_device_that_is_silent_alone_is_told_from_one_behind_a_dead_bus),
		RISE_TEST(a_power_cut_explains_what_is_silent_in_its_building),
		RISE_TEST(of_a_home_that_falls_silent_one_alarm_is_told),
		RISE_TEST(a_button_that_is_silent_is_told_though_a_sensor_of_its_home_is),
		RISE_TEST(a_sensor_that_says_nothing_for_too_long_is_an_alarm_until_it_speaks),
		RISE_TEST(one_point_that_is_good_is_a_sign_of_life),
		RISE_TEST(a_help_button_that_is_silent_is_more_urgent),
		RISE_TEST(the_units_of_a_bus_are_told_by_their_bus),
		RISE_TEST(silence_survives_a_restart_and_ends_with_a_reading),
		RISE_TEST(what_was_told_is_as_urgent_and_says_why_after_a_restart),
		RISE_TEST(a_place_that_has_a_name_is_told_by_it),
	};

	return UNIT_RUN(tests);
}
