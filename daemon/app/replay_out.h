/* replay_out.h: what a replay says: one JSON object a line, in a file that is there whole or not at all.
 *
 * Owned by the replay. Everything goes into a file without a name first (beside the one that is wanted, or in $TMPDIR);
 * replay_out_finish puts it in its place. What else a replay finds out later (presence, notifications) is a function here
 * and a count of the summary. */
#pragma once

#include <jansson.h>

#include "alarm/alarm.h"
#include "alarm/ladder_book.h"
#include "alarm/rule.h"

struct replay_out;
struct care_presence; /* care/care.h */

/* path: NULL or "-": standard output. 0, or -errno with problem: what to do. */
int replay_out_open(const char *path, struct replay_out **ret_out, struct str_buf *problem);
void replay_out_free(struct replay_out *o); /* without replay_out_finish: nothing was ever there */
UTIL_DEFINE_CLEANUP(struct replay_out *, replay_out_free);

/* {"t","alarm","state","priority","stage","reason","text"}, and "test":true for one in test, "people":[…] where the alarm is about
 * people of the building (app/helped.h; NULL: it is not); counted. */
void replay_out_transition(struct replay_out *o, const struct alarm_transition *t, const json_t *people);
/* {"t","presence":place,"state","why"}. */
void replay_out_presence(struct replay_out *o, const struct care_presence *p);
/* {"t","notify":contact,"alarm","step"} for each alarm that the message is about, and "clear":true for the all-clear; counted. */
void replay_out_notify(struct replay_out *o, const struct ladder_message *m, int64_t wall_us);
/* What happened in the whole, beside the counts of what was written. */
struct replay_out_summary {
	int64_t from_us, to_us; /* wall; 0: nothing happened */
	uint64_t lines, readings, ignored, commands, refused, restarts, steps;
	size_t open; /* alarms at the end */
	const struct rule *rules;
	size_t rule_count;
};
/* This is the end, summary and all, unless it is taken back: what is written after it does not count. */
void replay_out_end(struct replay_out *o, const struct replay_out_summary *s);
void replay_out_go_on(struct replay_out *o);
bool replay_out_ended(const struct replay_out *o);
/* After replay_out_end. 0, or -errno with problem. */
int replay_out_finish(struct replay_out *o, struct str_buf *problem);
