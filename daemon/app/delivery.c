#include "app/delivery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "base/backoff.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"

#define IN_FLIGHT_MAX   64 /* batches: a receiver that acknowledges now and then must not hold the next alarm */
#define IN_FLIGHT_BYTES (160 * 1024) /* both lanes fit into what may wait for a plugin */
#define BATCH_MESSAGES  64
#define BATCH_BYTES     (40 * 1024) /* a line to a plugin is at most 64 KiB */
#define RETRY_MIN       (1 * S)
#define RETRY_MAX       (60 * S)

struct flight {
	uint64_t batch, last_seq;
	size_t bytes;
	bool delivered; /* waits for those before it */
};

/* One lane of one uplink. Invariant: delivered <= sent; flights lie between them in order of seq. */
struct lane {
	enum envelope_lane lane;
	uint64_t delivered, sent; /* seq; delivered: as far as this run knows */
	uint64_t reported;        /* of delivered: what the store was told */
	bool more;                /* there may be rows after sent */
	bool fetching;
	uint64_t fetch_after; /* what the fetch in work asked for */
	struct flight flights[IN_FLIGHT_MAX];
	size_t flight_count;
	int64_t retry_us; /* monotonic; not before */
	struct backoff backoff;
	uint64_t
		aside_seq; /* a message that no line has room for: its gap record is still to be handed over; 0: none */
};

struct uplink {
	char *instance;
	struct supervisor *supervisor; /* NULL while it is down */
	struct lane lanes[ENVELOPE_LANES];
	struct complaint refused;
};

struct delivery {
	struct live *live;
	struct uplink **uplinks; /* those of the configuration, and others as long as the store owes them an answer */
	size_t count;
	uint64_t next_batch;
};

struct delivery *delivery_new(struct live *l)
{
	struct delivery *d = MEM_NEW(struct delivery);

	d->live = l;
	d->next_batch = 1;
	return d;
}

static void uplink_free(struct uplink *u)
{
	free(u->instance);
	free(u);
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		uplink_free(d->uplinks[i]);
	free(d->uplinks);
	free(d);
}

static struct uplink *find(struct delivery *d, const char *instance)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_equal(d->uplinks[i]->instance, instance))
			return d->uplinks[i];
	return NULL;
}

static struct uplink *of_supervisor(struct delivery *d, const struct supervisor *s)
{
	return find(d, supervisor_plugin(s)->id);
}

void delivery_add_uplink(struct delivery *d, const char *instance)
{
	struct uplink *u;

	if (find(d, instance))
		return;
	u = MEM_NEW(struct uplink);
	u->instance = mem_strdup(instance);
	for (size_t i = 0; i < ENVELOPE_LANES; i++) {
		u->lanes[i].lane = (enum envelope_lane)i;
		u->lanes[i].more = true;
		backoff_init(&u->lanes[i].backoff, RETRY_MIN, RETRY_MAX, (uint32_t)(d->count * ENVELOPE_LANES + i));
	}
	d->uplinks = mem_realloc(d->uplinks, d->count + 1, sizeof(*d->uplinks));
	d->uplinks[d->count++] = u;
}

/* An answer that is still under way would be taken for one to the first question of another of the same name. */
static bool is_owed(const struct uplink *u)
{
	for (size_t i = 0; i < ENVELOPE_LANES; i++)
		if (u->lanes[i].fetching || u->lanes[i].delivered > u->lanes[i].reported)
			return true;
	return false;
}

/* What a reload took away. */
static void sweep(struct delivery *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		struct uplink *u = d->uplinks[i];

		if (u->supervisor || is_owed(u) || outflow_is_uplink(d->live->outflow, u->instance))
			d->uplinks[kept++] = u;
		else
			uplink_free(u);
	}
	d->count = kept;
}

static bool is_full(const struct lane *lane)
{
	size_t bytes = 0;

	for (size_t i = 0; i < lane->flight_count; i++)
		bytes += lane->flights[i].bytes;
	return lane->flight_count == IN_FLIGHT_MAX || bytes >= IN_FLIGHT_BYTES;
}

