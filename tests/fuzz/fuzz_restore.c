/* fuzz_restore.c: store/alarm_table.c: an open alarm whatever stands in its row: it comes back as an alarm that can be
 * written again, never silently as none: an unknown state is one to look at, a broken reason costs only the reason.
 *
 * Input: lines: state, id, texts, a number; the rest is the reason. */
#include "fuzz.h"

#include <sqlite3.h>

#include "base/str.h"
#include "store/alarm_table.h"
#include "upstream/alarm_json.h"

struct row {
	char *state, *id, *text, *number, *reason;
};

static void read_row(struct fuzz_bytes in, struct row *r)
{
	r->state = fuzz_text(fuzz_line(&in));
	r->id = fuzz_text(fuzz_line(&in));
	r->text = fuzz_text(fuzz_line(&in));
	r->number = fuzz_text(fuzz_line(&in));
	r->reason = fuzz_rest(&in);
}

static void insert(sqlite3 *db, const struct row *r)
{
	const char *const texts[] = { r->id, r->state, r->text, r->reason };
	int64_t number = 0;
	sqlite3_stmt *s;

	str_to_i64(r->number, &number);
	FUZZ_CLAIM(sqlite3_prepare_v2(db,
				      "INSERT INTO alarm VALUES (?1,?1,?1,?3,?2,?5,?5,?5,?5,?5,?5,?5,?5,?5,?4,?3,?3,NULL,"
				      "?3,?3,?3,?5)",
				      -1, &s, NULL) == SQLITE_OK);
	for (int i = 0; i < 4; i++)
		sqlite3_bind_text(s, i + 1, texts[i], -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 5, number);
	FUZZ_CLAIM(sqlite3_step(s) == SQLITE_DONE);
	sqlite3_finalize(s);
}

struct seen {
	struct alarm alarm;
	size_t count;
};

static void take(void *context, const struct alarm *a)
{
	struct seen *s = context;

	FUZZ_CLAIM(a->id && a->rule && a->asset && a->reason.when);
	FUZZ_CLAIM(a->state <= ALARM_OUT_OF_SERVICE && a->reason.input_count <= ALARM_INPUTS_MAX);
	if (s->count++ == 0)
		alarm_copy(a, &s->alarm);
}

static void check_state(const struct row *r, const struct alarm *a)
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
static void write_again(struct alarm_table *t, const struct alarm *a)
{
	struct alarm_transition transition = { .alarm = *a, .from = ALARM_NORMAL, .input = ALARM_IN_RESTORED };
	json_t *json = alarm_json_new(a);
	char *text = alarm_json_text(json);

	FUZZ_CLAIM(text[0] == '{' && str_is_utf8(text, strlen(text)));
	free(text);
	json_decref(json);
	FUZZ_CLAIM(alarm_table_add(t, &transition, "boot") == 0);
}

static sqlite3 *fresh(void)
{
	static sqlite3 *db; /* in memory, emptied for each input: making its tables takes longer than all else */

	if (!db) {
		FUZZ_CLAIM(sqlite3_open(":memory:", &db) == SQLITE_OK);
		FUZZ_CLAIM(sqlite3_exec(db, alarm_table_schema_1, NULL, NULL, NULL) == SQLITE_OK);
	}
	FUZZ_CLAIM(sqlite3_exec(db, "DELETE FROM alarm; DELETE FROM transition", NULL, NULL, NULL) == SQLITE_OK);
	return db;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct database db = { .handle = fresh(), .path = (char[]){ "memory" } };
	struct alarm_table table = { { NULL } };
	struct seen seen = { .count = 0 };
	struct alarm_table_reader reader = { .context = &seen, .alarm = take };
	struct row row;
	size_t bad = 0;

	read_row((struct fuzz_bytes){ data, size }, &row);
	insert(db.handle, &row);
	FUZZ_CLAIM(alarm_table_init(&table, &db) == 0);
	FUZZ_CLAIM(alarm_table_read(&table, &reader, &bad) == 0 && seen.count + bad == 1);
	FUZZ_CLAIM(seen.count == 1);
	check_state(&row, &seen.alarm);
	write_again(&table, &seen.alarm);
	alarm_table_fini(&table);
	alarm_fini(&seen.alarm);
	free(row.state);
	free(row.id);
	free(row.text);
	free(row.number);
	free(row.reason);
	return 0;
}
