/* housing.h: which dwellings are watched, and who lives in them: of the register and the rules' figures. Pure. */
#pragma once

#include "care/tenants.h"
#include "care/watched.h"
#include "alarm/rule.h"

/* All lent. */
struct housing {
	const struct tenants *tenants;
	const struct rule *rules;
	size_t rule_count;
};

/* After each tenants_set: dwellings that are to be watched are added, those that nobody asks for any more fall asleep; where people are
 * others, or say something else, the dwelling is `renewed`. The rest is left as it is. True: others are watched than before. */
bool housing_set(struct watched *w, const struct housing *g);
/* The same people, other rules. */
void housing_refigure(struct watched *w, const struct housing *g);
