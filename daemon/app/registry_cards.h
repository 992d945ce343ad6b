/* registry_cards.h: no card is of two residents: whoever gets one that somebody has is refused, and told who has it. Pure. */
#pragma once

#include "app/registry_inside.h"

/* Whether another one has a card of r's; then what is wrong is said. Whom scope does not cover is not named (NULL: all are). */
bool registry_cards_taken(const struct registry *g, const struct resident *r, const struct scope *scope,
			  struct str_buf *problem);
/* The same of a table: as the register will be with it. Mistakes go to d. */
void registry_cards_check(const struct registry *g, const struct residents *read, struct diag *d);
