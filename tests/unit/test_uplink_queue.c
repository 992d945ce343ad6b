/* What mqtt-uplink holds: order, windows, rewinding, refusing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt-uplink/uplink_queue.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

static int add(struct uplink_queue *q, const char *lane, int batch, int first, int count)
{
	char why[UPLINK_QUEUE_WHY] = "";
	json_t *messages = json_array();
	json_t *deliver;
	char *line;
	int r;

	for (int i = 0; i < count; i++)
		json_array_append_new(messages, json_pack("{s:s,s:i}", "kind", "event", "seq", first + i));
	deliver = json_pack("{s:i,s:s,s:o}", "batch", batch, "lane", lane, "messages", messages);
	line = json_dumps(deliver, 0);
	r = uplink_queue_add(q, deliver, line, why);
	free(line);
	json_decref(deliver);
	assert_int_equal(r < 0 && r != -EEXIST, why[0] != '\0');
	return r;
}

/* Publishes the next message; its mid is its seq. */
static int64_t publish(struct uplink_queue *q, int64_t now_us)
{
	struct uplink_message *m = uplink_queue_next(q);

	if (!m)
		return 0;
	uplink_queue_published(q, m, (int)m->seq, now_us);
	return m->seq;
}

static int64_t take_done(struct uplink_queue *q)
{
	json_int_t batch;

	return uplink_queue_take_done(q, &batch) ? batch : 0;
}

static void alarms_go_first_and_lanes_keep_their_order(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);
	static const int64_t expected[] = { 1, 2, 11, 12, 13, 0 };

	(void)state;
	assert_int_equal(add(q, "data", 1, 11, 2), 0);
	assert_int_equal(add(q, "data", 2, 13, 1), 0);
	assert_int_equal(add(q, "alarm", 3, 1, 2), 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(publish(q, 0), expected[i]);
	uplink_queue_free(q);
}

static void telemetry_in_flight_is_few_alarms_are_many(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);
	int n = 0;

	(void)state;
	add(q, "data", 1, 1000, 200);
	while (publish(q, 0))
		n++;
	assert_int_equal(n, 32);
	add(q, "alarm", 2, 1, 5);
	for (int64_t seq = 1; seq <= 5; seq++)
		assert_int_equal(publish(q, 0), seq);
	assert_true(uplink_queue_acknowledged(q, 1000));
	assert_int_equal(publish(q, 0), 1032);
	assert_int_equal(publish(q, 0), 0);
	uplink_queue_free(q);
}

static void a_batch_is_done_with_its_last_puback_and_after_those_before_it(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);

	(void)state;
	add(q, "alarm", 7, 1, 2);
	add(q, "alarm", 8, 3, 1);
	while (publish(q, 0))
		;
	assert_true(uplink_queue_acknowledged(q, 3));
	assert_true(uplink_queue_acknowledged(q, 2));
	assert_int_equal(take_done(q), 0);
	assert_true(uplink_queue_acknowledged(q, 1));
	assert_false(uplink_queue_acknowledged(q, 1));
	assert_int_equal(take_done(q), 7);
	assert_int_equal(take_done(q), 8);
	assert_int_equal(take_done(q), 0);
	assert_int_equal(uplink_queue_counts(q).messages, 3);
	assert_int_equal(uplink_queue_counts(q).bytes, 0);
	uplink_queue_free(q);
}

static void after_a_rewind_all_from_the_first_unacknowledged_goes_again(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);

	(void)state;
	add(q, "alarm", 1, 1, 3);
	add(q, "alarm", 2, 4, 2);
	for (int i = 0; i < 4; i++)
		publish(q, 0);
	uplink_queue_acknowledged(q, 1);
	uplink_queue_acknowledged(q, 3); /* out of turn: sent again all the same, so that the receiver sees the order */
	uplink_queue_rewind(q);
	for (int64_t seq = 2; seq <= 5; seq++)
		assert_int_equal(publish(q, 0), seq);
	uplink_queue_free(q);
}

static void the_receivers_confirmation_counts_only_for_what_was_published(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_APPLICATION);

	(void)state;
	add(q, "alarm", 1, 5, 1);
	add(q, "alarm", 2, 6, 1);
	assert_false(uplink_queue_confirmed(q, "alarm", 99));
	assert_int_equal(publish(q, 0), 5);
	uplink_queue_acknowledged(q, 5);
	assert_int_equal(take_done(q), 0);
	assert_false(uplink_queue_confirmed(q, "data", 99));
	assert_false(uplink_queue_confirmed(q, "alarm", 4));
	assert_true(uplink_queue_confirmed(q, "alarm", 99));
	assert_int_equal(take_done(q), 1);
	assert_int_equal(take_done(q), 0);
	assert_int_equal(publish(q, 0), 6);
	uplink_queue_free(q);
}

