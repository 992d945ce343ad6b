/* Orders in a whole bus thread: when they have their turn, what becomes of them, and that the plan goes on. */
#include "unit.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "field/worker.h"
#include "model/order.h"
#include "holding.h"
#include "scripted.h"

#define LIMIT      (20 * S)
#define PLANNED    1 /* the unit that the plan asks */
#define OTHER      9 /* one that nobody has configured */
#define RESULTS    8
#define ORDER_UNIT OTHER

struct bench {
	struct bus bus;
	struct device device;
	struct profile profile;
	struct profile_point point;
	bool urgent;
	struct queue *messages;
	struct worker *worker;
	struct scripted_setup setup;
	struct scripted *slave;
	atomic_uint slow_ms;  /* every answer */
	atomic_bool hangs_up; /* on what is asked of the other unit */
	struct order_result *results[RESULTS];
	unsigned count, readings, resumed;
};

static uint16_t value_of(unsigned unit, unsigned address)
{
	return (uint16_t)(unit * 1000 + address);
}

/* What was to be written is confirmed, and read back as 1000 * unit + address: so only that can be written. */
static void confirm(const struct scripted_ask *q, struct scripted_reply *reply)
{
	const uint8_t bytes[] = { (uint8_t)(q->transaction >> 8),
				  (uint8_t)q->transaction,
				  0,
				  0,
				  0,
				  6,
				  q->unit,
				  q->function,
				  (uint8_t)(q->address >> 8),
				  (uint8_t)q->address,
				  (uint8_t)(q->count >> 8),
				  (uint8_t)q->count };

	memcpy(reply->bytes, bytes, sizeof(bytes));
	reply->len = sizeof(bytes);
}

static void answer(void *context, const struct scripted_ask *q, struct scripted_reply *reply)
{
	struct bench *b = context;

	reply->after_us = atomic_load(&b->slow_ms) * MS;
	reply->close = q->unit == OTHER && atomic_load(&b->hangs_up);
	if (q->function <= 4)
		scripted_right(&b->setup, q, reply, value_of);
	else
		confirm(q, reply);
}

static int setup(void **state)
{
	struct bench *b = MEM_NEW(struct bench);

	b->messages = queue_new(sizeof(struct worker_message), 4096);
	b->setup = (struct scripted_setup){ .answer = answer, .context = b };
	b->slave = scripted_start(&b->setup);
	b->bus = (struct bus){ .id = "test",
			       .type = BUS_TCP,
			       .host = "127.0.0.1",
			       .port = scripted_port(b->slave),
			       .timeout_us = 300 * MS };
	b->point = holding_point(CODEC_U16, 1, 100 * MS);
	b->profile = (struct profile){ .id = "p", .points = &b->point, .point_count = 1 };
	b->device = (struct device){ .id = "d", .name = "d", .profile = &b->profile, .bus = &b->bus, .unit = PLANNED };
	*state = b;
	return 0;
}

static void start(struct bench *b)
{
	struct worker_setup s = {
		.bus = &b->bus, .devices = { &b->device, 1 }, .generation = 1, .messages = b->messages
	};

	assert_int_equal(worker_start(&s, &b->worker), 0);
}

static void take(struct bench *b, const struct worker_message *m)
{
	if (m->kind == WORKER_ORDER) {
		assert_true(b->count < RESULTS);
		b->results[b->count++] = m->order;
	}
	b->readings += m->kind == WORKER_READING;
	b->resumed += m->kind == WORKER_RESUMED;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	struct worker_message m;

	worker_stop(b->worker);
	scripted_stop(b->slave);
	while (queue_pop(b->messages, &m))
		take(b, &m);
	for (unsigned i = 0; i < b->count; i++)
		free(b->results[i]);
	queue_free(b->messages);
	free(b);
	return 0;
}

/* Takes messages until so many results, and readings, are there. */
static void wait_for(struct bench *b, unsigned results, unsigned readings)
{
	int64_t until_us = clock_mono_us() + LIMIT;
	struct worker_message m;

	while (b->count < results || b->readings < readings) {
		assert_true(queue_pop_wait(b->messages, &m, until_us));
		take(b, &m);
	}
}

static struct order read_order(uint32_t id, uint16_t address)
{
	return (struct order){ .id = id,
			       .kind = ORDER_READ,
			       .unit = ORDER_UNIT,
			       .table = CODEC_HOLDING,
			       .address = address,
			       .count = 2,
			       .deadline_us = clock_mono_us() + LIMIT };
}

