/* live.h: the running daemon: what the files of app/ share. Main thread only; nobody outside app/ includes this.
 *
 *   field messages ─ feed.c ──┐                       ┌─ outflow.c: store, uplinks' messages, stream, answers
 *   plugin samples ─ feed.c ──┼─► engine ─► effects ──┤
 *   commands       ─ view.c ──┘                       └─ delivery.c: outbox → uplink plugins
 *
 * Every callback of the loop is one happening: it ends with live_settle, which hands over its effects in one commit. */
#pragma once

#include <event2/event.h>

#include "alarm/burden.h"
#include "api/api.h"
#include "app/accounts.h"
#include "app/bidding.h"
#include "app/clockwork.h"
#include "app/crier.h"
#include "app/copying.h"
#include "app/delivery.h"
#include "app/discovery.h"
#include "app/discretion.h"
#include "app/engine.h"
#include "app/feed.h"
#include "app/homedays.h"
#include "app/homes.h"
#include "app/inquest.h"
#include "app/levels.h"
#include "app/links.h"
#include "app/occurrence.h"
#include "app/offload.h"
#include "app/orders.h"
#include "app/outflow.h"
#include "app/recall.h"
#include "app/recording.h"
#include "app/reload.h"
#include "app/startconf.h"
#include "app/stock.h"
#include "app/registry.h"
#include "app/story.h"
#include "app/summary_clock.h"
#include "app/summary_desk.h"
#include "app/trail.h"
#include "app/visiting.h"
#include "app/watch.h"
#include "app/windowfile.h"
#include "base/complain.h"
#include "field/worker.h"
#include "plugin/supervisor.h"
#include "store/store.h"

struct live_setup {
	const char *conf_path, *data_dir, *plugin_dir, *state_dir, *runtime_dir;
	int listen_fd;            /* the API's socket from the service manager; negative: we make it */
	enum log_level log_level; /* of the command line; 0: the configuration says it */
};

struct live {
	const struct live_setup *setup;
	struct conf *conf;
	struct engine *engine;
	struct windowfile *windows; /* what its rules remember, beyond a kill */
	struct event_base *base;
	struct store *store;
	struct api *api;
	struct api_source view; /* what the API sees of us */
	struct offload *offload;
	struct links *links;
	struct reload *reload;
	struct levels *levels;
	struct discretion *discretion;
	struct outflow *outflow;
	struct delivery *delivery;
	struct watch *watch;
	struct crier *crier;
	struct discovery *discovery;
	struct story *story;
	struct recall *recall;
	struct homedays *homedays;
	struct recording *recording;
	struct visiting *visiting;
	struct registry *registry;
	struct summary_clock *summaries;
	struct summary_desk *summary_desk;
	struct stock *stock;
	struct occurrence_book *occurrences; /* events that leave with the happening in work */
	struct accounts *accounts;
	struct trail *trail;
	struct copying *copying;
	struct burden *burden; /* what people are told, and how often */
	struct clockwork *clockwork;
	struct inquest *inquest;
	struct orders *orders;
	struct bidding *bidding;
	struct homes *homes;          /* dwellings, beyond a kill */
	struct alarm_effects effects; /* of the happening in work */
	struct engine_calls engine_calls;
	struct startconf begin; /* what it started with, until reload has it */
	size_t evaluated;       /* points that the rules have looked at since the last swap */
	struct event *field_event, *store_event, *tick_event, *due_event, *evaluate_event, *watchdog_event,
		*stop_events[2], *reload_event;
	int64_t due_us;         /* what due_event is set to; INT64_MAX: not set */
	uint64_t delay_version; /* of the delays that were saved last */
	struct clock_now started;
	int64_t ticked_us;   /* monotonic time of the last tick */
	uint64_t slow_turns; /* callbacks of more than 50 ms */
	struct complaint slow;
	int64_t slow_us; /* the end of the last one */
	bool stopping;
};

/* Runs until SIGTERM or SIGINT. Returns the process's exit status. */
int live_run(const struct live_setup *setup);

/* Ends a happening: effects go out, the delay timer is set anew. */
void live_settle(struct live *l);

/* Lets every rule look at the values that are there, in slices from the next turn on. */
void live_evaluate(struct live *l);

/* Measures one callback: `struct live_turn turn = live_begin(l, "field messages"); … live_end(&turn);` */
struct live_turn {
	struct live *live;
	const char *name;
	int64_t began_us;
};
struct live_turn live_begin(struct live *l, const char *name);
void live_end(struct live_turn *t); /* settles, and logs a callback that took more than 50 ms by name */

/* view.c: what the API sees; fills a source for live. */
struct api_source view_source(struct live *l);
