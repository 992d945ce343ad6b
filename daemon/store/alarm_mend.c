#include "store/alarm_mend.h"

#include "store/alarm_table.h"

#define INTACT(columns) "(crc IS NULL OR crc = row_crc(" columns "))"
#define BAD             "NOT " INTACT(ALARM_TABLE_COLUMNS)
#define TEXT_ZH         "（存储的记录已损坏，按最后已知内容恢复，请到现场查看）"
#define TEXT_EN         " (what was stored of it is damaged: told as it was last known, go and look)"

static const char any_bad[] = "SELECT 1 FROM alarm WHERE " BAD " LIMIT 1";

/* Those without a whole row whose last transition was not their end, or is damaged itself. A lone transition of an alarm that nothing
 * else tells of may be another one's, whose name has changed. */
static const char from_transitions[] =
	"INSERT OR REPLACE INTO alarm (" ALARM_TABLE_COLUMNS ", crc)"
	" SELECT alarm, substr(alarm, 1, instr(alarm, '/') - 1), substr(alarm, instr(alarm, '/') + 1),"
	" (SELECT place FROM alarm WHERE id = v.alarm AND place NOT GLOB '*[^a-z0-9/_-]*'),"
	" 'unacked', priority, stage, 1, 1, test, 1, since, wall, count, reason,"
	" text_zh || '" TEXT_ZH "', text_en || '" TEXT_EN "', NULL, NULL, NULL, NULL, 0, boot, mono, clock,"
	" NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL"
	" FROM (SELECT alarm AS name, max(id) AS last FROM transition GROUP BY alarm) AS g"
	" JOIN transition AS v ON v.id = (SELECT id FROM transition WHERE alarm = g.name"
	" AND " INTACT(ALARM_TABLE_TRANSITION_COLUMNS) " ORDER BY id DESC LIMIT 1)"
						       " WHERE (v.state != 'normal' OR v.id < g.last) AND "
						       "instr(v.alarm, '/') > 1 AND NOT EXISTS"
						       " (SELECT 1 FROM alarm WHERE id = g.name AND " INTACT(
							       ALARM_TABLE_COLUMNS) ")";

/* Of the others only the name can be trusted, where it is one: nothing says how urgent it is. */
static const char from_names[] =
	"UPDATE alarm SET state = 'unacked', priority = 1, stage = 0, latch = 1, life_safety = 1, test = 0, active = 1,"
	" count = 1, reason = '{\"when\":\"\",\"inputs\":[]}', text_zh = id || '" TEXT_ZH "',"
	" text_en = id || '" TEXT_EN "', guidance_zh = NULL, guidance_en = NULL, ack_by = NULL, ack_note = NULL,"
	" acked = 0, boot = NULL, mono = NULL, clock = NULL, shelf_left = NULL, shelved_by = NULL, shelved_why = NULL,"
	" suppressed_by = NULL, first_out = 0, arrived_by = NULL, arrived = NULL, crc = NULL,"
	" place = iif(place NOT GLOB '*[^a-z0-9/_-]*', place, NULL)"
	" WHERE " BAD " AND id = rule || '/' || asset AND id NOT GLOB '*[^a-z0-9/_.-]*'";

static const char rest[] = "DELETE FROM alarm WHERE " BAD ";"
			   "UPDATE alarm SET crc = row_crc(" ALARM_TABLE_COLUMNS ") WHERE crc IS NULL";

static int run(struct database *db, const char *sql, size_t *count)
{
	int before = sqlite3_total_changes(db->handle);
	int r = database_errno(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));

	*count += (size_t)(sqlite3_total_changes(db->handle) - before);
	return r;
}

/* 1: there is one. */
static int find_bad(struct database *db)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db->handle, any_bad, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? 1 : database_errno(rc);
}

static int mend(struct database *db, size_t *ret_count)
{
	size_t count = 0, ignored = 0;
	int r = run(db, from_transitions, &count);

	if (r == 0)
		r = run(db, from_names, &count);
	if (r == 0)
		r = run(db, rest, &ignored);
	*ret_count = count;
	return r;
}

int alarm_mend_run(struct database *db, enum alarm_mend_how how, size_t *ret_count)
{
	int r = how == ALARM_MEND_PARTIAL ? 1 : find_bad(db);

	if (r <= 0)
		return r;
	r = database_begin(db);
	if (r == 0)
		r = mend(db, ret_count);
	if (r == 0)
		r = database_commit(db);
	if (r < 0)
		database_rollback(db);
	return r;
}
