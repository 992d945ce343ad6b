/* recorder_files.c: the files of the recorder: opened, closed when they fail, opened again; the ring made into chunks once an
 * hour; what is old taken away. See recorder.h. */
#include "store/recorder_inside.h"

#include <errno.h>

#include "base/log.h"
#include "store/ballast.h"
#include "store/history_mend.h"

#define REOPEN_AFTER     (60 * S)
#define RETRY_AFTER      (10 * S)
#define CHECKPOINT_PAGES 256 /* 4 MiB */
#define UPKEEP_EVERY     (10 * MINUTE)
#define POINT_BYTES      16384
#define RENEW_EVERY      HOUR /* a file that is damaged again before that is damaged by the disk */
#define RING_FAULTS_MAX  2

/* ---- open, close ---- */

void recorder_files_close(struct recorder *r)
{
	days_fini(&r->days);
	retention_fini(&r->retention);
	ring_close(steal(&r->ring));
	history_close(steal(&r->history));
	r->pass_up_to = 0;
	r->reopen_at_us = r->now.mono_us + REOPEN_AFTER;
	recorder_forget_numbers(r); /* the next file may give other numbers */
}

static bool may_renew(const struct recorder *r, int64_t last_us)
{
	return !last_us || r->now.mono_us - last_us >= RENEW_EVERY;
}

/* Made anew at once; but not over and over again: what it was before is kept only twice. */
static void note_damage(struct recorder *r)
{
	r->damaged = true;
	if (may_renew(r, r->renewed_at_us))
		r->reopen_at_us = r->now.mono_us;
}

void recorder_files_fail(struct recorder *r, int error)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };

	if (r->history && error != -EBADMSG)
		database_trouble(r->history->db, &why);
	complain_as(&r->complaint, error == -ENOSPC ? LOGID_DISK_FULL : LOGID_SAMPLES_DROPPED,
		    LOG_ABOUT(.file = r->setup.path), "store: history: %s: samples are dropped until it works again",
		    why.len ? why.text : strerror(-error));
	r->setup.counters->history_faulty = true;
	recorder_drop_items(r);
	recorder_files_close(r);
	if (error == -EUCLEAN)
		note_damage(r);
}

/* Of a new one: room for two hours and more of all points at 1 Hz; less where the disk is small. */
static size_t ring_size(const struct recorder *r, const char *path)
{
	int64_t least = (int64_t)RING_SIZE / 16;
	int64_t most = CLAMP((int64_t)r->names->count * POINT_BYTES, least, (int64_t)RING_SIZE);
	int64_t share = ballast_share(path, most, least);

	return (size_t)MAX(share, least) / RING_BLOCK * RING_BLOCK;
}

static void note_renewed(struct recorder *r, const char *path, const char *what)
{
	r->setup.counters->set_aside++;
	log_event(LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = path), "store: %s", what);
}

/* The disk fails where the ring stands: another one may stand where it does not. What was not in chunks yet goes with it. */
static int renew_ring(struct recorder *r, const struct ring_setup *setup)
{
	_cleanup_str_buf_ struct str_buf name = { 0 }, what = { 0 };
	int error = database_set_aside(setup->path, r->now.wall_us, &name);

	if (error < 0)
		return error;
	r->ring_renewed_at_us = r->now.mono_us;
	r->ring_faults = 0;
	str_buf_printf(&what, "%s: the disk fails there; kept as %s, a new one is begun", setup->path, name.text);
	note_renewed(r, setup->path, what.text);
	return ring_open(setup, &r->ring);
}

static int open_ring_file(struct recorder *r, const struct ring_setup *setup)
{
	bool may = may_renew(r, r->ring_renewed_at_us);
	int error = r->ring_faults >= RING_FAULTS_MAX && may ? -EIO : ring_open(setup, &r->ring);

	return error == -EIO && may ? renew_ring(r, setup) : error;
}

static int open_ring(struct recorder *r)
{
	_cleanup_(freep) char *path = recorder_ring_path(r->setup.path);
	struct ring_setup setup = { .path = path,
				    .way = RING_WRITER,
				    .size = ring_size(r, path),
				    .key = r->history->key,
				    /* A pass goes on where it was: what comes now must not be taken for its own. */
				    .given = r->history->progress.passing,
				    .released = r->history->progress.released };
	int error = days_init(&r->days, r->history);

	if (error == 0)
		error = retention_init(&r->retention, r->history);
	if (error == 0)
		error = open_ring_file(r, &setup);
	if (error < 0)
		return error;
	if (r->plan)
		r->retention.keeping = &r->plan->keeping;
	r->pass = (struct pass){ .history = r->history, .ring = r->ring };
	if (r->ring->missing)
		log_warning("store: %s: %llu records of a minute each are missing", path,
			    (unsigned long long)r->ring->missing);
	/* What was staged before the last end is made into chunks when its hour is over, like any other. */
	return 0;
}

