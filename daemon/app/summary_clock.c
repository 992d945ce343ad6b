#include "app/summary_clock.h"

#include <errno.h>
#include <string.h>

#include "app/live.h"
#include "app/summary_job.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/summary_reader.h"
#include "upstream/summary_due.h"
#include "upstream/summary_left.h"

#define GRACE       (2 * S) /* what was on its way when the hour was over has come */
#define RECHECKED   DAY     /* looked at again at start; a lift's counter is known from so far back */
#define LATE_WAIT   (5 * S) /* others of the same kind may follow; twice as long each time that they come again */
#define LATE_REST   (10 * MINUTE)
#define RETRY_AFTER MINUTE
#define EARLY       (20 * S)            /* every plugin that works has said by then what it is */
#define TOKENS      ((uint64_t)1 << 60) /* others wait for stagings too */

/* Where the work of one span stands. */
enum step {
	IDLE,
	SURVEYING,
	STAGING,
	SETTLING, /* what was handed over before is not durable yet */
	READING,
	LEAVING,
};

struct survey {
	struct summary_clock *clock;
	char *path;
	struct summary_reader_starts starts;
	int error;
	bool done;
};

/* Of a period. */
struct line {
	struct summary_span now;
	int64_t first_us; /* where it began: nothing of before leaves */
	int64_t check_us; /* spans from there on are to be looked at again; INT64_MAX: none */
	int64_t late_us;  /* the same of what has come since: when that is done */
};

struct summary_clock {
	struct live *live;
	bool surveyed; /* it is known what has left */
	struct line lines[SUMMARY_PERIODS];
	struct summary_due due;
	int64_t check_at_us, late_at_us, late_wait_us, retry_us; /* monotonic, but for the wait */
	enum step step;
	struct summary_span span; /* in work */
	bool again;               /* it is looked at again: if it has left */
	uint64_t token;
	struct summary_job *job; /* READING: the reader thread's while it works on it, as more is */
	bool more;
	struct complaint failing;
};

static const int64_t windows[SUMMARY_PERIODS] = {
	[SUMMARY_HOUR] = SUMMARY_CLOCK_HOURS, [SUMMARY_DAY] = SUMMARY_CLOCK_DAYS
};

/* ---- what is due ---- */

/* Where there is no room for years of them, what is missing is asked for anew when they have left. */
static void add_due(struct summary_clock *c, const struct summary_span *span)
{
	if (!summary_due_add(&c->due, span))
		c->surveyed = false;
}

static void check_from(struct summary_clock *c, enum summary_period p, int64_t from_us)
{
	struct line *line = &c->lines[p];

	from_us = MAX(MAX(from_us, line->now.from_us - windows[p]), line->first_us);
	if (from_us < line->now.from_us)
		line->check_us = MIN(line->check_us, from_us);
}

static bool is_checking(const struct summary_clock *c)
{
	return c->lines[SUMMARY_HOUR].check_us != INT64_MAX || c->lines[SUMMARY_DAY].check_us != INT64_MAX;
}

static bool is_late(const struct summary_clock *c)
{
	return c->lines[SUMMARY_HOUR].late_us != INT64_MAX || c->lines[SUMMARY_DAY].late_us != INT64_MAX;
}

/* A gateway that sends a day of samples has it computed a few times, not with each of them. */
static void wait_for_late(struct summary_clock *c)
{
	int64_t now_us = clock_mono_us();

	c->late_wait_us =
		c->late_at_us && now_us < c->late_at_us + LATE_REST ? MIN(2 * c->late_wait_us, LATE_REST) : LATE_WAIT;
	c->late_at_us = now_us + c->late_wait_us;
}

void summary_clock_sample(struct summary_clock *c, int64_t at_us)
{
	bool others;

	if (!c || !c->surveyed || at_us >= c->lines[SUMMARY_HOUR].now.from_us)
		return;
	others = is_late(c);
	for (unsigned p = 0; p < SUMMARY_PERIODS; p++)
		if (at_us < c->lines[p].now.from_us && at_us >= c->lines[p].now.from_us - windows[p])
			c->lines[p].late_us = MIN(c->lines[p].late_us, at_us);
	if (!others && is_late(c))
		wait_for_late(c);
}

static void check_late(struct summary_clock *c)
{
	for (unsigned p = 0; p < SUMMARY_PERIODS; p++) {
		if (c->lines[p].late_us != INT64_MAX)
			check_from(c, (enum summary_period)p, c->lines[p].late_us);
		c->lines[p].late_us = INT64_MAX;
	}
	c->check_at_us = 0;
}

void summary_clock_recheck(struct summary_clock *c)
{
	if (!c || !c->surveyed)
		return;
	for (unsigned p = 0; p < SUMMARY_PERIODS; p++)
		check_from(c, (enum summary_period)p, c->lines[p].now.from_us - RECHECKED);
	c->check_at_us = clock_mono_us() + LATE_WAIT;
}

