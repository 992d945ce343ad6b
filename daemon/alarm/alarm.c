#include "alarm/alarm.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static const char *const state_names[] = {
	[ALARM_NORMAL] = "normal",
	[ALARM_UNACKED] = "unacked",
	[ALARM_ACKED] = "acked",
	[ALARM_LATCHED] = "latched",
	[ALARM_RTN_UNACKED] = "rtn_unacked",
	[ALARM_SHELVED] = "shelved",
	[ALARM_SUPPRESSED] = "suppressed",
	[ALARM_OUT_OF_SERVICE] = "out_of_service",
};

static const char *const input_names[] = {
	[ALARM_IN_RAISED] = "raised", [ALARM_IN_RETURNED] = "returned", [ALARM_IN_ACK] = "ack",
	[ALARM_IN_RESET] = "reset",   [ALARM_IN_RESTORED] = "restored",
};

/* When a row counts. */
enum when {
	ALWAYS,
	HOLDS, /* the condition is active */
	OVER,  /* not active */
	ENDS,  /* not active, does not latch */
	STAYS, /* not active, latches */
	FREE,  /* does not latch */
	LATCH, /* latches */
};

struct move {
	enum alarm_state from;
	enum alarm_input input;
	enum when when;
	enum alarm_state to;
	int result; /* 0 moved, 1 stays, -errno refused */
};

/* The whole state machine. What is not in the table cannot happen: -EINVAL. */
/* clang-format off */
static const struct move moves[] = {
	/* from               input              when    to                 result */
	{ ALARM_NORMAL,       ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,     0 },
	{ ALARM_UNACKED,      ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,     1 },
	{ ALARM_ACKED,        ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,     0 },
	{ ALARM_RTN_UNACKED,  ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,     0 },
	{ ALARM_LATCHED,      ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,     0 },

	{ ALARM_UNACKED,      ALARM_IN_RETURNED, OVER,   ALARM_RTN_UNACKED, 0 },
	{ ALARM_ACKED,        ALARM_IN_RETURNED, ENDS,   ALARM_NORMAL,      0 },
	{ ALARM_ACKED,        ALARM_IN_RETURNED, STAYS,  ALARM_LATCHED,     0 },

	{ ALARM_UNACKED,      ALARM_IN_ACK,      HOLDS,  ALARM_ACKED,       0 },
	{ ALARM_UNACKED,      ALARM_IN_ACK,      ENDS,   ALARM_NORMAL,      0 },
	{ ALARM_UNACKED,      ALARM_IN_ACK,      STAYS,  ALARM_LATCHED,     0 },
	{ ALARM_RTN_UNACKED,  ALARM_IN_ACK,      FREE,   ALARM_NORMAL,      0 },
	{ ALARM_RTN_UNACKED,  ALARM_IN_ACK,      LATCH,  ALARM_LATCHED,     0 },
	{ ALARM_ACKED,        ALARM_IN_ACK,      ALWAYS, ALARM_ACKED,       -EALREADY },
	{ ALARM_LATCHED,      ALARM_IN_ACK,      ALWAYS, ALARM_LATCHED,     -EALREADY },

	{ ALARM_LATCHED,      ALARM_IN_RESET,    ALWAYS, ALARM_NORMAL,      0 },
	{ ALARM_ACKED,        ALARM_IN_RESET,    OVER,   ALARM_NORMAL,      0 },  /* its rule or device is gone */
	{ ALARM_ACKED,        ALARM_IN_RESET,    HOLDS,  ALARM_ACKED,       -EBUSY },
	{ ALARM_UNACKED,      ALARM_IN_RESET,    HOLDS,  ALARM_UNACKED,     -EBUSY },
};
/* clang-format on */

const char *alarm_state_name(enum alarm_state s)
{
	return (size_t)s < ARRAY_SIZE(state_names) ? state_names[s] : "unacked";
}

int alarm_state_parse(const char *name, enum alarm_state *ret_state)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (str_equal(name, state_names[i])) {
			*ret_state = (enum alarm_state)i;
			return 0;
		}
	return -EINVAL;
}

const char *alarm_input_name(enum alarm_input i)
{
	return (size_t)i < ARRAY_SIZE(input_names) ? input_names[i] : "raised";
}

static bool applies(enum when when, const struct alarm *a)
{
	switch (when) {
	case ALWAYS: return true;
	case HOLDS: return a->active;
	case OVER: return !a->active;
	case ENDS: return !a->active && !a->latch;
	case STAYS: return !a->active && a->latch;
	case FREE: return !a->latch;
	case LATCH: return a->latch;
	}
	return false;
}

int alarm_move(struct alarm *a, enum alarm_input input)
{
	if (input == ALARM_IN_RESTORED)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
		const struct move *m = &moves[i];

		if (m->from != a->state || m->input != input || !applies(m->when, a))
			continue;
		a->state = m->to;
		return m->result;
	}
	return -EINVAL;
}

void alarm_shift(struct alarm *a, const struct clock_shifts *shifts)
{
	a->since_us = clock_shifted(shifts, a->since_us);
	a->changed_us = clock_shifted(shifts, a->changed_us);
	a->acked_us = clock_shifted(shifts, a->acked_us);
	for (size_t i = 0; i < a->reason.input_count; i++)
		a->reason.inputs[i].at_us = clock_shifted(shifts, a->reason.inputs[i].at_us);
}

/* ---- memory ---- */

void alarm_fini(struct alarm *a)
{
	free(a->id);
	free(a->rule);
	free(a->asset);
	free(a->place);
	free(a->reason.when);
	free(a->text_zh);
	free(a->text_en);
	free(a->guidance_zh);
	free(a->guidance_en);
	free(a->ack_by);
	free(a->ack_note);
	*a = (struct alarm){ 0 };
}

void alarm_copy(const struct alarm *from, struct alarm *ret_copy)
{
	struct alarm copy = *from;

	copy.id = mem_strdup(from->id);
	copy.rule = mem_strdup(from->rule);
	copy.asset = mem_strdup(from->asset);
	copy.place = mem_strdup(from->place);
	copy.reason.when = mem_strdup(from->reason.when);
	copy.text_zh = mem_strdup(from->text_zh);
	copy.text_en = mem_strdup(from->text_en);
	copy.guidance_zh = mem_strdup(from->guidance_zh);
	copy.guidance_en = mem_strdup(from->guidance_en);
	copy.ack_by = mem_strdup(from->ack_by);
	copy.ack_note = mem_strdup(from->ack_note);
	*ret_copy = copy;
}

void alarm_transition_fini(struct alarm_transition *t)
{
	alarm_fini(&t->alarm);
	free(t->who);
	free(t->note);
	*t = (struct alarm_transition){ 0 };
}

void alarm_effects_add(struct alarm_effects *e, const struct alarm_transition *t)
{
	struct alarm_transition *copy;

	if (e->count == e->room) {
		e->room = MAX((size_t)8, e->room * 2);
		e->transitions = mem_realloc(e->transitions, e->room, sizeof(*e->transitions));
	}
	copy = &e->transitions[e->count++];
	*copy = *t;
	alarm_copy(&t->alarm, &copy->alarm);
	copy->who = mem_strdup(t->who);
	copy->note = mem_strdup(t->note);
}

void alarm_effects_clear(struct alarm_effects *e)
{
	while (e->count > 0)
		alarm_transition_fini(&e->transitions[--e->count]);
}

void alarm_effects_fini(struct alarm_effects *e)
{
	alarm_effects_clear(e);
	free(e->transitions);
	*e = (struct alarm_effects){ 0 };
}
