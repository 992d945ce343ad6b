#include "store/recorder.h"

#include <errno.h>

#include "base/clock.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"

#define COMMIT_EVERY     (10 * S)
#define KEEP             (60 * DAY)
#define PRUNE_PACE       10 /* times as fast as time passes: a wall clock that jumps ahead takes little with it */
#define REOPEN_AFTER     (60 * S)
#define STEP_SAMPLES     512
#define CHECKPOINT_PAGES 512

struct recorder {
	struct recorder_setup setup;
	struct history *history;     /* NULL: closed after a failure */
	struct history_names *names; /* in force; NULL: none yet */
	int64_t now_us;              /* of the call in work */
	int64_t commit_at_us, reopen_at_us;
	bool more;                                          /* samples were left in the queue */
	bool prune;                                         /* after a commit, until nothing old is left */
	int64_t prune_from_ms, prune_before_ms, planned_us; /* planned_us: when; 0: not yet */
	struct complaint complaint;
};

int recorder_open(const char *path, struct history **ret_history, struct str_buf *what)
{
	_cleanup_str_buf_ struct str_buf name = { 0 };
	int r = history_open(path, ret_history, what);

	if (r != -EUCLEAN)
		return r;
	r = database_set_aside(path, clock_wall_us(), &name);
	if (r < 0)
		return r;
	str_buf_printf(what, ": damaged; kept as %s, a new one is begun", name.text);
	return history_open(path, ret_history, what);
}

/* ---- failures ---- */

static void fail(struct recorder *r, int error)
{
	_cleanup_str_buf_ struct str_buf why = { 0 }, name = { 0 };

	database_trouble(r->history->db, &why);
	complain_as(&r->complaint, LOGID_SAMPLES_DROPPED, LOG_ABOUT(.file = r->setup.path),
		    "store: %s: samples are dropped until it works again", why.text);
	r->setup.counters->history_dropped += r->history->rows;
	history_close(steal(&r->history));
	if (error == -EUCLEAN && database_set_aside(r->setup.path, clock_wall_us(), &name) == 0)
		log_event(LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = r->setup.path),
			  "store: history.db is damaged; kept as %s, a new one is begun", name.text);
	r->reopen_at_us = r->now_us + REOPEN_AFTER;
	r->prune = false;
}

static void reopen(struct recorder *r)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	int error = recorder_open(r->setup.path, &r->history, &what);

	r->reopen_at_us = r->now_us + REOPEN_AFTER;
	if (error < 0) {
		complain_as(&r->complaint, LOGID_SAMPLES_DROPPED, LOG_ABOUT(.file = r->setup.path),
			    "store: %s: samples are dropped until it works again", str_buf_text(&what));
		return;
	}
	if (what.len)
		log_event(LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = r->setup.path), "store: %s", what.text);
	if (r->names)
		error = history_name_points(r->history, r->names);
	if (error < 0)
		fail(r, error);
	else
		complain_resolved_as(&r->complaint, LOGID_SAMPLES_KEPT, LOG_ABOUT(.file = r->setup.path),
				     "store: history is written again");
}

/* ---- samples ---- */

static void take_names(struct recorder *r, struct history_names *names)
{
	int error = 0;

	history_names_free(r->names);
	r->names = names;
	if (r->history)
		error = history_name_points(r->history, names);
	if (error < 0)
		fail(r, error);
}

static void take_sample(struct recorder *r, const struct history_sample *sample)
{
	int error = r->history ? history_add(r->history, sample) : -EIO;

	if (error == 0)
		return;
	r->setup.counters->history_dropped++;
	if (r->history && error != -EINVAL)
		fail(r, error);
}

static void take_items(struct recorder *r)
{
	struct recorder_item item;
	size_t taken = 0;

	while (taken < STEP_SAMPLES && queue_pop(r->setup.samples, &item)) {
		taken++;
		if (item.names)
			take_names(r, item.names);
		else
			take_sample(r, &item.sample);
		history_sample_fini(&item.sample);
	}
	r->more = taken == STEP_SAMPLES;
}

/* From where the pruning goes on: where it was, or from the oldest sample after a gap (the box was off). */
static int64_t prune_base(const struct recorder *r, int64_t oldest_ms)
{
	bool gap = oldest_ms < r->prune_before_ms || oldest_ms - r->prune_before_ms > DAY / MS;

	return gap ? oldest_ms : r->prune_before_ms;
}

/* What is too old by the wall clock, but no more of it than time has passed: after a jump by years the clock may be set
 * right again before much is gone. Samples of before the clock was ever set say nothing of their age: they stay. */
static int plan_prune(struct recorder *r, struct clock_now now)
{
	int64_t from_us = now.wall_us >= CLOCK_ERA_US ? CLOCK_ERA_US : 0, oldest_ms;
	int64_t passed_us = r->planned_us ? now.mono_us - r->planned_us : COMMIT_EVERY;
	int64_t before_ms = (now.wall_us - KEEP) / MS;
	int error = history_oldest(r->history, from_us / MS, &oldest_ms);

	if (error < 0)
		return error;
	r->planned_us = now.mono_us;
	r->prune_from_ms = from_us / MS;
	if (oldest_ms < before_ms)
		before_ms = MIN(before_ms, prune_base(r, oldest_ms) + PRUNE_PACE * passed_us / MS);
	r->prune_before_ms = before_ms;
	return 0;
}

static void commit(struct recorder *r, struct clock_now now)
{
	uint64_t rows;
	int error = history_commit(r->history, &rows);

	if (error < 0) {
		fail(r, error);
		return;
	}
	r->setup.counters->history_rows += rows;
	r->prune = true;
	error = plan_prune(r, now);
	if (error < 0)
		fail(r, error);
}

/* Between two transactions of samples, which meanwhile wait in their queue; not beyond a quarter of it. */
static void prune_step(struct recorder *r)
{
	int more = history_prune(r->history, r->prune_from_ms, r->prune_before_ms);

	r->prune = more > 0 && queue_len(r->setup.samples) < queue_capacity(r->setup.samples) / 4;
	if (more == 0 && r->history->db->wal_pages >= CHECKPOINT_PAGES)
		more = database_checkpoint(r->history->db);
	if (more == 0)
		more = database_vacuum(r->history->db);
	if (more < 0 && more != -EBUSY)
		fail(r, more);
}

void recorder_work(struct recorder *r, struct clock_now now)
{
	bool was_open = r->history && r->history->open;

	r->now_us = now.mono_us;
	if (!r->history && now.mono_us >= r->reopen_at_us)
		reopen(r);
	if (was_open && now.mono_us >= r->commit_at_us)
		commit(r, now);
	if (r->history && r->prune && !r->history->open)
		prune_step(r);
	else
		take_items(r);
	if (!was_open && r->history && r->history->open)
		r->commit_at_us = now.mono_us + COMMIT_EVERY;
}

int64_t recorder_due(const struct recorder *r)
{
	bool open = r->history && r->history->open;

	if (r->more || (r->history && r->prune && !open))
		return 0;
	return open ? r->commit_at_us : INT64_MAX;
}

/* ---- life ---- */

struct recorder *recorder_new(const struct recorder_setup *setup)
{
	struct recorder *r = MEM_NEW(struct recorder);

	r->setup = *setup;
	r->history = setup->history;
	return r;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	do
		take_items(r);
	while (r->more);
	if (r->history)
		commit(r, clock_now());
	history_close(r->history);
	history_names_free(r->names);
	free(r);
}
