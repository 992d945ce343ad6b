/* Samples into the recorder, in virtual time, and out again through the readers. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "bench.h"
#include "store/history_reader.h"
#include "store/history_sums.h"
#include "store/ring.h"

#define START  ((int64_t)1795287600 * S) /* an hour begins */
#define POINTS 40                        /* three slices of the ring */

static void bench_open(struct bench *b, const char *dir, struct clock_now now)
{
	struct recorder_item item = { .names = MEM_NEW(struct history_names) };
	struct str_buf text = { 0 };
	char *at;

	bench_prepare(b, dir, now);
	b->recorder = recorder_new(
		&(struct recorder_setup){ .path = b->path, .samples = b->samples, .counters = &b->counters });
	for (size_t i = 0; i < POINTS; i++) {
		str_buf_printf(&text, "tank-%zu.level", i);
		str_buf_add_len(&text, "", 1);
	}
	item.names->count = POINTS;
	item.names->names = mem_array(POINTS, sizeof(char *));
	item.names->classes = mem_array(POINTS, sizeof(char *));
	at = item.names->text = str_buf_take(&text);
	for (size_t i = 0; i < POINTS; i++, at += strlen(at) + 1) {
		item.names->names[i] = at;
		item.names->classes[i] = i < POINTS / 2 ? "tank" : "lift";
	}
	bench_push(b, &item);
}

static void work(struct bench *b, int64_t later_us)
{
	bench_pass(b, later_us);
	do
		recorder_work(b->recorder, b->now);
	while (recorder_due(b->recorder) == 0);
}

static void give(struct bench *b, uint32_t point, double number)
{
	struct recorder_item item = {
		.sample = { .ts_ms = b->now.wall_us / MS, .point = point, .type = VALUE_NUMBER, .number = number }
	};

	bench_push(b, &item);
}

static void give_text(struct bench *b, uint32_t point, enum value_type type, const char *text)
{
	struct recorder_item item = { .sample = {
					      .ts_ms = b->now.wall_us / MS, .point = point, .type = (uint8_t)type } };

	item.sample.text = mem_strdup(text);
	bench_push(b, &item);
}

static struct history_reader *read_from(const char *path, const struct history_span *want)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct history_span span = *want;
	struct history_reader *r = NULL;

	span.path = path;
	if (!span.to_ms)
		span.to_ms = INT64_MAX / 2;
	if (history_reader_open(&span, &r, &why) < 0)
		fail_msg("history_reader_open: %s", str_buf_text(&why));
	return r;
}

/* What a point shows in that second. */
static double level(size_t point, int64_t second)
{
	return (double)((second * 7 + (int64_t)point * 13) % 400) / 10;
}

static void fill(struct bench *b, int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++) {
		for (uint32_t p = 0; p < POINTS; p++)
			give(b, p, level(p, b->now.wall_us / S));
		work(b, S);
	}
}

/* Every point's every second from then on, in order; returns how many seconds. */
static int64_t check_within(const char *dir, int64_t from_us, size_t max_bytes)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	char names[POINTS][32];
	const char *points[POINTS];
	_cleanup_(history_reader_closep) struct history_reader *r = NULL;
	struct history_reader_sample s;
	int64_t count = 0;
	int rc;

	for (size_t i = 0; i < POINTS; i++) {
		snprintf(names[i], sizeof(names[i]), "tank-%zu.level", i);
		points[i] = names[i];
	}
	r = read_from(path,
		      &(struct history_span){
			      .points = points, .count = POINTS, .from_ms = from_us / MS, .max_bytes = max_bytes });
	while ((rc = history_reader_next(r, &s)) > 0) {
		assert_int_equal(s.ts_ms, from_us / MS + count / POINTS * 1000);
		assert_int_equal(s.point, count % POINTS);
		assert_int_equal(s.value.type, VALUE_NUMBER);
		assert_true(s.value.number == level(s.point, s.ts_ms / 1000));
		count++;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(history_reader_damaged(r), 0);
	assert_int_equal(count % POINTS, 0);
	return count / POINTS;
}

static int64_t check_all(const char *dir, int64_t from_us)
{
	return check_within(dir, from_us, 0);
}

