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
		{ "2024-02-29T12:00Z", 1709208000000000 },
		{ "2000-02-29T00:00Z", 951782400000000 },
		{ "2024-06-10T24:00", 1718035200000000 },
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
	static const char *const texts[] = { "",
					     "yesterday",
					     "2024-13-01",
					     "2024-06-10T25:00:00",
					     "2024-06-10T",
					     "1e99",
					     "2024-06-10T14:13+8",
					     "2024-06-10x",
					     "0000-01-01",
					     "1013-11-22 03:00",
					     "-99999999999",
					     "9999-12-31T23:59:60Z",
					     "2026-02-30T08:00",
					     "2026-02-29",
					     "2100-02-29T08:00+08:00",
					     "2026-04-31T08:00",
					     "2026-00-10",
					     "2026-01-00",
					     "2024-06-10T24:01" };
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

static void a_clock_is_as_good_as_what_is_known_of_it(void **state)
{
	const int64_t now = clock_build_us() + 400 * DAY;
	const struct {
		struct clock_sync sync; /* may be asked, steered, error, timesyncd's file */
		int64_t wall_us, floor_us;
		enum clock_quality quality;
	} cases[] = {
		{ { true, false, 16 * S, false }, 5 * MINUTE, 0, CLOCK_UNSET }, /* 1970 */
		{ { true, true, 1 * MS, true }, 5 * MINUTE, 0, CLOCK_UNSET },   /* whatever the service says */
		{ { true, false, 16 * S, false }, now, 0, CLOCK_RESTORED },
		{ { true, false, 16 * S, false }, now, now - 1, CLOCK_RESTORED },
		{ { true, false, 16 * S, false }, now, now + 1, CLOCK_UNSET },
		{ { true, true, 20 * MS, false }, now, now - DAY, CLOCK_SYNCHRONISED },
		{ { true, true, 20 * MS, false }, now, now + 400 * DAY, CLOCK_SYNCHRONISED },
		{ { true, true, 11 * S, false }, now, 0, CLOCK_RESTORED }, /* steered long ago */
		{ { true, false, 16 * S, true }, now, 0, CLOCK_RESTORED }, /* set by hand since */
		{ { false, false, 0, true }, now, 0, CLOCK_SYNCHRONISED }, /* the kernel is not to be asked */
		{ { false, false, 0, false }, now, 0, CLOCK_RESTORED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (clock_judge(&cases[i].sync, cases[i].wall_us, cases[i].floor_us) != cases[i].quality)
			fail_msg("case %zu: expected %s", i, clock_quality_name(cases[i].quality));
}

static void qualities_have_names(void **state)
{
	static const enum clock_quality all[] = { CLOCK_UNSET, CLOCK_RESTORED, CLOCK_SYNCHRONISED };
	enum clock_quality back;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		assert_int_equal(clock_quality_parse(clock_quality_name(all[i]), &back), 0);
		assert_int_equal(back, all[i]);
	}
	assert_string_equal(clock_quality_name(CLOCK_SYNCHRONISED), "synchronised");
	assert_int_equal(clock_quality_parse("good", &back), -EINVAL);
}

static void this_program_was_built_before_now_and_after_it_was_begun(void **state)
{
	(void)state;
	assert_true(clock_build_us() > CLOCK_ERA_US + 5 * 365 * DAY);
	assert_true(clock_build_us() < clock_wall_us());
	assert_int_equal(clock_build_us() % DAY, 0);
}

static void a_stamp_is_shifted_once_and_only_where_it_lies(void **state)
{
	struct clock_shifts s = { .shifts = { { 100, 200, 1000 }, { 150, 300, 5 }, { 1100, 1200, 7 } }, .count = 3 };

	(void)state;
	assert_int_equal(clock_shifted(&s, 100), 1100);
	assert_int_equal(clock_shifted(&s, 200), 1200);
	assert_int_equal(clock_shifted(&s, 201), 206);
	assert_int_equal(clock_shifted(&s, 99), 99);
	assert_int_equal(clock_shifted(&(struct clock_shifts){ 0 }, 150), 150);
	s.shifts[0].from_us = -10;
	assert_int_equal(clock_shifted(&s, 0), 0); /* none stays none */
}

static void the_descriptor_of_steps_is_quiet_while_nobody_sets_the_clock(void **state)
{
	int fd = clock_step_fd();

	(void)state;
	assert_true(fd >= 0);
	clock_step_taken(fd); /* nothing to take: it must not wait */
	assert_int_equal(clock_poll(fd, POLLIN, 0), 0);
	close(fd);
}

static void both_clocks_are_read_as_of_one_instant(void **state)
{
	struct clock_now a = clock_now();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct clock_now b = clock_now();
		int64_t apart_us = (b.wall_us - b.mono_us) - (a.wall_us - a.mono_us);

		assert_true(apart_us > -100 * MS && apart_us < 100 * MS);
		assert_true(b.mono_us >= a.mono_us);
		a = b;
	}
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
		cmocka_unit_test(a_clock_is_as_good_as_what_is_known_of_it),
		cmocka_unit_test(qualities_have_names),
		cmocka_unit_test(this_program_was_built_before_now_and_after_it_was_begun),
		cmocka_unit_test(a_stamp_is_shifted_once_and_only_where_it_lies),
		cmocka_unit_test(the_descriptor_of_steps_is_quiet_while_nobody_sets_the_clock),
		cmocka_unit_test(both_clocks_are_read_as_of_one_instant),
		cmocka_unit_test(back_off_doubles_to_its_limit_with_jitter),
		cmocka_unit_test(a_wait_whose_deadline_has_passed_is_over_at_once),
		cmocka_unit_test(a_wait_for_several_tells_which_is_ready),
	};

	return UNIT_RUN(tests);
}
