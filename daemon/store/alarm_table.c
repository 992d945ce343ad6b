#include "store/alarm_table.h"

#include <errno.h>

#include "base/mem.h"
#include "store/clock_table.h"
#include "upstream/alarm_json.h"

const char alarm_table_schema_1[] =
	"CREATE TABLE alarm ("
	" id TEXT PRIMARY KEY, rule TEXT NOT NULL, asset TEXT NOT NULL, place TEXT,"
	" state TEXT NOT NULL, priority INTEGER NOT NULL, stage INTEGER NOT NULL,"
	" latch INTEGER NOT NULL, life_safety INTEGER NOT NULL, test INTEGER NOT NULL, active INTEGER NOT NULL,"
	" since INTEGER NOT NULL, changed INTEGER NOT NULL, count INTEGER NOT NULL, reason TEXT NOT NULL,"
	" text_zh TEXT, text_en TEXT, guidance_zh TEXT, guidance_en TEXT,"
	" ack_by TEXT, ack_note TEXT, acked INTEGER NOT NULL) STRICT;"
	"CREATE TABLE transition ("
	" id INTEGER PRIMARY KEY, alarm TEXT NOT NULL, from_state TEXT NOT NULL, state TEXT NOT NULL,"
	" input TEXT NOT NULL, boot TEXT NOT NULL, mono INTEGER NOT NULL, wall INTEGER NOT NULL,"
	" who TEXT, note TEXT,"
	" priority INTEGER NOT NULL, stage INTEGER NOT NULL, count INTEGER NOT NULL, test INTEGER NOT NULL,"
	" since INTEGER NOT NULL, reason TEXT NOT NULL, text_zh TEXT, text_en TEXT) STRICT;";

/* clock: quality of the wall clock then; the alarm's boot, mono and clock are those of its last transition. NULL in rows
 * from before that was noted. */
const char alarm_table_schema_2[] = "ALTER TABLE transition ADD COLUMN clock TEXT;"
				    "ALTER TABLE alarm ADD COLUMN boot TEXT;"
				    "ALTER TABLE alarm ADD COLUMN mono INTEGER;"
				    "ALTER TABLE alarm ADD COLUMN clock TEXT;";

/* shelf_left: of its time on the shelf, at mono of that boot; less than 0: until that moment of the wall clock, negated; NULL:
 * it is on none. until: what the transition was for. */
const char alarm_table_schema_3[] = "ALTER TABLE transition ADD COLUMN until INTEGER;"
				    "ALTER TABLE transition ADD COLUMN outcome TEXT;"
				    "CREATE INDEX transition_alarm ON transition (alarm, id);"
				    "ALTER TABLE alarm ADD COLUMN shelf_left INTEGER;"
				    "ALTER TABLE alarm ADD COLUMN shelved_by TEXT;"
				    "ALTER TABLE alarm ADD COLUMN shelved_why TEXT;"
				    "ALTER TABLE alarm ADD COLUMN suppressed_by TEXT;"
				    "ALTER TABLE alarm ADD COLUMN first_out INTEGER;"
				    "ALTER TABLE alarm ADD COLUMN arrived_by TEXT;"
				    "ALTER TABLE alarm ADD COLUMN arrived INTEGER;";

/* Of all other columns, in their order: a bit that flips in the file is seen. NULL in rows from before that was noted. */
const char alarm_table_schema_4[] = "ALTER TABLE transition ADD COLUMN crc INTEGER;"
				    "ALTER TABLE alarm ADD COLUMN crc INTEGER;";

enum {
	ADD_TRANSITION,
	SEAL_TRANSITION,
	PUT_ALARM,
	SEAL_ALARM,
	DROP_ALARM,
	READ_ALARMS,
	LAST_ID,
	READ_STORY,
	READ_TOLD
};

