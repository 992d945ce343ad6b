/* The recorder alone, in one thread and in virtual time. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "bench.h"
#include "store/history_mend.h"

#define TODAY ((int64_t)1795287600 * S)

static void bench_open(struct bench *b, const char *dir)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct recorder_setup setup;

	bench_prepare(b, dir, (struct clock_now){ HOUR, TODAY });
	setup = (struct recorder_setup){ .path = b->path, .samples = b->samples, .counters = &b->counters };
	history_mend_open(b->path, HISTORY_MEND_NEEDED, &setup.history, &what);
	b->recorder = recorder_new(&setup);
}

static void give_names(struct bench *b)
{
	struct recorder_item item = { .names = MEM_NEW(struct history_names) };

	item.names->names = mem_array(2, sizeof(char *));
	item.names->names[0] = item.names->text = mem_strdup("tank-1.level");
	item.names->count = 1;
	bench_push(b, &item);
}

static void give(struct bench *b, int64_t wall_us)
{
	struct recorder_item item = { .sample = { .ts_ms = wall_us / MS, .type = VALUE_NUMBER, .number = 91.3 } };

	bench_push(b, &item);
}

static void work(struct bench *b, int64_t later_us)
{
	bench_pass(b, later_us);
	recorder_work(b->recorder, b->now);
}

static int64_t kept(const char *dir)
{
	return store_unit_ask(dir, "history.db", "SELECT coalesce(sum(samples), 0) FROM chunk");
}

static void samples_are_staged_every_minute(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	give_names(&b);
	for (int i = 0; i < 50; i++) {
		give(&b, b.now.wall_us);
		work(&b, S);
	}
	assert_true(b.counters.history_rows == 0);
	for (int i = 0; i < 15; i++)
		work(&b, S);
	assert_true(b.counters.history_rows == 50);
	give(&b, b.now.wall_us);
	while (recorder_due(b.recorder) == 0)
		work(&b, 0);
	work(&b, 0);
	assert_int_equal(recorder_due(b.recorder), b.now.mono_us + MINUTE);
	bench_close(&b); /* takes along what was not staged yet */
	assert_true(b.counters.history_rows == 51);
}

/* Works until nothing is due. */
static void settle(struct bench *b)
{
	for (int i = 0; i < 10000 && recorder_due(b->recorder) == 0; i++)
		work(b, 0);
}

/* An hour later all of it is chunks; what is to go has gone. */
static void settle_hour(struct bench *b)
{
	work(b, HOUR);
	settle(b);
	work(b, 11 * MINUTE);
	settle(b);
}

static void what_is_older_than_sixty_days_goes_in_steps_of_a_hundred(void **state)
{
	struct bench b;
	int64_t left;

	bench_open(&b, *state);
	give_names(&b);
	bench_keep(&b, &(struct keeping){ .keep_us = 1000 * DAY, .keep_days_us = 1000 * DAY });
	for (int i = 0; i < 350; i++)
		give(&b, TODAY - 100 * DAY + i * HOUR);
	give(&b, TODAY - 59 * DAY);
	work(&b, 0);
	settle_hour(&b);
	left = kept(*state);
	assert_int_equal(left, 351);
	bench_keep(&b, &(struct keeping){ .keep_us = 60 * DAY, .keep_days_us = 1000 * DAY });
	work(&b, 11 * MINUTE);
	left = kept(*state);
	assert_in_range(left, 251, 351);
	for (int i = 0; i < 1000 && left > 1; i++) {
		int64_t before = left;

		work(&b, 0);
		left = kept(*state);
		assert_in_range(before - left, 0, 100);
	}
	bench_close(&b);
	assert_int_equal(kept(*state), 1);
}

static void bytes_are_bounded_and_the_oldest_hours_go_first(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	give_names(&b);
	for (int i = 0; i < 300; i++)
		give(&b, TODAY - 10 * DAY + i * HOUR / 2);
	work(&b, 0);
	bench_keep(&b, &(struct keeping){ .keep_us = 60 * DAY, .keep_days_us = 60 * DAY, .max_bytes = 8000 });
	settle_hour(&b);
	bench_close(&b);
	assert_in_range(store_unit_ask(*state, "history.db", "SELECT sum(bytes) FROM class"), 7000, 8000);
	/* The newest ones are there, in one piece. */
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT max(hour) - min(hour) - count(*) FROM chunk"),
			 -1);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT max(hour) FROM chunk"),
			 (TODAY - 10 * DAY + 299 * HOUR / 2) / HOUR);
}

