/* Entrapment inferred from what a lift monitor sees: little stories of a car. */
#include "unit.h"

#include <string.h>

#include "alarm/lift.h"
#include "base/util.h"

static const struct lift_limits limits = { .level_for_us = 90 * S, .between_for_us = 45 * S };

static struct lift lift;
static struct lift_moment now;
static int64_t now_us;
static enum lift_known result;

static int begin(void **state)
{
	(void)state;
	lift_init(&lift);
	now = (struct lift_moment){ .door_zone = LIFT_YES };
	now_us = 1000 * S;
	result = lift_feed(&lift, &now, &limits, now_us);
	return 0;
}

static void feed(void)
{
	result = lift_feed(&lift, &now, &limits, now_us);
}

static void set(enum lift_known *what, enum lift_known value)
{
	*what = value;
	feed();
}

/* Time passes; whatever is due is fed on its microsecond. */
static void pass(int64_t us)
{
	int64_t end_us = now_us + us;

	while (now_us < end_us) {
		now_us = CLAMP(lift_due(&lift, &limits), now_us + 1, end_us);
		feed();
	}
}

/* The doors open, somebody steps in or out, they close again. */
static void board(enum lift_known occupied)
{
	set(&now.door_open, LIFT_YES);
	pass(3 * S);
	set(&now.occupied, occupied);
	pass(3 * S);
	set(&now.door_open, LIFT_NO);
}

static void a_car_that_stops_with_somebody_at_a_landing_alarms_after_90_s(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	set(&now.moving, LIFT_YES);
	pass(20 * S);
	set(&now.moving, LIFT_NO);
	pass(90 * S - 1);
	assert_int_equal(result, LIFT_NO);
	pass(1);
	assert_int_equal(result, LIFT_YES);
	set(&now.door_open, LIFT_YES);
	assert_int_equal(result, LIFT_NO);
}

static void between_floors_it_alarms_after_45_s(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	set(&now.moving, LIFT_YES);
	set(&now.door_zone, LIFT_NO);
	pass(20 * S);
	set(&now.moving, LIFT_NO);
	pass(45 * S - 1);
	assert_int_equal(result, LIFT_NO);
	pass(1);
	assert_int_equal(result, LIFT_YES);
}

static void an_empty_car_may_stand_for_ever(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	set(&now.moving, LIFT_YES);
	pass(20 * S);
	set(&now.moving, LIFT_NO);
	board(LIFT_NO);
	pass(DAY);
	assert_int_equal(result, LIFT_NO);
}

static void nobody_appears_while_the_doors_are_shut(void **state)
{
	(void)state;
	pass(MINUTE);
	set(&now.occupied, LIFT_YES); /* a draught, a moth */
	pass(HOUR);
	assert_int_equal(result, LIFT_NO);
	assert_int_equal(lift.inside, LIFT_NO);
}

static void nobody_vanishes_while_the_doors_are_shut(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(30 * S);
	set(&now.occupied, LIFT_NO); /* sits still on the floor */
	pass(90 * S);
	assert_int_equal(result, LIFT_YES);
}

static void a_flapping_sensor_ends_no_wait(void **state)
{
	int64_t began_us;

	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	began_us = now_us;
	pass(10 * S);
	for (int i = 0; result != LIFT_YES && i < 100; i++) {
		set(&now.occupied, i % 2 ? LIFT_YES : LIFT_NO);
		pass(4 * S);
	}
	assert_int_equal(result, LIFT_YES);
	assert_in_range(now_us - began_us, 90 * S, 105 * S);
}

static void somebody_who_leaves_as_the_doors_close_has_left(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(20 * S);
	set(&now.door_open, LIFT_YES);
	pass(3 * S);
	set(&now.door_open, LIFT_NO);
	pass(8 * S);
	set(&now.occupied, LIFT_NO); /* the sensor is slow */
	pass(HOUR);
	assert_int_equal(result, LIFT_NO);
}

