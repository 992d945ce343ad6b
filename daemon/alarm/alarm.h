/* alarm.h: one alarm and its state machine (ISA-18.2 / IEC 62682). Pure: time is an argument, effects are returned.
 *
 *            raised             ack (holds)           returned
 *   normal ---------> unacked -------------> acked -------------> normal
 *                      |   ^  \                                   (latched, where the alarm latches)
 *             returned |   |   ack (an event, over already): normal, or latched
 *                      v   | raised, or the priority rose
 *                    rtn_unacked ---ack---> normal, or latched
 *
 *   latched --reset--> normal         acked, rtn_unacked, latched --raised--> unacked (it needs a look again)
 *
 *   any state --shelve--> shelved              for a time that a person says, and why
 *   any state --out_of_service--> out_of_service   its device is under maintenance, for a time that a person says
 *   normal, unacked, acked --suppress--> suppressed   while another alarm, named by a rule or its parent, explains it
 *
 * - The whole machine is the table in alarm.c; what is not in it cannot happen. Identity is "rule/asset": a repeat
 *   counts up.
 * - An alarm latches when its rule says so or is life safety: then nothing but a person's reset (`close`) ends it,
 *   after an ack, when the condition is over. A reset while the condition holds is refused (-EBUSY).
 * - An alarm of a lasting condition returns: a latched one too goes to rtn_unacked when it is over before anybody
 *   looked (rtn_unacked --ack--> latched --reset--> normal), so that people see that the smoke is gone and that nobody
 *   came yet.
 * - An event (a button) has no lasting condition, so it never returns: its alarm is raised with active = false, stays
 *   unacked until a person acknowledges it, and is then normal, or latched until closed (sos).
 * - A rise of priority is an input of its own: it counts nothing, and what was acknowledged needs a look again.
 * - Out of the way (shelved, suppressed, out_of_service) it goes on counting and nobody is told. On leaving, the live
 *   condition decides: it holds: unacked, whatever it was before; over, and it latches: as far as people had come;
 *   else normal. More than one may apply: the next one takes over. A suppressed one that is over is normal.
 * - What becomes life safety while it is open (a rise to stage 3) comes out of where it was.
 * - Withdrawn: nobody outside was called yet (stage 1 asks in the home), so it is normal at once, whether somebody looked or not.
 * - Life safety is never shelved, suppressed or out of service: refused with -EPERM. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/util.h"
#include "model/value.h"

enum alarm_state {
	ALARM_NORMAL,
	ALARM_UNACKED,
	ALARM_ACKED,
	ALARM_RTN_UNACKED, /* returned to normal, nobody looked */
	ALARM_LATCHED,     /* acknowledged and over, waits for a reset */
	ALARM_SHELVED,
	ALARM_SUPPRESSED,
	ALARM_OUT_OF_SERVICE,
};

enum alarm_input {
	ALARM_IN_RAISED,   /* the condition holds (again) */
	ALARM_IN_RETURNED, /* the condition is over */
	ALARM_IN_ACK,
	ALARM_IN_RESET,    /* a person closes a latched alarm */
	ALARM_IN_RESTORED, /* read back at start: no transition of its own */
	ALARM_IN_SHELVE,   /* a person's; again: for another time */
	ALARM_IN_UNSHELVE, /* a person's, or its time is over */
	ALARM_IN_SUPPRESS, /* another alarm explains it */
	ALARM_IN_RELEASE,  /* that one is over */
	ALARM_IN_REMOVE,   /* its device is out of service */
	ALARM_IN_SERVICE,  /* its device is back, or its time is over */
	ALARM_IN_COMMENT,  /* a person's word, noted */
	ALARM_IN_ARRIVE,   /* a person is there */
	ALARM_IN_RISE,     /* it has become more urgent while it was open, or there is more to say of it */
	ALARM_IN_REPEAT,   /* it came again or went where nobody is told: no transition of its own, kept all the same */
	ALARM_IN_WITHDRAW, /* it is over before anybody outside was called: nobody need look */
};
#define ALARM_INPUTS (ALARM_IN_WITHDRAW + 1)

/* The readings that made it so. */
#define ALARM_INPUTS_MAX 8
struct alarm_reading {
	char point[96]; /* "lift-1.trapped" */
	struct value value;
	enum quality quality;
	int64_t at_us;
};
struct alarm_reason {
	char *when; /* the expression, or what the built-in condition says */
	struct alarm_reading inputs[ALARM_INPUTS_MAX];
	size_t input_count;
};

