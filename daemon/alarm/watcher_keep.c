#include "alarm/watcher_keep.h"

#include "alarm/inhibit.h"
#include "base/str.h"

/* What is told from outside goes on as it was: whoever tells it speaks of changes only, and may have none for days. */
static void go_on(struct watcher *w)
{
	if (w->told)
		w->told->active = w->active != (w->hold.state == HOLD_WAITING);
}

void watcher_keep_alarm(struct watcher_world *world, struct watcher *w, struct alarm *a)
{
	bool was_active = a->state == ALARM_UNACKED || a->state == ALARM_ACKED;

	/* The state says whether it held; only where events and lasting values mix, or where it was out of the way, must
	 * the alarm itself say: as it was then. What came of it since is kept with the delays (ACTIVE, OVER). */
	if (!w->reads_states)
		a->active = false;
	else if (!alarm_hidden(a) && (!w->reads_events || !was_active))
		a->active = was_active;
	a->latch = watcher_latches(w);
	a->life_safety = watcher_protects_life(w);
	w->alarm = a;
	w->active = a->active;
	w->pending = true;
	w->quiet = w->excuse && a->state == ALARM_SUPPRESSED && str_equal(a->suppressed_by, w->rule->suppressed_when);
	a->inhibited = w->quiet; /* whether another one explains it is looked at when all are there */
	go_on(w);
	watcher_count(w);
	inhibit_note(w);
	watcher_schedule(world, w); /* it may have to leave where it is */
}

static bool time_delay(const struct watcher *w, size_t i, int64_t now_us, int64_t *ret_since_us)
{
	if (!w->times_us || i >= (size_t)w->rule->times || !watcher_time_counts(w, i, now_us))
		return false;
	*ret_since_us = w->times_us[i];
	return true;
}

bool watcher_keep_since(const struct watcher *w, enum watcher_keep_kind kind, int64_t now_us, int64_t *ret_since_us)
{
	struct lift_kept kept;

	switch (kind) {
	case WATCHER_KEEP_TOLD:
		*ret_since_us = w->told_us;
		return watcher_merge_due(w) > now_us && w->told_us <= now_us;
	case WATCHER_KEEP_OPENED: *ret_since_us = w->opened_us; return watcher_rise_runs(w);
	case WATCHER_KEEP_ON_DELAY:
	case WATCHER_KEEP_OFF_DELAY:
		*ret_since_us = w->hold.since_us;
		return w->hold.state == HOLD_WAITING && w->active == (kind == WATCHER_KEEP_OFF_DELAY);
	case WATCHER_KEEP_STOPPED:
		*ret_since_us = w->hold.stopped_us;
		return w->hold.state == HOLD_WAITING && w->hold.stopped;
	case WATCHER_KEEP_PARDONED: *ret_since_us = w->pardoned_us; return w->pardoned_us != WATCHER_NEVER;
	case WATCHER_KEEP_OTHERS: return false;
	case WATCHER_KEEP_REALARM:
		*ret_since_us = w->acked_us;
		return watcher_realarm_runs(w) && (!w->pending || w->acked_known);
	case WATCHER_KEEP_ACTIVE: *ret_since_us = w->since_us; return watcher_holds_unsaid(w);
	case WATCHER_KEEP_OVER:
		*ret_since_us = w->since_us;
		return w->alarm && !w->alarm->active && alarm_hidden(w->alarm) && w->reads_states;
	default: break;
	}
	if (kind >= WATCHER_KEEP_TIMES)
		return time_delay(w, kind - WATCHER_KEEP_TIMES, now_us, ret_since_us);
	if (!w->entrapment || !entrapment_keep(w->entrapment, now_us, &kept))
		return false;
	*ret_since_us = kept.since_us;
	return kind == WATCHER_KEEP_CONDITION || (kind == WATCHER_KEEP_INSIDE ? kept.inside : kept.called);
}

/* The rows of one delay come one by one, and say the same since: what came before is kept. */
static void restore_condition(struct watcher *w, enum watcher_keep_kind kind, int64_t since_us)
{
	struct lift_kept kept = { .since_us = since_us, .found = w->active };
	struct lift_kept so_far;

	if (entrapment_keep(w->entrapment, since_us, &so_far)) {
		kept.inside = so_far.inside;
		kept.called = so_far.called;
	}
	kept.inside |= kind == WATCHER_KEEP_INSIDE;
	kept.called |= kind == WATCHER_KEEP_CALLED;
	entrapment_restore(w->entrapment, &kept);
}

/* They come in order of their kinds, which is not that of the moments. */
static void restore_time(struct watcher *w, int64_t since_us)
{
	int times = w->times_us ? w->rule->times : 0, at = 0;

	if (!times)
		return;
	/* The ring with the newest last: drop the oldest, put it where it belongs. */
	for (int i = 1; i < times; i++)
		w->times_us[i - 1] = w->times_us[i];
	for (at = times - 1; at > 0 && w->times_us[at - 1] > since_us; at--)
		w->times_us[at] = w->times_us[at - 1];
	w->times_us[at] = since_us;
	w->times_next = 0;
}

static void restore_state(struct watcher *w, enum watcher_keep_kind kind, int64_t since_us)
{
	if (kind == WATCHER_KEEP_REALARM && w->alarm) {
		w->acked_us = since_us;
		w->acked_known = true;
	} else if (kind == WATCHER_KEEP_TOLD) {
		w->told_us = since_us;
	} else if (kind == WATCHER_KEEP_STOPPED) {
		hold_stop(&w->hold, since_us);
	} else if (kind == WATCHER_KEEP_PARDONED) {
		w->pardoned_us = since_us;
	} else if (kind == WATCHER_KEEP_OPENED) {
		w->opened_us = since_us;
	} else if (kind == WATCHER_KEEP_OVER && w->alarm && alarm_hidden(w->alarm)) {
		w->alarm->active = w->active = false;
		inhibit_note(w);
	} else if (kind == WATCHER_KEEP_ACTIVE && w->times_us && (!w->alarm || w->alarm->state == ALARM_NORMAL)) {
		w->active = w->reads_states;
		w->pending = true;
		w->since_us = since_us;
	} else if (kind == WATCHER_KEEP_ACTIVE && w->alarm && alarm_hidden(w->alarm)) {
		w->alarm->active = w->active = w->reads_states;
		w->since_us = since_us;
		inhibit_note(w);
	}
}

static void restore_hold(struct watcher *w, enum watcher_keep_kind kind, int64_t since_us)
{
	bool off = kind == WATCHER_KEEP_OFF_DELAY;

	/* An off-delay runs only while the condition holds. Of an alarm out of the way the row that says so comes later. (An
	 * on-delay may be older than its alarm: delays are saved once a second.) */
	if (off && w->alarm && alarm_hidden(w->alarm))
		w->alarm->active = w->active = w->reads_states;
	if (w->active != off)
		return;
	w->hold = (struct hold){ .state = HOLD_WAITING, .since_us = since_us };
	w->pending = true;
}

void watcher_keep_restore(struct watcher_world *world, struct watcher *w, enum watcher_keep_kind kind, int64_t since_us)
{
	if (kind >= WATCHER_KEEP_TIMES) {
		restore_time(w, since_us);
	} else if (kind >= WATCHER_KEEP_REALARM) {
		restore_state(w, kind, since_us);
	} else if (kind != WATCHER_KEEP_ON_DELAY && kind != WATCHER_KEEP_OFF_DELAY) {
		if (w->entrapment)
			restore_condition(w, kind, since_us);
	} else {
		restore_hold(w, kind, since_us);
	}
	go_on(w);
	watcher_schedule(world, w);
}
