#include "base/util.h"
#include "unit.h"
#include "upstream/waiting.h"

#define GRAIN (5 * S)

static void nothing_waits_before_something_is_queued_and_after_all_is_acknowledged(void **state)
{
	struct waiting w = { 0 };

	(void)state;
	assert_true(waiting_since(&w) == INT64_MAX);
	waiting_queued(&w, 1, GRAIN, 10 * S);
	assert_true(waiting_since(&w) == 10 * S);
	waiting_delivered(&w, 1);
	assert_true(waiting_since(&w) == INT64_MAX);
}

static void the_oldest_counts_however_many_come_after_it(void **state)
{
	struct waiting w = { 0 };

	(void)state;
	for (uint64_t seq = 1; seq <= 10000; seq++)
		waiting_queued(&w, seq, GRAIN, (int64_t)seq * S);
	assert_true(waiting_since(&w) == 1 * S);
	assert_in_range(w.count, 2, WAITING_SPANS);
}

static void an_acknowledgement_of_the_oldest_leaves_the_age_of_the_next(void **state)
{
	struct waiting w = { 0 };

	(void)state;
	waiting_queued(&w, 7, GRAIN, 10 * S);
	waiting_queued(&w, 9, GRAIN, 40 * S);
	waiting_delivered(&w, 6);
	assert_true(waiting_since(&w) == 10 * S);
	waiting_delivered(&w, 8);
	assert_true(waiting_since(&w) == 40 * S);
	waiting_delivered(&w, 7); /* a late one */
	assert_true(waiting_since(&w) == 40 * S);
}

static void within_a_span_nobody_is_accused_too_soon(void **state)
{
	struct waiting w = { 0 };

	(void)state;
	waiting_queued(&w, 1, GRAIN, 10 * S);
	waiting_queued(&w, 2, GRAIN, 12 * S);
	waiting_queued(&w, 3, GRAIN, 14 * S);
	assert_int_equal(w.count, 1);
	waiting_delivered(&w, 1);
	assert_in_range(waiting_since(&w), 12 * S, 14 * S);
	waiting_delivered(&w, 3);
	assert_true(waiting_since(&w) == INT64_MAX);
}

static void what_was_acknowledged_before_it_was_told_of_does_not_wait(void **state)
{
	struct waiting w = { 0 };

	(void)state;
	waiting_delivered(&w, 5);
	waiting_queued(&w, 5, GRAIN, 10 * S);
	assert_true(waiting_since(&w) == INT64_MAX);
	waiting_queued(&w, 6, GRAIN, 11 * S);
	waiting_queued(&w, 6, GRAIN, 99 * S); /* told of twice */
	assert_true(waiting_since(&w) == 11 * S);
	assert_int_equal(w.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_waits_before_something_is_queued_and_after_all_is_acknowledged),
		cmocka_unit_test(the_oldest_counts_however_many_come_after_it),
		cmocka_unit_test(an_acknowledgement_of_the_oldest_leaves_the_age_of_the_next),
		cmocka_unit_test(within_a_span_nobody_is_accused_too_soon),
		cmocka_unit_test(what_was_acknowledged_before_it_was_told_of_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
