/* fuzz_restore.c: store/: what a start reads back from state.db, what it knew of the clock included, whatever stands in the
 * rows: an open alarm comes back as an alarm that can be written again, never silently as none: an unknown state is one to
 * look at, a broken reason costs only the reason; values and delays come back with a moment that is not in the future.
 *
 * Input: lines: state, id, a text, a number, the type of a value, the value; the rest is the reason. The file is a real one
 * below $TMPDIR (else /dev/shm), opened once; each input is a transaction that is rolled back. */
#include "fuzz.h"

#include <sqlite3.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/restore.h"
#include "upstream/alarm_json.h"

struct row {
	char *state, *id, *text, *number, *type, *value, *reason;
	int64_t count; /* number, as far as it is one */
};

static void read_row(struct fuzz_bytes in, struct row *r)
{
	r->state = fuzz_text(fuzz_line(&in));
	r->id = fuzz_text(fuzz_line(&in));
	r->text = fuzz_text(fuzz_line(&in));
	r->number = fuzz_text(fuzz_line(&in));
	r->type = fuzz_text(fuzz_line(&in));
	r->value = fuzz_text(fuzz_line(&in));
	r->reason = fuzz_rest(&in);
	r->count = 0;
	str_to_i64(r->number, &r->count);
}

static void row_fini(struct row *r)
{
	char *texts[] = { r->state, r->id, r->text, r->number, r->type, r->value, r->reason };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
}

