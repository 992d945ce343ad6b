#include "unit.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "plugin/channel.h"
#include "plugin/protocol.h"

#define LINES_MAX 20000

/* A channel over pipes whose other ends the test holds: what a plugin would do is done here. */
static struct {
	struct event_base *base;
	struct channel *channel;
	struct process process;
	int its_in, its_out, its_err; /* the plugin's ends */
	char *lines[LINES_MAX];
	size_t line_count, line_bytes, too_long, drained, logged;
	char closed[64], last_log[200];
	enum log_level last_level;
	const char *deaf_after; /* a line at which the channel stops reading */
} t;

static void on_line(void *context, const char *line, size_t len)
{
	assert_ptr_equal(context, &t);
	assert_int_equal(line[len], '\0');
	assert_true(t.line_count < LINES_MAX);
	t.line_bytes += len;
	t.lines[t.line_count++] = mem_strdup(line);
	if (t.deaf_after && str_equal(line, t.deaf_after))
		channel_stop_reading(t.channel);
}

static void on_too_long(void *context)
{
	assert_ptr_equal(context, &t);
	t.too_long++;
	channel_stop_reading(t.channel);
}

static void on_closed(void *context, const char *what)
{
	assert_ptr_equal(context, &t);
	snprintf(t.closed, sizeof(t.closed), "%s", what);
}

static void on_drained(void *context)
{
	assert_ptr_equal(context, &t);
	t.drained++;
}

static void on_log(void *context, const struct log_entry *entry)
{
	(void)context;
	t.logged++;
	t.last_level = entry->level;
	snprintf(t.last_log, sizeof(t.last_log), "%s", entry->text);
}

static void connect_pipes(void)
{
	int in[2], out[2], err[2];

	assert_int_equal(pipe2(in, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC | O_NONBLOCK), 0);
	t.process = (struct process){ .pidfd = -1, .in = in[1], .out = out[0], .err = err[0] };
	t.its_in = in[0];
	t.its_out = out[1];
	t.its_err = err[1];
	channel_open(t.channel, &t.process);
}