static void an_hour_that_memory_does_not_hold_is_read_step_by_step(void **state)
{
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START + 58 * MINUTE });
	fill(&b, 4 * 60);
	bench_close(&b);
	assert_int_equal(check_within(*state, START + 58 * MINUTE, 1), 4 * 60);
	assert_int_equal(check_within(*state, START + 58 * MINUTE, 3000),
			 4 * 60); /* some of the points, then no more */
	assert_int_equal(check_within(*state, START + 59 * MINUTE + 30 * S, 1), 2 * 60 + 30);
}

static void every_sample_comes_back_in_order_from_chunks_and_ring(void **state)
{
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START + 20 * MINUTE });
	fill(&b, 3 * 3600);
	bench_close(&b);
	assert_int_equal(check_all(*state, START + 20 * MINUTE), 3 * 3600);
	/* Three hours that are over are one chunk a point each, and the times of a slice stand once. */
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM chunk"), 3 * POINTS);
	assert_in_range(store_unit_ask(*state, "history.db", "SELECT count(*) FROM stamps"), 3, 9);
	assert_int_equal(store_unit_ask(*state, "history.db",
					"SELECT sum(bytes) = (SELECT sum(length(body) + 72) FROM chunk)"
					" + (SELECT sum(length(body) + 36) FROM stamps) FROM class"),
			 1);
}

static void a_crash_takes_a_minute_at_most_and_nothing_twice(void **state)
{
	int64_t kept, given = 0;
	struct clock_now now = { HOUR, START };

	for (int round = 0; round < 6; round++) {
		struct bench b;

		bench_open(&b, *state, now);
		fill(&b, 1800 + 97 * round);
		given += 1800 + 97 * round;
		bench_kill(&b);
		kept = check_all(*state, START);
		assert_in_range(given - kept, 0, 61);
		/* The next round goes on where this one was cut, so that a gap or a repetition would be seen. */
		given = kept;
		now = (struct clock_now){ HOUR, START + kept * S };
	}
}

static void a_pass_that_is_cut_off_goes_on_where_it_was(void **state)
{
	struct clock_now now = { HOUR, START };
	struct bench b;

	bench_open(&b, *state, now);
	fill(&b, 3601);
	bench_pass(&b, 2 * S);
	recorder_work(b.recorder, b.now); /* the first of three slices */
	recorder_work(b.recorder, b.now);
	assert_in_range(store_unit_ask(*state, "history.db", "SELECT count(*) FROM chunk"), 0, POINTS - 1);
	now = b.now;
	bench_kill(&b);
	assert_in_range(check_all(*state, START), 3540, 3601);
	bench_open(&b, *state, now);
	work(&b, S);
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM chunk"), POINTS);
	assert_in_range(check_all(*state, START), 3540, 3601);
}

static void texts_events_and_what_is_not_known_come_back_as_they_were(void **state)
{
	static const char *const points[] = { "tank-1.level", "tank-3.level", "nobody.knows" };
	_cleanup_(freep) char *path = store_unit_path(*state, "history.db");
	struct recorder_item gone = { .sample = { .point = 1, .quality = QUALITY_LOST } };
	struct history_reader_sample s;
	struct history_reader *r;
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	give_text(&b, 1, VALUE_TEXT, "正常");
	give_text(&b, 3, VALUE_EVENT, "card 1");
	work(&b, S);
	give_text(&b, 3, VALUE_EVENT, "card 1");
	gone.sample.ts_ms = b.now.wall_us / MS;
	queue_push(b.samples, &gone);
	for (int pass = 0; pass < 2; pass++) {
		work(&b, pass ? HOUR + 10 * S : 0);
		assert_int_equal(recorder_stage(b.recorder), 0);
		r = read_from(path, &(struct history_span){ .points = points, .count = 3 });
		assert_int_equal(history_reader_next(r, &s), 1);
		assert_int_equal(s.value.type, VALUE_TEXT);
		assert_string_equal(s.value.text, "正常");
		assert_int_equal(history_reader_next(r, &s), 1);
		assert_int_equal(s.value.type, VALUE_EVENT);
		assert_string_equal(s.value.text, "card 1");
		assert_int_equal(s.point, 1);
		assert_int_equal(history_reader_next(r, &s), 1);
		assert_int_equal(s.point, 0);
		assert_int_equal(s.quality, QUALITY_LOST);
		assert_int_equal(s.value.type, VALUE_NONE);
		assert_int_equal(history_reader_next(r, &s), 1);
		assert_int_equal(s.point, 1);
		assert_int_equal(history_reader_next(r, &s), 0);
		history_reader_close(r);
	}
	bench_close(&b);
}

