/* delivery.h: the outbox to the uplink plugins: per (uplink, lane) in order, a few batches in flight, nothing forgotten
 * before the receiver has it. Main thread.
 *
 *   store says QUEUED → fetch after `sent` → deliver → delivered: rows go, `delivered` rises
 *   refused, plugin gone: `sent` falls back to `delivered`, tried again 1 s … 60 s later */
#pragma once

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
void delivery_refused(struct delivery *d, struct supervisor *s, uint64_t batch, const char *text);
void delivery_tick(struct delivery *d, int64_t now_us);
