/* Several detectors of one building at once: an alarm of the building itself. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm_case.h"

#define LINES                                                              \
	"class smoke\npoint smoke bool\npoint temperature number °C\n"    \
	"device s1\ndevice s2\ndevice s3\ndevice s4\nat s1 b3/u1/1204\n"   \
	"at s2 b3/u1/1301\nat s3 b3/u2/101\nat s4 b4/u1/101\n"             \
	"class gas\npoint gas bool\ndevice g1\nat g1 b3/u1/1204\n"         \
	"class water_leak\npoint leak bool\ndevice w1\nat w1 b3/u1/1204\n" \
	"device w2\nat w2 b3/u1/1301"
#define FIRE "building-fire/b3"

static const struct rule smoke = {
	.id = "smoke", .when = "smoke", .off_for_us = 10 * S, .latch = true, .life_safety = true, .priority = 1
};
static const struct rule fire = { .id = "building-fire",
				  .latch = true,
				  .life_safety = true,
				  .priority = 1,
				  .text = { .zh = "{place}：{value}", .en = "{place}: {value}" } };

/* Smoke, gas, and what is no detector; a second rule that protects life by the same detector. */
static void add_rules(void)
{
	struct rule gas = { .id = "gas",
			    .when = "gas",
			    .life_safety = true,
			    .priority = 1,
			    .class = &w.classes[1].class };
	struct rule hot = { .id = "hot", .when = "temperature > 60", .life_safety = true, .priority = 1 };
	struct rule warm = { .id = "warm", .when = "temperature > 40" };
	struct rule leak = { .id = "leak", .when = "leak", .life_safety = true, .class = &w.classes[2].class };

	alarm_world_rule(&w, &smoke);
	alarm_world_rule(&w, &gas);
	alarm_world_rule(&w, &hot);
	alarm_world_rule(&w, &warm);
	alarm_world_rule(&w, &leak);
}

static void begin_fire(void)
{
	alarm_world_init(&w, LINES);
	add_rules();
	alarm_world_rule(&w, &fire);
	alarm_world_start(&w);
	evaluator_tick(w.evaluator, w.now, &w.effects);
}

static void set(const char *point, bool on)
{
	alarm_world_read(&w, point, value_bool(on));
}

static void heat(const char *point, double degrees)
{
	alarm_world_read(&w, point, value_number(degrees));
}

static uint32_t count_of(const char *id)
{
	return alarm_get(id)->count;
}

static void two_detectors_of_one_building_are_the_buildings_alarm(void **state)
{
	char time[CLOCK_ISO_MAX], wanted[128];
	const struct alarm *a;

	(void)state;
	begin_fire();
	clock_format_time(w.now.wall_us, time);
	set("s1.smoke", true);
	STATE(FIRE, "none");
	alarm_world_pass(&w, 5 * S);
	set("g1.gas", true);
	HAPPENED("unacked unacked unacked");
	a = alarm_get(FIRE);
	assert_int_equal(a->priority, 1);
	assert_int_equal(a->count, 1);
	assert_true(a->life_safety && a->latch && a->active && !a->test);
	assert_string_equal(a->place, "b3");
	assert_string_equal(a->asset, "b3");
	snprintf(wanted, sizeof(wanted), "b3: 2 detectors: b3/u1/1204 s1, b3/u1/1204 g1; the first at %s", time);
	assert_string_equal(a->text_en, wanted);
	snprintf(wanted, sizeof(wanted), "b3：2 个探测器：b3/u1/1204 s1、b3/u1/1204 g1，最早 %s", time);
	assert_string_equal(a->text_zh, wanted);
}

static void two_in_two_buildings_are_none(void **state)
{
	(void)state;
	begin_fire();
	set("s1.smoke", true);
	set("s4.smoke", true);
	HAPPENED("unacked unacked");
	STATE(FIRE, "none");
	STATE("building-fire/b4", "none");
}

static void each_building_has_its_own(void **state)
{
	(void)state;
	begin_fire();
	assert_true(alarm_world_line(&w, "at s3 b4/u1/102"));
	alarm_world_restart(&w, S);
	set("s1.smoke", true);
	set("s2.smoke", true);
	set("s3.smoke", true);
	set("s4.smoke", true);
	assert_int_equal(count_of(FIRE), 1);
	assert_int_equal(count_of("building-fire/b4"), 1);
	assert_true(alarm_get(FIRE)->first_out && alarm_get("building-fire/b4")->first_out);
}

static void one_that_returned_and_was_not_looked_at_does_not_count(void **state)
{
	(void)state;
	begin_fire();
	set("s1.smoke", true);
	set("s1.smoke", false);
	alarm_world_pass(&w, 10 * S);
	STATE("smoke/s1", "rtn_unacked");
	set("s2.smoke", true);
	STATE(FIRE, "none");
	set("s1.smoke", true);
	STATE(FIRE, "unacked");
}

