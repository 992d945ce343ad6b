#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/history_reader.h"
#include "store_unit.h"

/* ---- restart ---- */

struct seen {
	struct alarm alarms[8];
	struct evaluator_delay delays[8];
	struct reading values[8];
	char names[8][64], uplinks[8][64];
	size_t alarm_count, delay_count, value_count, uplink_count;
};

static void see_alarm(void *context, const struct alarm *a)
{
	struct seen *seen = context;

	alarm_copy(a, &seen->alarms[seen->alarm_count++]);
}

static void see_delay(void *context, const struct evaluator_delay *d)
{
	struct seen *seen = context;

	seen->delays[seen->delay_count++] = *d;
}

static void see_value(void *context, const char *point, const struct reading *r)
{
	struct seen *seen = context;

	snprintf(seen->names[seen->value_count], sizeof(seen->names[0]), "%s", point);
	seen->values[seen->value_count++] = *r;
}

static void see_uplink(void *context, const char *instance)
{
	struct seen *seen = context;

	snprintf(seen->uplinks[seen->uplink_count++], sizeof(seen->uplinks[0]), "%s", instance);
}

static void restore(struct store *s, struct seen *seen)
{
	struct store_kept kept = {
		.context = seen, .alarm = see_alarm, .delay = see_delay, .value = see_value, .uplink = see_uplink
	};

	*seen = (struct seen){ 0 };
	assert_int_equal(store_restore(s, &kept), 0);
}

static void seen_fini(struct seen *seen)
{
	for (size_t i = 0; i < seen->alarm_count; i++)
		alarm_fini(&seen->alarms[i]);
}

static void assert_same_alarm(const struct alarm *a, const struct alarm *b)
{
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->rule, b->rule);
	assert_string_equal(a->asset, b->asset);
	assert_string_equal(a->place, b->place);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->priority, b->priority);
	assert_int_equal(a->stage, b->stage);
	assert_int_equal(a->latch, b->latch);
	assert_int_equal(a->life_safety, b->life_safety);
	assert_int_equal(a->test, b->test);
	assert_int_equal(a->active, b->active);
	assert_int_equal(a->since_us, b->since_us);
	assert_int_equal(a->changed_us, b->changed_us);
	assert_int_equal(a->count, b->count);
	assert_string_equal(a->text_zh, b->text_zh);
	assert_string_equal(a->text_en, b->text_en);
	assert_string_equal(a->guidance_zh, b->guidance_zh);
	assert_string_equal(a->guidance_en, b->guidance_en);
	assert_string_equal(a->ack_by, b->ack_by);
	assert_string_equal(a->ack_note, b->ack_note);
	assert_int_equal(a->acked_us, b->acked_us);
	assert_string_equal(a->reason.when, b->reason.when);
	assert_int_equal(a->reason.input_count, b->reason.input_count);
	for (size_t i = 0; i < a->reason.input_count; i++) {
		assert_string_equal(a->reason.inputs[i].point, b->reason.inputs[i].point);
		assert_true(value_equal(&a->reason.inputs[i].value, &b->reason.inputs[i].value));
		assert_int_equal(a->reason.inputs[i].quality, b->reason.inputs[i].quality);
		assert_int_equal(a->reason.inputs[i].at_us, b->reason.inputs[i].at_us);
	}
}

static void an_open_alarm_comes_back_with_all_its_members(void **state)
{
	struct store *s = store_unit_open(*state);
	struct alarm_transition t;
	struct seen seen;

	store_unit_transition("sos", "sos-1204", ALARM_ACKED, &t);
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 }), 0);
	store_close(s);
	s = store_unit_open(*state);
	restore(s, &seen);
	assert_int_equal(seen.alarm_count, 1);
	assert_same_alarm(&seen.alarms[0], &t.alarm);
	seen_fini(&seen);
	assert_int_equal(store_restore(s, &(struct store_kept){ 0 }), -EALREADY);
	store_close(s);
	alarm_transition_fini(&t);
}

