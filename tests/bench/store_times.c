/* store_times.c: how long things of the store take: an alarm's commit beside a heavy history, on a disk whose flushes are slow;
 * what a person asks of the history.
 *
 *   store_times DIR commits COUNT SYNC_MS    an alarm and its message COUNT times, each flush SYNC_MS longer than the disk's
 *   store_times DIR fill DAYS                twenty points, a sample a minute, as long as that
 *   store_times DIR query                    of what fill made; each question once from the disk and then from memory
 *
 * Prints lines of a name and milliseconds. The store is the daemon's own; in `commits` it runs with its thread, in real time. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/days.h"
#include "store/history_mend.h"
#include "store/history_reader.h"
#include "store/history_sums.h"
#include "store/store.h"

#define POINTS    1000
#define PER_ALARM 200 /* samples that come with each alarm */
#define FILLED    20
#define START_US  ((int64_t)1795287600 * S)

/* ---- a disk that is slow to flush ---- */

static int64_t sync_us;

/* Instead of the C library's: SQLite and the ring end up here. */
int fdatasync(int fd)
{
	if (sync_us)
		clock_poll(-1, 0, clock_mono_us() + sync_us);
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	if (sync_us)
		clock_poll(-1, 0, clock_mono_us() + sync_us);
	return (int)syscall(SYS_fsync, fd);
}

/* ---- commits ---- */

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void tell(const char *name, int64_t *times, size_t count)
{
	qsort(times, count, sizeof(*times), compare);
	printf("%s_p50 %.2f\n%s_p99 %.2f\n%s_max %.2f\n", name, (double)times[count / 2] / MS, name,
	       (double)times[MIN(count - 1, count * 99 / 100)] / MS, name, (double)times[count - 1] / MS);
}

static void give_samples(struct store *s, int64_t number)
{
	for (uint32_t i = 0; i < PER_ALARM; i++) {
		struct reading r = { .point = (uint32_t)(number * PER_ALARM + i) % POINTS,
				     .value = value_number((double)((number * 7 + i) % 500) / 10),
				     .at = clock_now() };

		store_submit_history(s, &r);
	}
}

/* From the submission to the answer: the alarm is on the disk. */
static int64_t commit(struct store *s, uint64_t token)
{
	struct alarm_transition t = { .alarm = { .id = (char *)"sos/sos-1204",
						 .rule = (char *)"sos",
						 .asset = (char *)"sos-1204",
						 .place = (char *)"b3/u1/1204",
						 .state = token % 2 ? ALARM_UNACKED : ALARM_ACKED,
						 .priority = 1,
						 .text_zh = (char *)"3栋1204 求助",
						 .text_en = (char *)"help wanted in 1204" },
				      .input = token % 2 ? ALARM_IN_RAISED : ALARM_IN_ACK,
				      .at = clock_now() };
	struct store_message m = { .uplink = "cloud",
				   .lane = ENVELOPE_ALARM,
				   .kind = "alarm",
				   .payload = "{\"alarm\":\"sos/sos-1204\",\"state\":\"unacked\",\"priority\":1}",
				   .time_us = clock_wall_us(),
				   .clock = CLOCK_SYNCHRONISED };
	struct store_commit c = { .transitions = &t,
				  .transition_count = 1,
				  .messages = &m,
				  .message_count = 1,
				  .now = clock_now(),
				  .token = token,
				  .clock = CLOCK_SYNCHRONISED };
	int64_t began_us = clock_mono_us();
	struct store_done done;
	bool mine = false;

	if (store_submit(s, &c) < 0)
		return -1;
	while (!mine && clock_poll(store_fd(s), 1 /* POLLIN */, INT64_MAX) > 0)
		while (!mine && store_next(s, &done)) {
			mine = done.kind == STORE_COMMITTED && done.token == token && done.error == 0;
			store_done_fini(&done);
		}
	return clock_mono_us() - began_us;
}

static int run_commits(const char *dir, int64_t count)
{
	struct store_setup setup = { .dir = dir, .estate = "bench" };
	static struct point points[POINTS];
	static char names[POINTS][32];
	struct point_table table = { .points = points, .count = POINTS };
	int64_t *times = mem_array((size_t)count + 1, sizeof(*times));
	struct status_store status;
	const char *text = NULL;
	struct store *s = NULL;

	if (store_open(&setup, &s, &text) < 0) {
		fprintf(stderr, "store_times: %s\n", text);
		return 1;
	}
	for (size_t i = 0; i < POINTS; i++) {
		snprintf(names[i], sizeof(names[i]), "device-%zu.point-%zu", i / 20, i % 20);
		points[i].name = names[i];
	}
	store_name_points(s, &table);
	commit(s, 1);
	for (int64_t i = 0; i < count; i++) {
		give_samples(s, i);
		times[i] = commit(s, (uint64_t)i + 2);
		clock_poll(-1, 0, clock_mono_us() + 5 * MS);
	}
	tell("commit", times, (size_t)count);
	store_status(s, &status);
	printf("samples %" PRIu64 "\ndropped %" PRIu64 "\n", (uint64_t)(count * PER_ALARM), status.history_dropped);
	store_close(s);
	free(times);
	return 0;
}

