#include "base/util.h"
#include "unit.h"
#include "upstream/drain.h"

/* How many go in a time when somebody asks as often as drain_due says. */
static size_t taken_in(struct drain *d, int64_t from_us, int64_t to_us, size_t most)
{
	size_t taken = 0;

	for (int64_t now_us = from_us; now_us < to_us; now_us = MAX(drain_due(d, now_us), now_us + 1)) {
		size_t count = drain_allows(d, most, now_us);

		drain_take(d, count);
		taken += count;
	}
	return taken;
}

static void on_the_long_run_it_is_the_rate(void **state)
{
	static const int rates[] = { 1, 7, 64, 500, 20000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		struct drain d = { 0 };
		size_t taken;

		drain_set(&d, rates[i], S);
		taken = taken_in(&d, S, 101 * S, 64);
		assert_in_range(taken, (size_t)rates[i] * 99, (size_t)rates[i] * 101 + 1);
	}
}

static void after_a_pause_a_tenth_of_a_second_goes_at_once_and_no_more(void **state)
{
	struct drain d = { 0 };

	(void)state;
	drain_set(&d, 500, S);
	assert_int_equal(drain_allows(&d, 64, HOUR), 50);
	drain_take(&d, 50);
	assert_int_equal(drain_allows(&d, 64, HOUR), 0);
	assert_in_range(drain_due(&d, HOUR) - HOUR, 49 * MS, 51 * MS);
	assert_in_range(drain_allows(&d, 64, HOUR + 51 * MS), 25, 26);
}

static void without_a_rate_all_go(void **state)
{
	struct drain d = { 0 };

	(void)state;
	drain_set(&d, 0, S);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(drain_allows(&d, 64, S), 64);
		drain_take(&d, 64);
	}
	assert_int_equal(drain_due(&d, S), S);
}

static void a_slower_rate_counts_from_when_it_was_set(void **state)
{
	struct drain d = { 0 };

	(void)state;
	drain_set(&d, 1000, S);
	assert_int_equal(drain_allows(&d, 1000, 2 * S), 100);
	drain_set(&d, 10, 2 * S);
	assert_int_equal(drain_allows(&d, 1000, 2 * S), 1);
	drain_take(&d, 1);
	assert_int_equal(drain_allows(&d, 1000, 2 * S), 0);
	assert_in_range(drain_due(&d, 2 * S), 2 * S + 99 * MS, 2 * S + 101 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_the_long_run_it_is_the_rate),
		cmocka_unit_test(after_a_pause_a_tenth_of_a_second_goes_at_once_and_no_more),
		cmocka_unit_test(without_a_rate_all_go),
		cmocka_unit_test(a_slower_rate_counts_from_when_it_was_set),
	};

	return UNIT_RUN(tests);
}
