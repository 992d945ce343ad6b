#include "store/recorder_inside.h"

#include <errno.h>

#include "base/log.h"
#include "base/mem.h"

#define STEP_SAMPLES  512
#define STEP_POINTS   1024
#define BEAT_MS       SUMS_HOLD_MS
#define BEAT_QUIET_MS (MINUTE / MS) /* a point that was heard of so lately needs not say that it lives */

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

void recorder_drop_items(struct recorder *r)
{
	r->setup.counters->history_dropped += r->count;
	forget_items(r);
}

static bool is_grace(const struct recorder *r)
{
	return recorder_hour_now(r) != r->now.wall_us / HOUR;
}

/* Its flags, and which time around it is. */
static uint8_t lapped(const struct recorder *r, const struct chunk_sample *s)
{
	unsigned laps = 0;

	for (size_t i = 0; i < ARRAY_SIZE(r->backs_ms); i++)
		laps += r->backs_ms[i] > s->ts_ms;
	return (uint8_t)((s->flags & ~CHUNK_LAP) | laps << CHUNK_LAP_BIT);
}

static void take_back(struct recorder *r, int64_t back_ms)
{
	memmove(r->backs_ms + 1, r->backs_ms, sizeof(r->backs_ms) - sizeof(r->backs_ms[0]));
	r->backs_ms[0] = back_ms;
}

static void add_item(struct recorder *r, const struct stage_item *item)
{
	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 256;
		r->items = mem_realloc(r->items, r->room, sizeof(*r->items));
	}
	if (r->count == 0) {
		r->staged_at_us = r->now.mono_us + RECORDER_STAGE_US;
		r->hour = recorder_hour_now(r);
	}
	r->items[r->count] = *item;
	r->items[r->count].sample.flags = lapped(r, &item->sample);
	r->count++;
}

void recorder_forget_numbers(struct recorder *r)
{
	for (size_t i = 0; r->names && i < r->names->count; i++)
		r->last[i].id = 0;
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
		recorder_forget_numbers(r); /* what was given just now was given to nobody */
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
	r->hour = recorder_hour_now(r);
}

static void say_full(struct recorder *r)
{
	/* The disk has not taken the chunks of an hour. The ring goes on as soon as it does. */
	r->setup.counters->history_faulty = true;
	complain_as(&r->full, LOGID_SAMPLES_DROPPED, LOG_ABOUT(.file = r->setup.path),
		    "store: the ring of the latest samples is full: they are dropped until history.db takes them");
	recorder_files_want_pass(r);
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
	if (error == 0) {
		error = ring_append(r->ring, r->items, count);
		r->ring_faults = error == -EIO ? r->ring_faults + 1 : 0;
	}
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
		recorder_files_fail(r, error);
	if (r->ring && ring_used(r->ring) > r->ring->size / 2)
		recorder_files_want_pass(r);
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
		recorder_files_reopen(r); /* how many points there are decides how large it is made */
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
		else if (item.back_ms)
			take_back(r, item.back_ms);
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
	if (recorder_hour_now(r) != r->hour) {
		if (stage(r, part_hours(r)) == 0)
			recorder_files_want_pass(r);
		r->hour = recorder_hour_now(r);
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
		recorder_files_want_pass(r);
}

void recorder_work(struct recorder *r, struct clock_now now)
{
	r->now = now;
	if (!r->ring && r->names && now.mono_us >= r->reopen_at_us)
		recorder_files_reopen(r);
	take_items(r);
	stage_step(r);
	beat_step(r);
	watch_hour(r);
	recorder_files_step(r);
	recorder_erase_step(r);
}

int64_t recorder_due(const struct recorder *r)
{
	if (r->more || recorder_files_due(r) || recorder_erase_due(r))
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
	recorder_drop_items(r);
	recorder_files_close(r);
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
