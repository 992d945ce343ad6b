#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "doctor/child.h"

#define LIMIT_US (20 * S)

static const char *const shell[] = { "/bin/sh", "-c", NULL, NULL };

static struct child script(const char *argv[4], const char *text)
{
	memcpy(argv, shell, sizeof(shell));
	argv[2] = text;
	return (struct child){ .argv = argv };
}

static void what_they_say_and_how_they_end_is_kept_apart(void **state)
{
	const char *argv[2][4];
	struct child c[2] = { script(argv[0], "echo one; echo two >&2"), script(argv[1], "echo three; exit 3") };

	(void)state;
	child_run_all(c, 2, LIMIT_US);
	assert_int_equal(c[0].error, 0);
	assert_string_equal(str_buf_text(&c[0].said), "one\n");
	assert_int_equal(WEXITSTATUS(c[0].status), 0);
	assert_string_equal(str_buf_text(&c[1].said), "three\n");
	assert_int_equal(WEXITSTATUS(c[1].status), 3);
	child_fini(&c[0]);
	child_fini(&c[1]);
}

static void the_input_comes_and_stays_open(void **state)
{
	const char *argv[4];
	struct child c = script(argv, "read line; echo \"got $line\"");

	(void)state;
	c.input = "hello\n";
	child_run_all(&c, 1, LIMIT_US);
	assert_int_equal(c.error, 0);
	assert_string_equal(str_buf_text(&c.said), "got hello\n");
	child_fini(&c);
}

static void one_that_hangs_is_ended_with_all_it_has_started(void **state)
{
	const char *argv[4];
	struct child c = script(argv, "sleep 600 & echo $!; wait");
	int64_t began_us = clock_mono_us();
	int64_t sleeper = 0;

	(void)state;
	child_run_all(&c, 1, 500 * MS);
	assert_int_equal(c.error, -ETIMEDOUT);
	assert_true(clock_mono_us() - began_us < 15 * S);
	if (c.said.len)
		c.said.text[strcspn(c.said.text, "\n")] = '\0';
	assert_int_equal(str_to_i64(str_buf_text(&c.said), &sleeper), 0);
	/* A killed grandchild is reaped by its next parent: until then it is there as a zombie. */
	for (int i = 0; i < 2000; i++) {
		_cleanup_str_buf_ struct str_buf path = { 0 };
		char text[512] = "";
		FILE *status;

		str_buf_printf(&path, "/proc/%d/status", (int)sleeper);
		status = fopen(path.text, "r");
		if (!status || fread(text, 1, sizeof(text) - 1, status) == 0 || strstr(text, "State:\tZ") ||
		    strstr(text, "State:\tX")) {
			if (status)
				fclose(status);
			child_fini(&c);
			return;
		}
		fclose(status);
		clock_poll(-1, 0, clock_mono_us() + 10 * MS);
	}
	fail_msg("process %d still runs", (int)sleeper);
}

static void one_that_is_not_there_is_an_error_and_hurts_no_other(void **state)
{
	const char *const nothing[] = { "/nowhere/program", NULL };
	const char *argv[4];
	struct child c[2] = { { .argv = nothing }, script(argv, "echo fine") };

	(void)state;
	child_run_all(c, 2, LIMIT_US);
	assert_int_equal(c[0].error, -ENOENT);
	assert_string_equal(str_buf_text(&c[1].said), "fine\n");
	child_fini(&c[0]);
	child_fini(&c[1]);
}

static void a_flood_is_read_to_a_limit(void **state)
{
	const char *argv[4];
	struct child c = script(argv, "yes");

	(void)state;
	child_run_all(&c, 1, LIMIT_US);
	assert_true(c.said.len >= CHILD_SAID_MAX && c.said.len < CHILD_SAID_MAX + 8192);
	child_fini(&c);
}

static void it_runs_as_the_user_that_is_wanted(void **state)
{
	const struct permit_user nobody = { .uid = 65534, .groups = { 65534 }, .group_count = 1 };
	const char *argv[4];
	struct child c = script(argv, "id -u; id -G");

	(void)state;
	if (geteuid() != 0)
		skip();
	c.user = &nobody;
	child_run_all(&c, 1, LIMIT_US);
	assert_string_equal(str_buf_text(&c.said), "65534\n65534\n");
	child_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_they_say_and_how_they_end_is_kept_apart),
		cmocka_unit_test(the_input_comes_and_stays_open),
		cmocka_unit_test(one_that_hangs_is_ended_with_all_it_has_started),
		cmocka_unit_test(one_that_is_not_there_is_an_error_and_hurts_no_other),
		cmocka_unit_test(a_flood_is_read_to_a_limit),
		cmocka_unit_test(it_runs_as_the_user_that_is_wanted),
	};

	return UNIT_RUN(tests);
}
