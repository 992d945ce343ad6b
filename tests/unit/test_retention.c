/* What is too old or too much, over years of virtual time: history.db alone, in one thread. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/days.h"
#include "store/history.h"
#include "store/history_reader.h"
#include "store/retention.h"
#include "store_unit.h"

#define EVERY_HOURS 4
#define START_DAY   ((int64_t)20779) /* 2026-11-22 */

struct years {
	struct history *history;
	struct days days;
	struct retention retention;
	struct clock_now now;
	int64_t most_rows; /* that a step has changed */
};

static const char *const names[] = { "pump-1.run", "m-1.motion", "lift-1.floor", "tank-1.level", "m-2.motion" };
static const char *const classes[] = { "pump", KEEPING_HOME "motion", "lift", "tank", KEEPING_HOME "motion" };
#define SERIES ARRAY_SIZE(names)

static void years_open(struct years *y, const char *dir)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };

	*y = (struct years){ .now = { HOUR, START_DAY * DAY } };
	assert_int_equal(history_open(path, &y->history, &what), 0);
	/* Ten thousand commits; what a power cut does to them is another test's. */
	assert_int_equal(sqlite3_exec(y->history->db->handle, "PRAGMA synchronous=OFF", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(days_init(&y->days, y->history), 0);
	assert_int_equal(retention_init(&y->retention, y->history), 0);
}

static void years_close(struct years *y)
{
	days_fini(&y->days);
	retention_fini(&y->retention);
	history_close(y->history);
}

static int64_t number(const struct years *y, const char *query)
{
	sqlite3_stmt *s = NULL;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(y->history->db->handle, query, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void put(struct years *y, size_t series, int64_t hour)
{
	struct chunk_sample samples[] = { { .ts_ms = hour * HISTORY_HOUR_MS + 1000, .number = (double)(hour % 50) },
					  { .ts_ms = hour * HISTORY_HOUR_MS + 9000, .number = (double)(hour % 7) } };
	struct history_chunk c = { .hour = hour,
				   .series = { VALUE_NUMBER, samples, ARRAY_SIZE(samples) },
				   .sums = { .count = 2, .max = 50, .area = 1, .held_ms = 9000 } };

	assert_int_equal(history_series(y->history, names[series], classes[series], &c.point), 0);
	assert_int_equal(history_put_chunk(y->history, &c), 0);
}

/* All that is due, in steps; how many. */
static int settle(struct years *y)
{
	struct days_limits limits = { y->now.wall_us / HOUR, y->now.wall_us / HOUR };
	int steps = 0, more = 1;

	while (more) {
		int64_t before = sqlite3_total_changes(y->history->db->handle);

		more = days_step(&y->days, &limits);
		if (more == 0)
			more = retention_step(&y->retention, y->now);
		assert_true(more >= 0);
		y->most_rows = MAX(y->most_rows, sqlite3_total_changes(y->history->db->handle) - before);
		assert_in_range(++steps, 0, 100000);
	}
	assert_true(database_vacuum(y->history->db) >= 0);
	return steps;
}

/* So many days pass, some samples of each series in every fourth hour; then all that is due is done. */
static void live(struct years *y, int64_t days)
{
	int64_t hour = y->now.wall_us / HOUR;

	assert_int_equal(history_begin(y->history), 0);
	for (int64_t end = hour + days * 24; hour < end; hour += EVERY_HOURS)
		for (size_t i = 0; i < SERIES; i++)
			put(y, i, hour);
	assert_int_equal(history_commit(y->history), 0);
	y->now.mono_us += days * DAY;
	y->now.wall_us += days * DAY;
	settle(y);
}

/* Of a class, the age in days of its oldest sample; or of its oldest sums. */
static int64_t age(const struct years *y, const char *table, const char *class)
{
	char query[256];
	int64_t first;

	snprintf(query, sizeof(query), "SELECT min(%s) FROM %s WHERE class = (SELECT id FROM class WHERE name = '%s')",
		 str_equal(table, "day") ? "day" : "hour / 24", table, class);
	first = number(y, query);
	return y->now.wall_us / DAY - first;
}

static void years_go_by_and_each_class_keeps_what_it_may(void **state)
{
	static const struct keeping_class own[] = { { "lift", 365 * DAY, 0, 0 },
						    { "motion", 365 * DAY, 30 * DAY, 0 },
						    { "tank", 0, 0, 64 * 1024 } };
	static const struct keeping keeping = { .keep_us = 90 * DAY,
						.keep_homes_us = 60 * DAY,
						.keep_days_us = 730 * DAY,
						.max_bytes = 64 * 1024 * 1024,
						.classes = own,
						.class_count = ARRAY_SIZE(own) };
	int64_t pages = 0;
	struct years y;

	years_open(&y, *state);
	y.retention.keeping = &keeping;
	for (int month = 1; month <= 4 * 12; month++) {
		live(&y, 30);
		assert_in_range(age(&y, "chunk", "pump"), 0, 91);
		assert_in_range(age(&y, "chunk", "lift"), 0, 366);
		/* A longer time that is said of a class of homes is not for homes. */
		assert_in_range(age(&y, "chunk", KEEPING_HOME "motion"), 0, 61);
		assert_in_range(age(&y, "day", KEEPING_HOME "motion"), 0, 32);
		assert_in_range(age(&y, "day", "pump"), 0, 732);
		assert_in_range(number(&y, "SELECT bytes FROM class WHERE name = 'tank'"), 1, 64 * 1024);
		if (month == 3 * 12)
			pages = number(&y, "PRAGMA page_count");
	}
	/* All that may be kept is there; nothing grows any more; no step was long. */
	assert_in_range(age(&y, "chunk", "pump"), 89, 91);
	assert_in_range(age(&y, "chunk", "lift"), 364, 366);
	assert_in_range(age(&y, "chunk", KEEPING_HOME "motion"), 59, 61);
	assert_in_range(age(&y, "day", "pump"), 728, 732);
	assert_in_range(number(&y, "PRAGMA page_count"), pages - pages / 10, pages + pages / 10);
	assert_in_range(y.most_rows, 1, 2 * RETENTION_ROWS + 2);
	assert_int_equal(number(&y, "SELECT bytes - (SELECT sum(length(body) + 72) FROM chunk WHERE class = class.id)"
				    " FROM class WHERE name = 'lift'"),
			 0);
	years_close(&y);
}

static void sums_take_half_of_the_bytes_at_most(void **state)
{
	static const struct keeping keeping = { .keep_us = 60 * DAY,
						.keep_days_us = 7000 * DAY,
						.max_bytes = 400 * 1024 };
	struct years y;

	years_open(&y, *state);
	y.retention.keeping = &keeping;
	for (int month = 0; month < 24; month++)
		live(&y, 30);
	assert_in_range(number(&y, "SELECT sum(length(body) + 40) FROM day"), 150 * 1024, 200 * 1024);
	assert_in_range(number(&y, "SELECT sum(bytes) FROM class"), 150 * 1024, 250 * 1024);
	/* The newest ones are there: those of each series, whatever its number. */
	assert_int_equal(number(&y, "SELECT min(newest) FROM (SELECT max(day) AS newest FROM day GROUP BY point)"),
			 y.now.wall_us / DAY - 1);
	assert_in_range(y.most_rows, 1, 2 * RETENTION_ROWS + 1);
	years_close(&y);
}

static void years_of_sums_that_are_to_go_go_a_hundred_a_step(void **state)
{
	struct keeping keeping = { .keep_us = 60 * DAY, .keep_days_us = 7000 * DAY };
	struct years y;
	int steps;

	years_open(&y, *state);
	y.retention.keeping = &keeping;
	for (int month = 0; month < 20; month++)
		live(&y, 30);
	assert_int_equal(number(&y, "SELECT count(*) FROM day WHERE point = 1"), 600);
	keeping.keep_days_us = 10 * DAY;
	y.most_rows = 0;
	y.now.mono_us += DAY;
	y.now.wall_us += DAY;
	steps = settle(&y);
	assert_in_range(steps, SERIES * 590 / RETENTION_ROWS, SERIES * 590 / RETENTION_ROWS + 2 * SERIES + 10);
	assert_in_range(y.most_rows, RETENTION_ROWS, RETENTION_ROWS + 1);
	assert_in_range(number(&y, "SELECT count(*) FROM day WHERE point = 1"), 9, 11);
	years_close(&y);
}

static void what_is_read_in_homes_is_a_class_of_its_own(void **state)
{
	struct class motion = { .id = "motion" }, door = { .id = "door" };
	struct device devices[] = { { .id = "m-1", .place = "b3/u1", .room = "hall", .class = &motion },
				    { .id = "m-2", .place = "b3/pump-room", .room = "", .class = &motion },
				    { .id = "m-3", .place = "b3/u1/1204", .room = "", .class = &motion },
				    { .id = "d-1", .place = "b3/u1", .room = "", .entrance = true, .class = &door },
				    { .id = "d-2", .place = "b3/u1", .room = "", .class = &door } };
	struct point points[] = { { .name = "m-1.motion" },  { .name = "m-2.motion" }, { .name = "m-3.motion" },
				  { .name = "m-3.battery" }, { .name = "d-1.open" },   { .name = "d-2.open" } };
	struct point_table table = { .points = points, .count = ARRAY_SIZE(points) };
	static const int device_of[] = { 0, 1, 2, 2, 3, 4 };
	struct store *s = store_unit_open(*state);

	for (uint32_t i = 0; i < ARRAY_SIZE(points); i++)
		points[i].device = &devices[device_of[i]];
	store_name_points(s, &table);
	for (uint32_t i = 0; i < ARRAY_SIZE(points); i++)
		assert_int_equal(store_submit_history(s, &(struct reading){ .point = i,
									    .value = value_bool(true),
									    .at = { .wall_us = START_DAY * DAY } }),
				 0);
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "history.db",
					"SELECT count(*) FROM series JOIN class ON class.id = series.class WHERE"
					" series.name || '=' || class.name IN ('m-1.motion=home/motion',"
					" 'm-2.motion=motion', 'm-3.motion=home/motion', 'm-3.battery=home/motion',"
					" 'd-1.open=home/door', 'd-2.open=door')"),
			 6);
}

static int refuse(void *context)
{
	(void)context;
	return 1;
}

/* In hours before now; -1: nothing of it has gone. */
static int64_t trimmed(const struct years *y, const char *dir, const char *point)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	_cleanup_(history_reader_closep) struct history_reader *r = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct history_span span = { .path = path, .points = &point, .count = 1, .to_ms = INT64_MAX / 2 };
	int64_t before_ms = 0;

	assert_int_equal(history_reader_open(&span, &r, &why), 0);
	assert_int_equal(history_reader_trimmed(r, &before_ms), 0);
	return before_ms == INT64_MIN ? -1 : y->now.wall_us / HOUR - before_ms / HISTORY_HOUR_MS;
}

