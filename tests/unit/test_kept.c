#include "base/clock.h"
#include "base/mem.h"
#include "store/kept.h"
#include "store_unit.h"

/* A boot that has lasted an hour, at some wall time. */
static const struct clock_now now = { .mono_us = HOUR, .wall_us = 1763750000 * S };

static void in_the_same_boot_the_monotonic_time_is_the_same(void **state)
{
	struct kept_moment m = { .boot = "b1", .at = { .mono_us = 7 * S, .wall_us = 12345 } };

	(void)state;
	assert_int_equal(kept_mono(&m, "b1", now), 7 * S);
}

static void after_another_boot_the_wall_clock_tells_how_long_it_is(void **state)
{
	struct kept_moment m = { .boot = "b1", .at = { .mono_us = 9 * HOUR, .wall_us = now.wall_us - 3 * HOUR } };

	(void)state;
	assert_int_equal(kept_mono(&m, "b2", now), now.mono_us - 3 * HOUR); /* before this boot: may be negative */
}

static void a_wall_clock_that_went_back_takes_nothing_away(void **state)
{
	struct kept_moment m = { .boot = "b1",
				 .at = { .mono_us = 9 * HOUR, .wall_us = now.wall_us + HOUR },
				 .age_us = 40 * S };

	(void)state;
	assert_int_equal(kept_mono(&m, "b2", now), now.mono_us - 40 * S);
}

static void a_wall_clock_that_jumped_by_years_adds_nothing(void **state)
{
	struct kept_moment m = { .boot = "b1", .at = { .mono_us = HOUR, .wall_us = 5 * MINUTE }, .age_us = 40 * S };

	(void)state;
	assert_int_equal(kept_mono(&m, "b2", now), now.mono_us - 40 * S);
}

static void an_unknown_boot_is_another_one(void **state)
{
	struct kept_moment m = { .boot = "", .at = { .mono_us = 7 * S, .wall_us = now.wall_us - S } };

	(void)state;
	assert_int_equal(kept_mono(&m, "", now), now.mono_us - S);
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
	static const struct migration steps[] = { { .parts = { kept_schema_1, "PRAGMA user_version = 1" } } };
	char *path = store_unit_path(*state, "kept.db");
	struct database_setup setup = { .path = path, .migrations = { steps, 1 } };
	struct evaluator_delay delays[] = { { .id = "c/3", .since_us = 3 },
					    { .id = "a/1", .since_us = 1 },
					    { .id = "b/2", .since_us = 2 } };
	_cleanup_(database_closep) struct database *db = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct kept_delays all = { .delays = delays, .count = 3, .now = { 10, 20 }, .boot = "b1" };
	struct kept k;

	assert_int_equal(database_open(&setup, &db, &why), 0);
	assert_int_equal(kept_init(&k, db), 0);
	assert_int_equal(put(&k, db, all), 3);
	assert_int_equal(put(&k, db, all), 0);
	delays[1].since_us = 9; /* they are in order now: b/2 */
	assert_int_equal(put(&k, db, all), 1);
	all.count = 1;
	assert_int_equal(put(&k, db, all), 2); /* two are gone */
	all.boot = "b2";
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
		cmocka_unit_test(a_wall_clock_that_went_back_takes_nothing_away),
		cmocka_unit_test(a_wall_clock_that_jumped_by_years_adds_nothing),
		cmocka_unit_test(an_unknown_boot_is_another_one),
		STORE_UNIT_CASE(only_delays_that_changed_are_written_again),
	};

	return UNIT_RUN(tests);
}
