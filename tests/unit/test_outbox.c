#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store_unit.h"

/* What a batch's message i says. */
static json_int_t member(const struct store_done *batch, size_t i, const char *name)
{
	json_t *json = json_loads(batch->messages[i], JSON_REJECT_DUPLICATES, NULL);
	json_int_t number = json_integer_value(json_object_get(json, name));

	assert_true(json_is_object(json));
	json_decref(json);
	return number;
}

static struct store_fetch all_of(const char *uplink, enum envelope_lane lane)
{
	return (struct store_fetch){ .uplink = uplink, .lane = lane, .max_messages = 1000, .max_bytes = 1 << 20 };
}

static void each_uplink_and_lane_counts_from_one(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct store_message m[] = {
		{ .uplink = "cloud", .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "{\"n\":1}", .time_us = 1 },
		{ .uplink = "city", .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "{\"n\":2}", .time_us = 1 },
		{ .uplink = "cloud", .lane = ENVELOPE_DATA, .kind = "event", .payload = "{\"n\":3}", .time_us = 1 },
		{ .uplink = "cloud", .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "{\"n\":4}", .time_us = 1 },
	};
	struct store_commit c = { .messages = m, .message_count = 4 };
	struct store_done done;

	assert_int_equal(store_submit(s, &c), 0);
	store_unit_wait(s, STORE_QUEUED, &done);
	assert_string_equal(done.uplink, "cloud");
	assert_int_equal(done.lane, ENVELOPE_ALARM);
	assert_int_equal(done.first_seq, 1);
	assert_int_equal(done.last_seq, 2);
	store_unit_wait(s, STORE_QUEUED, &done);
	assert_string_equal(done.uplink, "city");
	assert_int_equal(done.last_seq, 1);
	store_unit_wait(s, STORE_QUEUED, &done);
	assert_int_equal(done.lane, ENVELOPE_DATA);
	assert_int_equal(done.last_seq, 1);
}

static void a_batch_is_in_order_and_says_all_an_envelope_must(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct store_fetch f = all_of("cloud", ENVELOPE_ALARM);
	struct store_message m = { .uplink = "cloud",
				   .lane = ENVELOPE_ALARM,
				   .kind = "alarm",
				   .payload = "{\"alarm\":\"困人\"}",
				   .time_us = 1795287600120000,
				   .clock = CLOCK_SYNCHRONISED };
	struct store_done batch;

	assert_int_equal(store_unit_commit(s, (struct store_commit){ .messages = &m, .message_count = 1 }), 0);
	for (unsigned i = 2; i <= 20; i++)
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, i), 0);
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.error, 0);
	assert_int_equal(batch.message_count, 20);
	assert_int_equal(batch.first_seq, 1);
	assert_int_equal(batch.last_seq, 20);
	assert_string_equal(batch.messages[0],
			    "{\"v\":1,\"estate\":\"demo\",\"lane\":\"alarm\",\"seq\":1,"
			    "\"time\":\"2026-11-22T03:00:00.120+08:00\",\"kind\":\"alarm\",\"alarm\":\"困人\"}");
	for (size_t i = 1; i < 20; i++) {
		assert_int_equal(member(&batch, i, "seq"), i + 1);
		assert_int_equal(member(&batch, i, "n"), i + 1);
	}
	store_done_fini(&batch);
	f.after_seq = 17;
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 3);
	assert_int_equal(batch.first_seq, 18);
	store_done_fini(&batch);
	f.after_seq = 20;
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 0);
	assert_int_equal(batch.last_seq, 20);
	store_done_fini(&batch);
}

static void a_batch_ends_at_its_count_and_at_its_bytes_but_never_empty(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct store_fetch f = all_of("cloud", ENVELOPE_DATA);
	struct store_done batch;
	size_t one;

	for (unsigned i = 1; i <= 9; i++)
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_DATA, i), 0);
	f.max_messages = 4;
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 4);
	one = strlen(batch.messages[0]);
	store_done_fini(&batch);
	f.max_messages = 1000;
	f.max_bytes = 3 * one + 1;
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 3);
	assert_int_equal(batch.last_seq, 3);
	store_done_fini(&batch);
	f.max_bytes = 1;
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 1);
	store_done_fini(&batch);
}

/* Until everything handed over before has been done. */
static void settle(struct store *s)
{
	assert_int_equal(store_unit_commit(s, (struct store_commit){ 0 }), 0);
}

