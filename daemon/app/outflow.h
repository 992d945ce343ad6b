/* outflow.h: what a happening leaves behind: one commit to the store with the messages for every uplink in it, a line on
 * the stream at once, and after COMMIT the answers to those who wait for it.
 *
 * Main thread. Notify first, commit in parallel, acknowledge only after COMMIT. A commit that the store's queue cannot take
 * now is kept and tried again in order; what is kept is bounded and counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "model/record.h"
#include "model/status.h"
#include "plugin/supervisor.h"
#include "store/store.h"

struct outflow;
struct live;

struct outflow *outflow_new(struct live *l);
void outflow_free(struct outflow *o);

/* Who is answered when the happening is durable. All members may be unset. */
struct outflow_waiter {
	struct supervisor *source; /* with id: gets "stored" */
	const char *id;
	struct api_pending *pending; /* a person's command */
};

/* Takes the happening's transitions (live->effects, emptied) and the readings worth keeping. */
struct outflow_happening {
	const struct reading *values; /* last values to keep */
	size_t value_count;
	struct outflow_waiter waiter;
};
void outflow_commit(struct outflow *o, const struct outflow_happening *h);

/* A message of the data lane to all uplinks that take its kind; payload is one JSON object as text. */
void outflow_message(struct outflow *o, const char *kind, const char *payload);
/* What becomes of summaries, in one commit: the messages to all uplinks that take them, and the note that they have left. Without
 * either: done comes when all that was handed over before is durable. */
struct outflow_departure {
	const struct store_summary *summaries;
	size_t summary_count;
	const char *const *payloads;
	size_t payload_count;
	void (*done)(void *context, int error); /* not when estated ends before; perhaps within the call */
	void *context;
};
void outflow_depart(struct outflow *o, const struct outflow_departure *d);
/* A record of what was done (detail is a JSON object as text, or NULL). pending: a person who waits for it; NULL: nobody does. */
void outflow_audit(struct outflow *o, const struct store_audit *audit, struct api_pending *pending);
/* A contact with people who live here, and the record of it. */
struct outflow_record {
	const struct store_audit *audit;
	struct api_pending *pending;
};
void outflow_visit(struct outflow *o, const struct store_visit *visit, const struct outflow_record *record);
/* What becomes of users and sessions, and the record of it. */
struct outflow_accounts {
	const struct store_account *accounts;
	size_t count;
};
void outflow_accounts(struct outflow *o, const struct outflow_accounts *a, const struct outflow_record *record);
/* Store completions that concern waiters, and another try for what is kept. */
void outflow_committed(struct outflow *o, const struct store_done *done);
void outflow_retry(struct outflow *o);
size_t outflow_kept(const struct outflow *o); /* happenings that the store could not take yet */

/* An instance is an uplink from now on (it said so, or its program's name does). */
void outflow_add_uplink(struct outflow *o, const struct plugin *p);
/* Those that the configuration of now names; others that are known already stay known. After a reload too. */
void outflow_rebind(struct outflow *o);
/* Whether anybody takes it, or may turn out to. */
bool outflow_wants(const struct outflow *o, enum envelope_lane lane, const char *kind);
bool outflow_is_uplink(const struct outflow *o, const char *instance);
/* The instance has said what it is. Until every plugin has, messages are kept for those that may turn out to be uplinks. */
void outflow_role_known(struct outflow *o, const char *instance);
bool outflow_waits(const struct outflow *o); /* one has not */
/* An instance that came with a reload. */
void outflow_role_unknown(struct outflow *o, const char *instance);
/* Adds an empty row for each lane of an uplink that nothing was queued for yet; returns the new count. */
size_t outflow_name_lanes(const struct outflow *o, struct status_outbox *rows, size_t count, size_t max);
/* The plugin instance goes away: nobody may answer it any more. */
void outflow_forget_source(struct outflow *o, const struct supervisor *s);

struct outflow_counters {
	uint64_t raised, transitions, kept, lost, lost_samples;
};
struct outflow_counters outflow_counters(const struct outflow *o);
