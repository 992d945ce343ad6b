/* X5, X6, X10: several sources at once. */
#include "unit.h"

#include "care/cross.h"
#include "care_scene.h"

struct cross_scene {
	struct scene s;
	struct cross x;
	int day;
};

static void feed(struct cross_scene *x, struct sign sign, uint8_t way)
{
	sign.way = way;
	cross_sign(&x->x, &sign, &x->s.v);
}

static void passes_through(struct cross_scene *x, uint8_t way)
{
	feed(x, scene_entrance(&x->s, true), way);
	feed(x, scene_entrance(&x->s, false), way);
}

static void uses_water(struct cross_scene *x, uint8_t way)
{
	feed(x, scene_sign(&x->s, SIGN_WATER, SIGN_ROOM_OTHER, true), way);
	scene_pass(&x->s, MINUTE);
	feed(x, scene_sign(&x->s, SIGN_WATER, SIGN_ROOM_OTHER, false), way);
}

/* Ten days: motion every hour from 7 to 21, the door at 9 and 16, water at 7, 12 and 20. Then the eleventh, 00:00. */
static void lives_ten_days(struct cross_scene *x, const uint8_t ways[3])
{
	memset(x, 0, sizeof(*x));
	scene_init(&x->s);
	cross_init(&x->x);
	for (x->day = 0; x->day < 10; x->day++) {
		for (int hour = 7; hour <= 21; hour++) {
			scene_at(&x->s, x->day, hour, 0);
			feed(x, scene_sign(&x->s, SIGN_MOTION, SIGN_ROOM_LIVING, true), ways[0]);
			if (hour == 9 || hour == 16)
				passes_through(x, ways[1]);
			if (hour == 7 || hour == 12 || hour == 20)
				uses_water(x, ways[2]);
		}
		scene_at(&x->s, x->day + 1, 0, 0);
		cross_day(&x->x, &x->s.v);
	}
}

static struct cross_case quiet(const struct cross_scene *x, int64_t limit_us)
{
	return (struct cross_case){ .age_us = x->s.v.now.at.mono_us - x->s.v.inside.at.mono_us, .limit_us = limit_us };
}

static enum cross_why rises(const struct cross_scene *x)
{
	struct cross_case c = quiet(x, 12 * HOUR);

	return cross_rise(&x->x, &x->s.v, &c);
}

static void three_sources_each_beyond_its_own_line(void **state)
{
	struct cross_scene x;
	struct cross_wait wait;

	(void)state;
	lives_ten_days(&x, (uint8_t[]){ 0, 1, 2 });
	/* lines: motion 10 h, door 17 h, water 11 h, each and an hour; last: 21:00, 16:00, 20:01 */
	scene_at(&x.s, 10, 9, 30);
	assert_int_equal(rises(&x), CROSS_NOTHING); /* motion and water are; the door is not */
	wait = (struct cross_wait){ .last_us = x.s.v.inside.at.mono_us, .limit_us = 12 * HOUR };
	assert_int_equal(cross_due(&x.x, &x.s.v, &wait), x.s.v.now.at.mono_us + 30 * MINUTE);
	scene_at(&x.s, 10, 10, 0);
	assert_int_equal(rises(&x), CROSS_SILENCE);
	passes_through(&x, 1);
	assert_int_equal(rises(&x), CROSS_NOTHING);
}

static void sources_of_one_gateway_count_once(void **state)
{
	struct cross_scene x;

	(void)state;
	lives_ten_days(&x, (uint8_t[]){ 0, 0, 2 });
	scene_at(&x.s, 10, 14, 0);
	assert_int_equal(rises(&x), CROSS_NOTHING);
	x.s.settings.values[SETTINGS_WELFARE_SOURCES] = 2;
	assert_int_equal(rises(&x), CROSS_SILENCE);
}

static void a_source_that_cannot_be_believed_does_not_count(void **state)
{
	struct cross_scene x;

	(void)state;
	lives_ten_days(&x, (uint8_t[]){ 0, 1, 2 });
	scene_at(&x.s, 10, 14, 0);
	assert_int_equal(rises(&x), CROSS_SILENCE);
	x.s.v.healthy_kinds &= ~(1U << SIGN_WATER); /* lost, or the pump stands */
	assert_int_equal(rises(&x), CROSS_NOTHING);
	x.s.v.healthy_kinds |= 1U << SIGN_WATER;
	x.s.v.door_known = false;
	assert_int_equal(rises(&x), CROSS_NOTHING);
	x.s.v.door_known = true;
	x.s.v.mode = HOME_AWAY;
	assert_int_equal(rises(&x), CROSS_NOTHING);
}

static void quiet_while_away_or_unseen_moves_no_line(void **state)
{
	struct cross_scene x;

	(void)state;
	lives_ten_days(&x, (uint8_t[]){ 0, 1, 2 });
	scene_at(&x.s, 10, 8, 0);
	x.s.v.mode = HOME_AWAY;
	cross_note(&x.x, &x.s.v);
	scene_at(&x.s, 13, 8, 0);
	passes_through(&x, 1);
	x.s.v.mode = HOME_HOME;
	feed(&x, scene_sign(&x.s, SIGN_MOTION, SIGN_ROOM_LIVING, true), 0);
	uses_water(&x, 2);
	scene_at(&x.s, 14, 3, 0);
	assert_int_equal(rises(&x), CROSS_SILENCE);
}

