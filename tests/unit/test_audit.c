#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/chain.h"
#include "store/state.h"
#include "store_unit.h"

/* What a reader of the chain is told. */
struct told {
	char text[4096];
	size_t wrong;
};

static void note(void *context, const struct chain_finding *f)
{
	struct told *told = context;
	size_t len = strlen(told->text);

	snprintf(told->text + len, sizeof(told->text) - len, "%s:%d-%d ", f->problem, (int)f->from, (int)f->to);
	told->wrong += f->wrong;
}

static struct store_done ask(struct store *s, struct store_audit_ask a)
{
	struct store_done done;

	a.token = 1;
	assert_int_equal(store_submit_audit(s, &a), 0);
	store_unit_wait(s, STORE_AUDIT, &done);
	assert_int_equal(done.error, 0);
	return done;
}

static struct chain_head as_head(const struct audit_head *h)
{
	struct chain_head head = { .n = h->n };

	snprintf(head.hash, sizeof(head.hash), "%s", h->hash);
	return head;
}

/* Verifies all that the store has, as estatectl does. */
static struct told verify(struct store *s, const struct chain_head *known)
{
	struct told told = { 0 };
	struct chain chain = { .context = &told, .found = note };
	struct chain_head head = { 0 };
	uint64_t after = 0;

	if (known)
		chain.known = *known;
	do {
		struct store_done done = ask(s, (struct store_audit_ask){ .from_n = after, .max = 7 });

		if (after == 0) {
			head = as_head(&done.heads.anchor);
			chain_begin(&chain, &head);
		}
		head = as_head(&done.heads.anchor);
		chain_follow(&chain, &head);
		for (size_t i = 0; i < done.message_count; i++)
			chain_take(&chain, done.messages[i]);
		after = done.heads.looked_n;
		head = as_head(&done.heads.head);
		store_done_fini(&done);
	} while (after < head.n);
	chain_end(&chain, &head);
	return told;
}

static void record(struct store *s, const char *what)
{
	struct store_audit a = { .kind = "command",
				 .who = "uid 1000 (张三)",
				 .what = what,
				 .why = "a \"reason\"\nin two lines",
				 .detail = "{\"verb\":\"try\",\"n\":1.50}" };

	assert_int_equal(store_unit_commit(s, (struct store_commit){ .audits = &a,
								     .audit_count = 1,
								     .now = clock_now(),
								     .clock = CLOCK_SYNCHRONISED }),
			 0);
}

/* A closed store of 20 records: begin, then 19. */
static void fill(const char *dir)
{
	struct store *s = store_unit_open(dir);
	char what[16];

	for (unsigned i = 2; i <= 20; i++) {
		snprintf(what, sizeof(what), "thing-%u", i);
		record(s, what);
	}
	assert_string_equal(verify(s, NULL).text, "");
	assert_int_equal(store_audit_head(s).n, 20);
	store_close(s);
}

static void a_record_says_who_when_what_and_why(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct store_done done;
	json_t *row;

	record(s, "thing");
	done = ask(s, (struct store_audit_ask){ .order = STORE_AUDIT_NEWEST_FIRST, .max = 1 });
	assert_int_equal(done.message_count, 1);
	row = json_loads(done.messages[0], JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_integer_value(json_object_get(row, "n")), 2);
	assert_string_equal(json_string_value(json_object_get(row, "who")), "uid 1000 (张三)");
	assert_string_equal(json_string_value(json_object_get(row, "what")), "thing");
	assert_string_equal(json_string_value(json_object_get(row, "why")), "a \"reason\"\nin two lines");
	assert_string_equal(json_string_value(json_object_get(row, "boot")), clock_boot_id());
	assert_string_equal(json_string_value(json_object_get(row, "clock")), "synchronised");
	assert_true(json_integer_value(json_object_get(row, "mono")) > 0);
	assert_non_null(json_object_get(row, "time"));
	assert_string_equal(json_string_value(json_object_get(json_object_get(row, "detail"), "verb")), "try");
	json_decref(row);
	store_done_fini(&done);
}