/* False: nothing is to be done now. */
static bool take_next(struct summary_clock *c, int64_t now_us)
{
	c->again = !summary_due_take(&c->due, &c->span);
	if (!c->again)
		return true;
	if (!is_checking(c) && is_late(c) && now_us >= c->late_at_us)
		check_late(c);
	for (unsigned p = 0; p < SUMMARY_PERIODS && now_us >= c->check_at_us; p++) {
		struct line *line = &c->lines[p];

		if (line->check_us == INT64_MAX)
			continue;
		c->span = summary_span_of((enum summary_period)p, line->check_us);
		line->check_us = c->span.to_us < line->now.from_us ? c->span.to_us : INT64_MAX;
		return c->span.from_us < line->now.from_us;
	}
	return false;
}

/* ---- what has left: asked at start, and when the clock has jumped ---- */

/* Or one that overlaps it has: the estate had another time zone then. (A day has 23 hours at least.) */
static bool is_known(const struct summary_reader_starts *s, const struct summary_span *span)
{
	int64_t least_us = span->period == SUMMARY_HOUR ? HOUR : 23 * HOUR;

	for (size_t i = 0; i < s->count[span->period]; i++)
		if (llabs(s->from_us[span->period][i] - span->from_us) < least_us)
			return true;
	return false;
}

/* Nothing of what was before leaves. */
static void mark_begin(struct summary_clock *c, enum summary_period p)
{
	struct store_summary s = { .span = summary_span_before(&c->lines[p].now), .departed = SUMMARY_LEFT_NOTHING };

	c->lines[p].first_us = c->lines[p].now.from_us;
	outflow_depart(c->live->outflow, &(struct outflow_departure){ .summaries = &s, .summary_count = 1 });
}

static void survey_line(struct summary_clock *c, const struct summary_reader_starts *s, enum summary_period p)
{
	struct line *line = &c->lines[p];
	struct summary_span span;

	line->check_us = line->late_us = INT64_MAX;
	line->first_us = s->count[p] ? s->from_us[p][0] : INT64_MAX;
	if (line->first_us >= line->now.from_us) {
		mark_begin(c, p);
		return;
	}
	span = summary_span_of(p, MAX(line->first_us, line->now.from_us - windows[p]));
	for (; span.from_us < line->now.from_us; span = summary_span_next(&span))
		if (!is_known(s, &span))
			add_due(c, &span);
	check_from(c, p, line->now.from_us - RECHECKED);
}

static void survey_done(void *context)
{
	struct survey *s = context;
	struct summary_clock *c = s->clock;
	struct clock_now now = clock_now();
	struct live_turn turn = live_begin(c->live, "summaries surveyed");

	c->step = IDLE;
	c->retry_us = s->error < 0 ? now.mono_us + RETRY_AFTER : 0;
	if (s->done && s->error == 0) {
		c->surveyed = true;
		summary_due_fini(&c->due);
		for (unsigned p = 0; p < SUMMARY_PERIODS; p++) {
			c->lines[p].now = summary_span_of((enum summary_period)p, now.wall_us - GRACE);
			survey_line(c, &s->starts, (enum summary_period)p);
		}
		c->check_at_us = now.mono_us + LATE_WAIT;
	}
	summary_reader_starts_fini(&s->starts);
	free(s->path);
	free(s);
	live_end(&turn);
}

/* Reader thread. */
static void survey_work(void *context)
{
	struct survey *s = context;
	_cleanup_(summary_reader_closep) struct summary_reader *reader = NULL;
	_cleanup_str_buf_ struct str_buf why = { 0 };

	s->error = summary_reader_open(s->path, &reader, &why);
	if (s->error == 0)
		s->error = summary_reader_starts(reader, &s->starts);
	s->done = true;
}

static void begin_survey(struct summary_clock *c)
{
	struct survey *s = MEM_NEW(struct survey);

	s->clock = c;
	s->path = mem_strdup(store_state_path(c->live->store));
	c->step = SURVEYING;
	if (offload_submit(c->live->offload,
			   &(struct offload_job){ .work = survey_work, .done = survey_done, .context = s }) == 0)
		return;
	c->step = IDLE; /* with the next tick */
	free(s->path);
	free(s);
}

/* ---- one span ---- */

/* Not now: it stays due. */
static void put_off(struct summary_clock *c, const char *why)
{
	complain(&c->failing, "summary of the %s: %s; it is tried again", summary_span_name(c->span.period), why);
	if (c->again)
		check_from(c, c->span.period, c->span.from_us);
	else
		add_due(c, &c->span);
	c->retry_us = clock_mono_us() + RETRY_AFTER;
	c->step = IDLE;
}

