#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "app/levels.h"
#include "base/clock.h"

static char said[1100];

static void hear(void *context, const struct log_entry *entry)
{
	(void)context;
	if (entry->id == LOGID_LOG_LEVEL)
		snprintf(said, sizeof(said), "%s", entry->text);
}

static void a_room_of_its_own_comes_before_the_command_line_and_that_before_the_rest(void **state)
{
	struct levels *l = levels_new(LOG_LEVEL_WARNING);
	struct log_plan plan = { .all = LOG_LEVEL_NOTICE, .rooms = { [LOG_ROOM_FIELD] = LOG_LEVEL_DEBUG } };

	(void)state;
	levels_apply(l, &plan);
	assert_int_equal(log_level(LOG_ROOM_FIELD), LOG_LEVEL_DEBUG);
	assert_int_equal(log_level(LOG_ROOM_STORE), LOG_LEVEL_WARNING);
	levels_free(l);
	l = levels_new((enum log_level)0);
	levels_apply(l, &plan);
	assert_int_equal(log_level(LOG_ROOM_STORE), LOG_LEVEL_NOTICE);
	levels_free(l);
}

static void what_was_set_by_hand_goes_back_when_its_time_is_up(void **state)
{
	struct levels *l = levels_new((enum log_level)0);
	struct log_plan plan = { .all = LOG_LEVEL_INFO };
	struct status_log status;
	int64_t now_us = clock_mono_us();

	(void)state;
	levels_apply(l, &plan);
	levels_set(l, &(struct levels_change){
			      .room = LOG_ROOM_FIELD, .level = LOG_LEVEL_DEBUG, .for_us = 10 * MINUTE, .who = "anna" });
	assert_string_equal(said, "log level of field: debug for 10 min, by anna");
	assert_int_equal(log_level(LOG_ROOM_FIELD), LOG_LEVEL_DEBUG);
	assert_int_equal(log_level(LOG_ROOM_STORE), LOG_LEVEL_INFO);
	levels_status(l, &status);
	assert_int_equal(status.rooms[LOG_ROOM_FIELD].configured, LOG_LEVEL_INFO);
	assert_string_equal(status.rooms[LOG_ROOM_FIELD].who, "anna");
	assert_in_range(status.rooms[LOG_ROOM_FIELD].until_us - clock_wall_us(), 9 * MINUTE, 10 * MINUTE);
	assert_null(status.rooms[LOG_ROOM_STORE].who);
	/* A reload leaves it alone. */
	plan.all = LOG_LEVEL_WARNING;
	levels_apply(l, &plan);
	assert_int_equal(log_level(LOG_ROOM_FIELD), LOG_LEVEL_DEBUG);
	levels_tick(l, now_us + 9 * MINUTE);
	assert_int_equal(log_level(LOG_ROOM_FIELD), LOG_LEVEL_DEBUG);
	said[0] = '\0';
	levels_tick(l, now_us + 11 * MINUTE);
	assert_int_equal(log_level(LOG_ROOM_FIELD), LOG_LEVEL_WARNING);
	levels_free(l);
}

static void without_a_time_it_is_an_hour_and_it_can_be_taken_back_at_once(void **state)
{
	struct levels *l = levels_new((enum log_level)0);
	int64_t now_us = clock_mono_us();

	(void)state;
	levels_set(l, &(struct levels_change){ .room = -1, .level = LOG_LEVEL_DEBUG, .who = "anna" });
	for (int i = 0; i < LOG_ROOMS; i++)
		assert_int_equal(log_level((enum log_room)i), LOG_LEVEL_DEBUG);
	levels_tick(l, now_us + 59 * MINUTE);
	assert_int_equal(log_level(LOG_ROOM_API), LOG_LEVEL_DEBUG);
	levels_set(l, &(struct levels_change){ .room = LOG_ROOM_API, .who = "anna" });
	assert_int_equal(log_level(LOG_ROOM_API), LOG_LEVEL_INFO);
	assert_int_equal(log_level(LOG_ROOM_APP), LOG_LEVEL_DEBUG);
	levels_tick(l, now_us + 61 * MINUTE);
	assert_int_equal(log_level(LOG_ROOM_APP), LOG_LEVEL_INFO);
	levels_free(l);
}

int main(void)
{
	static const struct log_sink sink = { .write = hear };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_room_of_its_own_comes_before_the_command_line_and_that_before_the_rest),
		cmocka_unit_test(what_was_set_by_hand_goes_back_when_its_time_is_up),
		cmocka_unit_test(without_a_time_it_is_an_hour_and_it_can_be_taken_back_at_once),
	};

	log_set_sink(&sink);
	return UNIT_RUN(tests);
}
