/* telling.h: what a rule thinks of a dwelling, told to the evaluator where it is another than before, and the wishes to ask in the
 * home. Pure. */
#pragma once

#include "care/care.h"

void telling_say(struct home *h, enum concern_rule rule, const struct verdict *v, struct care_turn *t);

#define TELLING_SENSORS "sensors-" /* and the place: what is said of its sensors together */
/* Sensors that have gone silent without a word: one supervision alarm for a dwelling, for who looks after them. */
void telling_say_sensors(struct home *h, struct care_turn *t);
