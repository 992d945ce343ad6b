/* What is kept for plugins that have not said yet what they are. */
#include "unit.h"

#include <stdio.h>

#include "app/early.h"
#include "base/log.h"

static const struct store_message pattern = { .lane = ENVELOPE_ALARM, .kind = "alarm", .time_us = 7 };

static void keep(struct early *e, unsigned from, unsigned to)
{
	char text[16];

	for (unsigned i = from; i < to; i++) {
		snprintf(text, sizeof(text), "{\"n\":%u}", i);
		early_keep(e, &pattern, text);
	}
}

static void nothing_is_kept_when_nobody_is_waited_for(void **state)
{
	struct early *e = early_new();

	(void)state;
	keep(e, 0, 3);
	assert_int_equal(early_count(e), 0);
	assert_null(early_next(e, NULL));
	early_free(e);
}

static void messages_stay_in_order_until_every_plugin_has_spoken(void **state)
{
	struct early *e = early_new();
	const struct store_message *m = NULL;
	char text[16];

	(void)state;
	early_expect(e, "a");
	early_expect(e, "b");
	early_expect(e, "a"); /* said twice, waited for once */
	keep(e, 0, 100);
	early_known(e, "a");
	early_known(e, "stranger");
	assert_int_equal(early_count(e), 100);
	for (unsigned i = 0; i < 100; i++) {
		m = early_next(e, m);
		snprintf(text, sizeof(text), "{\"n\":%u}", i);
		assert_string_equal(m->payload, text);
		assert_int_equal(m->lane, ENVELOPE_ALARM);
		assert_int_equal(m->time_us, 7);
		assert_null(m->uplink);
	}
	assert_null(early_next(e, m));
	early_known(e, "b");
	assert_int_equal(early_count(e), 0);
	/* One that comes with a reload begins it again. */
	early_expect(e, "c");
	keep(e, 0, 1);
	assert_int_equal(early_count(e), 1);
	early_free(e);
}

static void keep_data(struct early *e, unsigned from, unsigned to)
{
	static const struct store_message data = { .lane = ENVELOPE_DATA, .kind = "summary" };
	char text[16];

	for (unsigned i = from; i < to; i++) {
		snprintf(text, sizeof(text), "{\"n\":%u}", i);
		early_keep(e, &data, text);
	}
}

static void data_never_takes_the_room_of_an_alarm_and_goes_behind_them(void **state)
{
	struct early *e = early_new();
	const struct store_message *m = NULL;
	char text[16];

	(void)state;
	early_expect(e, "slow");
	keep(e, 0, 10);
	keep_data(e, 0, 5000);
	keep(e, 10, 1990);
	assert_int_equal(early_count(e), 1990 + EARLY_DATA_MAX);
	for (unsigned i = 0; i < 1990; i++) {
		m = early_next(e, m);
		snprintf(text, sizeof(text), "{\"n\":%u}", i);
		assert_string_equal(m->payload, text);
		assert_int_equal(m->lane, ENVELOPE_ALARM);
	}
	for (unsigned i = 5000 - EARLY_DATA_MAX; i < 5000; i++) { /* the newest of them */
		m = early_next(e, m);
		snprintf(text, sizeof(text), "{\"n\":%u}", i);
		assert_string_equal(m->payload, text);
		assert_int_equal(m->lane, ENVELOPE_DATA);
	}
	assert_null(early_next(e, m));
	assert_true(early_waits(e));
	early_known(e, "slow");
	assert_false(early_waits(e));
	early_free(e);
}

static void one_that_stays_silent_does_not_fill_the_memory(void **state)
{
	struct early *e = early_new();

	(void)state;
	early_expect(e, "mute");
	keep(e, 0, 2000);
	assert_int_equal(early_count(e), 2000);
	keep(e, 2000, 2001);
	assert_int_equal(early_count(e), 0);
	keep(e, 2001, 2010);
	assert_int_equal(early_count(e), 0);
	early_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_kept_when_nobody_is_waited_for),
		cmocka_unit_test(messages_stay_in_order_until_every_plugin_has_spoken),
		cmocka_unit_test(data_never_takes_the_room_of_an_alarm_and_goes_behind_them),
		cmocka_unit_test(one_that_stays_silent_does_not_fill_the_memory),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return UNIT_RUN(tests);
}
