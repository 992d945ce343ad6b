/* queue.h: the only way for data to cross threads: a bounded queue of items by value, with an eventfd to wait on.
 *
 * Any number of pushers, one popper. The descriptor is readable while items are there (edges are collapsed: after a
 * wake-up pop until empty). Threads: any. A full queue refuses and counts; nothing is ever overwritten. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct queue;

struct queue *queue_new(size_t item_size, size_t capacity);
void queue_free(struct queue *q); /* items left in it are forgotten: drain first when they own something */
UTIL_DEFINE_CLEANUP(struct queue *, queue_free);

int queue_push(struct queue *q, const void *item); /* copies; 0 or -ENOSPC when full, -EPIPE when closed */
/* All of them, with nothing of other pushers in between, so that whoever pops the first finds the rest there: 0, -EPIPE, or
 * -ENOSPC: there is not room for all, and none was taken. More than the capacity never fit. */
int queue_push_all(struct queue *q, const void *items, size_t count);
/* Wait for room until the deadline (clock_mono_us); 0, -ETIMEDOUT, or -EPIPE when closed. Not for the main thread. */
int queue_push_wait(struct queue *q, const void *item, int64_t deadline_us);
int queue_push_all_wait(struct queue *q, const void *items, size_t count, int64_t deadline_us);
bool queue_pop(struct queue *q, void *ret_item); /* false: empty */
/* Waits until an item is there or the deadline passes or the queue is closed; true with an item. Not for the main thread. */
bool queue_pop_wait(struct queue *q, void *ret_item, int64_t deadline_us);
void queue_close(struct queue *q); /* pushers get -EPIPE, waiters wake; what is inside can still be popped */
bool queue_closed(const struct queue *q);
int queue_fd(const struct queue *q); /* lent; readable when there may be something to pop, or closed */
size_t queue_len(const struct queue *q);
size_t queue_capacity(const struct queue *q);
uint64_t queue_refused(const struct queue *q); /* pushes refused because it was full */
