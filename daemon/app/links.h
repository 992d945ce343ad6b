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
/* After live->conf was changed from old: unchanged buses get their new plan, unchanged plugins their new rows; the rest is
 * ended and started. Rows of old are not needed any more when links_leaving says 0. */
void links_swap(struct links *k, const struct conf *old);
/* Instances and buses that were told to end and have not yet. Once a second: frees what has. */
size_t links_leaving(struct links *k);
void links_stop(struct links *k);

/* The bus row of a message's number, in the configuration of now; UINT32_MAX: of a bus or a plan that is gone. */
uint32_t links_bus_of(const struct links *k, const struct worker_message *m);
/* NULL: its thread did not start. */
struct worker *links_worker(const struct links *k, uint32_t bus);
struct supervisor *links_supervisor(const struct links *k, size_t plugin);
struct queue *links_messages(const struct links *k);
