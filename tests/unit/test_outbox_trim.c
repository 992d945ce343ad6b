#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store_unit.h"

#define PAYLOAD 1000 /* bytes of a message, as wide() makes it */

static const struct store_limits wide_limits = {
	.bytes = 1 << 30, .age_us = 3650 * DAY, .audit_age_us = 3650 * DAY, .audit_rows = 1000000
};

static struct store *begin(const char *dir, uint64_t bytes)
{
	struct store *s = store_unit_open(dir);
	struct store_limits limits = wide_limits;

	limits.bytes = bytes;
	assert_int_equal(store_submit_limits(s, &limits), 0);
	return s;
}

/* One message of PAYLOAD bytes. */
static void wide(struct store *s, const char *uplink, enum envelope_lane lane)
{
	char payload[PAYLOAD + 1];
	struct store_message m = { .uplink = uplink, .lane = lane, .kind = "event", .payload = payload };
	struct clock_now now = clock_now();

	snprintf(payload, sizeof(payload), "{\"x\":\"%0*d\"}", PAYLOAD - 8, 1);
	assert_int_equal(strlen(payload), PAYLOAD);
	m.time_us = now.wall_us;
	m.mono_us = now.mono_us;
	m.clock = CLOCK_RESTORED;
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .messages = &m, .message_count = 1 }), 0);
}

struct seen {
	json_int_t seq[2000];
	size_t count;
	json_int_t from, to; /* of the gap record */
	size_t gap_at, gaps;
};

/* All that is left of a lane, in order. */
static void read_lane(struct store *s, const char *uplink, enum envelope_lane lane, struct seen *ret)
{
	struct store_fetch f = { .uplink = uplink, .lane = lane, .max_messages = 1000, .max_bytes = 1 << 20 };
	struct store_done batch;

	*ret = (struct seen){ 0 };
	do {
		store_unit_fetch(s, &f, &batch);
		f.after_seq = batch.last_seq;
		for (size_t i = 0; i < batch.message_count; i++) {
			json_t *m = json_loads(batch.messages[i], 0, NULL);

			if (strcmp(json_string_value(json_object_get(m, "kind")), "gap") == 0) {
				ret->from = json_integer_value(json_object_get(m, "from"));
				ret->to = json_integer_value(json_object_get(m, "to"));
				ret->gap_at = ret->count;
				ret->gaps++;
				assert_true(json_is_string(json_object_get(m, "reason")));
			}
			ret->seq[ret->count++] = json_integer_value(json_object_get(m, "seq"));
			json_decref(m);
		}
		store_done_fini(&batch);
	} while (batch.message_count);
}

/* A gap record stands first, in the place of the last message that went; behind it every number is there. */
static void assert_whole(const struct seen *seen, json_int_t last)
{
	assert_int_equal(seen->gaps, 1);
	assert_int_equal(seen->gap_at, 0);
	assert_int_equal(seen->from, 1);
	assert_int_equal(seen->to, seen->seq[0]);
	for (size_t i = 1; i < seen->count; i++)
		assert_int_equal(seen->seq[i], seen->seq[i - 1] + 1);
	assert_int_equal(seen->seq[seen->count - 1], last);
}

static void the_oldest_go_when_an_uplink_holds_more_than_it_may_and_one_record_says_so(void **state)
{
	_cleanup_(store_closep) struct store *s = begin(*state, 100 * PAYLOAD);
	struct status_outbox row;
	struct seen seen;

	for (unsigned i = 0; i < 350; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	read_lane(s, "cloud", ENVELOPE_DATA, &seen);
	assert_whole(&seen, 350);
	assert_in_range(seen.count, 90, 101);
	row = store_unit_row(s, "cloud", ENVELOPE_DATA);
	assert_int_equal(row.pending, seen.count);
	assert_true(row.bytes <= 100 * PAYLOAD);
	assert_int_equal(row.last_seq, 350);
}

static void telemetry_goes_before_alarms_and_alarms_only_when_there_is_no_other_left(void **state)
{
	_cleanup_(store_closep) struct store *s = begin(*state, 100 * PAYLOAD);
	struct seen seen;

	for (unsigned i = 0; i < 60; i++)
		wide(s, "cloud", ENVELOPE_ALARM);
	for (unsigned i = 0; i < 200; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	read_lane(s, "cloud", ENVELOPE_ALARM, &seen);
	assert_int_equal(seen.count, 60);
	assert_int_equal(seen.gaps, 0);
	read_lane(s, "cloud", ENVELOPE_DATA, &seen);
	assert_whole(&seen, 200);
	for (unsigned i = 0; i < 90; i++)
		wide(s, "cloud", ENVELOPE_ALARM);
	read_lane(s, "cloud", ENVELOPE_DATA, &seen);
	assert_int_equal(seen.count, 1); /* the record of what went */
	assert_int_equal(seen.to, 200);
	read_lane(s, "cloud", ENVELOPE_ALARM, &seen);
	assert_whole(&seen, 150);
}

static void one_uplink_that_takes_nothing_costs_no_other_a_message(void **state)
{
	_cleanup_(store_closep) struct store *s = begin(*state, 50 * PAYLOAD);
	struct seen seen;

	for (unsigned i = 0; i < 20; i++)
		wide(s, "city", ENVELOPE_DATA);
	for (unsigned i = 0; i < 200; i++)
		wide(s, "dead", ENVELOPE_DATA);
	read_lane(s, "city", ENVELOPE_DATA, &seen);
	assert_int_equal(seen.count, 20);
	assert_int_equal(seen.gaps, 0);
	read_lane(s, "dead", ENVELOPE_DATA, &seen);
	assert_whole(&seen, 200);
}

static void settle(struct store *s)
{
	assert_int_equal(store_unit_commit(s, (struct store_commit){ 0 }), 0);
}

static void what_was_delivered_before_is_not_told_as_lost(void **state)
{
	_cleanup_(store_closep) struct store *s = begin(*state, 50 * PAYLOAD);
	struct seen seen;

	for (unsigned i = 0; i < 40; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_DATA, 30), 0);
	settle(s);
	for (unsigned i = 0; i < 60; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	read_lane(s, "cloud", ENVELOPE_DATA, &seen);
	assert_int_equal(seen.from, 31);
	assert_int_equal(seen.gaps, 1);
	assert_int_equal(seen.seq[seen.count - 1], 100);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_DATA, 100), 0);
	settle(s);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).pending, 0);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).bytes, 0);
}

