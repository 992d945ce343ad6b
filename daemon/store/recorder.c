#include "store/recorder.h"

#include <errno.h>

#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/ballast.h"
#include "store/days.h"
#include "store/history_mend.h"
#include "store/pass.h"
#include "store/retention.h"

#define REOPEN_AFTER     (60 * S)
#define RETRY_AFTER      (10 * S)
#define CHECKPOINT_PAGES 256 /* 4 MiB */
#define STEP_SAMPLES     512
#define STEP_POINTS      1024
#define UPKEEP_EVERY     (10 * MINUTE)
#define POINT_BYTES      16384
#define HOUR_GRACE       (2 * S)
#define BEAT_MS          SUMS_HOLD_MS
#define BEAT_QUIET_MS    (MINUTE / MS) /* a point that was heard of so lately needs not say that it lives */

/* The last sample of a point. */
struct recorder_last {
	uint32_t id; /* in the database; 0: not asked yet */
	uint8_t type;
	struct chunk_sample sample; /* ts_ms 0: none; a text is owned */
};

struct recorder {
	struct recorder_setup setup;
	struct history *history; /* NULL: closed after a failure */
	struct ring *ring;       /* with it */
	struct pass pass;
	struct days days;
	struct retention retention;
	struct retention_plan *plan; /* NULL: the usual one */
	int64_t upkeep_at_us;
	struct history_names *names; /* in force; NULL: none yet */
	struct recorder_last *last;  /* beside each name */
	struct stage_item *items;    /* not staged yet; point is the index of a name */
	size_t count, room;
	int64_t staged_at_us; /* when the oldest of them is to be staged */
	int64_t hour;         /* of the wall clock, when the first of them came */
	int64_t quarter;      /* of an hour: the last one that was beaten */
	size_t beaten;        /* of the points, in this quarter */
	uint64_t pass_up_to;  /* 0: no pass is wanted */
	int64_t pass_at_us;   /* not before */
	struct clock_now now; /* of the call in work */
	int64_t reopen_at_us;
	bool damaged; /* found to be so after it was opened */
	bool more;    /* samples were left in the queue */
	struct complaint complaint, full;
};

char *recorder_ring_path(const char *path)
{
	struct str_buf ring = { 0 };
	size_t len = strlen(path);

	if (len > 3 && str_equal(path + len - 3, ".db"))
		len -= 3;
	str_buf_add_len(&ring, path, len);
	str_buf_add(&ring, ".ring");
	return str_buf_take(&ring);
}

/* ---- the buffer ---- */

static bool is_text(uint8_t type)
{
	return type == VALUE_TEXT || type == VALUE_EVENT;
}

static void forget_items(struct recorder *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (is_text(r->items[i].type) && !(r->items[i].sample.flags & CHUNK_NULL))
			free((char *)r->items[i].sample.text);
	r->count = 0;
}

static void drop_items(struct recorder *r)
{
	r->setup.counters->history_dropped += r->count;
	forget_items(r);
}

/* An hour is over a moment later, when what was on its way has come. */
static int64_t hour_now(const struct recorder *r)
{
	return (r->now.wall_us - HOUR_GRACE) / HOUR;
}

static bool is_grace(const struct recorder *r)
{
	return hour_now(r) != r->now.wall_us / HOUR;
}

static void add_item(struct recorder *r, const struct stage_item *item)
{
	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 256;
		r->items = mem_realloc(r->items, r->room, sizeof(*r->items));
	}
	if (r->count == 0) {
		r->staged_at_us = r->now.mono_us + RECORDER_STAGE_US;
		r->hour = hour_now(r);
	}
	r->items[r->count++] = *item;
}

/* ---- failures ---- */

static void forget_numbers(struct recorder *r)
{
	for (size_t i = 0; r->names && i < r->names->count; i++)
		r->last[i].id = 0;
}

static void close_files(struct recorder *r)
{
	days_fini(&r->days);
	retention_fini(&r->retention);
	ring_close(steal(&r->ring));
	history_close(steal(&r->history));
	r->pass_up_to = 0;
	r->reopen_at_us = r->now.mono_us + REOPEN_AFTER;
	forget_numbers(r); /* the next file may give other numbers */
}