/* Of register `address` the only number that reads back. */
static struct order write_order(uint32_t id, uint16_t address)
{
	return (struct order){ .id = id,
			       .kind = ORDER_WRITE,
			       .unit = ORDER_UNIT,
			       .image = { .table = CODEC_HOLDING,
					  .address = address,
					  .count = 1,
					  .values = { value_of(ORDER_UNIT, address) } },
			       .deadline_us = clock_mono_us() + LIMIT };
}

static int give(struct bench *b, struct order o)
{
	return worker_order(b->worker, &o);
}

static void what_is_read_comes_back_and_the_plan_goes_on(void **state)
{
	struct bench *b = *state;

	start(b);
	assert_int_equal(give(b, read_order(7, 40)), 0);
	wait_for(b, 1, 10);
	assert_int_equal(b->results[0]->id, 7);
	assert_int_equal(b->results[0]->end, ORDER_DONE);
	assert_int_equal(b->results[0]->count, 2);
	assert_int_equal(b->results[0]->values[0], value_of(ORDER_UNIT, 40));
	assert_int_equal(b->results[0]->values[1], value_of(ORDER_UNIT, 41));
	assert_true(b->results[0]->took_us < b->bus.timeout_us);
}

/* All four are there before the first is done. */
static void a_write_goes_before_readings_that_came_earlier(void **state)
{
	struct bench *b = *state;

	atomic_store(&b->slow_ms, 30);
	start(b);
	wait_for(b, 0, 1);
	assert_int_equal(give(b, read_order(1, 10)), 0);
	assert_int_equal(give(b, read_order(2, 20)), 0);
	assert_int_equal(give(b, read_order(3, 30)), 0);
	assert_int_equal(give(b, write_order(4, 50)), 0);
	wait_for(b, 4, 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(b->results[i]->end, ORDER_DONE);
		if (b->results[i]->id == 4)
			assert_true(i <= 1); /* one may have begun before it came */
	}
}

static void more_than_four_at_a_time_are_refused_and_later_taken_again(void **state)
{
	struct bench *b = *state;

	atomic_store(&b->slow_ms, 50);
	start(b);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(give(b, read_order(i, 10)), 0);
	assert_int_equal(give(b, read_order(5, 10)), -EBUSY);
	wait_for(b, 4, 0);
	atomic_store(&b->slow_ms, 0);
	assert_int_equal(give(b, read_order(6, 10)), 0);
	wait_for(b, 5, 0);
	assert_int_equal(b->results[4]->id, 6);
}

/* Where a point that protects life is always due, an order has every fourth turn, and never two in a row. */
static void what_protects_life_waits_for_one_exchange_at_most(void **state)
{
	struct bench *b = *state;
	unsigned n, in_a_row = 0, turns = 0;

	b->urgent = true;
	b->device.urgent = &b->urgent;
	b->point.period_us = 1 * MS;
	atomic_store(&b->slow_ms, 5);
	start(b);
	wait_for(b, 0, 3);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(give(b, read_order(i, 10)), 0);
	wait_for(b, 4, 0);
	n = scripted_count(b->slave);
	for (unsigned i = 0; i < n; i++) {
		bool order = scripted_ask(b->slave, i)->unit == ORDER_UNIT;

		in_a_row = order ? in_a_row + 1 : 0;
		turns += order;
		assert_true(in_a_row <= 1);
	}
	assert_int_equal(turns, 4);
}

static void one_that_is_too_late_is_not_done(void **state)
{
	struct bench *b = *state;
	struct order o = read_order(1, 10);

	o.deadline_us = clock_mono_us() - 1;
	start(b);
	wait_for(b, 0, 1);
	assert_int_equal(give(b, o), 0);
	wait_for(b, 1, 0);
	assert_int_equal(b->results[0]->end, ORDER_BUSY);
	for (unsigned i = 0; i < scripted_count(b->slave); i++)
		assert_int_not_equal(scripted_ask(b->slave, i)->unit, ORDER_UNIT);
}

static void what_is_written_is_read_before_and_after_and_sent_once(void **state)
{
	static const uint8_t functions[] = { 3, 6, 3 };
	struct bench *b = *state;
	unsigned seen = 0;

	start(b);
	assert_int_equal(give(b, write_order(1, 50)), 0);
	wait_for(b, 1, 0);
	assert_int_equal(b->results[0]->end, ORDER_DONE);
	assert_true(b->results[0]->sent && b->results[0]->known_old && !b->results[0]->unanswered);
	assert_int_equal(b->results[0]->old[0], value_of(ORDER_UNIT, 50));
	for (unsigned i = 0; i < scripted_count(b->slave); i++) {
		const struct scripted_ask *q = scripted_ask(b->slave, i);

		if (q->unit != ORDER_UNIT)
			continue;
		assert_true(seen < ARRAY_SIZE(functions));
		assert_int_equal(q->function, functions[seen++]);
		assert_int_equal(q->address, 50);
	}
	assert_int_equal(seen, ARRAY_SIZE(functions));
}

