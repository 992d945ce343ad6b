/* A condition that must hold for a while. */
#include "unit.h"

#include "alarm/hold.h"
#include "base/util.h"

static void it_fires_once_when_the_condition_has_lasted(void **state)
{
	struct hold h = { 0 };

	(void)state;
	assert_false(hold_feed(&h, true, 10 * S, 100 * S));
	assert_int_equal(hold_due(&h, 10 * S), 110 * S);
	assert_false(hold_feed(&h, true, 10 * S, 110 * S - 1));
	assert_true(hold_feed(&h, true, 10 * S, 110 * S));
	assert_false(hold_feed(&h, true, 10 * S, 111 * S));
	assert_int_equal(h.state, HOLD_FIRED);
	assert_true(hold_due(&h, 10 * S) == INT64_MAX);
}

static void without_a_delay_it_fires_at_once(void **state)
{
	struct hold h = { 0 };

	(void)state;
	assert_true(hold_feed(&h, true, 0, 5));
	assert_false(hold_feed(&h, true, 0, 6));
	assert_false(hold_feed(&h, false, 0, 7));
	assert_true(hold_feed(&h, true, 0, 8));
}

static void an_interruption_begins_the_wait_anew(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_feed(&h, true, 10 * S, 0);
	assert_false(hold_feed(&h, false, 10 * S, 9 * S));
	assert_int_equal(h.state, HOLD_IDLE);
	assert_false(hold_feed(&h, true, 10 * S, 10 * S));
	assert_int_equal(hold_due(&h, 10 * S), 20 * S);
}

static void time_that_nobody_saw_does_not_count(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_feed(&h, true, 10 * S, 0);
	hold_stop(&h, 4 * S);
	assert_true(hold_due(&h, 10 * S) == INT64_MAX);
	hold_stop(&h, 50 * S); /* still unknown: the first moment counts */
	assert_int_equal(hold_since(&h, 60 * S), 56 * S);
	assert_false(hold_feed(&h, true, 10 * S, 104 * S));
	assert_int_equal(hold_due(&h, 10 * S), 110 * S);
	assert_true(hold_feed(&h, true, 10 * S, 110 * S));
}

static void a_wait_that_was_stopped_ends_like_any_other(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_feed(&h, true, 10 * S, 0);
	hold_stop(&h, 4 * S);
	assert_false(hold_feed(&h, false, 10 * S, 5 * S));
	assert_int_equal(h.state, HOLD_IDLE);
	hold_stop(&h, 6 * S); /* nothing runs: nothing to stop */
	assert_false(h.stopped);
	hold_feed(&h, true, 10 * S, 20 * S);
	assert_int_equal(hold_due(&h, 10 * S), 30 * S);
}

static void a_clock_that_steps_back_fires_nothing(void **state)
{
	struct hold h = { 0 };

	(void)state;
	hold_feed(&h, true, 10 * S, 100 * S);
	hold_stop(&h, 101 * S);
	assert_false(hold_feed(&h, true, 10 * S, 99 * S));
	assert_int_equal(h.since_us, 100 * S);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_fires_once_when_the_condition_has_lasted),
		cmocka_unit_test(without_a_delay_it_fires_at_once),
		cmocka_unit_test(an_interruption_begins_the_wait_anew),
		cmocka_unit_test(time_that_nobody_saw_does_not_count),
		cmocka_unit_test(a_wait_that_was_stopped_ends_like_any_other),
		cmocka_unit_test(a_clock_that_steps_back_fires_nothing),
	};

	return UNIT_RUN(tests);
}