static void a_transition_a_clock_and_a_delivery_are_recorded_with_what_they_tell_of(void **state)
{
	struct store *s = store_unit_open(*state);
	struct alarm_transition t;

	store_unit_transition("sos", "flat-1", ALARM_UNACKED, &t);
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 }), 0);
	alarm_transition_fini(&t);
	assert_int_equal(store_submit_clock(s, &(struct store_clock){ .at = clock_now(),
								      .quality = CLOCK_RESTORED,
								      .step_us = HOUR,
								      .who = "root" }),
			 0);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_ALARM, i), 0);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_ALARM, 2), 0);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_ALARM, 3), 0);
	assert_int_equal(store_unit_commit(s, (struct store_commit){ 0 }), 0);
	assert_string_equal(verify(s, NULL).text, "");
	store_close(s);
#define COUNT(what) store_unit_ask(*state, "state.db", "SELECT count(*) FROM audit WHERE record LIKE '%" what "%'")
	assert_int_equal(COUNT("\"kind\":\"alarm\"%\"what\":\"sos/flat-1\"%\"state\":\"unacked\""), 1);
	assert_int_equal(COUNT("\"kind\":\"clock\",\"who\":\"root\",\"what\":\"step\""), 1);
	assert_int_equal(COUNT("\"kind\":\"delivery\"%cloud/alarm%\"from\":1,\"to\":2"), 1);
	assert_int_equal(COUNT("\"kind\":\"delivery\"%cloud/alarm%\"from\":3,\"to\":3"), 1);
	assert_int_equal(COUNT("\"n\""), 5); /* the beginning, and each of these four once; no more */
}

static void deliveries_of_telemetry_are_recorded_seldom_and_without_a_hole(void **state)
{
	struct store *s = store_unit_open(*state);

	for (unsigned i = 1; i <= 50; i++) {
		assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_DATA, i), 0);
		assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_DATA, i), 0);
	}
	store_close(s);
	assert_int_equal(COUNT("\"kind\":\"delivery\""), 1);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT audited_seq FROM lane"), 1);
	s = store_unit_open(*state);
	assert_int_equal(store_unit_message(s, "cloud", ENVELOPE_DATA, 51), 0);
	assert_int_equal(store_submit_delivered(s, "cloud", ENVELOPE_DATA, 51), 0);
	store_close(s);
	assert_int_equal(COUNT("\"kind\":\"delivery\"%\"from\":2,\"to\":51"), 1);
}

static void a_commit_that_is_refused_leaves_no_record_and_takes_no_number(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	struct store_audit a = { .kind = "command", .what = "x" };
	struct store_message bad = { .uplink = "cloud", .lane = ENVELOPE_ALARM, .kind = "alarm", .payload = "[]" };

	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(store_unit_commit(s, (struct store_commit){ .audits = &a,
									     .audit_count = 1,
									     .messages = &bad,
									     .message_count = 1 }),
				 -EINVAL);
		record(s, "good");
	}
	assert_int_equal(store_audit_head(s).n, 6);
	assert_string_equal(verify(s, NULL).text, "");
}

static struct told after(const char *dir, const char *sql)
{
	struct told told;
	struct store *s;

	fill(dir);
	store_unit_run(dir, "state.db", sql);
	s = store_unit_open(dir);
	told = verify(s, NULL);
	store_close(s);
	return told;
}

static void a_changed_record_is_named(void **state)
{
	assert_string_equal(
		after(*state, "UPDATE audit SET record = replace(record, 'thing-7', 'thing-8') WHERE n = 7").text,
		"changed:7-7 ");
}

static void a_changed_hash_is_named_and_the_rows_behind_it_are_not(void **state)
{
	assert_string_equal(
		after(*state, "UPDATE audit SET hash = substr(hash, 2) || substr(hash, 1, 1) WHERE n = 9").text,
		"changed:9-9 ");
}

static void a_record_whose_hash_was_made_anew_is_found_by_the_next_one(void **state)
{
	/* The hash of another text: what somebody gets who can compute, and stops there. */
	assert_string_equal(
		after(*state,
		      "UPDATE audit SET hash = (SELECT hash FROM audit AS b WHERE b.n = 3), record = (SELECT record"
		      " FROM audit AS b WHERE b.n = 3) WHERE n = 11")
			.text,
		"moved:3-3 missing:11-11 ");
}

static void a_removed_record_is_named(void **state)
{
	assert_string_equal(after(*state, "DELETE FROM audit WHERE n IN (5, 12, 13)").text,
			    "missing:5-5 missing:12-13 ");
}

