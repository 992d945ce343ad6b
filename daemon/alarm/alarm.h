/* alarm.h: one alarm and its state machine (ISA-18.2 / IEC 62682). Pure: time is an argument, effects are returned.
 *
 *            raised             ack (holds)           returned
 *   normal ---------> unacked -------------> acked -------------> normal
 *                      |   ^  \                                   (latched, where the alarm latches)
 *             returned |   |   ack (an event, over already): normal, or latched
 *                      v   | raised
 *                    rtn_unacked ---ack---> normal, or latched
 *
 *   latched --reset--> normal         acked, rtn_unacked, latched --raised--> unacked (it needs a look again)
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
 * - shelved, suppressed and out_of_service have no way in or out yet. */
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
};

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

struct alarm {
	char *id, *rule, *asset, *place; /* owned; id is "rule/asset" */
	enum alarm_state state;
	int priority, stage;
	bool latch, life_safety, test;
	bool active;        /* the live condition, after its delays; false for an event */
	int64_t since_us;   /* wall: when it was raised */
	int64_t changed_us; /* wall: last transition */
	uint32_t count;     /* times raised since it was last normal */
	struct alarm_reason reason;
	char *text_zh, *text_en, *guidance_zh, *guidance_en; /* rendered when raised */
	char *ack_by, *ack_note;                             /* NULL until then */
	int64_t acked_us;
};

/* A transition: the alarm as it is after it, and why. Owns its copy; freed with transition_fini. */
struct alarm_transition {
	struct alarm alarm;
	enum alarm_state from;
	enum alarm_input input;
	struct clock_now at;
	char *who, *note; /* of a person's input; NULL else */
};

/* What an input did; a list that grows. Owned by the caller. */
struct alarm_effects {
	struct alarm_transition *transitions;
	size_t count, room;
};

const char *alarm_state_name(
	enum alarm_state s); /* normal unacked acked rtn_unacked latched shelved suppressed out_of_service */
int alarm_state_parse(const char *name, enum alarm_state *ret_state);
const char *alarm_input_name(enum alarm_input i); /* raised returned ack reset restored */

/* Moves the state only (the table); the caller has set active and latch before. 0 when it moved; 1 when it stays
 * (raised again while unacked: it counts; restored); -EALREADY (acknowledged before), -EBUSY (reset while the condition
 * holds), -EINVAL when it cannot. */
int alarm_move(struct alarm *a, enum alarm_input input);

/* The clock was wrong when these were stamped: all times of the alarm as they should have been. */
void alarm_shift(struct alarm *a, const struct clock_shifts *shifts);

void alarm_fini(struct alarm *a);
void alarm_copy(const struct alarm *from, struct alarm *ret_copy); /* deep */
void alarm_transition_fini(struct alarm_transition *t);
void alarm_effects_add(struct alarm_effects *e, const struct alarm_transition *t); /* deep copy */
void alarm_effects_clear(struct alarm_effects *e); /* frees the transitions, keeps the room */
void alarm_effects_fini(struct alarm_effects *e);
