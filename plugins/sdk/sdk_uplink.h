/* sdk_uplink.h: for uplinks: what the daemon wants delivered and the receiver has not acknowledged yet. Pure: time is an argument,
 * no I/O. The caller owns it. Main thread.
 *
 *   message:  held --next, published--> in flight --PUBACK--> at the broker --confirmed (ack = application)--> done
 *               ^--- rewind (connection lost, confirmation overdue) ---'         (ack = broker: done here)
 *   held or in flight --the receiver will never take it--> aside: told when all before it are done; the lane is empty then,
 *   and what stood behind it comes again
 *
 * Invariants: within a lane messages are handed out in the order in which they came, also after a rewind, and batches
 * become done in that order; the lane "alarm" goes before all others; memory is bounded, and a batch that does not fit is
 * refused together with all later ones of its lane until it comes again. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct sdk_uplink;

enum sdk_uplink_ack { SDK_UPLINK_ACK_BROKER, SDK_UPLINK_ACK_APPLICATION };

struct sdk_uplink_message {
	char *text; /* one line of JSON, as the daemon wrote it */
	char *kind;
	int64_t seq;
	int64_t from; /* the first one that it stands for: of a gap record, else seq */
	int mid;
	enum { SDK_UPLINK_HELD, SDK_UPLINK_IN_FLIGHT, SDK_UPLINK_AT_BROKER, SDK_UPLINK_DONE, SDK_UPLINK_ASIDE } state;
	int64_t published_us;
};

struct sdk_uplink *sdk_uplink_new(enum sdk_uplink_ack ack);
void sdk_uplink_free(struct sdk_uplink *q);

/* Takes the batch of a "deliver" message; line is the text that it was parsed from, for the messages are passed on as they
 * stand there: 0; -EEXIST: it is held already; -EINVAL: it can never be delivered, or
 * -ENOBUFS: not now; both with the reason. */
#define SDK_UPLINK_WHY       160
#define SDK_UPLINK_WHY_ASIDE 512
#define SDK_UPLINK_LANES_MAX 8
int sdk_uplink_add(struct sdk_uplink *q, const json_t *deliver, const char *line, char ret_why[static SDK_UPLINK_WHY]);

/* The message to publish next, or NULL: nothing is held, or enough is in flight. */
struct sdk_uplink_message *sdk_uplink_next(struct sdk_uplink *q);
/* The lanes seen so far, [0] is "alarm"; the next message of one of them, whatever is in flight. */
unsigned sdk_uplink_lanes(const struct sdk_uplink *q);
const char *sdk_uplink_lane_name(const struct sdk_uplink *q, unsigned lane);
struct sdk_uplink_message *sdk_uplink_next_of(struct sdk_uplink *q, unsigned lane);
/* It was handed to the broker (or, with the number of a request for all of its messages, to the receiver). */
void sdk_uplink_published(struct sdk_uplink *q, struct sdk_uplink_message *m, int mid, int64_t now_us);
/* PUBACK. False: no message of the queue. */
bool sdk_uplink_acknowledged(struct sdk_uplink *q, int mid);
/* What was published with this id and is not acknowledged yet; NULL: nothing. */
struct sdk_uplink_message *sdk_uplink_find(struct sdk_uplink *q, int mid);
/* It can never be delivered: nothing more of its lane goes out until that was told. */
void sdk_uplink_set_aside(struct sdk_uplink *q, struct sdk_uplink_message *m, const char *why);
/* The receiver has all of the lane up to seq. False: nothing waited for that. */
bool sdk_uplink_confirmed(struct sdk_uplink *q, const char *lane, int64_t seq);
/* The number of a batch that is now delivered, each once, in order; false: none. */
bool sdk_uplink_take_done(struct sdk_uplink *q, json_int_t *ret_batch);

/* After sdk_uplink_take_done: a message that is to be told as set aside. All of its lane is forgotten then: the daemon sends
 * what stood behind it again. False: none, or some before it are not done yet. */
struct sdk_uplink_aside {
	json_int_t batch;
	int64_t seq;
	char why[SDK_UPLINK_WHY_ASIDE];
};
bool sdk_uplink_take_aside(struct sdk_uplink *q, struct sdk_uplink_aside *ret_aside);

/* The connection is gone: what is not done is published again, from the first such message of each lane on. */
void sdk_uplink_rewind(struct sdk_uplink *q);
void sdk_uplink_rewind_lane(struct sdk_uplink *q, unsigned lane);
/* Whether a PUBACK is overdue. */
bool sdk_uplink_is_stuck(const struct sdk_uplink *q, int64_t before_us);
/* ack = application: rewinds a lane that waits for its receiver since before limit_us, doubled with each rewind up to
 * ten minutes. The lane, or NULL: none. */
const char *sdk_uplink_rewind_unconfirmed(struct sdk_uplink *q, int64_t now_us, int64_t limit_us);

struct sdk_uplink_counts {
	uint64_t batches, bytes; /* held now */
	uint64_t messages;       /* in batches delivered so far */
};
struct sdk_uplink_counts sdk_uplink_counts(const struct sdk_uplink *q);
