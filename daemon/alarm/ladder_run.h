/* ladder_run.h: one alarm on its ladder: how far it has climbed, and who was told. Pure; the caller owns it.
 *
 *   climbing --acknowledged, out of the way--> stopped --needs a look again--> climbing (from the foot)
 *      any --normal, or over and nobody has to look--> clearing --everybody who was told has the all-clear--> gone
 *
 * A call is one contact told of one alarm by one step:  waiting --> sent --> delivered | failed  (a late answer of a failed
 * one still counts: failed --> delivered). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

#define LADDER_RUN_ID_MAX   64
#define LADDER_RUN_TEXT_MAX 160

enum ladder_run_state { LADDER_RUN_CLIMBING, LADDER_RUN_STOPPED, LADDER_RUN_CLEARING };
#define LADDER_RUN_STATES (LADDER_RUN_CLEARING + 1)
enum ladder_call_state { LADDER_CALL_WAITING, LADDER_CALL_SENT, LADDER_CALL_DELIVERED, LADDER_CALL_FAILED };
#define LADDER_CALL_STATES (LADDER_CALL_FAILED + 1)

struct ladder_call {
	char contact[LADDER_RUN_ID_MAX], duty[LADDER_RUN_ID_MAX];
	unsigned step; /* from 1, over all ladders that it climbed */
	unsigned round;
	bool clear; /* the all-clear, not the alarm */
	bool thing; /* to a siren or a lamp: by it nobody is known to have heard */
	enum ladder_call_state state;
	unsigned failures;
	bool again;                     /* it has been tried: it waits with no others */
	int64_t at_us;                  /* monotonic: WAITING: not before; SENT: when */
	int64_t made_us;                /* monotonic */
	int64_t tried_us;               /* monotonic: when it was to be handed over first; 0: not yet */
	int64_t done_us;                /* wall: of its outcome; 0: none yet */
	uint64_t message;               /* that it went with; 0: none yet */
	char text[LADDER_RUN_TEXT_MAX]; /* why it failed */
};

struct ladder_run {
	char *alarm, *place;     /* owned */
	char *text_zh, *text_en; /* owned: of the alarm, for an all-clear after it is forgotten; may be NULL */
	char ladder[LADDER_RUN_ID_MAX];
	enum ladder_run_state state;
	int priority;
	bool urgent; /* it protects life: it never waits */
	bool test;
	bool silent;       /* nothing may be heard or seen of it there: no siren, no lamp */
	int64_t opened_us; /* monotonic: since then it needs a look */
	int64_t began_us;  /* monotonic: its climb on this ladder */
	size_t next;       /* step of the ladder that comes next, from 0 */
	unsigned base;     /* steps of the ladders before it */
	unsigned round;    /* times it climbed anew */
	unsigned vain;     /* rounds that told nobody since it began, or since somebody was told */
	bool desperate;    /* a round told nobody: who is off duty is told too */
	int rose_to;       /* the priority that a step gave it; 0: none */
	struct ladder_call *calls;
	size_t call_count, call_room;
	int64_t awaited_us; /* monotonic: since then somebody has to arrive; 0: nobody has */
	bool late;          /* nobody has arrived in time, and that is told */
	int64_t late_us;    /* monotonic: when that was tried last; of its calls those before it count no more */
	int64_t hurried_us; /* monotonic: when it did not wait any longer, for a notifier was back; 0: never */
	bool known;         /* its alarm was said since it was restored */
	bool changed;       /* since it was saved */
};

struct ladder_run *ladder_run_new(const char *alarm);
void ladder_run_free(struct ladder_run *r);
UTIL_DEFINE_CLEANUP(struct ladder_run *, ladder_run_free);
struct ladder_run *ladder_run_copy(const struct ladder_run *r); /* deep */

#define LADDER_RUN_CALLS_MAX 256 /* further ones take the place of those of earlier rounds, else are not made */
/* The new call, or NULL: there are too many. Lent until the next one. */
struct ladder_call *ladder_run_call(struct ladder_run *r, const char *contact, const char *duty);
/* Forgets calls that tell nothing any more: all but the last of each contact's, and when it is over the failed ones. Those
 * of this round stay while it is not over: they say who was tried, and nobody is tried twice. */
void ladder_run_tidy(struct ladder_run *r);
void ladder_run_drop_waiting(struct ladder_run *r);
void ladder_run_drop_steps(struct ladder_run *r); /* what waits, but not that nobody has arrived */
void ladder_run_drop_late(struct ladder_run *r);  /* that nobody has arrived, where it was not told */
/* Whether he has been told of the alarm, as far as is known (sent counts), and not been given the all-clear. */
bool ladder_run_has_told(const struct ladder_run *r, const char *contact);

const char *ladder_run_state_name(enum ladder_run_state s);                     /* climbing stopped clearing */
const char *ladder_run_call_name(enum ladder_call_state s);                     /* waiting sent delivered failed */
int ladder_run_state_parse(const char *name, enum ladder_run_state *ret_state); /* -EINVAL */
int ladder_run_call_parse(const char *name, enum ladder_call_state *ret_state); /* -EINVAL */
