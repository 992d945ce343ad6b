/* crier.h: people are told: alarms climb their ladders here, notifier plugins carry the messages, the page shows them.
 * Main thread.
 *
 *   outflow.c (each transition) ─► ladder_book (who, when) ─► notifier plugin ─► notified ─► ladder_book, audit, store
 *                                                          '─► sounder.c: sirens and lamps
 *
 * Without a contact in the configuration there is nothing to climb for: nothing happens. */
#pragma once

#include "alarm/evaluator.h"
#include "alarm/ladder_ahead.h"
#include "alarm/ladder_book.h"
#include "conf/conf.h"

struct crier;
struct live;

struct crier *crier_new(struct live *l);
void crier_free(struct crier *c);

/* What the store kept, after the alarms; then, once: all open alarms are looked at. */
void crier_restore(struct crier *c, const struct ladder_run *run);
void crier_begin(struct crier *c);
/* After a reload: contacts, rosters and ladders are those of the configuration of now. */
void crier_rebind(struct crier *c);

/* An alarm has changed; what comes of it is done by crier_go, when that is on its way into the store. */
void crier_note(struct crier *c, const char *alarm);
void crier_go(struct crier *c);
void crier_tick(struct crier *c, struct clock_now now); /* once a second, before the turn is settled */
/* A notifier's answer; text may be NULL, notifier not. */
void crier_notified(struct crier *c, const struct ladder_answer *answer);
void crier_lost(struct crier *c, const char *notifier);  /* it has ended */
void crier_ready(struct crier *c, const char *notifier); /* it can work (again) */

/* What people do at the things themselves (touch.h): a point changed; then, when readings are applied, what comes of it goes
 * into the live effects. And what came of sirens and lamps. */
void crier_point(struct crier *c, const struct point *p, unsigned change);
void crier_settle(struct crier *c);

/* Somebody can be told: a page is open, or a contact's notifier works. */
bool crier_reaches(const struct crier *c);

/* For a replay too: an empty book; the ladder of the alarm's rule, or NULL; carries rises out, and forgets them. */
struct ladder_book *crier_new_book(const struct conf *conf);
const char *crier_ladder_of(const struct conf *conf, const struct alarm *a);
void crier_rise(struct ladder_effects *e, struct evaluator *evaluator, struct clock_now now, struct alarm_effects *out);

const struct ladder_run *crier_run(const struct crier *c, const char *alarm); /* or NULL */
/* Who is told next of it, when everybody leaves it alone; false: nobody. */
bool crier_ahead(struct crier *c, const char *alarm, struct ladder_ahead *ret_ahead);