/* ?1 id, ?2 state, ?3 text, ?4 reason, ?5 number, ?6 type, ?7 value */
static void insert(sqlite3 *db, const char *sql, const struct row *r)
{
	const char *const texts[] = { r->id, r->state, r->text, r->reason };
	sqlite3_stmt *s;

	FUZZ_CLAIM(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
	for (int i = 0; i < 4; i++)
		sqlite3_bind_text(s, i + 1, texts[i], -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 5, r->count);
	sqlite3_bind_text(s, 6, r->type, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 7, r->value, -1, SQLITE_STATIC);
	FUZZ_CLAIM(sqlite3_step(s) == SQLITE_DONE);
	sqlite3_finalize(s);
}

static void insert_all(sqlite3 *db, const struct row *r)
{
	insert(db,
	       "INSERT INTO alarm (id, rule, asset, place, state, priority, stage, latch, life_safety, test, active, "
	       "since,"
	       " changed, count, reason, text_zh, text_en, guidance_zh, guidance_en, ack_by, ack_note, acked, boot, "
	       "mono, "
	       "clock, shelf_left, shelved_by, shelved_why, suppressed_by, first_out, arrived_by, arrived)"
	       " VALUES (?1,?1,?1,?3,?2,?5,?5,?5,?5,?5,?5,?5,?5,?5,?4,?3,?3,NULL,?3,?3,?3,?5,?3,?5,?6,"
	       " CASE ?6 WHEN 'none' THEN NULL ELSE ?5 END,?3,?7,?3,?5,?7,?5)",
	       r);
	insert(db,
	       "INSERT INTO mode (kind, subject, who, why, since, ends_in, boot, mono, wall, clock)"
	       " VALUES (CASE ?6 WHEN 'bool' THEN 'test' WHEN 'text' THEN 'proven' WHEN 'event' THEN ?2 ELSE "
	       "'out_of_service' END,"
	       " ?1, ?3, ?7, ?5, ?5, ?3, ?5, ?5, ?7)",
	       r);
	insert(db,
	       "INSERT INTO value (point, type, value, quality, test, boot, mono, wall, clock)"
	       " VALUES (?1, ?6, CASE ?6 WHEN 'number' THEN CAST(?7 AS REAL) WHEN 'bool' THEN CAST(?7 AS INTEGER) ELSE "
	       "?7 END,"
	       " ?2, ?5, ?3, ?5, ?5, ?7)",
	       r);
	insert(db, "INSERT INTO delay (alarm, kind, boot, mono, wall, age, clock) VALUES (?1, ?5, ?3, ?5, ?5, ?5, ?7)",
	       r);
	insert(db,
	       "INSERT INTO clockmap (boot, mono, wall, clock, step, who)"
	       " VALUES (?3, ?5, CASE WHEN ?7 GLOB '[-0-9]*' THEN CAST(?7 AS INTEGER) ELSE 1700000000000000 END, "
	       "'synchronised', ?5, ?2)",
	       r);
	insert(db, "INSERT INTO ladder (alarm, run, boot, mono, wall, age, clock) VALUES (?1, ?4, ?3, ?5, ?5, ?5, ?7)",
	       r);
	insert(db, "INSERT INTO uplink (name) VALUES (?3)", r);
}

/* ---- what comes back ---- */

struct seen {
	struct alarm alarm;
	struct clockmap_stamp now;
	struct state *state;
	size_t alarms, values, delays, uplinks, modes;
};

static void take_alarm(void *context, const struct alarm *a)
{
	struct seen *s = context;

	FUZZ_CLAIM(a->id && a->rule && a->asset && a->reason.when);
	FUZZ_CLAIM(a->state <= ALARM_OUT_OF_SERVICE && a->reason.input_count <= ALARM_INPUTS_MAX);
	if (s->alarms++ == 0)
		alarm_copy(a, &s->alarm);
}

static void take_value(void *context, const char *point, const struct reading *r)
{
	struct seen *s = context;

	s->values++;
	FUZZ_CLAIM(point && r->quality <= QUALITY_SUSPECT && r->value.type <= VALUE_EVENT);
	FUZZ_CLAIM(r->at.mono_us <= s->now.at.mono_us);
	if (r->value.type >= VALUE_TEXT)
		FUZZ_CLAIM(strnlen(r->value.text, VALUE_TEXT_MAX) < VALUE_TEXT_MAX);
}

static void take_delay(void *context, const struct evaluator_delay *d)
{
	struct seen *s = context;

	s->delays++;
	FUZZ_CLAIM(d->since_us <= s->now.at.mono_us && strnlen(d->id, sizeof(d->id)) < sizeof(d->id));
}

static void take_mode(void *context, const struct mode *m)
{
	struct seen *s = context;

	s->modes++;
	FUZZ_CLAIM(m->kind <= MODE_PROVEN && m->subject && m->spell.on);
}

/* How far an alarm has climbed goes into the table again. */
static void take_ladder(void *context, const struct ladder_run *r)
{
	struct seen *s = context;
	struct alarm_table_clock clock = { .boot = "b", .quality = CLOCK_UNSET };

	FUZZ_CLAIM(r->alarm && r->place && r->state < LADDER_RUN_STATES && r->began_us <= s->now.at.mono_us);
	FUZZ_CLAIM(r->priority >= 1 && r->priority <= 4 && r->call_count <= LADDER_RUN_CALLS_MAX);
	for (size_t i = 0; i < r->call_count; i++)
		FUZZ_CLAIM(r->calls[i].state < LADDER_CALL_STATES && r->calls[i].made_us == s->now.at.mono_us);
	FUZZ_CLAIM(ladder_table_put(&s->state->ladders, r, s->now.at, &clock) == 0);
}

static void take_uplink(void *context, const char *instance)
{
	struct seen *s = context;

	s->uplinks++;
	FUZZ_CLAIM(instance);
}

static void check_alarm(const struct row *r, const struct alarm *a)
{
	enum alarm_state state;
	json_t *reason = json_loads(r->reason, 0, NULL);
	struct alarm_reason parsed = { 0 };

	FUZZ_CLAIM(a->state == (alarm_state_parse(r->state, &state) == 0 ? state : ALARM_UNACKED));
	FUZZ_CLAIM(strcmp(a->id, r->id) == 0 && strcmp(a->text_zh, r->text) == 0 && !a->guidance_zh);
	if (alarm_json_reason_parse(reason, &parsed) == 0)
		FUZZ_CLAIM(strcmp(a->reason.when, parsed.when) == 0 && a->reason.input_count == parsed.input_count);
	else
		FUZZ_CLAIM(a->reason.when[0] == '\0' && a->reason.input_count == 0);
	free(parsed.when);
	json_decref(reason);
}

/* What was read goes through the API and into the table again. */
static void write_again(struct state *state, const struct alarm *a)
{
	struct alarm_transition transition = { .alarm = *a, .from = ALARM_NORMAL, .input = ALARM_IN_RESTORED };
	struct alarm_table_clock clock = { .boot = "b", .quality = CLOCK_UNSET };
	json_t *json = alarm_json_new(a);
	char *text = alarm_json_text(json);

	FUZZ_CLAIM(text[0] == '{' && str_is_utf8(text, strlen(text)));
	free(text);
	json_decref(json);
	FUZZ_CLAIM(alarm_table_add(&state->alarms, &transition, &clock) == 0);
}

/* ---- the file ---- */

static char path[300];

static void remove_file(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[320];

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
	/* What the store keeps beside it. */
	snprintf(name, sizeof(name), "%.*saudit.head", (int)(strrchr(path, '/') + 1 - path), path);
	unlink(name);
}

static void swallow(void *context, const struct log_entry *entry)
{
	(void)context;
	(void)entry;
}

static struct state *open_once(void)
{
	static const struct log_sink sink = { .write = swallow };
	static struct state *state;
	const char *base = getenv("TMPDIR");
	struct str_buf what = { 0 };

	if (state)
		return state;
	log_set_sink(&sink);
	base = base ? base : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(path, sizeof(path), "%s/fuzz-restore.%d.db", base, (int)getpid());
	remove_file();
	atexit(remove_file);
	FUZZ_CLAIM(state_open(&(struct state_setup){ .path = path, .estate = "demo" }, &state, &what) == 0);
	str_buf_fini(&what);
	return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state *state = open_once();
	struct seen seen = { .state = state,
			     .now = {
				     .boot = "b", .at = { 1000 * S, 1700000000 * S }, .quality = CLOCK_SYNCHRONISED } };
	struct store_kept kept = { &seen, take_alarm, take_delay, take_value, take_uplink, take_mode, take_ladder };
	struct restore *restore;
	struct row row;

	read_row((struct fuzz_bytes){ data, size }, &row);
	FUZZ_CLAIM(state_begin(state) == 0);
	insert_all(state->db->handle, &row);
	clock_table_fini(&state->clocks); /* read again: its rows too are what the input says */
	FUZZ_CLAIM(clock_table_init(&state->clocks, state->db) == 0);
	FUZZ_CLAIM(restore_new(state, &seen.now, &restore) == 0);
	restore_play(restore, &kept);
	restore_free(restore);
	FUZZ_CLAIM(seen.alarms == 1 && seen.values == 1 && seen.delays == 1 && seen.uplinks == 1 && seen.modes <= 1);
	check_alarm(&row, &seen.alarm);
	write_again(state, &seen.alarm);
	state_rollback(state);
	alarm_fini(&seen.alarm);
	row_fini(&row);
	return 0;
}