static void what_has_gone_is_noted_and_those_of_lifts_stay_for_their_summaries(void **state)
{
	static const struct keeping_class own[] = { { "pump", 10 * DAY, 0, 0 } };
	static const struct keeping keeping = {
		.keep_us = DAY, .keep_days_us = 730 * DAY, .classes = own, .class_count = ARRAY_SIZE(own)
	};
	struct years y;

	years_open(&y, *state);
	y.retention.keeping = &keeping;
	live(&y, 1);
	assert_int_equal(trimmed(&y, *state, "tank-1.level"), -1);
	live(&y, 4);
	assert_int_equal(trimmed(&y, *state, "tank-1.level"), 24);
	assert_int_equal(trimmed(&y, *state, "lift-1.floor"), 50);
	assert_int_equal(trimmed(&y, *state, "pump-1.run"), -1);
	assert_int_equal(trimmed(&y, *state, "nothing.known"), -1);
	assert_int_equal(age(&y, "chunk", "lift"), 2);
	assert_true(retention_drop_oldest(&y.retention) > 0); /* for want of room: the oldest hour of all, the pump's */
	assert_int_equal(trimmed(&y, *state, "pump-1.run"), 5 * 24 - 1);
	years_close(&y);
}

/* What the recorder does about it goes by the error: a full disk is waited for. */
static void a_commit_that_fails_says_why(void **state)
{
	struct days_limits limits;
	struct years y;

	years_open(&y, *state);
	assert_int_equal(history_begin(y.history), 0);
	put(&y, 0, START_DAY * 24);
	assert_int_equal(history_commit(y.history), 0);
	limits = (struct days_limits){ (START_DAY + 1) * 24, (START_DAY + 1) * 24 };
	y.now.wall_us += 100 * DAY;
	sqlite3_commit_hook(y.history->db->handle, refuse, NULL); /* as a constraint */
	assert_int_equal(days_step(&y.days, &limits), -EINVAL);
	assert_int_equal(retention_step(&y.retention, y.now), -EINVAL);
	assert_int_equal(retention_drop_oldest(&y.retention), -EINVAL);
	sqlite3_commit_hook(y.history->db->handle, NULL, NULL);
	assert_int_equal(number(&y, "SELECT count(*) FROM chunk"), 1);
	assert_true(retention_drop_oldest(&y.retention) > 0);
	assert_int_equal(number(&y, "SELECT count(*) FROM chunk"), 0);
	years_close(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(years_go_by_and_each_class_keeps_what_it_may),
		STORE_UNIT_CASE(sums_take_half_of_the_bytes_at_most),
		STORE_UNIT_CASE(years_of_sums_that_are_to_go_go_a_hundred_a_step),
		STORE_UNIT_CASE(what_is_read_in_homes_is_a_class_of_its_own),
		STORE_UNIT_CASE(what_has_gone_is_noted_and_those_of_lifts_stay_for_their_summaries),
		STORE_UNIT_CASE(a_commit_that_fails_says_why),
	};

	return UNIT_RUN(tests);
}
