/* The store and the wall clock: what was stored while it was wrong is mended when it is read, never rewritten. */
#include <string.h>

#include "base/mem.h"
#include "store/state.h"
#include "store_unit.h"

/* After the build, so that a clock that says so is plausible. */
static int64_t today(void)
{
	return clock_wall_us();
}

static void submit_clock(struct store *s, struct clock_now at, enum clock_quality quality)
{
	assert_int_equal(store_submit_clock(s, &(struct store_clock){ .at = at, .quality = quality, .who = "root" }),
			 0);
	/* Operations keep their order: what is answered behind it is after it. */
	assert_int_equal(store_unit_message(s, "other", ENVELOPE_DATA, 1), 0);
}

static int commit_unset(struct store *s, const char *payload, int64_t seconds)
{
	struct store_message m = {
		.uplink = "cloud",
		.lane = ENVELOPE_ALARM,
		.kind = "alarm",
		.payload = payload,
		.time_us = seconds * S,
		.mono_us = seconds * S,
		.clock = CLOCK_UNSET,
	};

	return store_unit_commit(s, (struct store_commit){ .messages = &m, .message_count = 1 });
}

static void check_message(struct store *s, const char *part, const char *other)
{
	struct store_fetch f = { .uplink = "cloud", .lane = ENVELOPE_ALARM, .max_messages = 10, .max_bytes = 100000 };
	struct store_done batch;

	store_unit_fetch(s, &f, &batch);
	assert_int_equal(batch.message_count, 1);
	if (!strstr(batch.messages[0], part))
		fail_msg("%s is not in %s", part, batch.messages[0]);
	if (!strstr(batch.messages[0], other))
		fail_msg("%s is not in %s", other, batch.messages[0]);
	store_done_fini(&batch);
}

static void a_message_of_1970_is_forwarded_with_its_mark_or_with_its_time(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	int64_t set_us = (int64_t)1795287600 * S; /* 2026-11-22 03:00 */

	assert_int_equal(commit_unset(s, "{\"since\":\"1970-01-01T08:00:20.000+08:00\"}", 30), 0);
	check_message(s, "\"time\":\"1970-01-01T08:00:30.000+08:00\",\"clock\":\"unset\",\"kind\":",
		      "\"since\":\"1970-01-01T08:00:20.000+08:00\"");
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).oldest_us, 30 * S);
	submit_clock(s, (struct clock_now){ 90 * S, set_us }, CLOCK_RESTORED);
	check_message(s, "\"time\":\"2026-11-22T02:59:00.000+08:00\",\"clock\":\"restored\",\"kind\":",
		      "\"since\":\"2026-11-22T02:58:50.000+08:00\"");
	submit_clock(s, (struct clock_now){ 100 * S, set_us + HOUR }, CLOCK_SYNCHRONISED);
	check_message(s, "\"time\":\"2026-11-22T03:58:50.000+08:00\",\"kind\":",
		      "\"since\":\"2026-11-22T03:58:40.000+08:00\"");
	assert_int_equal(store_unit_row(s, "cloud", ENVELOPE_ALARM).oldest_us, set_us + HOUR - 70 * S);
	store_close(steal(&s));
	/* The row itself is what it was. */
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT time FROM outbox WHERE payload LIKE '%since%'"),
			 30 * S);
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM clockmap WHERE who = 'root'"), 2);
}

static void the_clockmap_outlasts_a_restart_and_is_bounded(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);

	assert_int_equal(commit_unset(s, "{\"n\":1}", 30), 0);
	for (int i = 0; i < CLOCKMAP_ROWS_MAX + 20; i++)
		submit_clock(s, (struct clock_now){ (60 + i) * S, today() + i * S }, CLOCK_SYNCHRONISED);
	store_close(steal(&s));
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM clockmap"), CLOCKMAP_ROWS_MAX);
	s = store_unit_open(*state);
	assert_true(store_unit_row(s, "cloud", ENVELOPE_ALARM).oldest_us > today() - DAY);
}

static void take_alarm(void *context, const struct alarm *a)
{
	alarm_copy(a, context);
}

