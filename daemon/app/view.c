/* view.c: what the API sees of the daemon, and how a person's command reaches the engine. Main thread. */
#include <errno.h>

#include "app/crier_show.h"
#include "app/helped.h"
#include "app/journal.h"
#include "app/live.h"
#include "base/log.h"

static const struct estate *view_estate(void *context)
{
	const struct live *l = context;

	return &l->conf->estate;
}

static const struct place *view_places(void *context, size_t *ret_count)
{
	const struct live *l = context;

	*ret_count = l->conf->place_count;
	return l->conf->places;
}

static struct device_list view_devices(void *context)
{
	const struct live *l = context;

	return conf_devices(l->conf);
}

static const struct point_table *view_points(void *context)
{
	const struct live *l = context;

	return engine_points(l->engine);
}

static const struct evaluator *view_alarms(void *context)
{
	const struct live *l = context;

	return engine_evaluator(l->engine);
}

static size_t view_buses(void *context, struct status_bus *rows, size_t max)
{
	const struct live *l = context;
	size_t count = MIN(max, l->conf->bus_count);

	for (size_t i = 0; i < count; i++) {
		struct worker *w = links_worker(l->links, (uint32_t)i);

		rows[i] = (struct status_bus){ .id = l->conf->buses[i].id,
					       .state = "down",
					       .type = "",
					       .target = "",
					       .hint = "its thread did not start" };
		if (w)
			worker_status(w, &rows[i]);
		rows[i].since_us = watch_bus_since(l->watch, (uint32_t)i);
		rows[i].timeout_us = l->conf->buses[i].timeout_us;
		orders_show_pause(l->orders, &rows[i]);
	}
	return count;
}

static size_t view_bus_units(void *context, const char *bus, struct status_unit *rows, size_t max)
{
	const struct live *l = context;

	for (size_t i = 0; i < l->conf->bus_count; i++)
		if (str_equal(l->conf->buses[i].id, bus))
			return links_worker(l->links, (uint32_t)i)
				       ? worker_units(links_worker(l->links, (uint32_t)i), rows, max)
				       : 0;
	return 0;
}

static size_t view_plugins(void *context, struct status_plugin *rows, size_t max)
{
	const struct live *l = context;
	size_t count = MIN(max, l->conf->plugin_count);

	for (size_t i = 0; i < count; i++)
		if (links_supervisor(l->links, i))
			supervisor_status(links_supervisor(l->links, i), &rows[i]);
		else
			rows[i] = (struct status_plugin){ .id = l->conf->plugins[i].id,
							  .program = l->conf->plugins[i].program,
							  .state = "waiting",
							  .name = "",
							  .version = "",
							  .text = "",
							  .roles = "" };
	return count;
}

static size_t view_discovered_count(void *context)
{
	const struct live *l = context;

	return discovery_count(l->discovery);
}

static json_t *view_discovered(void *context, size_t index, const char *match)
{
	const struct live *l = context;

	return discovery_row(l->discovery, l->conf, index, match);
}

static const struct profile *view_profiles(void *context, size_t *ret_count)
{
	const struct live *l = context;

	*ret_count = l->conf->profile_count;
	return l->conf->profiles;
}

static size_t view_outbox(void *context, struct status_outbox *rows, size_t max)
{
	const struct live *l = context;

	return outflow_name_lanes(l->outflow, rows, store_outbox(l->store, rows, max), max);
}

static void view_store(void *context, struct status_store *ret_status)
{
	const struct live *l = context;

	store_status(l->store, ret_status);
}

static int64_t view_started_us(void *context)
{
	const struct live *l = context;

	struct clock_now now = clock_now();

	/* By the clock of now: it may have been set since. */
	return now.wall_us - (now.mono_us - l->started.mono_us);
}

static bool view_ready(void *context)
{
	const struct live *l = context;

	return watch_settled(l->watch);
}

static int view_command(void *context, const struct evaluator_command *c, struct api_pending *pending)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "command");
	int r = engine_command(l->engine, c, clock_now(), &l->effects);

	if (r == 0)
		outflow_commit(l->outflow, &(struct outflow_happening){ .waiter = { .pending = pending } });
	live_end(&turn);
	return r;
}

