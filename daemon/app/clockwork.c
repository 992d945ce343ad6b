#include "app/clockwork.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/live.h"
#include "base/log.h"
#include "base/mem.h"

#define ROWS_MAX    8 /* rows that the store could not take yet */
#define FLOOR_EVERY HOUR
#define WHO_MAX     64

struct row {
	struct store_clock row;
	char who[WHO_MAX]; /* "": nobody */
};

struct clockwork {
	struct live *live;
	struct timekeeper *keeper;
	int step_fd; /* -1: the tick alone finds steps */
	struct event *step_event;
	struct row rows[ROWS_MAX]; /* in order */
	size_t row_count;
	int64_t floor_us; /* monotonic: when the floor is stored next */
};

/* ---- the system's clocks ---- */

static struct clock_now read_now(void *context)
{
	(void)context;
	return clock_now();
}

static void read_sync(void *context, struct clock_sync *ret_sync)
{
	(void)context;
	clock_sync_read(ret_sync);
}

static int set_wall(void *context, int64_t wall_us)
{
	(void)context;
	return clock_set_wall(wall_us);
}

/* ---- news ---- */

static void submit_rows(struct clockwork *c)
{
	size_t done = 0;

	for (; done < c->row_count; done++) {
		struct row *r = &c->rows[done];

		r->row.who = r->who[0] ? r->who : NULL;
		if (store_submit_clock(c->live->store, &r->row) < 0)
			break;
	}
	c->row_count -= done;
	memmove(c->rows, c->rows + done, c->row_count * sizeof(*c->rows));
}

static void keep_row(struct clockwork *c, const struct timekeeper_news *n)
{
	struct row *r;

	if (c->row_count == ROWS_MAX) {
		/* The store has been full for so many steps: the newest say most. */
		memmove(c->rows, c->rows + 1, (ROWS_MAX - 1) * sizeof(*c->rows));
		c->row_count--;
	}
	r = &c->rows[c->row_count++];
	r->row = (struct store_clock){ .at = n->at, .quality = n->quality, .step_us = n->step_us };
	snprintf(r->who, sizeof(r->who), "%s", n->who ? n->who : "");
	submit_rows(c);
}

static void say(const struct timekeeper_news *n)
{
	static const enum logid of_quality[] = {
		[CLOCK_UNSET] = LOGID_CLOCK_UNSET,
		[CLOCK_RESTORED] = LOGID_CLOCK_RESTORED,
		[CLOCK_SYNCHRONISED] = LOGID_CLOCK_SYNCHRONISED,
	};
	bool stepped = n->step_us || n->who;

	if (n->quality == n->before && !stepped && n->quality != CLOCK_UNSET)
		log_info("clock: %s", n->text); /* the first look: as it should be */
	else
		log_event(stepped && n->quality != CLOCK_UNSET ? LOGID_CLOCK_STEP : of_quality[n->quality],
			  LOG_ABOUT(.who = n->who), "clock: %s", n->text);
}

/* What happened to the clock, for the pages and upstream. To be well from the start is no news. */
static void publish(struct clockwork *c, const struct timekeeper_news *n)
{
	_cleanup_str_buf_ struct str_buf payload = { 0 };
	const char *state = clock_quality_name(n->quality);

	if (n->quality == n->before && !n->step_us && n->quality != CLOCK_UNSET)
		return;
	if (c->live->api)
		api_health_changed(c->live->api, "clock", "clock", state, n->text);
	str_buf_printf(&payload, "{\"what\":\"clock\",\"id\":\"clock\",\"state\":\"%s\",\"text\":", state);
	str_buf_add_json(&payload, n->text);
	str_buf_printf(&payload, ",\"step_s\":%" PRId64 ".%03d}", n->step_us / S,
		       (int)((n->step_us < 0 ? -n->step_us : n->step_us) % S / MS));
	outflow_message(c->live->outflow, "health", str_buf_text(&payload));
}

static void learned(void *context, const struct timekeeper_news *n)
{
	struct clockwork *c = context;

	say(n);
	keep_row(c, n);
	engine_clock_known(c->live->engine, n->quality != CLOCK_UNSET);
	engine_clock_set(c->live->engine, &n->shifts);
	watch_clock(c->live->watch, n->quality == CLOCK_UNSET ? WATCH_DOWN : WATCH_UP);
	summary_clock_recheck(c->live->summaries);
	publish(c, n);
}

/* ---- life ---- */

struct clockwork *clockwork_new(struct live *l)
{
	struct clockwork *c = MEM_NEW(struct clockwork);

	c->live = l;
	c->step_fd = -1;
	c->floor_us = clock_mono_us() + FLOOR_EVERY;
	c->keeper = timekeeper_new(&(struct timekeeper_setup){
		.context = c,
		.now = read_now,
		.sync = read_sync,
		.set = set_wall,
		.learned = learned,
		.floor_us = store_floor_us(l->store),
	});
	l->clockwork = c; /* what the first look leaves behind is stamped already */
	timekeeper_check(c->keeper);
	return c;
}

static void on_step(evutil_socket_t fd, short events, void *context)
{
	struct clockwork *c = context;
	struct live_turn turn = live_begin(c->live, "clock step");

	(void)events;
	clock_step_taken(fd);
	timekeeper_stepped(c->keeper);
	live_end(&turn);
}

void clockwork_listen(struct clockwork *c)
{
	c->step_fd = clock_step_fd();
	if (c->step_fd < 0) {
		log_info("clock: the system does not tell of steps (%s): they are found within a second",
			 strerror(-c->step_fd));
		return;
	}
	c->step_event = event_new(c->live->base, c->step_fd, EV_READ | EV_PERSIST, on_step, c);
	if (!c->step_event)
		abort();
	event_add(c->step_event, NULL);
}

void clockwork_tick(struct clockwork *c, struct clock_now now)
{
	timekeeper_check(c->keeper);
	submit_rows(c);
	if (now.mono_us < c->floor_us)
		return;
	c->floor_us = now.mono_us + FLOOR_EVERY;
	if (timekeeper_quality(c->keeper) != CLOCK_UNSET)
		store_submit_floor(c->live->store, now.wall_us); /* refused: an hour later again */
}

void clockwork_free(struct clockwork *c)
{
	if (!c)
		return;
	if (c->step_event)
		event_free(c->step_event);
	if (c->step_fd >= 0)
		close(c->step_fd);
	if (timekeeper_quality(c->keeper) != CLOCK_UNSET)
		store_submit_floor(c->live->store, clock_wall_us());
	timekeeper_free(c->keeper);
	free(c);
}

enum clock_quality clockwork_quality_at(const struct clockwork *c, int64_t mono_us)
{
	return c ? timekeeper_quality_at(c->keeper, mono_us) : CLOCK_UNSET;
}

void clockwork_status(struct clockwork *c, struct status_clock *ret_status)
{
	timekeeper_check(c->keeper); /* who has just set it asks at once */
	timekeeper_status(c->keeper, ret_status);
}

int clockwork_set(struct clockwork *c, int64_t wall_us, const char *who)
{
	return timekeeper_set(c->keeper, wall_us, who);
}

int clockwork_expect(struct clockwork *c, int64_t wall_us, const char *who)
{
	return timekeeper_expect(c->keeper, wall_us, who);
}
