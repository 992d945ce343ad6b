/* The recorder alone, in one thread and in virtual time. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/recorder.h"
#include "store_unit.h"

#define TODAY ((int64_t)1795287600 * S)

struct bench {
	char *path;
	struct queue *samples;
	struct store_counters counters;
	struct recorder *recorder;
	struct clock_now now;
};

static void bench_open(struct bench *b, const char *dir)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct recorder_setup setup;

	*b = (struct bench){ .path = store_unit_path(dir, "history.db"), .now = { HOUR, TODAY } };
	b->samples = queue_new(sizeof(struct recorder_item), 4096);
	setup = (struct recorder_setup){ .path = b->path, .samples = b->samples, .counters = &b->counters };
	recorder_open(b->path, &setup.history, &what);
	b->recorder = recorder_new(&setup);
}

static void bench_close(struct bench *b)
{
	recorder_free(b->recorder);
	queue_free(b->samples);
	free(b->path);
}

static void give_names(struct bench *b)
{
	struct recorder_item item = { .names = MEM_NEW(struct history_names) };

	item.names->names = mem_array(2, sizeof(char *));
	item.names->names[0] = item.names->text = mem_strdup("tank-1.level");
	item.names->count = 1;
	assert_int_equal(queue_push(b->samples, &item), 0);
}

static void give(struct bench *b, int64_t wall_us)
{
	struct recorder_item item = { .sample = { .ts_ms = wall_us / MS, .type = VALUE_NUMBER, .number = 91.3 } };

	assert_int_equal(queue_push(b->samples, &item), 0);
}

static void work(struct bench *b, int64_t later_us)
{
	b->now.mono_us += later_us;
	b->now.wall_us += later_us;
	recorder_work(b->recorder, b->now);
}

static void samples_are_committed_every_ten_seconds(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	give_names(&b);
	for (int i = 0; i < 9; i++) {
		give(&b, b.now.wall_us);
		work(&b, S);
	}
	assert_true(b.counters.history_rows == 0);
	for (int i = 0; i < 3; i++)
		work(&b, S);
	assert_true(b.counters.history_rows == 9);
	assert_true(recorder_due(b.recorder) == INT64_MAX);
	give(&b, b.now.wall_us);
	work(&b, 0);
	assert_int_equal(recorder_due(b.recorder), b.now.mono_us + 10 * S);
	bench_close(&b); /* takes along what was not committed yet */
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample"), 10);
}

static void what_is_older_than_sixty_days_goes_in_steps_of_a_hundred(void **state)
{
	struct bench b;
	int steps = 0;

	bench_open(&b, *state);
	give_names(&b);
	for (int i = 0; i < 350; i++)
		give(&b, TODAY - 61 * DAY + i * 10 * MS);
	give(&b, TODAY - 59 * DAY);
	work(&b, 0);
	work(&b, 10 * S); /* commits, and the first step */
	assert_true(b.counters.history_rows == 351);
	while (recorder_due(b.recorder) == 0 && steps < 100) {
		work(&b, 0);
		steps++;
	}
	assert_in_range(steps, 3, 10);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample"), 1);
}

/* Works until nothing is due. */
static void settle(struct bench *b)
{
	for (int i = 0; i < 10000 && recorder_due(b->recorder) == 0; i++)
		work(b, 0);
}

static void a_wall_clock_that_jumps_ahead_by_years_takes_almost_nothing_with_it(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	give_names(&b);
	for (int i = 0; i < 1000; i++)
		give(&b, TODAY - 50 * DAY + i * HOUR);
	work(&b, 0);
	work(&b, 0);
	work(&b, 10 * S);
	settle(&b);
	b.now.wall_us += 56 * 365 * DAY;
	for (int i = 0; i < 60; i++) { /* for ten minutes somebody takes it for right */
		give(&b, b.now.wall_us);
		work(&b, 0);
		work(&b, 10 * S);
		settle(&b);
	}
	b.now.wall_us -= 56 * 365 * DAY;
	give(&b, b.now.wall_us);
	work(&b, 0);
	bench_close(&b);
	/* A hundred minutes of samples, by the pace. */
	assert_in_range(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample WHERE ts < 1795287600000"),
			997, 999);
}

static void samples_of_an_unset_clock_are_not_old_when_it_is_set(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	give_names(&b);
	give(&b, 5 * MINUTE); /* 1970 */
	give(&b, TODAY - 70 * DAY);
	give(&b, TODAY);
	work(&b, 0);
	work(&b, 10 * S);
	settle(&b);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample WHERE ts < 3600000"), 1);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample"), 2);
}

static void a_file_that_cannot_be_opened_costs_samples_only_until_it_can(void **state)
{
	char *dir = store_unit_path(*state, "sub");
	struct bench b;

	bench_open(&b, dir); /* not there */
	give_names(&b);
	give(&b, b.now.wall_us);
	work(&b, 0);
	assert_true(b.counters.history_dropped == 1);
	assert_int_equal(mkdir(dir, 0700), 0);
	give(&b, b.now.wall_us);
	work(&b, S); /* not yet: it is not tried all the time */
	assert_true(b.counters.history_dropped == 2);
	work(&b, MINUTE);
	give(&b, b.now.wall_us);
	work(&b, 0);
	assert_true(b.counters.history_dropped == 2);
	bench_close(&b);
	assert_int_equal(store_unit_ask(dir, "history.db",
					"SELECT count(*) FROM sample JOIN point ON point.id = point"
					" WHERE name = 'tank-1.level'"),
			 1);
	store_unit_teardown((void **)&dir);
}

static void a_damaged_file_is_set_aside_and_a_new_one_is_begun(void **state)
{
	char *path = store_unit_path(*state, "history.db");
	FILE *f = fopen(path, "w");
	struct bench b;

	for (int i = 0; i < 3000; i++)
		fputs("nonsense ", f);
	fclose(f);
	bench_open(&b, *state);
	give_names(&b);
	give(&b, b.now.wall_us);
	work(&b, 0);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample"), 1);
	free(path);
}

static void numbers_without_a_name_are_counted_as_dropped(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	give(&b, b.now.wall_us);
	give_names(&b);
	give(&b, b.now.wall_us);
	work(&b, 0);
	assert_true(b.counters.history_dropped == 1);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM sample"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(samples_are_committed_every_ten_seconds),
		STORE_UNIT_CASE(what_is_older_than_sixty_days_goes_in_steps_of_a_hundred),
		STORE_UNIT_CASE(a_wall_clock_that_jumps_ahead_by_years_takes_almost_nothing_with_it),
		STORE_UNIT_CASE(samples_of_an_unset_clock_are_not_old_when_it_is_set),
		STORE_UNIT_CASE(a_file_that_cannot_be_opened_costs_samples_only_until_it_can),
		STORE_UNIT_CASE(a_damaged_file_is_set_aside_and_a_new_one_is_begun),
		STORE_UNIT_CASE(numbers_without_a_name_are_counted_as_dropped),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return UNIT_RUN(tests);
}