static void members_that_an_alarm_has_not_come_back_as_nothing(void **state)
{
	struct alarm_transition t = {
		.alarm = { .id = (char *)"power-out/b3",
			   .rule = (char *)"power-out",
			   .asset = (char *)"b3",
			   .state = ALARM_UNACKED,
			   .reason = { .when = (char *)"" } },
	};
	struct store *s = store_unit_open(*state);
	struct seen seen;

	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 }), 0);
	store_close(s);
	s = store_unit_open(*state);
	restore(s, &seen);
	assert_int_equal(seen.alarm_count, 1);
	assert_null(seen.alarms[0].place);
	assert_null(seen.alarms[0].ack_by);
	assert_null(seen.alarms[0].guidance_zh);
	assert_int_equal(seen.alarms[0].reason.input_count, 0);
	seen_fini(&seen);
	store_close(s);
}

static void an_alarm_that_is_normal_again_is_gone_but_its_transitions_stay(void **state)
{
	struct store *s = store_unit_open(*state);
	struct alarm_transition t[2];
	struct seen seen;

	store_unit_transition("sos", "sos-1204", ALARM_UNACKED, &t[0]);
	store_unit_transition("sos", "sos-1204", ALARM_NORMAL, &t[1]);
	t[1].from = ALARM_UNACKED;
	t[1].input = ALARM_IN_ACK;
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = t, .transition_count = 2 }), 0);
	store_close(s);
	s = store_unit_open(*state);
	restore(s, &seen);
	assert_int_equal(seen.alarm_count, 0);
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition"), 2);
	assert_int_equal(store_unit_ask(*state, "state.db",
					"SELECT count(*) FROM transition WHERE id = 2 AND from_state = 'unacked' AND"
					" state = 'normal' AND input = 'ack' AND who = 'desk' AND note = 'a note' AND"
					" length(boot) = 32 AND mono > 0 AND wall > 0"),
			 1);
	alarm_transition_fini(&t[0]);
	alarm_transition_fini(&t[1]);
}

static void values_come_back_with_type_quality_and_age(void **state)
{
	static const char *const names[] = { "a.number", "b.bool", "c.text", "d.event", "e.none" };
	struct clock_now now = clock_now();
	struct reading values[] = {
		{ .value = value_number(0.1), .at = now },
		{ .value = value_bool(true), .at = now, .test = true },
		{ .value = value_text("火警"), .at = now, .quality = QUALITY_SUSPECT },
		{ .value = value_event(""), .at = now },
		{ .value = { .type = VALUE_NONE }, .at = now, .quality = QUALITY_LOST },
	};
	struct store *s = store_unit_open(*state);
	struct store_commit c = { .values = values, .value_names = names, .value_count = 5 };
	struct seen seen;

	assert_int_equal(store_unit_commit(s, c), 0);
	values[0].value.number = 42; /* the last one counts */
	c.value_count = 1;
	assert_int_equal(store_unit_commit(s, c), 0);
	store_close(s);
	s = store_unit_open(*state);
	restore(s, &seen);
	assert_int_equal(seen.value_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(seen.names[i], names[i]);
		assert_int_equal(seen.values[i].value.type, values[i].value.type);
		assert_int_equal(seen.values[i].quality, values[i].quality);
		assert_int_equal(seen.values[i].test, values[i].test);
		assert_int_equal(seen.values[i].at.wall_us, now.wall_us);
		assert_int_equal(seen.values[i].at.mono_us, now.mono_us);
	}
	assert_true(seen.values[0].value.number == 42);
	assert_true(seen.values[1].value.boolean);
	assert_string_equal(seen.values[2].value.text, "火警");
	assert_string_equal(seen.values[3].value.text, "");
	store_close(s);
}