static void records_that_changed_places_are_named(void **state)
{
	assert_string_equal(after(*state,
				  "UPDATE audit SET n = n + 100 WHERE n = 6; UPDATE audit SET n = 6 WHERE n = 7;"
				  " UPDATE audit SET n = 7 WHERE n = 106")
				    .text,
			    "missing:6-6 moved:6-6 ");
}

static void the_first_records_cannot_be_taken_away(void **state)
{
	assert_string_equal(after(*state, "DELETE FROM audit WHERE n <= 4").text, "missing:1-4 ");
}

static void an_anchor_that_somebody_made_is_none(void **state)
{
	assert_string_equal(after(*state, "INSERT INTO audit_anchor SELECT 1, n, hash FROM audit WHERE n = 4; DELETE "
					  "FROM audit WHERE n <= 4")
				    .text,
			    "anchor:4-4 ");
}

static void records_cut_off_at_the_end_are_named(void **state)
{
	/* audit.head beside the database still tells of row 20. */
	assert_string_equal(after(*state, "DELETE FROM audit WHERE n > 15").text, "missing:16-20 ");
}

static void with_audit_head_gone_too_a_head_that_left_the_box_tells(void **state)
{
	struct chain_head left;
	struct store *s;
	char *path;

	fill(*state);
	s = store_unit_open(*state);
	left = (struct chain_head){ .n = store_audit_head(s).n };
	snprintf(left.hash, sizeof(left.hash), "%s", store_audit_head(s).hash);
	store_close(s);
	store_unit_run(*state, "state.db", "DELETE FROM audit WHERE n > 15");
	path = store_unit_path(*state, "audit.head");
	assert_int_equal(unlink(path), 0);
	free(path);
	s = store_unit_open(*state);
	assert_string_equal(verify(s, NULL).text, "witness:16-16 "); /* a word of warning */
	assert_int_equal(verify(s, NULL).wrong, 0);
	assert_string_equal(verify(s, &left).text, "witness:16-16 cut-off:17-20 ");
	store_close(s);
}

static void a_last_record_that_was_replaced_is_found_at_the_next_start(void **state)
{
	struct store *s;

	fill(*state);
	/* Whole in itself: the newest record again, as another; only audit.head tells otherwise. */
	store_unit_run(*state, "state.db",
		       "UPDATE audit SET hash = (SELECT hash FROM audit AS b WHERE b.n = 2) WHERE n = 20");
	s = store_unit_open(*state);
	assert_int_equal(store_audit_head(s).n, 21);
	assert_non_null(strstr(verify(s, NULL).text, "witness:21-21 "));
	store_close(s);
}

static void a_torn_audit_head_is_read_from_its_other_line(void **state)
{
	char *path = store_unit_path(*state, "audit.head");
	struct store *s;
	int fd;

	fill(*state);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "7", 1, 128 + 30), 1); /* one of its two lines */
	close(fd);
	free(path);
	s = store_unit_open(*state);
	assert_string_equal(verify(s, NULL).text, "");
	store_close(s);
}

static int64_t unwitnessed(const char *dir)
{
	return store_unit_ask(dir, "state.db", "SELECT count(*) FROM audit WHERE record LIKE '%\"unwitnessed\"%'");
}

static void a_box_whose_power_went_in_its_first_moment_is_under_no_suspicion(void **state)
{
	_cleanup_(freep) char *path = store_unit_path(*state, "audit.head");
	struct store *s;

	store_close(store_unit_open(*state));
	assert_int_equal(truncate(path, 0), 0);
	s = store_unit_open(*state);
	record(s, "thing-2");
	store_close(s);
	assert_int_equal(unwitnessed(*state), 0);
	/* Later it had one. */
	assert_int_equal(truncate(path, 0), 0);
	store_close(store_unit_open(*state));
	assert_int_equal(unwitnessed(*state), 1);
}

/* A head of that number in both lines of audit.head. */
static void plant_head(const char *dir, uint64_t n)
{
	_cleanup_(freep) char *path = store_unit_path(dir, "audit.head");
	struct audit_head head = { .n = n };
	struct audit_head_file f;

	snprintf(head.hash, sizeof(head.hash), "%s", audit_head_none.hash);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(audit_head_open(&f, path), 0);
	audit_head_put(&f, &head, 0);
	f.kept = audit_head_none;
	audit_head_put(&f, &head, 0);
	audit_head_close(&f);
}

