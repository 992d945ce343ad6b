#include "store/ladder_table.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/clock_table.h"

#define WAITED_MAX (366 * DAY)

/* boot, mono, wall, clock: when its climb began; age: how long ago that was when it was written. */
const char ladder_table_schema_6[] =
	"CREATE TABLE ladder ("
	" alarm TEXT NOT NULL PRIMARY KEY, run TEXT NOT NULL,"
	" boot TEXT NOT NULL, mono INTEGER NOT NULL, wall INTEGER NOT NULL, age INTEGER NOT NULL, clock TEXT"
	") STRICT, WITHOUT ROWID;";

enum { PUT, DROP, READ };

static const char *const sql[LADDER_TABLE_STATEMENTS] = {
	[PUT] = "INSERT OR REPLACE INTO ladder (alarm, run, boot, mono, wall, age, clock) VALUES (?,?,?,?,?,?,?)",
	[DROP] = "DELETE FROM ladder WHERE alarm = ?",
	[READ] = "SELECT alarm, run, boot, mono, wall, age, clock FROM ladder ORDER BY alarm",
};

int ladder_table_init(struct ladder_table *t, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, LADDER_TABLE_STATEMENTS }, t->statements);
}

void ladder_table_fini(struct ladder_table *t)
{
	database_finalize(t->statements, LADDER_TABLE_STATEMENTS);
}

/* ---- writing ---- */

static json_t *call_json(const struct ladder_call *c)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:b, s:s, s:i, s:I, s:s%}", "contact", c->contact, "duty", c->duty,
			 "step", (int)c->step, "round", (int)c->round, "clear", (int)c->clear, "state",
			 ladder_run_call_name(c->state), "failures", (int)c->failures, "done", (json_int_t)c->done_us,
			 "text", c->text, str_utf8_cut(c->text, strlen(c->text)));
}

static char *run_text(const struct ladder_run *r)
{
	json_t *calls = json_array(), *json;
	char *text;

	for (size_t i = 0; i < r->call_count; i++)
		json_array_append_new(calls, call_json(&r->calls[i]));
	json = json_pack("{s:s, s:s, s:i, s:b, s:b, s:I, s:i, s:i, s:b, s:i, s:o}", "ladder", r->ladder, "state",
			 ladder_run_state_name(r->state), "priority", r->priority, "urgent", (int)r->urgent, "test",
			 (int)r->test, "next", (json_int_t)r->next, "base", (int)r->base, "round", (int)r->round,
			 "desperate", (int)r->desperate, "rose_to", r->rose_to, "calls", calls);
	json_object_set_new(json, "waited", json_integer(MAX(r->began_us - r->opened_us, (int64_t)0)));
	if (r->awaited_us) /* from the beginning of the climb on; it may be before it */
		json_object_set_new(json, "awaited", json_integer(r->awaited_us - r->began_us));
	json_object_set_new(json, "late", json_boolean(r->late));
	json_object_set_new(json, "place", json_string(r->place ? r->place : ""));
	if (r->text_zh)
		json_object_set_new(json, "zh", json_string(r->text_zh)); /* left out where it is no UTF-8 */
	if (r->text_en)
		json_object_set_new(json, "en", json_string(r->text_en));
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

int ladder_table_put(struct ladder_table *t, const struct ladder_run *r, struct clock_now now,
		     const struct alarm_table_clock *clock)
{
	_cleanup_(freep) char *text = run_text(r);
	int64_t age_us = MAX(now.mono_us - r->began_us, (int64_t)0);
	sqlite3_stmt *s = t->statements[PUT];

	database_bind_text(s, 1, r->alarm);
	database_bind_text(s, 2, text ? text : "{}");
	database_bind_text(s, 3, clock->boot);
	sqlite3_bind_int64(s, 4, r->began_us);
	sqlite3_bind_int64(s, 5, now.wall_us - age_us);
	sqlite3_bind_int64(s, 6, age_us);
	clock_table_bind_quality(s, 7, clock->quality);
	return database_run(s);
}

int ladder_table_drop(struct ladder_table *t, const char *alarm)
{
	sqlite3_stmt *s = t->statements[DROP];

	database_bind_text(s, 1, alarm);
	return database_run(s);
}

/* ---- reading ---- */

static int number_at(const json_t *json, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(json, key));

	return (int)CLAMP(number, (json_int_t)0, (json_int_t)INT16_MAX);
}