static void running_delays_come_back_and_those_that_ended_do_not(void **state)
{
	struct clock_now now = clock_now();
	struct evaluator_delay delays[] = {
		{ .id = "lift-trapped/lift-1", .kind = EVALUATOR_ON_DELAY, .since_us = now.mono_us - 40 * S },
		{ .id = "lift-out/lift-1", .kind = EVALUATOR_ON_DELAY, .since_us = now.mono_us - 5 * S },
		{ .id = "lift-out/lift-1", .kind = EVALUATOR_OFF_DELAY, .since_us = now.mono_us },
	};
	struct store *s = store_unit_open(*state);
	struct seen seen;

	assert_int_equal(store_submit_delays(s, delays, 3, now), 0);
	assert_int_equal(store_submit_delays(s, delays, 2, now), 0);
	store_close(s);
	s = store_unit_open(*state);
	restore(s, &seen);
	assert_int_equal(seen.delay_count, 2);
	assert_string_equal(seen.delays[1].id, "lift-trapped/lift-1");
	assert_int_equal(seen.delays[1].since_us, now.mono_us - 40 * S);
	assert_int_equal(seen.delays[0].kind, EVALUATOR_ON_DELAY);
	assert_int_equal(store_submit_delays(s, NULL, 0, now), 0);
	store_close(s);
	/* As if the box had been started again: the wall clock tells. */
	s = store_unit_open(*state);
	restore(s, &seen);
	assert_int_equal(seen.delay_count, 0);
	assert_int_equal(store_submit_delays(s, delays, 1, now), 0);
	store_close(s);
	store_unit_run(*state, "state.db", "UPDATE delay SET boot = 'another', mono = 1");
	s = store_unit_open(*state);
	restore(s, &seen);
	assert_int_equal(seen.delay_count, 1);
	assert_in_range(seen.delays[0].since_us, now.mono_us - 41 * S, now.mono_us - 39 * S);
	store_close(s);
}

/* A plant that goes down starts the delays of everything at once, and commits wait at the same time. */
static void a_hundred_thousand_delays_are_taken_while_the_store_is_busy(void **state)
{
	enum { COUNT = 100000 };
	struct clock_now now = clock_now();
	struct evaluator_delay *delays = mem_array(COUNT, sizeof(*delays));
	struct store *s = store_unit_open(*state);

	for (unsigned i = 0; i < COUNT; i++) {
		delays[i] = (struct evaluator_delay){ .kind = EVALUATOR_OFF_DELAY, .since_us = now.mono_us - i };
		snprintf(delays[i].id, sizeof(delays[i].id), "environment/sensor-%06u", i);
	}
	assert_int_equal(store_unit_message(s, "city", ENVELOPE_DATA, 1),
			 0); /* under way: its answer is not taken yet */
	assert_int_equal(store_submit_uplink(s, "city"), 0);
	assert_int_equal(store_submit_delays(s, delays, COUNT, now), 0);
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM delay"), COUNT);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM delay WHERE kind = 1"), COUNT);
	assert_int_equal(
		store_unit_ask(*state, "state.db", "SELECT mono FROM delay WHERE alarm = 'environment/sensor-000007'"),
		now.mono_us - 7);
	free(delays);
}

/* An uplink that was renamed again and again: its alarms are kept, and each name gets its messages. */
static void there_is_a_lane_for_every_uplink_that_ever_was(void **state)
{
	struct store *s = store_unit_open(*state);
	struct store_message m = { .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "{}" };
	struct alarm_transition t;
	char name[16];

	m.uplink = name;
	for (unsigned i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "up-%u", i);
		assert_int_equal(store_unit_commit(s, (struct store_commit){ .messages = &m, .message_count = 1 }), 0);
	}
	store_unit_transition("sos", "flat-1", ALARM_UNACKED, &t);
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t,
								     .transition_count = 1,
								     .messages = &m,
								     .message_count = 1 }),
			 0);
	alarm_transition_fini(&t);
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition"), 1);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM lane"), 70);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM outbox"), 71);
	s = store_unit_open(*state);
	assert_int_equal(store_unit_row(s, "up-69", ENVELOPE_ALARM).last_seq, 2);
	store_close(s);
}

static void an_uplink_is_remembered_with_and_without_messages(void **state)
{
	struct store *s = store_unit_open(*state);
	struct seen seen;

	assert_int_equal(store_submit_uplink(s, "city"), 0);
	assert_int_equal(store_submit_uplink(s, "city"), 0);
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 1), 0);
	store_close(s);
	s = store_unit_open(*state);
	restore(s, &seen);
	assert_int_equal(seen.uplink_count, 2);
	assert_string_equal(seen.uplinks[0], "city");
	assert_string_equal(seen.uplinks[1], "cloud");
	store_close(s);
}

