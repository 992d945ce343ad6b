/* ladder_book.h: who is to be told of which alarm now: all alarms on their ladders. Pure: time is an argument, what is to
 * be done comes back as data. Owned by the caller; never logs.
 *
 * - An alarm that needs a look climbs: each step tells one contact of each duty that it names (contact.h), or all; sirens
 *   and lamps always all. It stops with the acknowledgement, and out of the way; needing a look again, it begins at the foot.
 * - A call that fails goes on to the next contact of the duty at once; a step that reached nobody is followed by the next
 *   step at once; a round that reached nobody by another after a minute, off duty or not where it protects life. What does
 *   not protect life is tried a minute later each time, after ten at most, until somebody is told.
 * - What is over and nobody has to look at, and what is normal: everybody who was told gets the all-clear.
 * - What protects life, and priority 1, goes at once, alone, never held by a rate. The others of one building wait for
 *   GROUP_WAIT and go to a contact as one message, at most one in GROUP_EVERY; what a rate holds goes in order of priority.
 *   A message that could not be handed over does not count.
 * - A notifier that is back is used at once for what waits.
 * - What is silent is told to nobody who would be heard or seen (a siren, a lamp: a contact with an output).
 * - Priority 1 has an arrival clock that an acknowledgement does not stop: nobody there in time is told to the supervisor,
 *   once a minute until one is reached, off duty or not where it protects life.
 * - Delays are elapsed time. What was sent and not answered when estated ended is sent again: twice rather than never.
 *
 * The page (a contact without notifier) is told by the caller as any other; his answer says whether somebody looks at it. So
 * are sirens and lamps; that one sounds is no reason to believe that somebody was told. */
#pragma once

#include "alarm/alarm.h"
#include "alarm/ladder_run.h"
#include "alarm/rule.h"
#include "model/contact.h"
#include "model/ladder.h"

#define LADDER_BOOK_GROUP_WAIT  (30 * S)
#define LADDER_BOOK_GROUP_EVERY (5 * MINUTE)
#define LADDER_BOOK_GROUP_MAX   200
#define LADDER_BOOK_ANSWER      MINUTE   /* without an answer for so long a call has failed */
#define LADDER_BOOK_ANSWER_LIFE (20 * S) /* where it protects life */
#define LADDER_BOOK_PATIENCE    (15 * S) /* for a notifier that is still starting */
#define LADDER_BOOK_RETRY       MINUTE   /* nobody was told: once more */
#define LADDER_BOOK_HURRY       (5 * S)  /* an alarm tries again for a notifier that is back at most so often */
#define LADDER_BOOK_CLEAR_TRIES 3
#define LADDER_BOOK_ARRIVE      (10 * MINUTE) /* priority 1: somebody is there by then, acknowledged or not */
#define LADDER_BOOK_LATE_DUTY   "supervisor"  /* who is told that nobody is; of step 0 */

struct ladder_book_setup { /* all lent */
	const struct ladder *ladders;
	size_t ladder_count;
	struct contact_list people;
	const struct rule *rules; /* which of them are silent; NULL: none */
	size_t rule_count;
};

struct ladder_book;

/* A call that goes out now. */
struct ladder_line {
	char *alarm; /* owned */
	unsigned step;
	int priority;
};
struct ladder_message {
	uint64_t id;
	const struct contact *contact;
	bool clear;
	struct ladder_line lines[LADDER_BOOK_GROUP_MAX]; /* the most urgent one first */
	size_t line_count;
};
/* What became of a call; contact "": nobody has one of the duties of the step. For the record. */
struct ladder_word {
	char *alarm; /* owned */
	char contact[LADDER_RUN_ID_MAX], duty[LADDER_RUN_ID_MAX], text[LADDER_RUN_TEXT_MAX];
	unsigned step;
	bool clear, delivered;
};
/* A step has made the alarm more urgent. */
struct ladder_rise {
	char *alarm; /* owned */
	int priority;
};
struct ladder_effects {
	struct ladder_message *messages;
	struct ladder_word *words;
	struct ladder_rise *rises;
	size_t message_count, word_count, rise_count;
};
void ladder_book_effects_fini(struct ladder_effects *e);

struct ladder_turn {
	struct clock_now now;
	bool clock_known; /* the time of day can be believed */
	struct ladder_effects *out;
};

struct ladder_book *ladder_book_new(const struct ladder_book_setup *setup);
void ladder_book_free(struct ladder_book *b);
UTIL_DEFINE_CLEANUP(struct ladder_book *, ladder_book_free);

/* The alarm is so now, after a transition or a restart; ladder: its rule's, or NULL. Saying it again does nothing. */
void ladder_book_alarm(struct ladder_book *b, const struct alarm *a, const char *ladder,
		       const struct ladder_turn *turn);
/* Steps, calls and answers that are due. */
void ladder_book_tick(struct ladder_book *b, const struct ladder_turn *turn);
/* Monotonic time of the next of them; INT64_MAX: none. */
int64_t ladder_book_due(const struct ladder_book *b);

/* What became of a message; text may be NULL. One that nobody waits for is ignored. */
struct ladder_answer {
	uint64_t message;
	bool ok;
	bool unsent; /* it was never handed over */
	const char *text;
	const char *notifier; /* whose word it is: another one's counts for nothing; NULL: the caller's own */
};
void ladder_book_answer(struct ladder_book *b, const struct ladder_answer *a, const struct ladder_turn *turn);
/* It could not be handed over yet: it waits, for LADDER_BOOK_PATIENCE since it was to be. */
void ladder_book_later(struct ladder_book *b, const struct ladder_answer *a, const struct ladder_turn *turn);
/* A notifier has ended: what it was given and has not answered has failed. */
void ladder_book_lost(struct ladder_book *b, const char *notifier, const char *text, const struct ladder_turn *turn);
/* A notifier is there again: what waits for another try has it now. */
void ladder_book_ready(struct ladder_book *b, const char *notifier, const struct ladder_turn *turn);

/* Takes what was kept. After the last, each open alarm is said by ladder_book_alarm, then the rest ends. */
void ladder_book_restore(struct ladder_book *b, struct ladder_run *run);
void ladder_book_end_strangers(struct ladder_book *b, const struct ladder_turn *turn);
/* After a reload: all of from goes on in to. What another notifier has to say now is said by that one. */
void ladder_book_carry(struct ladder_book *to, struct ladder_book *from);

const struct ladder_run *ladder_book_find(const struct ladder_book *b, const char *alarm); /* or NULL */
const struct ladder_run *ladder_book_next(const struct ladder_book *b, size_t *position);  /* walk; NULL at the end */

/* What has to be saved: the next alarm whose run changed, with the run, or NULL where it is gone; NULL: no more. */
const char *ladder_book_next_change(const struct ladder_book *b, size_t *position, const struct ladder_run **ret_run);
void ladder_book_saved(struct ladder_book *b); /* all of them */
