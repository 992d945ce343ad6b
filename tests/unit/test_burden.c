/* The measures of the alarm system itself. */
#include "unit.h"

#include <stdio.h>

#include "alarm/burden.h"
#include "base/mem.h"

#define BEGAN (100 * DAY)

static struct burden *h;
static struct burden_report r;

static int begin(void **state)
{
	(void)state;
	h = burden_new(BEGAN);
	return 0;
}

static int end(void **state)
{
	(void)state;
	burden_free(h);
	return 0;
}

static void told(const char *alarm, int priority, int64_t at_us)
{
	burden_told(h, &(struct burden_told){ .alarm = alarm, .priority = priority, .at_us = BEGAN + at_us });
}

static double value(const char *name)
{
	for (size_t i = 0; i < BURDEN_MEASURES; i++) {
		double v = -1;

		if (strcmp(burden_measures[i].name, name) == 0)
			return burden_value(&r, i, &v) ? v : -1;
	}
	fail_msg("no measure %s", name);
	return 0;
}

static bool met(const char *name)
{
	for (size_t i = 0; i < BURDEN_MEASURES; i++)
		if (strcmp(burden_measures[i].name, name) == 0)
			return burden_met(i, value(name));
	return false;
}

static void read_at(int64_t at_us)
{
	burden_read(h, BEGAN + at_us, &r);
}

static void nothing_told_is_no_share_of_anything(void **state)
{
	(void)state;
	read_at(3 * DAY);
	assert_int_equal(r.told, 0);
	assert_true(met("alarms_per_10min") && met("flood_share") && met("chattering") && met("standing_over_24h"));
	assert_true(value("priority_1_share") == -1);
	assert_int_equal(r.over_us, 3 * DAY);
}

static void the_mean_is_of_the_time_that_is_known(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 144; i++) {
		snprintf(id, sizeof(id), "a/%d", i % 7);
		told(id, 3, i * 10 * MINUTE);
	}
	read_at(DAY);
	assert_int_equal(r.told, 144);
	assert_true(value("alarms_per_10min") == 1);
	assert_true(met("alarms_per_10min"));
	read_at(2 * DAY);
	assert_true(value("alarms_per_10min") == 0.5);
	/* What is older than seven days is forgotten, slot by slot. */
	read_at(7 * DAY + 12 * HOUR);
	assert_in_range(r.told, 71, 73);
	read_at(9 * DAY);
	assert_int_equal(r.told, 0);
	assert_int_equal(r.top_count, 0);
}

static void more_than_ten_in_ten_minutes_are_a_flood_until_they_are_old(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		told("a/x", 3, HOUR + i * MINUTE);
	read_at(2 * HOUR);
	assert_true(value("flood_share") == 0); /* ten are none */
	/* The eleventh, 9 min 30 s after the first: 30 s of flood, then the first is old. */
	burden_free(h);
	h = burden_new(BEGAN);
	for (int i = 0; i < 10; i++)
		told("a/x", 3, HOUR + i * MINUTE);
	told("a/x", 3, HOUR + 9 * MINUTE + 30 * S);
	read_at(100 * 30 * S + HOUR);
	assert_true(value("flood_share") * (double)r.over_us == (double)(30 * S));
	assert_true(met("flood_share"));
}

static void a_thousand_at_once_are_ten_minutes_of_flood(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "a/%d", i);
		told(id, 3, HOUR + 9 * MINUTE);
	}
	read_at(HOUR + 12 * MINUTE);
	assert_int_equal(r.last, 11); /* of those before the new slot it knows that they were too many */
	assert_int_equal(r.peak, 1000);
	assert_true(value("flood_share") * (double)r.over_us == (double)(3 * MINUTE));
	read_at(10 * HOUR);
	assert_int_equal((int64_t)(value("flood_share") * (double)r.over_us + 0.5), 10 * MINUTE);
	assert_false(met("flood_share"));
}

static void three_in_a_minute_of_one_source_chatter(void **state)
{
	(void)state;
	told("a/x", 3, HOUR);
	told("a/x", 3, HOUR + 30 * S);
	told("a/y", 3, HOUR + 40 * S);
	read_at(HOUR + MINUTE);
	assert_int_equal(r.chattering, 0);
	told("a/x", 3, HOUR + 60 * S); /* a minute after the first: not within */
	read_at(HOUR + 61 * S);
	assert_int_equal(r.chattering, 0);
	told("a/x", 3, HOUR + 89 * S);
	read_at(HOUR + 2 * MINUTE);
	assert_int_equal(r.chattering, 1);
	assert_false(met("chattering"));
	read_at(HOUR + DAY + 2 * MINUTE);
	assert_int_equal(r.chattering, 0);
}