/* ---- the directory ---- */

static void a_directory_is_made_with_those_above_it_and_closed_to_others(void **state)
{
	char *lower = store_unit_path(*state, "var/lib"), *upper = store_unit_path(*state, "var");
	static const char *const files[] = { "state.db", "history.db", "lock" };
	char *dir = store_unit_path(*state, "var/lib/estated");
	struct stat st;

	store_close(store_unit_open(dir));
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *path = store_unit_path(dir, files[i]);

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		free(path);
	}
	store_unit_teardown((void **)&dir);
	rmdir(lower);
	rmdir(upper);
	free(lower);
	free(upper);
}

static int open_error(const char *dir, const char **ret_text)
{
	struct store *s = NULL;

	return store_open(&(struct store_setup){ .dir = dir, .estate = "demo" }, &s, ret_text);
}

static void a_second_daemon_is_kept_out_with_a_clear_text(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	const char *text = NULL;

	assert_int_equal(open_error(*state, &text), -EBUSY);
	assert_non_null(strstr(text, "another estated"));
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 1), 0);
}

static void a_directory_that_cannot_be_written_is_named(void **state)
{
	char *path = store_unit_path(*state, "file"), *dir = store_unit_path(*state, "file/below");
	const char *text = NULL;

	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(open_error(dir, &text), -ENOTDIR);
	assert_non_null(strstr(text, dir));
	assert_int_equal(open_error(path, &text), -ENOTDIR);
	assert_non_null(strstr(text, path));
	/* A device file system takes no new files, not even root's. */
	assert_true(open_error("/proc/estated", &text) < 0);
	assert_non_null(strstr(text, "/proc/estated"));
	free(path);
	free(dir);
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
	const char *text = NULL;
	char back[64];

	store_close(store_unit_open(*state));
	snprintf(back, sizeof(back), "PRAGMA user_version = %d",
		 (int)store_unit_ask(*state, "state.db", "PRAGMA user_version"));
	store_unit_run(*state, "state.db", "PRAGMA user_version = 99");
	assert_int_equal(open_error(*state, &text), -EPROTO);
	assert_non_null(strstr(text, "99"));
	assert_non_null(strstr(text, "newer estated"));
	assert_int_equal(store_unit_ask(*state, "state.db", "PRAGMA user_version"), 99);
	store_unit_run(*state, "state.db", back);
	store_unit_run(*state, "history.db", "PRAGMA user_version = 7");
	assert_int_equal(open_error(*state, &text), -EPROTO);
	assert_non_null(strstr(text, "history.db"));
}

/* Zeroes len bytes of the file from offset. */
static void spoil(const char *dir, off_t offset, size_t len)
{
	char *path = store_unit_path(dir, "state.db"), *zero = mem_zalloc(len);
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, zero, len, offset), len);
	close(fd);
	free(zero);
	free(path);
}

static void a_damaged_file_is_set_aside_and_the_numbers_go_on(void **state)
{
	struct store *s = store_unit_open(*state);
	struct store_setup setup = { .dir = *state, .estate = "demo" };
	struct alarm_transition t;
	const char *text = NULL;

	store_unit_transition("sos", "sos-1204", ALARM_ACKED, &t);
	for (unsigned i = 1; i <= 7; i++)
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, i), 0);
	store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 });
	store_close(s);
	/* The root page of the transitions. */
	spoil(*state,
	      4096 * (store_unit_ask(*state, "state.db",
				     "SELECT rootpage FROM sqlite_schema WHERE name = 'transition'") -
		      1),
	      4096);
	assert_int_equal(store_open(&setup, &s, &text), 0);
	assert_non_null(text);
	assert_non_null(strstr(text, "state.db.damaged-"));
	assert_non_null(strstr(text, "1 outbox lanes go on"));
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 8), 0);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).last_seq, 8);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).pending, 8);
	store_close(s);
	alarm_transition_fini(&t);
}

