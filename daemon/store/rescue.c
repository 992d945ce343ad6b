#include "store/rescue.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "store/alarm_mend.h"

/* What matters first comes first. */
enum {
	TABLE_META,
	TABLE_UPLINK,
	TABLE_LANE,
	TABLE_CLOCKMAP,
	TABLE_ALARM,
	TABLE_MODE,
	TABLE_ACCOUNT,
	TABLE_LADDER,
	TABLE_DEVICE_LIST,
	TABLE_SUMMARY,
	TABLE_RESIDENT,
	TABLE_ERASING,
	TABLE_VISIT,
	TABLE_HOME,
	TABLE_DELAY,
	TABLE_VALUE,
	TABLE_LAST_TRANSITION,
	TABLE_OUTBOX,
	TABLE_AUDIT_ANCHOR,
	TABLE_AUDIT,
	TABLE_TRANSITION
};
static const struct salvage_table tables[] = {
	[TABLE_META] = { .name = "meta", .order = "name DESC" },
	[TABLE_UPLINK] = { .name = "uplink", .order = "id DESC" },
	[TABLE_LANE] = { .name = "lane", .order = "id DESC" },
	[TABLE_CLOCKMAP] = { .name = "clockmap", .order = "id DESC" },
	[TABLE_ALARM] = { .name = "alarm", .order = "id DESC", .bad = SALVAGE_MARK },
	[TABLE_MODE] = { .name = "mode", .order = "kind DESC" },
	[TABLE_ACCOUNT] = { .name = "account", .order = "kind DESC" },
	[TABLE_LADDER] = { .name = "ladder", .order = "alarm DESC" },
	[TABLE_DEVICE_LIST] = { .name = "device_list", .order = "id DESC" },
	[TABLE_SUMMARY] = { .name = "summary", .order = "period DESC, start DESC" },
	[TABLE_RESIDENT] = { .name = "resident", .order = "id DESC, version DESC" },
	[TABLE_ERASING] = { .name = "erasing", .order = "point DESC" },
	[TABLE_VISIT] = { .name = "visit", .order = "id DESC", .newest_first = true },
	[TABLE_HOME] = { .name = "home", .order = "place DESC" },
	[TABLE_DELAY] = { .name = "delay", .order = "alarm DESC" },
	[TABLE_VALUE] = { .name = "value", .order = "point DESC" },
	/* What says which alarms are open, where their own rows do not. */
	[TABLE_LAST_TRANSITION] = { .name = "transition",
				    .order = "id DESC",
				    .where = "id IN (SELECT max(id) FROM transition GROUP BY alarm)" },
	[TABLE_OUTBOX] = { .name = "outbox", .order = "lane DESC, seq DESC" },
	[TABLE_AUDIT_ANCHOR] = { .name = "audit_anchor", .order = "id DESC" },
	[TABLE_AUDIT] = { .name = "audit", .order = "n DESC", .newest_first = true },
	[TABLE_TRANSITION] = { .name = "transition", .order = "id DESC", .newest_first = true },
};

/* ---- lanes ---- */

/* Of a waiting row of lane l: the number it begins at (a gap record stands for many), and the one before it that is there. */
#define ROW_BEGIN                                            \
	"CASE WHEN o.kind = 'gap' AND json_valid(o.payload)" \
	" THEN min(o.seq, coalesce(CAST(json_extract(o.payload, '$.from') AS INTEGER), o.seq)) ELSE o.seq END"
#define ROW_BEFORE                                                                                 \
	"coalesce((SELECT p.seq FROM outbox p WHERE p.lane = o.lane AND p.seq < o.seq AND p.seq >" \
	" l.delivered_seq ORDER BY p.seq DESC LIMIT 1), l.delivered_seq)"
#define PUT_GAP(holes)                                                                             \
	"INSERT INTO outbox (lane, seq, time, kind, bytes, payload, boot, mono, clock)"            \
	" SELECT lane, z, time, 'gap', length(text), text, boot, mono, clock FROM (SELECT *,"      \
	" printf('{\"from\":%d,\"to\":%d,\"reason\":\"lost with a damaged file\"}', a, z) AS text" \
	" FROM (" holes ") WHERE z >= a);"
#define HOLES_BEFORE                                                                                             \
	"SELECT o.*, " ROW_BEFORE " + 1 AS a, " ROW_BEGIN " - 1 AS z FROM outbox o JOIN lane l ON l.id = o.lane" \
	" WHERE o.seq <= l.last_seq"
#define HOLES_BEHIND                                                                                          \
	"SELECT o.*, o.seq + 1 AS a, l.last_seq AS z FROM lane l JOIN outbox o ON o.lane = l.id"              \
	" AND o.seq = (SELECT p.seq FROM outbox p WHERE p.lane = l.id AND p.seq <= l.last_seq ORDER BY p.seq" \
	" DESC LIMIT 1)"

#define ALL_LOST                                                                                                   \
	"SELECT id AS lane, CAST((julianday('now') - 2440587.5) * 86400e6 AS INTEGER) AS time, NULL AS boot, NULL" \
	" AS mono, NULL AS clock, delivered_seq + 1 AS a, last_seq AS z FROM lane WHERE NOT EXISTS (SELECT 1 FROM" \
	" outbox WHERE lane = lane.id AND seq > delivered_seq AND seq <= last_seq)"

