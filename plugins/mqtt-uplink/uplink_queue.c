#include "mqtt-uplink/uplink_queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_raw.h"

#define LANES_MAX       8
#define LANE_NAME_MAX   32
#define BATCHES_MAX     256
#define BYTES_MAX       ((uint64_t)4 * 1024 * 1024)
#define WINDOW_ALARM    256 /* messages in flight */
#define WINDOW_OTHER    32  /* few: an alarm waits behind at most these on the wire */
#define PATIENCE_MAX_US INT64_C(600000000)

struct batch {
	struct batch *next;
	json_int_t number;
	size_t count;
	uint64_t bytes;
	struct uplink_message messages[];
};

struct lane {
	char name[LANE_NAME_MAX];
	struct batch *first, *last;
	unsigned in_flight;
	int64_t refused_seq; /* > 0: a batch that began so was refused; none behind it may overtake it */
	int64_t moved_us;    /* something was last published or confirmed */
	unsigned rewinds;    /* for want of confirmation, in a row */
};

struct uplink_queue {
	enum uplink_ack ack;
	struct lane lanes[LANES_MAX]; /* [0] is alarm */
	unsigned lane_count;
	uint64_t batches, bytes, messages;
};

static bool is_done(const struct uplink_queue *q, const struct uplink_message *m)
{
	return m->state == UPLINK_DONE || (q->ack == UPLINK_ACK_BROKER && m->state == UPLINK_AT_BROKER);
}

static void batch_free(struct batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++) {
		free(b->messages[i].text);
		free(b->messages[i].kind);
	}
	free(b);
}

struct uplink_queue *uplink_queue_new(enum uplink_ack ack)
{
	struct uplink_queue *q = calloc(1, sizeof(*q));

	if (!q)
		abort();
	q->ack = ack;
	q->lane_count = 1;
	strcpy(q->lanes[0].name, "alarm");
	return q;
}

void uplink_queue_free(struct uplink_queue *q)
{
	if (!q)
		return;
	for (unsigned i = 0; i < q->lane_count; i++)
		while (q->lanes[i].first) {
			struct batch *b = q->lanes[i].first;

			q->lanes[i].first = b->next;
			batch_free(b);
		}
	free(q);
}

/* In. */

static struct lane *find_lane(struct uplink_queue *q, const char *name)
{
	for (unsigned i = 0; i < q->lane_count; i++)
		if (strcmp(q->lanes[i].name, name) == 0)
			return &q->lanes[i];
	return NULL;
}

static struct lane *get_lane(struct uplink_queue *q, const char *name)
{
	struct lane *lane = find_lane(q, name);

	if (lane || q->lane_count == LANES_MAX || strlen(name) >= LANE_NAME_MAX)
		return lane;
	lane = &q->lanes[q->lane_count++];
	*lane = (struct lane){ 0 };
	memcpy(lane->name, name, strlen(name) + 1);
	return lane;
}

