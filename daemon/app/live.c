#include "app/live.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/heard.h"
#include "app/journal.h"
#include "app/notify.h"
#include "app/revive.h"
#include "app/swap.h"
#include "app/watch_keep.h"
#include "base/log.h"
#include "base/mem.h"
#include "config.h"

#define SLOW_TURN   (50 * MS)
#define SLOW_CALM   MINUTE
#define DRAIN_LIMIT (5 * S)
#define LARGE_BLOCK (32 * 1024)

/* ---- a happening ---- */

static void on_due(evutil_socket_t fd, short events, void *context);

/* Sets the timer to the next alarm delay. */
static void arm_due(struct live *l)
{
	int64_t due_us = engine_due(l->engine), now_us, wait_us;

	if (due_us == l->due_us)
		return;
	l->due_us = due_us;
	if (due_us == INT64_MAX) {
		event_del(l->due_event);
		return;
	}
	now_us = clock_mono_us();
	wait_us = due_us > now_us ? due_us - now_us : 0; /* at once may be any time that is past */
	event_add(l->due_event, &(struct timeval){ .tv_sec = wait_us / S, .tv_usec = wait_us % S });
}

void live_settle(struct live *l)
{
	if (l->crier)
		crier_settle(l->crier);
	if (l->homes)
		homes_settle(l->homes); /* what care knows is on its way before anybody is told */
	if (alarm_effects_any(&l->effects) || occurrence_any(l->occurrences))
		outflow_commit(l->outflow, &(struct outflow_happening){ 0 });
	arm_due(l);
}

struct live_turn live_begin(struct live *l, const char *name)
{
	return (struct live_turn){ .live = l, .name = name, .began_us = clock_mono_us() };
}

void live_end(struct live_turn *t)
{
	int64_t took_us;

	live_settle(t->live);
	took_us = clock_mono_us() - t->began_us;
	if (took_us < SLOW_TURN)
		return;
	t->live->slow_turns++;
	t->live->slow_us = t->began_us + took_us;
	complain_as(&t->live->slow, LOGID_SLOW, NULL, "loop: %s took %" PRId64 " ms: expected less than %d ms", t->name,
		    took_us / MS, (int)(SLOW_TURN / MS));
}

/* All were quick for a while. */
static void settle_slow(struct live *l, int64_t now_us)
{
	if (now_us - l->slow_us > SLOW_CALM)
		complain_resolved_as(&l->slow, LOGID_SLOW_OVER, NULL, "loop: all turns are quick again");
}

/* ---- callbacks of the loop ---- */

/* The delays that run, saved when one began or ended; a kill loses at most the second since. */
static void save_delays(struct live *l)
{
	const struct evaluator *e = engine_evaluator(l->engine);
	uint64_t version = evaluator_delay_version(e) ^ watch_keep_version(l->watch);
	struct evaluator_delay *delays = NULL;
	size_t count;

	if (version == l->delay_version)
		return;
	count = watch_keep_delays(l->watch, e, &delays);
	if (store_submit_delays(l->store, delays, count, clock_now()) == 0)
		l->delay_version = version;
	free(delays);
}

static void on_due(evutil_socket_t fd, short events, void *context)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "alarm delays and ages");

	(void)fd;
	(void)events;
	l->due_us = INT64_MAX;
	engine_tick(l->engine, clock_now(), &l->effects);
	live_end(&turn);
}

/* After a swap, slice by slice: readings and alarms have their turns in between. */
static void on_evaluate(evutil_socket_t fd, short events, void *context)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "rules after a reload");

	(void)fd;
	(void)events;
	if (swap_evaluate_some(l))
		event_add(l->evaluate_event, &(struct timeval){ 0 });
	live_end(&turn);
}

void live_evaluate(struct live *l)
{
	l->evaluated = 0;
	event_add(l->evaluate_event, &(struct timeval){ 0 });
}

static void on_tick(evutil_socket_t fd, short events, void *context)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "tick");
	struct clock_now now = clock_now();

	(void)fd;
	(void)events;
	l->ticked_us = now.mono_us;
	engine_tick(l->engine, now, &l->effects);
	watch_tick(l->watch, now);
	crier_tick(l->crier, now);
	clockwork_tick(l->clockwork, now);
	summary_clock_tick(l->summaries, now);
	stock_tick(l->stock, now.mono_us);
	live_settle(l);
	save_delays(l);
	outflow_retry(l->outflow);
	delivery_tick(l->delivery, now.mono_us);
	reload_tick(l->reload, now.mono_us);
	levels_tick(l->levels, now.mono_us);
	copying_tick(l->copying, now.mono_us);
	accounts_tick(l->accounts, now.mono_us);
	orders_tick(l->orders, now.mono_us);
	bidding_tick(l->bidding, now.mono_us);
	homes_tick(l->homes, now);
	settle_slow(l, now.mono_us);
	live_end(&turn);
}