static void say_mode(const struct evaluator_mode *m)
{
	const char *what = m->kind == MODE_TEST ? "in test" : "out of service";
	char length[STR_DURATION_MAX];

	if (m->for_us)
		log_notice("%s: %s for %s, by %s: %s", m->subject, what, str_from_duration(m->for_us, length), m->who,
			   m->note ? m->note : "");
	else
		log_notice("%s: not %s any more, by %s", m->subject, what, m->who);
}

static int view_mode(void *context, const struct evaluator_mode *m, struct api_pending *pending)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "mode");
	int r = evaluator_set_mode(engine_evaluator(l->engine), m, clock_now(), &l->effects);

	if (r == 0) {
		say_mode(m);
		outflow_commit(l->outflow, &(struct outflow_happening){ .waiter = { .pending = pending } });
	}
	live_end(&turn);
	return r;
}

static int view_story(void *context, const char *alarm, struct api_pending *pending)
{
	struct live *l = context;

	return story_ask(l->story, l->store, alarm, pending);
}

static json_t *view_contacts(void *context)
{
	return crier_show_contacts(context);
}

static json_t *view_on_duty(void *context, const char *place)
{
	return crier_show_on_duty(context, place);
}

static json_t *view_told(void *context, const char *alarm)
{
	return crier_show_told(context, alarm);
}

static json_t *view_helped(void *context, const struct alarm *a)
{
	const struct live *l = context;
	json_t *list = helped_json(l->engine, a, clock_now());

	return list ? list : json_array();
}

static json_t *view_next(void *context, const char *alarm)
{
	return crier_show_next(context, alarm);
}

static void view_hand_over(void *context, const struct api_handover *h)
{
	struct live *l = context;

	log_notice("hand-over to %s, by %s: %zu open", h->to, h->by ? h->by : h->who, json_array_size(h->open));
	trail_record(l, &(struct trail_entry){
				.kind = "handover",
				.who = h->who,
				.what = h->to,
				.why = h->note,
				.detail = json_pack("{s:s, s:O}", "by", h->by ? h->by : h->who, "open", h->open),
				.pending = h->pending });
}

static void view_burden(void *context, struct burden_report *ret_report)
{
	const struct live *l = context;
	struct clock_now now = clock_now();
	const struct alarm *a;

	burden_read(l->burden, now.mono_us, ret_report);
	for (size_t position = 0; (a = evaluator_next(engine_evaluator(l->engine), &position));)
		ret_report->standing += burden_stands(a, now.wall_us);
}

static int view_visits(void *context, const struct api_visits *ask)
{
	struct live *l = context;

	return visiting_ask(l->visiting, ask);
}

static json_t *view_visits_due(void *context)
{
	const struct live *l = context;

	return visiting_due(l->visiting);
}

static const struct resident *view_residents(void *context, size_t *ret_count)
{
	const struct live *l = context;

	return registry_all(l->registry, ret_count);
}

static void view_registry(void *context, const struct api_register *act)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "register of residents");

	registry_act(l->registry, act);
	live_end(&turn);
}

static const struct care *view_care(void *context)
{
	const struct live *l = context;

	return engine_care(l->engine);
}

static int view_visit(void *context, const struct api_visit *visit)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "visit");
	int r = visiting_record(l->visiting, visit);

	live_end(&turn);
	return r;
}

static int view_summary(void *context, const struct api_summary *ask)
{
	struct live *l = context;

	return summary_desk_ask(l->summary_desk, ask);
}

static int view_history(void *context, const struct api_history *ask)
{
	struct live *l = context;

	return recall_ask(l->recall, ask);
}

static int view_activity(void *context, const struct api_activity *ask)
{
	const struct live *l = context;

	return homedays_ask(l->homedays, ask);
}

static json_t *view_ladders(void *context)
{
	return crier_show_ladders(context);
}

static int view_recording(void *context, const struct api_recording *ask)
{
	const struct live *l = context;

	return recording_ask(l->recording, ask);
}

static int view_audit(void *context, const struct api_audit *ask)
{
	struct live *l = context;

	return trail_ask(l->trail, l->store, ask);
}

static int view_backup(void *context, const struct api_backup *act, json_t **ret_answer)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "backup");
	int r = copying_act(l->copying, act, ret_answer);

	live_end(&turn);
	return r;
}

static int view_config(void *context, const struct api_config_request *request)
{
	struct live *l = context;

	return reload_request(l->reload, request);
}

