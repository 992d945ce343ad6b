/* The timekeeper in a box with clocks of its own, beside a real evaluator that lives by the same clocks. */
#include "alarm_world.h"
#include "app/timekeeper.h"
#include "base/mem.h"
#include "model/clockmap.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

/* The clocks of a box whose battery is dead, and what was heard of them. */
struct box {
	struct alarm_world world;
	struct clock_sync sync;
	int set_error;
	struct timekeeper *keeper;
	struct clockmap map;         /* as the store would keep it */
	struct timekeeper_news news; /* the last, without its texts */
	char text[256], who[64];
	unsigned told;
};

static struct clock_now box_now(void *context)
{
	return ((struct box *)context)->world.now;
}

static void box_sync(void *context, struct clock_sync *ret_sync)
{
	*ret_sync = ((struct box *)context)->sync;
}

static int box_set(void *context, int64_t wall_us)
{
	struct box *b = context;

	if (b->set_error == 0)
		b->world.now.wall_us = wall_us;
	return b->set_error;
}

static void box_learned(void *context, const struct timekeeper_news *n)
{
	struct box *b = context;
	struct clockmap_row row = { .boot = "boot", .at = n->at, .quality = n->quality, .step_us = n->step_us };

	b->told++;
	b->news = *n;
	strncpy(b->text, n->text, sizeof(b->text) - 1);
	strncpy(b->who, n->who ? n->who : "", sizeof(b->who) - 1);
	clockmap_add(&b->map, &row);
	evaluator_shift(b->world.evaluator, &n->shifts);
}

/* The build, and a day some months later. */
static int64_t today(void)
{
	return clock_build_us() + 200 * DAY;
}

static void box_open(struct box *b, struct clock_now now, int64_t floor_us)
{
	struct timekeeper_setup setup = {
		.context = b,
		.now = box_now,
		.sync = box_sync,
		.set = box_set,
		.learned = box_learned,
		.floor_us = floor_us,
	};

	*b = (struct box){ .sync = { .known = true, .max_error_us = 16 * S } };
	clock_set_zone("Asia/Shanghai");
	alarm_world_init(&b->world, "class vat\npoint level number %\npoint leaks bool\ndevice vat-1\n");
	alarm_world_build(&b->world);
	alarm_world_rule(&b->world, &(struct rule){ .id = "slow",
						    .class = &b->world.classes[0].class,
						    .when = "leaks",
						    .for_us = 10 * MINUTE,
						    .priority = 3 });
	alarm_world_rule(&b->world, &(struct rule){ .id = "high",
						    .class = &b->world.classes[0].class,
						    .when = "level > 90",
						    .priority = 2 });
	alarm_world_start(&b->world);
	b->world.now = now;
	b->keeper = timekeeper_new(&setup);
	timekeeper_check(b->keeper);
}

static void box_close(struct box *b)
{
	timekeeper_free(b->keeper);
	alarm_world_fini(&b->world);
}

/* Time passes, and somebody looks each second as the daemon does. */
static void pass(struct box *b, int64_t us)
{
	for (int64_t passed = 0; passed < us; passed += S) {
		alarm_world_pass(&b->world, S);
		timekeeper_check(b->keeper);
	}
}

static void step(struct box *b, int64_t by_us)
{
	b->world.now.wall_us += by_us;
	timekeeper_check(b->keeper);
}

