#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/util.h"
#include "unit.h"

static void stamps_have_the_estates_offset(void **state)
{
	char buf[CLOCK_ISO_MAX];

	(void)state;
	assert_int_equal(clock_set_zone("Asia/Shanghai"), 0);
	assert_string_equal(clock_format_iso(0, buf), "1970-01-01T08:00:00.000+08:00");
	assert_string_equal(clock_format_iso(1718000000120000, buf), "2024-06-10T14:13:20.120+08:00");
	assert_string_equal(clock_format_time(1718000000120000, buf), "14:13:20");
	assert_string_equal(clock_format_local(1718000000120000, buf), "2024-06-10 14:13:20");
}

static void every_form_of_a_stamp_reads_back(void **state)
{
	static const struct {
		const char *text;
		int64_t wall_us;
	} cases[] = {
		{ "2024-06-10T14:13:20.120+08:00", 1718000000120000 },
		{ "2024-06-10T06:13:20.12Z", 1718000000120000 },
		{ "2024-06-10T14:13:20.120", 1718000000120000 },
		{ "2024-06-10 14:13", 1717999980000000 },
		{ "2024-06-10", 1717948800000000 },
		{ "1718000000.12", 1718000000120000 },
		{ "1969-12-31T23:59:59Z", -1000000 },
	};
	int64_t wall_us;

	(void)state;
	clock_set_zone("Asia/Shanghai");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(clock_parse(cases[i].text, &wall_us), 0);
		assert_int_equal(wall_us, cases[i].wall_us);
	}
}

static void what_is_no_stamp_is_an_error(void **state)
{
	static const char *const texts[] = {
		"",     "yesterday",          "2024-13-01", "2024-06-10T25:00:00", "2024-06-10T",
		"1e99", "2024-06-10T14:13+8", "2024-06-10x"
	};
	int64_t wall_us = 5;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_true(clock_parse(texts[i], &wall_us) < 0);
	assert_int_equal(wall_us, 5);
}

static void an_unknown_zone_is_said_and_utc(void **state)
{
	char buf[CLOCK_ISO_MAX];

	(void)state;
	assert_int_equal(clock_set_zone("Mars/Olympus"), -ENOENT);
	assert_string_equal(clock_format_iso(0, buf), "1970-01-01T00:00:00.000+00:00");
	assert_int_equal(clock_set_zone("../../etc/passwd"), -ENOENT);
}

static void the_boot_id_is_32_hex_digits(void **state)
{
	(void)state;
	assert_int_equal(strlen(clock_boot_id()), 32);
	assert_int_equal(strspn(clock_boot_id(), "0123456789abcdef"), 32);
}

static void back_off_doubles_to_its_limit_with_jitter(void **state)
{
	struct backoff b;
	int64_t step_us = 500 * MS;

	(void)state;
	backoff_init(&b, 500 * MS, 60 * S, 7);
	for (int i = 0; i < 12; i++) {
		int64_t wait_us = backoff_next_us(&b);

		assert_in_range(wait_us, step_us * 3 / 4, step_us);
		step_us = MIN(step_us * 2, 60 * S);
	}
	backoff_reset(&b);
	assert_in_range(backoff_next_us(&b), 375 * MS, 500 * MS);
}

static void a_wait_whose_deadline_has_passed_is_over_at_once(void **state)
{
	(void)state;
	assert_int_equal(clock_poll(-1, 0, clock_mono_us() - S), 0);
	assert_int_equal(clock_poll(-1, 0, 0), 0);
}

static void a_wait_for_several_tells_which_is_ready(void **state)
{
	int fds[2][2];
	struct pollfd p[3];

	(void)state;
	assert_int_equal(pipe(fds[0]), 0);
	assert_int_equal(pipe(fds[1]), 0);
	p[0] = (struct pollfd){ .fd = fds[0][0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = fds[1][0], .events = POLLIN };
	p[2] = (struct pollfd){ .fd = -1, .events = POLLIN };
	assert_int_equal(clock_poll_many(p, 3, clock_mono_us()), 0);
	assert_int_equal(write(fds[1][1], "x", 1), 1);
	assert_int_equal(clock_poll_many(p, 3, clock_mono_us() + 10 * S), 1);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, POLLIN);
	for (int i = 0; i < 2; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps_have_the_estates_offset),
		cmocka_unit_test(every_form_of_a_stamp_reads_back),
		cmocka_unit_test(what_is_no_stamp_is_an_error),
		cmocka_unit_test(an_unknown_zone_is_said_and_utc),
		cmocka_unit_test(the_boot_id_is_32_hex_digits),
		cmocka_unit_test(back_off_doubles_to_its_limit_with_jitter),
		cmocka_unit_test(a_wait_whose_deadline_has_passed_is_over_at_once),
		cmocka_unit_test(a_wait_for_several_tells_which_is_ready),
	};

	return UNIT_RUN(tests);
}