static void under_inspection_nobody_is_trapped_unless_the_key_is_pressed(void **state)
{
	(void)state;
	pass(MINUTE);
	set(&now.inspection, LIFT_YES);
	board(LIFT_YES);
	pass(HOUR);
	assert_int_equal(result, LIFT_NO);
	set(&now.alarm_key, LIFT_YES);
	pass(90 * S);
	assert_int_equal(result, LIFT_YES);
}

static void the_key_says_that_somebody_is_inside(void **state)
{
	(void)state;
	pass(MINUTE);
	set(&now.alarm_key, LIFT_YES);
	pass(90 * S);
	assert_int_equal(result, LIFT_YES);
}

static void the_key_pressed_once_counts_until_the_doors_open(void **state)
{
	(void)state;
	pass(MINUTE);
	set(&now.inspection, LIFT_YES);
	board(LIFT_YES);
	pass(20 * S);
	set(&now.alarm_key, LIFT_YES);
	pass(2 * S);
	set(&now.alarm_key, LIFT_NO);
	pass(90 * S);
	assert_int_equal(result, LIFT_YES);
	board(LIFT_YES);
	pass(HOUR);
	assert_int_equal(result, LIFT_NO);
}

static void a_key_pressed_once_in_an_empty_car_is_nobody(void **state)
{
	(void)state;
	pass(MINUTE);
	set(&now.alarm_key, LIFT_YES);
	pass(2 * S);
	set(&now.alarm_key, LIFT_NO);
	pass(HOUR);
	assert_int_equal(result, LIFT_NO);
}

static void doors_that_flap_trap_nobody(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	for (int i = 0; i < 100; i++) {
		pass(40 * S);
		assert_int_equal(result, LIFT_NO);
		set(&now.door_open, LIFT_YES);
		pass(5 * S);
		set(&now.door_open, LIFT_NO);
	}
	assert_int_equal(result, LIFT_NO);
}

static void who_left_unseen_is_not_trapped(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(85 * S);
	now = (struct lift_moment){
		LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_UNKNOWN, LIFT_UNKNOWN
	};
	feed();
	pass(MINUTE);
	now = (struct lift_moment){ .door_zone = LIFT_YES }; /* empty, doors shut again */
	feed();
	pass(HOUR);
	assert_int_equal(result, LIFT_NO);
}

static void who_is_still_seen_after_a_loss_is_still_waited_for(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(75 * S);
	now.occupied = now.door_open = now.moving = LIFT_UNKNOWN;
	feed();
	pass(MINUTE);
	now.door_open = now.moving = LIFT_NO;
	feed();
	assert_int_equal(result, LIFT_UNKNOWN);
	set(&now.occupied, LIFT_YES);
	pass(15 * S - 1);
	assert_int_equal(result, LIFT_NO);
	pass(1);
	assert_int_equal(result, LIFT_YES);
}

static void a_blink_of_the_line_forgets_nobody_who_sits_still(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(20 * S);
	set(&now.occupied, LIFT_NO);
	pass(20 * S);
	set(&now.door_open, LIFT_UNKNOWN);
	pass(3 * S);
	set(&now.door_open, LIFT_NO);
	pass(90 * S);
	assert_int_equal(result, LIFT_YES);
}

static void who_was_found_trapped_stays_so_over_a_loss(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(100 * S);
	assert_int_equal(result, LIFT_YES);
	now.occupied = now.door_open = LIFT_UNKNOWN;
	feed();
	assert_int_equal(result, LIFT_UNKNOWN);
	pass(HOUR);
	now.occupied = now.door_open = LIFT_NO; /* sits still */
	feed();
	pass(MINUTE);
	assert_int_equal(result, LIFT_YES);
	set(&now.moving, LIFT_YES);
	assert_int_equal(result, LIFT_NO);
}

static void restart(int64_t outage_us)
{
	struct lift_kept kept;
	bool runs = lift_keep(&lift, now_us, &kept);

	lift_init(&lift);
	if (runs)
		lift_restore(&lift, &kept);
	now_us += outage_us;
	result = LIFT_UNKNOWN;
}

