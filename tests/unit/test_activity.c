/* The picture of a person's days: what kept samples say, read as care read them when they came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "care/activity.h"
#include "care_world.h"

struct scene {
	struct care_world world;
	struct activity *activity;
};

static void begin(struct scene *s)
{
	care_world_init(&s->world, "独居");
	s->activity = activity_new(care_world_home(&s->world));
}

static void end(struct scene *s)
{
	activity_free(s->activity);
	care_world_fini(&s->world);
}

static size_t source_of(const struct scene *s, const char *device)
{
	for (size_t i = 0; i < activity_count(s->activity); i++)
		if (str_equal(activity_source(s->activity, i).device->id, device))
			return i;
	fail_msg("no source %s", device);
	return 0;
}

/* A good reading of a sensor that is on or off. */
static struct activity_sample sample(const struct scene *s, const char *device, const struct value *value,
				     unsigned slot)
{
	return (struct activity_sample){ .source = source_of(s, device), .value = value, .good = true, .slot = slot };
}

static void say(struct scene *s, const char *device, bool on, unsigned slot)
{
	struct value value = value_bool(on);
	struct activity_sample one = sample(s, device, &value, slot);

	activity_take(s->activity, &one);
}

static unsigned ticks(const struct scene *s, unsigned slot, enum sign_room room)
{
	return activity_ticks(s->activity, 0, slot, room);
}

static void motion_is_a_tick_in_its_room_and_its_end_is_none(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	say(&s, "m-kitchen", false, 30);
	say(&s, "m-kitchen", true, 31);
	say(&s, "m-kitchen", false, 32);
	assert_int_equal(ticks(&s, 30, SIGN_ROOM_KITCHEN), 0);
	assert_int_equal(ticks(&s, 31, SIGN_ROOM_KITCHEN), 1);
	assert_int_equal(ticks(&s, 32, SIGN_ROOM_KITCHEN), 0);
	assert_int_equal(ticks(&s, 31, SIGN_ROOM_BEDROOM), 0);
	end(&s);
}

static void a_point_that_says_it_is_as_it_was_is_heard_and_no_tick(void **state)
{
	struct value on = value_bool(true);
	struct activity_sample beat;
	struct scene s;

	(void)state;
	begin(&s);
	say(&s, "m-bedroom", true, 10);
	beat = sample(&s, "m-bedroom", &on, 11);
	beat.repeats = true;
	activity_take(s.activity, &beat);
	assert_int_equal(ticks(&s, 10, SIGN_ROOM_BEDROOM), 1);
	assert_int_equal(ticks(&s, 11, SIGN_ROOM_BEDROOM), 0);
	assert_true(activity_heard(s.activity, 0, 11));
	assert_false(activity_heard(s.activity, 0, 12));
	end(&s);
}

static void what_cannot_be_believed_is_neither_a_tick_nor_heard(void **state)
{
	struct value on = value_bool(true);
	struct activity_sample lost;
	struct scene s;

	(void)state;
	begin(&s);
	say(&s, "m-hall", false, 5);
	lost = sample(&s, "m-hall", &on, 6);
	lost.good = false;
	activity_take(s.activity, &lost);
	assert_int_equal(ticks(&s, 6, SIGN_ROOM_HALL), 0);
	assert_false(activity_heard(s.activity, 0, 6));
	end(&s);
}

static void the_dwellings_own_door_ticks_when_it_opens(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	say(&s, "front", false, 40);
	say(&s, "front", true, 41);
	say(&s, "front", false, 41);
	assert_int_equal(ticks(&s, 40, SIGN_ROOM_ENTRANCE), 0);
	assert_int_equal(ticks(&s, 41, SIGN_ROOM_ENTRANCE), 1);
	end(&s);
}

static void what_was_said_in_test_is_nobodys_life(void **state)
{
	struct value on = value_bool(true);
	struct activity_sample tried;
	struct scene s;

	(void)state;
	begin(&s);
	say(&s, "m-living", false, 50);
	tried = sample(&s, "m-living", &on, 51);
	tried.test = true;
	activity_take(s.activity, &tried);
	assert_int_equal(ticks(&s, 51, SIGN_ROOM_LIVING), 0);
	assert_true(activity_heard(s.activity, 0, 51));
	end(&s);
}

static void more_than_can_be_counted_stays_the_most(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 400; i++) {
		say(&s, "m-bathroom", true, 70);
		say(&s, "m-bathroom", false, 70);
	}
	assert_int_equal(ticks(&s, 70, SIGN_ROOM_BATHROOM), ACTIVITY_MOST);
	end(&s);
}

static void hazards_and_figures_of_the_body_are_not_asked_for(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < activity_count(s.activity); i++) {
		struct activity_source source = activity_source(s.activity, i);

		assert_string_not_equal(source.device->id, "leak");
		assert_false(str_equal(source.point, "heart_rate"));
	}
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(motion_is_a_tick_in_its_room_and_its_end_is_none),
		cmocka_unit_test(a_point_that_says_it_is_as_it_was_is_heard_and_no_tick),
		cmocka_unit_test(what_cannot_be_believed_is_neither_a_tick_nor_heard),
		cmocka_unit_test(the_dwellings_own_door_ticks_when_it_opens),
		cmocka_unit_test(what_was_said_in_test_is_nobodys_life),
		cmocka_unit_test(more_than_can_be_counted_stays_the_most),
		cmocka_unit_test(hazards_and_figures_of_the_body_are_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
