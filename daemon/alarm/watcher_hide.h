/* watcher_hide.h: an alarm out of the way: shelved, suppressed, out of service; and devices in test. Pure; private to the
 * evaluator.
 *
 * Invariant: what applies (shelf, service, inhibited) is looked up before every move; a state that nothing stands for any
 * more is left at the next review, at the latest when the watcher is due. */
#pragma once

#include "alarm/watcher.h"

/* What applies now, set in its alarm. */
void watcher_hide_mark(struct watcher_world *world, struct watcher *w);
/* After a move: forgets what applied to the state before. */
void watcher_hide_tidy(struct alarm *a);
/* Suppresses it, or takes it out of where nothing keeps it any more. */
void watcher_hide_review(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn);
/* Monotonic: when it has to be reviewed; 0: at once. */
int64_t watcher_hide_due(const struct watcher *w);
/* Its way out, by a person (who) or by itself (NULL): input is UNSHELVE, RELEASE or SERVICE. */
int watcher_hide_leave(struct watcher_world *world, struct watcher *w, const struct watcher_word *word,
		       const struct watcher_turn *turn);
/* Its device is out of service from now on. 0, -EPERM (life safety), -EINVAL (nothing to take out). */
int watcher_hide_remove(struct watcher_world *world, struct watcher *w, const struct watcher_word *word,
			const struct watcher_turn *turn);

bool watcher_hide_in_test(const struct watcher_world *world, const struct watcher *w);
/* It came in test, or who has acknowledged it: its device's way is proven. */
void watcher_hide_proven(struct watcher_world *world, struct watcher *w, const char *who,
			 const struct watcher_turn *turn);
/* The test mode is over and its condition still holds: it is real. */
void watcher_hide_test_over(struct watcher_world *world, struct watcher *w, const struct watcher_turn *turn);
