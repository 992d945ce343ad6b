/* outage.h: a device that a person takes out of service, a device or a place that a person puts to test: who may be, when
 * it ends, and what it does to the alarms there. Pure; private to the evaluator. */
#pragma once

#include "alarm/roster.h"

/* As evaluator_set_mode. */
int outage_set(const struct roster *r, const struct evaluator_mode *m, const struct watcher_turn *turn);
/* Ends what is over by now. */
void outage_end(const struct roster *r, const struct watcher_turn *turn);
/* As evaluator_restore_mode. */
void outage_restore(const struct roster *r, const struct mode *m);
/* As evaluator_life_safety_of. */
void outage_spares(const struct roster *r, const char *device, struct str_buf *to);
