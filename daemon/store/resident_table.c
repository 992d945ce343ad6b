#include "store/resident_table.h"

#include <inttypes.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "model/resident_field.h"
#include "upstream/alarm_json.h"

/* In the order of enum resident_field, for writing and reading. */
#define FIELDS                                                                                                    \
	"id, name, place, categories, needs, dialysis_days, floor, phone, contacts, grid_worker, rules, limits, " \
	"absences, "                                                                                              \
	"hospital_until,"                                                                                         \
	" consent, door_code, illness, doctor, note, cards"
#define ALL FIELDS ", version, changed, changed_by"

const char resident_table_schema_9[] =
	"CREATE TABLE resident ("
	" id TEXT NOT NULL, name TEXT, place TEXT NOT NULL, categories TEXT, needs TEXT, floor TEXT, phone TEXT, "
	"contacts TEXT,"
	" grid_worker TEXT, rules TEXT, limits TEXT, absences TEXT, hospital_until TEXT, consent TEXT, door_code TEXT,"
	" illness TEXT, doctor TEXT, note TEXT, version INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT,"
	" crc INTEGER, PRIMARY KEY (id, version)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE erasing (point TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;";

#define FIELDS_9                                                                                                  \
	"id, name, place, categories, needs, NULL, floor, phone, contacts, grid_worker, rules, limits, absences," \
	" hospital_until, consent, door_code, illness, doctor, note, NULL, version, changed, changed_by"
#define ALL_9                                                                                               \
	"id, name, place, categories, needs, floor, phone, contacts, grid_worker, rules, limits, absences," \
	" hospital_until, consent, door_code, illness, doctor, note, version, changed, changed_by"

/* Made anew: the columns stand in the order in which the sum is made of them. A row that was damaged stays so. */
const char resident_table_schema_12[] =
	"CREATE TABLE resident_12 ("
	" id TEXT NOT NULL, name TEXT, place TEXT NOT NULL, categories TEXT, needs TEXT, dialysis_days TEXT, floor "
	"TEXT,"
	" phone TEXT, contacts TEXT, grid_worker TEXT, rules TEXT, limits TEXT, absences TEXT, hospital_until TEXT,"
	" consent TEXT, door_code TEXT, illness TEXT, doctor TEXT, note TEXT, cards TEXT, version INTEGER NOT NULL,"
	" changed INTEGER NOT NULL, changed_by TEXT, crc INTEGER, PRIMARY KEY (id, version)) STRICT, WITHOUT ROWID;"
	"INSERT INTO resident_12 SELECT " FIELDS_9 ", iif(crc IS NULL OR crc = row_crc(" ALL_9 "), row_crc(" FIELDS_9
	"), -1) FROM resident;"
	"DROP TABLE resident;"
	"ALTER TABLE resident_12 RENAME TO resident;";

enum { PUT, SEAL, TRIM, ERASE, READ, HISTORY, DROP_VALUE, ERASING, ERASED, READ_ERASING, NAMES };

enum { COLUMN_VERSION = RESIDENT_FIELDS, COLUMN_CHANGED, COLUMN_CHANGED_BY, COLUMN_INTACT };

static const char *const sql[RESIDENT_TABLE_STATEMENTS] = {
	[PUT] = "INSERT OR REPLACE INTO resident (" ALL ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[SEAL] = "UPDATE resident SET crc = row_crc(" ALL ") WHERE id = ? AND version = ?",
	[TRIM] = "DELETE FROM resident WHERE id = ? AND version <= ?",
	[ERASE] = "DELETE FROM resident WHERE id = ?",
	[READ] = "SELECT " ALL ", crc IS NULL OR crc = row_crc(" ALL ") FROM resident ORDER BY id, version DESC",
	[HISTORY] = "SELECT " ALL ", crc IS NULL OR crc = row_crc(" ALL
		    ") FROM resident WHERE id = ? ORDER BY version DESC",
	[DROP_VALUE] = "DELETE FROM value WHERE point = ?",
	[ERASING] = "INSERT OR REPLACE INTO erasing (point) VALUES (?)",
	[ERASED] = "DELETE FROM erasing WHERE point = ?",
	[READ_ERASING] = "SELECT point FROM erasing ORDER BY point",
	[NAMES] = "SELECT DISTINCT name, place FROM resident WHERE id = ?",
};

int resident_table_init(struct resident_table *t, struct database *db)
{
	return database_prepare(db, (struct database_sql){ sql, RESIDENT_TABLE_STATEMENTS }, t->statements);
}

void resident_table_fini(struct resident_table *t)
{
	database_finalize(t->statements, RESIDENT_TABLE_STATEMENTS);
}

/* ---- writing ---- */

static int run_of(sqlite3_stmt *s, const char *id, int64_t version)
{
	database_bind_text(s, 1, id);
	sqlite3_bind_int64(s, 2, version);
	return database_run(s);
}