static void what_was_delivered_goes_and_is_never_given_again(void **state)
{
	struct store *s = store_unit_open(*state);
	struct store_fetch f = all_of("cloud", ENVELOPE_ALARM);
	struct status_outbox row;
	struct store_done batch;

	for (unsigned i = 1; i <= 5; i++)
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, i), 0);
	row = store_unit_row(s, "cloud", ENVELOPE_ALARM);
	assert_int_equal(row.pending, 5);
	assert_int_equal(row.bytes, 5 * strlen("{\"n\":1}"));
	assert_int_equal(row.oldest_us, 1);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_ALARM, 3), 0);
	settle(s);
	row = store_unit_row(s, "cloud", ENVELOPE_ALARM);
	assert_int_equal(row.pending, 2);
	assert_int_equal(row.bytes, 2 * strlen("{\"n\":1}"));
	assert_int_equal(row.delivered, 3);
	assert_int_equal(row.oldest_us, 4);
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 2);
	assert_int_equal(batch.first_seq, 4);
	store_done_fini(&batch);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_ALARM, 5), 0);
	settle(s);
	row = store_unit_row(s, "cloud", ENVELOPE_ALARM);
	assert_int_equal(row.pending, 0);
	assert_int_equal(row.bytes, 0);
	assert_int_equal(row.oldest_us, 0);
	store_close(s);

	/* An empty outbox after a restart still knows where it was. */
	s = store_unit_open(*state);
	row = store_unit_row(s, "cloud", ENVELOPE_ALARM);
	assert_int_equal(row.last_seq, 5);
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 6), 0);
	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 1);
	assert_int_equal(batch.first_seq, 6);
	store_done_fini(&batch);
	store_close(s);
}

static void a_receiver_that_has_more_than_was_sent_is_not_believed(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct status_outbox row;

	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 1), 0);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_ALARM, 2), 0);
	assert_int_equal(store_submit_delivered(s, "nobody", ENVELOPE_ALARM, 1), 0);
	settle(s);
	row = store_unit_row(s, "cloud", ENVELOPE_ALARM);
	assert_int_equal(row.pending, 1);
	assert_true(row.delivered == 0);
}

static void a_long_backlog_goes_in_small_steps_until_it_is_gone(void **state)
{
	struct store *s = store_unit_open(*state);
	struct store_message m[550];

	for (size_t i = 0; i < ARRAY_SIZE(m); i++)
		m[i] = (struct store_message){
			.uplink = "cloud", .lane = ENVELOPE_DATA, .kind = "event", .payload = "{}", .time_us = 1
		};
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .messages = m, .message_count = 550 }), 0);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_DATA, 549), 0);
	settle(s);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).pending, 1);
	for (uint64_t turns = store_turns(s); store_turns(s) < turns + 200;) /* a step in 16 turns at least */
		settle(s);
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM outbox"), 1);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT seq FROM outbox"), 550);
}

static void a_payload_that_is_no_object_is_refused_with_all_that_came_with_it(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct store_message m[] = {
		{ .uplink = "cloud", .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "{}", .time_us = 1 },
		{ .uplink = "cloud", .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "[]", .time_us = 1 },
	};

	assert_int_equal(store_unit_commit(s, (struct store_commit){ .messages = m, .message_count = 2 }), -EINVAL);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, 0);
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .messages = m, .message_count = 1 }), 0);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, 1);
}

static void one_bad_operation_takes_no_other_with_it(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct store_message good = {
		.uplink = "cloud", .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "{}", .time_us = 1
	};
	struct store_message bad = good;
	struct store_done done;

	bad.payload = "nonsense";
	for (uint64_t i = 1; i <= 100; i++) {
		struct store_commit c = { .messages = i % 10 ? &good : &bad, .message_count = 1, .token = i };

		assert_int_equal(store_submit(s, &c), 0);
	}
	for (uint64_t i = 1; i <= 100; i++) {
		store_unit_wait(s, STORE_COMMITTED, &done);
		assert_int_equal(done.token, i);
		assert_int_equal(done.error, i % 10 ? 0 : -EINVAL);
	}
	store_unit_message(s, "cloud", ENVELOPE_ALARM, 1);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, 91);
}

static void names_that_cannot_be_kept_are_refused_at_once(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	char name[80] = "";
	struct store_message m = { .uplink = name, .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "{}" };
	struct store_commit c = { .messages = &m, .message_count = 1 };

	assert_int_equal(store_submit(s, &c), -EINVAL);
	memset(name, 'x', 64);
	assert_int_equal(store_submit(s, &c), -EINVAL);
	assert_int_equal(store_submit_uplink(s, name), -EINVAL);
	name[63] = '\0';
	assert_int_equal(store_submit(s, &c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(each_uplink_and_lane_counts_from_one),
		STORE_UNIT_CASE(a_batch_is_in_order_and_says_all_an_envelope_must),
		STORE_UNIT_CASE(a_batch_ends_at_its_count_and_at_its_bytes_but_never_empty),
		STORE_UNIT_CASE(what_was_delivered_goes_and_is_never_given_again),
		STORE_UNIT_CASE(a_receiver_that_has_more_than_was_sent_is_not_believed),
		STORE_UNIT_CASE(a_long_backlog_goes_in_small_steps_until_it_is_gone),
		STORE_UNIT_CASE(a_payload_that_is_no_object_is_refused_with_all_that_came_with_it),
		STORE_UNIT_CASE(one_bad_operation_takes_no_other_with_it),
		STORE_UNIT_CASE(names_that_cannot_be_kept_are_refused_at_once),
	};

	return UNIT_RUN(tests);
}