static void view_config_status(void *context, struct status_config *ret_status)
{
	const struct live *l = context;

	reload_status(l->reload, ret_status);
}

static void view_clock(void *context, struct status_clock *ret_status)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "clock");

	clockwork_status(l->clockwork, ret_status);
	live_end(&turn);
}

static int view_set_clock(void *context, int64_t wall_us, const char *who)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "clock set");
	int r = clockwork_set(l->clockwork, wall_us, who);

	live_end(&turn);
	return r;
}

static int view_expect_clock(void *context, int64_t wall_us, const char *who)
{
	const struct live *l = context;

	return clockwork_expect(l->clockwork, wall_us, who);
}

static void view_log(void *context, struct status_log *ret_status)
{
	const struct live *l = context;

	levels_status(l->levels, ret_status);
	ret_status->lost = journal_dropped() + log_dropped();
}

static void view_set_log(void *context, const struct api_log_request *request)
{
	struct live *l = context;

	trail_record(l,
		     &(struct trail_entry){
			     .kind = "command",
			     .who = request->who,
			     .what = request->room < 0 ? "log" : logid_room_name((enum log_room)request->room),
			     .detail = json_pack("{s:s, s:s}", "verb", "log-level", "level",
						 request->level ? logid_level_name(request->level) : "configured") });
	levels_set(l->levels, &(struct levels_change){ .room = request->room,
						       .level = request->level,
						       .for_us = request->for_us,
						       .who = request->who });
}

static int view_look(void *context, const struct api_look *look)
{
	const struct live *l = context;

	return inquest_look(l->inquest, look);
}

static void view_bid(void *context, const struct api_bid *bid)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "order to a plugin");

	bidding_give(l->bidding, bid);
	live_end(&turn);
}

static void view_order(void *context, const struct api_order *order)
{
	struct live *l = context;
	struct live_turn turn = live_begin(l, "order");

	orders_give(l->orders, order);
	live_end(&turn);
}

static json_t *view_counters(void *context)
{
	const struct live *l = context;
	struct outflow_counters c = outflow_counters(l->outflow);

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "samples",
			 (json_int_t)engine_points(l->engine)->readings, "alarms_raised", (json_int_t)c.raised,
			 "alarm_transitions", (json_int_t)c.transitions, "commits_kept", (json_int_t)c.kept,
			 "commits_lost", (json_int_t)c.lost, "samples_lost", (json_int_t)c.lost_samples, "slow_turns",
			 (json_int_t)l->slow_turns, "log_dropped", (json_int_t)(journal_dropped() + log_dropped()),
			 "field_refused", (json_int_t)queue_refused(links_messages(l->links)), "discovered",
			 (json_int_t)discovery_count(l->discovery), "discovered_dropped",
			 (json_int_t)discovery_dropped(l->discovery), "events_skipped",
			 (json_int_t)occurrence_skipped(l->occurrences));
}

struct api_source view_source(struct live *l)
{
	return (struct api_source){
		.context = l,
		.estate = view_estate,
		.places = view_places,
		.devices = view_devices,
		.points = view_points,
		.alarms = view_alarms,
		.buses = view_buses,
		.bus_units = view_bus_units,
		.plugins = view_plugins,
		.discovered_count = view_discovered_count,
		.discovered = view_discovered,
		.profiles = view_profiles,
		.outbox = view_outbox,
		.store = view_store,
		.started_us = view_started_us,
		.ready = view_ready,
		.command = view_command,
		.mode = view_mode,
		.story = view_story,
		.history = view_history,
		.summary = view_summary,
		.visits = view_visits,
		.visits_due = view_visits_due,
		.visit = view_visit,
		.residents = view_residents,
		.registry = view_registry,
		.care = view_care,
		.recording = view_recording,
		.audit = view_audit,
		.backup = view_backup,
		.burden = view_burden,
		.activity = view_activity,
		.ladders = view_ladders,
		.contacts = view_contacts,
		.on_duty = view_on_duty,
		.told = view_told,
		.helped = view_helped,
		.next = view_next,
		.hand_over = view_hand_over,
		.config = view_config,
		.config_status = view_config_status,
		.clock = view_clock,
		.set_clock = view_set_clock,
		.expect_clock = view_expect_clock,
		.log = view_log,
		.set_log = view_set_log,
		.order = view_order,
		.counters = view_counters,
		.look = view_look,
		.bid = view_bid,
	};
}