static int64_t span_at(const json_t *json, const char *key)
{
	json_int_t us = json_integer_value(json_object_get(json, key));

	return CLAMP(us, -(json_int_t)WAITED_MAX, (json_int_t)WAITED_MAX);
}

static void read_call(struct ladder_run *r, const json_t *json, int64_t now_us)
{
	const char *contact = json_string_value(json_object_get(json, "contact"));
	const char *duty = json_string_value(json_object_get(json, "duty"));
	const char *text = json_string_value(json_object_get(json, "text"));
	enum ladder_call_state state;
	struct ladder_call *c;

	if (!contact || !duty || ladder_run_call_parse(json_string_value(json_object_get(json, "state")), &state) < 0)
		return;
	c = ladder_run_call(r, contact, duty);
	if (!c)
		return;
	c->state = state;
	c->step = (unsigned)number_at(json, "step");
	c->round = (unsigned)number_at(json, "round");
	c->failures = (unsigned)number_at(json, "failures");
	c->clear = json_is_true(json_object_get(json, "clear"));
	c->done_us = json_integer_value(json_object_get(json, "done"));
	c->made_us = now_us;
	snprintf(c->text, sizeof(c->text), "%s", text ? text : "");
}

/* r->began_us is known. */
static int read_run(const char *text, int64_t now_us, struct ladder_run *r)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL, *call;
	const char *ladder = json_string_value(json_object_get(json, "ladder"));
	const char *place = json_string_value(json_object_get(json, "place"));
	int error = ladder_run_state_parse(json_string_value(json_object_get(json, "state")), &r->state);
	size_t i;

	if (error == 0 && ladder && place) {
		snprintf(r->ladder, sizeof(r->ladder), "%s", ladder);
		r->place = mem_strdup(place);
		r->text_zh = mem_strdup(json_string_value(json_object_get(json, "zh")));
		r->text_en = mem_strdup(json_string_value(json_object_get(json, "en")));
		r->priority = CLAMP(number_at(json, "priority"), 1, 4);
		r->urgent = json_is_true(json_object_get(json, "urgent"));
		r->test = json_is_true(json_object_get(json, "test"));
		r->next = (size_t)number_at(json, "next");
		r->base = (unsigned)number_at(json, "base");
		r->round = (unsigned)number_at(json, "round");
		r->desperate = json_is_true(json_object_get(json, "desperate"));
		r->opened_us = r->began_us - span_at(json, "waited");
		if (json_object_get(json, "awaited"))
			r->awaited_us = r->began_us + span_at(json, "awaited");
		r->late = json_is_true(json_object_get(json, "late"));
		r->rose_to = MIN(number_at(json, "rose_to"), 4);
		json_array_foreach(json_object_get(json, "calls"), i, call) read_call(r, call, now_us);
	} else {
		error = -EBADMSG;
	}
	json_decref(json);
	return error;
}

static void read_row(sqlite3_stmt *s, const struct ladder_table_reader *reader)
{
	int64_t age_us = clock_table_us(s, 5);
	struct kept_moment moment = {
		.stamp = { .boot = (const char *)sqlite3_column_text(s, 2),
			   .at = { .mono_us = clock_table_us(s, 3), .wall_us = clock_table_us(s, 4) } },
		.least_us = age_us,
		.unsure_us = age_us,
	};
	_cleanup_(ladder_run_freep) struct ladder_run *r = ladder_run_new((const char *)sqlite3_column_text(s, 0));
	bool known;

	moment.stamp.quality = clock_table_quality(s, 6, &known);
	r->began_us = kept_mono(&moment, &reader->present);
	if (read_run((const char *)sqlite3_column_text(s, 1), reader->present.now.at.mono_us, r) < 0)
		return;
	reader->run(reader->context, steal(&r));
}

int ladder_table_read(struct ladder_table *t, const struct ladder_table_reader *reader)
{
	int r;

	while ((r = database_row(t->statements[READ])) > 0)
		read_row(t->statements[READ], reader);
	return r;
}
