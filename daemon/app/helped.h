/* helped.h: whom an alarm of the building is about, as a list in the order in which they are to be helped (care/domains.h). Main thread.
 *
 * [{resident,place,floor,categories,needs,presence,last:{room,at},planned_away}]: who they are called is not in it; that is released
 * as the register is. */
#pragma once

#include <jansson.h>

#include "alarm/alarm.h"

struct engine;
/* NULL: it is about nobody. The caller owns it. */
json_t *helped_json(struct engine *e, const struct alarm *a, struct clock_now now);
