#include "alarm/alarm.h"

#include <errno.h>
#include <string.h>

#include "alarm/mode.h"
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

static const char *const input_names[ALARM_INPUTS] = {
	[ALARM_IN_RAISED] = "raised",         [ALARM_IN_RETURNED] = "returned",  [ALARM_IN_ACK] = "ack",
	[ALARM_IN_RESET] = "reset",           [ALARM_IN_RESTORED] = "restored",  [ALARM_IN_SHELVE] = "shelve",
	[ALARM_IN_UNSHELVE] = "unshelve",     [ALARM_IN_SUPPRESS] = "suppress",  [ALARM_IN_RELEASE] = "release",
	[ALARM_IN_REMOVE] = "out_of_service", [ALARM_IN_SERVICE] = "in_service", [ALARM_IN_COMMENT] = "comment",
	[ALARM_IN_ARRIVE] = "arrive",         [ALARM_IN_RISE] = "rise",          [ALARM_IN_REPEAT] = "repeat",
	[ALARM_IN_WITHDRAW] = "withdraw",
};

/* When a row counts. */
enum when {
	ALWAYS,
	LIFE,   /* it is life safety */
	HOLDS,  /* the condition is active */
	OVER,   /* not active */
	ENDS,   /* not active, does not latch */
	STAYS,  /* not active, latches */
	FREE,   /* does not latch */
	LATCH,  /* latches */
	SEEN,   /* not active, latches, and somebody has acknowledged it */
	MISSED, /* not active, latches, was raised, and nobody has */
	OUT,    /* its device is out of service */
	SHELF,  /* a shelf runs */
	QUIET,  /* another alarm explains it */
	EXCUSE, /* the same, and it is active */
};

struct move {
	enum alarm_state from;
	enum alarm_input input;
	enum when when;
	enum alarm_state to;
	int result; /* 0 moved, 1 stays, -errno refused */
};

/* The whole state machine: of the rows for a state and an input the first that applies counts. What is not in the table
 * cannot happen: -EINVAL. Life safety knows no OUT, SHELF, QUIET and EXCUSE. */