/* Rows that were queued so long ago, in this boot. */
static void make_older(const char *dir, const char *lane, int64_t by_us)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "UPDATE outbox SET mono = mono - %lld WHERE lane = (SELECT id FROM lane WHERE name = '%s')",
		 (long long)by_us, lane);
	store_unit_run(dir, "state.db", sql);
}

static void wait_pending(struct store *s, enum envelope_lane lane, uint64_t pending)
{
	int64_t deadline_us = clock_mono_us() + STORE_UNIT_WAIT;

	while (store_unit_row(s, "cloud", lane).pending != pending && clock_mono_us() < deadline_us)
		settle(s);
	assert_int_equal(store_unit_row(s, "cloud", lane).pending, pending);
}

static void what_has_waited_too_long_goes_alarms_last(void **state)
{
	struct store *s = begin(*state, 1 << 30);
	struct store_limits limits = wide_limits;
	struct seen seen;

	for (unsigned i = 0; i < 10; i++)
		wide(s, "cloud", ENVELOPE_ALARM);
	for (unsigned i = 0; i < 250; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	store_close(s);
	make_older(*state, "alarm", 2 * DAY);
	make_older(*state, "data", 2 * DAY);
	s = store_unit_open(*state);
	for (unsigned i = 0; i < 5; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	limits.age_us = DAY;
	assert_int_equal(store_submit_limits(s, &limits), 0);
	wait_pending(s, ENVELOPE_DATA, 6);
	read_lane(s, "cloud", ENVELOPE_DATA, &seen);
	assert_whole(&seen, 255);
	assert_int_equal(seen.to, 250);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).pending, 10); /* as long as there is telemetry */
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_DATA, 255), 0);
	assert_int_equal(store_submit_limits(s, &limits), 0);
	wait_pending(s, ENVELOPE_ALARM, 1);
	read_lane(s, "cloud", ENVELOPE_ALARM, &seen);
	assert_int_equal(seen.to, 10);
	store_close(s);
}

static void a_message_of_an_unset_clock_is_never_too_old_after_a_restart(void **state)
{
	struct store *s = begin(*state, 1 << 30);
	struct store_limits limits = wide_limits;

	for (unsigned i = 0; i < 5; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	store_close(s);
	store_unit_run(*state, "state.db", "UPDATE outbox SET boot = 'another', clock = 'unset', time = 1000000");
	s = store_unit_open(*state);
	limits.age_us = HOUR;
	assert_int_equal(store_submit_limits(s, &limits), 0);
	for (uint64_t turns = store_turns(s); store_turns(s) < turns + 20;)
		settle(s);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).pending, 5);
	store_close(s);
}

static void a_message_set_aside_leaves_its_number_and_nothing_else(void **state)
{
	_cleanup_(store_closep) struct store *s = begin(*state, 1 << 30);
	struct store_aside aside = {
		.uplink = "cloud", .lane = ENVELOPE_ALARM, .seq = 3, .reason = "the \"receiver\" cannot read it"
	};
	struct seen seen;

	for (unsigned i = 0; i < 5; i++)
		wide(s, "cloud", ENVELOPE_ALARM);
	assert_int_equal(store_submit_aside(s, &aside), 0);
	aside.seq = 9; /* never given: ignored */
	assert_int_equal(store_submit_aside(s, &aside), 0);
	settle(s);
	read_lane(s, "cloud", ENVELOPE_ALARM, &seen);
	assert_int_equal(seen.count, 5);
	assert_int_equal(seen.gaps, 1);
	assert_int_equal(seen.gap_at, 2);
	assert_int_equal(seen.from, 3);
	assert_int_equal(seen.to, 3);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).pending, 5);
}