static void fail(struct recorder *r, int error)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };

	if (r->history && error != -EBADMSG)
		database_trouble(r->history->db, &why);
	complain_as(&r->complaint, error == -ENOSPC ? LOGID_DISK_FULL : LOGID_SAMPLES_DROPPED,
		    LOG_ABOUT(.file = r->setup.path), "store: history: %s: samples are dropped until it works again",
		    why.len ? why.text : strerror(-error));
	r->setup.counters->history_faulty = true;
	drop_items(r);
	close_files(r);
	if (error == -EUCLEAN) {
		r->damaged = true;
		r->reopen_at_us = r->now.mono_us;
	}
}

/* Of a new one: room for two hours and more of all points at 1 Hz; less where the disk is small. */
static size_t ring_size(const struct recorder *r, const char *path)
{
	int64_t least = (int64_t)RING_SIZE / 16;
	int64_t most = CLAMP((int64_t)r->names->count * POINT_BYTES, least, (int64_t)RING_SIZE);
	int64_t share = ballast_share(path, most, least);

	return (size_t)MAX(share, least) / RING_BLOCK * RING_BLOCK;
}

static int open_ring(struct recorder *r)
{
	_cleanup_(freep) char *path = recorder_ring_path(r->setup.path);
	struct ring_setup setup = { .path = path,
				    .way = RING_WRITER,
				    .size = ring_size(r, path),
				    .key = r->history->key,
				    .released = r->history->progress.released };
	int error = days_init(&r->days, r->history);

	if (error == 0)
		error = retention_init(&r->retention, r->history);
	if (error == 0)
		error = ring_open(&setup, &r->ring);
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

static void reopen(struct recorder *r)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	enum history_mend_when when = r->damaged ? HISTORY_MEND_ANYWAY : HISTORY_MEND_NEEDED;
	int error = r->history ? 0 : history_mend_open(r->setup.path, when, &r->history, &what);

	r->reopen_at_us = r->now.mono_us + REOPEN_AFTER;
	if (error > 0) {
		r->setup.counters->set_aside++;
		log_event(LOGID_STORE_SET_ASIDE, LOG_ABOUT(.file = r->setup.path), "store: %s", what.text);
	}
	if (error >= 0) {
		r->damaged = false;
		error = open_ring(r);
	}
	if (error < 0) {
		complain_as(&r->complaint, error == -ENOSPC ? LOGID_DISK_FULL : LOGID_SAMPLES_DROPPED,
			    LOG_ABOUT(.file = r->setup.path),
			    "store: history: %s: samples are dropped until it works again",
			    what.len ? what.text : strerror(-error));
		r->setup.counters->history_faulty = true;
		close_files(r);
		return;
	}
	r->setup.counters->history_faulty = false;
	complain_resolved_as(&r->complaint, LOGID_SAMPLES_KEPT, LOG_ABOUT(.file = r->setup.path),
			     "store: history is written again");
}

/* ---- staging ---- */

static int give_numbers(struct recorder *r)
{
	int error = pass_flush(&r->pass);

	if (error == 0)
		error = history_begin(r->history);
	for (size_t i = 0; error == 0 && i < r->count; i++) {
		uint32_t point = r->items[i].point;
		const char *class = r->names->classes ? r->names->classes[point] : "";

		if (!r->last[point].id)
			error = history_series(r->history, r->names->names[point], class, &r->last[point].id);
	}
	if (error == 0)
		error = history_commit(r->history);
	if (error < 0) {
		history_rollback(r->history);
		forget_numbers(r); /* what was given just now was given to nobody */
	}
	return error;
}

static bool has_numbers(const struct recorder *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (!r->last[r->items[i].point].id)
			return false;
	return true;
}

static void want_pass(struct recorder *r)
{
	if (r->ring && r->ring->count)
		r->pass_up_to = r->ring->last_seq;
}

/* The first count items are staged, or dropped; the others stay. */
static void drop_first(struct recorder *r, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_text(r->items[i].type) && !(r->items[i].sample.flags & CHUNK_NULL))
			free((char *)r->items[i].sample.text);
	if (r->count > count)
		memmove(r->items, r->items + count, (r->count - count) * sizeof(*r->items));
	r->count -= count;
	r->staged_at_us = r->now.mono_us + RECORDER_STAGE_US;
	r->hour = hour_now(r);
}

static void say_full(struct recorder *r)
{
	/* The disk has not taken the chunks of an hour. The ring goes on as soon as it does. */
	r->setup.counters->history_faulty = true;
	complain_as(&r->full, LOGID_SAMPLES_DROPPED, LOG_ABOUT(.file = r->setup.path),
		    "store: the ring of the latest samples is full: they are dropped until history.db takes them");
	want_pass(r);
}

