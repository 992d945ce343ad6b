/* absence.h: rule 8, long absence: presumed away for long, and nobody planned it: somebody is to call. Pure; a flat block within the
 * dwelling's. Away is only presumed, so it ends in a call: after a day priority 4, after two 3. Where the entrance moved meanwhile
 * and nobody was noticed inside since, it is not known whether somebody is in: priority 3 after hours. */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

struct absence {
	struct clock_now from; /* counted since: they left, the plan ended, somebody asked */
	int64_t heard_us;      /* mono: somebody asked; 0 */
};

void absence_init(struct absence *a);
void absence_judge(struct absence *a, const struct home_view *v, struct verdict *ret_verdict);
int64_t absence_due(const struct absence *a, const struct home_view *v);
void absence_move(struct absence *a, int64_t by_us);
/* Somebody asked after them. */
void absence_heard(struct absence *a, const struct home_view *v);
