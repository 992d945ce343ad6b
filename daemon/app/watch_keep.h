/* watch_keep.h: what supervision knows goes on after a reload or a restart. Main thread; part of watch.h. */
#pragma once

#include "alarm/evaluator.h"
#include "app/watch.h"

/* After a reload: what is known of buses, units and plugins of the same id goes on; alarms of those that are gone end. */
void watch_keep_carry(struct watch *to, struct watch *from);

/* Delays that run, as they are saved for the next start: those of what is supervised (EVALUATOR_SUPERVISED, by alarm), whose
 * version changes with them, and those of the rules. The caller frees; NULL: none. */
uint64_t watch_keep_version(struct watch *w);
size_t watch_keep_delays(struct watch *w, const struct evaluator *rules, struct evaluator_delay **ret_delays);
/* Before anything is heard of it: it was down since then. What is heard first decides. */
void watch_keep_restore(struct watch *w, const struct evaluator_delay *d);