static void a_point_that_does_not_change_says_every_quarter_that_it_lives(void **state)
{
	static const char *const points[] = { "tank-1.level" };
	_cleanup_(freep) char *path = store_unit_path(*state, "history.db");
	_cleanup_(history_reader_closep) struct history_reader *r = NULL;
	struct history_reader_sample s;
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START + 10 * MINUTE });
	work(&b, 0);
	give(&b, 1, 91.3);
	for (int i = 0; i < 60; i++)
		work(&b, MINUTE);
	bench_close(&b);
	r = read_from(path, &(struct history_span){ .points = points, .count = 1 });
	for (int64_t at_us = START + 10 * MINUTE; at_us < START + 70 * MINUTE; at_us += 15 * MINUTE) {
		assert_int_equal(history_reader_next(r, &s), 1);
		assert_int_equal(s.ts_ms, at_us / MS);
		assert_true(s.value.number == 91.3);
		at_us = at_us == START + 10 * MINUTE ? START : at_us;
	}
	assert_int_equal(history_reader_next(r, &s), 0);
}

/* ---- sums ---- */

static size_t sums(const char *dir, const struct history_sums_ask *want, struct history_sums_row **ret_rows)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct history_sums_ask ask = *want;
	size_t count = 0;

	ask.path = path;
	assert_int_equal(history_sums_read(&ask, ret_rows, &count, &why), 0);
	return count;
}

static void hours_from_their_sums_are_those_of_their_samples(void **state)
{
	struct history_sums_ask ask = { .point = "tank-3.level", .from_ms = START / MS, .every_ms = HOUR / MS };
	_cleanup_(freep) struct history_sums_row *rows = NULL, *fine = NULL;
	size_t count;
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 3 * 3600 + 1800);
	ask.to_ms = b.now.wall_us / MS;
	bench_close(&b);
	count = sums(*state, &ask, &rows);
	assert_int_equal(count, 4);
	ask.every_ms = 30 * MINUTE / MS; /* from the samples */
	assert_int_equal(sums(*state, &ask, &fine), 7);
	for (size_t i = 0; i < 3; i++) {
		struct sums both = fine[2 * i].sums;

		sums_merge(&both, &fine[2 * i + 1].sums);
		assert_int_equal(rows[i].from_ms, (START + (int64_t)i * HOUR) / MS);
		assert_int_equal(rows[i].sums.count, 3600);
		assert_int_equal(rows[i].sums.held_ms, HOUR / MS);
		assert_true(rows[i].sums.min == both.min && rows[i].sums.max == both.max);
		assert_true(fabs(sums_average(&rows[i].sums) - sums_average(&both)) < 1e-9);
		assert_true(fabs(sums_average(&both) - 19.95) < 0.2);
	}
	assert_int_equal(rows[3].sums.count, 1800);
}

static void a_value_that_holds_counts_for_as_long_as_it_held(void **state)
{
	struct history_sums_ask ask = { .point = "tank-3.level", .from_ms = START / MS, .every_ms = HOUR / MS };
	_cleanup_(freep) struct history_sums_row *rows = NULL;
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	work(&b, 0);
	give(&b, 3, 10);
	for (int i = 0; i < 45; i++)
		work(&b, MINUTE);
	give(&b, 3, 30);
	for (int i = 0; i < 75; i++)
		work(&b, MINUTE);
	ask.to_ms = b.now.wall_us / MS;
	bench_close(&b);
	assert_int_equal(sums(*state, &ask, &rows), 2);
	assert_true(fabs(sums_average(&rows[0].sums) - 15) < 0.01);
	assert_true(rows[0].sums.min == 10 && rows[0].sums.max == 30);
	assert_true(sums_average(&rows[1].sums) == 30);
}