static void no_delay_fires_early_or_late_when_1970_becomes_today(void **state)
{
	struct box b;
	const struct alarm *slow, *high;
	int64_t jump_us = today() - 7 * MINUTE;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, 30 * S }, 0);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_UNSET);
	alarm_world_read(&b.world, "vat-1.level", value_number(95)); /* at 1970-01-01 00:00:30 */
	alarm_world_read(&b.world, "vat-1.leaks", value_bool(true));
	assert_string_equal(alarm_world_happened(&b.world), "unacked");
	pass(&b, 4 * MINUTE);
	b.sync = (struct clock_sync){ .known = true, .synchronised = true, .max_error_us = 10 * MS };
	step(&b, jump_us);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_SYNCHRONISED);
	assert_int_equal(b.news.step_us, jump_us);
	pass(&b, 6 * MINUTE - 2 * S);
	assert_string_equal(alarm_world_happened(&b.world), "");
	pass(&b, 4 * S);
	assert_string_equal(alarm_world_happened(&b.world), "unacked");

	/* Both say when it was, on the clock that is right. */
	high = evaluator_find(b.world.evaluator, "high/vat-1");
	slow = evaluator_find(b.world.evaluator, "slow/vat-1");
	assert_int_equal(high->since_us, 30 * S + jump_us);
	assert_int_equal(high->reason.inputs[0].at_us, 30 * S + jump_us);
	assert_string_equal(alarm_world_state(&b.world, "high/vat-1"), "unacked");
	assert_int_equal(slow->since_us, 30 * S + 10 * MINUTE + jump_us);
	box_close(&b);
}

static void a_delay_outlasts_a_step_back_of_an_hour(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, (struct clock_now){ DAY, today() }, today() - HOUR);
	alarm_world_read(&b.world, "vat-1.leaks", value_bool(true));
	pass(&b, MINUTE);
	step(&b, -HOUR);
	assert_int_equal(b.news.step_us, -HOUR);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_RESTORED); /* whoever sets it while it runs means it */
	pass(&b, 9 * MINUTE - S);
	assert_string_equal(alarm_world_happened(&b.world), "");
	pass(&b, 2 * S);
	assert_string_equal(alarm_world_happened(&b.world), "unacked");
	box_close(&b);
}

static void what_was_queued_before_the_clock_was_right_is_mended_by_what_was_learned(void **state)
{
	struct box b;
	struct clockmap_stamp stamp, mended;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, 30 * S }, 0);
	pass(&b, MINUTE);
	stamp = (struct clockmap_stamp){
		.boot = "boot",
		.at = b.world.now,
		.quality = timekeeper_quality_at(b.keeper, b.world.now.mono_us),
	};
	assert_int_equal(stamp.quality, CLOCK_UNSET);
	assert_int_equal(clockmap_mend(&b.map, &stamp).quality, CLOCK_UNSET);
	pass(&b, MINUTE);
	step(&b, today());
	mended = clockmap_mend(&b.map, &stamp);
	assert_int_equal(mended.quality, CLOCK_RESTORED); /* set, and nobody confirms it */
	assert_int_equal(mended.at.wall_us, stamp.at.wall_us + today());
	b.sync = (struct clock_sync){ .known = true, .synchronised = true, .max_error_us = 10 * MS };
	pass(&b, 2 * MINUTE);
	assert_int_equal(clockmap_mend(&b.map, &stamp).quality, CLOCK_SYNCHRONISED);
	/* A stamp that is handled only now was of the clock of then. */
	assert_int_equal(timekeeper_quality_at(b.keeper, stamp.at.mono_us), CLOCK_UNSET);
	assert_int_equal(timekeeper_quality_at(b.keeper, b.world.now.mono_us), CLOCK_SYNCHRONISED);
	box_close(&b);
}

static void a_step_without_confirmation_moves_memory_when_it_is_confirmed(void **state)
{
	struct box b;
	int64_t raised_us;

	(void)state;
	box_open(&b, (struct clock_now){ HOUR, today() }, 0);
	alarm_world_read(&b.world, "vat-1.level", value_number(95));
	raised_us = b.world.now.wall_us;
	pass(&b, MINUTE);
	step(&b, 20 * MINUTE); /* as chrony does it: first the step, then the word */
	assert_int_equal(evaluator_find(b.world.evaluator, "high/vat-1")->since_us, raised_us);
	b.sync = (struct clock_sync){ .known = true, .synchronised = true, .max_error_us = 10 * MS };
	pass(&b, 2 * MINUTE);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_SYNCHRONISED);
	assert_int_equal(evaluator_find(b.world.evaluator, "high/vat-1")->since_us, raised_us + 20 * MINUTE);
	box_close(&b);
}