int resident_table_put(struct resident_table *t, const struct resident *r)
{
	struct str_buf texts[RESIDENT_FIELDS] = { 0 };
	sqlite3_stmt *s = t->statements[PUT];
	int error;

	for (int f = 0; f < RESIDENT_FIELDS; f++) {
		resident_field_write(r, (enum resident_field)f, &texts[f]);
		database_bind_text(s, f + 1, texts[f].len ? texts[f].text : NULL);
	}
	sqlite3_bind_int64(s, COLUMN_VERSION + 1, (sqlite3_int64)r->version);
	sqlite3_bind_int64(s, COLUMN_CHANGED + 1, r->changed_us);
	database_bind_text(s, COLUMN_CHANGED_BY + 1, r->changed_by);
	error = database_run(s);
	for (int f = 0; f < RESIDENT_FIELDS; f++)
		str_buf_fini(&texts[f]);
	if (error == 0)
		error = run_of(t->statements[SEAL], r->id, (int64_t)r->version);
	return error < 0 ? error : run_of(t->statements[TRIM], r->id, (int64_t)r->version - RESIDENT_TABLE_VERSIONS);
}

static int run_with(sqlite3_stmt *s, const char *text)
{
	database_bind_text(s, 1, text);
	return database_run(s);
}

int resident_table_erase(struct resident_table *t, const char *id)
{
	return run_with(t->statements[ERASE], id);
}

int resident_table_erase_point(struct resident_table *t, const char *point)
{
	int r = run_with(t->statements[DROP_VALUE], point);

	return r == 0 ? run_with(t->statements[ERASING], point) : r;
}

int resident_table_erased(struct resident_table *t, const char *point)
{
	return run_with(t->statements[ERASED], point);
}

/* ---- reading ---- */

static const char *text_at(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

/* A field that this version does not understand any more is empty; a person sees it, and the row before it has it. */
static void read_row(sqlite3_stmt *s, struct resident *ret)
{
	_cleanup_str_buf_ struct str_buf problem = { 0 };

	*ret = (struct resident){ .version = (uint64_t)sqlite3_column_int64(s, COLUMN_VERSION),
				  .changed_us = sqlite3_column_int64(s, COLUMN_CHANGED),
				  .changed_by = database_text(s, COLUMN_CHANGED_BY) };
	for (int f = 0; f < RESIDENT_FIELDS; f++)
		resident_field_set(ret, (enum resident_field)f, text_at(s, f), &problem);
	if (problem.len)
		log_warning("store: the row of resident %s: %s", text_at(s, RESIDENT_FIELD_ID), problem.text);
}

static int read_erasing(struct resident_table *t, const struct resident_table_reader *reader)
{
	int r;

	while ((r = database_row(t->statements[READ_ERASING])) > 0)
		reader->erasing(reader->context, text_at(t->statements[READ_ERASING], 0));
	return r;
}

int resident_table_read(struct resident_table *t, const struct resident_table_reader *reader)
{
	_cleanup_(freep) char *last = NULL;
	sqlite3_stmt *s = t->statements[READ];
	int r;

	while ((r = database_row(s)) > 0) {
		struct resident resident;

		if (str_equal(last, text_at(s, RESIDENT_FIELD_ID)))
			continue; /* an older version */
		if (!sqlite3_column_int(s, COLUMN_INTACT)) {
			log_warning("store: version %" PRId64 " of resident %s is damaged: the one before it counts",
				    (int64_t)sqlite3_column_int64(s, COLUMN_VERSION), text_at(s, RESIDENT_FIELD_ID));
			continue;
		}
		free(last);
		last = mem_strdup(text_at(s, RESIDENT_FIELD_ID));
		read_row(s, &resident);
		if (resident.id && resident.place)
			reader->resident(reader->context, &resident);
		else
			resident_fini(&resident);
	}
	return r < 0 ? r : read_erasing(t, reader);
}

int resident_table_names(struct resident_table *t, const char *id, const struct resident_table_names *to)
{
	sqlite3_stmt *s = t->statements[NAMES];
	int r, error = 0;

	database_bind_text(s, 1, id);
	while (error == 0 && (r = database_row(s)) > 0)
		error = to->name(to->context, (const char *)sqlite3_column_text(s, 0), text_at(s, 1));
	if (error < 0)
		database_reset(s);
	return error < 0 ? error : r;
}

static char *version_of(sqlite3_stmt *s)
{
	json_t *row = json_object();
	char iso[CLOCK_ISO_MAX], *text;

	json_object_set_new(row, "version", json_integer(sqlite3_column_int64(s, COLUMN_VERSION)));
	json_object_set_new(row, "at", json_string(clock_format_iso(sqlite3_column_int64(s, COLUMN_CHANGED), iso)));
	json_object_set_new(row, "by", json_string(text_at(s, COLUMN_CHANGED_BY)));
	for (int f = 0; f < RESIDENT_FIELDS; f++)
		json_object_set_new(row, resident_field_rows[f].name, json_string(text_at(s, f)));
	text = alarm_json_text(row);
	json_decref(row);
	return text;
}

int resident_table_history(struct resident_table *t, struct store_op *op)
{
	sqlite3_stmt *s = t->statements[HISTORY];
	int r;

	op->batch = mem_array(RESIDENT_TABLE_VERSIONS, sizeof(*op->batch));
	database_bind_text(s, 1, op->subject);
	while ((r = database_row(s)) > 0 && op->batch_count < RESIDENT_TABLE_VERSIONS)
		if (sqlite3_column_int(s, COLUMN_INTACT))
			op->batch[op->batch_count++] = version_of(s);
	if (r > 0)
		database_reset(s);
	return MIN(r, 0);
}
