/* What an uplink holds: order, windows, rewinding, refusing, setting aside. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_uplink.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

/* Takes messages. */
static int add_messages(struct sdk_uplink *q, const char *lane, int batch, json_t *messages)
{
	char why[SDK_UPLINK_WHY] = "";
	json_t *deliver = json_pack("{s:i,s:s,s:o}", "batch", batch, "lane", lane, "messages", messages);
	char *line;
	int r;

	line = json_dumps(deliver, 0);
	r = sdk_uplink_add(q, deliver, line, why);
	free(line);
	json_decref(deliver);
	assert_int_equal(r < 0 && r != -EEXIST, why[0] != '\0');
	return r;
}

static int add(struct sdk_uplink *q, const char *lane, int batch, int first, int count)
{
	json_t *messages = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(messages, json_pack("{s:s,s:i}", "kind", "event", "seq", first + i));
	return add_messages(q, lane, batch, messages);
}

static int add_gap(struct sdk_uplink *q, int batch, int from, int to)
{
	return add_messages(q, "data", batch,
			    json_pack("[{s:s,s:i,s:i,s:i}]", "kind", "gap", "seq", to, "from", from, "to", to));
}

/* Publishes the next message; its mid is its seq. */
static int64_t publish(struct sdk_uplink *q, int64_t now_us)
{
	struct sdk_uplink_message *m = sdk_uplink_next(q);

	if (!m)
		return 0;
	sdk_uplink_published(q, m, (int)m->seq, now_us);
	return m->seq;
}

static int64_t take_done(struct sdk_uplink *q)
{
	json_int_t batch;

	return sdk_uplink_take_done(q, &batch) ? batch : 0;
}

static void alarms_go_first_and_lanes_keep_their_order(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);
	static const int64_t expected[] = { 1, 2, 11, 12, 13, 0 };

	(void)state;
	assert_int_equal(add(q, "data", 1, 11, 2), 0);
	assert_int_equal(add(q, "data", 2, 13, 1), 0);
	assert_int_equal(add(q, "alarm", 3, 1, 2), 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(publish(q, 0), expected[i]);
	sdk_uplink_free(q);
}

static void telemetry_in_flight_is_few_alarms_are_many(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);
	int n = 0;

	(void)state;
	add(q, "data", 1, 1000, 200);
	while (publish(q, 0))
		n++;
	assert_int_equal(n, 32);
	add(q, "alarm", 2, 1, 5);
	for (int64_t seq = 1; seq <= 5; seq++)
		assert_int_equal(publish(q, 0), seq);
	assert_true(sdk_uplink_acknowledged(q, 1000));
	assert_int_equal(publish(q, 0), 1032);
	assert_int_equal(publish(q, 0), 0);
	sdk_uplink_free(q);
}

static void a_batch_is_done_with_its_last_puback_and_after_those_before_it(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);

	(void)state;
	add(q, "alarm", 7, 1, 2);
	add(q, "alarm", 8, 3, 1);
	while (publish(q, 0))
		;
	assert_true(sdk_uplink_acknowledged(q, 3));
	assert_true(sdk_uplink_acknowledged(q, 2));
	assert_int_equal(take_done(q), 0);
	assert_true(sdk_uplink_acknowledged(q, 1));
	assert_false(sdk_uplink_acknowledged(q, 1));
	assert_int_equal(take_done(q), 7);
	assert_int_equal(take_done(q), 8);
	assert_int_equal(take_done(q), 0);
	assert_int_equal(sdk_uplink_counts(q).messages, 3);
	assert_int_equal(sdk_uplink_counts(q).bytes, 0);
	sdk_uplink_free(q);
}

static void after_a_rewind_all_from_the_first_unacknowledged_goes_again(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);

	(void)state;
	add(q, "alarm", 1, 1, 3);
	add(q, "alarm", 2, 4, 2);
	for (int i = 0; i < 4; i++)
		publish(q, 0);
	sdk_uplink_acknowledged(q, 1);
	sdk_uplink_acknowledged(q, 3); /* out of turn: sent again all the same, so that the receiver sees the order */
	sdk_uplink_rewind(q);
	for (int64_t seq = 2; seq <= 5; seq++)
		assert_int_equal(publish(q, 0), seq);
	sdk_uplink_free(q);
}

static void the_receivers_confirmation_counts_only_for_what_was_published(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_APPLICATION);

	(void)state;
	add(q, "alarm", 1, 5, 1);
	add(q, "alarm", 2, 6, 1);
	assert_false(sdk_uplink_confirmed(q, "alarm", 99));
	assert_int_equal(publish(q, 0), 5);
	sdk_uplink_acknowledged(q, 5);
	assert_int_equal(take_done(q), 0);
	assert_false(sdk_uplink_confirmed(q, "data", 99));
	assert_false(sdk_uplink_confirmed(q, "alarm", 4));
	assert_true(sdk_uplink_confirmed(q, "alarm", 99));
	assert_int_equal(take_done(q), 1);
	assert_int_equal(take_done(q), 0);
	assert_int_equal(publish(q, 0), 6);
	sdk_uplink_free(q);
}

