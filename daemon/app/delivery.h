/* delivery.h: the outbox to the uplink plugins: per (uplink, lane) in order, a few batches in flight, nothing forgotten
 * before the receiver has it. Main thread.
 *
 *   store says QUEUED → fetch after `sent` → deliver → delivered: rows go, `delivered` rises
 *   refused, plugin gone: `sent` falls back to `delivered`, tried again 1 s … 60 s later
 *   refused for ever: the message that it names is set aside, a gap record takes its place; where it names none, all are sent
 *   again one by one, and the one that is refused alone is it
 *
 * Alarms go at once; what is no alarm goes to each uplink no faster than the configured rate, so that a backlog neither fills
 * its line nor holds an alarm up. */
#pragma once

#include "app/watch.h"
#include "plugin/supervisor.h"
#include "store/store.h"

struct delivery;
struct live;

struct delivery *delivery_new(struct live *l);
void delivery_free(struct delivery *d);

void delivery_add_uplink(struct delivery *d, const char *instance);
void delivery_uplink_state(struct delivery *d, struct supervisor *s, bool up);
void delivery_queued(struct delivery *d, const struct store_done *done);
void delivery_batch(struct delivery *d, const struct store_done *done);
void delivery_delivered(struct delivery *d, struct supervisor *s, uint64_t batch);
void delivery_refused(struct delivery *d, struct supervisor *s, const struct supervisor_refusal *refusal);
/* The rate and the bounds of the outbox are those of the configuration of now: at start, and after each reload. */
void delivery_rebind(struct delivery *d);
/* Whether its receiver acknowledges alarms in time: down once the oldest has waited for outbox.ack_within, up once that one
 * is acknowledged. Unknown: no uplink, or what an earlier run left has neither been acknowledged nor waited for so long. */
enum watch_state delivery_acknowledges(const struct delivery *d, const char *instance, int64_t now_us);
void delivery_tick(struct delivery *d, int64_t now_us);