static int stage(struct recorder *r, size_t count)
{
	int error = r->ring ? 0 : -EIO;

	if (count == 0)
		return 0;
	if (error == 0 && !has_numbers(r))
		error = give_numbers(r);
	for (size_t i = 0; error == 0 && i < count; i++)
		r->items[i].point = r->last[r->items[i].point].id;
	if (error == 0)
		error = ring_append(r->ring, r->items, count);
	if (error == 0) {
		r->setup.counters->history_rows += count;
		r->setup.counters->history_faulty = false;
		complain_resolved_as(&r->full, LOGID_SAMPLES_KEPT, LOG_ABOUT(.file = r->setup.path),
				     "store: all samples are kept again");
	} else {
		r->setup.counters->history_dropped += count;
	}
	drop_first(r, count);
	if (error == -ENOSPC || error == -E2BIG)
		say_full(r);
	else if (error < 0 && r->ring)
		fail(r, error);
	if (r->ring && ring_used(r->ring) > r->ring->size / 2)
		want_pass(r);
	return error;
}

/* ---- samples ---- */

static void forget_last(struct recorder *r)
{
	for (size_t i = 0; r->names && i < r->names->count; i++)
		if (is_text(r->last[i].type))
			free((char *)r->last[i].sample.text);
	free(steal(&r->last));
}

static void take_names(struct recorder *r, struct history_names *names)
{
	stage(r, r->count);
	forget_last(r);
	history_names_free(r->names);
	r->names = names;
	r->last = mem_array(names->count + 1, sizeof(*r->last));
	r->beaten = 0;
	if (!r->ring && r->now.mono_us >= r->reopen_at_us)
		reopen(r); /* how many points there are decides how large it is made */
}

static void set_last(struct recorder_last *last, const struct stage_item *item)
{
	if (is_text(last->type))
		free((char *)last->sample.text);
	last->type = item->type;
	last->sample = item->sample;
	if (is_text(item->type))
		last->sample.text = item->sample.flags & CHUNK_NULL ? NULL : mem_strdup(item->sample.text);
}

/* Takes the text out of the sample. */
static void take_sample(struct recorder *r, struct history_sample *sample)
{
	struct stage_item item = { .point = sample->point, .type = sample->type };
	struct recorder_last *last;

	if (!r->history || !r->names || sample->point >= r->names->count) {
		r->setup.counters->history_dropped++;
		return;
	}
	last = &r->last[sample->point];
	item.sample.ts_ms = sample->ts_ms;
	item.sample.flags = (uint8_t)((sample->quality & CHUNK_QUALITY) | (sample->test ? CHUNK_TEST : 0));
	if (sample->type == VALUE_NONE) {
		item.type = last->type;
		item.sample.flags |= CHUNK_NULL;
	} else if (is_text(sample->type)) {
		item.sample.text = steal(&sample->text);
	} else {
		item.sample.number = sample->number;
	}
	set_last(last, &item);
	add_item(r, &item);
}

static void take_plan(struct recorder *r, struct retention_plan *plan)
{
	free(r->plan);
	r->plan = plan;
	r->retention.keeping = &plan->keeping;
	r->upkeep_at_us = 0;
}

void recorder_keep(struct recorder *r, const struct keeping *k)
{
	take_plan(r, retention_plan_new(k));
}

static void take_items(struct recorder *r)
{
	struct recorder_item item;
	size_t taken = 0;

	while (taken < STEP_SAMPLES && r->count < RECORDER_STAGE_MAX && queue_pop(r->setup.samples, &item)) {
		taken++;
		if (item.names)
			take_names(r, item.names);
		else if (item.plan)
			take_plan(r, item.plan);
		else
			take_sample(r, &item.sample);
		history_sample_fini(&item.sample);
	}
	r->more = taken == STEP_SAMPLES;
}

int recorder_stage(struct recorder *r)
{
	do
		take_items(r);
	while (r->more && r->count < RECORDER_STAGE_MAX);
	return stage(r, r->count);
}

/* ---- signs of life ---- */