static void something_else_that_is_read_back_is_told_with_both(void **state)
{
	struct bench *b = *state;
	struct order o = write_order(1, 50);

	o.image.values[0] = 7;
	start(b);
	assert_int_equal(give(b, o), 0);
	wait_for(b, 1, 0);
	assert_int_equal(b->results[0]->end, ORDER_DIFFERS);
	assert_int_equal(b->results[0]->values[0], value_of(ORDER_UNIT, 50));
}

/* A bus without points: the order is all that is ever asked on the link. */
static void a_peer_that_hangs_up_on_an_order_is_asked_once_more_and_then_told(void **state)
{
	struct bench *b = *state;
	struct order o = read_order(1, 10);

	b->profile.point_count = 0;
	atomic_store(&b->hangs_up, true);
	start(b);
	assert_int_equal(give(b, o), 0);
	wait_for(b, 1, 0);
	assert_int_equal(b->results[0]->end, ORDER_NO_LINK);
	assert_int_equal(scripted_count(b->slave), 2);
	atomic_store(&b->hangs_up, false);
	assert_int_equal(give(b, o), 0);
	wait_for(b, 2, 0);
	assert_int_equal(b->results[1]->end, ORDER_DONE);
}

static void a_write_on_which_the_peer_hangs_up_is_not_sent_again(void **state)
{
	struct bench *b = *state;
	unsigned writes = 0;
	int64_t until_us = clock_mono_us() + LIMIT;

	atomic_store(&b->slow_ms, 20);
	start(b);
	assert_int_equal(give(b, write_order(1, 50)), 0);
	while (writes == 0 && clock_mono_us() < until_us) /* once it has read before: from here on it hangs up */
		for (unsigned i = 0; i < scripted_count(b->slave); i++)
			if (scripted_ask(b->slave, i)->unit == OTHER) {
				atomic_store(&b->hangs_up, true);
				writes = 1;
			}
	wait_for(b, 1, 0);
	writes = 0;
	for (unsigned i = 0; i < scripted_count(b->slave); i++)
		writes += scripted_ask(b->slave, i)->function == 6;
	assert_true(writes <= 1);
	assert_int_not_equal(b->results[0]->end, ORDER_DONE);
}

static void a_pause_leaves_the_line_alone_until_it_is_over(void **state)
{
	struct bench *b = *state;
	struct order pause = { .id = 1, .kind = ORDER_PAUSE, .until_us = clock_mono_us() + LIMIT };
	struct order resume = { .id = 3, .kind = ORDER_RESUME };
	unsigned asked, readings;

	start(b);
	wait_for(b, 0, 3);
	assert_int_equal(give(b, pause), 0);
	wait_for(b, 1, 0);
	asked = scripted_count(b->slave);
	assert_int_equal(give(b, read_order(2, 10)), 0);
	wait_for(b, 2, 0);
	assert_int_equal(b->results[1]->end, ORDER_PAUSED);
	assert_int_equal(b->resumed, 0);
	assert_int_equal(scripted_count(b->slave), asked);
	assert_int_equal(give(b, resume), 0);
	wait_for(b, 3, 0);
	readings = b->readings;
	wait_for(b, 0, readings + 3);
	assert_int_equal(b->resumed, 1);
	assert_int_equal(scripted_connections(b->slave), 2);
}

static void orders_that_are_under_way_when_the_thread_ends_are_not_lost_memory(void **state)
{
	struct bench *b = *state;

	atomic_store(&b->slow_ms, 250);
	start(b);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(give(b, i % 2 ? write_order(i, 50) : read_order(i, 10)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_read_comes_back_and_the_plan_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(a_write_goes_before_readings_that_came_earlier, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_four_at_a_time_are_refused_and_later_taken_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_protects_life_waits_for_one_exchange_at_most, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_is_too_late_is_not_done, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_written_is_read_before_and_after_and_sent_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(something_else_that_is_read_back_is_told_with_both, setup, teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_hangs_up_on_an_order_is_asked_once_more_and_then_told,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_write_on_which_the_peer_hangs_up_is_not_sent_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pause_leaves_the_line_alone_until_it_is_over, setup, teardown),
		cmocka_unit_test_setup_teardown(orders_that_are_under_way_when_the_thread_ends_are_not_lost_memory,
						setup, teardown),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return UNIT_RUN(tests);
}
