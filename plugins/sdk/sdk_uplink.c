#include "sdk/sdk_uplink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_raw.h"

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
	struct sdk_uplink_message messages[];
};

struct lane {
	char name[LANE_NAME_MAX];
	struct batch *first, *last;
	unsigned in_flight;
	int64_t refused_seq; /* > 0: what began so was refused or set aside; none behind it may overtake it */
	int64_t moved_us;    /* something was last published or confirmed */
	struct sdk_uplink_message *aside; /* to be told; NULL: none */
	char aside_why[SDK_UPLINK_WHY_ASIDE];
	unsigned rewinds; /* for want of confirmation, in a row */
};

struct sdk_uplink {
	enum sdk_uplink_ack ack;
	struct lane lanes[SDK_UPLINK_LANES_MAX]; /* [0] is alarm */
	unsigned lane_count;
	uint64_t batches, bytes, messages;
};

static bool is_done(const struct sdk_uplink *q, const struct sdk_uplink_message *m)
{
	return m->state == SDK_UPLINK_DONE || (q->ack == SDK_UPLINK_ACK_BROKER && m->state == SDK_UPLINK_AT_BROKER);
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

struct sdk_uplink *sdk_uplink_new(enum sdk_uplink_ack ack)
{
	struct sdk_uplink *q = calloc(1, sizeof(*q));

	if (!q)
		abort();
	q->ack = ack;
	q->lane_count = 1;
	strcpy(q->lanes[0].name, "alarm");
	return q;
}

static void empty_lane(struct sdk_uplink *q, struct lane *lane);

void sdk_uplink_free(struct sdk_uplink *q)
{
	if (!q)
		return;
	for (unsigned i = 0; i < q->lane_count; i++)
		empty_lane(q, &q->lanes[i]);
	free(q);
}

/* In. */

static struct lane *find_lane(struct sdk_uplink *q, const char *name)
{
	for (unsigned i = 0; i < q->lane_count; i++)
		if (strcmp(q->lanes[i].name, name) == 0)
			return &q->lanes[i];
	return NULL;
}

static struct lane *get_lane(struct sdk_uplink *q, const char *name)
{
	struct lane *lane = find_lane(q, name);

	if (lane || q->lane_count == SDK_UPLINK_LANES_MAX || strlen(name) >= LANE_NAME_MAX)
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

static int fill_message(struct sdk_uplink_message *m, const json_t *envelope, struct sdk_raw *raw)
{
	const char *kind = json_string_value(json_object_get(envelope, "kind"));
	const json_t *seq = json_object_get(envelope, "seq"), *from = json_object_get(envelope, "from");
	const char *text;
	size_t len;

	if (!sdk_raw_next(raw, &text, &len) || !is_kind(kind) || !json_is_integer(seq) || json_integer_value(seq) < 1)
		return -EINVAL;
	m->seq = json_integer_value(seq);
	m->from = strcmp(kind, "gap") == 0 && json_is_integer(from) ? json_integer_value(from) : m->seq;
	m->kind = strdup(kind);
	m->text = strndup(text, len);
	if (!m->kind || !m->text)
		abort();
	return 0;
}

static struct batch *batch_new(const json_t *deliver, const char *line, char ret_why[static SDK_UPLINK_WHY])
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
			snprintf(ret_why, SDK_UPLINK_WHY,
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

/* Nothing may overtake a batch that was refused. What was dropped meanwhile comes no more: the gap record that tells of it does. */
static bool must_refuse(struct sdk_uplink *q, struct lane *lane, const struct batch *b)
{
	if (lane->refused_seq && b->messages[0].from > lane->refused_seq)
		return true;
	if (q->batches < BATCHES_MAX && q->bytes + b->bytes <= BYTES_MAX) {
		lane->refused_seq = 0;
		return false;
	}
	lane->refused_seq = b->messages[0].seq;
	return true;
}

int sdk_uplink_add(struct sdk_uplink *q, const json_t *deliver, const char *line, char ret_why[static SDK_UPLINK_WHY])
{
	const char *wrong = check_deliver(deliver);
	struct lane *lane;
	struct batch *b;

	if (wrong) {
		snprintf(ret_why, SDK_UPLINK_WHY, "%s", wrong);
		return -EINVAL;
	}
	lane = get_lane(q, json_string_value(json_object_get(deliver, "lane")));
	if (!lane) {
		snprintf(ret_why, SDK_UPLINK_WHY, "lane: expected at most %d of them, of 1 to %d bytes",
			 SDK_UPLINK_LANES_MAX, LANE_NAME_MAX - 1);
		return -EINVAL;
	}
	if (is_held(lane, json_integer_value(json_object_get(deliver, "batch"))))
		return -EEXIST;
	b = batch_new(deliver, line, ret_why);
	if (!b)
		return -EINVAL;
	if (must_refuse(q, lane, b)) {
		snprintf(ret_why, SDK_UPLINK_WHY, "%llu batches wait for the receiver already",
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

/* Nothing behind what is set aside: it comes again. */
static struct sdk_uplink_message *first_held(const struct lane *lane)
{
	for (struct batch *b = lane->first; b; b = b->next) {
		if (!lane->aside && b->messages[b->count - 1].state != SDK_UPLINK_HELD)
			continue; /* in order: the last one went, so all did */
		for (size_t i = 0; i < b->count; i++) {
			if (&b->messages[i] == lane->aside)
				return NULL;
			if (b->messages[i].state == SDK_UPLINK_HELD)
				return &b->messages[i];
		}
	}
	return NULL;
}

struct sdk_uplink_message *sdk_uplink_next(struct sdk_uplink *q)
{
	for (unsigned i = 0; i < q->lane_count; i++) {
		struct lane *lane = &q->lanes[i];
		struct sdk_uplink_message *m = NULL;

		if (lane->in_flight < (i == 0 ? WINDOW_ALARM : WINDOW_OTHER))
			m = first_held(lane);
		if (m)
			return m;
	}
	return NULL;
}

unsigned sdk_uplink_lanes(const struct sdk_uplink *q)
{
	return q->lane_count;
}

const char *sdk_uplink_lane_name(const struct sdk_uplink *q, unsigned lane)
{
	return q->lanes[lane].name;
}

struct sdk_uplink_message *sdk_uplink_next_of(struct sdk_uplink *q, unsigned lane)
{
	return first_held(&q->lanes[lane]);
}

static struct lane *lane_of(struct sdk_uplink *q, const struct sdk_uplink_message *m, struct batch **ret_batch)
{
	for (unsigned i = 0; i < q->lane_count; i++)
		for (struct batch *b = q->lanes[i].first; b; b = b->next)
			if (m >= b->messages && m < b->messages + b->count) {
				*ret_batch = b;
				return &q->lanes[i];
			}
	return NULL;
}

void sdk_uplink_published(struct sdk_uplink *q, struct sdk_uplink_message *m, int mid, int64_t now_us)
{
	struct batch *batch;
	struct lane *lane = lane_of(q, m, &batch);

	m->mid = mid;
	m->state = SDK_UPLINK_IN_FLIGHT;
	m->published_us = now_us;
	lane->in_flight++;
	lane->moved_us = now_us;
}

static struct sdk_uplink_message *find_in_flight(const struct lane *lane, int mid)
{
	for (struct batch *b = lane->first; b && lane->in_flight; b = b->next)
		for (size_t i = 0; i < b->count; i++)
			if (b->messages[i].state == SDK_UPLINK_IN_FLIGHT && b->messages[i].mid == mid)
				return &b->messages[i];
	return NULL;
}

struct sdk_uplink_message *sdk_uplink_find(struct sdk_uplink *q, int mid)
{
	struct sdk_uplink_message *m = NULL;

	for (unsigned i = 0; i < q->lane_count && !m; i++)
		m = find_in_flight(&q->lanes[i], mid);
	return m;
}

bool sdk_uplink_acknowledged(struct sdk_uplink *q, int mid)
{
	struct sdk_uplink_message *m = sdk_uplink_find(q, mid);
	struct batch *batch;

	if (!m)
		return false;
	m->state = SDK_UPLINK_AT_BROKER;
	lane_of(q, m, &batch)->in_flight--;
	return true;
}

void sdk_uplink_set_aside(struct sdk_uplink *q, struct sdk_uplink_message *m, const char *why)
{
	struct batch *batch;
	struct lane *lane = lane_of(q, m, &batch);

	if (m->state == SDK_UPLINK_IN_FLIGHT)
		lane->in_flight--;
	m->state = SDK_UPLINK_ASIDE;
	if (lane->aside && lane->aside->seq < m->seq)
		return; /* it comes again, and will be refused again */
	lane->aside = m;
	snprintf(lane->aside_why, sizeof(lane->aside_why), "%s", why);
}

bool sdk_uplink_confirmed(struct sdk_uplink *q, const char *name, int64_t seq)
{
	struct lane *lane = find_lane(q, name);
	bool any = false;

	for (struct batch *b = lane ? lane->first : NULL; b; b = b->next)
		for (size_t i = 0; i < b->count; i++) {
			struct sdk_uplink_message *m = &b->messages[i];

			/* What this process has not published cannot have been received. */
			if (m->seq > seq || m->state == SDK_UPLINK_HELD || m->state == SDK_UPLINK_DONE ||
			    m->state == SDK_UPLINK_ASIDE)
				continue;
			if (m->state == SDK_UPLINK_IN_FLIGHT)
				lane->in_flight--;
			m->state = SDK_UPLINK_DONE;
			any = true;
		}
	if (any)
		lane->rewinds = 0;
	return any;
}

static bool batch_is_done(const struct sdk_uplink *q, const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (!is_done(q, &b->messages[i]))
			return false;
	return true;
}

bool sdk_uplink_take_done(struct sdk_uplink *q, json_int_t *ret_batch)
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

static void empty_lane(struct sdk_uplink *q, struct lane *lane)
{
	while (lane->first) {
		struct batch *b = lane->first;

		lane->first = b->next;
		q->batches--;
		q->bytes -= b->bytes;
		batch_free(b);
	}
	lane->last = NULL;
	lane->aside = NULL;
	lane->in_flight = 0;
	lane->refused_seq = 0;
	lane->rewinds = 0;
}

/* Of the first batch only: those before it are done, or are to be done first. */
static bool is_next(const struct sdk_uplink *q, const struct lane *lane)
{
	const struct batch *b = lane->first;

	for (size_t i = 0; b && i < b->count; i++) {
		if (&b->messages[i] == lane->aside)
			return true;
		if (!is_done(q, &b->messages[i]))
			return false;
	}
	return false;
}

bool sdk_uplink_take_aside(struct sdk_uplink *q, struct sdk_uplink_aside *ret_aside)
{
	for (unsigned i = 0; i < q->lane_count; i++) {
		struct lane *lane = &q->lanes[i];

		if (!lane->aside || !is_next(q, lane))
			continue;
		*ret_aside = (struct sdk_uplink_aside){ .batch = lane->first->number, .seq = lane->aside->seq };
		memcpy(ret_aside->why, lane->aside_why, sizeof(ret_aside->why));
		q->messages += (uint64_t)(lane->aside - lane->first->messages);
		empty_lane(q, lane);
		lane->refused_seq =
			ret_aside->seq; /* what was sent before the daemon heard of it waits for what takes its place */
		return true;
	}
	return false;
}

/* Again. */

static void rewind_lane(const struct sdk_uplink *q, struct lane *lane)
{
	bool again = false;

	for (struct batch *b = lane->first; b; b = b->next)
		for (size_t i = 0; i < b->count; i++) {
			again = again || !is_done(q, &b->messages[i]);
			if (again && b->messages[i].state != SDK_UPLINK_ASIDE)
				b->messages[i].state = SDK_UPLINK_HELD;
		}
	lane->in_flight = 0;
}

void sdk_uplink_rewind_lane(struct sdk_uplink *q, unsigned lane)
{
	rewind_lane(q, &q->lanes[lane]);
}

void sdk_uplink_rewind(struct sdk_uplink *q)
{
	for (unsigned i = 0; i < q->lane_count; i++)
		sdk_uplink_rewind_lane(q, i);
}

static const struct sdk_uplink_message *oldest_in_flight(const struct lane *lane)
{
	for (const struct batch *b = lane->first; b; b = b->next)
		for (size_t i = 0; i < b->count; i++)
			if (b->messages[i].state == SDK_UPLINK_IN_FLIGHT)
				return &b->messages[i];
	return NULL;
}

bool sdk_uplink_is_stuck(const struct sdk_uplink *q, int64_t before_us)
{
	for (unsigned i = 0; i < q->lane_count; i++) {
		const struct sdk_uplink_message *m = oldest_in_flight(&q->lanes[i]);

		if (m && m->published_us < before_us)
			return true;
	}
	return false;
}

const char *sdk_uplink_rewind_unconfirmed(struct sdk_uplink *q, int64_t now_us, int64_t limit_us)
{
	for (unsigned i = 0; q->ack == SDK_UPLINK_ACK_APPLICATION && i < q->lane_count; i++) {
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

struct sdk_uplink_counts sdk_uplink_counts(const struct sdk_uplink *q)
{
	return (struct sdk_uplink_counts){ .batches = q->batches, .bytes = q->bytes, .messages = q->messages };
}