/* clang-format off */
static const struct move moves[] = {
	/* from                  input              when    to                    result */
	{ ALARM_NORMAL,          ALARM_IN_RAISED,   OUT,    ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_NORMAL,          ALARM_IN_RAISED,   QUIET,  ALARM_SUPPRESSED,     0 },
	{ ALARM_NORMAL,          ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,        0 },
	{ ALARM_UNACKED,         ALARM_IN_RAISED,   OUT,    ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_UNACKED,         ALARM_IN_RAISED,   QUIET,  ALARM_SUPPRESSED,     0 },
	{ ALARM_UNACKED,         ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,        1 },
	{ ALARM_ACKED,           ALARM_IN_RAISED,   OUT,    ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_ACKED,           ALARM_IN_RAISED,   QUIET,  ALARM_SUPPRESSED,     0 },
	{ ALARM_ACKED,           ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,        0 },
	{ ALARM_RTN_UNACKED,     ALARM_IN_RAISED,   OUT,    ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_RTN_UNACKED,     ALARM_IN_RAISED,   QUIET,  ALARM_SUPPRESSED,     0 },
	{ ALARM_RTN_UNACKED,     ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,        0 },
	{ ALARM_LATCHED,         ALARM_IN_RAISED,   OUT,    ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_LATCHED,         ALARM_IN_RAISED,   QUIET,  ALARM_SUPPRESSED,     0 },
	{ ALARM_LATCHED,         ALARM_IN_RAISED,   ALWAYS, ALARM_UNACKED,        0 },
	{ ALARM_SHELVED,         ALARM_IN_RAISED,   LIFE,   ALARM_UNACKED,        0 },
	{ ALARM_SHELVED,         ALARM_IN_RAISED,   ALWAYS, ALARM_SHELVED,        1 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RAISED,   LIFE,   ALARM_UNACKED,        0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RAISED,   ALWAYS, ALARM_SUPPRESSED,     1 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_RAISED,   LIFE,   ALARM_UNACKED,        0 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_RAISED,   ALWAYS, ALARM_OUT_OF_SERVICE, 1 },

	{ ALARM_UNACKED,         ALARM_IN_RETURNED, OVER,   ALARM_RTN_UNACKED,    0 },
	{ ALARM_ACKED,           ALARM_IN_RETURNED, ENDS,   ALARM_NORMAL,         0 },
	{ ALARM_ACKED,           ALARM_IN_RETURNED, STAYS,  ALARM_LATCHED,        0 },
	{ ALARM_SHELVED,         ALARM_IN_RETURNED, OVER,   ALARM_SHELVED,        1 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RETURNED, ENDS,   ALARM_NORMAL,         0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RETURNED, STAYS,  ALARM_SUPPRESSED,     1 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_RETURNED, OVER,   ALARM_OUT_OF_SERVICE, 1 },

	{ ALARM_UNACKED,         ALARM_IN_ACK,      HOLDS,  ALARM_ACKED,          0 },
	{ ALARM_UNACKED,         ALARM_IN_ACK,      ENDS,   ALARM_NORMAL,         0 },
	{ ALARM_UNACKED,         ALARM_IN_ACK,      STAYS,  ALARM_LATCHED,        0 },
	{ ALARM_RTN_UNACKED,     ALARM_IN_ACK,      FREE,   ALARM_NORMAL,         0 },
	{ ALARM_RTN_UNACKED,     ALARM_IN_ACK,      LATCH,  ALARM_LATCHED,        0 },
	{ ALARM_ACKED,           ALARM_IN_ACK,      ALWAYS, ALARM_ACKED,          -EALREADY },
	{ ALARM_LATCHED,         ALARM_IN_ACK,      ALWAYS, ALARM_LATCHED,        -EALREADY },

	{ ALARM_UNACKED,         ALARM_IN_RISE,     ALWAYS, ALARM_UNACKED,        1 },
	{ ALARM_ACKED,           ALARM_IN_RISE,     HOLDS,  ALARM_UNACKED,        0 },
	{ ALARM_SHELVED,         ALARM_IN_RISE,     LIFE,   ALARM_UNACKED,        0 },  /* it protects life from now on */
	{ ALARM_SHELVED,         ALARM_IN_RISE,     ALWAYS, ALARM_SHELVED,        1 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RISE,     LIFE,   ALARM_UNACKED,        0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RISE,     ALWAYS, ALARM_SUPPRESSED,     1 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_RISE,     LIFE,   ALARM_UNACKED,        0 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_RISE,     ALWAYS, ALARM_OUT_OF_SERVICE, 1 },

	{ ALARM_UNACKED,         ALARM_IN_WITHDRAW, ENDS,   ALARM_NORMAL,         0 },
	{ ALARM_ACKED,           ALARM_IN_WITHDRAW, ENDS,   ALARM_NORMAL,         0 },

	{ ALARM_LATCHED,         ALARM_IN_RESET,    ALWAYS, ALARM_NORMAL,         0 },
	{ ALARM_ACKED,           ALARM_IN_RESET,    OVER,   ALARM_NORMAL,         0 },  /* its rule or device is gone */
	{ ALARM_ACKED,           ALARM_IN_RESET,    HOLDS,  ALARM_ACKED,          -EBUSY },
	{ ALARM_UNACKED,         ALARM_IN_RESET,    HOLDS,  ALARM_UNACKED,        -EBUSY },

	{ ALARM_NORMAL,          ALARM_IN_SHELVE,   LIFE,   ALARM_NORMAL,         -EPERM },
	{ ALARM_NORMAL,          ALARM_IN_SHELVE,   ALWAYS, ALARM_SHELVED,        0 },
	{ ALARM_UNACKED,         ALARM_IN_SHELVE,   LIFE,   ALARM_UNACKED,        -EPERM },
	{ ALARM_UNACKED,         ALARM_IN_SHELVE,   ALWAYS, ALARM_SHELVED,        0 },
	{ ALARM_ACKED,           ALARM_IN_SHELVE,   LIFE,   ALARM_ACKED,          -EPERM },
	{ ALARM_ACKED,           ALARM_IN_SHELVE,   ALWAYS, ALARM_SHELVED,        0 },
	{ ALARM_RTN_UNACKED,     ALARM_IN_SHELVE,   LIFE,   ALARM_RTN_UNACKED,    -EPERM },
	{ ALARM_RTN_UNACKED,     ALARM_IN_SHELVE,   ALWAYS, ALARM_SHELVED,        0 },
	{ ALARM_LATCHED,         ALARM_IN_SHELVE,   LIFE,   ALARM_LATCHED,        -EPERM },
	{ ALARM_LATCHED,         ALARM_IN_SHELVE,   ALWAYS, ALARM_SHELVED,        0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_SHELVE,   LIFE,   ALARM_SUPPRESSED,     -EPERM },
	{ ALARM_SUPPRESSED,      ALARM_IN_SHELVE,   ALWAYS, ALARM_SHELVED,        0 },
	{ ALARM_SHELVED,         ALARM_IN_SHELVE,   LIFE,   ALARM_SHELVED,        -EPERM },
	{ ALARM_SHELVED,         ALARM_IN_SHELVE,   ALWAYS, ALARM_SHELVED,        1 },  /* for another time */
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_SHELVE,   LIFE,   ALARM_OUT_OF_SERVICE, -EPERM },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_SHELVE,   ALWAYS, ALARM_OUT_OF_SERVICE, -EBUSY },

	{ ALARM_NORMAL,          ALARM_IN_UNSHELVE, ALWAYS, ALARM_NORMAL,         -EALREADY },
	{ ALARM_UNACKED,         ALARM_IN_UNSHELVE, ALWAYS, ALARM_UNACKED,        -EALREADY },
	{ ALARM_ACKED,           ALARM_IN_UNSHELVE, ALWAYS, ALARM_ACKED,          -EALREADY },
	{ ALARM_RTN_UNACKED,     ALARM_IN_UNSHELVE, ALWAYS, ALARM_RTN_UNACKED,    -EALREADY },
	{ ALARM_LATCHED,         ALARM_IN_UNSHELVE, ALWAYS, ALARM_LATCHED,        -EALREADY },
	{ ALARM_SUPPRESSED,      ALARM_IN_UNSHELVE, ALWAYS, ALARM_SUPPRESSED,     -EALREADY },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_UNSHELVE, ALWAYS, ALARM_OUT_OF_SERVICE, -EALREADY },
	{ ALARM_SHELVED,         ALARM_IN_UNSHELVE, OUT,    ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_SHELVED,         ALARM_IN_UNSHELVE, EXCUSE, ALARM_SUPPRESSED,     0 },
	{ ALARM_SHELVED,         ALARM_IN_UNSHELVE, HOLDS,  ALARM_UNACKED,        0 },
	{ ALARM_SHELVED,         ALARM_IN_UNSHELVE, SEEN,   ALARM_LATCHED,        0 },
	{ ALARM_SHELVED,         ALARM_IN_UNSHELVE, MISSED, ALARM_RTN_UNACKED,    0 },
	{ ALARM_SHELVED,         ALARM_IN_UNSHELVE, ALWAYS, ALARM_NORMAL,         0 },

	{ ALARM_UNACKED,         ALARM_IN_SUPPRESS, LIFE,   ALARM_UNACKED,        -EPERM },
	{ ALARM_UNACKED,         ALARM_IN_SUPPRESS, HOLDS,  ALARM_SUPPRESSED,     0 },
	{ ALARM_ACKED,           ALARM_IN_SUPPRESS, LIFE,   ALARM_ACKED,          -EPERM },
	{ ALARM_ACKED,           ALARM_IN_SUPPRESS, HOLDS,  ALARM_SUPPRESSED,     0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RELEASE,  OUT,    ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RELEASE,  SHELF,  ALARM_SHELVED,        0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RELEASE,  HOLDS,  ALARM_UNACKED,        0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RELEASE,  SEEN,   ALARM_LATCHED,        0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RELEASE,  MISSED, ALARM_RTN_UNACKED,    0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_RELEASE,  ALWAYS, ALARM_NORMAL,         0 },

	{ ALARM_UNACKED,         ALARM_IN_REMOVE,   LIFE,   ALARM_UNACKED,        -EPERM },
	{ ALARM_UNACKED,         ALARM_IN_REMOVE,   ALWAYS, ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_ACKED,           ALARM_IN_REMOVE,   LIFE,   ALARM_ACKED,          -EPERM },
	{ ALARM_ACKED,           ALARM_IN_REMOVE,   ALWAYS, ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_RTN_UNACKED,     ALARM_IN_REMOVE,   LIFE,   ALARM_RTN_UNACKED,    -EPERM },
	{ ALARM_RTN_UNACKED,     ALARM_IN_REMOVE,   ALWAYS, ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_LATCHED,         ALARM_IN_REMOVE,   LIFE,   ALARM_LATCHED,        -EPERM },
	{ ALARM_LATCHED,         ALARM_IN_REMOVE,   ALWAYS, ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_SHELVED,         ALARM_IN_REMOVE,   LIFE,   ALARM_SHELVED,        -EPERM },
	{ ALARM_SHELVED,         ALARM_IN_REMOVE,   ALWAYS, ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_SUPPRESSED,      ALARM_IN_REMOVE,   LIFE,   ALARM_SUPPRESSED,     -EPERM },
	{ ALARM_SUPPRESSED,      ALARM_IN_REMOVE,   ALWAYS, ALARM_OUT_OF_SERVICE, 0 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_SERVICE,  SHELF,  ALARM_SHELVED,        0 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_SERVICE,  EXCUSE, ALARM_SUPPRESSED,     0 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_SERVICE,  HOLDS,  ALARM_UNACKED,        0 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_SERVICE,  SEEN,   ALARM_LATCHED,        0 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_SERVICE,  MISSED, ALARM_RTN_UNACKED,    0 },
	{ ALARM_OUT_OF_SERVICE,  ALARM_IN_SERVICE,  ALWAYS, ALARM_NORMAL,         0 },
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