static void on_store(evutil_socket_t fd, short events, void *context)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "store completions");
	struct store_done done;

	(void)fd;
	(void)events;
	while (store_next(l->store, &done)) {
		switch (done.kind) {
		case STORE_COMMITTED: outflow_committed(l->outflow, &done); break;
		case STORE_QUEUED: delivery_queued(l->delivery, &done); break;
		case STORE_BATCH: delivery_batch(l->delivery, &done); break;
		case STORE_STORY: story_done(l->story, &done); break;
		case STORE_STAGED:
			recall_staged(l->recall, done.token);
			homedays_staged(l->homedays, done.token);
			recording_staged(l->recording, done.token);
			summary_clock_staged(l->summaries, done.token);
			summary_desk_staged(l->summary_desk, done.token);
			visiting_staged(l->visiting, done.token);
			break;
		case STORE_REGISTER: registry_done(l->registry, &done); break;
		case STORE_AUDIT: trail_done(l->trail, l->store, &done); break;
		case STORE_FAULT:
			watch_store(l->watch, done.error ? WATCH_DOWN : WATCH_UP, done.text);
			if (!done.error)
				summary_clock_recheck(l->summaries);
			break;
		}
		store_done_fini(&done);
	}
	outflow_retry(l->outflow);
	live_end(&turn);
}

static void on_watchdog(evutil_socket_t fd, short events, void *context)
{
	struct live *l = context;
	size_t points = engine_points(l->engine)->count, open = evaluator_open(engine_evaluator(l->engine));
	char status[160];

	(void)fd;
	(void)events;
	if (!watch_healthy(l->watch, clock_mono_us()))
		return;
	notify_alive();
	snprintf(status, sizeof(status), "%zu %s, %zu %s open", points, str_plural(points, "point", "points"), open,
		 str_plural(open, "alarm", "alarms"));
	notify_status(status);
}

static void on_stop(evutil_socket_t signal_number, short events, void *context)
{
	struct live *l = context;

	(void)events;
	log_event(LOGID_STOPPING, NULL, "stopping: %s", strsignal(signal_number));
	l->stopping = true;
	event_base_loopbreak(l->base);
}

static void on_reload(evutil_socket_t signal_number, short events, void *context)
{
	struct live *l = context;

	(void)signal_number;
	(void)events;
	if (reload_request(l->reload, &(struct api_config_request){ .act = API_CONFIG_RELOAD, .who = "SIGHUP" }) < 0)
		log_warning("SIGHUP: a reload is under way already");
}

/* ---- start ---- */

static int read_conf(struct live *l)
{
	int r = startconf_load(l->setup, &l->begin);

	if (r < 0)
		return r;
	l->conf = steal(&l->begin.conf);
	levels_apply(l->levels, &l->conf->log.plan);
	if (clock_set_zone(l->conf->estate.timezone) < 0)
		log_warning("time zone '%s' is not known here: UTC is used; install tzdata", l->conf->estate.timezone);
	return 0;
}

static int open_store(struct live *l)
{
	struct store_setup setup = { .dir = l->setup->state_dir, .estate = l->conf->estate.id };
	const char *text = NULL;
	int r = store_open(&setup, &l->store, &text);

	if (r < 0)
		log_event(LOGID_STORE_FAILED, LOG_ABOUT(.file = l->setup->state_dir), "store: %s: %s",
			  l->setup->state_dir, text ? text : strerror(-r));
	return r;
}

