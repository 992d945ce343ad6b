/* desk.h: what people do to alarms. Pure; private to the evaluator.
 *
 * Every input that is carried out is a transition with who and note; one that is refused changes nothing. */
#pragma once

#include "alarm/evaluator.h"
#include "alarm/watcher.h"

/* w is NULL where nothing watches for the alarm any more. As evaluator_command. */
int desk_carry_out(struct watcher_world *world, struct watcher *w, struct alarm *a, const struct evaluator_command *c,
		   const struct watcher_turn *turn);