/* What waits in a lane stays, its numbers go on, and a gap record tells of each hole in it. (A number that nothing can have given
 * is none, and its row goes: nobody could ever say that it was delivered.) */
static const char settle_lanes[] =
	"UPDATE lane SET last_seq = max(last_seq, coalesce((SELECT max(seq) FROM outbox WHERE lane = lane.id"
	" AND seq < 4503599627370496), 0));"
	"DELETE FROM outbox WHERE seq > (SELECT last_seq FROM lane WHERE id = outbox.lane);" PUT_GAP(
		ALL_LOST) "DELETE FROM outbox WHERE seq <= coalesce((SELECT delivered_seq FROM lane WHERE id = "
			  "outbox.lane), "
			  "seq);" PUT_GAP(HOLES_BEFORE)
				  PUT_GAP(HOLES_BEHIND) "UPDATE lane SET rows = NULL, bytes = NULL;";

/* The number of a list of devices that is lost is given again: nothing that left may be said to be made of that one. */
static const char settle_lists[] =
	"UPDATE summary SET devices = NULL WHERE devices NOT IN (SELECT id FROM device_list)";

/* No number that memory knows of may be given again, whenever the process ends. */
static int raise_lanes(struct outbox *o, const struct state_marks *marks)
{
	struct clock_now now = clock_now();
	int r = 0;

	for (size_t i = 0; r == 0 && i < marks->lane_count; i++)
		r = outbox_raise(o, &marks->lanes[i], now);
	return r;
}

static int64_t changed_us(const char *path, const char *suffix)
{
	_cleanup_str_buf_ struct str_buf name = { 0 };
	struct stat st;

	str_buf_printf(&name, "%s%s", path, suffix);
	return stat(name.text, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * S : 0;
}

/* Lanes that nobody knows any more begin behind all that they can have given: no lane has ever given a number in each microsecond
 * since 1970. Where the clock of now is not set yet, the file tells when it was written last. */
static int begin_lanes_anew(struct outbox *o, const char *damaged, struct str_buf *what)
{
	int64_t us = MAX(clock_wall_us(), clock_build_us());

	us = MAX(us, MAX(changed_us(damaged, ""), changed_us(damaged, "-wal")));
	str_buf_printf(what, ", those of lanes that cannot be read go on from %" PRId64, us);
	return outbox_set_floor(o, MAX((uint64_t)us, o->floor_seq + 1));
}

/* In one transaction, before the file is in its place. */
static int settle_outbox(struct database *db, const struct rescue *job, const struct salvage_sum *sum,
			 struct str_buf *what)
{
	bool known = !(sum->partial & (1u << TABLE_UPLINK | 1u << TABLE_LANE | 1u << TABLE_META));
	struct clockmap map = { 0 };
	struct outbox_clock clock = { .boot = clock_boot_id(), .map = &map };
	struct outbox outbox = { 0 };
	int r = outbox_init(&outbox, db, &clock);

	if (r == 0)
		r = database_begin(db);
	if (r == 0)
		outbox_begin(&outbox);
	if (r == 0 && job->marks)
		r = raise_lanes(&outbox, job->marks);
	str_buf_printf(what, ", the numbers of %zu outbox lanes go on", outbox.lane_count);
	if (r == 0 && !job->marks && !known)
		r = begin_lanes_anew(&outbox, job->damaged, what);
	if (r == 0)
		r = database_commit(db);
	if (r < 0)
		database_rollback(db);
	outbox_fini(&outbox);
	return r;
}

/* ---- run ---- */

/* The rows as they are, then what hangs on more than one of them. */
static int fill(struct database *db, const struct rescue *job, struct str_buf *what)
{
	struct salvage_job salvage = { .path = job->damaged,
				       .made = job->source == RESCUE_CLOSED ? job->made : NULL,
				       .tables = tables,
				       .table_count = ARRAY_SIZE(tables),
				       .limit_us = job->limit_us,
				       .watch = job->watch,
				       .context = job->context };
	struct salvage_sum sum;
	size_t mended = 0;
	int r = salvage_run(&salvage, db->handle, &sum);

	salvage_say(&sum, what);
	if (sum.late)
		str_buf_add(what, ", the oldest were not looked at for want of time");
	if (r == 0)
		r = database_errno(sqlite3_exec(db->handle, settle_lanes, NULL, NULL, NULL));
	if (r == 0)
		r = database_errno(sqlite3_exec(db->handle, settle_lists, NULL, NULL, NULL));
	if (r == 0)
		r = settle_outbox(db, job, &sum, what);
	if (r == 0)
		r = alarm_mend_run(db, sum.partial & 1u << TABLE_ALARM ? ALARM_MEND_PARTIAL : ALARM_MEND_DAMAGED,
				   &mended);
	if (mended)
		str_buf_printf(what, ", %zu open alarms are told again as they were last known", mended);
	return r;
}

int rescue_run(const struct rescue *job, struct str_buf *what)
{
	_cleanup_(database_closep) struct database *db = NULL;
	struct database_setup setup = { .path = job->made, .migrations = state_migrations };
	int r = database_open(&setup, &db, what);

	/* Into the file with it: its first page is looked at. */
	if (r == 0)
		r = database_checkpoint_whole(db);
	if (r == 0)
		r = fill(db, job, what);
	return r == 0 ? database_checkpoint_whole(db) : r;
}