static bool is_kind(const char *kind)
{
	size_t len = kind ? strlen(kind) : 0;

	return len > 0 && len < 64 && strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static int fill_message(struct uplink_message *m, const json_t *envelope, struct sdk_raw *raw)
{
	const char *kind = json_string_value(json_object_get(envelope, "kind"));
	const json_t *seq = json_object_get(envelope, "seq");
	const char *text;
	size_t len;

	if (!sdk_raw_next(raw, &text, &len) || !is_kind(kind) || !json_is_integer(seq) || json_integer_value(seq) < 1)
		return -EINVAL;
	m->seq = json_integer_value(seq);
	m->kind = strdup(kind);
	m->text = strndup(text, len);
	if (!m->kind || !m->text)
		abort();
	return 0;
}

static struct batch *batch_new(const json_t *deliver, const char *line, char ret_why[static UPLINK_QUEUE_WHY])
{
	const json_t *messages = json_object_get(deliver, "messages");
	struct sdk_raw raw = sdk_raw_array(line, "messages");
	size_t count = json_array_size(messages);
	struct batch *b = calloc(1, sizeof(*b) + count * sizeof(b->messages[0]));

	if (!b)
		abort();
	b->number = json_integer_value(json_object_get(deliver, "batch"));
	b->count = count;
	for (size_t i = 0; i < count; i++) {
		if (fill_message(&b->messages[i], json_array_get(messages, i), &raw) < 0) {
			snprintf(ret_why, UPLINK_QUEUE_WHY,
				 "messages[%zu]: expected an object with a kind of [a-z0-9_-] and a seq from 1", i);
			batch_free(b);
			return NULL;
		}
		b->bytes += strlen(b->messages[i].text);
	}
	return b;
}

static bool is_held(const struct lane *lane, json_int_t number)
{
	for (const struct batch *b = lane->first; b; b = b->next)
		if (b->number == number)
			return true;
	return false;
}

static const char *check_deliver(const json_t *deliver)
{
	const char *lane = json_string_value(json_object_get(deliver, "lane"));

	if (!json_is_integer(json_object_get(deliver, "batch")))
		return "batch: expected a number";
	if (!lane || !lane[0])
		return "lane: expected a name";
	if (json_array_size(json_object_get(deliver, "messages")) == 0)
		return "messages: expected a list of one or more";
	return NULL;
}

/* Nothing may overtake a batch that was refused. */
static bool must_refuse(struct uplink_queue *q, struct lane *lane, const struct batch *b)
{
	int64_t seq = b->messages[0].seq;

	if (lane->refused_seq && seq > lane->refused_seq)
		return true;
	if (q->batches < BATCHES_MAX && q->bytes + b->bytes <= BYTES_MAX) {
		lane->refused_seq = 0;
		return false;
	}
	lane->refused_seq = seq;
	return true;
}

int uplink_queue_add(struct uplink_queue *q, const json_t *deliver, const char *line,
		     char ret_why[static UPLINK_QUEUE_WHY])
{
	const char *wrong = check_deliver(deliver);
	struct lane *lane;
	struct batch *b;

	if (wrong) {
		snprintf(ret_why, UPLINK_QUEUE_WHY, "%s", wrong);
		return -EINVAL;
	}
	lane = get_lane(q, json_string_value(json_object_get(deliver, "lane")));
	if (!lane) {
		snprintf(ret_why, UPLINK_QUEUE_WHY, "lane: expected at most %d of them, of 1 to %d bytes", LANES_MAX,
			 LANE_NAME_MAX - 1);
		return -EINVAL;
	}
	if (is_held(lane, json_integer_value(json_object_get(deliver, "batch"))))
		return -EEXIST;
	b = batch_new(deliver, line, ret_why);
	if (!b)
		return -EINVAL;
	if (must_refuse(q, lane, b)) {
		snprintf(ret_why, UPLINK_QUEUE_WHY, "%llu batches wait for the receiver already",
			 (unsigned long long)q->batches);
		batch_free(b);
		return -ENOBUFS;
	}
	*(lane->first ? &lane->last->next : &lane->first) = b;
	lane->last = b;
	q->batches++;
	q->bytes += b->bytes;
	return 0;
}

/* Out. */

static struct uplink_message *first_held(const struct lane *lane)
{
	for (struct batch *b = lane->first; b; b = b->next) {
		if (b->messages[b->count - 1].state != UPLINK_HELD)
			continue; /* in order: the last one went, so all did */
		for (size_t i = 0; i < b->count; i++)
			if (b->messages[i].state == UPLINK_HELD)
				return &b->messages[i];
	}
	return NULL;
}

struct uplink_message *uplink_queue_next(struct uplink_queue *q)
{
	for (unsigned i = 0; i < q->lane_count; i++) {
		struct lane *lane = &q->lanes[i];
		struct uplink_message *m = NULL;

		if (lane->in_flight < (i == 0 ? WINDOW_ALARM : WINDOW_OTHER))
			m = first_held(lane);
		if (m)
			return m;
	}
	return NULL;
}

static struct lane *lane_of(struct uplink_queue *q, const struct uplink_message *m)
{
	for (unsigned i = 0; i < q->lane_count; i++)
		for (struct batch *b = q->lanes[i].first; b; b = b->next)
			if (m >= b->messages && m < b->messages + b->count)
				return &q->lanes[i];
	return NULL;
}

void uplink_queue_published(struct uplink_queue *q, struct uplink_message *m, int mid, int64_t now_us)
{
	struct lane *lane = lane_of(q, m);

	m->mid = mid;
	m->state = UPLINK_IN_FLIGHT;
	m->published_us = now_us;
	lane->in_flight++;
	lane->moved_us = now_us;
}

static bool lane_acknowledged(struct lane *lane, int mid)
{
	for (struct batch *b = lane->first; b && lane->in_flight; b = b->next)
		for (size_t i = 0; i < b->count; i++) {
			struct uplink_message *m = &b->messages[i];

			if (m->state == UPLINK_IN_FLIGHT && m->mid == mid) {
				m->state = UPLINK_AT_BROKER;
				lane->in_flight--;
				return true;
			}
		}
	return false;
}

bool uplink_queue_acknowledged(struct uplink_queue *q, int mid)
{
	for (unsigned i = 0; i < q->lane_count; i++)
		if (lane_acknowledged(&q->lanes[i], mid))
			return true;
	return false;
}

bool uplink_queue_confirmed(struct uplink_queue *q, const char *name, int64_t seq)
{
	struct lane *lane = find_lane(q, name);
	bool any = false;

	for (struct batch *b = lane ? lane->first : NULL; b; b = b->next)
		for (size_t i = 0; i < b->count; i++) {
			struct uplink_message *m = &b->messages[i];

			/* What this process has not published cannot have been received. */
			if (m->seq > seq || m->state == UPLINK_HELD || m->state == UPLINK_DONE)
				continue;
			if (m->state == UPLINK_IN_FLIGHT)
				lane->in_flight--;
			m->state = UPLINK_DONE;
			any = true;
		}
	if (any)
		lane->rewinds = 0;
	return any;
}

static bool batch_is_done(const struct uplink_queue *q, const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (!is_done(q, &b->messages[i]))
			return false;
	return true;
}

bool uplink_queue_take_done(struct uplink_queue *q, json_int_t *ret_batch)
{
	for (unsigned i = 0; i < q->lane_count; i++) {
		struct lane *lane = &q->lanes[i];
		struct batch *b = lane->first;

		if (!b || !batch_is_done(q, b))
			continue;
		lane->first = b->next;
		if (!lane->first)
			lane->last = NULL;
		q->batches--;
		q->bytes -= b->bytes;
		q->messages += b->count;
		*ret_batch = b->number;
		batch_free(b);
		return true;
	}
	return false;
}

/* Again. */

static void rewind_lane(const struct uplink_queue *q, struct lane *lane)
{
	bool again = false;

	for (struct batch *b = lane->first; b; b = b->next)
		for (size_t i = 0; i < b->count; i++) {
			again = again || !is_done(q, &b->messages[i]);
			if (again)
				b->messages[i].state = UPLINK_HELD;
		}
	lane->in_flight = 0;
}

void uplink_queue_rewind(struct uplink_queue *q)
{
	for (unsigned i = 0; i < q->lane_count; i++)
		rewind_lane(q, &q->lanes[i]);
}

static const struct uplink_message *oldest_in_flight(const struct lane *lane)
{
	for (const struct batch *b = lane->first; b; b = b->next)
		for (size_t i = 0; i < b->count; i++)
			if (b->messages[i].state == UPLINK_IN_FLIGHT)
				return &b->messages[i];
	return NULL;
}

bool uplink_queue_is_stuck(const struct uplink_queue *q, int64_t before_us)
{
	for (unsigned i = 0; i < q->lane_count; i++) {
		const struct uplink_message *m = oldest_in_flight(&q->lanes[i]);

		if (m && m->published_us < before_us)
			return true;
	}
	return false;
}

const char *uplink_queue_rewind_unconfirmed(struct uplink_queue *q, int64_t now_us, int64_t limit_us)
{
	for (unsigned i = 0; q->ack == UPLINK_ACK_APPLICATION && i < q->lane_count; i++) {
		struct lane *lane = &q->lanes[i];
		int64_t patience_us = limit_us << (lane->rewinds < 16 ? lane->rewinds : 16);

		if (patience_us > PATIENCE_MAX_US)
			patience_us = limit_us > PATIENCE_MAX_US ? limit_us : PATIENCE_MAX_US;
		/* Messages in flight are the broker's delay, not the receiver's. */
		if (!lane->first || lane->in_flight || first_held(lane) == &lane->first->messages[0])
			continue;
		if (now_us - lane->moved_us < patience_us)
			continue;
		lane->rewinds++;
		lane->moved_us = now_us;
		rewind_lane(q, lane);
		return lane->name;
	}
	return NULL;
}

struct uplink_queue_counts uplink_queue_counts(const struct uplink_queue *q)
{
	return (struct uplink_queue_counts){ .batches = q->batches, .bytes = q->bytes, .messages = q->messages };
}
