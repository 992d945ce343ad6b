/* foretold.h: what open pages were last told of who is told next of an alarm, so that they hear of it when it becomes another.
 * Main thread; owned by the crier. */
#pragma once

#include <jansson.h>

#include "alarm/ladder_ahead.h"

struct foretold;
struct live;

struct foretold *foretold_new(struct live *l);
void foretold_free(struct foretold *f);
/* Its run has changed; NULL: there is none any more. Nothing is worked out while nobody looks. */
void foretold_look(struct foretold *f, const char *alarm, const struct ladder_run *run);

/* {"at","by","step","priority","duties":[…],"who":[{"contact","name","thing"}]}; people: whose names they are. The caller owns it. */
json_t *foretold_row(const struct ladder_ahead *a, struct clock_now now, const struct contact_list *people);