/* ---- a history of years, and questions ---- */

static char *path_in(const char *dir)
{
	struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/history.db", dir);
	return str_buf_take(&path);
}

static int put_hour(struct history *h, uint32_t point, int64_t hour)
{
	struct chunk_sample samples[60];
	struct history_chunk c = {
		.point = point, .hour = hour, .series = { VALUE_NUMBER, samples, 60 }, .shares = true
	};

	for (int64_t i = 0; i < 60; i++) {
		samples[i] = (struct chunk_sample){ .ts_ms = hour * HISTORY_HOUR_MS + i * 60000,
						    .number = (double)((hour * 31 + i * point * 7) % 400) / 10 };
		sums_see(&c.sums, samples[i].number);
		sums_hold(&c.sums, samples[i].number, 60000);
	}
	return history_put_chunk(h, &c);
}

static int put_day(struct history *h, int64_t day)
{
	int r = history_begin(h);

	for (int64_t i = 0; r == 0 && i < FILLED; i++) {
		char name[32];
		uint32_t point = 0;

		snprintf(name, sizeof(name), "device-0.point-%d", (int)i);
		r = history_series(h, name, "pump", &point);
		for (int64_t hour = day * 24; r == 0 && hour < day * 24 + 24; hour++)
			r = put_hour(h, point, hour);
	}
	return r == 0 ? history_commit(h) : r;
}

static int run_fill(const char *dir, int64_t count)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	_cleanup_(freep) char *path = path_in(dir);
	_cleanup_(history_closep) struct history *h = NULL;
	struct days_limits limits = { START_US / HOUR, START_US / HOUR };
	struct days days;
	int r = history_open(path, &h, &what);

	for (int64_t day = START_US / DAY - count; r == 0 && day < START_US / DAY; day++)
		r = put_day(h, day);
	if (r == 0)
		r = days_init(&days, h);
	if (r < 0)
		return 1;
	while ((r = days_step(&days, &limits)) > 0)
		;
	days_fini(&days);
	return r < 0;
}

/* The pages of the file are read from the disk again. */
static void forget(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	syscall(SYS_fdatasync, fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

static size_t ask_sums(const char *path, int64_t span_us, int64_t every_us)
{
	struct history_sums_ask ask = { .path = path, .point = "device-0.point-7", .every_ms = every_us / MS };
	_cleanup_(freep) struct history_sums_row *rows = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	size_t count = 0;

	ask.to_ms = START_US / DAY * DAY / MS;
	ask.from_ms = ask.to_ms - span_us / MS;
	history_sums_read(&ask, &rows, &count, &why);
	return count;
}

static size_t ask_samples(const char *path, int64_t span_us, size_t points)
{
	static const char *const names[] = { "device-0.point-7", "device-0.point-1", "device-0.point-2",
					     "device-0.point-3" };
	struct history_span span = { .path = path, .points = names, .count = points };
	_cleanup_str_buf_ struct str_buf why = { 0 };
	_cleanup_(history_reader_closep) struct history_reader *r = NULL;
	struct history_reader_sample sample;
	size_t count = 0;

	span.to_ms = START_US / DAY * DAY / MS;
	span.from_ms = span.to_ms - span_us / MS;
	if (history_reader_open(&span, &r, &why) == 0)
		while (history_reader_next(r, &sample) > 0)
			count++;
	return count;
}

static const struct question {
	const char *name;
	int64_t span_us, every_us; /* 0: the samples */
	size_t points;
} questions[] = {
	{ "year_by_day", 365 * DAY, DAY, 1 },    { "year_by_hour", 365 * DAY, HOUR, 1 },
	{ "month_by_hour", 30 * DAY, HOUR, 1 },  { "day_by_5_minutes", DAY, 5 * MINUTE, 1 },
	{ "day_of_samples", DAY, 0, 1 },         { "month_of_samples", 30 * DAY, 0, 1 },
	{ "day_of_samples_of_four", DAY, 0, 4 },
};

static int run_query(const char *dir)
{
	_cleanup_(freep) char *path = path_in(dir);
	int64_t times[30];

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct question *q = &questions[i];
		size_t rows = 0;

		forget(path);
		for (size_t n = 0; n < ARRAY_SIZE(times); n++) {
			int64_t began_us = clock_mono_us();

			rows = q->every_us ? ask_sums(path, q->span_us, q->every_us)
					   : ask_samples(path, q->span_us, q->points);
			times[n] = clock_mono_us() - began_us;
		}
		printf("%s_rows %zu\n%s_cold %.2f\n", q->name, rows, q->name, (double)times[0] / MS);
		tell(q->name, times + 1, ARRAY_SIZE(times) - 1);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int64_t count = 0, slow_ms = 0;

	clock_begin();
	if (argc < 3 || (argc > 3 && str_to_i64(argv[3], &count) < 0) ||
	    (argc > 4 && str_to_i64(argv[4], &slow_ms) < 0))
		return 2;
	if (str_equal(argv[2], "fill"))
		return run_fill(argv[1], count);
	if (str_equal(argv[2], "query"))
		return run_query(argv[1]);
	sync_us = slow_ms * MS;
	return count > 0 ? run_commits(argv[1], count) : 2;
}