static void a_silent_receiver_is_sent_the_same_again_at_growing_intervals(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_APPLICATION);
	const int64_t limit_us = 60 * SECOND;

	(void)state;
	add(q, "alarm", 1, 1, 1);
	assert_null(sdk_uplink_rewind_unconfirmed(q, 100 * SECOND, limit_us));
	publish(q, 100 * SECOND);
	assert_null(sdk_uplink_rewind_unconfirmed(q, 500 * SECOND, limit_us)); /* the broker's delay */
	sdk_uplink_acknowledged(q, 1);
	assert_null(sdk_uplink_rewind_unconfirmed(q, 159 * SECOND, limit_us));
	assert_string_equal(sdk_uplink_rewind_unconfirmed(q, 160 * SECOND, limit_us), "alarm");
	assert_int_equal(publish(q, 160 * SECOND), 1);
	sdk_uplink_acknowledged(q, 1);
	assert_null(sdk_uplink_rewind_unconfirmed(q, 279 * SECOND, limit_us));
	assert_string_equal(sdk_uplink_rewind_unconfirmed(q, 280 * SECOND, limit_us), "alarm");
	sdk_uplink_free(q);
}

static void a_puback_that_does_not_come_is_noticed(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);

	(void)state;
	add(q, "data", 1, 1, 2);
	publish(q, 10 * SECOND);
	publish(q, 20 * SECOND);
	assert_false(sdk_uplink_is_stuck(q, 10 * SECOND));
	assert_true(sdk_uplink_is_stuck(q, 11 * SECOND));
	sdk_uplink_acknowledged(q, 1);
	assert_false(sdk_uplink_is_stuck(q, 11 * SECOND));
	sdk_uplink_free(q);
}

/* 256 batches of one message are held, the 257th was refused; then there is room for one. */
static struct sdk_uplink *refuse_257(void)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);
	int refused = 0;

	for (int i = 1; i <= 300 && !refused; i++)
		if (add(q, "data", i, i, 1) == -ENOBUFS)
			refused = i;
	assert_int_equal(refused, 257);
	publish(q, 0);
	sdk_uplink_acknowledged(q, 1);
	assert_int_equal(take_done(q), 1);
	return q;
}

static void nothing_overtakes_a_batch_that_was_refused(void **state)
{
	struct sdk_uplink *q = refuse_257();

	(void)state;
	assert_int_equal(add(q, "data", 258, 258, 1), -ENOBUFS); /* there is room, but 257 is not here */
	assert_int_equal(add(q, "data", 900, 257, 1), 0);        /* it came again */
	publish(q, 0);
	sdk_uplink_acknowledged(q, 2);
	assert_int_equal(take_done(q), 2);
	assert_int_equal(add(q, "data", 258, 258, 1), 0);
	sdk_uplink_free(q);
}

static void a_gap_that_tells_of_a_refused_batch_takes_its_place(void **state)
{
	struct sdk_uplink *q = refuse_257();

	(void)state;
	assert_int_equal(add_gap(q, 900, 258, 270), -ENOBUFS); /* 257 is not told of by it */
	assert_int_equal(add_gap(q, 901, 257, 270), 0);
	publish(q, 0);
	sdk_uplink_acknowledged(q, 2);
	assert_int_equal(take_done(q), 2);
	assert_int_equal(add(q, "data", 902, 271, 1), 0);
	sdk_uplink_free(q);
}

static void a_batch_that_is_held_already_is_not_taken_twice(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);

	(void)state;
	assert_int_equal(add(q, "alarm", 1, 1, 1), 0);
	assert_int_equal(add(q, "alarm", 1, 1, 1), -EEXIST);
	assert_int_equal(sdk_uplink_counts(q).batches, 1);
	sdk_uplink_free(q);
}

static void messages_go_out_byte_for_byte(void **state)
{
	static const char line[] =
		"{ \"type\":\"deliver\",\"x\":[{\"messages\":[1]}],\"lane\":\"alarm\",\"batch\":1, \"messages\" : [ "
		"{\"seq\":1,\"kind\":\"a\",\"v\":21.50,\"t\":\"]},\\\"\\\\\"} ,{\"b\":[1, "
		"{}],\"kind\":\"b\",\"seq\":2}] }";
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);
	json_t *deliver = json_loads(line, 0, NULL);
	char why[SDK_UPLINK_WHY];
	struct sdk_uplink_message *m;

	(void)state;
	assert_non_null(deliver);
	assert_int_equal(sdk_uplink_add(q, deliver, line, why), 0);
	m = sdk_uplink_next(q);
	assert_string_equal(m->text, "{\"seq\":1,\"kind\":\"a\",\"v\":21.50,\"t\":\"]},\\\"\\\\\"}");
	assert_string_equal(m[1].text, "{\"b\":[1, {}],\"kind\":\"b\",\"seq\":2}");
	json_decref(deliver);
	sdk_uplink_free(q);
}

