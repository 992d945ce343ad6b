#include "store/visit_reader.h"

#include <string.h>

#include "base/clock.h"
#include "store/database.h"

#define LIST                                                                  \
	"SELECT place, resident, kind, worker, note, at, recorded FROM visit" \
	" WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR worker = ?3) ORDER BY at DESC, id DESC"
#define FIGURES                                                                               \
	"SELECT coalesce(worker, ''), substr(place, 1, instr(place || '/', '/') - 1), place," \
	" sum(kind <> 'phone'), sum(kind = 'phone') FROM visit"                               \
	" WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR worker = ?3) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"

static void closep(sqlite3 **handle)
{
	sqlite3_close(*handle);
}

static void finalizep(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

static int open_handle(const char *path, sqlite3 **ret_handle, struct str_buf *why)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int rc = sqlite3_open_v2(path, ret_handle, flags, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(*ret_handle, 2000);
	if (rc == SQLITE_OK)
		return 0;
	str_buf_printf(why, "state.db: %s", *ret_handle ? sqlite3_errmsg(*ret_handle) : "no memory");
	return database_errno(rc);
}

static int prepare(sqlite3 *handle, const char *sql, const struct visit_reader_ask *ask, sqlite3_stmt **ret_statement)
{
	int rc = sqlite3_prepare_v2(handle, sql, -1, ret_statement, NULL);

	if (rc != SQLITE_OK)
		return database_errno(rc);
	sqlite3_bind_int64(*ret_statement, 1, ask->from_us);
	sqlite3_bind_int64(*ret_statement, 2, ask->to_us);
	database_bind_text(*ret_statement, 3, ask->worker);
	return 0;
}

static const char *text_at(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

static json_t *text_or_null(sqlite3_stmt *s, int column)
{
	json_t *json = json_string((const char *)sqlite3_column_text(s, column));

	return json ? json : json_null();
}

static json_t *time_at(sqlite3_stmt *s, int column)
{
	char iso[CLOCK_ISO_MAX];

	return json_string(clock_format_iso(sqlite3_column_int64(s, column), iso));
}

static bool wanted(const struct visit_reader_ask *ask, sqlite3_stmt *s, int column)
{
	return !ask->wants || ask->wants(ask->context, text_at(s, column));
}

int visit_reader_list(const struct visit_reader_ask *ask, json_t *rows, struct str_buf *why)
{
	__attribute__((cleanup(closep))) sqlite3 *handle = NULL;
	__attribute__((cleanup(finalizep))) sqlite3_stmt *s = NULL;
	int r = open_handle(ask->path, &handle, why);

	if (r == 0)
		r = prepare(handle, LIST, ask, &s);
	while (r >= 0 && json_array_size(rows) < ask->limit && (r = database_row(s)) > 0) {
		static const char *const texts[] = { "place", "resident", "kind", "worker", "note" };
		json_t *row;

		if (!wanted(ask, s, 0))
			continue;
		row = json_object();
		for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
			json_object_set_new(row, texts[i], text_or_null(s, i));
		json_object_set_new(row, "at", time_at(s, 5));
		json_object_set_new(row, "recorded", time_at(s, 6));
		json_array_append_new(rows, row);
	}
	return MIN(r, 0);
}

static bool same_row(const json_t *row, sqlite3_stmt *s)
{
	return row && str_equal(json_string_value(json_object_get(row, "worker")), text_at(s, 0)) &&
	       str_equal(json_string_value(json_object_get(row, "place")), text_at(s, 1));
}

static void add_to(json_t *row, const char *key, json_int_t more)
{
	json_object_set_new(row, key, json_integer(json_integer_value(json_object_get(row, key)) + more));
}

int visit_reader_figures(const struct visit_reader_ask *ask, json_t *rows, struct str_buf *why)
{
	__attribute__((cleanup(closep))) sqlite3 *handle = NULL;
	__attribute__((cleanup(finalizep))) sqlite3_stmt *s = NULL;
	json_t *row = NULL;
	int r = open_handle(ask->path, &handle, why);

	if (r == 0)
		r = prepare(handle, FIGURES, ask, &s);
	while (r >= 0 && (r = database_row(s)) > 0) {
		if (!wanted(ask, s, 2))
			continue;
		if (!same_row(row, s)) {
			row = json_object();
			json_object_set_new(row, "worker", text_or_null(s, 0));
			json_object_set_new(row, "place", text_or_null(s, 1));
			json_array_append_new(rows, row);
		}
		add_to(row, "visits", sqlite3_column_int64(s, 3));
		add_to(row, "calls", sqlite3_column_int64(s, 4));
		add_to(row, "homes", 1);
	}
	return MIN(r, 0);
}
