#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/queue.h"
#include "base/thread.h"
#include "unit.h"

#define ITEMS   20000
#define PUSHERS 3

static bool readable(const struct queue *q)
{
	return clock_poll(queue_fd(q), POLLIN, 0) > 0;
}

static void order_is_kept_and_the_descriptor_tells_of_items(void **state)
{
	_cleanup_(queue_freep) struct queue *q = queue_new(sizeof(int), 4);
	int item;

	(void)state;
	assert_false(readable(q));
	for (int i = 0; i < 4; i++)
		assert_int_equal(queue_push(q, &i), 0);
	assert_true(readable(q));
	assert_int_equal(queue_push(q, &(int){ 9 }), -ENOSPC);
	assert_int_equal(queue_refused(q), 1);
	for (int i = 0; i < 4; i++) {
		assert_true(queue_pop(q, &item));
		assert_int_equal(item, i);
	}
	assert_false(queue_pop(q, &item));
	assert_false(readable(q));
}

static void a_closed_queue_gives_what_it_has_and_takes_nothing(void **state)
{
	_cleanup_(queue_freep) struct queue *q = queue_new(sizeof(int), 4);
	int item = 3;

	(void)state;
	queue_push(q, &item);
	queue_close(q);
	assert_int_equal(queue_push(q, &item), -EPIPE);
	assert_true(queue_pop_wait(q, &item, INT64_MAX));
	assert_false(queue_pop_wait(q, &item, INT64_MAX));
}

static void waiting_for_room_ends_at_the_deadline(void **state)
{
	_cleanup_(queue_freep) struct queue *q = queue_new(sizeof(int), 1);
	int64_t began_us = clock_mono_us();
	int item = 1;

	(void)state;
	assert_int_equal(queue_push_wait(q, &item, began_us), 0);
	assert_int_equal(queue_push_wait(q, &item, began_us + 20 * MS), -ETIMEDOUT);
	assert_true(clock_mono_us() >= began_us + 20 * MS);
	assert_true(queue_pop(q, &item));
	assert_false(queue_pop_wait(q, &item, clock_mono_us() + 5 * MS));
}

static void a_group_is_taken_whole_or_not_at_all(void **state)
{
	_cleanup_(queue_freep) struct queue *q = queue_new(sizeof(int), 4);
	const int group[] = { 1, 2, 3 };
	int item;

	(void)state;
	assert_int_equal(queue_push(q, &(int){ 0 }), 0);
	assert_int_equal(queue_push_all(q, group, 3), 0);
	for (int i = 0; i < 2; i++)
		assert_true(queue_pop(q, &item));
	assert_int_equal(queue_push_all(q, group, 3), -ENOSPC);
	assert_int_equal(queue_len(q), 2);
	assert_int_equal(queue_refused(q), 1);
	for (int i = 2; i < 4; i++) {
		assert_true(queue_pop(q, &item));
		assert_int_equal(item, i);
	}
	assert_int_equal(queue_push_all(q, group, 0), 0);
	assert_false(readable(q));
	assert_int_equal(queue_push_all(q, group, 3), 0);
	assert_true(readable(q));
	queue_close(q);
	assert_int_equal(queue_push_all(q, group, 1), -EPIPE);
}

#define GROUPS 3000

static void push_groups(void *arg)
{
	int next = 0;

	for (int i = 0; i < GROUPS; i++) {
		int group[4];
		size_t count = (size_t)i % 4 + 1;

		for (size_t k = 0; k < count; k++)
			group[k] = next++;
		queue_push_all_wait(arg, group, count, INT64_MAX);
	}
}

/* Half of the queue is not room enough for three or four. */
static void a_group_waits_until_there_is_room_for_all_of_it(void **state)
{
	_cleanup_(queue_freep) struct queue *q = queue_new(sizeof(int), 4);
	struct thread *pusher;
	int next = 0, item;

	(void)state;
	assert_int_equal(thread_start("groups", push_groups, q, &pusher), 0);
	for (int i = 0; i < GROUPS; i++) {
		assert_true(queue_pop_wait(q, &item, clock_mono_us() + 20 * S));
		assert_int_equal(item, next++);
		for (int k = 1; k < i % 4 + 1; k++) {
			assert_true(queue_pop(q, &item));
			assert_int_equal(item, next++);
		}
	}
	thread_join(pusher);
	assert_int_equal(queue_len(q), 0);
}

static void push_many(void *arg)
{
	struct queue *q = arg;

	for (int i = 0; i < ITEMS; i++)
		queue_push_wait(q, &i, INT64_MAX);
}

static void nothing_is_lost_between_many_pushers_and_one_popper(void **state)
{
	_cleanup_(queue_freep) struct queue *q = queue_new(sizeof(int), 16);
	struct thread *threads[PUSHERS];
	int64_t sum = 0;
	int item;

	(void)state;
	for (int i = 0; i < PUSHERS; i++)
		assert_int_equal(thread_start("pusher", push_many, q, &threads[i]), 0);
	for (int i = 0; i < PUSHERS * ITEMS; i++) {
		assert_true(queue_pop_wait(q, &item, clock_mono_us() + 10 * S));
		sum += item;
	}
	for (int i = 0; i < PUSHERS; i++)
		thread_join(threads[i]);
	assert_int_equal(sum, (int64_t)PUSHERS * ITEMS * (ITEMS - 1) / 2);
	assert_false(queue_pop(q, &item));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_kept_and_the_descriptor_tells_of_items),
		cmocka_unit_test(a_closed_queue_gives_what_it_has_and_takes_nothing),
		cmocka_unit_test(a_group_is_taken_whole_or_not_at_all),
		cmocka_unit_test(a_group_waits_until_there_is_room_for_all_of_it),
		cmocka_unit_test(waiting_for_room_ends_at_the_deadline),
		cmocka_unit_test(nothing_is_lost_between_many_pushers_and_one_popper),
	};

	return UNIT_RUN(tests);
}