static void an_alarm_raised_in_1970_comes_back_with_its_right_time(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	int64_t set_us = (int64_t)1795287600 * S;
	struct alarm_transition t;
	struct alarm found = { 0 };

	store_unit_transition("sos", "sos-1", ALARM_UNACKED, &t);
	t.at = (struct clock_now){ 30 * S, 30 * S };
	t.alarm.since_us = 20 * S;
	t.alarm.changed_us = 30 * S;
	t.alarm.reason.inputs[0].at_us = 19 * S;
	t.alarm.acked_us = 0;
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1 }), 0);
	submit_clock(s, (struct clock_now){ 90 * S, set_us }, CLOCK_SYNCHRONISED);
	store_close(steal(&s));
	s = store_unit_open(*state);
	assert_int_equal(store_restore(s, &(struct store_kept){ .context = &found, .alarm = take_alarm }), 0);
	assert_int_equal(found.since_us, set_us - 70 * S);
	assert_int_equal(found.changed_us, set_us - 60 * S);
	assert_int_equal(found.reason.inputs[0].at_us, set_us - 71 * S);
	assert_int_equal(found.acked_us, 0);
	alarm_fini(&found);
	alarm_transition_fini(&t);
	store_close(steal(&s));
	assert_int_equal(store_unit_ask(*state, "state.db",
					"SELECT count(*) FROM transition WHERE clock = 'unset' AND wall = 30000000"
					" AND mono = 30000000 AND length(boot) = 32"),
			 1);
}

struct spells {
	struct alarm alarm;
	struct mode mode;
};

static void take_shelved(void *context, const struct alarm *a)
{
	alarm_copy(a, &((struct spells *)context)->alarm);
}

static void take_mode(void *context, const struct mode *m)
{
	mode_copy(m, &((struct spells *)context)->mode);
}

/* What is left of both, after a new start. */
static void assert_left(const char *dir, int64_t left_us)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(dir);
	struct spells found = { 0 };
	int64_t now_us = clock_mono_us();

	assert_int_equal(
		store_restore(s, &(struct store_kept){ .context = &found, .alarm = take_shelved, .mode = take_mode }),
		0);
	assert_int_equal(found.alarm.state, ALARM_SHELVED);
	assert_true(found.alarm.shelf.on && found.mode.spell.on);
	assert_string_equal(found.alarm.shelf.by, "desk");
	assert_string_equal(found.alarm.shelf.why, "works");
	assert_string_equal(found.mode.subject, "lift-1");
	assert_int_equal(found.mode.kind, MODE_OUT_OF_SERVICE);
	assert_true(llabs(found.alarm.shelf.end_us - now_us - left_us) < MINUTE);
	assert_true(llabs(found.mode.spell.end_us - now_us - left_us) < MINUTE);
	alarm_fini(&found.alarm);
	mode_fini(&found.mode);
}

/* Their time runs on by whatever clock can be trusted: that of the boot, else the wall's; else it stands still. */
static void shelf_and_maintenance_go_on_over_restarts_and_reboots(void **state)
{
	struct store *s = store_unit_open(*state);
	struct mode mode = { .kind = MODE_OUT_OF_SERVICE, .subject = (char *)"lift-1", .spell = { .on = true } };
	struct alarm_transition t;

	store_unit_transition("tank-high", "tank-1", ALARM_SHELVED, &t);
	t.at = clock_now();
	t.alarm.changed_us = t.at.wall_us;
	mode.spell.end_us = t.at.mono_us + HOUR;
	alarm_spell_set(&t.alarm.shelf, &(struct alarm_spell){ .on = true,
							       .end_us = mode.spell.end_us,
							       .by = (char *)"desk",
							       .why = (char *)"works" });
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t,
								     .transition_count = 1,
								     .modes = &mode,
								     .mode_count = 1,
								     .now = t.at,
								     .clock = CLOCK_RESTORED }),
			 0);
	store_close(s);
	assert_left(*state, HOUR);
	store_unit_run(*state, "state.db",
		       "UPDATE alarm SET boot = 'other', mono = 5, changed = changed - 600000000, crc = NULL;"
		       "UPDATE mode SET boot = 'other', mono = 5, wall = wall - 600000000");
	assert_left(*state, 50 * MINUTE);
	store_unit_run(*state, "state.db",
		       "UPDATE alarm SET clock = 'unset', crc = NULL; UPDATE mode SET clock = 'unset'");
	assert_left(*state, HOUR);
	store_unit_run(*state, "state.db",
		       "UPDATE alarm SET clock = 'restored', changed = changed - 7200000000, crc = NULL;"
		       "UPDATE mode SET clock = 'restored', wall = wall - 7200000000");
	assert_left(*state, -70 * MINUTE);
	alarm_transition_fini(&t);
}