/* Asks the store for what comes after `sent`, if anything may be there and the uplink can take it. */
static void pump(struct delivery *d, struct uplink *u, struct lane *lane)
{
	struct store_fetch f = {
		.uplink = u->instance,
		.lane = lane->lane,
		.after_seq = lane->sent,
		.max_messages = BATCH_MESSAGES,
		.max_bytes = BATCH_BYTES,
	};

	if (!u->supervisor || lane->fetching || !lane->more || is_full(lane) || lane->retry_us || lane->aside_seq)
		return;
	if (store_submit_fetch(d->live->store, &f) < 0)
		return; /* a full queue: the next tick tries again */
	lane->fetching = true;
	lane->fetch_after = lane->sent;
}

/* Everything not known as delivered goes again, from the first. */
static void fall_back(struct lane *lane)
{
	lane->sent = lane->delivered;
	lane->flight_count = 0;
	lane->aside_seq = 0; /* it comes again */
	lane->more = true;
}

void delivery_uplink_state(struct delivery *d, struct supervisor *s, bool up)
{
	struct uplink *u = of_supervisor(d, s);

	if (!u)
		return;
	u->supervisor = up ? s : NULL;
	for (size_t i = 0; i < ENVELOPE_LANES; i++) {
		fall_back(&u->lanes[i]);
		u->lanes[i].retry_us = 0;
		pump(d, u, &u->lanes[i]);
	}
}

void delivery_queued(struct delivery *d, const struct store_done *done)
{
	struct uplink *u = find(d, done->uplink);
	struct lane *lane;

	if (!u)
		return;
	lane = &u->lanes[done->lane];
	if (done->last_seq > lane->sent)
		lane->more = true;
	pump(d, u, lane);
}

static void later(struct lane *lane, int64_t now_us)
{
	lane->retry_us = now_us + backoff_next_us(&lane->backoff);
}

/* The receiver has everything up to the first batch that is still on its way. */
static void advance(struct lane *lane)
{
	size_t done = 0;

	while (done < lane->flight_count && lane->flights[done].delivered)
		lane->delivered = lane->flights[done++].last_seq;
	lane->flight_count -= done;
	for (size_t i = 0; i < lane->flight_count; i++)
		lane->flights[i] = lane->flights[i + done];
}

/* The rows may go. A store that is full is told with the next tick: else they would stay until the next message. */
static void report(struct delivery *d, const struct uplink *u, struct lane *lane)
{
	if (lane->delivered > lane->reported &&
	    store_submit_delivered(d->live->store, u->instance, lane->lane, lane->delivered) == 0)
		lane->reported = lane->delivered;
}

/* The receiver is told of the hole, in its lane, before the message goes; what is owed to it is told again and again. */
static int tell_gap(struct delivery *d, const struct uplink *u, struct lane *lane)
{
	struct clock_now now = clock_now();
	char payload[160];
	struct store_message m = { .uplink = u->instance,
				   .lane = lane->lane,
				   .kind = "gap",
				   .payload = payload,
				   .time_us = now.wall_us,
				   .mono_us = now.mono_us,
				   .clock = clockwork_quality_at(d->live->clockwork, now.mono_us) };

	snprintf(payload, sizeof(payload),
		 "{\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"reason\":\"longer than a line to a plugin may be\"}",
		 lane->aside_seq, lane->aside_seq);
	return store_submit(d->live->store,
			    &(struct store_commit){ .messages = &m, .message_count = 1, .clock = m.clock });
}

/* The flight of the message that was set aside counts as delivered once its gap record is on its way. */
static void finish_aside(struct delivery *d, const struct uplink *u, struct lane *lane)
{
	if (!lane->aside_seq || tell_gap(d, u, lane) < 0)
		return;
	for (size_t i = 0; i < lane->flight_count; i++)
		if (lane->flights[i].last_seq == lane->aside_seq)
			lane->flights[i].delivered = true;
	lane->aside_seq = 0;
	advance(lane);
	report(d, u, lane);
}

/* A message that no line has room for would hold up its lane for ever. What it tells of stays in the store (alarms with all
 * their transitions); only this message of it goes. */