/* In this order ALARM_TABLE_COLUMNS has them. */
enum column {
	COLUMN_ID,
	COLUMN_RULE,
	COLUMN_ASSET,
	COLUMN_PLACE,
	COLUMN_STATE,
	COLUMN_PRIORITY,
	COLUMN_STAGE,
	COLUMN_LATCH,
	COLUMN_LIFE_SAFETY,
	COLUMN_TEST,
	COLUMN_ACTIVE,
	COLUMN_SINCE,
	COLUMN_CHANGED,
	COLUMN_COUNT,
	COLUMN_REASON,
	COLUMN_TEXT_ZH,
	COLUMN_TEXT_EN,
	COLUMN_GUIDANCE_ZH,
	COLUMN_GUIDANCE_EN,
	COLUMN_ACK_BY,
	COLUMN_ACK_NOTE,
	COLUMN_ACKED,
	COLUMN_BOOT,
	COLUMN_MONO,
	COLUMN_CLOCK,
	COLUMN_SHELF_LEFT,
	COLUMN_SHELVED_BY,
	COLUMN_SHELVED_WHY,
	COLUMN_SUPPRESSED_BY,
	COLUMN_FIRST_OUT,
	COLUMN_ARRIVED_BY,
	COLUMN_ARRIVED,
	COLUMN_INTACT, /* its CRC is right */
};

static const char *const sql[ALARM_TABLE_STATEMENTS] = {
	[ADD_TRANSITION] = "INSERT INTO transition (alarm, from_state, state, input, boot, mono, wall, who, note,"
			   " priority, stage, count, test, since, reason, text_zh, text_en, clock,"
			   " until, outcome) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[SEAL_TRANSITION] = "UPDATE transition SET crc = row_crc(" ALARM_TABLE_TRANSITION_COLUMNS ") WHERE id = ?",
	[PUT_ALARM] = "INSERT OR REPLACE INTO alarm (" ALARM_TABLE_COLUMNS ")"
		      " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[SEAL_ALARM] = "UPDATE alarm SET crc = row_crc(" ALARM_TABLE_COLUMNS ") WHERE id = ?",
	[DROP_ALARM] = "DELETE FROM alarm WHERE id = ?",
	[READ_ALARMS] = "SELECT " ALARM_TABLE_COLUMNS ", crc IS NULL OR crc = row_crc(" ALARM_TABLE_COLUMNS ")"
			" FROM alarm ORDER BY since, id",
	[LAST_ID] = "SELECT coalesce(max(id), 0) FROM transition",
	[READ_STORY] =
		"SELECT boot, mono, wall, clock, from_state, state, input, who, note, until, outcome, priority, stage,"
		" count, test FROM transition WHERE alarm = ? ORDER BY id DESC LIMIT ?",
	/* As burden_counts says; bounded, so that years of transitions do not hold up a start. */
	[READ_TOLD] = "SELECT boot, mono, wall, clock, alarm, priority FROM transition"
		      " WHERE id > (SELECT coalesce(max(id), 0) FROM transition) - ?"
		      " AND state = 'unacked' AND test = 0 AND input != 'restored'"
		      " AND (from_state != 'unacked' OR input = 'raised') ORDER BY id",
};

int alarm_table_init(struct alarm_table *t, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, ALARM_TABLE_STATEMENTS }, t->statements);
}

void alarm_table_fini(struct alarm_table *t)
{
	database_finalize(t->statements, ALARM_TABLE_STATEMENTS);
}

/* ---- writing ---- */

static void bind_time(sqlite3_stmt *s, int at, int64_t us)
{
	if (us)
		sqlite3_bind_int64(s, at, us);
	else
		sqlite3_bind_null(s, at);
}

/* How long it is to last; 0: that is nobody's to say. */
static int64_t until_of(const struct alarm_transition *t)
{
	if (t->alarm.state == ALARM_SHELVED)
		return t->alarm.shelf.until_us;
	return t->alarm.state == ALARM_OUT_OF_SERVICE ? t->alarm.service.until_us : 0;
}