static void a_silent_receiver_is_sent_the_same_again_at_growing_intervals(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_APPLICATION);
	const int64_t limit_us = 60 * SECOND;

	(void)state;
	add(q, "alarm", 1, 1, 1);
	assert_null(uplink_queue_rewind_unconfirmed(q, 100 * SECOND, limit_us));
	publish(q, 100 * SECOND);
	assert_null(uplink_queue_rewind_unconfirmed(q, 500 * SECOND, limit_us)); /* the broker's delay */
	uplink_queue_acknowledged(q, 1);
	assert_null(uplink_queue_rewind_unconfirmed(q, 159 * SECOND, limit_us));
	assert_string_equal(uplink_queue_rewind_unconfirmed(q, 160 * SECOND, limit_us), "alarm");
	assert_int_equal(publish(q, 160 * SECOND), 1);
	uplink_queue_acknowledged(q, 1);
	assert_null(uplink_queue_rewind_unconfirmed(q, 279 * SECOND, limit_us));
	assert_string_equal(uplink_queue_rewind_unconfirmed(q, 280 * SECOND, limit_us), "alarm");
	uplink_queue_free(q);
}

static void a_puback_that_does_not_come_is_noticed(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);

	(void)state;
	add(q, "data", 1, 1, 2);
	publish(q, 10 * SECOND);
	publish(q, 20 * SECOND);
	assert_false(uplink_queue_is_stuck(q, 10 * SECOND));
	assert_true(uplink_queue_is_stuck(q, 11 * SECOND));
	uplink_queue_acknowledged(q, 1);
	assert_false(uplink_queue_is_stuck(q, 11 * SECOND));
	uplink_queue_free(q);
}

static void nothing_overtakes_a_batch_that_was_refused(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);
	int refused = 0;

	(void)state;
	for (int i = 1; i <= 300 && !refused; i++)
		if (add(q, "data", i, i, 1) == -ENOBUFS)
			refused = i;
	assert_int_equal(refused, 257);
	publish(q, 0);
	uplink_queue_acknowledged(q, 1);
	assert_int_equal(take_done(q), 1);
	assert_int_equal(add(q, "data", 258, 258, 1), -ENOBUFS); /* there is room, but 257 is not here */
	assert_int_equal(add(q, "data", 900, 257, 1), 0);        /* it came again */
	publish(q, 0);
	uplink_queue_acknowledged(q, 2);
	assert_int_equal(take_done(q), 2);
	assert_int_equal(add(q, "data", 258, 258, 1), 0);
	uplink_queue_free(q);
}

static void a_batch_that_is_held_already_is_not_taken_twice(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);

	(void)state;
	assert_int_equal(add(q, "alarm", 1, 1, 1), 0);
	assert_int_equal(add(q, "alarm", 1, 1, 1), -EEXIST);
	assert_int_equal(uplink_queue_counts(q).batches, 1);
	uplink_queue_free(q);
}

static void messages_go_out_byte_for_byte(void **state)
{
	static const char line[] =
		"{ \"type\":\"deliver\",\"x\":[{\"messages\":[1]}],\"lane\":\"alarm\",\"batch\":1, \"messages\" : [ "
		"{\"seq\":1,\"kind\":\"a\",\"v\":21.50,\"t\":\"]},\\\"\\\\\"} ,{\"b\":[1, "
		"{}],\"kind\":\"b\",\"seq\":2}] }";
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);
	json_t *deliver = json_loads(line, 0, NULL);
	char why[UPLINK_QUEUE_WHY];
	struct uplink_message *m;

	(void)state;
	assert_non_null(deliver);
	assert_int_equal(uplink_queue_add(q, deliver, line, why), 0);
	m = uplink_queue_next(q);
	assert_string_equal(m->text, "{\"seq\":1,\"kind\":\"a\",\"v\":21.50,\"t\":\"]},\\\"\\\\\"}");
	assert_string_equal(m[1].text, "{\"b\":[1, {}],\"kind\":\"b\",\"seq\":2}");
	json_decref(deliver);
	uplink_queue_free(q);
}

static void lanes_are_bounded(void **state)
{
	struct uplink_queue *q = uplink_queue_new(UPLINK_ACK_BROKER);
	char lane[40] = "lane-0";

	(void)state;
	for (int i = 0; i < 7; i++, lane[5]++)
		assert_int_equal(add(q, lane, i, 1, 1), 0);
	assert_int_equal(add(q, lane, 8, 1, 1), -EINVAL);
	uplink_queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alarms_go_first_and_lanes_keep_their_order),
		cmocka_unit_test(telemetry_in_flight_is_few_alarms_are_many),
		cmocka_unit_test(a_batch_is_done_with_its_last_puback_and_after_those_before_it),
		cmocka_unit_test(after_a_rewind_all_from_the_first_unacknowledged_goes_again),
		cmocka_unit_test(the_receivers_confirmation_counts_only_for_what_was_published),
		cmocka_unit_test(a_silent_receiver_is_sent_the_same_again_at_growing_intervals),
		cmocka_unit_test(a_puback_that_does_not_come_is_noticed),
		cmocka_unit_test(nothing_overtakes_a_batch_that_was_refused),
		cmocka_unit_test(a_batch_that_is_held_already_is_not_taken_twice),
		cmocka_unit_test(messages_go_out_byte_for_byte),
		cmocka_unit_test(lanes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
