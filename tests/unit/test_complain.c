#include "unit.h"

#include <stdio.h>

#include "base/complain.h"
#include "base/str.h"

static struct {
	unsigned lines;
	enum log_level level;
	enum logid id;
	char text[600], bus[64];
} heard;

static void hear(void *context, const struct log_entry *entry)
{
	(void)context;
	heard.lines++;
	heard.level = entry->level;
	heard.id = entry->id;
	snprintf(heard.text, sizeof(heard.text), "%s", entry->text);
	snprintf(heard.bus, sizeof(heard.bus), "%s", entry->about && entry->about->bus ? entry->about->bus : "");
}

static void a_trouble_is_said_once_and_its_end_with_time_and_count(void **state)
{
	struct complaint c = { 0 };

	(void)state;
	memset(&heard, 0, sizeof(heard));
	for (int i = 0; i < 52; i++)
		assert_int_equal(complain_as(&c, LOGID_BUS_LOST, LOG_ABOUT(.bus = "gw"), "bus %s: no answer", "gw"),
				 i == 0);
	assert_int_equal(heard.lines, 1);
	assert_string_equal(heard.text, "bus gw: no answer");
	assert_string_equal(heard.bus, "gw");
	assert_int_equal(heard.level, LOG_LEVEL_WARNING);
	assert_int_equal(heard.id, LOGID_BUS_LOST);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			complain_resolved_as(&c, LOGID_BUS_BACK, LOG_ABOUT(.bus = "gw"), "bus %s: is back", "gw"),
			i == 0);
	assert_int_equal(heard.lines, 2);
	assert_string_equal(heard.text, "bus gw: is back after 0 s, 52 times");
	assert_int_equal(heard.level, LOG_LEVEL_NOTICE);
	assert_int_equal(heard.id, LOGID_BUS_BACK);
}

static void an_end_without_a_trouble_is_not_said(void **state)
{
	struct complaint c = { 0 };

	(void)state;
	assert_false(complain_closes(&c, S));
}

/* A bus that is tried for an hour, every ten seconds. */
static void an_hour_of_trouble_is_two_lines(void **state)
{
	struct complaint c = { 0 };
	unsigned lines = 0;

	(void)state;
	for (int64_t now_us = S; now_us < HOUR; now_us += 10 * S)
		lines += complain_opens(&c, now_us);
	assert_int_equal(c.repeats, 359);
	lines += complain_closes(&c, HOUR);
	assert_int_equal(lines, 2);
}

/* A gateway that takes a connection and drops it, every second, for an hour. */
static void an_hour_of_coming_and_going_is_a_few_lines(void **state)
{
	struct complaint c = { 0 };
	unsigned lines = 0;
	uint64_t most = 0;

	(void)state;
	for (int64_t now_us = S; now_us < HOUR; now_us += S)
		if (now_us / S % 2)
			lines += complain_opens(&c, now_us);
		else
			lines += complain_closes(&c, now_us);
	most = c.unsaid;
	assert_in_range(lines, 11, 16);
	assert_true(most > 0);
}

static void what_was_said_last_is_put_right_when_it_stays_as_it_is(void **state)
{
	struct complaint c = { 0 };
	int64_t now_us = S;
	bool said = false;

	(void)state;
	while (c.hold_us == 0 || !c.said_open) { /* until it is held back, and was last said to be in trouble */
		(void)(now_us / S % 2 ? complain_opens(&c, now_us) : complain_closes(&c, now_us));
		now_us += S;
	}
	assert_false(complain_closes(&c, now_us)); /* too soon */
	assert_true(c.said_open);
	for (int i = 0; i < 40 && !said; i++)
		said = complain_closes(&c, now_us += MINUTE);
	assert_true(said);
	assert_false(c.said_open);
	assert_in_range(now_us, MINUTE, 31 * MINUTE);
}

static void after_a_quiet_time_it_is_said_at_once_again(void **state)
{
	struct complaint c = { 0 };

	(void)state;
	for (int64_t now_us = S; now_us < 10 * MINUTE; now_us += S)
		(void)(now_us / S % 2 ? complain_opens(&c, now_us) : complain_closes(&c, now_us));
	complain_closes(&c, HOUR);
	assert_true(complain_opens(&c, 3 * HOUR));
	assert_true(complain_closes(&c, 3 * HOUR + S));
	assert_true(complain_opens(&c, 3 * HOUR + 2 * S));
}

int main(void)
{
	static const struct log_sink sink = { .write = hear };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trouble_is_said_once_and_its_end_with_time_and_count),
		cmocka_unit_test(an_end_without_a_trouble_is_not_said),
		cmocka_unit_test(an_hour_of_trouble_is_two_lines),
		cmocka_unit_test(an_hour_of_coming_and_going_is_a_few_lines),
		cmocka_unit_test(what_was_said_last_is_put_right_when_it_stays_as_it_is),
		cmocka_unit_test(after_a_quiet_time_it_is_said_at_once_again),
	};

	log_set_sink(&sink);
	return UNIT_RUN(tests);
}