/* The first so many messages of data are gap records. */
static void set_aside(struct store *s, unsigned count)
{
	struct store_aside aside = { .uplink = "cloud", .lane = ENVELOPE_DATA, .reason = "nobody can read it" };

	for (aside.seq = 1; aside.seq <= count; aside.seq++)
		assert_int_equal(store_submit_aside(s, &aside), 0);
	settle(s);
}

static void messages_set_aside_do_not_hide_telemetry_that_goes_before_alarms(void **state)
{
	_cleanup_(store_closep) struct store *s = begin(*state, 1 << 30);
	struct store_limits limits = wide_limits;
	struct seen seen;

	for (unsigned i = 0; i < 330; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	set_aside(s, 250);
	for (unsigned i = 0; i < 60; i++)
		wide(s, "cloud", ENVELOPE_ALARM);
	limits.bytes = 100 * PAYLOAD;
	assert_int_equal(store_submit_limits(s, &limits), 0);
	for (int i = 0; i < 20; i++)
		wide(s, "cloud", ENVELOPE_ALARM);
	read_lane(s, "cloud", ENVELOPE_ALARM, &seen);
	assert_int_equal(seen.count, 80);
	assert_int_equal(seen.gaps, 0);
	read_lane(s, "cloud", ENVELOPE_DATA, &seen);
	assert_whole(&seen, 330); /* one record for all that went */
	assert_in_range(seen.to, 300, 315);
	assert_true(store_unit_row(s, "cloud", ENVELOPE_DATA).bytes +
			    store_unit_row(s, "cloud", ENVELOPE_ALARM).bytes <=
		    100 * PAYLOAD);
}

static void a_long_reason_does_not_hide_telemetry_either(void **state)
{
	char reason[2000];
	_cleanup_(store_closep) struct store *s = begin(*state, 1 << 30);
	struct store_aside aside = { .uplink = "cloud", .lane = ENVELOPE_DATA, .seq = 1, .reason = reason };
	struct store_limits limits = wide_limits;
	struct seen seen;

	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	for (unsigned i = 0; i < 10; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	assert_int_equal(store_submit_aside(s, &aside), 0);
	limits.bytes = 11 * PAYLOAD;
	assert_int_equal(store_submit_limits(s, &limits), 0);
	wide(s, "cloud", ENVELOPE_ALARM);
	wide(s, "cloud", ENVELOPE_ALARM);
	read_lane(s, "cloud", ENVELOPE_ALARM, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.gaps, 0);
	read_lane(s, "cloud", ENVELOPE_DATA, &seen);
	assert_whole(&seen, 10);
}

static void the_counters_are_the_same_after_a_restart(void **state)
{
	struct store *s = begin(*state, 30 * PAYLOAD);
	struct status_outbox before, after;

	for (unsigned i = 0; i < 100; i++)
		wide(s, "cloud", ENVELOPE_DATA);
	before = store_unit_row(s, "cloud", ENVELOPE_DATA);
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM outbox"), before.pending);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT sum(bytes) FROM outbox"), before.bytes);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT sum(length(payload)) FROM outbox"), before.bytes);
	store_unit_run(*state, "state.db",
		       "UPDATE lane SET rows = NULL, bytes = NULL"); /* as an older version left it */
	s = store_unit_open(*state);
	after = store_unit_row(s, "cloud", ENVELOPE_DATA);
	assert_int_equal(after.pending, before.pending);
	assert_int_equal(after.bytes, before.bytes);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(the_oldest_go_when_an_uplink_holds_more_than_it_may_and_one_record_says_so),
		STORE_UNIT_CASE(telemetry_goes_before_alarms_and_alarms_only_when_there_is_no_other_left),
		STORE_UNIT_CASE(one_uplink_that_takes_nothing_costs_no_other_a_message),
		STORE_UNIT_CASE(what_was_delivered_before_is_not_told_as_lost),
		STORE_UNIT_CASE(what_has_waited_too_long_goes_alarms_last),
		STORE_UNIT_CASE(a_message_of_an_unset_clock_is_never_too_old_after_a_restart),
		STORE_UNIT_CASE(a_message_set_aside_leaves_its_number_and_nothing_else),
		STORE_UNIT_CASE(messages_set_aside_do_not_hide_telemetry_that_goes_before_alarms),
		STORE_UNIT_CASE(a_long_reason_does_not_hide_telemetry_either),
		STORE_UNIT_CASE(the_counters_are_the_same_after_a_restart),
	};

	return UNIT_RUN(tests);
}
