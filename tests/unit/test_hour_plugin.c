/* An hour of a plugin that goes wrong, in some seconds: real processes, but the clock that complaints and limits go by
 * runs a thousand times as fast, and it is started again at once. What is said of it is counted. */
#include "unit.h"

#include <stdio.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "supervisor_rig.h"

#define FASTER   1000
#define LONG_AGE HOUR

int64_t __wrap_clock_mono_us(void);
int64_t __real_clock_mono_us(void);
int64_t __wrap_backoff_next_us(struct backoff *b);

int64_t __wrap_clock_mono_us(void)
{
	return __real_clock_mono_us() * FASTER;
}

int64_t __wrap_backoff_next_us(struct backoff *b)
{
	(void)b;
	return MS;
}

static struct rig *an_hour_of(const char *program, const char *options)
{
	struct rig *r = rig_new(program, options, LONG_AGE);

	r->quiet = true;
	rig_start(r, 2);
	rig_run(HOUR / FASTER);
	return r;
}

static void an_hour_of_garbage_is_a_few_lines(void **state)
{
	struct rig *r = an_hour_of("garbage.py", "{}");
	size_t lines = rig_log_count("plugin ");

	(void)state;
	print_message("# %d restarts, %zu lines\n", (int)rig_status(r).restarts, lines);
	assert_true(rig_status(r).restarts >= 8);
	assert_true(rig_log_count("sent a bad line") >= 1);
	assert_in_range(lines, 2, 24);
	rig_free(r);
}

static void an_hour_of_crashes_is_a_few_lines(void **state)
{
	struct rig *r = an_hour_of("crash.py", "{\"how\":\"fault\"}");
	size_t lines = rig_log_count("plugin ");

	(void)state;
	print_message("# %d restarts, %zu lines\n", (int)rig_status(r).restarts, lines);
	assert_true(rig_status(r).restarts >= 8);
	assert_in_range(lines, 2, 48); /* it is up, faulty and down in turn: each is damped for itself */
	rig_free(r);
}

static void an_hour_of_chatter_on_stderr_is_a_few_lines(void **state)
{
	struct rig *r = an_hour_of("flood.py", "{\"what\":\"log\",\"lines\":100000000}");
	size_t lines = rig_log_count("plugin ");

	(void)state;
	print_message("# %zu lines\n", lines);
	assert_in_range(lines, 20, 20 + 2 + 2 * 7);
	assert_int_equal(rig_log_count("more of its lines are only counted"), 1);
	rig_free(r);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_hour_of_garbage_is_a_few_lines),
		CASE(an_hour_of_crashes_is_a_few_lines),
		CASE(an_hour_of_chatter_on_stderr_is_a_few_lines),
	};

	return UNIT_RUN(tests);
}