static void a_wait_goes_on_over_a_restart(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(60 * S);
	restart(3 * S);
	assert_int_equal(lift_due(&lift, &limits), INT64_MAX);
	feed();
	pass(27 * S - 1);
	assert_int_equal(result, LIFT_NO);
	pass(1);
	assert_int_equal(result, LIFT_YES);
}

static void who_left_during_the_outage_is_not_trapped(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(70 * S);
	restart(HOUR);
	now.occupied = LIFT_NO;
	feed();
	pass(HOUR);
	assert_int_equal(result, LIFT_NO);
}

static void the_key_is_remembered_over_a_restart(void **state)
{
	(void)state;
	pass(MINUTE);
	set(&now.inspection, LIFT_YES);
	board(LIFT_YES);
	pass(20 * S);
	set(&now.alarm_key, LIFT_YES);
	set(&now.alarm_key, LIFT_NO);
	pass(30 * S);
	restart(3 * S);
	feed();
	pass(60 * S);
	assert_int_equal(result, LIFT_YES);
}

static void an_idle_lift_keeps_nothing(void **state)
{
	struct lift_kept kept;

	(void)state;
	pass(HOUR);
	assert_false(lift_keep(&lift, now_us, &kept));
}

static void what_is_unknown_stops_the_clock(void **state)
{
	(void)state;
	pass(MINUTE);
	board(LIFT_YES);
	pass(40 * S);
	set(&now.moving, LIFT_UNKNOWN);
	assert_int_equal(result, LIFT_UNKNOWN);
	pass(HOUR);
	assert_int_equal(result, LIFT_UNKNOWN);
	set(&now.moving, LIFT_NO);
	assert_int_equal(result, LIFT_NO);
	pass(60 * S);
	assert_int_equal(result, LIFT_YES);
}

static void after_a_start_the_sensor_is_believed_after_ten_seconds(void **state)
{
	(void)state;
	lift_init(&lift);
	now.occupied = LIFT_YES;
	feed();
	assert_int_equal(result, LIFT_UNKNOWN);
	pass(10 * S);
	assert_int_equal(lift.inside, LIFT_YES);
	pass(90 * S);
	assert_int_equal(result, LIFT_YES);
}

#define LIFT_TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LIFT_TEST(a_car_that_stops_with_somebody_at_a_landing_alarms_after_90_s),
		LIFT_TEST(between_floors_it_alarms_after_45_s),
		LIFT_TEST(an_empty_car_may_stand_for_ever),
		LIFT_TEST(nobody_appears_while_the_doors_are_shut),
		LIFT_TEST(nobody_vanishes_while_the_doors_are_shut),
		LIFT_TEST(a_flapping_sensor_ends_no_wait),
		LIFT_TEST(somebody_who_leaves_as_the_doors_close_has_left),
		LIFT_TEST(under_inspection_nobody_is_trapped_unless_the_key_is_pressed),
		LIFT_TEST(the_key_says_that_somebody_is_inside),
		LIFT_TEST(the_key_pressed_once_counts_until_the_doors_open),
		LIFT_TEST(a_key_pressed_once_in_an_empty_car_is_nobody),
		LIFT_TEST(doors_that_flap_trap_nobody),
		LIFT_TEST(who_left_unseen_is_not_trapped),
		LIFT_TEST(who_is_still_seen_after_a_loss_is_still_waited_for),
		LIFT_TEST(a_blink_of_the_line_forgets_nobody_who_sits_still),
		LIFT_TEST(who_was_found_trapped_stays_so_over_a_loss),
		LIFT_TEST(a_wait_goes_on_over_a_restart),
		LIFT_TEST(who_left_during_the_outage_is_not_trapped),
		LIFT_TEST(the_key_is_remembered_over_a_restart),
		LIFT_TEST(an_idle_lift_keeps_nothing),
		LIFT_TEST(what_is_unknown_stops_the_clock),
		LIFT_TEST(after_a_start_the_sensor_is_believed_after_ten_seconds),
	};

	return UNIT_RUN(tests);
}