static void departed(void *context, int error)
{
	struct summary_clock *c = context;

	if (error < 0) {
		put_off(c, strerror(-error));
		return;
	}
	complain_resolved(&c->failing, "summaries leave again");
	c->step = IDLE;
}

static void depart(struct summary_clock *c, const struct summary_job *j)
{
	struct store_summary summary = { .span = j->span, .departed = j->departed, .devices = j->made_of };

	c->step = LEAVING;
	outflow_depart(c->live->outflow, &(struct outflow_departure){ .summaries = &summary,
								      .summary_count = 1,
								      .payloads = (const char *const *)j->payloads,
								      .payload_count = j->payload_count,
								      .done = departed,
								      .context = c });
}

static void read_some(struct summary_clock *c);

static void read_end(struct summary_clock *c, const struct summary_job *j)
{
	c->step = IDLE;
	if (j->error < 0) {
		put_off(c, j->why.len ? j->why.text : strerror(-j->error));
		return;
	}
	if (j->partial) { /* what the history would have said may follow */
		check_from(c, j->span.period, j->span.from_us);
		c->check_at_us = clock_mono_us() + LATE_REST;
		if (j->left.departed) /* figures of a disk that cannot be read are no correction of those that left */
			return;
	}
	if (j->payload_count && (j->left.departed || !c->again))
		depart(c, j);
}

static void read_done(void *context)
{
	struct summary_clock *c = context;
	struct live_turn turn = live_begin(c->live, "summary computed");

	if (c->more && !c->live->stopping) {
		read_some(c);
	} else {
		_cleanup_(summary_job_freep) struct summary_job *j = steal(&c->job);

		read_end(c, j);
	}
	live_end(&turn);
}

/* Reader thread. */
static void read_work(void *context)
{
	struct summary_clock *c = context;

	c->more = summary_job_step(c->job);
}

/* The next step of it; others have their turns in between. */
static void read_some(struct summary_clock *c)
{
	struct offload_job job = { .work = read_work, .done = read_done, .context = c };

	if (offload_submit(c->live->offload, &job) == 0)
		return;
	summary_job_free(steal(&c->job));
	put_off(c, "too much is read at the same time");
}

static void settled(void *context, int error)
{
	struct summary_clock *c = context;

	if (error < 0) {
		put_off(c, strerror(-error));
		return;
	}
	c->step = READING;
	c->more = false;
	c->job = summary_job_new(c->live, &c->span);
	read_some(c);
}

void summary_clock_staged(struct summary_clock *c, uint64_t token)
{
	if (c->step != STAGING || token != c->token)
		return;
	c->step = SETTLING;
	outflow_depart(c->live->outflow, &(struct outflow_departure){ .done = settled, .context = c });
}

/* Alarms go before: what an uplink that has not said yet that it is one is to catch up with stays short. */
static bool is_early(const struct summary_clock *c, int64_t now_us)
{
	return outflow_waits(c->live->outflow) && now_us < c->live->started.mono_us + EARLY;
}

static void begin_next(struct summary_clock *c, int64_t now_us)
{
	if (now_us < c->retry_us || is_early(c, now_us) || !take_next(c, now_us))
		return;
	c->step = STAGING;
	c->token++;
	if (store_submit_stage(c->live->store, c->token) < 0)
		put_off(c, "the store is busy");
}

/* ---- the clock ---- */

/* False: it has jumped, or more is due than there is room for. */
static bool follow(struct summary_clock *c, struct line *line, int64_t wall_us)
{
	struct summary_span next = summary_span_next(&line->now);

	if (wall_us >= line->now.from_us && wall_us < next.from_us)
		return true;
	if (wall_us < next.from_us || wall_us >= next.to_us)
		return false;
	if (!summary_due_add(&c->due, &line->now))
		return false;
	line->now = next;
	return true;
}

void summary_clock_tick(struct summary_clock *c, struct clock_now now)
{
	if (clockwork_quality_at(c->live->clockwork, now.mono_us) == CLOCK_UNSET)
		return;
	for (unsigned p = 0; c->surveyed && p < SUMMARY_PERIODS; p++)
		c->surveyed = follow(c, &c->lines[p], now.wall_us - GRACE);
	if (c->step != IDLE)
		return;
	if (c->surveyed)
		begin_next(c, now.mono_us);
	else if (now.mono_us >= c->retry_us)
		begin_survey(c);
}

/* ---- life ---- */

struct summary_clock *summary_clock_new(struct live *l)
{
	struct summary_clock *c = MEM_NEW(struct summary_clock);

	c->live = l;
	c->token = TOKENS;
	for (unsigned p = 0; p < SUMMARY_PERIODS; p++)
		c->lines[p].check_us = c->lines[p].late_us = INT64_MAX;
	return c;
}

void summary_clock_free(struct summary_clock *c)
{
	if (!c)
		return;
	summary_job_free(c->job);
	summary_due_fini(&c->due);
	free(c);
}