static void the_shares_are_those_of_what_was_told(void **state)
{
	(void)state;
	for (int i = 0; i < 80; i++)
		told("a/x", 3 + i % 2, i * HOUR);
	for (int i = 0; i < 15; i++)
		told("a/y", 2, (80 + i) * HOUR);
	for (int i = 0; i < 5; i++)
		told("a/z", 1, (95 + i) * HOUR);
	read_at(100 * HOUR);
	assert_true(value("priority_1_share") == 0.05 && met("priority_1_share"));
	assert_true(value("priority_2_share") == 0.15 && met("priority_2_share"));
	assert_true(value("priority_3_4_share") == 0.8 && met("priority_3_4_share"));
	told("a/z", 1, 100 * HOUR);
	read_at(101 * HOUR);
	assert_false(met("priority_1_share"));
}

static void the_ten_that_tell_most_stand_first(void **state)
{
	char id[16];

	(void)state;
	for (int i = 1; i <= 20; i++)
		for (int k = 0; k < i; k++) {
			snprintf(id, sizeof(id), "a/%d", i);
			told(id, 3, i * HOUR);
		}
	read_at(DAY);
	assert_int_equal(r.top_count, 10);
	assert_string_equal(r.top[0].alarm, "a/20");
	assert_int_equal(r.top[0].count, 20);
	assert_string_equal(r.top[9].alarm, "a/11");
}

static void many_sources_are_bounded_and_the_loudest_stay(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 50; i++)
		told("a/loud", 3, i * S);
	for (int i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "b/%d", i);
		told(id, 3, HOUR + i * S);
	}
	read_at(DAY);
	assert_string_equal(r.top[0].alarm, "a/loud");
	assert_int_equal(r.told, 5050);
}

static void it_goes_on_where_it_was_when_it_is_fed_again(void **state)
{
	struct burden_report before;

	(void)state;
	for (int i = 0; i < 500; i++)
		told(i % 3 ? "a/x" : "a/y", 1 + i % 4, i * i * S);
	read_at(4 * DAY);
	before = r;
	burden_free(h);
	/* As after a reboot: the monotonic clock is another one. */
	h = burden_new(-4 * DAY);
	for (int i = 0; i < 500; i++)
		burden_told(h, &(struct burden_told){
				       .alarm = i % 3 ? "a/x" : "a/y",
				       .priority = 1 + i % 4,
				       .at_us = i * i * S - 4 * DAY,
			       });
	burden_read(h, 0, &r);
	assert_int_equal(r.told, before.told);
	assert_true(r.per_slot == before.per_slot && r.flood == before.flood);
	assert_memory_equal(r.by_priority, before.by_priority, sizeof(r.by_priority));
	assert_int_equal(r.top[0].count, before.top[0].count);
	assert_int_equal(r.peak, before.peak);
}

static void what_people_are_told_counts_and_nothing_else(void **state)
{
	struct alarm_transition t = { .from = ALARM_NORMAL, .input = ALARM_IN_RAISED, .alarm.state = ALARM_UNACKED };

	(void)state;
	assert_true(burden_counts(&t));
	t.from = ALARM_UNACKED; /* an event, told anew */
	assert_true(burden_counts(&t));
	t.input = ALARM_IN_COMMENT;
	assert_false(burden_counts(&t));
	t = (struct alarm_transition){ .from = ALARM_SHELVED,
				       .input = ALARM_IN_UNSHELVE,
				       .alarm.state = ALARM_UNACKED };
	assert_true(burden_counts(&t));
	t.alarm.test = true;
	assert_false(burden_counts(&t));
	t = (struct alarm_transition){ .input = ALARM_IN_RAISED, .alarm.state = ALARM_SUPPRESSED };
	assert_false(burden_counts(&t));
}

static void what_is_open_for_more_than_a_day_stands(void **state)
{
	struct alarm a = { .state = ALARM_ACKED, .since_us = 5 * DAY };

	(void)state;
	assert_false(burden_stands(&a, 6 * DAY));
	assert_true(burden_stands(&a, 6 * DAY + 1));
	a.state = ALARM_SHELVED;
	assert_false(burden_stands(&a, 6 * DAY + 1));
	a.state = ALARM_NORMAL;
	assert_false(burden_stands(&a, 6 * DAY + 1));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		CASE(nothing_told_is_no_share_of_anything),
		CASE(the_mean_is_of_the_time_that_is_known),
		CASE(more_than_ten_in_ten_minutes_are_a_flood_until_they_are_old),
		CASE(a_thousand_at_once_are_ten_minutes_of_flood),
		CASE(three_in_a_minute_of_one_source_chatter),
		CASE(the_shares_are_those_of_what_was_told),
		CASE(the_ten_that_tell_most_stand_first),
		CASE(many_sources_are_bounded_and_the_loudest_stay),
		CASE(it_goes_on_where_it_was_when_it_is_fed_again),
		CASE(what_people_are_told_counts_and_nothing_else),
		CASE(what_is_open_for_more_than_a_day_stands),
	};

	return UNIT_RUN(tests);
}