static void what_is_in_test_does_not_count_until_the_test_is_over(void **state)
{
	(void)state;
	begin_fire();
	alarm_world_mode(&w, &(struct evaluator_mode){ .kind = MODE_TEST, .subject = "s1", .for_us = MINUTE });
	set("s1.smoke", true);
	set("s2.smoke", true);
	set("s3.smoke", true);
	STATE(FIRE, "unacked"); /* of the two others */
	assert_int_equal(count_of(FIRE), 1);
	assert_non_null(strstr(alarm_get(FIRE)->text_en, "2 detectors: b3/u1/1301 s2, "));
	alarm_world_pass(&w, MINUTE);
	assert_false(alarm_get("smoke/s1")->test);
	assert_int_equal(count_of(FIRE), 2);
	assert_non_null(strstr(alarm_get(FIRE)->text_en, "3 detectors: b3/u1/1204 s1, "));
}

static void a_test_of_a_whole_building_raises_nothing(void **state)
{
	(void)state;
	begin_fire();
	alarm_world_mode(&w, &(struct evaluator_mode){ .kind = MODE_TEST, .subject = "b3", .for_us = MINUTE });
	set("s1.smoke", true);
	set("s2.smoke", true);
	STATE(FIRE, "none");
	set("s1.smoke", false);
	alarm_world_pass(&w, MINUTE);
	STATE(FIRE, "none"); /* one is left */
	set("s3.smoke", true);
	STATE(FIRE, "unacked");
}

static void a_reading_that_says_test_does_not_count(void **state)
{
	struct reading r = { .quality = QUALITY_GOOD, .value = value_bool(true), .test = true };
	const struct point *p;

	(void)state;
	begin_fire();
	p = point_find(w.table, "s1.smoke");
	r.point = point_index(w.table, p);
	r.at = w.now;
	point_apply(w.table, &r);
	evaluator_point(w.evaluator, r.point, w.now, &w.effects);
	assert_true(alarm_get("smoke/s1")->test);
	set("s2.smoke", true);
	STATE(FIRE, "none");
}

static void a_third_counts_up_and_is_told_to_those_who_had_acknowledged(void **state)
{
	(void)state;
	begin_fire();
	set("s1.smoke", true);
	set("s2.smoke", true);
	assert_int_equal(alarm_world_ack(&w, FIRE), 0);
	alarm_world_happened(&w);
	set("g1.gas", true);
	HAPPENED("unacked unacked");
	assert_int_equal(count_of(FIRE), 2);
	assert_null(alarm_get(FIRE)->ack_by);
	assert_non_null(strstr(alarm_get(FIRE)->text_en, "3 detectors"));
	set("g1.gas", true); /* the same again */
	HAPPENED("");
	set("s3.smoke", true);
	assert_int_equal(count_of(FIRE), 3);
}

static void one_detector_by_two_rules_is_one_and_water_is_none(void **state)
{
	(void)state;
	begin_fire();
	set("s1.smoke", true);
	heat("s1.temperature", 80);
	set("w1.leak", true);
	set("w2.leak", true);
	heat("s2.temperature", 50); /* warm protects nobody's life */
	HAPPENED("unacked unacked unacked unacked unacked unacked");
	STATE(FIRE, "none");
	heat("s2.temperature", 80);
	assert_int_equal(count_of(FIRE), 1);
	set("s2.smoke", true); /* known already */
	assert_int_equal(count_of(FIRE), 1);
	set("s3.smoke", true);
	assert_int_equal(count_of(FIRE), 2);
}

static void it_is_over_with_the_last_of_them_and_ends_by_a_person(void **state)
{
	(void)state;
	begin_fire();
	set("s1.smoke", true);
	set("s2.smoke", true);
	assert_int_equal(alarm_world_ack(&w, FIRE), 0);
	set("s1.smoke", false);
	alarm_world_pass(&w, 10 * S);
	STATE("smoke/s1", "rtn_unacked");
	STATE(FIRE, "acked");
	assert_int_equal(alarm_world_close(&w, FIRE), -EBUSY);
	set("s2.smoke", false);
	alarm_world_pass(&w, 10 * S);
	STATE(FIRE, "latched");
	assert_int_equal(alarm_world_close(&w, FIRE), 0);
	STATE(FIRE, "normal");
	/* One alone is none again. */
	set("s1.smoke", true);
	STATE(FIRE, "normal");
}

static void one_that_is_lost_while_it_burns_stays_in_alarm(void **state)
{
	(void)state;
	begin_fire();
	set("s1.smoke", true);
	alarm_world_quality(&w, "s1.smoke", QUALITY_LOST);
	set("s2.smoke", true);
	STATE(FIRE, "unacked");
	alarm_world_read(&w, "s2.smoke", value_bool(false));
	alarm_world_pass(&w, HOUR);
	STATE(FIRE, "unacked");
}