static void a_zeroed_header_is_damage_too(void **state)
{
	struct store_setup setup = { .dir = *state, .estate = "demo" };
	const char *text = NULL;
	struct store *s = store_unit_open(*state);

	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 1), 0);
	store_close(s);
	spoil(*state, 0, 100);
	assert_int_equal(store_open(&setup, &s, &text), 0);
	assert_non_null(strstr(text, "state.db.damaged-"));
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, 1), 0);
	store_close(s);
}

/* ---- limits ---- */

static void a_full_queue_refuses_counts_and_takes_again(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct store_message m = {
		.uplink = "cloud", .lane = ENVELOPE_DATA, .kind = "event", .payload = "{}", .time_us = 1
	};
	struct store_commit c = { .messages = &m, .message_count = 1 };
	size_t taken = 0, refused = 0, committed = 0;
	struct status_store status;
	struct store_done done;

	/* Nobody takes the answers, so all stay under way. */
	while (refused < 3) {
		c.token = taken + 1;
		if (store_submit(s, &c) == 0)
			taken++;
		else
			refused++;
		assert_in_range(taken, 0, 100000);
	}
	store_status(s, &status);
	assert_int_equal(status.queued, taken);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).refused, 3);
	while (committed < taken) {
		store_unit_wait(s, STORE_COMMITTED, &done);
		assert_int_equal(done.error, 0);
		assert_int_equal(done.token, ++committed);
	}
	assert_int_equal(store_submit(s, &c), 0);
	store_unit_wait(s, STORE_QUEUED, &done);
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_DATA).last_seq, taken + (done.last_seq > taken));
}

static void the_queue_is_bounded_by_bytes_too(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	size_t room = (size_t)300 * 1024, taken = 0;
	char *payload = mem_alloc(room);
	struct store_message m = { .uplink = "cloud", .lane = ENVELOPE_DATA, .kind = "event", .payload = payload };
	struct store_commit c = { .messages = &m, .message_count = 1 };

	memset(payload, 'x', room);
	memcpy(payload, "{\"a\":\"", 6);
	memcpy(payload + room - 3, "\"}", 3);
	while (store_submit(s, &c) == 0)
		assert_in_range(++taken, 1, 1000);
	assert_in_range(taken, 4, 100);
	free(payload);
}

/* ---- history ---- */

/* As samples_are_kept_by_the_name_of_their_point gave them. */
static void check_samples(const char *dir)
{
	static const char *const names[] = { "tank-1.level", "tank-1.high", "fire-1.zone" };
	static const struct {
		int64_t ts_ms;
		size_t point;
		const char *value;
		enum quality quality;
		bool test;
	} wanted[] = { { 1795287600000, 0, "91.3", QUALITY_GOOD, false },
		       { 1795287600000, 1, "true", QUALITY_GOOD, true },
		       { 1795287600000, 2, "7", QUALITY_SUSPECT, true },
		       { 1795287601000, 1, "5", QUALITY_GOOD, false },
		       { 1795287602000, 0, "92", QUALITY_GOOD, false } };
	_cleanup_(freep) char *path = store_unit_path(dir, "history.db");
	struct history_span span = { .path = path, .points = names, .count = 3, .to_ms = INT64_MAX / 2 };
	_cleanup_(history_reader_closep) struct history_reader *reader = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct history_reader_sample s;

	assert_int_equal(history_reader_open(&span, &reader, &why), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		_cleanup_str_buf_ struct str_buf value = { 0 };

		assert_int_equal(history_reader_next(reader, &s), 1);
		value_format(&s.value, &value);
		assert_int_equal(s.ts_ms, wanted[i].ts_ms);
		assert_int_equal(s.point, wanted[i].point);
		assert_string_equal(str_buf_text(&value), wanted[i].value);
		assert_int_equal(s.quality, wanted[i].quality);
		assert_int_equal(s.test, wanted[i].test);
	}
	assert_int_equal(history_reader_next(reader, &s), 0);
}