static void lanes_are_bounded(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);
	char lane[40] = "lane-0";

	(void)state;
	for (int i = 0; i < 7; i++, lane[5]++)
		assert_int_equal(add(q, lane, i, 1, 1), 0);
	assert_int_equal(add(q, lane, 8, 1, 1), -EINVAL);
	sdk_uplink_free(q);
}

static void what_is_set_aside_is_told_after_all_before_it_and_its_lane_is_empty_then(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);
	struct sdk_uplink_aside aside;

	(void)state;
	add(q, "alarm", 1, 1, 3);
	add(q, "alarm", 2, 4, 1);
	add(q, "data", 3, 1, 1);
	while (publish(q, 0))
		;
	sdk_uplink_set_aside(q, sdk_uplink_find(q, 3), "the later one");
	sdk_uplink_set_aside(q, sdk_uplink_find(q, 2), "too long");
	assert_false(sdk_uplink_take_aside(q, &aside)); /* the first is not acknowledged yet */
	assert_null(sdk_uplink_find(q, 2));
	assert_true(sdk_uplink_acknowledged(q, 4));
	assert_int_equal(add(q, "alarm", 4, 5, 1), 0);
	assert_int_equal(publish(q, 0), 0); /* nothing more of this lane goes out */
	sdk_uplink_rewind(q);
	assert_ptr_equal(sdk_uplink_next(q), sdk_uplink_next_of(q, 0)); /* but for what stands before it */
	assert_int_equal(publish(q, 0), 1);
	assert_null(sdk_uplink_next_of(q, 0));
	assert_true(sdk_uplink_acknowledged(q, 1));
	assert_true(sdk_uplink_take_aside(q, &aside));
	assert_int_equal(aside.seq, 2);
	assert_string_equal(aside.why, "too long");
	sdk_uplink_free(q);
}

static void after_what_was_set_aside_the_same_numbers_may_come_again(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);
	struct sdk_uplink_aside aside;

	(void)state;
	add(q, "alarm", 1, 1, 1);
	add(q, "alarm", 2, 2, 3);
	add(q, "alarm", 3, 5, 1);
	while (publish(q, 0))
		;
	sdk_uplink_set_aside(q, sdk_uplink_find(q, 3), "too long");
	assert_true(sdk_uplink_acknowledged(q, 1));
	assert_true(sdk_uplink_acknowledged(q, 2));
	assert_int_equal(take_done(q), 1);
	assert_true(sdk_uplink_take_aside(q, &aside));
	assert_int_equal(aside.batch, 2);
	assert_int_equal(aside.seq, 3);
	assert_string_equal(aside.why, "too long");
	assert_false(sdk_uplink_take_aside(q, &aside));
	assert_int_equal(sdk_uplink_counts(q).batches, 0);
	assert_int_equal(sdk_uplink_counts(q).bytes, 0);
	assert_false(sdk_uplink_acknowledged(q, 5));          /* of the time before */
	assert_int_equal(add(q, "alarm", 4, 6, 1), -ENOBUFS); /* it was on its way when 3 was told */
	assert_int_equal(add(q, "alarm", 5, 2, 4), 0);
	assert_int_equal(publish(q, 0), 2);
	assert_int_equal(publish(q, 0), 3);
	assert_int_equal(add(q, "alarm", 6, 6, 1), 0);
	sdk_uplink_free(q);
}

static void a_lane_can_be_taken_by_itself(void **state)
{
	struct sdk_uplink *q = sdk_uplink_new(SDK_UPLINK_ACK_BROKER);

	(void)state;
	add(q, "data", 1, 1, 100);
	add(q, "alarm", 2, 1, 1);
	assert_int_equal(sdk_uplink_lanes(q), 2);
	assert_string_equal(sdk_uplink_lane_name(q, 0), "alarm");
	assert_string_equal(sdk_uplink_lane_name(q, 1), "data");
	for (int i = 1; i <= 100; i++) { /* one request for all of them, beyond every window */
		struct sdk_uplink_message *m = sdk_uplink_next_of(q, 1);

		assert_int_equal(m->seq, i);
		sdk_uplink_published(q, m, 77, 0);
	}
	assert_null(sdk_uplink_next_of(q, 1));
	sdk_uplink_rewind_lane(q, 1);
	assert_int_equal(sdk_uplink_next_of(q, 1)->seq, 1);
	assert_int_equal(sdk_uplink_next_of(q, 0)->seq, 1);
	sdk_uplink_free(q);
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
		cmocka_unit_test(a_gap_that_tells_of_a_refused_batch_takes_its_place),
		cmocka_unit_test(a_batch_that_is_held_already_is_not_taken_twice),
		cmocka_unit_test(messages_go_out_byte_for_byte),
		cmocka_unit_test(lanes_are_bounded),
		cmocka_unit_test(what_is_set_aside_is_told_after_all_before_it_and_its_lane_is_empty_then),
		cmocka_unit_test(after_what_was_set_aside_the_same_numbers_may_come_again),
		cmocka_unit_test(a_lane_can_be_taken_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
