/* links.h: the buses and plugins of the running configuration: started, kept over a reload where nothing about them
 * changed, ended without making the loop wait. Main thread.
 *
 * A bus has a number (slot) for its thread's life; which row of the configuration it is may change with a reload. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "field/worker.h"
#include "plugin/supervisor.h"

struct links;
struct live;

struct links *links_new(struct live *l);
void links_free(struct links *k);

/* Starts what the configuration names. A bus that does not start is logged, and watch raises its alarm. */
void links_start_buses(struct links *k);
int links_start_plugins(struct links *k); /* 0 or -errno (logged) */
/* What a new configuration changes of them, found out ahead: which rows are the same, the plans of all buses. Any thread. */
struct links_change;
struct links_change *links_prepare(const struct conf *old, const struct conf *now);
/* By number of a point in the old configuration its number in the new one; taken. */
void links_change_points(struct links_change *change, uint32_t *forward);
void links_change_free(struct links_change *change);
/* After live->conf was changed from old: unchanged buses get their new plan, unchanged plugins their new rows; the rest is
 * ended and started. Rows of old are needed while links_refer_to says so. */
void links_swap(struct links *k, const struct conf *old, struct links_change *change);
/* Instances and buses that were told to end and have not yet. Once a second: frees what has. */
size_t links_leaving(struct links *k);
/* A plugin on its way out still refers to the rows of this configuration. */
bool links_refer_to(const struct links *k, const struct conf *c);
void links_stop(struct links *k);

/* The bus row of a message's number, in the configuration of now; UINT32_MAX: of a bus or a plan that is gone. A reading that
 * was on its way while the configuration changed gets the number that its point has now. */
uint32_t links_bus_of(const struct links *k, struct worker_message *m);
/* Of the newest plans. */
uint32_t links_generation(const struct links *k);
/* NULL: its thread did not start. */
struct worker *links_worker(const struct links *k, uint32_t bus);
struct supervisor *links_supervisor(const struct links *k, size_t plugin);
struct queue *links_messages(const struct links *k);