/* For how long, by whom and why it is out of the way. */
struct alarm_spell {
	bool on;
	int64_t until_us; /* wall, by the clock of now */
	int64_t end_us;   /* the same, monotonic of this boot: this counts */
	int64_t meant_us; /* wall: said as a moment ("until 18:00"), so it stays that moment when the clock is set; 0: as a length */
	char *by, *why; /* owned; NULL where not said */
};

#define ALARM_SHELF_MAX (7 * DAY)

struct alarm {
	char *id, *rule, *asset, *place; /* owned; id is "rule/asset" */
	enum alarm_state state;
	int priority;
	int stage; /* of care: 1 asked in the home, 2 the desk, 3 call-out, life safety; 0: its rule has none */
	bool latch, life_safety, test;
	bool active;        /* the live condition, after its delays; false for an event */
	int64_t since_us;   /* wall: when it was raised */
	int64_t changed_us; /* wall: last transition */
	uint32_t count;     /* times raised since it was last normal */
	struct alarm_reason reason;
	char *text_zh, *text_en, *guidance_zh, *guidance_en; /* rendered when raised */
	char *ack_by, *ack_note;                             /* NULL until then */
	int64_t acked_us;
	struct alarm_spell shelf;   /* on: shelved, or would be when its device is back */
	struct alarm_spell service; /* on: its device is out of service */
	bool inhibited;             /* another alarm explains it now */
	char *suppressed_by;        /* id of that one, or the rule's suppressed_when; NULL while not suppressed */
	bool first_out;             /* the first of its rule in its building, when none was open */
	char *arrived_by;           /* who was there first; NULL until then */
	int64_t arrived_us;
	char *outcome; /* of the last close: real, false, test, duplicate; NULL until then */
};

/* A transition: the alarm as it is after it, and why. Owns its copy; freed with transition_fini. */
struct alarm_transition {
	struct alarm alarm;
	enum alarm_state from;
	enum alarm_input input;
	struct clock_now at;
	char *who, *note; /* of a person's input; NULL else */
};

struct mode; /* mode.h */

/* What an input did; a list that grows. Owned by the caller. */
struct alarm_effects {
	struct alarm_transition *transitions;
	size_t count, room;
	struct mode *modes; /* as they are now: begun, changed, or ended (mode.h) */
	size_t mode_count, mode_room;
};
/* People are told of it; else it is only kept. */
static inline bool alarm_is_told(const struct alarm_transition *t)
{
	return t->input != ALARM_IN_REPEAT;
}
static inline bool alarm_effects_any(const struct alarm_effects *e)
{
	return e->count || e->mode_count;
}

const char *alarm_state_name(
	enum alarm_state s); /* normal unacked acked rtn_unacked latched shelved suppressed out_of_service */
int alarm_state_parse(const char *name, enum alarm_state *ret_state);
/* raised returned ack reset restored shelve unshelve suppress release out_of_service in_service comment arrive rise repeat withdraw */
const char *alarm_input_name(enum alarm_input i);
bool alarm_hidden(const struct alarm *a); /* shelved, suppressed or out of service */

/* Moves the state only (the table); the caller has set active, latch and what applies (shelf, service, inhibited)
 * before. 0 when it moved; 1 when it stays (raised again while unacked or hidden: it counts; restored; a comment);
 * -EALREADY (acknowledged before, not shelved), -EBUSY (reset while the condition holds, shelve out of service),
 * -EPERM (life safety), -EINVAL when it cannot. */
int alarm_move(struct alarm *a, enum alarm_input input);

/* The clock was wrong when these were stamped: all times of the alarm as they should have been. */
void alarm_shift(struct alarm *a, const struct clock_shifts *shifts);

void alarm_spell_fini(struct alarm_spell *s);
void alarm_spell_set(struct alarm_spell *s, const struct alarm_spell *as); /* deep copy; NULL: off */
void alarm_set_text(char **slot, const char *text);                        /* replaces the owned copy */

void alarm_fini(struct alarm *a);
void alarm_copy(const struct alarm *from, struct alarm *ret_copy); /* deep */
void alarm_transition_fini(struct alarm_transition *t);
void alarm_effects_add(struct alarm_effects *e, const struct alarm_transition *t); /* deep copy */
void alarm_effects_clear(struct alarm_effects *e); /* frees the transitions, keeps the room */
void alarm_effects_fini(struct alarm_effects *e);