static void set_aside(struct delivery *d, const struct uplink *u, struct lane *lane, const struct store_done *done)
{
	log_event(LOGID_UPLINK_REFUSES, LOG_ABOUT(.uplink = u->instance),
		  "uplink %s: message %" PRIu64
		  " of lane %s has %zu bytes, more than a line to a plugin may have: it is "
		  "left out, and a gap record says so: %.120s…",
		  u->instance, done->last_seq, envelope_lane_name(lane->lane), strlen(done->messages[0]),
		  done->messages[0]);
	lane->flights[lane->flight_count++] = (struct flight){ .batch = d->next_batch++, .last_seq = done->last_seq };
	lane->sent = done->last_seq;
	lane->aside_seq = done->last_seq;
	finish_aside(d, u, lane);
}

static void send_batch(struct delivery *d, struct uplink *u, struct lane *lane, const struct store_done *done)
{
	struct supervisor_batch batch = {
		.batch = d->next_batch,
		.lane = envelope_lane_name(lane->lane),
		.messages = (const char *const *)done->messages,
		.count = done->message_count,
	};
	int r;

	r = supervisor_deliver(u->supervisor, &batch);
	if (r == -EMSGSIZE && done->message_count == 1) {
		set_aside(d, u, lane, done);
		return;
	}
	if (r < 0) {
		later(lane, clock_mono_us());
		return;
	}
	lane->flights[lane->flight_count] = (struct flight){ .batch = d->next_batch++, .last_seq = done->last_seq };
	for (size_t i = 0; i < done->message_count; i++)
		lane->flights[lane->flight_count].bytes += strlen(done->messages[i]);
	lane->flight_count++;
	lane->sent = done->last_seq;
}

void delivery_batch(struct delivery *d, const struct store_done *done)
{
	struct uplink *u = find(d, done->uplink);
	struct lane *lane;

	if (!u)
		return;
	lane = &u->lanes[done->lane];
	lane->fetching = false;
	if (done->error)
		return; /* the store fails just now: the next tick asks again */
	/* Asked for before a fall-back: rows in between would be passed over. */
	if (lane->fetch_after == lane->sent && u->supervisor) {
		if (done->message_count == 0)
			lane->more = false;
		else if (!is_full(lane))
			send_batch(d, u, lane, done);
	}
	pump(d, u, lane);
}

static struct lane *lane_of_batch(struct uplink *u, uint64_t batch, size_t *ret_flight)
{
	for (size_t i = 0; i < ENVELOPE_LANES; i++)
		for (size_t f = 0; f < u->lanes[i].flight_count; f++)
			if (u->lanes[i].flights[f].batch == batch) {
				*ret_flight = f;
				return &u->lanes[i];
			}
	return NULL;
}

void delivery_delivered(struct delivery *d, struct supervisor *s, uint64_t batch)
{
	struct uplink *u = of_supervisor(d, s);
	size_t flight;
	struct lane *lane = u ? lane_of_batch(u, batch, &flight) : NULL;

	if (!lane)
		return; /* of a batch that fell back meanwhile: it goes again, the receiver drops doubles by seq */
	lane->flights[flight].delivered = true;
	advance(lane);
	backoff_reset(&lane->backoff);
	complain_resolved_as(&u->refused, LOGID_UPLINK_TAKES, LOG_ABOUT(.uplink = u->instance),
			     "uplink %s: takes messages again", u->instance);
	report(d, u, lane);
	pump(d, u, lane);
}

void delivery_refused(struct delivery *d, struct supervisor *s, uint64_t batch, const char *text)
{
	struct uplink *u = of_supervisor(d, s);
	size_t flight;
	struct lane *lane = u ? lane_of_batch(u, batch, &flight) : NULL;

	if (!lane)
		return;
	complain_as(&u->refused, LOGID_UPLINK_REFUSES, LOG_ABOUT(.uplink = u->instance),
		    "uplink %s: refuses messages: %s: they are kept and tried again", u->instance,
		    text ? text : "it does not say why");
	fall_back(lane);
	later(lane, clock_mono_us());
}

void delivery_tick(struct delivery *d, int64_t now_us)
{
	for (size_t i = 0; i < d->count; i++)
		for (size_t j = 0; j < ENVELOPE_LANES; j++) {
			struct uplink *u = d->uplinks[i];
			struct lane *lane = &u->lanes[j];

			if (lane->retry_us && now_us >= lane->retry_us)
				lane->retry_us = 0;
			finish_aside(d, u, lane);
			report(d, u, lane);
			pump(d, u, lane);
		}
	sweep(d);
}