static void it_is_never_shelved_suppressed_or_out_of_service(void **state)
{
	struct evaluator_command shelve = { .alarm = FIRE, .input = ALARM_IN_SHELVE, .note = "x", .for_us = HOUR };
	struct evaluator_mode out = { .kind = MODE_OUT_OF_SERVICE, .subject = "s1", .for_us = HOUR };

	(void)state;
	begin_fire();
	set("s1.smoke", true);
	set("s2.smoke", true);
	assert_int_equal(alarm_world_order(&w, &shelve), -EPERM);
	alarm_world_mode(&w, &out);
	alarm_world_pass(&w, DAY);
	STATE(FIRE, "unacked");
	assert_int_equal(count_of(FIRE), 1);
}

static void a_kill_between_the_two_changes_nothing(void **state)
{
	(void)state;
	begin_fire();
	set("s1.smoke", true);
	alarm_world_restart(&w, 3 * S);
	alarm_world_happened(&w);
	set("s2.smoke", true); /* the first has said nothing since */
	HAPPENED("unacked unacked");
	alarm_world_restart(&w, 3 * S);
	evaluator_tick(w.evaluator, w.now, &w.effects);
	set("s1.smoke", true);
	set("s2.smoke", true);
	HAPPENED("");
	assert_int_equal(count_of(FIRE), 1);
	set("s3.smoke", true);
	HAPPENED("unacked unacked");
	assert_int_equal(count_of(FIRE), 2);
	assert_non_null(strstr(alarm_get(FIRE)->text_zh, "3 个探测器"));
}

static void a_kill_that_left_the_detectors_alone_is_made_good(void **state)
{
	(void)state;
	alarm_world_init(&w, LINES);
	add_rules();
	alarm_world_start(&w);
	set("s1.smoke", true);
	set("s2.smoke", true);
	set("s3.smoke", true);
	alarm_world_happened(&w);
	alarm_world_rule(&w, &fire);
	alarm_world_restart(&w, S);
	evaluator_tick(w.evaluator, w.now, &w.effects);
	assert_int_equal(count_of(FIRE), 2);
	alarm_world_happened(&w);
	evaluator_tick(w.evaluator, w.now, &w.effects);
	HAPPENED("");
}

static void the_end_of_a_building_without_detectors_is_found(void **state)
{
	(void)state;
	begin_fire();
	set("s1.smoke", true);
	set("s2.smoke", true);
	for (size_t i = 0; i < w.device_count; i++)
		w.devices[i].place = "b9/u1/101";
	alarm_world_restart(&w, S);
	evaluator_tick(w.evaluator, w.now, &w.effects);
	STATE(FIRE, "rtn_unacked");
	STATE("building-fire/b9", "unacked");
}

/* Whether they come one after the other or in one tick: the same count. */
static void several_in_one_tick_count_each(void **state)
{
	struct rule slow = smoke;

	(void)state;
	alarm_world_init(&w, LINES);
	slow.for_us = 5 * S;
	alarm_world_rule(&w, &slow);
	alarm_world_rule(&w, &fire);
	alarm_world_start(&w);
	set("s1.smoke", true);
	set("s2.smoke", true);
	set("s3.smoke", true);
	alarm_world_pass(&w, 5 * S);
	assert_int_equal(count_of(FIRE), 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(two_detectors_of_one_building_are_the_buildings_alarm, end),
		cmocka_unit_test_teardown(two_in_two_buildings_are_none, end),
		cmocka_unit_test_teardown(each_building_has_its_own, end),
		cmocka_unit_test_teardown(one_that_returned_and_was_not_looked_at_does_not_count, end),
		cmocka_unit_test_teardown(what_is_in_test_does_not_count_until_the_test_is_over, end),
		cmocka_unit_test_teardown(a_test_of_a_whole_building_raises_nothing, end),
		cmocka_unit_test_teardown(a_reading_that_says_test_does_not_count, end),
		cmocka_unit_test_teardown(a_third_counts_up_and_is_told_to_those_who_had_acknowledged, end),
		cmocka_unit_test_teardown(one_detector_by_two_rules_is_one_and_water_is_none, end),
		cmocka_unit_test_teardown(it_is_over_with_the_last_of_them_and_ends_by_a_person, end),
		cmocka_unit_test_teardown(one_that_is_lost_while_it_burns_stays_in_alarm, end),
		cmocka_unit_test_teardown(it_is_never_shelved_suppressed_or_out_of_service, end),
		cmocka_unit_test_teardown(a_kill_between_the_two_changes_nothing, end),
		cmocka_unit_test_teardown(a_kill_that_left_the_detectors_alone_is_made_good, end),
		cmocka_unit_test_teardown(the_end_of_a_building_without_detectors_is_found, end),
		cmocka_unit_test_teardown(several_in_one_tick_count_each, end),
	};

	return UNIT_RUN(tests);
}