static int add_transition(struct alarm_table *t, const struct alarm_transition *transition,
			  const struct alarm_table_clock *clock, const char *reason)
{
	const struct alarm *a = &transition->alarm;
	sqlite3_stmt *s = t->statements[ADD_TRANSITION];
	int r;

	database_bind_text(s, 1, a->id);
	database_bind_text(s, 2, alarm_state_name(transition->from));
	database_bind_text(s, 3, alarm_state_name(a->state));
	database_bind_text(s, 4, alarm_input_name(transition->input));
	database_bind_text(s, 5, clock->boot);
	sqlite3_bind_int64(s, 6, transition->at.mono_us);
	sqlite3_bind_int64(s, 7, transition->at.wall_us);
	database_bind_text(s, 8, transition->who);
	database_bind_text(s, 9, transition->note);
	sqlite3_bind_int(s, 10, a->priority);
	sqlite3_bind_int(s, 11, a->stage);
	sqlite3_bind_int64(s, 12, a->count);
	sqlite3_bind_int(s, 13, a->test);
	sqlite3_bind_int64(s, 14, a->since_us);
	database_bind_text(s, 15, reason);
	database_bind_text(s, 16, a->text_zh);
	database_bind_text(s, 17, a->text_en);
	clock_table_bind_quality(s, 18, clock->quality);
	bind_time(s, 19, until_of(transition));
	database_bind_text(s, 20, transition->input == ALARM_IN_RESET ? a->outcome : NULL);
	r = database_run(s);
	if (r < 0)
		return r;
	s = t->statements[SEAL_TRANSITION];
	sqlite3_bind_int64(s, 1, sqlite3_last_insert_rowid(sqlite3_db_handle(s)));
	return database_run(s);
}

static void put_extras(sqlite3_stmt *s, const struct alarm_transition *transition)
{
	const struct alarm *a = &transition->alarm;

	if (a->shelf.on && a->shelf.meant_us > 0)
		sqlite3_bind_int64(s, 1 + COLUMN_SHELF_LEFT, -a->shelf.meant_us);
	else if (a->shelf.on)
		sqlite3_bind_int64(s, 1 + COLUMN_SHELF_LEFT, MAX(a->shelf.end_us - transition->at.mono_us, (int64_t)0));
	else
		sqlite3_bind_null(s, 1 + COLUMN_SHELF_LEFT);
	database_bind_text(s, 1 + COLUMN_SHELVED_BY, a->shelf.by);
	database_bind_text(s, 1 + COLUMN_SHELVED_WHY, a->shelf.why);
	database_bind_text(s, 1 + COLUMN_SUPPRESSED_BY, a->suppressed_by);
	sqlite3_bind_int(s, 1 + COLUMN_FIRST_OUT, a->first_out);
	database_bind_text(s, 1 + COLUMN_ARRIVED_BY, a->arrived_by);
	bind_time(s, 1 + COLUMN_ARRIVED, a->arrived_us);
}

