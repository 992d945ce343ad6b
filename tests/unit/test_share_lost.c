/* How much of what sensors say is never heard, and what is made of an "on" that comes twice. */
#include "unit.h"

#include "care_world.h"

static double loss(struct care_world *c)
{
	care_world_pass(c, MINUTE);
	return care_world_home(c)->view.loss;
}

/* Up and to bed again, so often; with every so manieth "off" lost. 0: none is. */
static void turn(struct care_world *c, int times, int lost)
{
	for (int i = 1; i <= times; i++) {
		care_world_read(c, "bed.occupied", true);
		care_world_pass(c, 20 * MINUTE);
		if (!lost || i % lost)
			care_world_read(c, "bed.occupied", false);
		care_world_pass(c, 20 * MINUTE);
	}
}

static void where_each_edge_is_heard_hardly_any_is_lost(_unused_ void **state)
{
	struct care_world c;

	care_world_init(&c, "独居");
	turn(&c, 60, 0);
	assert_true(loss(&c) < 0.005);
	care_world_fini(&c);
}

static void who_lies_down_twice_has_got_up_unheard(_unused_ void **state)
{
	struct care_world c;

	care_world_init(&c, "独居");
	turn(&c, 60, 10); /* six of some 120 */
	assert_true(loss(&c) > 0.02 && loss(&c) < 0.06);
	care_world_fini(&c);
}

static void a_sensor_that_repeats_itself_all_the_time_has_lost_nothing(_unused_ void **state)
{
	struct care_world c;

	care_world_init(&c, "独居");
	for (int i = 0; i < 60; i++) {
		care_world_read(&c, "m-hall.motion", i % 4 < 2);
		care_world_pass(&c, 10 * MINUTE);
	}
	assert_true(loss(&c) < 0.02);
	care_world_fini(&c);
}

static void a_bed_that_is_taken_again_is_a_sign(_unused_ void **state)
{
	struct care_world c;
	int64_t last_us;

	care_world_init(&c, "独居");
	turn(&c, 20, 0);
	turn(&c, 1, 1);
	last_us = care_world_home(&c)->state.inside.at.mono_us;
	care_world_pass(&c, 3 * HOUR);
	care_world_read(&c, "bed.occupied", true);
	assert_true(care_world_home(&c)->state.inside.at.mono_us > last_us + 3 * HOUR);
	care_world_fini(&c);
}

static void one_that_says_so_all_the_time_is_not(_unused_ void **state)
{
	struct care_world c;
	int64_t last_us;

	care_world_init(&c, "独居");
	turn(&c, 20, 0);
	care_world_read(&c, "bed.occupied", true);
	for (int i = 0; i < 15; i++) {
		care_world_pass(&c, 10 * MINUTE);
		care_world_read(&c, "bed.occupied", true);
	}
	last_us = care_world_home(&c)->state.inside.at.mono_us;
	care_world_pass(&c, 10 * MINUTE);
	care_world_read(&c, "bed.occupied", true);
	assert_true(care_world_home(&c)->state.inside.at.mono_us == last_us);
	care_world_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_each_edge_is_heard_hardly_any_is_lost),
		cmocka_unit_test(who_lies_down_twice_has_got_up_unheard),
		cmocka_unit_test(a_sensor_that_repeats_itself_all_the_time_has_lost_nothing),
		cmocka_unit_test(a_bed_that_is_taken_again_is_a_sign),
		cmocka_unit_test(one_that_says_so_all_the_time_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
