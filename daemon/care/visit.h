/* visit.h: visits (巡访): how often somebody is to see the people of a dwelling, and whether that is overdue (rule visit-overdue).
 * Pure; the state is one flat block within the dwelling's.
 *
 * How often is said by who lives there: the shortest of their categories' (visit.lives-alone …), or visit.every. Any contact
 * in person counts: a recorded visit, an arrival, a staff card at the dwelling's own door; a call by telephone does not. It
 * is reckoned in whole days of the estate, on wall time: while the clock cannot be believed nothing becomes overdue. */
#pragma once

#include "care/home_view.h"
#include "care/verdict.h"

struct visit_due {
	int64_t since_us;      /* wall; asked for since then; 0: not yet */
	int64_t met_us;        /* wall; last contact in person; 0: none */
	int64_t met_mono_us;   /* mono; a contact while the clock could not be believed, still to be dated; 0: none */
	int64_t asked_us;      /* wall; somebody is to go there as soon as may be (heat, cold), asked then; 0: no */
	int32_t overdue_since; /* day on which it became overdue, as told; 0: it is not */
	int32_t priority;      /* as told: 4, 3; 0: it is not */
};

void visit_init(struct visit_due *v);
/* A SIGN_CARD counts where it is at the dwelling's own door (entrance is set), not at that of its unit. */
void visit_sign(struct visit_due *v, const struct sign *s, const struct home_view *view);
void visit_judge(struct visit_due *v, const struct home_view *view, struct verdict *ret);
int64_t visit_due(const struct visit_due *v, const struct home_view *view); /* mono; INT64_MAX: nothing */
void visit_day(struct visit_due *v, const struct home_view *view);
void visit_move(struct visit_due *v, int64_t by_us);

/* Somebody saw them, at that wall time (0: now): the outcomes "visit" and "arrived" of care_hear. The latest counts. */
void visit_met(struct visit_due *v, int64_t wall_us, const struct home_view *view);
/* Somebody is to see them today, whatever the plan says; a contact in person ends it. */
void visit_ask(struct visit_due *v, const struct home_view *view);

/* Days between two visits; 0: nobody asks for any. */
int visit_every_days(const struct concern *c, const struct settings *s);
/* Somebody is to see them today, or is late. */
bool visit_is_today(const struct visit_due *v, const struct home_view *view);
