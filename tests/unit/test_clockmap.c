#include <stdio.h>

#include "base/util.h"
#include "model/clockmap.h"
#include "unit.h"

#define TODAY ((int64_t)1795287600 * S)

static void learn(struct clockmap *m, const char *boot, struct clock_now at, enum clock_quality quality)
{
	struct clockmap_row row = { .at = at, .quality = quality };

	snprintf(row.boot, sizeof(row.boot), "%s", boot);
	clockmap_add(m, &row);
}

static void check(const struct clockmap *m, const struct clockmap_stamp *s, int64_t wall_us, enum clock_quality quality)
{
	struct clockmap_stamp mended = clockmap_mend(m, s);

	assert_int_equal(mended.at.wall_us, wall_us);
	assert_int_equal(mended.at.mono_us, s->at.mono_us);
	assert_int_equal(mended.quality, quality);
}

static void a_stamp_of_1970_is_mended_by_the_synchronisation_behind_it(void **state)
{
	struct clockmap m = { 0 };
	struct clockmap_stamp s = { .boot = "a", .at = { 30 * S, 30 * S }, .quality = CLOCK_UNSET };

	(void)state;
	check(&m, &s, 30 * S, CLOCK_UNSET);
	learn(&m, "a", (struct clock_now){ 0, 0 }, CLOCK_UNSET);
	check(&m, &s, 30 * S, CLOCK_UNSET);
	learn(&m, "a", (struct clock_now){ 90 * S, TODAY }, CLOCK_SYNCHRONISED);
	check(&m, &s, TODAY - MINUTE, CLOCK_SYNCHRONISED);
}

static void a_clock_set_by_hand_mends_and_a_service_mends_better(void **state)
{
	struct clockmap m = { 0 };
	struct clockmap_stamp s = { .boot = "a", .at = { 30 * S, 30 * S }, .quality = CLOCK_UNSET };

	(void)state;
	learn(&m, "a", (struct clock_now){ 90 * S, TODAY }, CLOCK_RESTORED);
	check(&m, &s, TODAY - MINUTE, CLOCK_RESTORED);
	learn(&m, "a", (struct clock_now){ 100 * S, TODAY + HOUR }, CLOCK_SYNCHRONISED);
	check(&m, &s, TODAY + HOUR - 70 * S, CLOCK_SYNCHRONISED);
	learn(&m, "a", (struct clock_now){ DAY, TODAY + 9 * DAY }, CLOCK_SYNCHRONISED); /* later, farther away */
	check(&m, &s, TODAY + HOUR - 70 * S, CLOCK_SYNCHRONISED);
}

static void what_was_known_before_a_stamp_does_not_mend_it(void **state)
{
	struct clockmap m = { 0 };
	struct clockmap_stamp s = { .boot = "a", .at = { 30 * S, TODAY }, .quality = CLOCK_RESTORED };

	(void)state;
	learn(&m, "a", (struct clock_now){ 10 * S, TODAY - HOUR }, CLOCK_SYNCHRONISED);
	check(&m, &s, TODAY, CLOCK_RESTORED);
}

static void another_boot_says_nothing(void **state)
{
	struct clockmap m = { 0 };
	struct clockmap_stamp s = { .boot = "a", .at = { 30 * S, 30 * S }, .quality = CLOCK_UNSET };
	struct clockmap_stamp nowhere = { .boot = "", .at = { 30 * S, 30 * S }, .quality = CLOCK_UNSET };

	(void)state;
	learn(&m, "b", (struct clock_now){ 90 * S, TODAY }, CLOCK_SYNCHRONISED);
	learn(&m, "", (struct clock_now){ 90 * S, TODAY }, CLOCK_SYNCHRONISED);
	check(&m, &s, 30 * S, CLOCK_UNSET);
	check(&m, &nowhere, 30 * S, CLOCK_UNSET);
}

static void a_confirmed_time_keeps_every_digit(void **state)
{
	struct clockmap m = { 0 };
	struct clockmap_stamp s = { .boot = "a", .at = { 30 * S, TODAY + 123 }, .quality = CLOCK_RESTORED };

	(void)state;
	learn(&m, "a", (struct clock_now){ 90 * S, TODAY + MINUTE + 100 * MS }, CLOCK_SYNCHRONISED); /* steered */
	check(&m, &s, TODAY + 123, CLOCK_SYNCHRONISED);
	assert_int_equal(clockmap_shifts(&m, &s).count, 0);
}

static void a_synchronised_stamp_stays_whatever_comes(void **state)
{
	struct clockmap m = { 0 };
	struct clockmap_stamp s = { .boot = "a", .at = { 30 * S, TODAY }, .quality = CLOCK_SYNCHRONISED };

	(void)state;
	learn(&m, "a", (struct clock_now){ 90 * S, TODAY + 5 * HOUR }, CLOCK_SYNCHRONISED);
	check(&m, &s, TODAY, CLOCK_SYNCHRONISED);
}

static void times_beside_a_stamp_move_with_it_if_they_are_of_its_boot(void **state)
{
	struct clockmap m = { 0 };
	struct clockmap_stamp s = { .boot = "a", .at = { HOUR, HOUR }, .quality = CLOCK_UNSET };
	struct clock_shifts shifts;

	(void)state;
	learn(&m, "a", (struct clock_now){ 2 * HOUR, TODAY }, CLOCK_SYNCHRONISED);
	shifts = clockmap_shifts(&m, &s);
	assert_int_equal(clock_shifted(&shifts, 30 * MINUTE), TODAY - 90 * MINUTE);
	assert_int_equal(clock_shifted(&shifts, HOUR), TODAY - HOUR);
	assert_int_equal(clock_shifted(&shifts, TODAY - 3 * DAY), TODAY - 3 * DAY); /* an earlier boot's */
}

static void the_oldest_rows_go(void **state)
{
	static struct clockmap m;
	struct clockmap_stamp s = { .boot = "a", .at = { 0, 0 }, .quality = CLOCK_UNSET };

	(void)state;
	learn(&m, "a", (struct clock_now){ 0, TODAY }, CLOCK_SYNCHRONISED);
	for (int i = 0; i < CLOCKMAP_ROWS_MAX; i++) {
		check(&m, &s, TODAY, CLOCK_SYNCHRONISED);
		learn(&m, "b", (struct clock_now){ i, TODAY }, CLOCK_SYNCHRONISED);
	}
	assert_int_equal(m.count, CLOCKMAP_ROWS_MAX);
	check(&m, &s, 0, CLOCK_UNSET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stamp_of_1970_is_mended_by_the_synchronisation_behind_it),
		cmocka_unit_test(a_clock_set_by_hand_mends_and_a_service_mends_better),
		cmocka_unit_test(what_was_known_before_a_stamp_does_not_mend_it),
		cmocka_unit_test(another_boot_says_nothing),
		cmocka_unit_test(a_confirmed_time_keeps_every_digit),
		cmocka_unit_test(a_synchronised_stamp_stays_whatever_comes),
		cmocka_unit_test(times_beside_a_stamp_move_with_it_if_they_are_of_its_boot),
		cmocka_unit_test(the_oldest_rows_go),
	};

	return UNIT_RUN(tests);
}
