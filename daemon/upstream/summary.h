/* summary.h: what an hour or a day came to: of the estate, each building, class and lift, each kind of alarm, and of the daemon
 * itself. It is fed with what was stored in that time and gives figures: the same, whoever asks and whenever, as long as what is
 * stored is the same. Pure; the caller owns it.
 *
 *   transitions of alarms ─┐
 *   records of the audit  ─┼─► summary ─► rows {"scope","of","figures"} ─► summary_left.h: which of them leave
 *   samples of lifts      ─┘   (summary_lift.h)
 *
 * - Raised is what people were told of as new: an alarm that becomes unacked, but not one that only became more urgent.
 * - Alarms in test are counted as tests and nowhere else.
 * - The time to an acknowledgement runs from when it last became unacked, that to the first arrival from when it began.
 * - A flood is more than ten alarms told in ten minutes; told is raised, and what became more urgent (burden.h).
 *
 * Of some places alone it is made of what lies in them: in place of the estate's row stands one of scope "places", a building of
 * which they are only a part says so, and there is none of the daemon.
 *
 * Residents are in it where the setup names them: a row each (scope resident), and how many there are in each building, by
 * category (scope care). Neither is for everybody: they leave as discreet.h makes them, without who it is and without counts of
 * few, and are not shown to whoever asks for the summary. */
#pragma once

#include <jansson.h>

#include "model/scope.h"
#include "upstream/summary_lift.h"
#include "upstream/summary_span.h"

#define SUMMARY_TOLD_BEFORE (10 * MINUTE) /* transitions are to be fed from so long before the span on */

struct summary;

/* A device of the configuration; or a resident: his id, his dwelling, and the class "resident/" with his categories (the set as a
 * hexadecimal number). Texts are lent as long as the summary lives. */
struct summary_device {
	const char *id, *place, *class;
};
#define SUMMARY_RESIDENT "resident/"
struct summary_setup {
	struct summary_span span;
	const struct summary_device *devices;
	size_t device_count;
	const struct scope *scope; /* of what lies in those places alone; lent likewise. NULL: of the whole estate */
};
struct summary *summary_new(const struct summary_setup *setup);
void summary_free(struct summary *s);
UTIL_DEFINE_CLEANUP(struct summary *, summary_free);

/* A stored transition; in any order. Texts are lent for the call. */
struct summary_transition {
	const char *alarm, *from, *state, *input; /* id; names of states and of the input */
	const char *outcome;                      /* of a reset; NULL else */
	int priority;
	bool test;
	int64_t at_us; /* wall */
	int64_t after_us; /* ack: since it was told; the first arrive: since it began; negative: not known, or not the first */
};
void summary_add_transition(struct summary *s, const struct summary_transition *t);
/* A record of the audit. */
void summary_add_record(struct summary *s, const char *kind, const char *what);
/* lift is done (summary_lift_end); samples: of so many it was made. */
void summary_add_lift(struct summary *s, const char *device, const struct summary_lift *lift, uint64_t samples);
/* Samples of it that counted have been deleted: whatever is known of it now is no correction of what has left. */
void summary_cut_lift(struct summary *s, const char *device);
/* There is to be a row of that rule, also when nothing happened. */
void summary_add_rule(struct summary *s, const char *rule);

/* Each {"scope","of","figures"}, in order of scope and name; of a lift also "samples", and "cut" (true); of a resident "home"; of a
 * building "part" (true) where it is of some places in it alone. The caller owns the reference. */
json_t *summary_rows(struct summary *s);