bool alarm_hidden(const struct alarm *a)
{
	return a->state == ALARM_SHELVED || a->state == ALARM_SUPPRESSED || a->state == ALARM_OUT_OF_SERVICE;
}

static bool applies(enum when when, const struct alarm *a)
{
	switch (when) {
	case ALWAYS: return true;
	case LIFE: return a->life_safety;
	case HOLDS: return a->active;
	case OVER: return !a->active;
	case ENDS: return !a->active && !a->latch;
	case STAYS: return !a->active && a->latch;
	case FREE: return !a->latch;
	case LATCH: return a->latch;
	case SEEN: return !a->active && a->latch && a->acked_us;
	case MISSED: return !a->active && a->latch && a->count > 0;
	case OUT: return a->service.on && !a->life_safety;
	case SHELF: return a->shelf.on && !a->life_safety;
	case QUIET: return a->inhibited && !a->life_safety;
	case EXCUSE: return a->inhibited && a->active && !a->life_safety;
	}
	return false;
}

int alarm_move(struct alarm *a, enum alarm_input input)
{
	if (input == ALARM_IN_RESTORED || input == ALARM_IN_COMMENT || input == ALARM_IN_REPEAT)
		return 1;
	if (input == ALARM_IN_ARRIVE)
		return a->state == ALARM_NORMAL ? -EINVAL : 1;
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
	a->arrived_us = clock_shifted(shifts, a->arrived_us);
	for (size_t i = 0; i < a->reason.input_count; i++)
		a->reason.inputs[i].at_us = clock_shifted(shifts, a->reason.inputs[i].at_us);
}