static void windows_finer_than_an_hour_look_at_so_many_samples_and_no_more(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "history.db");
	struct history_sums_ask ask = { .path = path,
					.point = "tank-3.level",
					.from_ms = START / MS,
					.every_ms = MINUTE / MS,
					.max_samples = 600 };
	_cleanup_(freep) struct history_sums_row *rows = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	size_t count = 7;
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 600);
	ask.to_ms = b.now.wall_us / MS;
	bench_close(&b);
	assert_int_equal(history_sums_read(&ask, &rows, &count, &why), 0);
	assert_int_equal(count, 10);
	free(steal(&rows));
	ask.max_samples = 599;
	count = 7;
	assert_int_equal(history_sums_read(&ask, &rows, &count, &why), -E2BIG);
	assert_non_null(strstr(str_buf_text(&why), "ask for whole hours, or for a shorter time"));
	assert_int_equal(count, 7);
}

static void days_are_summed_once_they_are_over_and_outlive_their_samples(void **state)
{
	struct history_sums_ask ask = { .point = "tank-3.level", .every_ms = DAY / MS };
	int64_t midnight = START / DAY * DAY + DAY;
	_cleanup_(freep) struct history_sums_row *rows = NULL, *kept = NULL;
	struct bench b;
	size_t count;

	bench_open(&b, *state, (struct clock_now){ HOUR, midnight });
	for (int i = 0; i < 4 * 96; i++) {
		give(&b, 3, i / 96);
		work(&b, 15 * MINUTE);
	}
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM day"), 3);
	ask.from_ms = midnight / MS;
	ask.to_ms = b.now.wall_us / MS;
	count = sums(*state, &ask, &rows);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(sums_average(&rows[i].sums) == (double)i && rows[i].sums.count >= 96);
	bench_close(&b);
	store_unit_run(*state, "history.db", "DELETE FROM chunk; DELETE FROM stamps");
	assert_int_equal(sums(*state, &ask, &kept), 3 + 1); /* the last hour is in the ring */
	assert_true(kept[2].sums.count >= 96);
}

/* ---- damage ---- */

static void a_chunk_with_a_flipped_bit_is_left_out_and_counted(void **state)
{
	static const char *const points[] = { "tank-1.level" };
	_cleanup_(freep) char *path = store_unit_path(*state, "history.db");
	_cleanup_(history_reader_closep) struct history_reader *r = NULL;
	struct history_reader_sample s;
	struct bench b;
	int count = 0;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 2 * 3600 + 10);
	bench_close(&b);
	store_unit_run(*state, "history.db",
		       "UPDATE chunk SET min = min + 1 WHERE hour = (SELECT min(hour) FROM chunk) AND point ="
		       " (SELECT id FROM series WHERE name = 'tank-1.level')");
	r = read_from(path, &(struct history_span){ .points = points, .count = 1 });
	while (history_reader_next(r, &s) > 0)
		count++;
	assert_int_equal(count, 3600 + 10);
	assert_int_equal(history_reader_damaged(r), 1);
}

static void a_record_of_the_ring_that_is_torn_costs_that_record_only(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "history.ring");
	static const char *const points[] = { "tank-1.level" };
	_cleanup_(freep) char *database = store_unit_path(*state, "history.db");
	_cleanup_(history_reader_closep) struct history_reader *r = NULL;
	struct history_reader_sample s;
	struct bench b;
	int fd, count = 0;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 600);
	bench_kill(&b);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "xxxxxxxx", 8, 140), 8);
	close(fd);
	r = read_from(database, &(struct history_span){ .points = points, .count = 1 });
	while (history_reader_next(r, &s) > 0)
		count++;
	assert_in_range(count, 600 - 2 * 61, 600 - 59);
}

static void a_ring_that_was_cut_short_is_made_whole(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "history.ring");
	struct stat whole, st;
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 1);
	bench_close(&b);
	assert_int_equal(stat(path, &whole), 0);
	assert_int_equal(truncate(path, RING_BLOCK), 0);
	bench_open(&b, *state, (struct clock_now){ HOUR, START + S });
	fill(&b, 600);
	bench_close(&b);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, whole.st_size);
	assert_int_equal(check_all(*state, START), 601);
}