static int start_engine(struct live *l)
{
	int r;

	l->occurrences = occurrence_new();
	l->visiting = visiting_new(l);
	l->registry = registry_new(l);
	l->engine_calls = (struct engine_calls){
		.context = l, .point = heard_point, .presence = homes_presence, .prompt = homes_prompt
	};
	r = engine_new(l->conf, &l->engine_calls, &l->engine);
	if (r < 0)
		return r;
	l->delivery = delivery_new(l);
	l->discretion = discretion_new(l);
	l->outflow = outflow_new(l);
	l->watch = watch_new(l);
	l->crier = crier_new(l);
	l->discovery = discovery_new();
	l->story = story_new();
	l->recall = recall_new(l);
	l->homedays = homedays_new(l);
	l->recording = recording_new(l);
	l->summaries = summary_clock_new(l);
	l->summary_desk = summary_desk_new(l);
	l->stock = stock_new(l);
	l->trail = trail_new();
	l->accounts = accounts_new(l);
	l->copying = copying_new(l);
	outflow_rebind(l->outflow);
	delivery_rebind(l->delivery);
	store_keep_history(l->store, &l->conf->history.keeping);
	l->links = links_new(l);
	l->inquest = inquest_new(l);
	l->orders = orders_new(l);
	l->bidding = bidding_new(l);
	l->homes = homes_new(l);
	l->reload = reload_new(l);
	r = store_name_points(l->store, engine_points(l->engine));
	if (r == 0)
		r = revive_kept(l);
	if (r < 0)
		return r;
	if (!l->burden)
		l->burden = burden_new(l->started.mono_us);
	clockwork_new(l); /* after what was kept: it may end an alarm about the clock */
	watch_end_strangers(l->watch);
	registry_feed(l->registry);
	homes_begin(l->homes); /* when the register and the clock are known */
	reload_begin(l->reload, &l->begin);
	return 0;
}

static int start_api(struct live *l)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	const char *text = NULL;
	int r;

	l->view = view_source(l);
	accounts_serve(&l->view);
	str_buf_printf(&path, "%s/api.sock", l->setup->runtime_dir);
	if (l->setup->listen_fd == -EPROTO)
		log_warning("api: what systemd handed over is no unix socket that listens: check estated.socket; %s is "
			    "made instead",
			    str_buf_text(&path));
	r = api_open(&(struct api_setup){ .base = l->base,
					  .socket_path = str_buf_text(&path),
					  .listen_fd = MAX(l->setup->listen_fd, -1),
					  .source = &l->view,
					  .gate_user = l->conf->web.user },
		     &l->api, &text);
	if (r < 0)
		log_error("api: %s: %s", str_buf_text(&path), text ? text : strerror(-r));
	return r;
}

static struct event *add_event(struct live *l, int fd, short what, event_callback_fn callback)
{
	struct event *e = event_new(l->base, fd, what, callback, l);

	if (!e)
		abort();
	return e;
}

static void start_events(struct live *l)
{
	static const int signals[] = { SIGTERM, SIGINT };
	int64_t watchdog_us = notify_watchdog_us();

	l->field_event = add_event(l, queue_fd(links_messages(l->links)), EV_READ | EV_PERSIST, feed_field);
	event_add(l->field_event, NULL);
	l->store_event = add_event(l, store_fd(l->store), EV_READ | EV_PERSIST, on_store);
	event_add(l->store_event, NULL);
	l->tick_event = add_event(l, -1, EV_PERSIST, on_tick);
	event_add(l->tick_event, &(struct timeval){ .tv_sec = 1 });
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		l->stop_events[i] = add_event(l, signals[i], EV_SIGNAL | EV_PERSIST, on_stop);
		event_add(l->stop_events[i], NULL);
	}
	l->reload_event = add_event(l, SIGHUP, EV_SIGNAL | EV_PERSIST, on_reload);
	event_add(l->reload_event, NULL);
	if (watchdog_us) {
		/* A third: one ping may be late. The store turns at least once a second. */
		int64_t every_us = MAX(watchdog_us / 3, 1200 * MS);

		l->watchdog_event = add_event(l, -1, EV_PERSIST, on_watchdog);
		event_add(l->watchdog_event, &(struct timeval){ .tv_sec = every_us / S, .tv_usec = every_us % S });
	}
}

static int start(struct live *l)
{
	int r;

	l->levels = levels_new(l->setup->log_level);
	r = copying_resume(l);
	if (r == 0)
		r = read_conf(l);
	if (r < 0)
		return r;
	l->base = event_base_new();
	if (!l->base)
		return -ENOMEM;
	l->due_us = INT64_MAX;
	l->due_event = add_event(l, -1, 0, on_due);
	l->evaluate_event = add_event(l, -1, 0, on_evaluate);
	r = offload_new(l->base, &l->offload);
	if (r == 0)
		r = open_store(l);
	if (r == 0)
		r = start_engine(l);
	if (r == 0)
		r = start_api(l);
	if (r < 0)
		return r;
	windowfile_recall(l->setup->runtime_dir, engine_evaluator(l->engine));
	l->windows = windowfile_prepare(l->setup->runtime_dir, engine_evaluator(l->engine));
	windowfile_place(l->windows, engine_evaluator(l->engine));
	links_start_buses(l->links);
	start_events(l);
	clockwork_listen(l->clockwork);
	r = links_start_plugins(l->links);
	if (r < 0)
		return r;
	crier_begin(l->crier);
	outflow_message(l->outflow, "health",
			"{\"what\":\"daemon\",\"id\":\"estated\",\"state\":\"up\",\"text\":\"" PACKAGE_VERSION "\"}");
	trail_record(l, &(struct trail_entry){ .kind = "daemon",
					       .what = "start",
					       .detail = json_pack("{s:s}", "version", PACKAGE_VERSION) });
	return 0;
}

