/* telling.h: what a rule thinks of a dwelling, told to the evaluator where it is another than before, and the wishes to ask in the
 * home. Pure. */
#pragma once

#include "care/care.h"

void telling_say(struct home *h, enum concern_rule rule, const struct verdict *v, struct care_turn *t);
