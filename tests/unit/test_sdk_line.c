/* Lines in and out of a plugin, over a pipe as in life. */
#include <fcntl.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sdk/sdk_line.h"
#include "unit.h"

struct fixture {
	int pipe[2];
	struct sdk_line_in in;
	struct sdk_line_out out;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || pipe2(f->pipe, O_NONBLOCK | O_CLOEXEC) < 0)
		return -1;
	sdk_line_in_init(&f->in);
	sdk_line_out_init(&f->out, 4 * SDK_LINE_MAX);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->pipe[0]);
	close(f->pipe[1]);
	sdk_line_in_fini(&f->in);
	sdk_line_out_fini(&f->out);
	free(f);
	return 0;
}

static void feed(struct fixture *f, const char *data, size_t len)
{
	assert_int_equal(write(f->pipe[1], data, len), (int)len);
	assert_int_equal(sdk_line_read(&f->in, f->pipe[0]), (int)len);
}

static void expect_line(struct fixture *f, const char *text)
{
	char *line;
	size_t len;

	assert_true(sdk_line_next(&f->in, &line, &len));
	assert_string_equal(line, text);
	assert_int_equal(len, strlen(text));
}

static void expect_none(struct fixture *f)
{
	char *line;
	size_t len;

	assert_false(sdk_line_next(&f->in, &line, &len));
}

static void lines_come_out_as_they_went_in_however_they_were_cut(void **state)
{
	struct fixture *f = *state;

	feed(f, "one\ntw", 6);
	expect_line(f, "one");
	expect_none(f);
	feed(f, "o\n\nthree\n", 9);
	expect_line(f, "two");
	expect_line(f, "");
	expect_line(f, "three");
	expect_none(f);
	assert_int_equal(sdk_line_read(&f->in, f->pipe[0]), -EAGAIN);
}

/* n bytes of 'x', in pieces that a pipe takes. */
static void feed_many(struct fixture *f, size_t n)
{
	static char block[4096];

	memset(block, 'x', sizeof(block));
	while (n) {
		size_t part = n < sizeof(block) ? n : sizeof(block);

		feed(f, block, part);
		expect_none(f);
		n -= part;
	}
}

static void the_longest_line_is_taken_and_one_byte_more_is_not(void **state)
{
	struct fixture *f = *state;
	char *line;
	size_t len;

	feed_many(f, SDK_LINE_MAX - 1);
	feed(f, "\n", 1);
	assert_true(sdk_line_next(&f->in, &line, &len));
	assert_int_equal(len, SDK_LINE_MAX - 1);
	assert_int_equal(f->in.too_long, 0);
	feed_many(f, SDK_LINE_MAX);
	feed(f, "\nnext\n", 6);
	expect_line(f, "next");
	assert_int_equal(f->in.too_long, 1);
}

static void a_line_without_end_is_skipped_whole_and_counted_once(void **state)
{
	struct fixture *f = *state;

	feed_many(f, 10 * SDK_LINE_MAX);
	feed(f, "tail\nnext\n", 10);
	expect_line(f, "next");
	assert_int_equal(f->in.too_long, 1);
}

static void the_end_of_the_stream_is_told_and_half_a_line_is_no_line(void **state)
{
	struct fixture *f = *state;

	feed(f, "half", 4);
	close(f->pipe[1]);
	assert_int_equal(sdk_line_read(&f->in, f->pipe[0]), 0);
	expect_none(f);
	f->pipe[1] = -1;
}

static void what_is_too_long_or_too_much_is_refused_whole(void **state)
{
	struct fixture *f = *state;
	static char text[SDK_LINE_MAX];

	memset(text, 'y', sizeof(text));
	assert_int_equal(sdk_line_put(&f->out, text, SDK_LINE_MAX), -EMSGSIZE);
	for (int i = 0; i < 4; i++)
		assert_int_equal(sdk_line_put(&f->out, text, SDK_LINE_MAX - 1), 0);
	assert_int_equal(sdk_line_put(&f->out, "", 0), -ENOBUFS);
	assert_int_equal(sdk_line_waiting(&f->out), 4 * SDK_LINE_MAX);
}

static void nothing_is_torn_or_lost_when_the_reader_is_slow(void **state)
{
	struct fixture *f = *state;
	char text[1000], *line;
	size_t len;
	int sent = 0, got = 0;

	fcntl(f->pipe[1], F_SETPIPE_SZ, 4096);
	memset(text, 'z', sizeof(text));
	while (got < 500) {
		for (; sent < 500; sent++) {
			int n = sprintf(text, "%d", sent);

			text[n] = 'z';
			if (sdk_line_put(&f->out, text, sizeof(text)) < 0)
				break;
		}
		sdk_line_flush(&f->out, f->pipe[1]);
		sdk_line_read(&f->in, f->pipe[0]);
		for (; sdk_line_next(&f->in, &line, &len); got++) {
			assert_int_equal(len, sizeof(text));
			assert_int_equal(atoi(line), got);
		}
	}
	assert_int_equal(sdk_line_flush(&f->out, f->pipe[1]), 0);
	assert_int_equal(sdk_line_waiting(&f->out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_come_out_as_they_went_in_however_they_were_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(the_longest_line_is_taken_and_one_byte_more_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_without_end_is_skipped_whole_and_counted_once, setup, teardown),
		cmocka_unit_test_setup_teardown(the_end_of_the_stream_is_told_and_half_a_line_is_no_line, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_too_long_or_too_much_is_refused_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_torn_or_lost_when_the_reader_is_slow, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