static void memory_moves_along_each_step_that_makes_the_clock_better(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, 30 * S }, 0);
	alarm_world_read(&b.world, "vat-1.level", value_number(95));
	pass(&b, MINUTE);
	step(&b, today()); /* by hand, ten minutes wrong */
	pass(&b, MINUTE);
	b.sync = (struct clock_sync){ .known = true, .synchronised = true, .max_error_us = 10 * MS };
	step(&b, 10 * MINUTE);
	assert_int_equal(evaluator_find(b.world.evaluator, "high/vat-1")->since_us, 30 * S + today() + 10 * MINUTE);
	step(&b, -HOUR); /* a synchronised clock that is moved moves nothing that it stamped */
	assert_int_equal(evaluator_find(b.world.evaluator, "high/vat-1")->since_us, 30 * S + today() + 10 * MINUTE);
	box_close(&b);
}

static void a_clock_before_the_newest_stored_time_is_unset_until_it_is_past_it(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, today() }, today() + DAY);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_UNSET);
	step(&b, HOUR);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_UNSET);
	step(&b, DAY);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_RESTORED);
	box_close(&b);
}

static void a_person_who_sets_it_is_believed_even_before_the_newest_stored_time(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, today() }, today() + 4000 * DAY); /* stored by a mistake */
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_UNSET);
	assert_int_equal(timekeeper_set(b.keeper, today() + HOUR, "root"), 0);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_RESTORED);
	assert_string_equal(b.who, "root");
	assert_non_null(strstr(b.text, "stepped by +60 min"));
	assert_non_null(strstr(b.text, "set by root"));
	box_close(&b);
}

static void a_step_that_was_announced_has_its_person_and_no_other_has(void **state)
{
	struct box b;
	unsigned told;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, today() }, today() + 4000 * DAY); /* stored by a mistake */
	assert_int_equal(timekeeper_expect(b.keeper, clock_build_us() - 1, "root"), -ERANGE);
	assert_int_equal(timekeeper_expect(b.keeper, today() + HOUR, "root"), 0);
	step(&b, -2 * HOUR); /* a time service, just now */
	assert_string_equal(b.who, "");
	b.world.now.mono_us += 3 * S; /* the person's hands are slow; the tick finds it later still */
	b.world.now.wall_us = today() + HOUR + 2 * S;
	timekeeper_check(b.keeper);
	assert_string_equal(b.who, "root");
	assert_non_null(strstr(b.text, "set by root"));
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_RESTORED); /* whoever sets it means it */
	step(&b, HOUR);
	assert_string_equal(b.who, ""); /* said once, good once */

	/* What the system says was set, and no step came of it: said all the same. */
	told = b.told;
	assert_int_equal(timekeeper_expect(b.keeper, b.world.now.wall_us + 100 * MS, "root"), 0);
	b.world.now.wall_us += 100 * MS;
	timekeeper_stepped(b.keeper);
	assert_int_equal(b.told, told + 1);
	assert_string_equal(b.who, "root");
	timekeeper_stepped(b.keeper);
	assert_int_equal(b.told, told + 1);

	/* Nobody waits for ever. */
	assert_int_equal(timekeeper_expect(b.keeper, b.world.now.wall_us + DAY, "root"), 0);
	pass(&b, 11 * S);
	step(&b, DAY - 11 * S);
	assert_int_equal(b.told, told + 2);
	assert_string_equal(b.who, "");
	box_close(&b);
}