static void it_makes_a_desks_alarm_a_call_out_and_no_other(void **state)
{
	struct cross_scene x;
	struct cross_case c;
	struct verdict verdict = {
		.active = true, .stage = 1, .priority = 4, .zh = "已13小时没有动静", .en = "no sign"
	};

	(void)state;
	lives_ten_days(&x, (uint8_t[]){ 0, 1, 2 });
	scene_at(&x.s, 10, 12, 0);
	c = quiet(&x, 12 * HOUR);
	assert_false(cross_mend(&x.x, &x.s.v, &c, &verdict));
	assert_int_equal(verdict.stage, 1);
	verdict.stage = verdict.priority = 2;
	assert_true(cross_mend(&x.x, &x.s.v, &c, &verdict));
	assert_int_equal(verdict.stage, 3);
	assert_int_equal(verdict.priority, 1);
	assert_string_equal(verdict.zh, "已13小时没有动静；3个互不相干的来源都超过各自最长的安静时间");
	assert_false(cross_mend(&x.x, &x.s.v, &c, &verdict));
}

static void hazard(struct cross_scene *x, enum sign_hazard which, bool on, uint16_t device)
{
	struct sign sign = scene_sign(&x->s, SIGN_HAZARD, SIGN_ROOM_KITCHEN, on);

	sign.hazard = which;
	sign.device = device;
	cross_sign(&x->x, &sign, &x->s.v);
}

static void a_leak_and_quiet_for_half_the_line_is_a_call_out(void **state)
{
	struct cross_scene x;
	struct cross_case c;
	struct cross_wait wait;
	struct verdict verdict = { .active = false };

	(void)state;
	scene_init(&x.s);
	cross_init(&x.x);
	feed(&x, scene_sign(&x.s, SIGN_MOTION, SIGN_ROOM_LIVING, true), 0);
	wait = (struct cross_wait){ .last_us = x.s.v.inside.at.mono_us, .limit_us = 12 * HOUR };
	scene_pass(&x.s, 4 * HOUR);
	hazard(&x, SIGN_LEAK, true, 7);
	assert_int_equal(rises(&x), CROSS_NOTHING);
	assert_int_equal(cross_due(&x.x, &x.s.v, &wait), x.s.v.now.at.mono_us + 2 * HOUR);
	scene_pass(&x.s, 2 * HOUR);
	c = quiet(&x, 12 * HOUR);
	assert_int_equal(rises(&x), CROSS_HAZARD);
	assert_true(cross_mend(&x.x, &x.s.v, &c, &verdict));
	assert_int_equal(verdict.priority, 1);
	assert_string_equal(verdict.zh, "已6小时没有动静；同时有漏水");
	assert_string_equal(verdict.en, "no sign for 6 h; and there is a water leak");
	hazard(&x, SIGN_LEAK, false, 8); /* another sensor is dry */
	assert_int_equal(rises(&x), CROSS_HAZARD);
	hazard(&x, SIGN_LEAK, false, 7);
	assert_int_equal(rises(&x), CROSS_NOTHING);
	c.stove = true;
	assert_int_equal(cross_rise(&x.x, &x.s.v, &c), CROSS_HAZARD);
}

static void climate(struct cross_scene *x, double celsius, uint16_t device)
{
	struct sign sign = scene_sign(&x->s, SIGN_CLIMATE, SIGN_ROOM_LIVING, true);

	sign.value = celsius;
	sign.device = device;
	cross_sign(&x->x, &sign, &x->s.v);
}

static void three_hours_of_heat_or_cold_halve_the_buffer(void **state)
{
	struct cross_scene x;
	struct cross_wait none = { .last_us = 0 };

	(void)state;
	scene_init(&x.s);
	cross_init(&x.x);
	climate(&x, 33, 1);
	scene_pass(&x.s, 4 * HOUR);
	assert_false(cross_is_harsh(&x.x, &x.s.v));
	climate(&x, 33.5, 1);
	assert_int_equal(cross_due(&x.x, &x.s.v, &none), x.s.v.now.at.mono_us + 3 * HOUR);
	scene_pass(&x.s, 2 * HOUR);
	climate(&x, 32.5, 1); /* not yet cooler by a degree */
	climate(&x, 20, 2);   /* another room */
	scene_pass(&x.s, HOUR);
	assert_true(cross_is_harsh(&x.x, &x.s.v));
	assert_int_equal(cross_buffer(&x.x, &x.s.v, 2 * HOUR), HOUR);
	climate(&x, 30, 1);
	assert_false(cross_is_harsh(&x.x, &x.s.v));
	assert_int_equal(cross_buffer(&x.x, &x.s.v, 2 * HOUR), 2 * HOUR);
	climate(&x, 7, 1);
	scene_pass(&x.s, 3 * HOUR);
	assert_true(cross_is_harsh(&x.x, &x.s.v));
}

static void another_boot_keeps_the_lengths(void **state)
{
	struct cross_scene x;

	(void)state;
	lives_ten_days(&x, (uint8_t[]){ 0, 1, 2 });
	scene_at(&x.s, 10, 9, 59);
	cross_move(&x.x, 5000 * HOUR);
	x.s.v.now.at.mono_us += 5000 * HOUR;
	x.s.v.inside.at.mono_us += 5000 * HOUR;
	assert_int_equal(rises(&x), CROSS_NOTHING);
	x.s.v.now.at.mono_us += MINUTE;
	assert_int_equal(rises(&x), CROSS_SILENCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_sources_each_beyond_its_own_line),
		cmocka_unit_test(sources_of_one_gateway_count_once),
		cmocka_unit_test(a_source_that_cannot_be_believed_does_not_count),
		cmocka_unit_test(quiet_while_away_or_unseen_moves_no_line),
		cmocka_unit_test(it_makes_a_desks_alarm_a_call_out_and_no_other),
		cmocka_unit_test(a_leak_and_quiet_for_half_the_line_is_a_call_out),
		cmocka_unit_test(three_hours_of_heat_or_cold_halve_the_buffer),
		cmocka_unit_test(another_boot_keeps_the_lengths),
	};

	return UNIT_RUN(tests);
}
