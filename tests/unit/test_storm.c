#include "unit.h"

#include "base/storm.h"
#include "base/util.h"

static const struct storm_limits limits = { .burst = 100, .every_us = 12 * S };

/* How many of so many calls, evenly over that time, are said; *now_us moves on. */
struct rain {
	uint64_t calls;
	int64_t time_us;
};
struct heard {
	uint64_t lines, begun, over, reminded;
};

static struct heard listen(struct storm *s, struct rain rain, int64_t *now_us)
{
	struct heard h = { 0 };

	for (uint64_t i = 0; i < rain.calls; i++) {
		enum storm_verdict verdict;

		h.over += storm_over(s, &limits, *now_us);
		verdict = storm_take(s, &limits, *now_us);
		h.lines += verdict != STORM_SILENT;
		h.begun += verdict == STORM_BEGINS;
		h.reminded += verdict == STORM_GOES_ON;
		*now_us += rain.time_us / (int64_t)rain.calls;
	}
	return h;
}

static void what_is_rare_is_always_said(void **state)
{
	struct storm s = { 0 };
	int64_t now_us = 5 * S;

	(void)state;
	assert_int_equal(listen(&s, (struct rain){ 7 * 24 * 60, 7 * DAY }, &now_us).lines, 7 * 24 * 60);
	assert_false(s.on);
}

static void a_burst_is_said_whole(void **state)
{
	struct storm s = { 0 };
	int64_t now_us = 5 * S;

	(void)state;
	assert_int_equal(listen(&s, (struct rain){ 100, S }, &now_us).lines, 100);
	assert_false(s.on);
}

static void an_hour_of_a_thousand_a_second_is_a_hundred_and_six_lines(void **state)
{
	struct storm s = { 0 };
	int64_t now_us = 5 * S;
	struct heard h;

	(void)state;
	h = listen(&s, (struct rain){ 3600000, HOUR }, &now_us);
	assert_int_equal(h.lines, 100 + 1 + 5); /* the burst, the one that begins it, every ten minutes one */
	assert_int_equal(h.begun, 1);
	assert_int_equal(h.reminded, 5);
	assert_int_equal(h.over, 0);
	assert_int_equal(s.left_out, 3600000 - h.lines);
}

static void a_storm_that_comes_and_goes_stays_one_storm(void **state)
{
	struct storm s = { 0 };
	int64_t now_us = 5 * S;
	struct heard all = { 0 };

	(void)state;
	/* Every three minutes 500 lines in a second. */
	for (int i = 0; i < 20; i++) {
		struct heard h = listen(&s, (struct rain){ 500, S }, &now_us);

		all.lines += h.lines;
		all.begun += h.begun;
		now_us += 3 * MINUTE;
	}
	assert_int_equal(all.begun, 1);
	assert_true(all.lines <= 110);
}

static void the_end_of_a_storm_is_told_once_with_its_count_and_its_time(void **state)
{
	struct storm s = { 0 };
	int64_t now_us = 5 * S;

	(void)state;
	listen(&s, (struct rain){ 1000, 10 * S }, &now_us);
	assert_true(s.on);
	assert_false(storm_over(&s, &limits, now_us + 9 * MINUTE));
	assert_true(storm_over(&s, &limits, now_us + 10 * MINUTE));
	assert_false(storm_over(&s, &limits, now_us + 10 * MINUTE));
	assert_int_equal(s.left_out, 1000 - 101);
	assert_in_range(s.last_us - s.since_us, 8 * S, 10 * S);
	/* It is calm again: said as ever. */
	assert_int_equal(storm_take(&s, &limits, now_us + 11 * MINUTE), STORM_SAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_rare_is_always_said),
		cmocka_unit_test(a_burst_is_said_whole),
		cmocka_unit_test(an_hour_of_a_thousand_a_second_is_a_hundred_and_six_lines),
		cmocka_unit_test(a_storm_that_comes_and_goes_stays_one_storm),
		cmocka_unit_test(the_end_of_a_storm_is_told_once_with_its_count_and_its_time),
	};

	return UNIT_RUN(tests);
}