static void a_class_may_be_kept_for_longer_or_shorter_than_the_others(void **state)
{
	const struct keeping_class own = { .class = "", .keep_us = 5 * DAY };
	struct bench b;

	bench_open(&b, *state);
	give_names(&b);
	bench_keep(&b, &(struct keeping){
			       .keep_us = 60 * DAY, .keep_days_us = 60 * DAY, .classes = &own, .class_count = 1 });
	give(&b, TODAY - 10 * DAY);
	give(&b, TODAY - 4 * DAY);
	work(&b, 0);
	settle_hour(&b);
	bench_close(&b);
	assert_int_equal(kept(*state), 1);
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
	settle_hour(&b);
	assert_int_equal(kept(*state), 1000);
	b.now.wall_us += 56 * 365 * DAY;
	for (int i = 0; i < 60; i++) { /* for ten hours somebody takes it for right */
		give(&b, b.now.wall_us);
		work(&b, 10 * MINUTE);
		settle(&b);
	}
	b.now.wall_us -= 56 * 365 * DAY;
	give(&b, b.now.wall_us);
	work(&b, 0);
	bench_close(&b);
	/* Ten hours at that pace are four days: none of them is sixty days old by then. */
	assert_int_equal(
		store_unit_ask(*state, "history.db", "SELECT sum(samples) FROM chunk WHERE last < 1795287600000"),
		1000);
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
	settle_hour(&b);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM chunk WHERE last < 3600000"), 1);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM chunk WHERE last < 1795000000000"),
			 1);
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
	assert_true(b.counters.history_rows == 1);
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
	assert_true(b.counters.history_rows == 1);
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
	assert_true(b.counters.history_rows == 1);
}

/* The numbers of names that a full disk has not taken are none. */
static void a_full_disk_gives_no_number_to_two_points(void **state)
{
	struct recorder_item names = { .names = MEM_NEW(struct history_names) };
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct history *h = NULL;
	struct recorder_setup setup;
	struct bench b;

	bench_prepare(&b, *state, (struct clock_now){ HOUR, TODAY });
	assert_int_equal(history_mend_open(b.path, HISTORY_MEND_NEEDED, &h, &what), 0);
	setup = (struct recorder_setup){ .path = b.path, .samples = b.samples, .counters = &b.counters, .history = h };
	b.recorder = recorder_new(&setup);
	work(&b, MINUTE); /* well within the hour */
	names.names->count = 2;
	names.names->names = mem_array(2, sizeof(char *));
	names.names->text = mem_alloc(10 + 70000);
	memcpy(names.names->text, "tank-1", 7);
	memset(names.names->text + 7, 'x', 70000); /* needs pages that there are not */
	names.names->text[70000] = '\0';
	names.names->names[0] = names.names->text;
	names.names->names[1] = names.names->text + 7;
	assert_int_equal(queue_push(b.samples, &names), 0);
	assert_int_equal(sqlite3_exec(h->db->handle, "PRAGMA max_page_count=1", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 2; i++) {
		for (uint32_t p = 0; p < 2; p++) {
			struct recorder_item item = { .sample = { .ts_ms = b.now.wall_us / MS,
								  .point = p,
								  .type = VALUE_NUMBER,
								  .number = 91.3 } };

			assert_int_equal(queue_push(b.samples, &item), 0);
		}
		work(&b, 0);
		work(&b, 2 * MINUTE);
		sqlite3_exec(h->db->handle, "PRAGMA max_page_count=100000", NULL, NULL, NULL);
	}
	assert_true(b.counters.history_dropped == 2);
	assert_true(b.counters.history_rows == 2);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM series"), 2);
}

/* As after a row of it was found damaged and left out. */
static void samples_whose_name_is_gone_do_not_hold_up_the_others(void **state)
{
	struct bench b;

	bench_open(&b, *state);
	give_names(&b);
	give(&b, b.now.wall_us);
	work(&b, 0);
	bench_close(&b);
	store_unit_run(*state, "history.db", "DELETE FROM series; INSERT INTO series VALUES (40, 'x', 1, 0)");
	bench_open(&b, *state);
	give_names(&b);
	give(&b, b.now.wall_us);
	work(&b, 0);
	settle_hour(&b);
	bench_close(&b);
	assert_false(b.counters.history_faulty);
	assert_int_equal(kept(*state), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(samples_are_staged_every_minute),
		STORE_UNIT_CASE(what_is_older_than_sixty_days_goes_in_steps_of_a_hundred),
		STORE_UNIT_CASE(bytes_are_bounded_and_the_oldest_hours_go_first),
		STORE_UNIT_CASE(a_class_may_be_kept_for_longer_or_shorter_than_the_others),
		STORE_UNIT_CASE(a_wall_clock_that_jumps_ahead_by_years_takes_almost_nothing_with_it),
		STORE_UNIT_CASE(samples_of_an_unset_clock_are_not_old_when_it_is_set),
		STORE_UNIT_CASE(a_file_that_cannot_be_opened_costs_samples_only_until_it_can),
		STORE_UNIT_CASE(a_damaged_file_is_set_aside_and_a_new_one_is_begun),
		STORE_UNIT_CASE(numbers_without_a_name_are_counted_as_dropped),
		STORE_UNIT_CASE(a_full_disk_gives_no_number_to_two_points),
		STORE_UNIT_CASE(samples_whose_name_is_gone_do_not_hold_up_the_others),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return UNIT_RUN(tests);
}
