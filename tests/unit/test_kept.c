#include "base/clock.h"
#include "base/mem.h"
#include "store/kept.h"
#include "store_unit.h"

/* A boot that has lasted an hour, at some wall time. */
#define NOW ((int64_t)1795287600 * S)

static struct kept_present present(enum clock_quality quality)
{
	return (struct kept_present){
		.now = { .boot = "b2", .at = { .mono_us = HOUR, .wall_us = NOW }, .quality = quality },
	};
}

/* Written down in another boot. */
static struct kept_moment moment(int64_t wall_us, enum clock_quality quality)
{
	return (struct kept_moment){
		.stamp = { .boot = "b1", .at = { .mono_us = 9 * HOUR, .wall_us = wall_us }, .quality = quality },
		.least_us = 40 * S,
		.unsure_us = 40 * S,
	};
}

static void in_the_same_boot_the_monotonic_time_is_the_same(void **state)
{
	struct kept_present p = present(CLOCK_UNSET);
	struct kept_moment m = { .stamp = { .boot = "b2", .at = { .mono_us = 7 * S, .wall_us = 12345 } } };

	(void)state;
	assert_int_equal(kept_mono(&m, &p), 7 * S);
}

static void after_another_boot_the_wall_clock_tells_how_long_it_is(void **state)
{
	struct kept_present p = present(CLOCK_RESTORED);
	struct kept_moment m = moment(NOW - 3 * HOUR, CLOCK_SYNCHRONISED);

	(void)state;
	assert_int_equal(kept_mono(&m, &p), HOUR - 3 * HOUR); /* before this boot: may be negative */
}

static void only_clocks_that_can_be_trusted_tell_how_long_it_is(void **state)
{
	struct kept_present trusted = present(CLOCK_SYNCHRONISED), unset = present(CLOCK_UNSET);
	struct kept_moment then_unset = moment(NOW - 3 * HOUR, CLOCK_UNSET);
	struct kept_moment then_good = moment(NOW - 3 * HOUR, CLOCK_SYNCHRONISED);

	(void)state;
	assert_int_equal(kept_mono(&then_unset, &trusted), HOUR - 40 * S);
	assert_int_equal(kept_mono(&then_good, &unset), HOUR - 40 * S);
}

static void a_time_of_an_unset_clock_counts_once_that_boot_is_known(void **state)
{
	struct clockmap map = { 0 };
	struct kept_present p = present(CLOCK_RESTORED);
	struct kept_moment m = moment(5 * MINUTE, CLOCK_UNSET);
	struct clockmap_row row = { .boot = "b1",
				    .at = { .mono_us = 10 * HOUR, .wall_us = NOW - 2 * HOUR },
				    .quality = CLOCK_SYNCHRONISED };

	(void)state;
	clockmap_add(&map, &row);
	p.map = &map;
	assert_int_equal(kept_mono(&m, &p), HOUR - 3 * HOUR);
}

static void a_wall_clock_that_went_back_takes_nothing_away(void **state)
{
	struct kept_present p = present(CLOCK_RESTORED);
	struct kept_moment m = moment(NOW + HOUR, CLOCK_RESTORED);

	(void)state;
	assert_int_equal(kept_mono(&m, &p), HOUR - 40 * S);
}

static void a_wall_clock_that_jumped_by_years_adds_nothing(void **state)
{
	struct kept_present p = present(CLOCK_RESTORED);
	struct kept_moment m = moment(NOW - 400 * DAY, CLOCK_RESTORED);

	(void)state;
	assert_int_equal(kept_mono(&m, &p), HOUR - 40 * S);
}

static void an_unknown_boot_is_another_one(void **state)
{
	struct kept_present p = present(CLOCK_RESTORED);
	struct kept_moment m = {
		.stamp = { .boot = "", .at = { .mono_us = 7 * S, .wall_us = NOW - S }, .quality = CLOCK_RESTORED }
	};

	(void)state;
	p.now.boot = "";
	assert_int_equal(kept_mono(&m, &p), HOUR - S);
}

/* Counts what was written, by SQLite's own counter. */
static int put(struct kept *k, struct database *db, struct kept_delays d)
{
	int before = sqlite3_total_changes(db->handle);

	assert_int_equal(database_begin(db), 0);
	assert_int_equal(kept_put_delays(k, &d), 0);
	assert_int_equal(database_commit(db), 0);
	return sqlite3_total_changes(db->handle) - before;
}

static void only_delays_that_changed_are_written_again(void **state)
{
	static const struct migration steps[] = {
		{ .parts = { kept_schema_1, kept_schema_2, "PRAGMA user_version = 1" } },
	};
	char *path = store_unit_path(*state, "kept.db");
	struct database_setup setup = { .path = path, .migrations = { steps, 1 } };
	struct evaluator_delay delays[] = { { .id = "c/3", .since_us = 3 },
					    { .id = "a/1", .since_us = 1 },
					    { .id = "b/2", .since_us = 2 } };
	_cleanup_(database_closep) struct database *db = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct kept_delays all = { .delays = delays, .count = 3, .now = { 10, 20 }, .clock = { "b1", CLOCK_UNSET } };
	struct kept k;

	assert_int_equal(database_open(&setup, &db, &why), 0);
	assert_int_equal(kept_init(&k, db), 0);
	assert_int_equal(put(&k, db, all), 3);
	assert_int_equal(put(&k, db, all), 0);
	delays[1].since_us = 9; /* they are in order now: b/2 */
	assert_int_equal(put(&k, db, all), 1);
	all.count = 1;
	assert_int_equal(put(&k, db, all), 2); /* two are gone */
	all.clock.boot = "b2";
	assert_int_equal(put(&k, db, all), 1); /* its moment is another boot's */
	all.count = 0;
	assert_int_equal(put(&k, db, all), 1);
	kept_fini(&k);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_same_boot_the_monotonic_time_is_the_same),
		cmocka_unit_test(after_another_boot_the_wall_clock_tells_how_long_it_is),
		cmocka_unit_test(only_clocks_that_can_be_trusted_tell_how_long_it_is),
		cmocka_unit_test(a_time_of_an_unset_clock_counts_once_that_boot_is_known),
		cmocka_unit_test(a_wall_clock_that_went_back_takes_nothing_away),
		cmocka_unit_test(a_wall_clock_that_jumped_by_years_adds_nothing),
		cmocka_unit_test(an_unknown_boot_is_another_one),
		STORE_UNIT_CASE(only_delays_that_changed_are_written_again),
	};

	return UNIT_RUN(tests);
}