static void what_cannot_be_set_says_why_and_changes_nothing(void **state)
{
	struct box b;
	unsigned told;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, 30 * S }, 0);
	told = b.told;
	assert_int_equal(timekeeper_set(b.keeper, clock_build_us() - 1, "root"), -ERANGE);
	b.set_error = -EPERM;
	assert_int_equal(timekeeper_set(b.keeper, today(), "root"), -EPERM);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_UNSET);
	assert_int_equal(b.told, told);
	box_close(&b);
}

static void steering_is_no_step_and_an_edge_is_told_once(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, today() }, 0);
	assert_int_equal(b.told, 1);
	for (int i = 0; i < 3600; i++) {
		b.world.now.wall_us += 500; /* as fast as the kernel steers */
		pass(&b, S);
	}
	assert_int_equal(b.told, 1);
	step(&b, 3 * HOUR + 2 * MINUTE);
	pass(&b, HOUR);
	assert_int_equal(b.told, 2);
	assert_non_null(strstr(b.text, "stepped by +3 h 2 min"));
	b.sync.synchronised = true;
	b.sync.max_error_us = MS;
	pass(&b, 2 * MINUTE);
	assert_int_equal(b.told, 3);
	assert_int_equal(b.news.step_us, 0);
	b.sync.synchronised = false; /* the service has gone */
	pass(&b, 2 * MINUTE);
	assert_int_equal(b.told, 4);
	assert_int_equal(timekeeper_quality(b.keeper), CLOCK_RESTORED);
	box_close(&b);
}

static void the_status_tells_it_by_the_clock_of_now(void **state)
{
	struct box b;
	struct status_clock s;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, 30 * S }, 0);
	pass(&b, MINUTE);
	step(&b, today());
	pass(&b, HOUR);
	timekeeper_status(b.keeper, &s);
	assert_int_equal(s.now.wall_us, b.world.now.wall_us);
	assert_int_equal(s.quality, CLOCK_RESTORED);
	assert_int_equal(s.since_us, b.world.now.wall_us - HOUR);
	assert_int_equal(s.stepped_us, s.since_us);
	assert_int_equal(s.step_us, today());
	assert_true(s.steps == 1);
	box_close(&b);
}

static void many_steps_forget_the_oldest_segments_only(void **state)
{
	struct box b;

	(void)state;
	box_open(&b, (struct clock_now){ 30 * S, today() }, 0);
	for (int i = 0; i < 40; i++) {
		pass(&b, MINUTE);
		step(&b, i % 2 ? -HOUR : HOUR);
	}
	assert_int_equal(b.told, 41);
	b.sync = (struct clock_sync){ .known = true, .synchronised = true, .max_error_us = 10 * MS };
	step(&b, HOUR);
	assert_in_range(b.news.shifts.count, 1, CLOCK_SHIFTS_MAX);
	assert_int_equal(timekeeper_quality_at(b.keeper, 0), CLOCK_RESTORED);
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_delay_fires_early_or_late_when_1970_becomes_today),
		cmocka_unit_test(a_delay_outlasts_a_step_back_of_an_hour),
		cmocka_unit_test(what_was_queued_before_the_clock_was_right_is_mended_by_what_was_learned),
		cmocka_unit_test(a_step_without_confirmation_moves_memory_when_it_is_confirmed),
		cmocka_unit_test(memory_moves_along_each_step_that_makes_the_clock_better),
		cmocka_unit_test(a_clock_before_the_newest_stored_time_is_unset_until_it_is_past_it),
		cmocka_unit_test(a_person_who_sets_it_is_believed_even_before_the_newest_stored_time),
		cmocka_unit_test(a_step_that_was_announced_has_its_person_and_no_other_has),
		cmocka_unit_test(what_cannot_be_set_says_why_and_changes_nothing),
		cmocka_unit_test(steering_is_no_step_and_an_edge_is_told_once),
		cmocka_unit_test(the_status_tells_it_by_the_clock_of_now),
		cmocka_unit_test(many_steps_forget_the_oldest_segments_only),
	};

	return UNIT_RUN(tests);
}