static void take_only(void *context, const struct alarm *a)
{
	alarm_copy(a, context);
}

static void a_shelf_until_a_moment_is_still_until_that_moment_after_a_restart(void **state)
{
	struct store *s = store_unit_open(*state);
	struct alarm found = { 0 };
	struct alarm_transition t;
	int64_t six;

	store_unit_transition("tank-high", "tank-1", ALARM_SHELVED, &t);
	t.at = clock_now();
	t.alarm.changed_us = t.at.wall_us;
	six = t.at.wall_us + 2 * HOUR;
	alarm_spell_set(&t.alarm.shelf,
			&(struct alarm_spell){ .on = true, .end_us = t.at.mono_us + 2 * HOUR, .meant_us = six });
	assert_int_equal(store_unit_commit(s, (struct store_commit){ .transitions = &t,
								     .transition_count = 1,
								     .now = t.at,
								     .clock = CLOCK_RESTORED }),
			 0);
	store_close(s);
	s = store_unit_open(*state);
	assert_int_equal(store_restore(s, &(struct store_kept){ .context = &found, .alarm = take_only }), 0);
	assert_true(found.shelf.on);
	assert_int_equal(found.shelf.meant_us, six);
	assert_int_equal(found.shelf.until_us, six);
	assert_true(llabs(found.shelf.end_us - t.at.mono_us - 2 * HOUR) < MINUTE);
	store_close(s);
	alarm_fini(&found);
	alarm_transition_fini(&t);
}

static void commit_at(struct store *s, int64_t wall_us, enum clock_quality clock)
{
	struct alarm_transition t;

	store_unit_transition("sos", "sos-1", ALARM_UNACKED, &t);
	t.at.wall_us = wall_us;
	assert_int_equal(
		store_unit_commit(s, (struct store_commit){ .transitions = &t, .transition_count = 1, .clock = clock }),
		0);
	alarm_transition_fini(&t);
}

static int64_t reopen(struct store **s, const char *dir)
{
	store_close(*s);
	*s = store_unit_open(dir);
	return store_floor_us(*s);
}

static void the_floor_is_the_last_trusted_time_that_was_stored(void **state)
{
	_cleanup_(store_closep) struct store *s = store_unit_open(*state);
	int64_t now_us = today();

	assert_int_equal(store_floor_us(s), 0);
	commit_at(s, now_us, CLOCK_RESTORED);
	assert_int_equal(reopen(&s, *state), now_us);
	commit_at(s, 30 * S, CLOCK_UNSET);
	assert_int_equal(reopen(&s, *state), now_us);
	assert_int_equal(store_submit_floor(s, now_us + HOUR), 0);
	assert_int_equal(reopen(&s, *state), now_us + HOUR);
	commit_at(s, now_us + 4000 * DAY, CLOCK_RESTORED); /* a mistake, and its end */
	submit_clock(s, (struct clock_now){ DAY, now_us + 2 * HOUR }, CLOCK_RESTORED);
	assert_int_equal(reopen(&s, *state), now_us + 2 * HOUR);
	submit_clock(s, (struct clock_now){ DAY, 30 * S }, CLOCK_UNSET);
	assert_int_equal(reopen(&s, *state), now_us + 2 * HOUR);
}

static void take_delay(void *context, const struct evaluator_delay *d)
{
	*(struct evaluator_delay *)context = *d;
}

static void a_delay_of_another_boot_counts_what_passed_only_by_trusted_clocks(void **state)
{
	static const struct {
		const char *clock;
		int64_t age_us;
	} cases[] = { { "'restored'", 3 * HOUR }, { "'unset'", 40 * S }, { "NULL", 3 * HOUR } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(store_closep) struct store *s = store_unit_open(*state);
		struct evaluator_delay delay = { .id = "slow/vat-1" };
		_cleanup_str_buf_ struct str_buf sql = { 0 };
		int64_t age_us;

		store_close(steal(&s));
		str_buf_printf(&sql,
			       "INSERT OR REPLACE INTO delay (alarm, kind, boot, mono, wall, age, clock)"
			       " VALUES ('slow/vat-1', 0, 'another', 1, %lld, 40000000, %s)",
			       (long long)(clock_wall_us() - 3 * HOUR), cases[i].clock);
		store_unit_run(*state, "state.db", sql.text);
		s = store_unit_open(*state);
		store_restore(s, &(struct store_kept){ .context = &delay, .delay = take_delay });
		age_us = clock_mono_us() - delay.since_us;
		assert_in_range(age_us, cases[i].age_us, cases[i].age_us + MINUTE);
	}
}