/* Points that have not changed for a while (or since the clock was ahead): nothing was said against what they are. */
static void beat(struct recorder *r, int64_t at_ms)
{
	size_t end = MIN(r->beaten + STEP_POINTS, r->names->count);

	for (; r->beaten < end && r->count < RECORDER_STAGE_MAX; r->beaten++) {
		struct recorder_last *last = &r->last[r->beaten];
		struct stage_item item = { .point = (uint32_t)r->beaten, .type = last->type, .sample = last->sample };

		if (!last->sample.ts_ms || last->type == VALUE_EVENT || last->sample.flags & CHUNK_NULL ||
		    (last->sample.ts_ms > at_ms - BEAT_QUIET_MS && last->sample.ts_ms < at_ms + BEAT_MS))
			continue;
		last->sample.ts_ms = item.sample.ts_ms = at_ms;
		if (is_text(item.type))
			item.sample.text = mem_strdup(item.sample.text);
		add_item(r, &item);
	}
}

static void beat_step(struct recorder *r)
{
	int64_t quarter = r->now.wall_us / MS / BEAT_MS;

	if (!r->names || !r->history)
		return;
	if (quarter != r->quarter) {
		r->beaten =
			r->quarter ? 0 : r->names->count; /* none at start: what is known of then is what was read */
		r->quarter = quarter;
	}
	if (r->beaten < r->names->count)
		beat(r, quarter * BEAT_MS);
}

/* ---- steps ---- */

/* Puts the samples of the hours before this one first; how many they are. */
static size_t part_hours(struct recorder *r)
{
	int64_t hour_ms = r->now.wall_us / HOUR * HISTORY_HOUR_MS;
	_cleanup_(freep) struct stage_item *later = mem_array(r->count + 1, sizeof(*later));
	size_t old = 0, later_count = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].sample.ts_ms < hour_ms)
			r->items[old++] = r->items[i];
		else
			later[later_count++] = r->items[i];
	if (later_count)
		memcpy(r->items + old, later, later_count * sizeof(*later));
	return old;
}

/* Records end with the hour, so that a pass makes whole chunks of it: a moment later, for what was on its way. */
static void stage_step(struct recorder *r)
{
	if (r->count == 0)
		return;
	if (hour_now(r) != r->hour) {
		if (stage(r, part_hours(r)) == 0)
			want_pass(r);
		r->hour = hour_now(r);
	} else if ((r->now.mono_us >= r->staged_at_us && !is_grace(r)) || r->count >= RECORDER_STAGE_MAX) {
		stage(r, r->count);
	}
}

/* An hour that ended while nothing came, or before the daemon was started. */
static void watch_hour(struct recorder *r)
{
	const struct ring *g = r->ring;

	if (!g || r->pass_up_to || g->count == 0 || is_grace(r))
		return;
	if (g->records[g->count - 1].max_ms / HISTORY_HOUR_MS < r->now.wall_us / HOUR)
		want_pass(r);
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
		fail(r, error);
}

/* Hours before this one will get no more chunks but for what comes late. */
static int64_t chunked_before(const struct recorder *r)
{
	int64_t hour = hour_now(r);

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
	struct days_limits limits = { .now = hour_now(r), .chunked_before = chunked_before(r) };
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
		fail(r, more);
}

static bool is_upkeep_due(const struct recorder *r)
{
	return r->ring && !r->pass_up_to && r->now.mono_us >= r->upkeep_at_us && can_keep_up(r);
}

void recorder_work(struct recorder *r, struct clock_now now)
{
	r->now = now;
	if (!r->ring && r->names && now.mono_us >= r->reopen_at_us)
		reopen(r);
	take_items(r);
	stage_step(r);
	beat_step(r);
	watch_hour(r);
	if (r->ring && r->history->progress.passing && !r->pass_up_to)
		r->pass_up_to = r->history->progress.passing; /* one that the last end has cut off */
	if (r->ring && r->pass_up_to && !r->more && now.mono_us >= r->pass_at_us)
		pass_step_of(r);
	else if (is_upkeep_due(r))
		upkeep_step(r);
}

int64_t recorder_due(const struct recorder *r)
{
	if (r->more || is_upkeep_due(r) || (r->ring && r->pass_up_to && r->now.mono_us >= r->pass_at_us))
		return 0;
	return r->count ? r->staged_at_us : INT64_MAX;
}

/* ---- life ---- */

struct recorder *recorder_new(const struct recorder_setup *setup)
{
	struct recorder *r = MEM_NEW(struct recorder);

	r->setup = *setup;
	r->history = setup->history;
	return r;
}

void recorder_abandon(struct recorder *r)
{
	if (!r)
		return;
	drop_items(r);
	close_files(r);
	forget_last(r);
	history_names_free(r->names);
	free(r->items);
	free(r->plan);
	free(r);
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	do
		recorder_stage(r);
	while (r->more);
	recorder_abandon(r);
}