/* ---- memory ---- */

void alarm_set_text(char **slot, const char *text)
{
	if (str_equal(*slot, text))
		return;
	free(*slot);
	*slot = mem_strdup(text);
}

void alarm_spell_fini(struct alarm_spell *s)
{
	free(s->by);
	free(s->why);
	*s = (struct alarm_spell){ 0 };
}

void alarm_spell_set(struct alarm_spell *s, const struct alarm_spell *as)
{
	struct alarm_spell copy = as ? *as : (struct alarm_spell){ 0 };

	copy.by = mem_strdup(copy.by);
	copy.why = mem_strdup(copy.why);
	alarm_spell_fini(s);
	*s = copy;
}

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
	alarm_spell_fini(&a->shelf);
	alarm_spell_fini(&a->service);
	free(a->suppressed_by);
	free(a->arrived_by);
	free(a->outcome);
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
	copy.shelf = copy.service = (struct alarm_spell){ 0 };
	alarm_spell_set(&copy.shelf, &from->shelf);
	alarm_spell_set(&copy.service, &from->service);
	copy.suppressed_by = mem_strdup(from->suppressed_by);
	copy.arrived_by = mem_strdup(from->arrived_by);
	copy.outcome = mem_strdup(from->outcome);
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
	while (e->mode_count > 0)
		mode_fini(&e->modes[--e->mode_count]);
}

void alarm_effects_fini(struct alarm_effects *e)
{
	alarm_effects_clear(e);
	free(e->transitions);
	free(e->modes);
	*e = (struct alarm_effects){ 0 };
}