static void samples_are_kept_by_the_name_of_their_point(void **state)
{
	struct point points[] = { { .name = "tank-1.level" }, { .name = "tank-1.high" }, { .name = "fire-1.zone" } };
	struct point_table table = { .points = points, .count = 3 };
	struct reading r = { .point = 0, .value = value_number(91.3), .at = { .wall_us = 1795287600 * S } };
	struct store *s = store_unit_open(*state);
	struct status_store status;

	assert_int_equal(store_name_points(s, &table), 0);
	assert_int_equal(store_submit_history(s, &r), 0);
	r.point = 1;
	r.value = value_bool(true);
	r.test = true;
	assert_int_equal(store_submit_history(s, &r), 0);
	r.point = 2;
	r.value = value_text("7");
	r.quality = QUALITY_SUSPECT;
	assert_int_equal(store_submit_history(s, &r), 0);
	/* After a reload the same number means another point. */
	table.points = &points[1];
	table.count = 2;
	assert_int_equal(store_name_points(s, &table), 0);
	r = (struct reading){ .point = 0, .value = value_number(5), .at = { .wall_us = 1795287601 * S } };
	assert_int_equal(store_submit_history(s, &r), 0);
	store_status(s, &status);
	assert_int_equal(status.history_dropped, 0);
	store_close(s);
	/* And names keep their numbers over restarts. */
	s = store_unit_open(*state);
	table.points = points;
	table.count = 3;
	assert_int_equal(store_name_points(s, &table), 0);
	r.at.wall_us += S;
	r.value = value_number(92);
	assert_int_equal(store_submit_history(s, &r), 0);
	store_close(s);
	assert_int_equal(store_unit_ask(*state, "history.db", "SELECT count(*) FROM series"), 3);
	check_samples(*state);
}

static void samples_without_names_are_dropped_and_counted(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct reading r = { .value = value_text("x") };
	struct status_store status = { 0 };
	int64_t deadline_us = clock_mono_us() + STORE_UNIT_WAIT;

	assert_int_equal(store_submit_history(s, &r), 0);
	while (status.history_dropped == 0 && clock_mono_us() < deadline_us) {
		store_unit_commit(s, (struct store_commit){ 0 });
		store_status(s, &status);
	}
	assert_int_equal(status.history_dropped, 1);
}

static void the_thread_turns_though_nothing_happens(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	uint64_t turns = store_turns(s);
	int64_t deadline_us = clock_mono_us() + STORE_UNIT_WAIT;

	while (store_turns(s) < turns + 2 && clock_mono_us() < deadline_us)
		clock_poll(-1, 0, clock_mono_us() + 50 * MS);
	assert_in_range(store_turns(s), turns + 2, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(an_open_alarm_comes_back_with_all_its_members),
		STORE_UNIT_CASE(members_that_an_alarm_has_not_come_back_as_nothing),
		STORE_UNIT_CASE(an_alarm_that_is_normal_again_is_gone_but_its_transitions_stay),
		STORE_UNIT_CASE(values_come_back_with_type_quality_and_age),
		STORE_UNIT_CASE(running_delays_come_back_and_those_that_ended_do_not),
		STORE_UNIT_CASE(a_hundred_thousand_delays_are_taken_while_the_store_is_busy),
		STORE_UNIT_CASE(there_is_a_lane_for_every_uplink_that_ever_was),
		STORE_UNIT_CASE(an_uplink_is_remembered_with_and_without_messages),
		STORE_UNIT_CASE(a_directory_is_made_with_those_above_it_and_closed_to_others),
		STORE_UNIT_CASE(a_second_daemon_is_kept_out_with_a_clear_text),
		STORE_UNIT_CASE(a_directory_that_cannot_be_written_is_named),
		STORE_UNIT_CASE(a_newer_schema_is_refused_and_left_alone),
		STORE_UNIT_CASE(a_damaged_file_is_set_aside_and_the_numbers_go_on),
		STORE_UNIT_CASE(a_zeroed_header_is_damage_too),
		STORE_UNIT_CASE(a_full_queue_refuses_counts_and_takes_again),
		STORE_UNIT_CASE(the_queue_is_bounded_by_bytes_too),
		STORE_UNIT_CASE(samples_are_kept_by_the_name_of_their_point),
		STORE_UNIT_CASE(samples_without_names_are_dropped_and_counted),
		STORE_UNIT_CASE(the_thread_turns_though_nothing_happens),
	};

	return UNIT_RUN(tests);
}