/* A state.db as the version before this one left it. */
static void make_old_file(const char *dir)
{
	static const struct migration steps[] = {
		{ .parts = { alarm_table_schema_1, outbox_schema_1, kept_schema_1, "PRAGMA user_version = 1" } },
	};
	char *path = store_unit_path(dir, "state.db");
	struct database_setup setup = { .path = path, .sync = DATABASE_FULL, .migrations = { steps, 1 } };
	_cleanup_(database_closep) struct database *db = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };
	static const char rows[] =
		"INSERT INTO alarm VALUES ('sos/sos-1','sos','sos-1','b1','unacked',1,0,1,1,0,1,1795287600000000,"
		" 1795287600000000,1,'{\"when\":\"pressed\",\"inputs\":[]}','求助','help',NULL,NULL,NULL,NULL,0);"
		"INSERT INTO transition (alarm, from_state, state, input, boot, mono, wall, priority, stage, count, "
		"test,"
		" since, reason) VALUES ('sos/sos-1','normal','unacked','raised','old',5,1795287600000000,1,0,1,0,"
		" 1795287600000000,'{}');"
		"INSERT INTO uplink VALUES (1,'cloud');"
		"INSERT INTO lane VALUES (1,1,'alarm',1,0);"
		"INSERT INTO outbox VALUES (1,1,1795287600000000,'alarm',7,'{\"n\":7}');"
		"INSERT INTO value VALUES ('p','number',4,'good',0,'old',5,1795287600000000);"
		"INSERT INTO delay VALUES ('slow/vat-1',0,'old',5,1795287600000000,40000000);";

	assert_int_equal(database_open(&setup, &db, &why), 0);
	assert_int_equal(sqlite3_exec(db->handle, rows, NULL, NULL, NULL), SQLITE_OK);
	free(path);
}

static void a_file_of_the_version_before_keeps_all_it_has(void **state)
{
	_cleanup_(store_closep) struct store *s = NULL;
	struct alarm found = { 0 };

	make_old_file(*state);
	s = store_unit_open(*state);
	assert_int_equal(store_floor_us(s), 1795287600 * S);
	assert_int_equal(store_restore(s, &(struct store_kept){ .context = &found, .alarm = take_alarm }), 0);
	assert_string_equal(found.id, "sos/sos-1");
	assert_int_equal(found.since_us, 1795287600 * S);
	alarm_fini(&found);
	/* Nobody noted what its clock was worth: no mark. */
	check_message(s, "\"time\":\"2026-11-22T03:00:00.000+08:00\",\"kind\":\"alarm\"", "\"n\":7");
	commit_at(s, today(), CLOCK_SYNCHRONISED);
	store_close(steal(&s));
	assert_int_equal(store_unit_ask(*state, "state.db", "PRAGMA user_version"), (int)state_schema());
	assert_int_equal(store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition WHERE clock IS NULL"), 1);
	assert_int_equal(
		store_unit_ask(*state, "state.db", "SELECT count(*) FROM transition WHERE clock = 'synchronised'"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_UNIT_CASE(a_message_of_1970_is_forwarded_with_its_mark_or_with_its_time),
		STORE_UNIT_CASE(the_clockmap_outlasts_a_restart_and_is_bounded),
		STORE_UNIT_CASE(an_alarm_raised_in_1970_comes_back_with_its_right_time),
		STORE_UNIT_CASE(shelf_and_maintenance_go_on_over_restarts_and_reboots),
		STORE_UNIT_CASE(a_shelf_until_a_moment_is_still_until_that_moment_after_a_restart),
		STORE_UNIT_CASE(the_floor_is_the_last_trusted_time_that_was_stored),
		STORE_UNIT_CASE(a_delay_of_another_boot_counts_what_passed_only_by_trusted_clocks),
		STORE_UNIT_CASE(a_file_of_the_version_before_keeps_all_it_has),
	};

	return UNIT_RUN(tests);
}