/* ---- stop ---- */

static void free_event(struct event **e)
{
	if (*e)
		event_free(*e);
	*e = NULL;
}

static void free_events(struct live *l)
{
	free_event(&l->field_event);
	free_event(&l->store_event);
	free_event(&l->tick_event);
	free_event(&l->due_event);
	free_event(&l->evaluate_event);
	free_event(&l->watchdog_event);
	free_event(&l->reload_event);
	for (size_t i = 0; i < ARRAY_SIZE(l->stop_events); i++)
		free_event(&l->stop_events[i]);
}

/* The store closes with what it has: what it could not take yet must be handed over first. */
static void drain(struct live *l)
{
	int64_t until_us = clock_mono_us() + DRAIN_LIMIT;

	while (outflow_kept(l->outflow) > 0 && clock_poll(store_fd(l->store), POLLIN, until_us) > 0)
		on_store(-1, 0, l);
	if (outflow_kept(l->outflow) > 0)
		log_event(LOGID_CHANGES_LOST, NULL, "store: what it did not take in time is lost: %zu %s",
			  outflow_kept(l->outflow), str_plural(outflow_kept(l->outflow), "change", "changes"));
}

static void stop(struct live *l)
{
	notify_stopping();
	l->stopping = true; /* also where the start failed */
	if (l->api)
		api_close(l->api);
	l->api = NULL;
	if (l->links)
		links_stop(l->links);
	offload_free(l->offload);
	copying_free(l->copying);
	if (l->reload)
		reload_end(l->reload);
	if (l->clockwork) /* it had begun */
		trail_record(l, &(struct trail_entry){ .kind = "daemon", .what = "stop" });
	if (l->homes && l->clockwork)
		homes_save(l->homes);
	if (l->outflow)
		drain(l);
	free_events(l);
	clockwork_free(l->clockwork);
	l->clockwork = NULL;
	if (l->store)
		store_close(l->store);
	watch_free(l->watch);
	crier_free(l->crier);
	discovery_free(l->discovery);
	story_free(l->story);
	recall_free(l->recall);
	homedays_free(l->homedays);
	visiting_free(l->visiting);
	registry_free(l->registry);
	recording_free(l->recording);
	summary_clock_free(l->summaries);
	summary_desk_free(l->summary_desk);
	stock_free(l->stock);
	occurrence_free(l->occurrences);
	trail_free(l->trail);
	accounts_free(l->accounts);
	burden_free(l->burden);
	outflow_free(l->outflow);
	discretion_free(l->discretion);
	delivery_free(l->delivery);
	engine_free(l->engine);
	windowfile_free(l->windows);
	alarm_effects_fini(&l->effects);
	inquest_free(l->inquest);
	orders_free(l->orders);
	bidding_free(l->bidding);
	homes_free(l->homes);
	links_free(l->links);
	reload_free(l->reload);
	levels_free(l->levels);
	if (l->base)
		event_base_free(l->base);
	conf_free(l->conf);
	conf_free(l->begin.fallback);
	str_buf_fini(&l->begin.copy);
}

int live_run(const struct live_setup *setup)
{
	struct live l = { .setup = setup, .started = clock_now() };
	char status[160];
	int r;

	/* Large blocks go back to the system when they are freed, always: a reload leaves a whole engine behind, and to search
	 * the heap for what can be given back (malloc_trim) would hold up every thread. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	r = start(&l);

	if (r == 0) {
		snprintf(status, sizeof(status), "%zu %s on %zu %s, %zu %s", l.conf->point_count,
			 str_plural(l.conf->point_count, "point", "points"), l.conf->bus_count,
			 str_plural(l.conf->bus_count, "bus", "buses"), l.conf->plugin_count,
			 str_plural(l.conf->plugin_count, "plugin", "plugins"));
		log_event(LOGID_STARTED, NULL, "estated " PACKAGE_VERSION ": estate '%s': %s; libevent %s",
			  l.conf->estate.id, status, event_get_version());
		notify_ready(status);
		while (!l.stopping)
			event_base_dispatch(l.base);
	}
	stop(&l);
	return r == 0 ? 0 : 1;
}
