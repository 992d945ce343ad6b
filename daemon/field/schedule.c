#include "field/schedule.h"

bool schedule_is_urgent(const struct plan *p, struct plan_request *r)
{
	bool urgent = false;

	if (r->class == SCHEDULE_UNKNOWN) {
		for (uint32_t c = r->first; c < r->end && !urgent; c++)
			for (uint32_t i = 0; i < p->cells[c].item_count && !urgent; i++)
				urgent = p->items[p->cells[c].first_item + i].agree != NULL;
		r->class = urgent ? SCHEDULE_URGENT : SCHEDULE_PLAIN;
	}
	return r->class == SCHEDULE_URGENT;
}

/* The best of each class. */
struct best {
	struct plan_request *request[SCHEDULE_CLASSES];
	int64_t deadline_us[SCHEDULE_CLASSES];
};

/* Of a request that has been ready for waited_us. */
static enum schedule_class class_of(const struct plan *p, struct plan_request *r, int64_t waited_us)
{
	bool in_doubt = p->units[p->groups[r->group].unit].in_doubt;

	if (r->again)
		return SCHEDULE_AGAIN;
	if (schedule_is_urgent(p, r))
		return in_doubt ? SCHEDULE_PLAIN : SCHEDULE_URGENT;
	return in_doubt && waited_us < SCHEDULE_PATIENCE_US ? SCHEDULE_PROBE : SCHEDULE_PLAIN;
}

static void consider(const struct plan *p, struct plan_request *r, int64_t waited_us, struct best *best)
{
	enum schedule_class class = class_of(p, r, waited_us);
	int64_t deadline_us = r->due_us + p->groups[r->group].period_us;

	if (best->request[class] && deadline_us >= best->deadline_us[class])
		return;
	best->request[class] = r;
	best->deadline_us[class] = deadline_us;
}

static struct plan_request *choose(struct plan *p, const struct best *best)
{
	struct plan_request *plain = best->request[SCHEDULE_PLAIN], *first = best->request[SCHEDULE_AGAIN];

	if (!first)
		first = best->request[SCHEDULE_URGENT];
	if (first && plain && p->streak < SCHEDULE_STREAK) {
		p->streak++;
		return first;
	}
	p->streak = 0;
	if (plain)
		return plain;
	return first ? first : best->request[SCHEDULE_PROBE];
}

struct schedule_turn schedule_next(struct plan *p, int64_t now_us)
{
	struct schedule_turn turn = { .wake_us = INT64_MAX };
	struct best best = { 0 };

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
			consider(p, r, now_us - ready_us, &best);
		}
	}
	turn.request = choose(p, &best);
	return turn;
}

/* The first turn is at once and begins the grid; the grid is shifted by the bus's phase, at most half a period. */
static int64_t first_due(const struct plan *p, int64_t period_us, int64_t started_us)
{
	return started_us + (p->phase < 512 ? p->phase : p->phase - 1024) * period_us / 1024;
}

/* A turn so close behind the asking is held back until half a period has passed, and the next one is on the grid again. To
 * leave it out instead would leave a full line idle until the turn after it. */
static void hold_back(struct plan_request *r, int64_t period_us, int64_t started_us)
{
	int64_t close_us = started_us + period_us / 2 - r->due_us;

	r->held = close_us > 0 ? (uint16_t)((close_us * 1024 + period_us - 1) / period_us) : 0;
	r->due_us += r->held * period_us / 1024;
}

unsigned schedule_advance(struct plan *p, struct plan_request *r, int64_t started_us)
{
	int64_t period_us = p->groups[r->group].period_us, behind_us;
	unsigned missed = 0;

	if (r->due_us == 0)
		r->due_us = first_due(p, period_us, started_us);
	r->due_us += period_us - r->held * period_us / 1024;
	behind_us = started_us - r->due_us;
	if (behind_us >= 0) {
		missed = (unsigned)(behind_us / period_us) + 1;
		r->due_us += (int64_t)missed * period_us;
	}
	hold_back(r, period_us, started_us);
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
