#include "alarm/ladder_ahead.h"

#include "alarm/ladder_inside.h"
#include "base/str.h"

#define HORIZON   DAY
#define STEPS_MAX (2 * LADDER_STEPS_MAX) /* of two ladders, of which one leads on to the other */

const char *ladder_ahead_by_name(enum ladder_ahead_by by)
{
	static const char *const names[] = { "step", "again", "rise", "arrival" };

	return names[by];
}

/* It waits to go out, and has not been tried in vain before: that one goes at once, if it goes. */
static bool is_ahead(const struct ladder_call *c)
{
	return c->state == LADDER_CALL_WAITING && !c->clear;
}

/* When the first of its calls goes out; INT64_MAX: none waits. */
static int64_t first_call(const struct ladder_book *b, const struct ladder_run *r)
{
	int64_t first_us = INT64_MAX;

	for (size_t i = 0; i < r->call_count; i++) {
		int64_t due_us = is_ahead(&r->calls[i]) ? ladder_send_due(b, r, &r->calls[i]) : INT64_MAX;

		first_us = MIN(first_us, due_us);
	}
	return first_us;
}

static void add_name(struct ladder_ahead *a, const struct ladder_call *c)
{
	struct ladder_ahead_name *n;

	for (size_t i = 0; i < a->name_count; i++)
		if (str_equal(a->names[i].contact, c->contact))
			return;
	if (a->name_count == LADDER_AHEAD_NAMES_MAX)
		return;
	n = &a->names[a->name_count++];
	memcpy(n->contact, c->contact, sizeof(n->contact));
	memcpy(n->duty, c->duty, sizeof(n->duty));
	n->thing = c->thing;
}

/* Those who are told with the first one: people, then things. */
static void add_names(const struct ladder_book *b, const struct ladder_run *r, struct ladder_ahead *a)
{
	for (int things = 0; things <= 1; things++)
		for (size_t i = 0; i < r->call_count; i++) {
			const struct ladder_call *c = &r->calls[i];

			if (!is_ahead(c) || c->thing != things || ladder_send_due(b, r, c) > a->at_us)
				continue;
			add_name(a, c);
			a->step = c->step;
			if (!c->step)
				a->by = LADDER_AHEAD_ARRIVAL;
		}
}

/* One moment further on the copy. False: nothing is due any more. */
static bool go_on(const struct ladder_book *b, struct ladder_run *r, struct ladder_turn *turn, struct ladder_ahead *a)
{
	int64_t step_us = ladder_climb_due(b, r), late_us = ladder_climb_late_due(r), due_us = MIN(step_us, late_us);
	unsigned round = r->round;

	if (due_us == INT64_MAX)
		return false;
	due_us = MAX(due_us, turn->now.mono_us);
	turn->now.wall_us += due_us - turn->now.mono_us;
	turn->now.mono_us = due_us;
	if (late_us <= due_us) {
		a->by = LADDER_AHEAD_ARRIVAL;
		ladder_climb_late(b, r, turn);
	} else {
		a->by = LADDER_AHEAD_STEP;
		ladder_climb_run(b, r, turn);
	}
	if (r->round != round)
		a->by = LADDER_AHEAD_AGAIN;
	return true;
}

/* What was sent and is not answered yet counts as told: it is, as far as is known. */
bool ladder_ahead_find(const struct ladder_book *b, const char *alarm, const struct ladder_turn *turn,
		       struct ladder_ahead *ret_ahead)
{
	const struct ladder_run *found = ladder_book_find(b, alarm);
	_cleanup_(ladder_run_freep) struct ladder_run *r = NULL;
	struct ladder_effects scratch = { 0 };
	struct ladder_turn then = { .now = turn->now, .clock_known = turn->clock_known, .out = &scratch };
	struct ladder_ahead a = { .by = LADDER_AHEAD_STEP };
	bool more = true;

	if (!found || found->state == LADDER_RUN_CLEARING)
		return false;
	r = ladder_run_copy(found);
	for (int i = 0; i < STEPS_MAX && more; i++) {
		a.at_us = first_call(b, r);
		if (a.at_us != INT64_MAX || scratch.rise_count || then.now.mono_us - turn->now.mono_us > HORIZON)
			break;
		more = go_on(b, r, &then, &a);
	}
	if (scratch.rise_count) {
		a.by = LADDER_AHEAD_RISE;
		a.priority = scratch.rises[0].priority;
		a.at_us = then.now.mono_us;
	}
	ladder_book_effects_fini(&scratch);
	if (a.at_us == INT64_MAX)
		return false;
	a.at_us = MAX(a.at_us, turn->now.mono_us);
	add_names(b, r, &a);
	*ret_ahead = a;
	return true;
}