/* A try that fails counts too, or it would be made over and over again; but a full disk is waited for. */
static int renew_history(struct recorder *r, struct str_buf *what)
{
	int error = history_mend_open(r->setup.path, HISTORY_MEND_ANYWAY, &r->history, what);

	if (error != -ENOSPC)
		r->renewed_at_us = r->now.mono_us;
	if (error > 0)
		note_renewed(r, r->setup.path, what->text);
	return MIN(error, 0);
}

static int open_history(struct recorder *r, struct str_buf *what)
{
	bool may = may_renew(r, r->renewed_at_us);
	int error;

	if (r->history)
		return 0;
	if (r->damaged && may)
		error = -EUCLEAN;
	else
		error = history_mend_open(r->setup.path, HISTORY_MEND_NEVER, &r->history, what);
	if (error == -EUCLEAN && may)
		error = renew_history(r, what);
	if (error == 0)
		r->damaged = false;
	return error;
}

void recorder_files_reopen(struct recorder *r)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	int error = open_history(r, &what);

	r->reopen_at_us = r->now.mono_us + REOPEN_AFTER;
	if (error == 0)
		error = open_ring(r);
	if (error < 0) {
		complain_as(&r->complaint, error == -ENOSPC ? LOGID_DISK_FULL : LOGID_SAMPLES_DROPPED,
			    LOG_ABOUT(.file = r->setup.path),
			    "store: history: %s: samples are dropped until it works again",
			    what.len ? what.text : strerror(-error));
		r->setup.counters->history_faulty = true;
		recorder_files_close(r);
		if (error == -EUCLEAN)
			note_damage(r);
		return;
	}
	r->setup.counters->history_faulty = false;
	complain_resolved_as(&r->complaint, LOGID_SAMPLES_KEPT, LOG_ABOUT(.file = r->setup.path),
			     "store: history is written again");
}

/* ---- steps ---- */

void recorder_files_want_pass(struct recorder *r)
{
	if (r->ring && r->ring->count)
		r->pass_up_to = r->ring->last_seq;
}

static void pass_step_of(struct recorder *r)
{
	int error;

	r->pass.now_ms = r->now.wall_us / MS;
	error = pass_begin(&r->pass, r->pass_up_to);
	error = error == 0 ? pass_step(&r->pass) : error;
	if (error == 0 || error == -ENOENT) {
		r->pass_up_to = 0;
		if (r->pass.damaged)
			log_warning("store: history: %llu pieces of the ring were damaged and are left out",
				    (unsigned long long)r->pass.damaged);
		r->pass.damaged = 0;
		error = database_checkpoint(r->history->db);
	}
	if (error == -ENOSPC || error == -EBUSY)
		r->pass_at_us = r->now.mono_us + RETRY_AFTER; /* the ring keeps them meanwhile */
	else if (error < 0)
		recorder_files_fail(r, error);
}

/* Hours before this one will get no more chunks but for what comes late. */
static int64_t chunked_before(const struct recorder *r)
{
	int64_t hour = recorder_hour_now(r);

	for (size_t i = 0; i < r->ring->count; i++)
		hour = MIN(hour, r->ring->records[i].min_ms / HISTORY_HOUR_MS);
	return hour;
}

static bool can_keep_up(const struct recorder *r)
{
	return queue_len(r->setup.samples) < queue_capacity(r->setup.samples) / 4;
}

/* One small step; when there is none left, not again for a while. */
static void upkeep_step(struct recorder *r)
{
	struct days_limits limits = { .now = recorder_hour_now(r), .chunked_before = chunked_before(r) };
	int more = days_step(&r->days, &limits);

	if (more == 0)
		more = retention_step(&r->retention, r->now);
	if (more == 0) {
		r->upkeep_at_us = r->now.mono_us + UPKEEP_EVERY;
		more = database_vacuum(r->history->db);
	}
	if (more >= 0 && r->history->db->wal_pages >= CHECKPOINT_PAGES)
		more = database_checkpoint(r->history->db);
	if (more == -ENOSPC || more == -EBUSY)
		r->upkeep_at_us = r->now.mono_us + RETRY_AFTER;
	else if (more < 0)
		recorder_files_fail(r, more);
}

static bool is_pass_due(const struct recorder *r)
{
	return r->ring && r->pass_up_to && !r->more && r->now.mono_us >= r->pass_at_us;
}

static bool is_upkeep_due(const struct recorder *r)
{
	return r->ring && !r->pass_up_to && r->now.mono_us >= r->upkeep_at_us && can_keep_up(r);
}

bool recorder_files_due(const struct recorder *r)
{
	return is_pass_due(r) || is_upkeep_due(r);
}

void recorder_files_step(struct recorder *r)
{
	if (r->ring && r->history->progress.passing && !r->pass_up_to)
		r->pass_up_to = r->history->progress.passing; /* one that the last end has cut off */
	if (is_pass_due(r))
		pass_step_of(r);
	else if (is_upkeep_due(r))
		upkeep_step(r);
}
