/* replay_operator.h: the virtual operator of a replay: nobody else is there to acknowledge. Pure; owned by the world.
 *
 * Acknowledges each alarm 2 min after it became unacknowledged, and closes it with outcome "false" as soon as it is
 * acknowledged and its condition is over. He is a person: a restart of the daemon takes nothing from him. */
#pragma once

#include "app/engine.h"

struct replay_operator;

struct replay_operator *replay_operator_new(void);
void replay_operator_free(struct replay_operator *o);
UTIL_DEFINE_CLEANUP(struct replay_operator *, replay_operator_free);

/* Each transition, in order. */
void replay_operator_note(struct replay_operator *o, const struct alarm_transition *t);
/* Monotonic time of what he does next; INT64_MAX: nothing. */
int64_t replay_operator_due(const struct replay_operator *o);
/* Does what is due first; its transitions are appended to out. */
void replay_operator_act(struct replay_operator *o, struct engine *e, struct clock_now now, struct alarm_effects *out);