static void close_its(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void disconnect_pipes(void)
{
	channel_close(t.channel);
	close_its(&t.process.in);
	close_its(&t.process.out);
	close_its(&t.process.err);
	close_its(&t.its_in);
	close_its(&t.its_out);
	close_its(&t.its_err);
}

static int setup(void **state)
{
	static const struct log_sink sink = { .write = on_log };

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	memset(&t, 0, sizeof(t));
	log_set_sink(&sink);
	t.base = event_base_new();
	t.channel = channel_new(&(struct channel_setup){ .base = t.base,
							 .name = "x",
							 .context = &t,
							 .line = on_line,
							 .too_long = on_too_long,
							 .closed = on_closed,
							 .drained = on_drained });
	assert_int_equal(channel_send(t.channel, "x", 1), -ENOTCONN);
	assert_false(channel_has_room(t.channel));
	channel_last_words(t.channel); /* of nobody */
	connect_pipes();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	disconnect_pipes();
	channel_free(t.channel);
	event_base_free(t.base);
	for (size_t i = 0; i < t.line_count; i++)
		free(t.lines[i]);
	return 0;
}

static void turn(void)
{
	event_base_loop(t.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void writes(const char *text)
{
	assert_int_equal(write(t.its_out, text, strlen(text)), strlen(text));
}

static void on_limit(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	*(bool *)context = true;
}

/* Runs the loop until so many lines have come; false: not within that time. */
static bool runs_until(const size_t *count, size_t wanted, int64_t limit_us)
{
	bool over = false;
	struct event *limit = event_new(t.base, -1, 0, on_limit, &over);

	event_add(limit, &(struct timeval){ .tv_sec = limit_us / S, .tv_usec = limit_us % S });
	while (!over && *count < wanted)
		event_base_loop(t.base, EVLOOP_ONCE);
	event_free(limit);
	return *count >= wanted;
}

/* ---- lines in ---- */

static void lines_come_whole_however_they_are_cut(void **state)
{
	static const char text[] = "one\n\ntwo \xe6\xa0\x8b\r\nthree\n";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		assert_int_equal(write(t.its_out, text + i, 1), 1);
		turn();
	}
	writes("four\nfive\nsi");
	turn();
	assert_int_equal(t.line_count, 6);
	assert_string_equal(t.lines[0], "one");
	assert_string_equal(t.lines[1], "");
	assert_string_equal(t.lines[2], "two \xe6\xa0\x8b\r");
	assert_string_equal(t.lines[3], "three");
	assert_string_equal(t.lines[4], "four");
	assert_string_equal(t.lines[5], "five");
	writes("x\n");
	turn();
	assert_string_equal(t.lines[6], "six");
}

static void a_nul_does_not_end_a_line(void **state)
{
	(void)state;
	assert_int_equal(write(t.its_out, "a\0b\n", 4), 4);
	turn();
	assert_int_equal(t.line_count, 1);
	assert_int_equal(t.line_bytes, 3);
}

/* Writes len bytes without an end, as the pipe takes them. */
static void fill(size_t len)
{
	static char xs[4096];

	memset(xs, 'x', sizeof(xs));
	while (len > 0) {
		ssize_t n = write(t.its_out, xs, MIN(len, sizeof(xs)));

		if (n > 0)
			len -= (size_t)n;
		turn();
	}
}

static void the_longest_line_is_64_kib_with_its_end(void **state)
{
	(void)state;
	fill(PROTOCOL_LINE_MAX - 1);
	writes("\n");
	while (t.line_count == 0 && t.too_long == 0)
		turn();
	assert_int_equal(t.line_count, 1);
	assert_int_equal(t.line_bytes, PROTOCOL_LINE_MAX - 1);
	assert_int_equal(t.too_long, 0);
	fill(PROTOCOL_LINE_MAX);
	assert_int_equal(t.too_long, 1); /* without waiting for an end */
	assert_int_equal(t.line_count, 1);
}

static void after_deaf_nothing_comes_any_more(void **state)
{
	(void)state;
	t.deaf_after = "two";
	writes("one\ntwo\nthree\n");
	turn();
	writes("four\n");
	turn();
	channel_last_words(t.channel);
	assert_int_equal(t.line_count, 2);
}

static void a_run_begins_with_empty_pipes(void **state)
{
	(void)state;
	t.deaf_after = "one";
	writes("one\nhalf a li");
	assert_int_equal(write(t.its_err, "half", 4), 4);
	turn();
	disconnect_pipes();
	t.deaf_after = NULL;
	connect_pipes();
	writes("whole\n");
	assert_int_equal(write(t.its_err, "log\n", 4), 4);
	turn();
	assert_int_equal(t.line_count, 2);
	assert_string_equal(t.lines[1], "whole");
	assert_string_equal(t.last_log, "plugin x: log");
}

static void last_words_are_all_that_a_pipe_holds(void **state)
{
	char text[64];
	size_t lines = 0;

	(void)state;
	do
		snprintf(text, sizeof(text), "line %zu\n", lines);
	while (write(t.its_out, text, strlen(text)) > 0 && ++lines);
	assert_true(lines > 4500); /* more than a flood may say at once */
	assert_int_equal(write(t.its_err, "why\nand why n", 13), 13);
	channel_last_words(t.channel);
	assert_int_equal(t.line_count, lines);
	assert_int_equal(t.logged, 2);
	assert_string_equal(t.last_log, "plugin x: and why n");
}

static void one_turn_takes_two_hundred_lines_at_most(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		writes("x\n");
	turn();
	assert_int_equal(t.line_count, 200);
	turn();
	assert_in_range(t.line_count, 201, 400);
	assert_true(runs_until(&t.line_count, 1000, 5 * S));
	assert_int_equal(channel_throttled(t.channel), 0);
}

static void beyond_the_burst_it_is_read_at_two_thousand_lines_a_second(void **state)
{
	int64_t began_us = clock_mono_us();
	size_t written = 0;

	(void)state;
	while (written < 6000) {
		while (written < 6000 && write(t.its_out, "x\n", 2) == 2)
			written++;
		assert_true(runs_until(&t.line_count, MIN(t.line_count + 500, written), 5 * S));
	}
	assert_true(runs_until(&t.line_count, 6000, 5 * S));
	assert_in_range((clock_mono_us() - began_us) / MS, 900, 2500); /* 4,000 at once, 2,000 in a second */
	assert_true(channel_throttled(t.channel) > 3);
	assert_int_equal(t.logged, 1);
	assert_string_equal(t.last_log, "plugin x: more than 2000 lines a second: slowed down");
	/* At an ordinary pace it is good again, and that is said. */
	assert_false(runs_until(&t.line_count, 6001, 1200 * MS));
	writes("x\n");
	turn();
	assert_int_equal(t.logged, 2);
	assert_non_null(strstr(t.last_log, "at an ordinary pace again"));
}

static void its_stdout_being_closed_is_told_once_all_is_read(void **state)
{
	(void)state;
	writes("last\n");
	close_its(&t.its_out);
	turn();
	turn();
	assert_string_equal(t.closed, "stdout");
	assert_int_equal(t.line_count, 1);
	t.closed[0] = '\0';
	turn();
	assert_string_equal(t.closed, "");
}

/* ---- lines out ---- */

static void a_line_is_written_at_once(void **state)
{
	char text[16] = "";

	(void)state;
	assert_int_equal(channel_send(t.channel, "hello", 5), 0);
	assert_int_equal(read(t.its_in, text, sizeof(text)), 6); /* no turn of the loop in between */
	assert_string_equal(text, "hello\n");
}

static void what_does_not_fit_is_refused_whole_and_what_fits_arrives_whole(void **state)
{
	char *line = mem_zalloc(50000), *text = mem_alloc(100000);
	size_t sent = 0, bytes = 0;
	ssize_t n;

	(void)state;
	memset(line, 'y', 49999);
	while (channel_send(t.channel, line, 49999) == 0)
		assert_true(++sent < 100);
	assert_int_equal(channel_send(t.channel, line, 49999), -EAGAIN);
	assert_true(channel_throttled(t.channel) >= 2);
	assert_false(channel_has_room(t.channel));
	assert_int_equal(channel_send(t.channel, line, 100), 0); /* a small one still fits */
	while (bytes < sent * 50000 + 101) {
		turn();
		n = read(t.its_in, text, 100000);
		bytes += n > 0 ? (size_t)n : 0;
	}
	turn();
	assert_int_equal(bytes, sent * 50000 + 101);
	assert_in_range(sent, 10, 12); /* 512 KiB, and the pipe */
	assert_true(channel_has_room(t.channel));
	assert_int_equal(t.drained, 1);
	free(line);
	free(text);
}

static void a_line_longer_than_the_protocol_allows_is_refused(void **state)
{
	char *line = mem_zalloc(PROTOCOL_LINE_MAX);

	(void)state;
	memset(line, 'y', PROTOCOL_LINE_MAX);
	assert_int_equal(channel_send(t.channel, line, PROTOCOL_LINE_MAX), -EMSGSIZE);
	assert_int_equal(channel_send(t.channel, line, PROTOCOL_LINE_MAX - 1), 0);
	free(line);
}

static void its_stdin_being_closed_is_told_and_sending_refused(void **state)
{
	(void)state;
	close_its(&t.its_in);
	assert_int_equal(channel_send(t.channel, "x", 1), 0);
	assert_string_equal(t.closed, "stdin");
	assert_int_equal(channel_send(t.channel, "x", 1), -EPIPE);
	turn();
	assert_int_equal(t.drained, 0);
}

/* ---- its log ---- */

static void levels_of_its_log_are_kept(void **state)
{
	static const struct {
		const char *line, *logged;
		enum log_level level;
	} rows[] = {
		{ "<3>bad\n", "plugin x: bad", LOG_LEVEL_ERROR }, { "<0>worse\n", "plugin x: worse", LOG_LEVEL_ERROR },
		{ "<4>hm\n", "plugin x: hm", LOG_LEVEL_WARNING }, { "<6>so\n", "plugin x: so", LOG_LEVEL_INFO },
		{ "plain\n", "plugin x: plain", LOG_LEVEL_INFO }, { "<8>odd\n", "plugin x: <8>odd", LOG_LEVEL_INFO },
		{ "<\n", "plugin x: <", LOG_LEVEL_INFO },         { "<3\n", "plugin x: <3", LOG_LEVEL_INFO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(write(t.its_err, rows[i].line, strlen(rows[i].line)), strlen(rows[i].line));
		turn();
		assert_int_equal(t.logged, i + 1);
		assert_string_equal(t.last_log, rows[i].logged);
		assert_int_equal(t.last_level, rows[i].level);
	}
}

static void a_log_without_ends_of_lines_is_dropped(void **state)
{
	char xs[4096];
	size_t written = 0;

	(void)state;
	memset(xs, 'x', sizeof(xs));
	for (int i = 0; i < 1000; i++) {
		ssize_t n = write(t.its_err, xs, sizeof(xs));

		written += n > 0 ? (size_t)n : 0;
		turn();
	}
	assert_true(written > 1000000); /* all read, nothing kept */
	channel_last_words(t.channel);
	assert_in_range(t.logged, 0, 1);
}

static void a_flood_in_its_log_is_cut_but_read(void **state)
{
	size_t written = 0;
	int64_t until_us = clock_mono_us() + S;

	(void)state;
	while (clock_mono_us() < until_us) {
		while (write(t.its_err, "<4>something is wrong\n", 22) == 22)
			written++;
		event_base_loop(t.base, EVLOOP_ONCE);
	}
	assert_int_equal(t.logged, 20 + 2);    /* then one more, and that further ones are only counted */
	assert_in_range(written, 5000, 60000); /* in pauses: neither stuck nor as fast as it can */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lines_come_whole_however_they_are_cut),
		CASE(a_nul_does_not_end_a_line),
		CASE(the_longest_line_is_64_kib_with_its_end),
		CASE(after_deaf_nothing_comes_any_more),
		CASE(a_run_begins_with_empty_pipes),
		CASE(last_words_are_all_that_a_pipe_holds),
		CASE(one_turn_takes_two_hundred_lines_at_most),
		CASE(beyond_the_burst_it_is_read_at_two_thousand_lines_a_second),
		CASE(its_stdout_being_closed_is_told_once_all_is_read),
		CASE(a_line_is_written_at_once),
		CASE(what_does_not_fit_is_refused_whole_and_what_fits_arrives_whole),
		CASE(a_line_longer_than_the_protocol_allows_is_refused),
		CASE(its_stdin_being_closed_is_told_and_sending_refused),
		CASE(levels_of_its_log_are_kept),
		CASE(a_log_without_ends_of_lines_is_dropped),
		CASE(a_flood_in_its_log_is_cut_but_read),
	};

	return UNIT_RUN(tests);
}
