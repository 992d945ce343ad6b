/* watcher_keep.h: what of a watcher outlives a restart: its alarm, and since when each of its delays runs. Pure; private to
 * the evaluator.
 *
 * Invariant: what is kept is the moment in which a delay began, never how much of it is left; so a clock that was set in
 * between moves nothing, and the outage counts. */
#pragma once

#include "alarm/watcher.h"

/* The alarm goes on where it was; nothing is decided until its condition is known. */
void watcher_keep_alarm(struct watcher_world *world, struct watcher *w, struct alarm *a);

/* What is saved of the delays that run: one since when for each kind. False: nothing of that kind runs. The same
 * numbers as enum evaluator_delay_kind. */
enum watcher_keep_kind {
	WATCHER_KEEP_ON_DELAY,
	WATCHER_KEEP_OFF_DELAY,
	WATCHER_KEEP_CONDITION, /* of the built-in condition */
	WATCHER_KEEP_INSIDE,    /* beside it: somebody is inside */
	WATCHER_KEEP_CALLED,    /* beside it: the alarm key was pressed */
	WATCHER_KEEP_REALARM,   /* acknowledged; told again when that is long ago */
	WATCHER_KEEP_ACTIVE, /* the condition holds, and no transition says so: out of the way, or not often enough yet */
	WATCHER_KEEP_TOLD,   /* an event was told; those that follow soon are the same */
	WATCHER_KEEP_OPENED,   /* it is open; its priority rises with time */
	WATCHER_KEEP_OVER,     /* out of the way, and the condition does not hold any more: no transition said so */
	WATCHER_KEEP_OTHERS,   /* not a watcher's */
	WATCHER_KEEP_STOPPED,  /* the delay stands still since then: nobody knows whether its condition holds */
	WATCHER_KEEP_PARDONED, /* until its condition has been over it says nothing */
	WATCHER_KEEP_KINDS,
	WATCHER_KEEP_TIMES = 100, /* and on: n in t, each moment that counts */
};
#define WATCHER_KEEP_TIMES_MAX 1000
bool watcher_keep_since(const struct watcher *w, enum watcher_keep_kind kind, int64_t now_us, int64_t *ret_since_us);
/* In any order, after the alarm. */
void watcher_keep_restore(struct watcher_world *world, struct watcher *w, enum watcher_keep_kind kind,
			  int64_t since_us);