static void a_head_that_nothing_can_have_come_to_is_not_believed(void **state)
{
	static const uint64_t heads[] = { UINT64_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1, AUDIT_HEAD_N_MAX };
	struct store *s;

	fill(*state);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		plant_head(*state, heads[i]);
		s = store_unit_open(*state);
		record(s, "thing");
		assert_int_equal(store_audit_head(s).n, 20 + 2 * (i + 1)); /* a word of warning, and that */
		assert_int_equal(verify(s, NULL).wrong, 0);
		store_close(s);
	}
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM audit"), 28);
}

static void a_record_with_a_number_that_nothing_can_have_stops_no_other(void **state)
{
	static const char *const plants[] = {
		"INSERT INTO audit VALUES (9223372036854775807, '{}', 'x')",
		"INSERT INTO audit VALUES (-9223372036854775808, '{}', 'x'); INSERT INTO audit VALUES (0, '{}', 'x')",
		"INSERT INTO audit_anchor VALUES (1, 9223372036854775807, 'x')",
	};
	static const uint64_t heads[] = { 22, 24,
					  25 }; /* a record says so; of the anchor the chain itself does not fit */
	struct store *s;

	fill(*state);
	for (size_t i = 0; i < ARRAY_SIZE(plants); i++) {
		store_unit_run(*state, "state.db", plants[i]);
		s = store_unit_open(*state);
		record(s, "thing");
		assert_int_equal(store_audit_head(s).n, heads[i]);
		store_close(s);
	}
	s = store_unit_open(*state);
	assert_string_equal(verify(s, NULL).text, "witness:21-21 witness:23-23 ");
	store_close(s);
}

static void old_records_go_and_the_rest_still_proves_itself(void **state)
{
	struct store *s = store_unit_open(*state);
	struct store_limits limits = { .bytes = 1 << 30, .age_us = DAY, .audit_age_us = 3650 * DAY, .audit_rows = 50 };
	int64_t deadline_us = clock_mono_us() + STORE_UNIT_WAIT;
	struct told told;

	for (unsigned i = 0; i < 350; i++)
		record(s, "much");
	do {
		assert_int_equal(store_submit_limits(s, &limits), 0);
		assert_int_equal(store_unit_commit(s, (struct store_commit){ 0 }), 0);
		told = verify(s, NULL);
		assert_string_equal(told.text, ""); /* at every step on the way */
	} while (store_audit_head(s).n < 354 && clock_mono_us() < deadline_us);
	store_close(s);
	assert_in_range(store_unit_ask(*state, "state.db", "SELECT count(*) FROM audit"), 50, 55);
	assert_in_range(store_unit_ask(*state, "state.db", "SELECT n FROM audit_anchor"), 300, 320);
	s = store_unit_open(*state);
	assert_string_equal(verify(s, NULL).text, "");
	store_close(s);
}

static void a_database_that_is_gone_leaves_a_hole_that_stays_to_be_seen(void **state)
{
	char *path = store_unit_path(*state, "state.db");
	struct store *s;

	fill(*state);
	assert_int_equal(unlink(path), 0);
	free(path);
	s = store_unit_open(*state);
	record(s, "after");
	assert_int_equal(store_audit_head(s).n, 22);
	assert_string_equal(verify(s, NULL).text, "missing:1-20 ");
	store_close(s);
}

static void what_is_saved_of_a_damaged_database_still_proves_itself(void **state)
{
	char *path = store_unit_path(*state, "state.db");
	struct store *s;
	int fd;

	fill(*state);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "no database at all", 18, 0), 18);
	close(fd);
	free(path);
	s = store_unit_open(*state);
	record(s, "after");
	/* All of it, or nothing of it: then the hole is named. */
	if (store_audit_head(s).n == 21)
		assert_string_equal(verify(s, NULL).text, "");
	else
		assert_string_equal(verify(s, NULL).text, "missing:1-20 ");
	store_close(s);
}

