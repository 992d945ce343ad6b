/* uplink_queue.h: what the daemon wants delivered and the receiver has not acknowledged yet. Pure: time is an argument,
 * no I/O. The caller owns it. Main thread.
 *
 *   message:  held --next, published--> in flight --PUBACK--> at the broker --confirmed (ack = application)--> done
 *               ^--- rewind (connection lost, confirmation overdue) ---'         (ack = broker: done here)
 *
 * Invariants: within a lane messages are handed out in the order in which they came, also after a rewind, and batches
 * become done in that order; the lane "alarm" goes before all others; memory is bounded, and a batch that does not fit is
 * refused together with all later ones of its lane until it comes again. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct uplink_queue;

enum uplink_ack { UPLINK_ACK_BROKER, UPLINK_ACK_APPLICATION };

struct uplink_message {
	char *text; /* one line of JSON, as the daemon wrote it */
	char *kind;
	int64_t seq;
	int mid;
	enum { UPLINK_HELD, UPLINK_IN_FLIGHT, UPLINK_AT_BROKER, UPLINK_DONE } state;
	int64_t published_us;
};

struct uplink_queue *uplink_queue_new(enum uplink_ack ack);
void uplink_queue_free(struct uplink_queue *q);

/* Takes the batch of a "deliver" message; line is the text that it was parsed from, for the messages are passed on as they
 * stand there: 0; -EEXIST: it is held already; -EINVAL: it can never be delivered, or
 * -ENOBUFS: not now; both with the reason. */
#define UPLINK_QUEUE_WHY 160
int uplink_queue_add(struct uplink_queue *q, const json_t *deliver, const char *line,
		     char ret_why[static UPLINK_QUEUE_WHY]);

/* The message to publish next, or NULL: nothing is held, or enough is in flight. */
struct uplink_message *uplink_queue_next(struct uplink_queue *q);
/* It was handed to the broker. */
void uplink_queue_published(struct uplink_queue *q, struct uplink_message *m, int mid, int64_t now_us);
/* PUBACK. False: no message of the queue. */
bool uplink_queue_acknowledged(struct uplink_queue *q, int mid);
/* The receiver has all of the lane up to seq. False: nothing waited for that. */
bool uplink_queue_confirmed(struct uplink_queue *q, const char *lane, int64_t seq);
/* The number of a batch that is now delivered, each once, in order; false: none. */
bool uplink_queue_take_done(struct uplink_queue *q, json_int_t *ret_batch);

/* The connection is gone: what is not done is published again, from the first such message of each lane on. */
void uplink_queue_rewind(struct uplink_queue *q);
/* Whether a PUBACK is overdue. */
bool uplink_queue_is_stuck(const struct uplink_queue *q, int64_t before_us);
/* ack = application: rewinds a lane that waits for its receiver since before limit_us, doubled with each rewind up to
 * ten minutes. The lane, or NULL: none. */
const char *uplink_queue_rewind_unconfirmed(struct uplink_queue *q, int64_t now_us, int64_t limit_us);

struct uplink_queue_counts {
	uint64_t batches, bytes; /* held now */
	uint64_t messages;       /* in batches delivered so far */
};
struct uplink_queue_counts uplink_queue_counts(const struct uplink_queue *q);