static int put_alarm(struct alarm_table *t, const struct alarm_transition *transition,
		     const struct alarm_table_clock *clock, const char *reason)
{
	const struct alarm *a = &transition->alarm;
	sqlite3_stmt *s = t->statements[PUT_ALARM];
	int r;

	database_bind_text(s, 1 + COLUMN_ID, a->id);
	database_bind_text(s, 1 + COLUMN_RULE, a->rule);
	database_bind_text(s, 1 + COLUMN_ASSET, a->asset);
	database_bind_text(s, 1 + COLUMN_PLACE, a->place);
	database_bind_text(s, 1 + COLUMN_STATE, alarm_state_name(a->state));
	sqlite3_bind_int(s, 1 + COLUMN_PRIORITY, a->priority);
	sqlite3_bind_int(s, 1 + COLUMN_STAGE, a->stage);
	sqlite3_bind_int(s, 1 + COLUMN_LATCH, a->latch);
	sqlite3_bind_int(s, 1 + COLUMN_LIFE_SAFETY, a->life_safety);
	sqlite3_bind_int(s, 1 + COLUMN_TEST, a->test);
	sqlite3_bind_int(s, 1 + COLUMN_ACTIVE, a->active);
	sqlite3_bind_int64(s, 1 + COLUMN_SINCE, a->since_us);
	sqlite3_bind_int64(s, 1 + COLUMN_CHANGED, a->changed_us);
	sqlite3_bind_int64(s, 1 + COLUMN_COUNT, a->count);
	database_bind_text(s, 1 + COLUMN_REASON, reason);
	database_bind_text(s, 1 + COLUMN_TEXT_ZH, a->text_zh);
	database_bind_text(s, 1 + COLUMN_TEXT_EN, a->text_en);
	database_bind_text(s, 1 + COLUMN_GUIDANCE_ZH, a->guidance_zh);
	database_bind_text(s, 1 + COLUMN_GUIDANCE_EN, a->guidance_en);
	database_bind_text(s, 1 + COLUMN_ACK_BY, a->ack_by);
	database_bind_text(s, 1 + COLUMN_ACK_NOTE, a->ack_note);
	sqlite3_bind_int64(s, 1 + COLUMN_ACKED, a->acked_us);
	database_bind_text(s, 1 + COLUMN_BOOT, clock->boot);
	sqlite3_bind_int64(s, 1 + COLUMN_MONO, transition->at.mono_us);
	clock_table_bind_quality(s, 1 + COLUMN_CLOCK, clock->quality);
	put_extras(s, transition);
	r = database_run(s);
	if (r < 0)
		return r;
	s = t->statements[SEAL_ALARM];
	database_bind_text(s, 1, a->id);
	return database_run(s);
}

static int drop_alarm(struct alarm_table *t, const char *id)
{
	sqlite3_stmt *s = t->statements[DROP_ALARM];

	database_bind_text(s, 1, id);
	return database_run(s);
}

int alarm_table_add(struct alarm_table *t, const struct alarm_transition *transition,
		    const struct alarm_table_clock *clock)
{
	const struct alarm *a = &transition->alarm;
	json_t *json = alarm_json_reason(&a->reason);
	_cleanup_(freep) void *reason = alarm_json_text(json);
	int r;

	json_decref(json);
	r = alarm_is_told(transition) ? add_transition(t, transition, clock, reason) : 0;
	if (r < 0)
		return r;
	return a->state == ALARM_NORMAL ? drop_alarm(t, a->id) : put_alarm(t, transition, clock, reason);
}

/* ---- reading ---- */

int alarm_table_last_id(struct alarm_table *t, int64_t *ret_id)
{
	sqlite3_stmt *s = t->statements[LAST_ID];
	int r = database_row(s);

	if (r < 0)
		return r;
	*ret_id = sqlite3_column_int64(s, 0);
	database_reset(s);
	return 0;
}

/* An alarm is worth more than its reason, and an open alarm in a state that nobody knows is one to look at. */
static void read_state(sqlite3_stmt *s, struct alarm *a)
{
	const char *state = (const char *)sqlite3_column_text(s, COLUMN_STATE);
	const char *reason = (const char *)sqlite3_column_text(s, COLUMN_REASON);
	json_t *json = reason ? json_loads(reason, 0, NULL) : NULL;

	if (alarm_json_reason_parse(json, &a->reason) < 0)
		a->reason = (struct alarm_reason){ .when = mem_strdup("") };
	json_decref(json);
	if (!state || alarm_state_parse(state, &a->state) < 0)
		a->state = ALARM_UNACKED;
}

