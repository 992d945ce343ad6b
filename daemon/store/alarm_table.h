/* alarm_table.h: the open alarms and every transition, in state.db.
 *
 * Owner: the store thread. Invariant: the table alarm holds exactly the alarms that were not normal after their last
 * committed transition; transition ids only grow. */
#pragma once

#include "alarm/alarm.h"
#include "alarm/burden.h"
#include "store/database.h"
#include "store/kept.h"

extern const char alarm_table_schema_1[], alarm_table_schema_2[], alarm_table_schema_3[], alarm_table_schema_4[];

/* As pragma table_info has them: what salvages a row knows no other order. */
#define ALARM_TABLE_TRANSITION_COLUMNS                                                                    \
	"id, alarm, from_state, state, input, boot, mono, wall, who, note, priority, stage, count, test," \
	" since, reason, text_zh, text_en, clock, until, outcome"

/* One order of the alarm's columns for writing and reading. */
#define ALARM_TABLE_COLUMNS                                                                                        \
	"id, rule, asset, place, state, priority, stage, latch, life_safety, test, active, since, changed, count," \
	" reason, text_zh, text_en, guidance_zh, guidance_en, ack_by, ack_note, acked,"                            \
	" boot, mono, clock, shelf_left, shelved_by, shelved_why, suppressed_by, first_out, arrived_by, arrived"

#define ALARM_TABLE_STATEMENTS 9
struct alarm_table {
	sqlite3_stmt *statements[ALARM_TABLE_STATEMENTS];
};

int alarm_table_init(struct alarm_table *t, struct database *db);
void alarm_table_fini(struct alarm_table *t);

/* The clock that its times are of. */
struct alarm_table_clock {
	const char *boot; /* id of this boot */
	enum clock_quality quality;
};
/* One transition, within the caller's transaction; of one that nobody is told of only the alarm as it is. */
int alarm_table_add(struct alarm_table *t, const struct alarm_transition *transition,
		    const struct alarm_table_clock *clock);
/* The highest transition id, 0 when there is none. */
int alarm_table_last_id(struct alarm_table *t, int64_t *ret_id);
/* Calls with every open alarm, its times mended by what was learned of the clock since; it is lent. A row that cannot be
 * read is left out and counted in *ret_bad. */
struct alarm_table_reader {
	void *context;
	struct kept_present present;
	void (*alarm)(void *context, const struct alarm *a);
};
int alarm_table_read(struct alarm_table *t, const struct alarm_table_reader *reader, size_t *ret_bad);
/* Calls with what people were told in the last span_us (burden.h: what counts), oldest first, on this boot's monotonic clock;
 * it is lent. Looks at the last ALARM_TABLE_TOLD_MAX transitions. */
#define ALARM_TABLE_TOLD_MAX 100000
struct alarm_table_told {
	void *context;
	struct kept_present present;
	int64_t span_us;
	void (*told)(void *context, const struct burden_told *t);
};
int alarm_table_read_told(struct alarm_table *t, const struct alarm_table_told *reader);
/* What happened to one alarm, newest first, into op's batch (op->subject is its id, op->max_messages how many at most):
 * each {"at","from","state","input","who","note","until","outcome","priority","stage","count","test"}. */
int alarm_table_story(struct alarm_table *t, struct store_op *op, const struct clockmap *map);