static void what_is_behind_the_ring_is_not_looked_at(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "history.ring");
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	fill(&b, 1);
	bench_close(&b);
	assert_int_equal(truncate(path, (off_t)1 << 42), 0); /* a hole: longer than anybody could read */
	bench_open(&b, *state, (struct clock_now){ HOUR, START + S });
	fill(&b, 10);
	bench_close(&b);
	assert_int_equal(check_all(*state, START), 11);
}

/* ---- a wall clock that was wrong ---- */

static void days_go_on_after_the_clock_was_years_ahead(void **state)
{
	int64_t midnight = START / DAY * DAY + DAY;
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, midnight + 3650 * DAY });
	for (int i = 0; i < 2 * 2 * 96; i++) {
		if (i == 2 * 96)
			b.now.wall_us -= 3650 * DAY;
		give(&b, 3, i);
		work(&b, 15 * MINUTE);
	}
	bench_close(&b);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM day WHERE day < 22000"), 1);
}

static void a_point_goes_on_living_after_the_clock_was_years_ahead(void **state)
{
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START + 3650 * DAY });
	work(&b, 0);
	give(&b, 1, 91.3);
	work(&b, MINUTE);
	b.now.wall_us -= 3650 * DAY;
	for (int i = 0; i < 130; i++)
		work(&b, MINUTE);
	bench_close(&b);
	assert_in_range(
		store_unit_ask(*state, "history.db", "SELECT sum(samples) FROM chunk WHERE last < 1799999999999"), 4,
		12);
}

/* ---- bounds ---- */

static void times_that_were_shared_go_with_the_last_chunk_of_their_hour(void **state)
{
	struct bench b;

	bench_open(&b, *state, (struct clock_now){ HOUR, START });
	bench_keep(&b, &(struct keeping){ .keep_us = 60 * DAY, .keep_days_us = 60 * DAY, .max_bytes = 30000 });
	for (int i = 0; i < 6 * 3600; i += 7) {
		for (uint32_t p = 0; p < POINTS; p++)
			give(&b, p, level(p, b.now.wall_us / S));
		work(&b, (7 + i % 3) * S);
	}
	work(&b, 11 * MINUTE);
	bench_close(&b);
	assert_int_not_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM stamps"), 0);
	assert_int_equal(store_unit_ask(*state, "history.db",
					"SELECT count(*) FROM stamps WHERE hour < (SELECT min(hour) FROM chunk WHERE"
					" chunk.class = stamps.class)"),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(every_sample_comes_back_in_order_from_chunks_and_ring),
		STORE_UNIT_CASE(an_hour_that_memory_does_not_hold_is_read_step_by_step),
		STORE_UNIT_CASE(a_crash_takes_a_minute_at_most_and_nothing_twice),
		STORE_UNIT_CASE(a_pass_that_is_cut_off_goes_on_where_it_was),
		STORE_UNIT_CASE(texts_events_and_what_is_not_known_come_back_as_they_were),
		STORE_UNIT_CASE(a_point_that_does_not_change_says_every_quarter_that_it_lives),
		STORE_UNIT_CASE(hours_from_their_sums_are_those_of_their_samples),
		STORE_UNIT_CASE(a_value_that_holds_counts_for_as_long_as_it_held),
		STORE_UNIT_CASE(windows_finer_than_an_hour_look_at_so_many_samples_and_no_more),
		STORE_UNIT_CASE(days_are_summed_once_they_are_over_and_outlive_their_samples),
		STORE_UNIT_CASE(a_chunk_with_a_flipped_bit_is_left_out_and_counted),
		STORE_UNIT_CASE(a_record_of_the_ring_that_is_torn_costs_that_record_only),
		STORE_UNIT_CASE(a_ring_that_was_cut_short_is_made_whole),
		STORE_UNIT_CASE(what_is_behind_the_ring_is_not_looked_at),
		STORE_UNIT_CASE(days_go_on_after_the_clock_was_years_ahead),
		STORE_UNIT_CASE(a_point_goes_on_living_after_the_clock_was_years_ahead),
		STORE_UNIT_CASE(times_that_were_shared_go_with_the_last_chunk_of_their_hour),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return UNIT_RUN(tests);
}