static int read_alarm(sqlite3_stmt *s, struct alarm *a)
{
	read_state(s, a);
	a->id = database_text(s, COLUMN_ID);
	a->rule = database_text(s, COLUMN_RULE);
	a->asset = database_text(s, COLUMN_ASSET);
	a->place = database_text(s, COLUMN_PLACE);
	a->priority = sqlite3_column_int(s, COLUMN_PRIORITY);
	a->stage = sqlite3_column_int(s, COLUMN_STAGE);
	a->latch = sqlite3_column_int(s, COLUMN_LATCH);
	a->life_safety = sqlite3_column_int(s, COLUMN_LIFE_SAFETY);
	a->test = sqlite3_column_int(s, COLUMN_TEST);
	a->active = sqlite3_column_int(s, COLUMN_ACTIVE);
	a->since_us = clock_table_us(s, COLUMN_SINCE);
	a->changed_us = clock_table_us(s, COLUMN_CHANGED);
	a->count = (uint32_t)sqlite3_column_int64(s, COLUMN_COUNT);
	a->text_zh = database_text(s, COLUMN_TEXT_ZH);
	a->text_en = database_text(s, COLUMN_TEXT_EN);
	a->guidance_zh = database_text(s, COLUMN_GUIDANCE_ZH);
	a->guidance_en = database_text(s, COLUMN_GUIDANCE_EN);
	a->ack_by = database_text(s, COLUMN_ACK_BY);
	a->ack_note = database_text(s, COLUMN_ACK_NOTE);
	a->acked_us = clock_table_us(s, COLUMN_ACKED);
	a->suppressed_by = database_text(s, COLUMN_SUPPRESSED_BY);
	a->first_out = sqlite3_column_int(s, COLUMN_FIRST_OUT);
	a->arrived_by = database_text(s, COLUMN_ARRIVED_BY);
	a->arrived_us = clock_table_us(s, COLUMN_ARRIVED);
	return a->id && a->rule && a->asset && sqlite3_column_int(s, COLUMN_INTACT) ? 0 : -EINVAL;
}

/* Its last transition says on what clock its times are; those from before that boot are of another one, and stay. */
static void mend(sqlite3_stmt *s, const struct clockmap *map, struct alarm *a)
{
	const char *boot = (const char *)sqlite3_column_text(s, COLUMN_BOOT);
	struct clockmap_stamp last = {
		.boot = boot,
		.at = { .mono_us = clock_table_us(s, COLUMN_MONO), .wall_us = a->changed_us },
	};
	struct clock_shifts shifts;
	bool known;

	last.quality = clock_table_quality(s, COLUMN_CLOCK, &known);
	if (!boot || !known)
		return;
	shifts = clockmap_shifts(map, &last);
	alarm_shift(a, &shifts);
}

/* What is left of its time on the shelf, on the clocks of now. */
static void read_shelf(sqlite3_stmt *s, const struct kept_present *present, struct alarm *a)
{
	struct kept_moment moment = { .stamp = { .boot = (const char *)sqlite3_column_text(s, COLUMN_BOOT),
						 .at = { clock_table_us(s, COLUMN_MONO),
							 clock_table_us(s, COLUMN_CHANGED) } } };
	int64_t left_us = clock_table_us(s, COLUMN_SHELF_LEFT);
	bool known;

	if (sqlite3_column_type(s, COLUMN_SHELF_LEFT) == SQLITE_NULL || !moment.stamp.boot)
		return;
	moment.stamp.quality = clock_table_quality(s, COLUMN_CLOCK, &known);
	a->shelf = (struct alarm_spell){
		.on = true,
		.by = database_text(s, COLUMN_SHELVED_BY),
		.why = database_text(s, COLUMN_SHELVED_WHY),
	};
	/* The evaluator looks at the clock of now for what was meant as a moment. */
	if (left_us < 0) {
		a->shelf.meant_us = -left_us;
		left_us = CLAMP(a->shelf.meant_us - moment.stamp.at.wall_us, (int64_t)0, ALARM_SHELF_MAX);
	}
	a->shelf.end_us = kept_mono(&moment, present) + left_us;
	a->shelf.until_us = a->shelf.meant_us ? a->shelf.meant_us
					      : present->now.at.wall_us + (a->shelf.end_us - present->now.at.mono_us);
}