static void records_are_found_by_kind_person_and_time(void **state)
{
	struct store *s = store_unit_open(*state);
	struct store_done done;

	for (unsigned i = 0; i < 10; i++)
		record(s, "thing");
	assert_int_equal(store_submit_clock(s, &(struct store_clock){ .at = clock_now(), .who = "李四" }), 0);
	done = ask(s, (struct store_audit_ask){ .order = STORE_AUDIT_NEWEST_FIRST, .max = 100, .kind = "clock" });
	assert_int_equal(done.message_count, 1);
	store_done_fini(&done);
	done = ask(s, (struct store_audit_ask){ .order = STORE_AUDIT_NEWEST_FIRST, .max = 100, .who = "张三" });
	assert_int_equal(done.message_count, 10);
	store_done_fini(&done);
	done = ask(s, (struct store_audit_ask){
			      .order = STORE_AUDIT_NEWEST_FIRST, .max = 100, .since_us = clock_wall_us() + HOUR });
	assert_int_equal(done.message_count, 0);
	store_done_fini(&done);
	done = ask(s, (struct store_audit_ask){
			      .order = STORE_AUDIT_NEWEST_FIRST, .max = 4, .since_us = clock_wall_us() - HOUR });
	assert_int_equal(done.message_count, 4);
	assert_int_equal(done.heads.looked_n, 9); /* from here on it is asked again */
	store_done_fini(&done);
	store_close(s);
}

/* Each step of it adds a record of its own: it must not go on for ever for that. */
static void records_that_are_too_many_go_and_then_there_is_rest(void **state)
{
	struct store_limits limits = { .bytes = 1 << 30, .age_us = DAY, .audit_age_us = 3650 * DAY, .audit_rows = 50 };
	struct audit_limits bounds = { .age_us = 3650 * DAY, .rows = 50 };
	struct audit_time now = { .at = clock_now(), .quality = CLOCK_UNSET };
	struct store *s = store_unit_open(*state);
	_cleanup_(freep) char *path = store_unit_path(*state, "state.db");
	_cleanup_str_buf_ struct str_buf what = { 0 };
	struct state_setup setup = { .path = path, .estate = "demo", .limits = limits };
	struct state *alone = NULL;
	int steps = 0, r = 1;

	for (unsigned i = 0; i < 350; i++)
		record(s, "much");
	store_close(s);
	assert_int_equal(state_open(&setup, &alone, &what), 0);
	for (; r > 0 && steps < 20; steps++) {
		assert_int_equal(state_begin(alone), 0);
		r = audit_prune(&alone->audit, &bounds, &now);
		assert_int_equal(state_commit(alone), 0);
	}
	state_close(alone);
	assert_int_equal(r, 0);
	assert_in_range(steps, 4, 6);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM audit"), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(a_record_says_who_when_what_and_why),
		STORE_UNIT_CASE(a_transition_a_clock_and_a_delivery_are_recorded_with_what_they_tell_of),
		STORE_UNIT_CASE(deliveries_of_telemetry_are_recorded_seldom_and_without_a_hole),
		STORE_UNIT_CASE(a_commit_that_is_refused_leaves_no_record_and_takes_no_number),
		STORE_UNIT_CASE(a_changed_record_is_named),
		STORE_UNIT_CASE(a_changed_hash_is_named_and_the_rows_behind_it_are_not),
		STORE_UNIT_CASE(a_record_whose_hash_was_made_anew_is_found_by_the_next_one),
		STORE_UNIT_CASE(a_removed_record_is_named),
		STORE_UNIT_CASE(records_that_changed_places_are_named),
		STORE_UNIT_CASE(the_first_records_cannot_be_taken_away),
		STORE_UNIT_CASE(an_anchor_that_somebody_made_is_none),
		STORE_UNIT_CASE(records_cut_off_at_the_end_are_named),
		STORE_UNIT_CASE(with_audit_head_gone_too_a_head_that_left_the_box_tells),
		STORE_UNIT_CASE(a_last_record_that_was_replaced_is_found_at_the_next_start),
		STORE_UNIT_CASE(a_torn_audit_head_is_read_from_its_other_line),
		STORE_UNIT_CASE(a_box_whose_power_went_in_its_first_moment_is_under_no_suspicion),
		STORE_UNIT_CASE(a_head_that_nothing_can_have_come_to_is_not_believed),
		STORE_UNIT_CASE(a_record_with_a_number_that_nothing_can_have_stops_no_other),
		STORE_UNIT_CASE(old_records_go_and_the_rest_still_proves_itself),
		STORE_UNIT_CASE(a_database_that_is_gone_leaves_a_hole_that_stays_to_be_seen),
		STORE_UNIT_CASE(what_is_saved_of_a_damaged_database_still_proves_itself),
		STORE_UNIT_CASE(records_are_found_by_kind_person_and_time),
		STORE_UNIT_CASE(records_that_are_too_many_go_and_then_there_is_rest),
	};

	return UNIT_RUN(tests);
}
