#include "upstream/summary_lift.h"

#define COUNT_MAX 1e15 /* what counts further is no counter */

const char *const summary_lift_states[SUMMARY_LIFT_STATES] = {
	[SUMMARY_LIFT_IN_SERVICE] = "in_service", [SUMMARY_LIFT_POWER] = "power",
	[SUMMARY_LIFT_FAULT] = "fault",           [SUMMARY_LIFT_TRAPPED] = "trapped",
	[SUMMARY_LIFT_INSPECTION] = "inspection", [SUMMARY_LIFT_MOVING] = "moving",
	[SUMMARY_LIFT_DOOR_OPEN] = "door_open",
};
const char *const summary_lift_counters[SUMMARY_LIFT_COUNTERS] = {
	[SUMMARY_LIFT_TRIPS] = "trips",
	[SUMMARY_LIFT_DOOR_CYCLES] = "door_cycles",
};
/* What stands for each counter where there is none. */
static const enum summary_lift_state edge_states[SUMMARY_LIFT_COUNTERS] = {
	[SUMMARY_LIFT_TRIPS] = SUMMARY_LIFT_MOVING,
	[SUMMARY_LIFT_DOOR_CYCLES] = SUMMARY_LIFT_DOOR_OPEN,
};

void summary_lift_begin(struct summary_lift *l, int64_t from_ms, int64_t to_ms)
{
	*l = (struct summary_lift){ .from_ms = from_ms, .to_ms = to_ms, .at_ms = from_ms };
}

/* ---- states ---- */

static bool is_known(const struct summary_lift *l, enum summary_lift_state state)
{
	return l->states[state].known && l->at_ms < l->states[state].until_ms;
}

static bool is_on(const struct summary_lift *l, enum summary_lift_state state)
{
	return is_known(l, state) && l->states[state].on;
}

static bool is_off(const struct summary_lift *l, enum summary_lift_state state)
{
	return is_known(l, state) && !l->states[state].on;
}

/* From at_ms on for that long all is as it is now. */
static void add_time(struct summary_lift *l, int64_t for_ms)
{
	bool known = is_known(l, SUMMARY_LIFT_IN_SERVICE) || is_known(l, SUMMARY_LIFT_POWER) ||
		     is_known(l, SUMMARY_LIFT_FAULT);
	bool hindered = is_off(l, SUMMARY_LIFT_IN_SERVICE) || is_off(l, SUMMARY_LIFT_POWER) ||
			is_on(l, SUMMARY_LIFT_FAULT) || is_on(l, SUMMARY_LIFT_TRAPPED) ||
			is_on(l, SUMMARY_LIFT_INSPECTION);

	if (is_on(l, SUMMARY_LIFT_INSPECTION))
		l->inspection_ms += for_ms;
	if (known)
		l->known_ms += for_ms;
	if (known && !hindered)
		l->available_ms += for_ms;
}

static void advance(struct summary_lift *l, int64_t until_ms)
{
	until_ms = MIN(until_ms, l->to_ms);
	while (l->at_ms < until_ms) {
		int64_t next_ms = until_ms;

		/* Where one is known no longer the sum goes on with the others. */
		for (size_t i = 0; i < SUMMARY_LIFT_STATES; i++)
			if (l->states[i].known && l->states[i].until_ms > l->at_ms)
				next_ms = MIN(next_ms, l->states[i].until_ms);
		add_time(l, next_ms - l->at_ms);
		l->at_ms = next_ms;
	}
}

void summary_lift_see(struct summary_lift *l, const struct summary_lift_seen *s)
{
	struct summary_lift_view *v = &l->states[s->state];

	advance(l, s->ts_ms);
	for (size_t i = 0; i < SUMMARY_LIFT_COUNTERS; i++)
		if (edge_states[i] == s->state && v->heard && !v->on && s->known && s->on && s->ts_ms >= l->from_ms &&
		    s->ts_ms < l->to_ms)
			l->edges[i]++;
	v->known = s->known;
	v->until_ms = s->ts_ms + SUMMARY_LIFT_HOLD_MS;
	if (!s->known)
		return; /* what it was last is what an edge goes by */
	v->heard = true;
	v->on = s->on;
}

void summary_lift_end(struct summary_lift *l)
{
	advance(l, l->to_ms);
}

/* ---- counters ---- */

void summary_lift_count(struct summary_lift *l, enum summary_lift_counter counter, int64_t ts_ms, double value)
{
	struct summary_lift_count *c = &l->counters[counter];

	if (!(value >= 0 && value < COUNT_MAX))
		return;
	if (c->known && value > c->last && ts_ms >= l->from_ms && ts_ms < l->to_ms)
		c->grown += (uint64_t)(value - c->last);
	c->known = true;
	c->last = value;
}

bool summary_lift_counted(const struct summary_lift *l, enum summary_lift_counter counter, uint64_t *ret_count)
{
	if (l->counters[counter].known)
		*ret_count = l->counters[counter].grown;
	else if (l->states[edge_states[counter]].heard)
		*ret_count = l->edges[counter];
	else
		return false;
	return true;
}