int alarm_table_read(struct alarm_table *t, const struct alarm_table_reader *reader, size_t *ret_bad)
{
	sqlite3_stmt *s = t->statements[READ_ALARMS];
	size_t bad = 0;
	int r;

	while ((r = database_row(s)) > 0) {
		struct alarm a = { 0 };

		if (read_alarm(s, &a) == 0) {
			if (reader->present.map)
				mend(s, reader->present.map, &a);
			read_shelf(s, &reader->present, &a);
			reader->alarm(reader->context, &a);
		} else {
			bad++;
		}
		alarm_fini(&a);
	}
	*ret_bad = bad;
	return r;
}

/* ---- what people were told ---- */

int alarm_table_read_told(struct alarm_table *t, const struct alarm_table_told *reader)
{
	sqlite3_stmt *s = t->statements[READ_TOLD];
	int64_t from_us = reader->present.now.at.mono_us - reader->span_us;
	int r;

	sqlite3_bind_int64(s, 1, ALARM_TABLE_TOLD_MAX);
	while ((r = database_row(s)) > 0) {
		struct kept_moment moment = { .stamp = { .boot = (const char *)sqlite3_column_text(s, 0),
							 .at = { clock_table_us(s, 1), clock_table_us(s, 2) } },
					      .unsure_us = reader->span_us };
		struct burden_told told = { .alarm = (const char *)sqlite3_column_text(s, 4),
					    .priority = sqlite3_column_int(s, 5) };
		bool known;

		moment.stamp.quality = clock_table_quality(s, 3, &known);
		if (!moment.stamp.boot || !told.alarm)
			continue;
		told.at_us = kept_mono(&moment, &reader->present);
		if (told.at_us > from_us)
			reader->told(reader->context, &told);
	}
	return r;
}

/* ---- the story of one ---- */

static json_t *text_of(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	json_t *json = text ? json_string(text) : NULL;

	return json ? json : json_null();
}

static json_t *time_of(int64_t wall_us)
{
	char iso[CLOCK_ISO_MAX];

	return wall_us ? json_string(clock_format_iso(wall_us, iso)) : json_null();
}

static int64_t when_of(sqlite3_stmt *s, const struct clockmap *map)
{
	struct clockmap_stamp stamp = {
		.boot = (const char *)sqlite3_column_text(s, 0),
		.at = { .mono_us = clock_table_us(s, 1), .wall_us = clock_table_us(s, 2) },
	};
	bool known;

	stamp.quality = clock_table_quality(s, 3, &known);
	return known && stamp.boot ? clockmap_mend(map, &stamp).at.wall_us : stamp.at.wall_us;
}

static char *chapter(sqlite3_stmt *s, const struct clockmap *map)
{
	static const char *const texts[] = { "from", "state", "input", "who", "note" };
	json_t *json = json_object();
	char *text;

	json_object_set_new(json, "at", time_of(when_of(s, map)));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_object_set_new(json, texts[i], text_of(s, 4 + (int)i));
	json_object_set_new(json, "until", time_of(clock_table_us(s, 9)));
	json_object_set_new(json, "outcome", text_of(s, 10));
	json_object_set_new(json, "priority", json_integer(sqlite3_column_int(s, 11)));
	json_object_set_new(json, "stage", json_integer(sqlite3_column_int(s, 12)));
	json_object_set_new(json, "count", json_integer(sqlite3_column_int64(s, 13)));
	json_object_set_new(json, "test", json_boolean(sqlite3_column_int(s, 14)));
	text = alarm_json_text(json);
	json_decref(json);
	return text;
}

int alarm_table_story(struct alarm_table *t, struct store_op *op, const struct clockmap *map)
{
	sqlite3_stmt *s = t->statements[READ_STORY];
	int r;

	op->batch = mem_array(op->max_messages, sizeof(*op->batch));
	database_bind_text(s, 1, op->subject);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)op->max_messages);
	while ((r = database_row(s)) > 0 && op->batch_count < op->max_messages)
		op->batch[op->batch_count++] = chapter(s, map);
	if (r > 0)
		database_reset(s);
	return MIN(r, 0);
}
