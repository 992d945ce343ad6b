#include "field/schedule.h"

struct schedule_turn schedule_next(struct plan *p, int64_t now_us)
{
	struct schedule_turn turn = { .wake_us = INT64_MAX };
	int64_t best_us = INT64_MAX;

	for (size_t i = 0; i < p->group_count; i++) {
		const struct plan_group *g = &p->groups[i];
		struct plan_request *r = plan_first_request(p, g);
		const struct plan_unit *u = &p->units[g->unit];

		for (uint32_t k = 0; k < g->request_count; k++, r++) {
			int64_t ready_us = MAX(r->due_us, u->gate_us);

			if (u->in_doubt && r->misses > u->least_misses)
				continue;
			if (ready_us > now_us) {
				turn.wake_us = MIN(turn.wake_us, ready_us);
				continue;
			}
			turn.lag_us = MAX(turn.lag_us, now_us - ready_us);
			if (r->due_us + g->period_us < best_us) {
				best_us = r->due_us + g->period_us;
				turn.request = r;
			}
		}
	}
	return turn;
}

/* The first turn is at once and begins the grid; the grid is shifted by the bus's phase, at most half a period. */
static int64_t first_due(const struct plan *p, int64_t period_us, int64_t started_us)
{
	return started_us + (p->phase < 512 ? p->phase : p->phase - 1024) * period_us / 1024;
}

unsigned schedule_advance(struct plan *p, struct plan_request *r, int64_t started_us)
{
	int64_t period_us = p->groups[r->group].period_us;
	int64_t earliest_us = started_us + period_us / 2, behind_us;
	unsigned missed = 0;

	if (r->due_us == 0)
		r->due_us = first_due(p, period_us, started_us);
	r->due_us += period_us;
	behind_us = earliest_us - r->due_us;
	if (behind_us > 0) {
		missed = (unsigned)((behind_us + period_us - 1) / period_us);
		r->due_us += (int64_t)missed * period_us;
	}
	return missed;
}

void schedule_probe(struct plan *p, unsigned unit, int64_t at_us)
{
	struct plan_request *best = NULL;

	for (size_t i = 0; i < p->group_count; i++) {
		struct plan_request *r = plan_first_request(p, &p->groups[i]);

		if (p->groups[i].unit != unit)
			continue;
		for (uint32_t k = 0; k < p->groups[i].request_count; k++, r++)
			if (!best || r->misses < best->misses ||
			    (r->misses == best->misses && r->due_us < best->due_us))
				best = r;
	}
	if (!best)
		return;
	best->due_us = MIN(best->due_us, at_us);
	p->units[unit].in_doubt = true;
	p->units[unit].least_misses = best->misses;
}
