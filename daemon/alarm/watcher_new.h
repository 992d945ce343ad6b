/* watcher_new.h: a watcher comes into being: which expressions are bound to its device, and which points it reads. Pure;
 * private to the evaluator. */
#pragma once

#include "alarm/watcher.h"

/* The rule on the device. NULL where the device lacks what it takes: such a watch could never be decided. */
struct watcher *watcher_new(const struct rule *rule, const struct device *device, const struct point_table *table);
struct watcher *watcher_new_told(const struct rule *rule, const char *asset);
