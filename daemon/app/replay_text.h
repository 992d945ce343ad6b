/* replay_text.h: a transition as a line of a replay's result, written straight into its text: a flood is mostly writing, and
 * building values first to write them once costs more than all the rest. Says what upstream/alarm_json.h says of the same
 * things. Owned by the replay's output; one thread. */
#pragma once

#include "alarm/alarm.h"
#include "base/clock.h"

/* The minutes that were written last: the times of a line are mostly in few of them. */
#define REPLAY_TEXT_MINUTES 8
struct replay_text {
	struct {
		int64_t minute;
		char iso[CLOCK_ISO_MAX]; /* "": none yet */
	} minutes[REPLAY_TEXT_MINUTES];
};

/* {"t","alarm","state","priority","stage","reason","text"}, and "test":true for one in test; appended. */
void replay_text_transition(struct replay_text *x, const struct alarm_transition *t, struct str_buf *to);
