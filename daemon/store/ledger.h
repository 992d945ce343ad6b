/* ledger.h: what a transaction of state.db writes down beside its tables: the audit's records of what it does, and the bounds
 * of the outbox. All within the transaction of the caller. Store thread. */
#pragma once

#include "store/state.h"

/* Transitions, modes and the caller's own records of a commit. */
int ledger_commit(struct state *s, const struct store_op *op);
/* After its messages were queued: what is over the bytes of its uplinks goes. Reports the lanes in op. */
int ledger_trim(struct state *s, struct store_op *op);
/* The lane is delivered up to op->seq. Alarms are recorded each time, other messages at most once a minute: a record says
 * from where to where, and none is left out. */
int ledger_delivered(struct state *s, const struct store_op *op);
int ledger_aside(struct state *s, struct store_op *op);
int ledger_clock(struct state *s, const struct store_op *op);

/* Outside of a transaction: is a step due of what is too old or too much? Then within one: 1: something went and more may;
 * 0; -errno. */
bool ledger_due(const struct state *s, int64_t mono_us);
int ledger_sweep(struct state *s, struct clock_now now);
/* What was dropped is no news any more. */
void ledger_calm(struct state *s, int64_t mono_us);
/* At start: what audit.head tells is compared with what is there. */
int ledger_open(struct state *s);
